"""The patient as the EHR has him now: a mended PESEL or phone counts, and a death ends what waits for him (X-07).

Patients are not polled (no bulk of people). They matter when a booking is about to leave, and some days before a term
(``register_day/ask_of_people.py``): then one person is read.
"""

from __future__ import annotations

from uuid import uuid4

from adapter.domain.moments import warsaw_day
from adapter.errors import AdapterError
from adapter.fhir.read import read
from adapter.mapping.patient import patient_from_fhir
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.register.hold import hold_of_patient
from adapter.services.register.learn import patient_learned
from adapter.services.register_day.touch_entries import touch_patient


def refresh_patient(eq: Equipment, facility: str, visit_id: str) -> None:
    """Read the visit's patient again and keep what changed."""
    with eq.store.unit_of_work() as work:
        visit = work.calendar.visit(facility, visit_id)
    if visit is not None:
        refresh_person(eq, facility, visit.patient_id)


def refresh_person(eq: Equipment, facility: str, patient_id: str) -> bool:
    """Read a person again and keep what changed, in the register too; whether the EHR had him.

    An EHR that is out of reach, or has a version that cannot be used, changes nothing: what was known
    when the visit was taken in goes on being used.
    """
    try:
        received = eq.hospital.read(facility, "Patient", patient_id)
        if received is None:
            return False
        resource = read(received.raw).checked()
        patient = patient_from_fhir(resource, eq.tables, warsaw_day(eq.clock.now()))
    except AdapterError:
        return False
    with eq.store.unit_of_work() as work:
        if patient != work.calendar.patient(facility, patient.id):
            desk = Desk(eq, work, facility, str(uuid4()))
            if patient.deceased:
                hold_of_patient(desk, patient.id)
            work.calendar.put_patient(facility, patient)
            patient_learned(desk, patient)
            if patient.deceased:
                touch_patient(desk, patient.id)
            work.commit()
    return True
