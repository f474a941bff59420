"""Drain the outbox: claim, send, settle.

Promises: at least once; in order within a subject; in no order between subjects; a write whose
answer was lost is asked about (``settle_doubts``) before anything else happens to its subjects.

    waiting -> sending -> delivered | refused | waiting | in-doubt

Two things to know before changing this module. The claim is committed before anything is sent, so a
killed worker leaves messages SENDING; whoever comes next finds its lease free and puts them in doubt
(never back in line: they may have been sent). And what a delivery makes true (links, proofs,
write-backs) is written in the transaction that settles it, so there is no moment between the two.

Where slots wait by the batch, three things go on at once: the next batch is claimed, one is sent, the last one is
settled. One call at a time goes out from here (several workers, and jobs of one, may deliver beside each other).
Whatever is no slot is sent when all that was claimed here before is settled.

A destination out of reach rests as a whole, which keeps the order of entries (law.md R-08). How long it
rests, how often one message is tried and who is told is the matched row of ``mappings/refusals.csv``. A
message whose tries are used up stops where it stands, waiting or in doubt, and holds its lines.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from uuid import uuid4

from adapter.errors import AdapterError, Handling, InDoubt, Misconfigured, Refused, Rejected, Unavailable
from adapter.ports import CallContext
from adapter.ports.store import Action, AuditRecord, Destination, Message, MessageState, Settlement, UnitOfWork
from adapter.services import send_referral_documents, send_referrals, send_slots, send_visits, send_write_back
from adapter.services.calling import context_of
from adapter.services.effects import apply_all, declined_effects, unreached
from adapter.services.equipment import Equipment
from adapter.services.outcome import Declined, Done, Doubtful, PutOff, Stopped
from adapter.services.rest import rest
from adapter.services.settle_behind import Behind

log = logging.getLogger(__name__)

Sender = Callable[[Equipment, CallContext, Message], Done]
Target = tuple[str, Destination]
"""A facility and whom its messages go to."""
Outcome = Done | Declined | Doubtful | PutOff | Stopped | None
"""How a try ended; None: it had not happened, and goes back in its line."""

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
    Action.REFUSE_REFERRAL: send_referrals.refuse_referral,
    Action.REPORT_MISSING_DOCUMENTS: send_referrals.report_missing_documents,
    Action.SAVE_REFERRAL: send_referral_documents.save_referral,
    Action.ANNUL_REFERRAL: send_referral_documents.annul_referral,
    Action.WRITE_BACK: send_write_back.write_back,
}


@dataclass(slots=True)
class Delivered:
    """What one call of :func:`deliver` did; ``problems`` are safe texts by message id.

    ``out_of_reach``: why a destination rests, by its name. ``stopped`` counts those whose tries are used up.
    """

    delivered: int = 0
    refused: int = 0
    in_doubt: int = 0
    put_off: int = 0
    stopped: int = 0
    recovered: int = 0
    problems: dict[int, str] = field(default_factory=dict)
    misconfigured: str = ""
    out_of_reach: dict[str, str] = field(default_factory=dict)


def deliver(eq: Equipment, facility: str | None = None, *, rounds_max: int = 10_000) -> Delivered:
    """Send everything that can be sent now, for one facility or all.

    Stops when nothing is deliverable (delivered, refused, in doubt, or its destination rests) or
    after ``rounds_max`` claims. Raises nothing of the four kinds: they are written down.
    """
    summary = Delivered(recovered=_recover(eq))
    resting: set[Target] = set()
    ahead: Future[Sequence[Message]] | None = None
    with eq.store.worker() as worker, Behind() as behind, ThreadPoolExecutor(1, "claim") as beside:
        for left in reversed(range(rounds_max)):
            early = ahead is not None
            if ahead is None:
                resting.clear()
                claimed = _claim(eq, worker, facility)
            else:
                claimed, ahead = ahead.result(), None
            if claimed:
                if left and _bulk(eq, claimed):
                    ahead = beside.submit(_claim, eq, worker, facility, national_only=True)
                _deliver_claimed(eq, claimed, resting, summary, behind)
            elif not behind.wait() and not early:
                return summary
    return summary


def _recover(eq: Equipment) -> int:
    """Put in doubt what dead workers had in hand; how many messages."""
    now = eq.clock.now()
    with eq.store.unit_of_work() as work:
        recovered = work.outbox.recover(now, now + eq.limits.ask_after)
        work.commit()
    return recovered


def _claim(eq: Equipment, worker: int, facility: str | None, *, national_only: bool = False) -> Sequence[Message]:
    """Take what is to be sent next; ``national_only``: by CeR and P1."""
    with eq.store.unit_of_work() as work:
        claimed = work.outbox.claim(
            worker, eq.clock.now(), eq.limits.claim_batch_max, facility=facility, national_only=national_only
        )
        work.commit()
    return claimed


def _bulk(eq: Equipment, claimed: Sequence[Message]) -> bool:
    """Whether more slots seem to wait than were claimed: then the next ones are claimed while these are sent."""
    return len(claimed) == eq.limits.claim_batch_max and all(one.action is Action.PUT_SLOT for one in claimed)


def _batches(eq: Equipment, claimed: Sequence[Message]) -> Iterator[list[Message]]:
    """Neighbours that go in one call: slots to be put for one facility; everything else alone."""
    for (_, action), group in groupby(claimed, key=lambda message: (message.facility, message.action)):
        size = eq.limits.put_batch_max if action is Action.PUT_SLOT else 1
        messages = list(group)
        for first in range(0, len(messages), size):
            yield messages[first : first + size]


def _deliver_claimed(
    eq: Equipment, claimed: Sequence[Message], resting: set[Target], summary: Delivered, behind: Behind
) -> None:
    """Send and settle. A batch of slots is settled behind; whatever is sent but slots waits for that.

    ``resting``: what failed since these were claimed, or now.
    """
    for batch in _batches(eq, claimed):
        target = (batch[0].facility, batch[0].destination)
        slots = batch[0].action is Action.PUT_SLOT
        if not slots:
            behind.wait()
        if target in resting:
            behind.do_here(partial(_settle, eq, batch, [PutOff()] * len(batch), summary))
            continue
        try:
            outcomes: Sequence[Outcome] = _send(eq, batch)
        except (Unavailable, Misconfigured) as error:
            resting.add(target)
            behind.do_here(partial(_rest, eq, batch, error, summary))
            continue
        except InDoubt as error:
            behind.do_here(partial(_doubt, eq, batch, error, summary))
            continue
        except Refused as error:
            outcomes = [declined(error)] * len(batch)
        except Exception as error:  # the one place: an unforeseen error may have come after the sending
            log.exception("delivery of outbox message %s failed unexpectedly", batch[0].id)
            behind.do_here(partial(_doubt, eq, batch, InDoubt(f"unexpected {type(error).__name__}"), summary))
            continue
        settle = behind.do if slots else behind.do_here
        settle(partial(_settle, eq, batch, outcomes, summary))


def _send(eq: Equipment, batch: Sequence[Message]) -> Sequence[Done | Declined | Doubtful]:
    first = batch[0]
    own = first.message_id if len(batch) == 1 else str(uuid4())
    context = context_of(first, own, messages=tuple(one.id for one in batch))
    if first.action is Action.PUT_SLOT:
        return send_slots.put_slots(eq, context, batch)
    return [SENDERS[first.action](eq, context, first)]


def declined(error: Refused) -> Declined:
    """A refusal as the outcome of a message: the authority's own code where there is one, and who is told."""
    code = error.result_code if isinstance(error, Rejected) else ""
    told = error.handling.told if error.handling is not None else ""
    return Declined(error.text, code or error.code, told)


