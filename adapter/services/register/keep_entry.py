"""Keep the register true to the hospital: judge what a version of an appointment does to it, then write it down.

    plan_entry   open_case -> find_act -> enter | change | serve | re-enter | miss | end | reinstate: judged
    keep_entry   numbers, entries, steps, tasks, notices, and what P1 is told: written

Planning and keeping are apart, so that what the register refuses and what the booking refuses are told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category
from adapter.domain.rules.entry_data import joins_list, numbered_next
from adapter.domain.rules.removal import held_in_error
from adapter.domain.rules.verdict import refusals
from adapter.domain.statement import EntryStatement
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.services.desk import Desk
from adapter.services.notices.plan_notice import (
    judge_telling,
    stop_telling,
    tell_entered,
    tell_reinstated,
    tell_term_changed,
)
from adapter.services.register.case import Case
from adapter.services.register.change_entry import change
from adapter.services.register.enter import enter
from adapter.services.register.find_act import Act, find_act
from adapter.services.register.follow import entry_subject, follow, new_tasks
from adapter.services.register.lose_right import lose_right
from adapter.services.register.open_case import Scene, open_case
from adapter.services.register.plan import Draft, Plan, each_once
from adapter.services.register.re_enter import re_enter
from adapter.services.register.reinstate_entry import reinstate_entry
from adapter.services.register.remove_entry import end, miss, serve
from adapter.services.register.settle_entry import ASKING, answered, unsettled
from adapter.services.register.settle_referral import settle_referral
from adapter.services.register_day.offer_freed import offer_freed
from adapter.services.take_referral import accept

HELD = frozenset({VisitState.SERVED, VisitState.NO_SHOW})
"""States of a visit that was attended, or was to be."""
OF_SLOTS = frozenset({"TASK-N-SLOT-MOVED", "TASK-N-TIME"})
"""Codes of N-01 that no version of an appointment is asked for (``adapter/services/slot_times.py``)."""
TERM_WANTED = ("TASK-E-NEW-DATE", "TASK-N-RESCHEDULE", "AUTO-R-PAPER-UNDO", "AUTO-X-ALIVE", "AUTO-N-ACCEPTED")
"""Codes of tasks that ask for another term: one that is given ends them."""


def plan_entry(desk: Desk, statement: EntryStatement, scene: Scene) -> Plan | None:
    """What this version does to the register, with every verdict; None when its register is kept elsewhere.

    Nothing is written. ``plan.refusals`` say what stands in the way.

    Raises:
        NotTaken: the appointment stands on another register than its entry.
    """
    case = open_case(desk, statement, scene)
    return PLANNERS[find_act(case)](desk, case) if case is not None else None


def _nothing(desk: Desk, case: Case) -> Plan:
    """Nothing changes; of a visit that was over and turns out to be a mistake a person is asked."""
    was = case.before.state if case.before is not None else None
    if case.visit.state is VisitState.VOID and was in HELD and case.known is not None:
        return Plan(Act.NOTHING, case, (held_in_error(served=was is VisitState.SERVED),))
    return Plan(Act.NOTHING, case)


def _enter_served(desk: Desk, case: Case) -> Plan:
    """Heard of when it was over: entered, then removed as done, or going on by its plan, in one act.

    The plan was set when the patient was served: it says nothing of the category of the entry before (C-02, K-01).
    """
    said = case.statement
    before = replace(said, plan=None) if case.visit.category is not Category.CONTINUING else said
    entered = enter(desk, replace(case, statement=before))
    if not entered.drafts:
        return entered
    (draft,) = entered.drafts
    later = replace(case, known=draft.stored)
    closed = PLANNERS[find_act(later)](desk, later)
    both = each_once([*entered.verdicts, *closed.verdicts])
    if not closed.drafts:
        return replace(entered, case=case, verdicts=both)
    first = replace(closed.drafts[0], steps=(*draft.steps, *closed.drafts[0].steps))
    drafts = (first, *closed.drafts[1:])
    return replace(closed, case=case, verdicts=both, drafts=drafts, settled=entered.settled | closed.settled)


def _end(desk: Desk, case: Case) -> Plan:
    return lose_right(desk, case) or end(desk, case)


PLANNERS: Mapping[Act, Callable[[Desk, Case], Plan]] = {
    Act.NOTHING: _nothing,
    Act.ENTER: enter,
    Act.ENTER_SERVED: _enter_served,
    Act.CHANGE: change,
    Act.SERVE: serve,
    Act.RE_ENTER: re_enter,
    Act.MISS: miss,
    Act.END: _end,
    Act.RESTORE: reinstate_entry,
}


def keep_entry(desk: Desk, plan: Plan) -> None:
    """Write a plan that nothing refuses: entries with their numbers and steps, tasks, notices, what P1 is told."""
    if not plan.drafts:
        if plan.followed and plan.case.known is not None:
            _follow(desk, plan, plan.case.known.entry.id)
        return
    for draft in plan.drafts:
        stored, steps = _numbered(desk, draft)
        desk.work.register.put(desk.facility, stored, steps)
        _audit(desk, plan, stored)
        if stored.standing in ASKING and plan.case.record is not None and _needs_referral(plan.case, stored):
            accept(desk, plan.case.record, plan.case.visit.starts)
        if draft.effect is not None:
            settle_referral(desk, stored, draft.effect)
        if stored.standing is EntryStanding.FINAL and _was_asked(plan.case.known):
            answered(desk, stored)
        if _term_given(plan.case.known, draft):
            desk.work.tasks.gone(desk.facility, [entry_subject(stored.entry.id)], keep=(), codes=TERM_WANTED)
        _tell(desk, draft, stored)
        _offer(desk, plan.case.known, stored)
    _follow(desk, plan, plan.drafts[0].stored.entry.id)


def _needs_referral(case: Case, stored: StoredEntry) -> bool:
    """Whether P1 is asked for the referral of an entry: it is open, or its patient was served on it."""
    return stored.entry.open or case.visit.state is VisitState.SERVED


def _was_asked(before: StoredEntry | None) -> bool:
    """Whether P1 was asked for the entry as it stood before."""
    return before is not None and before.standing is not EntryStanding.FINAL


def _term_given(before: StoredEntry | None, draft: Draft) -> bool:
    """Whether the patient has a term from now on: another one, or the old one again after it was given up."""
    again = before is not None and before.no_show_excused and not draft.stored.no_show_excused
    return again or (draft.change is not None and draft.change.after is not None)


def _numbered(desk: Desk, draft: Draft) -> tuple[StoredEntry, Sequence[Step]]:
    """D-03: the next running number for an entry that joins a waiting list; its last step says which."""
    stored, entry = draft.stored, draft.stored.entry
    if not joins_list(entry):
        return stored, draft.steps
    desk.work.register.lock_list(desk.facility, entry.schedule.id)
    oncology = entry.category is Category.ONCOLOGY
    number = desk.work.register.next_number(desk.facility, entry.schedule.id, oncology=oncology)
    last, verdict = draft.steps[-1], numbered_next(entry, number)
    said = replace(last, after={**last.after, "number": number}, rules=(*last.rules, verdict.rule))
    return replace(stored, entry=replace(entry, number=number)), (*draft.steps[:-1], said)


def _audit(desk: Desk, plan: Plan, stored: StoredEntry) -> None:
    """Which act it was, of which entry, and which rules had something to say: ids and codes only."""
    desk.audit(
        "job:take-in",
        f"register-{plan.act.value}",
        entry_subject(stored.entry.id),
        {
            "standing": stored.standing.value,
            "rules": sorted({one.code for one in plan.verdicts if one.code}),
        },
    )


def _tell(desk: Desk, draft: Draft, stored: StoredEntry) -> None:
    """What the patient is told; of an entry that P1 is still to make nothing yet (R-04)."""
    if not stored.entry.open:
        stop_telling(desk, stored.entry.id)
    elif stored.standing is EntryStanding.AWAITING:
        return
    elif draft.restored:
        tell_reinstated(desk, stored)
    elif draft.entered:
        tell_entered(desk, stored)
    elif draft.change is not None and not refusals(judge_telling(stored.entry, draft.change)):
        tell_term_changed(desk, stored, draft.change)  # without a cause that can be told it is a task for a person


def _offer(desk: Desk, before: StoredEntry | None, after: StoredEntry) -> None:
    """N-03: the term that the act frees, by a removal or a change, is offered to the next who may have it."""
    if before is None or before.entry.id != after.entry.id or not before.entry.open:
        return
    if not after.entry.open or after.entry.term != before.entry.term:
        offer_freed(desk, before.entry)


def _follow(desk: Desk, plan: Plan, entry_id: str) -> None:
    """Tasks that the act asks for; those of its rules that it asks for no more are ended."""
    subject = entry_subject(entry_id)
    follow(desk, subject, plan.followed)
    keep = [(one.rule, one.code, subject) for one in new_tasks(subject, plan.followed)]
    if plan.drafts and not plan.drafts[0].stored.entry.open:
        # what it lacked while it was open is over with it; what P1 refused to who was served is not
        keep += unsettled(plan.drafts[0].stored)
        desk.work.tasks.gone(desk.facility, [subject], keep=keep)
        return
    asked = {one.rule for one in plan.verdicts}
    stale = {
        one.task.code
        for one in desk.work.tasks.listed(desk.facility, subject=subject)
        if one.task.rule in asked
        and (one.task.rule, one.task.code, subject) not in keep
        and one.task.code not in OF_SLOTS
    }
    if stale:
        desk.work.tasks.gone(desk.facility, [subject], keep=keep, codes=sorted(stale))
