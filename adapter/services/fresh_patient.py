"""The patient as the EHR has him now: a mended PESEL or phone counts, and a death ends what waits for him (X-07).

Changes of people are polled. When a booking is about to leave, and some days before a term
(``register_day/ask_after.py``), one person is read beside that: an EHR need not let people be listed.
"""

from __future__ import annotations

from adapter.errors import AdapterError
from adapter.services.equipment import Equipment
from adapter.services.receive import fetch_one
from adapter.services.take_in import take_person


def refresh_patient(eq: Equipment, facility: str, visit_id: str) -> None:
    """Read the visit's patient again and keep what changed."""
    with eq.store.unit_of_work() as work:
        visit = work.calendar.visit(facility, visit_id)
    if visit is not None:
        refresh_person(eq, facility, visit.patient_id)


def refresh_person(eq: Equipment, facility: str, patient_id: str) -> bool:
    """Read a person again and keep what changed, in the register too; whether the EHR had him.

    An EHR that is out of reach changes nothing, nor does a version that cannot be used (it is put aside in the inbox):
    what was known when the visit was taken in goes on being used.
    """
    try:
        found = fetch_one(eq, facility, "Patient", patient_id)
    except AdapterError:
        return False
    if found:
        take_person(eq, facility, patient_id)
    return found
