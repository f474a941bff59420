"""Take a visit or a waiting entry from the EHR: judge it, then do what its new state asks for.

    booked, arrived, checked-in   book it, or move it when its slot changed
    waiting                       join the waiting room (leaving a booked term first)
    served, no-show               record attendance; finish the referral, or give it back
    cancelled, void               cancel it or leave the waiting room; give back when the reason says so
    proposed, pending             keep it, nothing national yet

Everything is decided before anything is written: a refused visit leaves no trace but its reasons.
"""

from __future__ import annotations

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.statement import EntryStatement
from adapter.mapping.appointment import transitions
from adapter.ports.store import StoredProblem
from adapter.services.book_visit import accepted_first, book_visit
from adapter.services.cancel_visit import cancel_visit
from adapter.services.close_visit import close_visit
from adapter.services.desk import Desk
from adapter.services.effects import ENDED_VISIT
from adapter.services.move_visit import move_visit
from adapter.services.publish_schedule import schedule_in_scope
from adapter.services.refusal import MissingReference, must_be_allowed
from adapter.services.register.follow import visit_subject
from adapter.services.register.keep_entry import keep_entry, plan_entry
from adapter.services.register.open_case import Scene
from adapter.services.slot_times import visit_followed
from adapter.services.take_referral import acceptance_refused, will_be_held
from adapter.services.visit_frame import Standing, VisitFrame, standing_of
from adapter.services.wait_for_visit import wait_for_visit

KEPT_ONLY = frozenset({VisitState.PROPOSED, VisitState.PENDING})
PRESENT = frozenset({VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN})
ENDED = frozenset({VisitState.CANCELLED, VisitState.VOID})
CLOSED = frozenset({VisitState.SERVED, VisitState.NO_SHOW})
LINK_RULE = "POMOST-VISIT-04"
"""A visit has one id in CeR: another one in the EHR is shown and not followed."""


def take_visit(desk: Desk, visit: Visit, statement: EntryStatement | None = None) -> None:
    """Keep a visit as the EHR states it now and tell CeR and P1 what follows from it.

    ``statement`` is what the same appointment says of the register; None where its register is kept elsewhere.

    Raises:
        NotTaken: with every rule and problem that stands in the way; nothing was written.
    """
    before = desk.work.calendar.visit(desk.facility, visit.id)
    permitted = transitions(desk.eq.tables, on=desk.today)
    must_be_allowed(desk, [permitted.judge(before.state if before else None, visit.state)], "Appointment.status")
    _recognise(desk, visit)
    frame = _frame(desk, visit, before)
    if statement is not None:
        frame.plan = plan_entry(desk, statement, _scene(frame))
    if frame.national or (_concerns_others(frame) and (frame.schedule is None or visit.state in CLOSED | ENDED)):
        _act(frame)
    else:
        frame.keep()
        if frame.standing is Standing.SAVED and frame.slot is not None and frame.moved:
            frame.give_term_up("moved")  # to a schedule that CeR does not keep
    if frame.plan is not None:
        keep_entry(desk, frame.plan)
    elif visit.state in CLOSED | ENDED:
        desk.work.tasks.gone(desk.facility, [visit_subject(visit.id)], keep=())
    if before is not None and (frame.national or frame.moved):
        visit_followed(desk, before, visit)


def _scene(frame: VisitFrame) -> Scene:
    """Where the visit stands, for the register."""
    return Scene(
        before=frame.before,
        schedule=frame.schedule,
        record=frame.referral,
        national=frame.national,
        in_cer=frame.standing is not Standing.NONE,
    )


def _concerns_others(frame: VisitFrame) -> bool:
    """Whether CeR or P1 holds something of a visit, though its schedule is not, or no longer, kept in CeR."""
    return frame.standing is not Standing.NONE or (
        frame.referral is not None and will_be_held(frame.desk, frame.referral)
    )


def _act(frame: VisitFrame) -> None:
    state, standing = frame.visit.state, frame.standing
    if state in KEPT_ONLY:
        frame.keep()
    elif state in PRESENT:
        if standing is not Standing.SAVED:
            book_visit(frame)
        elif frame.moved or frame.move_refused:
            move_visit(frame)
        else:
            frame.keep()
            if frame.referral is not None and acceptance_refused(frame.desk, frame.referral):
                accepted_first(frame)  # the visit was entered while P1 was out of reach
    elif state is VisitState.WAITING:
        wait_for_visit(frame)
    elif state in CLOSED:
        close_visit(frame)
    elif state in ENDED:
        cancel_visit(frame)


def _frame(desk: Desk, visit: Visit, before: Visit | None) -> VisitFrame:
    """Everything the use cases look at. Raises MissingReference for what nobody has."""
    calendar, facility = desk.work.calendar, desk.facility
    if calendar.patient(facility, visit.patient_id) is None:
        raise MissingReference("Appointment.participant.actor", "Patient", visit.patient_id)
    slot = None
    for slot_id in visit.slot_ids:
        slot = calendar.slot(facility, slot_id)
        if slot is None:
            raise MissingReference("Appointment.slot", "Slot", slot_id)
    schedule_id = slot.schedule_id if slot is not None else visit.schedule_id
    schedule = calendar.schedule(facility, schedule_id) if schedule_id else None
    if schedule_id and schedule is None:
        raise MissingReference("Appointment.extension(schedule)", "Schedule", schedule_id)
    referral = calendar.referral(facility, visit.referral_id) if visit.referral_id else None
    if visit.referral_id and referral is None:
        raise MissingReference("Appointment.basedOn", "ServiceRequest", visit.referral_id)
    return VisitFrame(
        desk=desk,
        visit=visit,
        before=before,
        slot=slot,
        schedule=schedule,
        referral=referral,
        national=schedule_in_scope(desk, schedule),
        standing=standing_of(desk, visit.id),
    )


def _recognise(desk: Desk, visit: Visit) -> None:
    """An appointment that carries a national id is that visit already: it must never be saved a second time."""
    theirs = visit.national_id
    if theirs is None or desk.work.links.ours(desk.facility, ENDED_VISIT, theirs) is not None:
        return
    if desk.work.links.ours(desk.facility, "visit", theirs) is not None:
        return
    known = desk.work.links.theirs(desk.facility, "visit", visit.id)
    if known is None:
        desk.work.links.put(desk.facility, "visit", visit.id, theirs)
    elif known != theirs:
        desk.notes.append(
            StoredProblem(
                path="Appointment.identifier",
                rule=LINK_RULE,
                text_pl="wizyta ma już inny identyfikator w CeR; ten z systemu szpitala pominięto",
                text_en="the visit has another id in CeR already; the one given here is left out",
                severity="warning",
            )
        )
