"""What a patient did to a visit that the EHR knows: the EHR's Appointment follows, and the referral too."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category
from adapter.domain.national import Origin, VisitChange
from adapter.domain.rules.privileged import loses_privilege
from adapter.domain.slot import SlotState
from adapter.errors import Rejected
from adapter.mapping.write_back import cancellation_to_fhir, visit_status_to_fhir
from adapter.ports.store import Action, Destination
from adapter.services.desk import UNFINISHED, Desk
from adapter.services.effects import ENDED_VISIT
from adapter.services.keep_schedule import close_term
from adapter.services.register.follow_cer import follow_cer
from adapter.services.show_slot import show_slot
from adapter.services.slot_times import booked_before, visit_left
from adapter.services.take_referral import give_back, release_comment

CANCELLED_BY_PATIENT, CANCELLED_BY_REGISTRY = "pat", "registry"
"""Reasons of ``mappings/cancellation_reasons.csv`` for a cancellation by the patient, and by CeR itself."""

OVER = frozenset({VisitState.CANCELLED, VisitState.VOID, VisitState.SERVED, VisitState.NO_SHOW})

TOLD_MAX = 20
"""Changes of one Appointment, newest first, among which the one it does not know yet is looked for."""


def not_told_yet(desk: Desk, known: Visit, stated: Visit) -> bool:
    """Whether the EHR still says what it said before a patient's act, and has shown no newer version since.

    Such a version undoes nothing: the change on its way into the EHR keeps whatever else is new in it.
    """
    if (stated.state, stated.slot_ids) == (known.state, known.slot_ids):
        return False
    told = desk.work.outbox.find(
        facility=desk.facility, actions=[Action.WRITE_BACK], subject=f"ehr:Appointment/{known.id}", limit=TOLD_MAX
    )
    said = said_of(replace(stated, changed_at=known.changed_at))
    return any(
        message.payload.get("instead_of") == said and (known.changed_at is not None or message.state in UNFINISHED)
        for message in told
    )


def said_of(visit: Visit) -> dict[str, object]:
    """What the EHR said of a visit: ``instead_of`` in the message that changes it there (:func:`not_told_yet`)."""
    return {
        "state": visit.state.value,
        "slots": list(visit.slot_ids),
        "changed_at": visit.changed_at.isoformat() if visit.changed_at is not None else None,
    }


def mirror_cancellation(desk: Desk, visit_id: str, change: VisitChange) -> bool:
    """The visit was cancelled in CeR: the Appointment becomes cancelled; False when it is over already."""
    visit = desk.work.calendar.visit(desk.facility, visit_id)
    desk.work.links.drop(desk.facility, "visit", visit_id)
    desk.work.links.put(desk.facility, ENDED_VISIT, f"{visit_id}#{change.visit_id}", change.visit_id)
    if visit is None or visit.state in OVER:
        return False
    by_patient = change.origin is Origin.PATIENT
    reason = CANCELLED_BY_PATIENT if by_patient else CANCELLED_BY_REGISTRY
    row = desk.eq.tables.cancellation_reasons.row(reason, desk.today)
    ended = replace(visit, state=VisitState.CANCELLED, end_reason=reason, national_id=None)
    if loses_privilege(visit, desk.today, by_patient=by_patient, first_visit=True):  # law.md V-09
        ended = replace(ended, category=Category.WAITING, entitlement=None)
        desk.audit("job:pull", "rule", f"visit:{visit_id}", {"rule": "V-09", "category": "4 -> 2"})
    desk.work.calendar.put_visit(desk.facility, ended)
    desk.send(
        Destination.EHR,
        Action.WRITE_BACK,
        [f"ehr:Appointment/{visit_id}"],
        {
            "resource_type": "Appointment",
            "resource_id": visit_id,
            "status": visit_status_to_fhir(change.state, desk.eq.tables, desk.today),
            "instead_of": said_of(visit),
            "elements": {"cancelationReason": cancellation_to_fhir(reason, desk.eq.tables, desk.today)},
        },
    )
    for slot_id in visit.slot_ids:
        show_slot(desk, slot_id, SlotState.FREE)
        close_term(desk, slot_id)
    visit_left(desk, visit)
    if follow_cer(desk, visit, replace(visit, state=VisitState.CANCELLED, end_reason=reason)):
        return True  # the register says what becomes of the referral
    if visit.referral_id is not None and row.says("releases_referral"):
        give_back(desk, visit.referral_id, release_comment(desk, reason))
    return True


def mirror_place(desk: Desk, visit_id: str, change: VisitChange) -> bool:
    """The visit stands on another slot in CeR, or a waiting entry got one: the Appointment follows.

    Raises:
        Rejected: its slot is not one of ours.
    """
    visit = desk.work.calendar.visit(desk.facility, visit_id)
    slot_id = desk.work.links.ours(desk.facility, "slot", change.slot_id)
    slot = desk.work.calendar.slot(desk.facility, slot_id) if slot_id is not None else None
    if slot is None:
        raise Rejected("the visit stands on a slot that the hospital does not have", code="SURPLUS_SLOT")
    if visit is None or visit.state in OVER or (visit.slot_ids == (slot.id,) and visit.active):
        return False
    left = visit.slot_ids
    desk.work.links.drop(desk.facility, "waiting-entry", visit_id)  # CeR closes an entry of which it makes a visit
    moved = replace(
        visit,
        state=VisitState.BOOKED,
        slot_ids=(slot.id,),
        starts=slot.starts,
        ends=slot.ends,
        national_id=change.visit_id,
    )
    desk.work.calendar.put_visit(desk.facility, moved)
    follow_cer(desk, visit, moved)
    desk.send(
        Destination.EHR,
        Action.WRITE_BACK,
        [f"ehr:Appointment/{visit_id}"],
        {
            "resource_type": "Appointment",
            "resource_id": visit_id,
            "status": visit_status_to_fhir(change.state, desk.eq.tables, desk.today),
            "instead_of": said_of(visit),
            "elements": {
                "slot": [{"reference": f"Slot/{slot.id}"}],
                "start": slot.starts.isoformat(),
                "end": slot.ends.isoformat(),
            },
        },
    )
    show_slot(desk, slot.id, SlotState.BUSY)
    for slot_left in left:
        if slot_left != slot.id:
            show_slot(desk, slot_left, SlotState.FREE)
            close_term(desk, slot_left)
    visit_left(desk, visit)
    booked_before(desk, moved, change.changed_at)
    return True
