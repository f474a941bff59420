"""N-03: a term became free by a removal or a change: it is offered to who may have it, one patient after the other.

Asked in the transaction that frees the term, so each term is offered once, however that transaction came about. The
offer is a notice; a clerk writes down the answer. Who declines, or is not reached, keeps the old term as a
reservation (P-07), and the next one is offered it.
"""

from __future__ import annotations

from adapter.domain.entitlement import Category
from adapter.domain.moments import freed_window
from adapter.domain.register import AdmissionSchedule, Entry
from adapter.domain.rules.daily import judge_freed_date
from adapter.domain.slot import SlotState
from adapter.domain.term import DayTerm, Term
from adapter.ports.notices import NoticeKind, StoredNotice
from adapter.services.desk import Desk
from adapter.services.notices.plan_notice import offer_earlier
from adapter.services.register.follow import schedule_subject
from adapter.services.register_day.facts import day_of

ACTOR = "job:offer"
WITH_A_VISIT = frozenset({Category.WAITING, Category.ONCOLOGY, Category.PRIVILEGED})
"""Categories whose term is the day of a visit, so that somebody else can have it."""


def offer_freed(desk: Desk, left: Entry, term: Term | None = None) -> int | None:
    """Offer the term that ``left`` has left to the first who may have it; the notice's id, None when there is nobody.

    ``term`` is the one that was left, the entry's own when absent. Nothing is offered that is a week, today or past,
    after the end of the contract (E-03), or taken again.
    """
    freed = term if term is not None else left.term
    if left.category not in WITH_A_VISIT or not isinstance(freed, DayTerm):
        return None
    return _offer(desk, left.schedule, freed, frozenset({left.id}), oncology=left.category is Category.ONCOLOGY)


def offer_next(desk: Desk, notice: StoredNotice) -> int | None:
    """N-04, M-06: a freed date was declined, or its patient not reached: offer it to the next; the notice's id."""
    offered = notice.notice.offered
    asked = desk.work.register.entry(desk.facility, notice.notice.entry_id)
    if notice.notice.kind is not NoticeKind.EARLIER_OFFER or offered is None or asked is None:
        return None
    entry = asked.entry
    oncology = entry.category is Category.ONCOLOGY
    return _offer(desk, entry.schedule, DayTerm(offered), frozenset({entry.id}), oncology=oncology)


def _offer(
    desk: Desk, schedule: AdmissionSchedule, freed: DayTerm, but: frozenset[str], *, oncology: bool
) -> int | None:
    day = day_of(desk.eq, desk.work, desk.facility)
    ends_on = day.contract_ends_on.get(schedule.id)
    if (
        freed.day <= day.today
        or (ends_on is not None and freed.day > ends_on)
        or not still_free(desk, schedule, freed)
    ):
        return None
    first, last = freed_window(freed.day)
    waiting = {
        one.entry.id: one
        for one in desk.work.register.window(desk.facility, schedule.id, first, last)
        if one.entry.id not in but and (one.entry.category is Category.ONCOLOGY) is oncology
    }
    found = judge_freed_date(freed.day, [one.entry for one in waiting.values()], day)
    for candidate in found.candidates:
        made = offer_earlier(desk, waiting[candidate.id], freed.day)
        if made is not None:
            said = {"rule": found.verdict.rule, "day": freed.day.isoformat(), "candidates": len(found.candidates)}
            desk.audit(ACTOR, "offer", schedule_subject(schedule.id), {**said, "entry": candidate.id, "notice": made})
            return made
    return None


def still_free(desk: Desk, schedule: AdmissionSchedule, freed: DayTerm) -> bool:
    """Whether nobody has the term again. A schedule without slots on that day has no other word on it."""
    slots = [
        slot
        for kept in desk.work.calendar.schedules(desk.facility, in_scope=False)
        if kept.register is not None and kept.register.id == schedule.id
        for slot in desk.work.calendar.slots(desk.facility, kept.id, freed.day)
    ]
    return not slots or any(slot.state is SlotState.FREE for slot in slots)
