"""What we created in the EHR becomes known to us: a patient, or the Appointment of a visit made in CeR."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapter.domain.moments import warsaw_day
from adapter.errors import BadInput
from adapter.fhir.read import read
from adapter.mapping.appointment import appointment_from_fhir
from adapter.mapping.patient import patient_from_fhir
from adapter.ports import Received
from adapter.ports.store import Message, UnitOfWork
from adapter.services.equipment import Equipment


def adopt_created(eq: Equipment, work: UnitOfWork, message: Message, received: Received, now: datetime) -> None:
    """Keep what the EHR made of a create, so that its next poll finds nothing new in it."""
    national = message.payload.get("national_visit_id")
    if received.resource_type == "Patient":
        work.calendar.put_patient(message.facility, patient_from_fhir(_model(received), eq.tables, on=warsaw_day(now)))
    elif received.resource_type == "Appointment" and national is not None:
        visit = appointment_from_fhir(_model(received), eq.tables, on=warsaw_day(now))
        if work.links.ours(message.facility, "visit", str(national)) is None:
            work.links.put(message.facility, "visit", visit.id, str(national))
        work.calendar.put_visit(message.facility, visit)


def _model(received: Received) -> Any:
    reading = read(received.raw)
    if reading.resource is None:
        first = reading.problems[0]
        raise BadInput(
            f"the EHR answered a create with a resource that cannot be read: {first.path} {first.rule}",
            field=first.path,
            code=first.rule,
        )
    return reading.resource
