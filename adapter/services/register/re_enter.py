"""A plan of treatment was set: the first entry ends as done and a continuing one begins, in one audited act (K-01)."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.rules import continuing, judge_removal
from adapter.domain.rules.release import ReferralEffect
from adapter.domain.rules.verdict import Verdict
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.desk import Desk
from adapter.services.register.case import Case
from adapter.services.register.find_act import Act
from adapter.services.register.plan import UNNAMED, Draft, Plan, Told, each_once
from adapter.services.register.remove_entry import first_day, served_on
from adapter.services.register.surroundings import surroundings

CONTINUED = ".k"
"""Ends the id of the entry that continues one."""


def re_enter(desk: Desk, case: Case) -> Plan:
    """Both halves; the correlation id of the work is the id of the act in the audit and in both histories."""
    before, plan = case.known, case.statement.plan
    if before is None or plan is None:
        raise ValueError("a known entry and a plan make a re-entry")
    by = case.author or UNNAMED
    known, relinked = served_on(desk, case)
    begun = known.entry
    day = first_day(case, begun)
    done = continuing.re_enter(
        begun,
        day,
        plan.ends_on,
        plan=plan.reference,
        new_id=f"{known.entry.id}{CONTINUED}",
        act=desk.correlation_id,
        at=max(case.now, known.entry.entered_at),
        by=by,
    )
    verdicts: list[Verdict] = [*relinked, *done.verdicts]
    if done.closed is None or done.opened is None or done.closed.removal is None:
        return Plan(Act.RE_ENTER, case, each_once(verdicts))
    context = surroundings(desk, case, begun)
    verdicts += judge_removal(begun, done.closed.removal, context)
    told = Told(desk, case, by)
    told.step("removed", before.entry, done.closed, verdicts, reason=done.closed.removal.reason)
    closed = Draft(
        replace(known, entry=done.closed, correlation_id=desk.correlation_id),
        told.taken(),
        effect=ReferralEffect.FINISH,
    )
    opened = replace(done.opened, reported_at=min(done.opened.reported_at, done.opened.entered_at))
    said = [continuing.from_plan(opened)]
    told.step("entered", None, opened, [*done.verdicts, *said], reason=continuing.K01.id)
    begins = StoredEntry(
        entry=opened,
        visit_id=known.visit_id,
        patient_id=known.patient_id,
        referral_id=known.referral_id,
        standing=EntryStanding.FINAL,
        correlation_id=desk.correlation_id,
    )
    return Plan(Act.RE_ENTER, case, each_once([*verdicts, *said]), (closed, Draft(begins, told.taken(), entered=True)))
