"""Messages whose answer was lost: read back, then settle or put back in line.

Nothing else happens to their subjects before that (the outbox holds later messages back).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from adapter.errors import InDoubt, Misconfigured, Refused, Rejected, Unavailable
from adapter.ports.store import AuditRecord, Message, MessageState, Settlement
from adapter.services.deliver import settle_one
from adapter.services.equipment import Equipment
from adapter.services.outcome import Declined, Done
from adapter.services.read_back import ask

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
            for message in fresh:
                seen.add(message.id)
                _settle(eq, message, summary)


def _settle(eq: Equipment, message: Message, summary: Settled) -> None:
    outcome: Done | Declined | None
    try:
        outcome = ask(eq, message, str(uuid4()))
    except (Unavailable, InDoubt, Misconfigured) as error:
        _hold(eq, message, error.message)
        summary.still_in_doubt += 1
        summary.problems[message.id] = error.message
        return
    except Refused as error:
        code = error.result_code if isinstance(error, Rejected) else ""
        outcome = Declined(error.message, code or error.code)
    now = eq.clock.now()
    with eq.store.unit_of_work() as work:
        if not settle_one(eq, work, message, outcome, now):
            return
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
    if isinstance(outcome, Done):
        summary.happened += 1
    elif outcome is None:
        summary.not_happened += 1
    else:
        summary.refused += 1
        summary.problems[message.id] = outcome.problem


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
