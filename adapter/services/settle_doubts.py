"""Messages whose answer was lost: read back, then settle or put back in line.

Nothing else happens to their subjects before that (the outbox holds later messages back).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from adapter.errors import InDoubt, Misconfigured, Refused, Rejected, Unavailable
from adapter.ports.store import AuditRecord, Destination, Message, MessageState, Settlement
from adapter.services.deliver import settle_alone, settle_one
from adapter.services.equipment import Equipment
from adapter.services.outcome import Declined, Done
from adapter.services.read_back import Round, ask

ASKED_AT_ONCE = 100
"""Messages in doubt that are read from the store at a time."""


@dataclass(slots=True)
class Settled:
    """What became of the doubts that were due: it had happened, it had not, it cannot be told yet."""

    happened: int = 0
    not_happened: int = 0
    refused: int = 0
    still_in_doubt: int = 0
    problems: dict[int, str] = field(default_factory=dict)


def settle_doubts(eq: Equipment, facility: str | None = None) -> Settled:
    """Ask about every message in doubt whose time has come, once."""
    summary = Settled()
    with eq.store.worker() as worker:
        now = eq.clock.now()
        with eq.store.unit_of_work() as work:
            work.outbox.recover(now, now + eq.limits.ask_after)
            work.commit()
        seen: set[int] = set()
        while True:
            with eq.store.unit_of_work() as work:
                due = work.outbox.claim_doubts(worker, eq.clock.now(), ASKED_AT_ONCE, facility=facility)
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
    outcome: Done | Declined | None = None
    if whom not in silent:
        try:
            outcome = ask(told, message, str(uuid4()))
        except (Unavailable, InDoubt, Misconfigured) as error:
            silent[whom] = error.message
        except Refused as error:
            code = error.result_code if isinstance(error, Rejected) else ""
            outcome = Declined(error.message, code or error.code)
    if whom in silent:
        _hold(eq, message, silent[whom])
        summary.still_in_doubt += 1
        summary.problems[message.id] = silent[whom]
        return
    if not _write_down(eq, message, outcome):
        return
    if isinstance(outcome, Done):
        summary.happened += 1
    elif outcome is None:
        summary.not_happened += 1
    else:
        summary.refused += 1
        summary.problems[message.id] = outcome.problem


def _write_down(eq: Equipment, message: Message, outcome: Done | Declined | None) -> bool:
    """Settle with all that follows; False when somebody else did. What our books refuse stays with the message."""
    now = eq.clock.now()
    try:
        with eq.store.unit_of_work() as work:
            if not settle_one(eq, work, message, outcome, now):
                return False
            work.audit.write(
                AuditRecord(
                    at=now,
                    actor="job:settle-doubts",
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


def _hold(eq: Equipment, message: Message, problem: str) -> None:
    now = eq.clock.now()
    with eq.store.unit_of_work() as work:
        work.outbox.settle(
            [
                Settlement(
                    message,
                    MessageState.IN_DOUBT,
                    now,
                    problem=problem,
                    not_before=now + eq.limits.pause_after(message.attempts),
                )
            ]
        )
        work.commit()
