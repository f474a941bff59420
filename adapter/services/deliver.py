"""Drain the outbox: claim, send, settle.

Promises: at least once; in order within a subject; in no order between subjects; a write whose
answer was lost is asked about (``settle_doubts``) before anything else happens to its subjects.

    waiting -> sending -> delivered | refused | waiting | in-doubt

Two things to know before changing this module. The claim is committed before anything is sent, so a
killed worker leaves messages SENDING; whoever comes next finds its lease free and puts them in doubt
(never back in line: they may have been sent). And what a delivery makes true (links, proofs,
write-backs) is written in the transaction that settles it, so there is no moment between the two.

Deliberately not here: retries of single messages. A destination out of reach is paused as a whole,
which keeps the order of entries (law.md R-08).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import uuid4

from adapter.errors import AdapterError, InDoubt, Misconfigured, Refused, Rejected, Unavailable
from adapter.ports import CallContext
from adapter.ports.store import Action, AuditRecord, Message, MessageState, Settlement, UnitOfWork
from adapter.services import send_referrals, send_slots, send_visits, send_write_back
from adapter.services.calling import context_of
from adapter.services.effects import apply_all
from adapter.services.equipment import Equipment
from adapter.services.outcome import Declined, Done, Doubtful

log = logging.getLogger(__name__)

Sender = Callable[[Equipment, CallContext, Message], Done]
Outcome = Done | Declined | Doubtful | None
"""How a try ended; None: it was put off before it was sent, or it had not happened."""

SENDERS: Mapping[Action, Sender] = {
    Action.EDIT_SLOT: send_slots.edit_slot,
    Action.DELETE_SLOT: send_slots.delete_slot,
    Action.SAVE_VISIT: send_visits.save_visit,
    Action.MOVE_VISIT: send_visits.move_visit,
    Action.CANCEL_VISIT: send_visits.cancel_visit,
    Action.RECORD_ATTENDANCE: send_visits.record_attendance,
    Action.JOIN_WAITING_ROOM: send_visits.join_waiting_room,
    Action.LEAVE_WAITING_ROOM: send_visits.leave_waiting_room,
    Action.ACCEPT_REFERRAL: send_referrals.accept_referral,
    Action.GIVE_BACK_REFERRAL: send_referrals.give_back_referral,
    Action.FINISH_REFERRAL: send_referrals.finish_referral,
    Action.WRITE_BACK: send_write_back.write_back,
}


@dataclass(slots=True)
class Delivered:
    """What one call of :func:`deliver` did; ``problems`` are safe texts by message id.

    ``out_of_reach``: why a destination rests, by its name.
    """

    delivered: int = 0
    refused: int = 0
    in_doubt: int = 0
    put_off: int = 0
    recovered: int = 0
    problems: dict[int, str] = field(default_factory=dict)
    misconfigured: str = ""
    out_of_reach: dict[str, str] = field(default_factory=dict)


def deliver(eq: Equipment, facility: str | None = None, *, rounds_max: int = 10_000) -> Delivered:
    """Send everything that can be sent now, for one facility or all.

    Stops when nothing is deliverable (delivered, refused, in doubt, or its destination rests) or
    after ``rounds_max`` claims. Raises nothing of the four kinds: they are written down.
    """
    summary = Delivered()
    with eq.store.worker() as worker:
        for _ in range(rounds_max):
            now = eq.clock.now()
            with eq.store.unit_of_work() as work:
                summary.recovered += work.outbox.recover(now, now + eq.limits.ask_after)
                claimed = work.outbox.claim(worker, now, eq.limits.claim_batch_max, facility=facility)
                work.commit()
            if not claimed:
                return summary
            _deliver_claimed(eq, claimed, summary)
    return summary


def _batches(eq: Equipment, claimed: Sequence[Message]) -> Iterator[list[Message]]:
    """Neighbours that go in one call: slots to be put for one facility; everything else alone."""
    for (_, action), group in groupby(claimed, key=lambda message: (message.facility, message.action)):
        size = eq.limits.put_batch_max if action is Action.PUT_SLOT else 1
        messages = list(group)
        for first in range(0, len(messages), size):
            yield messages[first : first + size]


def _deliver_claimed(eq: Equipment, claimed: Sequence[Message], summary: Delivered) -> None:
    resting: set[tuple[str, str]] = set()
    for batch in _batches(eq, claimed):
        target = (batch[0].facility, batch[0].destination.value)
        if target in resting:
            _settle(eq, batch, [None] * len(batch), summary)
            continue
        try:
            outcomes: Sequence[Outcome] = _send(eq, batch)
        except (Unavailable, Misconfigured) as error:
            resting.add(target)
            _rest(eq, batch, error, summary)
            continue
        except InDoubt as error:
            _doubt(eq, batch, error.message, summary)
            continue
        except Refused as error:
            code = error.result_code if isinstance(error, Rejected) else ""
            outcomes = [Declined(error.message, code or error.code)] * len(batch)
        except Exception as error:  # the one place: an unforeseen error may have come after the sending
            log.exception("delivery of outbox message %s failed unexpectedly", batch[0].id)
            _doubt(eq, batch, f"unexpected {type(error).__name__}", summary)
            continue
        _settle(eq, batch, outcomes, summary)


def _send(eq: Equipment, batch: Sequence[Message]) -> Sequence[Done | Declined | Doubtful]:
    first = batch[0]
    context = context_of(first)
    if first.action is Action.PUT_SLOT:
        if len(batch) > 1:
            context = CallContext(first.facility, first.correlation_id, str(uuid4()))
        return send_slots.put_slots(eq, context, batch)
    return [SENDERS[first.action](eq, context, first)]


def _audit(work: UnitOfWork, message: Message, now: datetime, detail: Mapping[str, object]) -> None:
    work.audit.write(
        AuditRecord(
            at=now,
            actor="job:deliver",
            action=message.action.value,
            facility=message.facility,
            subject=message.subjects[0],
            correlation_id=message.correlation_id,
            detail={"message": message.id, "message_id": message.message_id, **detail},
        )
    )


def _settle(eq: Equipment, batch: Sequence[Message], outcomes: Sequence[Outcome], summary: Delivered) -> None:
    """Write outcomes down; None puts a message off: its destination began to rest before it was sent."""
    now = eq.clock.now()
    try:
        with eq.store.unit_of_work() as work:
            settle_all(eq, work, list(zip(batch, outcomes, strict=True)), now)
            if any(isinstance(outcome, Done) for outcome in outcomes):
                work.outbox.resume(batch[0].facility, batch[0].destination)
            work.commit()
    except Refused:
        for message, outcome in zip(batch, outcomes, strict=True):
            settle_alone(eq, message, outcome, now)
    for message, outcome in zip(batch, outcomes, strict=True):
        if isinstance(outcome, Done):
            summary.delivered += 1
        elif isinstance(outcome, Declined):
            summary.refused += 1
            summary.problems[message.id] = outcome.problem
        elif isinstance(outcome, Doubtful):
            summary.in_doubt += 1
            summary.problems[message.id] = outcome.problem
        else:
            summary.put_off += 1


def settle_alone(eq: Equipment, message: Message, outcome: Outcome, now: datetime) -> None:
    """One message by itself. What it made true but our books refuse stays on record with the message."""
    try:
        with eq.store.unit_of_work() as work:
            settle_one(eq, work, message, outcome, now)
            work.commit()
    except Refused as error:
        code = outcome.result_code if isinstance(outcome, Done) else ""
        problem = f"delivered, but our books disagree: {error.message}"
        log.exception("outbox message %s: %s", message.id, problem)
        with eq.store.unit_of_work() as work:
            work.outbox.settle([Settlement(message, MessageState.DELIVERED, now, code, problem=problem)])
            _audit(work, message, now, {"outcome": "delivered", "problem": problem})
            work.commit()


def settle_one(eq: Equipment, work: UnitOfWork, message: Message, outcome: Outcome, now: datetime) -> bool:
    """Settle one message in an open transaction, with all that its outcome makes true.

    False, and nothing done, when somebody else settled this try already.
    """
    return bool(settle_all(eq, work, [(message, outcome)], now))


Ended = tuple[Message, Outcome]
"""A message and how its try ended."""


def settle_all(eq: Equipment, work: UnitOfWork, ended: Sequence[Ended], now: datetime) -> frozenset[int]:
    """Settle messages of one facility in an open transaction; ids of those that nobody else had settled."""
    changed = work.outbox.settle([_settlement(eq, message, outcome, now) for message, outcome in ended])
    mine = [(message, outcome) for message, outcome in ended if message.id in changed]
    apply_all(eq, work, [(message, outcome) for message, outcome in mine if isinstance(outcome, Done)], now)
    for message, outcome in mine:
        if isinstance(outcome, Done):
            _audit(work, message, now, {"outcome": "delivered", "result_code": outcome.result_code})
        elif isinstance(outcome, Declined):
            detail = {"outcome": "refused", "result_code": outcome.result_code, "problem": outcome.problem}
            _audit(work, message, now, detail)
        elif isinstance(outcome, Doubtful):
            _audit(work, message, now, {"outcome": "in-doubt", "problem": outcome.problem})
    return changed


def _settlement(eq: Equipment, message: Message, outcome: Outcome, now: datetime) -> Settlement:
    if isinstance(outcome, Done):
        return Settlement(message, MessageState.DELIVERED, now, outcome.result_code)
    if isinstance(outcome, Declined):
        return Settlement(message, MessageState.REFUSED, now, outcome.result_code, problem=outcome.problem)
    if isinstance(outcome, Doubtful):
        ask_at = now + eq.limits.ask_after
        return Settlement(message, MessageState.IN_DOUBT, now, problem=outcome.problem, not_before=ask_at)
    return Settlement(message, MessageState.WAITING, now)


def _rest(eq: Equipment, batch: Sequence[Message], error: AdapterError, summary: Delivered) -> None:
    """Nothing happened: the messages go back in line and their destination rests."""
    now = eq.clock.now()
    facility, destination = batch[0].facility, batch[0].destination
    with eq.store.unit_of_work() as work:
        if isinstance(error, Misconfigured):
            until = now + eq.limits.misconfigured_pause
            summary.misconfigured = error.message
        else:
            until = now + eq.limits.pause_after(work.outbox.failures(facility, destination) + 1)
        work.outbox.pause(facility, destination, until, error.message)
        work.outbox.settle(
            [Settlement(message, MessageState.WAITING, now, problem=error.message) for message in batch]
        )
        for message in batch:
            _audit(work, message, now, {"outcome": error.code, "problem": error.message})
        work.commit()
    log.warning("%s of %s is out of reach until %s: %s", destination.value, facility, until.isoformat(), error.message)
    summary.put_off += len(batch)
    summary.out_of_reach[destination.value] = error.message


def _doubt(eq: Equipment, batch: Sequence[Message], problem: str, summary: Delivered) -> None:
    now = eq.clock.now()
    ask_at = now + eq.limits.ask_after
    with eq.store.unit_of_work() as work:
        work.outbox.settle(
            [Settlement(message, MessageState.IN_DOUBT, now, problem=problem, not_before=ask_at) for message in batch]
        )
        for message in batch:
            _audit(work, message, now, {"outcome": "in-doubt", "problem": problem})
        work.commit()
    summary.in_doubt += len(batch)
    summary.problems.update({message.id: problem for message in batch})
