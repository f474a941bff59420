"""Fetch what changed in the EHR and keep it raw, once per version, before anyone reads it.

The cursor moves in the transaction that stores the page: a crash repeats a page and loses none.
"""

from __future__ import annotations

from adapter.services.equipment import Equipment

POLLED_TYPES = ("Schedule", "Slot", "ServiceRequest", "Appointment")
"""Types that are polled. Patients are read one by one, when a visit refers to them: no bulk of people."""


def receive(eq: Equipment, facility: str) -> int:
    """Store every new version; returns how many were new.

    Raises:
        Unavailable, Misconfigured: the EHR cannot be asked; what came before is kept.
    """
    stored = 0
    for resource_type in POLLED_TYPES:
        name = f"ehr:{resource_type}"
        with eq.store.unit_of_work() as work:
            cursor = work.cursors.get(facility, name)
        for page in eq.hospital.changes(facility, resource_type, cursor):
            now = eq.clock.now()
            with eq.store.unit_of_work() as work:
                stored += work.inbox.put_all(facility, page.resources, now)
                work.cursors.set(facility, name, page.cursor)
                work.commit()
    return stored


def fetch_one(eq: Equipment, facility: str, resource_type: str, resource_id: str) -> bool:
    """Read one resource that something refers to; False when the EHR does not have it."""
    received = eq.hospital.read(facility, resource_type, resource_id)
    if received is None:
        return False
    with eq.store.unit_of_work() as work:
        work.inbox.put(facility, received, eq.clock.now())
        work.commit()
    return True
