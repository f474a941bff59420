"""New times of a slot on which a visit stands: nobody's visit gets another time in silence (N-01, P-04).

The EHR moves a Slot. Where a visit stands on it, its times go to CeR only when the EHR says the same of the visit:

    Slot moved, Appointment not yet    CeR keeps the time that the patient knows; a person is asked
    Appointment follows                CeR has the new times; of another day the register judges the change and tells
                                       the patient (M-01, N-01), of another hour a person is asked to
    Slot put back, or the visit left   the question ends, and CeR has the times that count

What counts is when a visit begins. One that never began with its slot (several share it) need only begin within it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.moments import warsaw_day
from adapter.domain.rules.notices import N01, slot_moved, time_changed
from adapter.domain.rules.verdict import Verdict
from adapter.domain.slot import Slot
from adapter.ports.store import Action, Destination
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.register.follow import new_tasks, subject_of

EXPECTED = frozenset({VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN})
"""States of a visit whose patient comes, or has come, at its time."""
OVER = frozenset({VisitState.SERVED, VisitState.NO_SHOW})
ASKED = "TASK-N-SLOT-MOVED"
"""Code of the question what becomes of the visit."""


def may_be_told(desk: Desk, before: Slot, slot: Slot) -> bool:
    """Whether CeR may have the new times of a slot that the EHR moved: each visit on it begins then.

    Of each that does not a person is asked.
    """
    if before.starts == slot.starts:
        return True
    held = elsewhere(desk, slot.id, slot.starts, slot.ends, before.starts)
    for visit in _standing(desk, slot.id):
        if visit not in held and not answered(desk, visit):  # asked about before, the slot came back to it
            _tell(desk, visit, before.starts)
    return not ask_about(desk, held)


def elsewhere(desk: Desk, slot_id: str, starts: datetime, ends: datetime, was: datetime | None) -> list[Visit]:
    """The visits on a slot that have no part in its move from ``was`` (None: not known) to these times."""
    return [one for one in _standing(desk, slot_id) if one.starts != starts and not _within(one, starts, ends, was)]


def held_by(desk: Desk, payload: Mapping[str, object]) -> list[Visit]:
    """The visits for which the times of an ``edit-slot`` message wait, as they stand now."""
    starts, ends, was = (payload.get(name) for name in ("starts", "ends", "moved_from"))
    slot_id = str(payload["slot_id"])
    told = datetime.fromisoformat(str(starts)), datetime.fromisoformat(str(ends))
    return elsewhere(desk, slot_id, *told, datetime.fromisoformat(str(was)) if was else None)


def _within(visit: Visit, starts: datetime, ends: datetime, was: datetime | None = None) -> bool:
    """Whether a visit that did not begin with its slot begins within it now."""
    return visit.starts is not None and visit.starts != was and starts <= visit.starts < ends


def ask_about(desk: Desk, visits: Sequence[Visit]) -> bool:
    """Ask a person about visits whose slot was moved under them; whether there are any."""
    asked = [task for visit in visits for task in new_tasks(subject_of(desk, visit.id), [slot_moved()])]
    if asked:
        desk.work.tasks.raise_(desk.facility, asked)
    return bool(asked)


def answered(desk: Desk, visit: Visit) -> int:
    """The question about a visit is answered; whether there was one."""
    return desk.work.tasks.gone(desk.facility, [subject_of(desk, visit.id)], keep=(), codes=[ASKED])


def visit_followed(desk: Desk, before: Visit, visit: Visit) -> None:
    """A version of a visit was taken: it may be the answer to the question about its slot, or have left it."""
    if before.state not in EXPECTED or before.starts is None:
        return
    if before.slot_ids == visit.slot_ids and visit.state in EXPECTED:
        if before.starts == visit.starts:
            return
        slots = _slots(desk, visit)
        if not any(_within(visit, slot.starts, slot.ends) for slot in slots):
            return
        if answered(desk, visit) or any(slot.starts == visit.starts for slot in slots):
            _tell(desk, visit, before.starts)
            _send_all(desk, visit)
    elif visit.state in OVER:  # it took place, or did not, at the time that CeR has
        answered(desk, before)
    else:
        visit_left(desk, before)


def visit_left(desk: Desk, before: Visit) -> None:
    """A visit stands on its slot no more: times that were held back for it go to CeR."""
    if any(slot.starts != before.starts for slot in _slots(desk, before)):
        answered(desk, before)
        _send_all(desk, before)


def booked_before(desk: Desk, visit: Visit, saved_at: datetime) -> None:
    """A visit that was saved in CeR at ``saved_at`` came into the EHR: its slot may have been moved meanwhile.

    Who booked the former time in CeR, before it had the new one, is told of it by a person.
    """
    for slot in _slots(desk, visit):
        if visit.starts != slot.starts:
            ask_about(desk, [visit])
        edits = desk.work.outbox.find(facility=desk.facility, actions=[Action.EDIT_SLOT], subject=f"slot:{slot.id}")
        moves = (one for one in edits if one.payload.get("starts") and one.answered_at is not None)
        if any(one.answered_at > saved_at for one in moves if one.answered_at is not None):
            _raise(desk, visit, time_changed())


def _tell(desk: Desk, visit: Visit, before: datetime) -> None:
    """Of another day the register tells the patient, where it knows the visit; of another hour a person does."""
    if visit.state is not VisitState.BOOKED or visit.starts is None or visit.starts <= desk.eq.clock.now():
        return
    entered = desk.work.register.entry_id_of_visit(desk.facility, visit.id) is not None
    if not entered or warsaw_day(before) == warsaw_day(visit.starts):
        _raise(desk, visit, time_changed())


def _raise(desk: Desk, visit: Visit, verdict: Verdict) -> None:
    said = (verdict.article, verdict.text_pl, verdict.text_en)
    subject = subject_of(desk, visit.id)
    # due today: a later change is told anew
    desk.work.tasks.raise_(desk.facility, [NewTask(verdict.rule, verdict.code, subject, *said, due_on=desk.today)])


def _send_all(desk: Desk, visit: Visit) -> None:
    """CeR gets the times of the visit's slots as they are now, where it has them and no other visit holds them."""
    for slot in _slots(desk, visit):
        known = desk.work.links.theirs(desk.facility, "slot", slot.id) is not None
        others = [one for one in _standing(desk, slot.id) if one.id != visit.id]
        if known and slot.starts > desk.eq.clock.now() and not any(_holds(desk, one, slot) for one in others):
            times = {"starts": slot.starts.isoformat(), "ends": slot.ends.isoformat()}
            desk.send(Destination.CER, Action.EDIT_SLOT, [f"slot:{slot.id}"], {"slot_id": slot.id, **times})


def _holds(desk: Desk, visit: Visit, slot: Slot) -> bool:
    """Whether the times of a slot wait for this visit: it is asked about, or does not begin within them."""
    open_ones = desk.work.tasks.listed(desk.facility, rule=N01.id, subject=subject_of(desk, visit.id))
    return any(one.task.code == ASKED for one in open_ones) or not _within(visit, slot.starts, slot.ends)


def _slots(desk: Desk, visit: Visit) -> list[Slot]:
    found = (desk.work.calendar.slot(desk.facility, one) for one in visit.slot_ids)
    return [slot for slot in found if slot is not None]


def _standing(desk: Desk, slot_id: str) -> list[Visit]:
    return [visit for visit in desk.work.calendar.visits_on(desk.facility, slot_id) if visit.state in EXPECTED]