def _audit(work: UnitOfWork, messages: Sequence[Message], now: datetime, detail: Mapping[str, object]) -> None:
    """Note the same of messages of one action under one correlation id."""
    common = AuditRecord(
        at=now,
        actor="job:deliver",
        action=messages[0].action.value,
        facility=messages[0].facility,
        subject="",
        correlation_id=messages[0].correlation_id,
        detail=detail,
    )
    work.audit.write_each(
        common, [(one.subjects[0], {"message": one.id, "message_id": one.message_id}) for one in messages]
    )


def _settle(eq: Equipment, batch: Sequence[Message], outcomes: Sequence[Outcome], summary: Delivered) -> None:
    """Write outcomes down."""
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
            _audit(work, [message], now, {"outcome": "delivered", "problem": problem})
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
    _audit_delivered(work, mine, now)
    for message, outcome in mine:
        if isinstance(outcome, Declined):
            declined_effects(eq, work, message, outcome.result_code)
            told = f", for the {outcome.told}" if outcome.told else ""
            log.warning("outbox message %s is refused%s: %s", message.id, told, outcome.problem)
            _audit(work, [message], now, _told("refused", outcome))
        elif isinstance(outcome, Stopped):
            log.error("%s must act: outbox message %s: %s", outcome.told, message.id, outcome.problem)
            _audit(work, [message], now, _told("stopped", outcome))
        elif isinstance(outcome, Doubtful):
            _audit(work, [message], now, {"outcome": "in-doubt", "problem": outcome.problem})
    return changed


