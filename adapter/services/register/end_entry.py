"""End an entry that a job ends: in the register, its referral in P1, its visit in CeR and in the EHR, its notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.history import removed
from adapter.domain.register import Removal
from adapter.domain.rules.reasons import DECEASED, NO_SHOW, PROVIDER_STOPPED, RESIGNED
from adapter.domain.rules.release import ReferralEffect
from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.domain.slot import SlotState
from adapter.mapping.write_back import cancellation_to_fhir
from adapter.ports.register import Step, StoredEntry
from adapter.ports.store import Action, Destination
from adapter.services.desk import Desk
from adapter.services.mirror_visit import said_of
from adapter.services.notices.plan_notice import stop_telling
from adapter.services.publish_schedule import schedule_in_scope
from adapter.services.register.follow import entry_subject, follow, new_tasks
from adapter.services.register.settle_entry import unsettled
from adapter.services.register.settle_referral import settle_referral
from adapter.services.register.steps import changed
from adapter.services.register_day.offer_freed import offer_freed
from adapter.services.schedule_of import schedule_of
from adapter.services.show_slot import show_slot
from adapter.services.slot_times import visit_left
from adapter.services.visit_frame import Standing, VisitFrame, standing_of


@dataclass(frozen=True, slots=True)
class VisitEnd:
    """How the visit of an ended entry ends: its state and a code of ``mappings/cancellation_reasons.csv``."""

    state: VisitState
    reason: str


VISIT_ENDS: Mapping[str, VisitEnd] = {
    NO_SHOW: VisitEnd(VisitState.NO_SHOW, "no-show"),
    RESIGNED: VisitEnd(VisitState.CANCELLED, "resigned"),
    DECEASED: VisitEnd(VisitState.CANCELLED, "deceased"),
    PROVIDER_STOPPED: VisitEnd(VisitState.CANCELLED, "provider-stopped"),
}
"""By the reason of the removal; any other one is the provider's (:data:`BY_PROVIDER`)."""
BY_PROVIDER = VisitEnd(VisitState.CANCELLED, "prov")
STANDING_STATES = frozenset(
    {VisitState.PROPOSED, VisitState.PENDING, VisitState.WAITING, VisitState.BOOKED, VisitState.ARRIVED}
)
"""States of a visit that the end of its entry ends too."""


def end_entry(
    desk: Desk, stored: StoredEntry, removal: Removal, *, verdicts: Sequence[Verdict], tell_ehr: bool = True
) -> StoredEntry:
    """Remove an entry in the open unit of work, with everything that follows; the entry as it is now.

    ``verdicts`` are what asked for the end: they stand in its step, and what they want of a person becomes a task.
    The referral is given back, finished or left to a person by the effect of the reason. ``tell_ehr``: the
    Appointment gets its status and reason.

    Raises:
        BadInput: the table holds no such reason today, so nobody knows what becomes of the referral.
        ValueError: the entry is removed already, or the removal is before its last change.
    """
    effect = ReferralEffect(desk.eq.tables.removal_reasons.row(removal.reason, desk.today)["effect"])
    ended = replace(stored, entry=removed(stored.entry, removal), correlation_id=desk.correlation_id)
    was, now = changed(stored.entry, ended.entry)
    said = tuple(dict.fromkeys(one.rule for one in verdicts if one.outcome is not Outcome.ALLOWED))
    step = Step(
        entry_id=ended.entry.id,
        what="removed",
        at=removal.at,
        by=removal.by,
        correlation_id=desk.correlation_id,
        before=was,
        after=now,
        reason=removal.reason,
        rules=said,
    )
    desk.work.register.put(desk.facility, ended, [step])
    _end_visit(desk, ended, tell_ehr=tell_ehr)
    settle_referral(desk, ended, effect)
    stop_telling(desk, ended.entry.id)
    offer_freed(desk, stored.entry)
    subject = entry_subject(ended.entry.id)
    follow(desk, subject, verdicts)
    asked = [(one.rule, one.code, subject) for one in new_tasks(subject, verdicts)]
    desk.work.tasks.gone(desk.facility, [subject], keep=asked + unsettled(ended))
    desk.audit(removal.by, "register-end", entry_subject(ended.entry.id), {"reason": removal.reason, "rules": [*said]})
    return ended


def _end_visit(desk: Desk, stored: StoredEntry, *, tell_ehr: bool) -> None:
    """The visit ends in our calendar, in CeR where it stands there, and in the EHR."""
    visit = desk.work.calendar.visit(desk.facility, stored.visit_id)
    if visit is None or visit.state not in STANDING_STATES or stored.entry.removal is None:
        return
    how = VISIT_ENDS.get(stored.entry.removal.reason, BY_PROVIDER)
    frame = _frame(desk, visit, replace(visit, state=how.state, end_reason=how.reason))
    frame.keep()
    _tell_cer(frame, how)
    if tell_ehr and "Appointment" in desk.eq.write_back_types:
        _tell_ehr(desk, visit, how)
    for slot_id in visit.slot_ids:
        slot = desk.work.calendar.slot(desk.facility, slot_id)
        if slot is not None and slot.starts > desk.eq.clock.now():
            show_slot(desk, slot_id, SlotState.FREE)
    visit_left(desk, visit)


def _frame(desk: Desk, before: Visit, ended: Visit) -> VisitFrame:
    slot = desk.work.calendar.slot(desk.facility, before.slot_ids[0]) if before.slot_ids else None
    schedule = schedule_of(desk, before)
    return VisitFrame(
        desk=desk,
        visit=ended,
        before=before,
        slot=slot,
        schedule=schedule,
        referral=None,
        national=schedule_in_scope(desk, schedule),
        standing=standing_of(desk, before.id),
    )


def _tell_cer(frame: VisitFrame, how: VisitEnd) -> None:
    if frame.standing is Standing.WAITING:
        frame.send(Action.LEAVE_WAITING_ROOM, {"reason": how.reason})
    elif frame.standing is Standing.SAVED and how.state is VisitState.NO_SHOW:
        frame.send(Action.RECORD_ATTENDANCE, {"served": False, **frame.place()}, slots=frame.slots_left)
    elif frame.standing is Standing.SAVED:
        frame.give_term_up(how.reason)


def _tell_ehr(desk: Desk, before: Visit, how: VisitEnd) -> None:
    desk.send(
        Destination.EHR,
        Action.WRITE_BACK,
        [f"ehr:Appointment/{before.id}"],
        {
            "resource_type": "Appointment",
            "resource_id": before.id,
            "status": desk.eq.tables.visit_state.to_fhir(how.state.value, desk.today)[1],
            "instead_of": said_of(before),
            "elements": {"cancelationReason": cancellation_to_fhir(how.reason, desk.eq.tables, desk.today)},
        },
    )
