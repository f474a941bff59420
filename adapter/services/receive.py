"""Fetch what changed in the EHR and keep it raw, once per version, before anyone reads it.

The cursor moves in the transaction that stores the page: a crash repeats a page and loses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from adapter.ports import Received
from adapter.ports.store import UnitOfWork
from adapter.services.equipment import Equipment

PEOPLE = "Patient"
POLLED_TYPES = ("Schedule", "Slot", "ServiceRequest", "Appointment", PEOPLE)
"""Types that are polled, people last: an EHR that does not let them be listed holds nothing else back.

A person comes to us when something refers to him, and is read alone. Of the people that a poll lists only those are
kept; nobody else's data is stored.
"""


def receive(eq: Equipment, facility: str) -> int:
    """Store every new version; returns how many were new.

    Raises:
        Unavailable, Misconfigured: the EHR cannot be asked; what came before is kept.
    """
    return sum(stored for _, stored in receive_pages(eq, facility))


def receive_pages(eq: Equipment, facility: str) -> Iterator[tuple[str, int]]:
    """As :func:`receive`, type by type: after each page its type, and how many versions in it were new."""
    for resource_type in POLLED_TYPES:
        with eq.store.unit_of_work() as work:
            cursor, since = poll_from(eq, work, facility, resource_type)
        for page in eq.hospital.changes(facility, resource_type, cursor, since):
            with eq.store.unit_of_work() as work:
                stored = work.inbox.put_all(facility, ours(work, facility, page.resources), eq.clock.now())
                work.cursors.set(facility, _cursor(resource_type), page.cursor)
                work.commit()
            yield resource_type, stored


def poll_from(eq: Equipment, work: UnitOfWork, facility: str, resource_type: str) -> tuple[str, datetime | None]:
    """Where the poll of a type stands, and since when changes count where it never ran (None: all of them).

    Changes of people count since the first person came to us: who came was read as he was then.
    """
    cursor = work.cursors.get(facility, _cursor(resource_type))
    if cursor or resource_type != PEOPLE:
        return cursor, None
    return cursor, work.inbox.first_received(facility, PEOPLE) or eq.clock.now()


def ours(work: UnitOfWork, facility: str, resources: Sequence[Received]) -> list[Received]:
    """Without the people whom nothing here refers to."""
    people = [one.resource_id for one in resources if one.resource_type == PEOPLE]
    known = work.calendar.people_known(facility, people) if people else frozenset()
    return [one for one in resources if one.resource_type != PEOPLE or one.resource_id in known]


def _cursor(resource_type: str) -> str:
    return f"ehr:{resource_type}"


def fetch_one(eq: Equipment, facility: str, resource_type: str, resource_id: str) -> bool:
    """Read one resource that something refers to; False when the EHR does not have it."""
    received = eq.hospital.read(facility, resource_type, resource_id)
    if received is None:
        return False
    with eq.store.unit_of_work() as work:
        work.inbox.put(facility, received, eq.clock.now())
        work.commit()
    return True