def _audit_delivered(work: UnitOfWork, ended: Sequence[Ended], now: datetime) -> None:
    """Those of one piece of work that ended alike are noted together."""
    alike: dict[tuple[Action, str, str, str], list[Message]] = {}
    for message, outcome in ended:
        if isinstance(outcome, Done):
            how = message.action, message.correlation_id, outcome.result_code, outcome.note
            alike.setdefault(how, []).append(message)
    for (_, _, code, note), messages in alike.items():
        detail = {"outcome": "delivered", "result_code": code, **({"note": note} if note else {})}
        _audit(work, messages, now, detail)


def _told(what: str, outcome: Declined | Stopped) -> dict[str, object]:
    return {"outcome": what, "result_code": outcome.result_code, "problem": outcome.problem, "told": outcome.told}


def _settlement(eq: Equipment, message: Message, outcome: Outcome, now: datetime) -> Settlement:
    match outcome:
        case Done():
            return Settlement(message, MessageState.DELIVERED, now, outcome.result_code, problem=outcome.note)
        case Declined():
            problem = f"{outcome.problem}; told: {outcome.told}" if outcome.told else outcome.problem
            return Settlement(message, MessageState.REFUSED, now, outcome.result_code, problem=problem)
        case Doubtful():
            ask_at = now + eq.limits.ask_after
            return Settlement(message, MessageState.IN_DOUBT, now, problem=outcome.problem, not_before=ask_at)
        case Stopped():
            state = MessageState.IN_DOUBT if outcome.in_doubt else MessageState.WAITING
            problem = f"{outcome.problem}; told: {outcome.told}"
            return Settlement(message, state, now, outcome.result_code, problem=problem, stopped=True)
        case PutOff():
            return Settlement(message, MessageState.WAITING, now, sent=False)
        case None:
            return Settlement(message, MessageState.WAITING, now)


def exhausted(message: Message, handling: Handling, problem: str) -> Stopped | None:
    """How a message ends that has not happened, once its row's tries are used up; None while some are left."""
    if message.attempts < handling.attempts_max:
        return None
    tries = "try" if message.attempts == 1 else "tries"
    return Stopped(f"stopped after {message.attempts} {tries}: {problem}", handling.row, handling.told)


def _rest(eq: Equipment, batch: Sequence[Message], error: AdapterError, summary: Delivered) -> None:
    """Their destination rests. The messages go back in line, or stop there: nothing happened.

    That nothing can have happened, only ``Unavailable`` says, an error of our own before anything left, and an
    error that says so itself (no TLS, so no message). What an authority (or whoever spoke for it) called our fault
    is asked about before it is sent again.
    """
    facility, destination = batch[0].facility, batch[0].destination
    doubted = isinstance(error, Misconfigured) and error.handling is not None and not error.nothing_happened
    state = MessageState.IN_DOUBT if doubted else MessageState.WAITING
    with eq.store.unit_of_work() as work:
        now, resting = eq.clock.now(), rest(eq, work, facility, destination, error)
        row = resting.handling.row
        ends = {one.id: None if doubted else exhausted(one, resting.handling, error.text) for one in batch}
        settle_all(eq, work, [(one, ends[one.id]) for one in batch if ends[one.id] is not None], now)
        going_on = [one for one in batch if ends[one.id] is None]
        ask_at = max(resting.until, now + eq.limits.ask_after) if doubted else None
        work.outbox.settle(
            [Settlement(one, state, now, row, problem=error.text, not_before=ask_at) for one in going_on]
        )
        unreached(eq, work, going_on)
        detail = {"outcome": error.code, "problem": error.text, "row": row, "told": resting.told}
        for message in going_on:
            _audit(work, [message], now, {**detail, "until": resting.until.isoformat()})
        work.commit()
    if isinstance(error, Misconfigured):
        summary.misconfigured = error.text
    if doubted:
        summary.in_doubt += len(going_on)
    else:
        summary.put_off += len(going_on)
    summary.stopped += len(batch) - len(going_on)
    summary.out_of_reach[destination.value] = error.text


def _doubt(eq: Equipment, batch: Sequence[Message], error: InDoubt, summary: Delivered) -> None:
    """It may have happened: asked about when its row says so, but not while the request may still be under way."""
    now = eq.clock.now()
    handling = eq.limits.handling(error, batch[0].destination)
    with eq.store.unit_of_work() as work:
        work.outbox.settle(
            [
                Settlement(
                    message,
                    MessageState.IN_DOUBT,
                    now,
                    handling.row,
                    problem=error.text,
                    not_before=now + max(eq.limits.ask_after, eq.limits.rest(handling, message.attempts)),
                )
                for message in batch
            ]
        )
        for message in batch:
            _audit(work, [message], now, {"outcome": "in-doubt", "problem": error.text, "row": handling.row})
        work.commit()
    summary.in_doubt += len(batch)
    summary.problems.update({message.id: error.text for message in batch})
