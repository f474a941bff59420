"""What we created in the EHR becomes known to us: a patient, or the Appointment of a visit made in CeR."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapter.domain.appointment import Visit
from adapter.domain.moments import warsaw_day
from adapter.errors import BadInput
from adapter.fhir.read import read
from adapter.mapping.appointment import appointment_from_fhir
from adapter.mapping.entry import entry_from_fhir
from adapter.mapping.patient import patient_from_fhir
from adapter.ports import Received
from adapter.ports.store import Message, UnitOfWork
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.register.keep_entry import keep_entry, plan_entry
from adapter.services.register.open_case import Scene, register_of
from adapter.services.slot_times import booked_before


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
        desk = Desk(eq, work, message.facility, message.correlation_id)
        _enter(desk, visit, received)
        saved_at = message.payload.get("saved_at")
        booked_before(desk, visit, datetime.fromisoformat(str(saved_at)) if saved_at else now)


def _enter(desk: Desk, visit: Visit, received: Received) -> None:
    """A visit that a patient made in CeR is in the register too; what is not known of it becomes tasks (D-01)."""
    slot = desk.work.calendar.slot(desk.facility, visit.slot_ids[0]) if visit.slot_ids else None
    known = desk.work.calendar.patient(desk.facility, visit.patient_id) is not None
    if slot is None or not known or register_of(desk, visit) is None:
        return
    scene = Scene(
        before=None,
        schedule=desk.work.calendar.schedule(desk.facility, slot.schedule_id),
        record=desk.work.calendar.referral(desk.facility, visit.referral_id) if visit.referral_id else None,
        national=True,
        in_cer=True,
        done=True,
    )
    statement = entry_from_fhir(_model(received), desk.eq.tables, on=desk.today, visit=visit)
    plan = plan_entry(desk, statement, scene)
    if plan is not None:
        keep_entry(desk, plan)


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
