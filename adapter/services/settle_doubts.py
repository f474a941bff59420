"""Messages whose answer was lost: read back, then settle or put back in line.

Nothing else happens to their subjects before that (the outbox holds later messages back). One that has
not happened is sent again only while its row of the retry table leaves it tries; else it stops there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import uuid4

from adapter.errors import AdapterError, InDoubt, Misconfigured, Refused, Unavailable
from adapter.ports import CallContext
from adapter.ports.store import AuditRecord, Destination, Message, MessageState, Settlement
from adapter.services.deliver import declined, exhausted, settle_alone, settle_one
from adapter.services.equipment import Equipment
from adapter.services.outcome import Declined, Done, Stopped
from adapter.services.read_back import Round, ask
from adapter.services.rest import note_silence

ACTOR = "job:settle-doubts"
CONSIDERED = "NATIONAL_RESULT"
"""Code of a business result of an authority, as against a fault or a status of HTTP."""
ASKED_AT_ONCE = 100
"""Messages in doubt that are read from the store at a time."""


@dataclass(slots=True)
class Settled:
    """What became of the doubts that were due: it had happened, it had not, it cannot be told yet.

    ``stopped``: of those that had not, how many are not sent again, because their tries are used up.
    """

    happened: int = 0
    not_happened: int = 0
    stopped: int = 0
    refused: int = 0
    still_in_doubt: int = 0
    problems: dict[int, str] = field(default_factory=dict)


def settle_doubts(eq: Equipment, facility: str | None = None) -> Settled:
    """Ask about every message in doubt whose time has come, once."""
    summary = Settled()
    now = eq.clock.now()
    with eq.store.unit_of_work() as work:
        work.outbox.recover(now, now + eq.limits.ask_after)
        work.commit()
    seen: set[int] = set()
    while True:
        with eq.store.unit_of_work() as work:
            due = work.outbox.doubts_due(eq.clock.now(), ASKED_AT_ONCE, facility=facility)
        fresh = [message for message in due if message.id not in seen]
        if not fresh:
            return summary
        told, silent = Round(eq), dict[tuple[str, Destination], str]()
        for message in fresh:
            seen.add(message.id)
            _settle(told, message, summary, silent)


def _settle(told: Round, message: Message, summary: Settled, silent: dict[tuple[str, Destination], str]) -> None:
    """One message; ``silent`` says who gave no answer in this round, and why: nobody asks there again."""
    eq, whom = told.eq, (message.facility, message.destination)
    outcome: Done | Declined | Stopped | None = None
    if whom not in silent:
        context = CallContext(message.facility, message.correlation_id, str(uuid4()))
        try:
            outcome = ask(told, message, context.message_id)
        except (Unavailable, InDoubt, Misconfigured) as error:
            silent[whom] = error.text
            _hold(eq, message, error)
            note_silence(eq, context, message.destination, error, ACTOR)
        except Refused as error:
            outcome = _answered(error)
    if whom in silent:
        summary.still_in_doubt += 1
        summary.problems[message.id] = silent[whom]
        return
    if outcome is None:
        outcome = _given_up(eq, message)
    if not _write_down(eq, message, outcome):
        return
    if isinstance(outcome, Done):
        summary.happened += 1
    elif isinstance(outcome, Declined):
        summary.refused += 1
        summary.problems[message.id] = outcome.problem
    elif isinstance(outcome, Stopped) and outcome.in_doubt:
        summary.still_in_doubt += 1
    else:
        summary.not_happened += 1
    if isinstance(outcome, Stopped):
        summary.stopped += 1
        summary.problems[message.id] = outcome.problem


def _answered(error: Refused) -> Declined | Stopped:
    """A question that was refused. Only an answer that was considered says anything about the message itself."""
    if error.handling is None or error.code == CONSIDERED:
        return declined(error)
    problem = f"stopped in doubt, the question whether it happened was refused: {error.text}"
    return Stopped(problem, error.handling.row, error.handling.told, in_doubt=True)


def _given_up(eq: Equipment, message: Message) -> Stopped | None:
    """It has not happened: None to send it again, unless the row that put it in doubt leaves it no tries."""
    row = eq.tables.refusals.handling(message.destination.value, message.result_code)
    handling = row or eq.limits.handling(InDoubt(message.problem), message.destination)
    return exhausted(message, handling, message.problem)


def _write_down(eq: Equipment, message: Message, outcome: Done | Declined | Stopped | None) -> bool:
    """Settle with all that follows; False when somebody else did. What our books refuse stays with the message."""
    now = eq.clock.now()
    try:
        with eq.store.unit_of_work() as work:
            if not settle_one(eq, work, message, outcome, now):
                return False
            work.audit.write(
                AuditRecord(
                    at=now,
                    actor=ACTOR,
                    action="settle-doubt",
                    facility=message.facility,
                    subject=message.subjects[0],
                    correlation_id=message.correlation_id,
                    detail={"message": message.id, "happened": isinstance(outcome, Done)},
                )
            )
            work.commit()
    except Refused:
        settle_alone(eq, message, outcome, now)
    return True


def _hold(eq: Equipment, message: Message, error: AdapterError) -> None:
    """Its question was not answered: it stays in doubt, and the question waits longer the longer it is open."""
    now = eq.clock.now()
    handling = eq.limits.handling(error, message.destination)
    open_seconds = (now - (message.sent_at or now)).total_seconds()
    waits = handling.first_wait_seconds + open_seconds * (handling.growth - 1)
    wait = eq.limits.rest(replace(handling, first_wait_seconds=min(waits, handling.wait_max_seconds)), 1)
    with eq.store.unit_of_work() as work:
        work.outbox.settle(
            [
                Settlement(
                    message,
                    MessageState.IN_DOUBT,
                    now,
                    message.result_code,
                    problem=error.text,
                    not_before=now + wait,
                )
            ]
        )
        work.commit()
