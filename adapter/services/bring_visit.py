"""Create the Appointment of a visit that a patient, or CeR itself, booked; its patient first if need be."""

from __future__ import annotations

from adapter.domain.national import VisitChange
from adapter.domain.slot import SlotState
from adapter.errors import Rejected
from adapter.fhir import names
from adapter.mapping.appointment import appointment_to_fhir
from adapter.mapping.patient import patient_to_fhir, person_to_fhir
from adapter.ports.store import Action, Destination
from adapter.services.desk import Desk
from adapter.services.send_write_back import PATIENT_TO_COME
from adapter.services.show_slot import show_slot


def brought_to(slot_id: str) -> str:
    """The outbox subject of Appointments on their way into the EHR for a slot: its term is taken already."""
    return f"brought-to:{slot_id}"


def bring_visit(desk: Desk, change: VisitChange) -> bool:
    """Put the Appointment (and the Patient) on its way into the EHR; False when it is on its way already.

    Raises:
        Rejected: CeR told no person, or its slot is not one of ours.
    """
    subject = f"national-visit:{change.visit_id}"
    if desk.pending(subject, [Action.WRITE_BACK]) is not None:
        return False
    slot_id = desk.work.links.ours(desk.facility, "slot", change.slot_id)
    slot = desk.work.calendar.slot(desk.facility, slot_id) if slot_id is not None else None
    if slot is None:
        raise Rejected("the visit stands on a slot that the hospital does not have", code="SURPLUS_SLOT")
    if change.person is None:
        raise Rejected("CeR did not say whose visit it is", code="PERSON_MISSING")
    system, value = person_to_fhir(change.person, desk.eq.tables)
    digest = desk.work.calendar.identifier_digest(change.person)
    patient_id = desk.work.calendar.patient_by_identifier(desk.facility, digest)
    after = _create_patient(desk, change, digest, f"{system}|{value}") if patient_id is None else None
    body = appointment_to_fhir(
        change,
        slot,
        patient_id or PATIENT_TO_COME.partition("/")[2],
        desk.eq.tables,
        referral_id=_referral_of(desk, change, patient_id),
    )
    desk.send(
        Destination.EHR,
        Action.WRITE_BACK,
        [subject, brought_to(slot.id)],
        {
            "resource_type": "Appointment",
            "resource_id": None,
            "national_visit_id": change.visit_id,
            "saved_at": change.changed_at.isoformat(),
            "person_digest": digest if patient_id is None else None,
            "if_none_exist": f"{names.NATIONAL_VISIT}|{change.visit_id}",
        },
        sealed={"body": body},
        after=after,
    )
    show_slot(desk, slot.id, SlotState.BUSY)
    return True


def _referral_of(desk: Desk, change: VisitChange, patient_id: str | None) -> str | None:
    """The EHR's ServiceRequest under which the visit was booked, None when CeR names none, or one unknown here."""
    if patient_id is None or change.referral_number is None:
        return None
    return desk.work.calendar.referral_by_number(desk.facility, patient_id, change.referral_number)


def _create_patient(desk: Desk, change: VisitChange, digest: str, identifier: str) -> int:
    subject = f"person:{digest}"
    pending = desk.pending(subject, [Action.WRITE_BACK])
    if pending is not None:
        return pending.id
    return desk.send(
        Destination.EHR,
        Action.WRITE_BACK,
        [subject],
        {"resource_type": "Patient", "resource_id": None, "person_digest": None},
        sealed={"body": patient_to_fhir(change, desk.eq.tables), "if_none_exist": identifier},
    )
