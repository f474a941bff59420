"""Change an open entry: its term (M-01 to M-04), its category or criterion (C-08), and what was corrected.

What an entry lacked before this version is no reason to refuse the version; it stays a task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from adapter.domain.entitlement import Category
from adapter.domain.history import with_category_change, with_term_change
from adapter.domain.register import CategoryChange, Entry, TermChange, TermChangeCause
from adapter.domain.rules import entitled, judge_category_change, judge_entry, judge_term_change
from adapter.domain.rules.changes import TermReason
from adapter.domain.rules.verdict import Verdict, refusals
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.desk import Desk
from adapter.services.notices.plan_notice import judge_telling
from adapter.services.register.case import Case
from adapter.services.register.compose import compose, dated_by_plan, marked
from adapter.services.register.find_act import Act
from adapter.services.register.plan import Draft, Plan, Told, each_once
from adapter.services.register.relink import relink
from adapter.services.register.surroundings import surroundings

BY_PATIENT = "patient"
"""Column ``by`` of ``mappings/term_change_reasons.csv``."""


def change(desk: Desk, case: Case) -> Plan:
    """What is new in this version of an entry that is known and open; nothing when nothing is."""
    known = case.known
    if known is None:
        raise ValueError("only a known entry is changed")
    before, fresh = known.entry, compose(case)
    rebound = replace(known, patient_id=case.patient.id)  # the EHR may know the person by another id now
    rebound = replace(rebound, no_show_excused=_excused(case, known, fresh))
    rebound = replace(rebound, visit_id=case.visit.id) if case.takes_over else rebound
    relinked = relink(desk, case, rebound, fresh)
    if fresh == before and rebound == known and relinked is None:
        return Plan(Act.NOTHING, case)
    context = surroundings(desk, case, fresh)
    told = Told(desk, case, case.author)
    # who leaves the waiting list keeps its number, which nobody else gets (D-03): it puts nobody on the list (U-04)
    listed = fresh if fresh.on_waiting_list else replace(fresh, number=None)
    verdicts: list[Verdict] = judge_entry(listed, context)
    current = before
    category = _category_change(case, before, fresh)
    moved = _term_change(case, before, fresh, context.term_reasons)
    if category is not None:
        facts = replace(fresh, category=before.category, criterion=before.criterion)
        verdicts += judge_category_change(facts, category, context)
        turned = _turned(current, category)
        told.step("category", current, turned, verdicts, reason=_mark(before, category, desk.today))
        current = turned
    if moved is not None:
        verdicts += [*judge_term_change(current, moved, context), *judge_telling(current, moved)]
        after = with_term_change(current, moved)
        told.step("term", current, after, verdicts, reason=moved.reason)
        current = after
    corrected = _corrected(current, marked(fresh))
    onto = rebound
    if relinked is not None:
        verdicts += relinked.verdicts
        onto = relinked.stored
        corrected = replace(corrected, offline_pending=onto.entry.offline_pending)
    if corrected != current:
        what = "reserved" if corrected == replace(current, reserved=True) else "corrected"
        told.step(what, current, corrected, verdicts)
    stored = replace(
        onto,
        entry=corrected,
        referral_id=onto.referral_id or case.visit.referral_id,
        correlation_id=desk.correlation_id,
    )
    return Plan(
        Act.CHANGE,
        case,
        each_once(verdicts),
        (Draft(stored, told.taken(), entered=_placed(known, stored), change=moved),),
        _settled(verdicts if case.settled else judge_entry(before, context)),
    )


def _excused(case: Case, known: StoredEntry, fresh: Entry) -> bool:
    """E-05: nobody is asked about a term that was given up. X-05 asks about one that is given, also the same again."""
    again = case.visit.active and fresh.term is not None and fresh.term.last >= case.today
    return known.no_show_excused and fresh.term == known.entry.term and not again


def _placed(before: StoredEntry, after: StoredEntry) -> bool:
    """Whether the entry has its place from now on, so that the patient is told of it."""
    return before.standing is EntryStanding.AWAITING and after.standing is not EntryStanding.AWAITING


def _settled(verdicts: Sequence[Verdict]) -> frozenset[tuple[str, str]]:
    """What the entry lacked before is not held against this version; nor is anything that CeR did already."""
    return frozenset((one.rule, one.code) for one in refusals(verdicts))


def _at(case: Case, entry: Entry) -> datetime:
    """When it is written down; never before the entry itself."""
    return max(case.now, entry.entered_at)


def _category_change(case: Case, before: Entry, fresh: Entry) -> CategoryChange | None:
    if before.category is None or fresh.category is None:
        return None
    if (before.category, before.criterion) == (fresh.category, fresh.criterion):
        return None
    said = case.statement
    waiver = case.visit.waiver
    return CategoryChange(
        before=before.category,
        after=fresh.category,
        at=_at(case, before),
        by=case.author or (waiver.noted_by if waiver is not None else ""),
        criterion_before=before.criterion,
        criterion_after=fresh.criterion,
        justification=said.override or (said.term_change.justification if said.term_change is not None else ""),
        term_moved=before.term is not None and fresh.term != before.term,
    )


def _turned(entry: Entry, turn: CategoryChange) -> Entry:
    return with_category_change(entry, turn)


def _mark(before: Entry, turn: CategoryChange, today: date) -> str:
    """V-11: ``BK`` where the patient was served out of turn before the right was lost."""
    if turn.before is not Category.PRIVILEGED or turn.after is Category.PRIVILEGED:
        return ""
    document = before.entitlement.document if before.entitlement is not None else None
    until = document.valid_until if document is not None and document.valid_until is not None else today
    return entitled.mark_of_change(before, min(until, today)).code


def _term_change(case: Case, before: Entry, fresh: Entry, reasons: Mapping[str, TermReason]) -> TermChange | None:
    """The change of the term; a continuing patient's date follows the plan and is corrected (M-07, K-03)."""
    if fresh.term == before.term or dated_by_plan(fresh):
        return None
    said = case.statement.term_change
    reason = said.reason if said is not None else ""
    row = reasons.get(reason)
    cause = said.cause if said is not None else None
    if cause is None:
        cause = row.cause if row is not None else None
    return TermChange(
        before=before.term,
        after=fresh.term,
        at=_at(case, before),
        by=case.author,
        cause=cause or _cause(before, fresh, row),
        reason=reason,
        justification=said.justification if said is not None else "",
        asked_on=said.asked_on if said is not None else None,
    )


def _cause(before: Entry, fresh: Entry, row: TermReason | None) -> TermChangeCause:
    """The cause where neither the EHR nor the table names it."""
    if fresh.category is not before.category:
        return TermChangeCause.CATEGORY
    if fresh.criterion is not before.criterion:
        return TermChangeCause.CRITERION
    return TermChangeCause.PATIENT if row is not None and row.by == BY_PATIENT else TermChangeCause.PROVIDER


def _corrected(current: Entry, fresh: Entry) -> Entry:
    """Everything that the version says beside term and category; the history is the one that was just written."""
    return replace(fresh, term_changes=current.term_changes, category_changes=current.category_changes)
