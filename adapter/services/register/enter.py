"""Enter a patient: the whole law of a new entry, and how sure the entry is (D-01, U-01, R-04, R-07)."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.register import Entry, ReferralWay
from adapter.domain.rules import judge_entry, special
from adapter.domain.rules.verdict import refusals
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.desk import Desk
from adapter.services.register.case import Case
from adapter.services.register.compose import NOT_BY_P1, compose, marked
from adapter.services.register.find_act import Act
from adapter.services.register.plan import Draft, Plan, Told
from adapter.services.register.surroundings import surroundings

NO_STATUS = frozenset({ReferralWay.NONE, ReferralWay.PAPER})
"""Ways of a referral that has no status in P1."""


def enter(desk: Desk, case: Case) -> Plan:
    """A new entry, or one that P1 refused and that is tried again.

    A transplant is outside of the register (S-03): nothing is kept.
    """
    entry = replace(compose(case), offline_pending=case.offline, removal=None)
    verdicts = tuple(judge_entry(entry, surroundings(desk, case, entry)))
    if verdicts[0].code and verdicts[0].rule == special.S03.id:
        return Plan(Act.NOTHING, case, verdicts)
    settled = frozenset((one.rule, one.code) for one in refusals(verdicts)) if case.settled else frozenset()
    entry = marked(entry)
    told = Told(desk, case, entry.entered_by)
    told.step("entered", None, entry, verdicts)
    if entry.reserved:
        told.step("reserved", replace(entry, reserved=False), entry)
    stored = StoredEntry(
        entry=entry,
        visit_id=case.visit.id,
        patient_id=case.patient.id,
        referral_id=case.visit.referral_id,
        standing=standing_of_entry(case, entry),
        correlation_id=desk.correlation_id,
    )
    return Plan(Act.ENTER, case, verdicts, (Draft(stored, told.taken(), entered=True),), settled)


def standing_of_entry(case: Case, entry: Entry) -> EntryStanding:
    """R-04, R-07: P1's acceptance makes the entry of an e-referral; while P1 is out of reach it is entered offline."""
    if case.settled:
        return EntryStanding.FINAL  # the visit stands in CeR: a patient made it, or it is older than the register
    way = entry.referral.way if entry.referral is not None else ReferralWay.NONE
    if way in NO_STATUS or not entry.schedule.referral_needed or entry.category in NOT_BY_P1 or case.held:
        return EntryStanding.FINAL
    return EntryStanding.OFFLINE if case.offline else EntryStanding.AWAITING
