"""The order of the questions about an entry of the register, and that all failing rules are told at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.domain.entitlement import Category, Criterion, Entitlement, EntitlementDocument, Waiver
from adapter.domain.register import (
    AdmissionSchedule,
    Care,
    CategoryChange,
    DiloCard,
    Entry,
    EntryPerson,
    EntryReferral,
    Offer,
    ReferralWay,
    Removal,
    Speciality,
    TermChange,
    TermChangeCause,
)
from adapter.domain.rules import (
    EntryContext,
    judge_category_change,
    judge_entry,
    judge_removal,
    judge_term_change,
    refusals,
    warnings,
)
from adapter.domain.rules.changes import TermReason
from adapter.domain.rules.duplicates import KnownEntry
from adapter.domain.rules.entitled import Right
from adapter.domain.rules.release import ReferralEffect
from adapter.domain.rules.removal import RemovalReason
from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.domain.term import DayTerm, WeekTerm

MakeEntry = Callable[..., Entry]
NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
RIGHTS = {"47CC": Right("47CC", "1")}
RIGHT = Entitlement(
    "47CC", "clerk-1", datetime(2026, 3, 2, 8, tzinfo=UTC), EntitlementDocument("certificate", "1", date(2026, 2, 20))
)
CONTEXT = EntryContext(
    NOW,
    provider="OURS",
    rights=RIGHTS,
    term_reasons={"1": TermReason("1"), "4": TermReason("4", "patient")},
    dilo_stages=frozenset({"1"}),
    removal_reasons={
        "SERVICE_DONE": RemovalReason("SERVICE_DONE", ReferralEffect.FINISH),
        "RESIGNED": RemovalReason("RESIGNED", ReferralEffect.RELEASE),
        "OTHER": RemovalReason("OTHER", ReferralEffect.PERSON, text_needed=True),
    },
)


def told(verdicts: list[Verdict]) -> list[str]:
    """Codes of everything that is not plainly allowed."""
    return [one.code for one in verdicts if one.code]


def test_a_lawful_entry_is_asked_everything_in_the_books_groups(new_entry: MakeEntry) -> None:
    verdicts = judge_entry(new_entry(), CONTEXT)
    assert told(verdicts) == []
    asked = "S-03 G-01 C-01 C-02 C-02 C-03 C-04 C-06 C-07 U-04 D-01 P-01 P-02 P-06 P-08 R-01 R-14 R-11 R-03"
    asked += " U-01 U-02 U-03 U-05 U-06 K-04 K-05 D-02 O-02 O-04 E-02 S-04 S-04 G-05"
    assert [one.rule for one in verdicts] == asked.split()
    assert all(one.article for one in verdicts)


def test_a_lawful_privileged_entry_is_asked_of_its_right(new_entry: MakeEntry) -> None:
    entry = new_entry(term="2026-03-11", category=Category.PRIVILEGED, criterion=None, number=None, entitlement=RIGHT)
    verdicts = judge_entry(entry, CONTEXT)
    assert told(verdicts) == []
    assert {"C-05", "V-01", "V-12", "V-10", "V-02", "V-03", "V-04"} <= {one.rule for one in verdicts}
    late = judge_entry(replace(entry, term=DayTerm(date(2026, 3, 12))), CONTEXT)
    assert [one.code for one in refusals(late)] == ["E-PRIV-7WD"]
    room = judge_entry(entry, replace(CONTEXT, waiting_room=True))
    assert [one.code for one in refusals(room)] == ["E-PRIV-WAITROOM"]
    same_day = judge_entry(entry, replace(CONTEXT, free_today=True))
    assert [one.code for one in warnings(same_day)] == ["W-PRIV-SAMEDAY"]


def test_all_failing_rules_are_told_at_once(new_entry: MakeEntry) -> None:
    entry = new_entry(
        term=WeekTerm(2026, 12),
        schedule=AdmissionSchedule("x", Care.PRIMARY, "1100"),
        person=EntryPerson("P1"),
        category=Category.WAITING,
        criterion=None,
        entered_by="",
        diagnosis="",
        referral=None,
        original_report_date=date(2025, 6, 10),
        reserved=True,
        offer=Offer(date(2026, 4, 14), date(2026, 4, 14)),
        emergency=True,
    )
    known = (KnownEntry("X", "THEIRS", "1100", Category.WAITING),)
    verdicts = judge_entry(entry, replace(CONTEXT, known=known))
    assert [one.code for one in refusals(verdicts)] == [
        "E-SCOPE",
        "E-CAT-MISMATCH",
        "E-CRIT-MISSING",
        "E-D-NAME",
        "E-D-ID",
        "E-D-ADDR",
        "E-D-CONTACT",
        "E-D-DX",
        "E-D-AUTHOR",
        "E-D-SCHED",
        "E-P-PRECISION",
        "E-P-RES",
        "E-R-ACCESS",
        "E-D-REF",
        "E-U-DUP",
        "E-E-FLAG",
    ]
    assert all(one.article and one.text_pl and one.text_en for one in verdicts if one.code)


# changes                                                              codes                           why
NURSING = AdmissionSchedule(
    "000000927722-01-0003", Care.STATIONARY, "5160", specialities=frozenset({Speciality.LONG_TERM_NURSING})
)
DRUGS = AdmissionSchedule(
    "000000927722-01-0004", Care.HOSPITAL, "0030", specialities=frozenset({Speciality.DRUG_PROGRAMME})
)
TRANSPLANTS = AdmissionSchedule(
    "000000927722-01-0005", Care.HOSPITAL, "4650", specialities=frozenset({Speciality.TRANSPLANT})
)
NOTED = EntryReferral(way=ReferralWay.PRINTOUT, noted=True)
ENTRIES = [
    ({"category": None}, ["E-CAT-NONE"], "no category"),
    ({"term": None, "schedule": NURSING}, [], "ZOL without a term"),
    ({"term": None}, ["E-P-DATE"], "a clinic without a term"),
    ({"referral": NOTED, "offline_pending": True, "diagnosis": "I10"}, ["AUTO-R-OFFLINE"], "P1 is down, data noted"),
    ({"referral": replace(NOTED, noted=False), "offline_pending": True}, ["E-R-ACCESS"], "P1 is down, nothing noted"),
    (
        {"term": "2026-03-02", "category": Category.SAME_DAY, "criterion": None, "number": None, "schedule": DRUGS},
        ["E-K-DRUG"],
        "medicines of a programme on the day",
    ),
    ({"schedule": TRANSPLANTS, "category": None}, ["AUTO-S-OUTSIDE"], "a transplant list is outside"),
    (
        {"category": Category.CONTINUING, "criterion": None, "plan": "CarePlan/1", "plan_day": date(2026, 6, 1)},
        ["E-K-LIST"],
        "a continuing patient with a number of the list",
    ),
    (
        {"category": Category.CONTINUING, "criterion": None, "number": None},
        ["W-K-NOPLAN"],
        "a continuing patient without a plan is shown, not refused",
    ),
    (
        {"category": Category.EMERGENCY, "criterion": None, "number": None, "emergency": True, "referral": None},
        [],
        "an emergency needs no referral",
    ),
    (
        {"category": Category.ONCOLOGY, "criterion": None, "dilo": DiloCard("D-1", "1"), "diagnosis": "C50"},
        ["AUTO-AP-KOLCE"],
        "a DILO entry",
    ),
    (
        {"category": Category.ONCOLOGY, "criterion": None, "dilo": DiloCard(""), "diagnosis": "C50"},
        ["E-D-DILO", "AUTO-AP-KOLCE"],
        "a DILO entry without card number",
    ),
]


@pytest.mark.parametrize(("change", "codes", "why"), ENTRIES, ids=[row[2] for row in ENTRIES])
def test_what_an_entry_is_told(new_entry: MakeEntry, change: dict[str, object], codes: list[str], why: str) -> None:
    assert told(judge_entry(new_entry(**change), CONTEXT)) == codes, why


def test_g_05_and_i_04_the_list_and_the_waiting_room_come_with_the_context(new_entry: MakeEntry) -> None:
    higher = new_entry("2026-01-05", "2026-09-01", id="H")
    with_list = replace(CONTEXT, waiting=(higher,))
    assert told(judge_entry(new_entry(), with_list)) == ["W-ORDER"]
    assert told(judge_entry(new_entry(), replace(with_list, order_reason="4"))) == []
    assert told(judge_entry(new_entry(term=None), replace(CONTEXT, waiting_room=True))) == []


def test_c_02_another_category_with_a_justification_becomes_a_task(new_entry: MakeEntry) -> None:
    entry = new_entry(category=Category.PRIVILEGED, criterion=None, number=None, term="2026-03-11", entitlement=RIGHT)
    unverified = replace(entry, entitlement=replace(RIGHT, verified_by=None))
    assert told(judge_entry(unverified, CONTEXT)) == ["E-CAT-MISMATCH"]
    assert told(judge_entry(unverified, replace(CONTEXT, override="seen, not noted"))) == ["TASK-CAT-OVERRIDE"]


AT = datetime(2026, 3, 9, 9, tzinfo=UTC)
LATER = replace(CONTEXT, now=AT + timedelta(hours=1))


def test_a_change_of_the_term_is_asked_for_reason_justification_precision_and_order(new_entry: MakeEntry) -> None:
    entry = new_entry()
    change = TermChange(entry.term, DayTerm(date(2026, 5, 4)), AT, "clerk-1", TermChangeCause.CRITERION)
    assert told(judge_term_change(entry, change, LATER)) == ["E-M-REASON", "E-JUST-MISSING"]
    whole = replace(change, reason="1", justification="worse ECG")
    assert told(judge_term_change(entry, whole, LATER)) == []
    higher = new_entry("2026-01-05", "2026-06-01", id="H")
    without_code = replace(change, justification="worse ECG")
    assert told(judge_term_change(entry, without_code, replace(LATER, waiting=(higher,)))) == ["E-M-REASON", "W-ORDER"]
    asked = replace(whole, cause=TermChangeCause.PATIENT, reason="4", asked_on=date(2026, 3, 9))
    assert told(judge_term_change(entry, asked, LATER)) == ["AUTO-M-PLANNED"]
    vague = replace(whole, after=WeekTerm(2026, 20))
    assert told(judge_term_change(entry, vague, LATER)) == ["E-P-PRECISION"]
    taken = replace(whole, after=None)
    assert told(judge_term_change(entry, taken, LATER)) == ["E-P-DATE"]


def test_p_04_fixing_the_day_of_a_promised_week_needs_no_reason(new_entry: MakeEntry) -> None:
    entry = new_entry("2025-09-01", WeekTerm(2026, 30))
    fixed = TermChange(entry.term, DayTerm(date(2026, 7, 22)), AT, "clerk-1", TermChangeCause.PROVIDER)
    verdicts = judge_term_change(entry, fixed, LATER)
    assert told(verdicts) == []
    assert verdicts[0].rule == "P-04"
    outside = replace(fixed, after=DayTerm(date(2026, 7, 28)))
    assert told(judge_term_change(entry, outside, LATER)) == ["E-M-REASON"]


def test_v_03_a_privileged_patient_is_not_moved_past_the_limit(new_entry: MakeEntry) -> None:
    entry = new_entry(term="2026-03-10", category=Category.PRIVILEGED, criterion=None, entitlement=RIGHT)
    change = TermChange(entry.term, DayTerm(date(2026, 3, 12)), AT, "clerk-1", TermChangeCause.PROVIDER, "1")
    assert told(judge_term_change(entry, change, LATER)) == ["E-PRIV-7WD"]


def test_m_03_a_waiver_that_moves_the_term_is_justified_and_reported(new_entry: MakeEntry) -> None:
    waiver = Waiver(AT, "clerk-1", "wants another doctor")
    entry = new_entry(
        term="2026-03-11", category=Category.PRIVILEGED, criterion=None, entitlement=RIGHT, waiver=waiver
    )
    change = CategoryChange(
        Category.PRIVILEGED, Category.WAITING, AT, "clerk-1", None, Criterion.STABLE, term_moved=True
    )
    moved = replace(entry, term=DayTerm(date(2026, 5, 6)))
    assert told(judge_category_change(moved, change, LATER)) == ["REPORT-CAT-CHANGE", "E-JUST-MISSING"]
    assert told(judge_category_change(moved, replace(change, justification="waiver"), LATER)) == ["REPORT-CAT-CHANGE"]
    uncriteried = replace(change, criterion_after=None, justification="waiver")
    assert told(judge_category_change(moved, uncriteried, LATER)) == ["REPORT-CAT-CHANGE", "E-CRIT-MISSING"]


def test_a_change_to_the_privileged_names_its_basis(new_entry: MakeEntry) -> None:
    change = CategoryChange(Category.WAITING, Category.PRIVILEGED, AT, "clerk-1", Criterion.STABLE, None)
    codes = told(judge_category_change(new_entry(), change, LATER))
    assert codes == ["REPORT-CAT-CHANGE", "E-CAT-MISMATCH", "E-PRIV-BASIS", "E-PRIV-BASIS"]
    assert told(judge_category_change(new_entry(entitlement=RIGHT), change, LATER)) == ["REPORT-CAT-CHANGE"]


def ended(on: str, reason: str, text: str = "") -> Removal:
    return Removal(date.fromisoformat(on), reason, AT, "clerk-1", text)


# removal                             codes                               why
REMOVALS = [
    (ended("2026-03-05", "RESIGNED"), ["AUTO-R-RELEASE", "AUTO-R-UNLOCK"], "resigned: one release"),
    (ended("2026-03-05", "SERVICE_DONE"), ["AUTO-R-FINISH"], "served: none of the release kind"),
    (ended("2026-03-05", "OTHER"), ["E-X-TEXT"], "another reason without words"),
    (ended("2026-03-05", "OTHER", "moved abroad"), ["TASK-R-DECIDE"], "a person decides on the referral"),
    (ended("2026-03-05", "4"), ["E-X-REASON"], "not listed: nothing is released"),
    (ended("2026-02-27", "RESIGNED"), ["E-X-DATE"], "before the entry: nothing is released"),
    (ended("2026-02-27", ""), ["E-X-REASON", "E-X-DATE"], "both at once"),
]


@pytest.mark.parametrize(("made", "codes", "why"), REMOVALS, ids=[row[2] for row in REMOVALS])
def test_what_a_removal_is_told(new_entry: MakeEntry, made: Removal, codes: list[str], why: str) -> None:
    assert told(judge_removal(new_entry(), made, LATER)) == codes, why


def test_k_03_x_03_and_s_01_ask_for_the_right_day(new_entry: MakeEntry) -> None:
    done = ended("2026-03-05", "SERVICE_DONE")
    continuing = new_entry(category=Category.CONTINUING, term="2026-12-31")
    assert "E-K-ENDDATE" in told(judge_removal(continuing, done, LATER))
    begun = new_entry(service_started=datetime(2026, 3, 3, 9, tzinfo=UTC))
    assert told(judge_removal(begun, done, LATER)) == ["E-X-DATE"]
    dental = replace(begun, schedule=replace(begun.schedule, specialities=frozenset({Speciality.DENTAL_APPLIANCE})))
    billed = replace(LATER, impressions_on=date(2026, 3, 3), settled_on=date(2026, 3, 5))
    assert told(judge_removal(dental, done, billed)) == ["E-S-DENTAL"]


def test_every_outcome_of_the_book_can_be_the_answer(new_entry: MakeEntry) -> None:
    """Allowed, warned, refused, a task and an act: all five come out of one new entry or another."""
    verdicts = [
        *judge_entry(
            new_entry(category=None), replace(CONTEXT, waiting=(new_entry("2026-01-05", "2026-09-01", id="H"),))
        ),
        *judge_entry(new_entry(category=Category.ONCOLOGY, dilo=DiloCard("D-1", "1")), replace(CONTEXT, override="x")),
        *judge_entry(new_entry(category=Category.SAME_DAY), replace(CONTEXT, override="x")),
        *judge_entry(
            new_entry(category=Category.WAITING, schedule=replace(new_entry().schedule, care=Care.HOSPITAL)), CONTEXT
        ),
    ]
    assert {one.outcome for one in verdicts} == set(Outcome)
