"""Save, move, cancel and close visits in CeR; join and leave its waiting room."""

from __future__ import annotations

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.identifiers import OidPair
from adapter.domain.national import VisitOrder, WaitingRoomOrder
from adapter.domain.patient import Patient
from adapter.errors import Rejected
from adapter.ports import CallContext
from adapter.ports.store import Action, Message, UnitOfWork
from adapter.services.equipment import Equipment
from adapter.services.fresh_patient import refresh_patient
from adapter.services.outcome import NOT_NEEDED, Done

WANTED = frozenset({VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN})
"""States of a visit for which CeR should have a term."""


def _visit(work: UnitOfWork, message: Message) -> Visit:
    visit = work.calendar.visit(message.facility, str(message.payload["visit_id"]))
    if visit is None:
        raise Rejected("the visit is not known", code="VISIT_NOT_KNOWN")
    return visit


def _patient(work: UnitOfWork, message: Message, visit: Visit) -> Patient:
    patient = work.calendar.patient(message.facility, visit.patient_id)
    if patient is None:
        raise Rejected("the visit's patient is not known", code="PATIENT_NOT_KNOWN")
    return patient


def _number(work: UnitOfWork, message: Message, visit: Visit) -> OidPair | None:
    record = work.calendar.referral(message.facility, visit.referral_id) if visit.referral_id else None
    number = record.number if record else None
    return OidPair(number.root, number.extension) if number else None


def _their_slot(work: UnitOfWork, message: Message) -> str:
    theirs = work.links.theirs(message.facility, "slot", str(message.payload["slot_id"]))
    if theirs is None:
        raise Rejected("CeR does not know the visit's slot: it was never accepted there", code="SLOT_NOT_IN_CER")
    return theirs


def national_visit_id(work: UnitOfWork, message: Message) -> str:
    """CeR's id of the visit a message is about.

    Raises:
        Rejected: the visit was never saved in CeR.
    """
    theirs = work.links.theirs(message.facility, "visit", str(message.payload["visit_id"]))
    if theirs is None:
        raise Rejected("CeR does not know this visit: it was never saved there", code="VISIT_NOT_IN_CER")
    return theirs


def save_visit(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Save a visit on its slot, for the patient as the EHR has him now."""
    refresh_patient(eq, message.facility, str(message.payload["visit_id"]))
    with eq.store.unit_of_work() as work:
        visit = _visit(work, message)
        patient = _patient(work, message, visit)
        order = VisitOrder(
            reference=visit.id,
            slot_id=_their_slot(work, message),
            person=patient.identifier,
            given=patient.given,
            family=patient.family,
            phone=patient.phone,
            referral_number=_number(work, message, visit),
            category=int(visit.category),
        )
    receipt = eq.registry.save_visit(context, order)
    return Done(result_code=receipt.result_code, national_id=receipt.visit_id)


def overtaken(work: UnitOfWork, message: Message) -> bool:
    """Whether a visit stands elsewhere since a move was asked for, and no later move is on its way.

    Its patient moved it (CeR is right about that), or the EHR ended it where it had stood.
    """
    visit_id = str(message.payload["visit_id"])
    visit = work.calendar.visit(message.facility, visit_id)
    if visit is None or not visit.slot_ids or message.payload["slot_id"] in visit.slot_ids:
        return False
    moves = work.outbox.find(
        facility=message.facility, actions=[Action.MOVE_VISIT], subject=f"visit:{visit_id}", limit=1
    )
    return [one.id for one in moves] == [message.id]


def move_visit(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Move a visit to another slot; save it there when its own saving, still on its way then, was refused.

    A move that was overtaken while it waited is not sent.

    Raises:
        Rejected: CeR does not know visit or slot, or the visit is over.
    """
    with eq.store.unit_of_work() as work:
        if overtaken(work, message):
            return Done(result_code=NOT_NEEDED)
        if message.payload.get("unsaved") and _never_saved(work, message):
            theirs = None
        else:
            theirs, slot = national_visit_id(work, message), _their_slot(work, message)
    if theirs is None:
        return save_visit(eq, context, message)
    receipt = eq.registry.move_visit(context, theirs, slot)
    return Done(result_code=receipt.result_code, national_id=receipt.visit_id)


def _never_saved(work: UnitOfWork, message: Message) -> bool:
    """Whether CeR has no visit yet and the hospital still wants it: a patient may have cancelled it meanwhile."""
    visit = _visit(work, message)
    return visit.state in WANTED and work.links.theirs(message.facility, "visit", visit.id) is None


def cancel_visit(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Cancel a visit with the reason that the EHR gave."""
    with eq.store.unit_of_work() as work:
        theirs = national_visit_id(work, message)
    receipt = eq.registry.cancel_visit(context, theirs, str(message.payload["reason"]))
    return Done(result_code=receipt.result_code, national_id=receipt.visit_id)


def record_attendance(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Say that the patient was served, or did not come."""
    with eq.store.unit_of_work() as work:
        theirs = national_visit_id(work, message)
    receipt = eq.registry.record_attendance(context, theirs, bool(message.payload["served"]))
    return Done(result_code=receipt.result_code, national_id=receipt.visit_id)


def join_waiting_room(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Put a waiting patient in CeR's waiting room of the service."""
    refresh_patient(eq, message.facility, str(message.payload["visit_id"]))
    with eq.store.unit_of_work() as work:
        visit = _visit(work, message)
        patient = _patient(work, message, visit)
        schedule = work.calendar.schedule(message.facility, str(message.payload["schedule_id"]))
        if schedule is None:
            raise Rejected("the entry names no known schedule", code="SCHEDULE_NOT_KNOWN")
        order = WaitingRoomOrder(
            reference=visit.id,
            cell=schedule.cell,
            service=schedule.service,
            person=patient.identifier,
            given=patient.given,
            family=patient.family,
            phone=patient.phone,
            referral_number=_number(work, message, visit),
            criterion=visit.criterion.value,
            privilege_waived=visit.waiver is not None,
        )
    entry = eq.registry.join_waiting_room(context, order)
    return Done(national_id=entry.entry_id)


def leave_waiting_room(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Take an entry out of the waiting room."""
    with eq.store.unit_of_work() as work:
        theirs = work.links.theirs(message.facility, "waiting-entry", str(message.payload["visit_id"]))
    if theirs is None:
        raise Rejected("CeR does not know this waiting-room entry", code="ENTRY_NOT_IN_CER")
    entry = eq.registry.leave_waiting_room(context, theirs, str(message.payload["reason"]))
    return Done(national_id=entry.entry_id)
