"""End an entry: served (X-03), no-show (X-05), cancelled with a reason (X-01, G-06); what its referral does (R-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from adapter.domain.appointment import VisitState
from adapter.domain.history import removed
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry, Removal
from adapter.domain.rules import judge_removal, reinstatement, scope
from adapter.domain.rules import removal as ends
from adapter.domain.rules.reasons import NO_SHOW, RESIGNED, SERVICE_DONE
from adapter.domain.rules.referral import opened
from adapter.domain.rules.release import MISTAKE_REASON, ReferralEffect
from adapter.domain.rules.verdict import Verdict, refusals
from adapter.domain.term import DayTerm
from adapter.mapping.appointment import end_reasons
from adapter.mapping.register_tables import removal_of_cancellation
from adapter.ports.register import StoredEntry
from adapter.services.desk import Desk
from adapter.services.register.case import Case
from adapter.services.register.compose import compose, dated_by_plan
from adapter.services.register.find_act import Act
from adapter.services.register.plan import UNNAMED, Draft, Plan, Told
from adapter.services.register.relink import relink
from adapter.services.register.surroundings import surroundings

FORCE_MAJEURE = "force-majeure"
"""Reason of ``mappings/cancellation_reasons.csv``: the patient did not come for a cause beyond control (E-05)."""


def serve(desk: Desk, case: Case) -> Plan:
    """Served: removed as done, as of the first day of the service (X-03).

    The date of a continuing entry is corrected to the end of the treatment first, where the version says it (K-03).
    Who was served on another referral than the entry's has that one accepted and finished (R-10).
    """
    known, verdicts = served_on(desk, case)
    said, since = case.statement.removal, _known(case).entry
    begun = known.entry
    on = said.on if said is not None and said.on is not None else first_day(case, begun)
    told = Told(desk, case, case.author)
    plan_ends = case.statement.plan.ends_on if case.statement.plan is not None else None
    if dated_by_plan(begun) and plan_ends is not None and begun.term != DayTerm(plan_ends):
        dated = replace(begun, term=DayTerm(plan_ends), plan_day=plan_ends)
        told.step("corrected", since, dated, reason="M-07")
        begun = since = dated
    reason = said.reason if said is not None and said.reason else SERVICE_DONE
    plan = _end(told, replace(known, entry=begun), reason, on, since)
    return replace(plan, verdicts=(*verdicts, *plan.verdicts))


def served_on(desk: Desk, case: Case) -> tuple[StoredEntry, tuple[Verdict, ...]]:
    """The known entry as the service began: when, and on which referral, with what the rules say of another one."""
    known, fresh = _known(case), compose(case)
    begun = replace(known.entry, service_started=fresh.service_started)
    onto = relink(desk, case, known, replace(begun, referral=fresh.referral))
    if onto is None:
        return replace(known, entry=begun), ()
    return onto.stored, (opened(onto.stored.entry), *onto.verdicts)


def first_day(case: Case, entry: Entry) -> date:
    """X-03: the day on which the service began; where nobody told it, the day of the visit or, before it, today."""
    if entry.service_started is not None:
        return warsaw_day(entry.service_started)
    starts = case.visit.starts
    return min(warsaw_day(starts), case.today) if starts is not None else case.today


def miss(desk: Desk, case: Case) -> Plan:
    """Did not come: removed as of the day of the confirmation (X-05); force majeure keeps the entry (E-05)."""
    known, said = _known(case), case.statement
    excuse = said.no_show_excused or (FORCE_MAJEURE if case.visit.end_reason == FORCE_MAJEURE else "")
    told = Told(desk, case, case.author)
    if excuse:
        verdict = reinstatement.force_majeure(known.entry, excuse)
        told.step("corrected", known.entry, known.entry, [verdict], reason="E-05")
        stored = replace(known, no_show_excused=True, correlation_id=desk.correlation_id)
        return Plan(Act.MISS, case, (verdict,), (Draft(stored, told.taken()),))
    on = said.removal.on if said.removal is not None and said.removal.on is not None else case.today
    stated = said.removal.reason if said.removal is not None else ""
    confirmed = replace(known, no_show_confirmed_by=case.author or UNNAMED)
    return _end(told, confirmed, stated or NO_SHOW, on)


def end(desk: Desk, case: Case) -> Plan:
    """Cancelled: removed with the reason that is stated, or that the reason of the cancellation stands for (X-01).

    A provider who cancels states a reason or gives a new term (G-06). What was entered in error says so by its state.
    """
    known, said = _known(case), case.statement.removal
    mistake = case.visit.state is VisitState.VOID and case.visit.end_reason is None
    cancelled = MISTAKE_REASON if mistake else case.visit.end_reason
    reason = said.reason if said is not None else ""
    if not reason and cancelled is not None:
        reason = removal_of_cancellation(desk.eq.tables, cancelled, desk.today)
    words = desk.eq.tables.cancellation_reasons.row(MISTAKE_REASON, desk.today)["title_pl"] if mistake else ""
    plan = _end(Told(desk, case, case.author), known, reason, end_day(case), words=words)
    row = end_reasons(desk.eq.tables, on=desk.today).get(cancelled) if cancelled is not None else None
    if row is None or row.by != "provider":
        return plan
    return replace(plan, verdicts=(scope.provider_cancels(reason, None), *plan.verdicts))


def end_day(case: Case) -> date:
    """The day as of which a cancelled entry ends: the one that is stated, else that of the version that says so."""
    said, changed = case.statement.removal, case.visit.changed_at
    if said is not None and said.on is not None:
        return said.on
    told = warsaw_day(changed) if changed is not None else case.today
    entered = warsaw_day(_known(case).entry.entered_at)
    return min(max(told, entered), case.today)


def _known(case: Case) -> StoredEntry:
    if case.known is None:
        raise ValueError("only a known entry is removed")
    return case.known


def _end(
    told: Told, known: StoredEntry, reason: str, on: date, since: Entry | None = None, *, words: str = ""
) -> Plan:
    """The removal, judged. With a reason that the table does not hold nothing is said of the referral.

    ``since``: the entry as its history last told it, where ``known`` is ahead of that. ``words``: what the removal
    says where the version has none.
    """
    desk, case = told.desk, told.case
    entry, said = known.entry, case.statement.removal
    ending = Removal(
        on=on,
        reason=reason,
        at=max(case.now, entry.entered_at),
        by=case.author or UNNAMED,
        text=said.text if said is not None and said.text else words,
    )
    context = surroundings(desk, case, entry)
    verdicts: list[Verdict] = judge_removal(entry, ending, context)
    if reason == RESIGNED:
        verdicts.append(ends.resigned(entry, on).verdict)
    ended = removed(entry, ending)
    told.step("removed", since or entry, ended, verdicts, reason=reason)
    row = context.removal_reasons.get(reason)
    effect = row.effect if row is not None else ReferralEffect.NONE
    act = {VisitState.SERVED: Act.SERVE, VisitState.NO_SHOW: Act.MISS}.get(case.visit.state, Act.END)
    settled = frozenset((one.rule, one.code) for one in refusals(verdicts)) if case.settled else frozenset()
    draft = Draft(replace(known, entry=ended, correlation_id=desk.correlation_id), told.taken(), effect=effect)
    kept = () if settled else (draft,)  # an end without its reason is a task: the entry stays until somebody states it
    return Plan(act, case, tuple(verdicts), kept, settled)
