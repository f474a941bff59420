"""A destination that failed is left alone for a while, as the retry table says, and whoever must act is told.

An authority rests as a whole (D12): what is read from it and what is written to it obey one rest. A read
may be repeated; when its row's tries are used up it goes on at the row's slowest pace, and somebody is told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from adapter.domain.national import SlotListing
from adapter.errors import AdapterError, Handling, Misconfigured, Unavailable
from adapter.ports import CallContext
from adapter.ports.store import AuditRecord, Destination, UnitOfWork
from adapter.services.equipment import Equipment

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resting:
    """``told`` is who was told of it now; empty when that is for later, or was done before."""

    until: datetime
    handling: Handling
    told: str


def rest(eq: Equipment, work: UnitOfWork, facility: str, destination: Destination, error: AdapterError) -> Resting:
    """Leave a destination alone after an error, in an open transaction.

    Told at once: what no retry can help. Told when its row's tries in a row are used up: everything else.
    """
    now = eq.clock.now()
    handling = eq.limits.handling(error, destination)
    failures = work.outbox.failures(facility, destination) + 1
    until = now + eq.limits.rest(handling, failures, error.retry_after_seconds)
    work.outbox.pause(facility, destination, until, error.text)
    told = failures == (1 if isinstance(error, Misconfigured) else handling.attempts_max)
    if told:
        log.error("%s must act: %s of %s: %s", handling.told, destination.value, facility, error.text)
    log.warning("%s of %s is out of reach until %s: %s", destination.value, facility, until.isoformat(), error.text)
    return Resting(until, handling, handling.told if told else "")


@contextmanager
def reading(eq: Equipment, context: CallContext, destination: Destination, actor: str) -> Iterator[None]:
    """A read of an authority: not made while the authority rests, and a failed one makes it rest.

    Raises:
        Unavailable (``AT_REST``): it rests; nothing was asked. And whatever is raised inside.
    """
    facility = context.facility
    with eq.store.unit_of_work() as work:
        last = work.outbox.resting(facility, destination)
    if last is not None and last.until > eq.clock.now():
        error = Unavailable(
            f"{destination.value} rests until {last.until.isoformat(timespec='seconds')}: {last.problem}",
            code="AT_REST",
            correlation_id=context.correlation_id,
        )
        raise error
    try:
        yield
    except (Unavailable, Misconfigured) as error:
        note_silence(eq, context, destination, error, actor)
        raise
    if last is not None:
        with eq.store.unit_of_work() as work:
            work.outbox.resume(facility, destination)
            work.commit()


def note_silence(
    eq: Equipment, context: CallContext, destination: Destination, error: AdapterError, actor: str
) -> Resting:
    """Write down that a read failed: the destination rests, and the audit says why and who was told."""
    with eq.store.unit_of_work() as work:
        resting = rest(eq, work, context.facility, destination, error)
        work.audit.write(
            AuditRecord(
                at=eq.clock.now(),
                actor=actor,
                action="rest",
                facility=context.facility,
                subject=f"destination:{destination.value}",
                correlation_id=error.correlation_id or context.correlation_id,
                detail={
                    "outcome": error.code,
                    "problem": error.message,
                    "row": resting.handling.row,
                    "told": resting.told,
                    "until": resting.until.isoformat(),
                    "message_id": error.message_id or context.message_id,
                },
            )
        )
        work.commit()
    return resting


@dataclass(frozen=True, slots=True)
class SparedLists:
    """CeR's lists, read only while CeR does not rest; a list that cannot be read makes it rest."""

    eq: Equipment
    actor: str

    def list_slots(self, context: CallContext, schedule: str, day: date) -> SlotListing:
        """As the registry does. Raises Unavailable (``AT_REST``) without asking while CeR rests."""
        with reading(self.eq, context, Destination.CER, self.actor):
            return self.eq.registry.list_slots(context, schedule, day)
