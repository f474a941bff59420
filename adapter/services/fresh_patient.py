"""The patient as the EHR has him now, read when a booking is about to leave: a mended PESEL or phone counts.

Patients are not polled (no bulk of people); the one moment when they matter is this one.
"""

from __future__ import annotations

from adapter.domain.moments import warsaw_day
from adapter.errors import AdapterError
from adapter.fhir.read import read
from adapter.mapping.patient import patient_from_fhir
from adapter.services.equipment import Equipment


def refresh_patient(eq: Equipment, facility: str, visit_id: str) -> None:
    """Read the visit's patient again and keep what changed.

    An EHR that is out of reach, or has a version that cannot be used, changes nothing: what was known
    when the visit was taken in goes on being used.
    """
    with eq.store.unit_of_work() as work:
        visit = work.calendar.visit(facility, visit_id)
    if visit is None:
        return
    try:
        received = eq.hospital.read(facility, "Patient", visit.patient_id)
        if received is None:
            return
        resource = read(received.raw).checked()
        patient = patient_from_fhir(resource, eq.tables, warsaw_day(eq.clock.now()))
    except AdapterError:
        return
    with eq.store.unit_of_work() as work:
        if patient != work.calendar.patient(facility, patient.id):
            work.calendar.put_patient(facility, patient)
            work.commit()
