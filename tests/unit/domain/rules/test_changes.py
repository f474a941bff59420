"""Changes of the term: M-01 to M-06 (M-07 is asked as K-03), every example of the rule book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.moments import days_between
from adapter.domain.register import CategoryChange, Entry, Removal, TermChange, TermChangeCause
from adapter.domain.rules import changes
from adapter.domain.rules.changes import HealthReport
from adapter.domain.rules.continuing import ended_on_its_date
from adapter.domain.term import DayTerm, Term, WeekTerm

MakeEntry = Callable[..., Entry]
KNOWN = {code: changes.TermReason(code) for code in ("1", "7")} | {"4": changes.TermReason("4", "patient")}
PATIENT_SIDE = changes.patient_reasons(KNOWN)
Cause = TermChangeCause


def day(text: str) -> DayTerm:
    return DayTerm(date.fromisoformat(text))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T09:00").replace(tzinfo=UTC)


def change(before: Term | None, after: Term | None, **more: object) -> TermChange:
    made = TermChange(before, after, at("2026-03-09"), "clerk-1", Cause.PROVIDER, "1")
    return replace(made, **more)  # type: ignore[arg-type]


OLD, NEW, WEEK = day("2026-04-14"), day("2026-04-21"), WeekTerm(2026, 30)
# change                                                    rule    code           why
REASONS = [
    (change(OLD, NEW, reason=""), "M-01", "E-M-REASON", "no code"),
    (change(OLD, NEW, reason=" "), "M-01", "E-M-REASON", "a blank code"),
    (change(OLD, NEW), "M-01", "", "a known code"),
    (change(OLD, NEW, reason="99"), "M-01", "E-M-REASON", "a code that the table does not hold"),
    (change(OLD, NEW, by=""), "M-01", "E-D-AUTHOR", "nobody made it"),
    (change(OLD, OLD, reason=""), "M-01", "", "nothing changed"),
    (change(None, NEW, reason=""), "M-01", "", "the first term of an entry"),
    (change(OLD, None, reason=""), "M-01", "E-M-REASON", "the term is taken away"),
    (change(WEEK, day("2026-07-22"), reason=""), "P-04", "", "promised W30, fixed 07-22: a refinement"),
    (change(WEEK, day("2026-07-28"), reason=""), "M-01", "E-M-REASON", "promised W30, fixed 07-28"),
    (change(WEEK, day("2026-07-28")), "M-01", "", "promised W30, fixed 07-28 with a reason"),
]


@pytest.mark.parametrize(("made", "rule", "code", "why"), REASONS, ids=[row[3] for row in REASONS])
def test_m_01_a_change_of_the_term_has_a_reason(made: TermChange, rule: str, code: str, why: str) -> None:
    verdict = changes.reason_given(made, KNOWN)
    assert (verdict.rule, verdict.code) == (rule, code), why


def test_m_01_an_unknown_code_names_the_table_to_fill() -> None:
    verdict = changes.reason_given(change(OLD, NEW), {})
    assert changes.REASONS_TABLE in verdict.text_pl
    assert changes.REASONS_TABLE in verdict.text_en


# cause             justification  rule    code              why
JUSTIFIED = [
    (Cause.CRITERION, "", "M-02", "E-JUST-MISSING", "stable -> urgent without"),
    (Cause.CRITERION, "  ", "M-02", "E-JUST-MISSING", "a blank"),
    (Cause.CRITERION, "worse ECG", "M-02", "", "stable -> urgent with"),
    (Cause.CATEGORY, "", "M-03", "E-JUST-MISSING", "4 -> 2 without"),
    (Cause.CATEGORY, "waiver", "M-03", "", "4 -> 2 with"),
    (Cause.PATIENT, "", "M-02", "", "another cause needs none"),
    (Cause.PROVIDER, "", "M-02", "", "nor does the provider's"),
]


@pytest.mark.parametrize(("cause", "text", "rule", "code", "why"), JUSTIFIED, ids=[row[4] for row in JUSTIFIED])
def test_m_02_and_m_03_which_changes_are_justified(cause: Cause, text: str, rule: str, code: str, why: str) -> None:
    verdict = changes.term_justified(
        change(day("2026-08-10"), day("2026-03-19"), cause=cause, justification=text), KNOWN
    )
    assert (verdict.rule, verdict.code) == (rule, code), why


def test_m_02_fixing_the_promised_week_is_no_change() -> None:
    assert not changes.term_justified(change(WEEK, day("2026-07-22"), cause=Cause.CRITERION), KNOWN).refused


TURNED = CategoryChange(Category.PRIVILEGED, Category.WAITING, at("2026-03-10"), "clerk-1", None, Criterion.STABLE)
RAISED = CategoryChange(
    Category.WAITING, Category.WAITING, at("2026-03-05"), "clerk-1", Criterion.STABLE, Criterion.URGENT
)
# change                                              rule    code              why
CATEGORY = [
    (replace(TURNED, term_moved=True), "M-03", "E-JUST-MISSING", "4 -> 2, the date moved 03-11 -> 05-06, none"),
    (replace(TURNED, term_moved=True, justification="waiver"), "M-03", "", "the same with a text"),
    (TURNED, "M-03", "", "the date did not move"),
    (replace(RAISED, term_moved=True), "M-02", "E-JUST-MISSING", "stable -> urgent, the date moved, none"),
    (replace(RAISED, term_moved=True, justification="worse ECG"), "M-02", "", "the same with a text"),
    (RAISED, "M-03", "", "stable -> urgent, the date stays"),
]


@pytest.mark.parametrize(("made", "rule", "code", "why"), CATEGORY, ids=[row[3] for row in CATEGORY])
def test_m_03_and_c_08_a_category_that_moves_the_term(made: CategoryChange, rule: str, code: str, why: str) -> None:
    verdict = changes.category_justified(made)
    assert (verdict.rule, verdict.code) == (rule, code), why


def test_m_04_the_term_of_the_day_of_asking_counts_not_the_new_one(new_entry: MakeEntry) -> None:
    asked = change(day("2026-03-10"), day("2026-03-30"), at=at("2026-03-03"), asked_on=date(2026, 3, 3), reason="4")
    entry = new_entry("2026-02-02", "2026-03-30", term_changes=(asked,))
    found = changes.planned_when_asked(entry, PATIENT_SIDE)
    assert found is not None
    assert (found.verdict.rule, found.verdict.code) == ("M-04", "AUTO-M-PLANNED")
    assert days_between(date(2026, 2, 2), found.term.first) == 36
    assert days_between(date(2026, 2, 2), date(2026, 3, 30)) == 56


# reason  asked_on      expected      why
ASKED = [
    ("4", "2026-03-03", "2026-03-10", "asked before the provider moved it: the first term counts"),
    ("4", "2026-03-06", "2026-03-24", "asked after the provider moved it"),
    ("4", "2026-03-05", "2026-03-10", "asked on the day the provider moved it"),
    ("4", None, "2026-03-24", "nobody noted when: the day of the change"),
    ("7", "2026-03-03", None, "not the patient's reason"),
]


@pytest.mark.parametrize(("reason", "asked_on", "expected", "why"), ASKED, ids=[row[3] for row in ASKED])
def test_m_04_which_term_was_valid_when_asked(
    new_entry: MakeEntry, reason: str, asked_on: str | None, expected: str | None, why: str
) -> None:
    first = change(day("2026-03-10"), day("2026-03-24"), at=at("2026-03-05"))
    second = change(
        day("2026-03-24"),
        day("2026-04-20"),
        at=at("2026-03-09"),
        reason=reason,
        asked_on=date.fromisoformat(asked_on) if asked_on else None,
    )
    found = changes.planned_when_asked(
        new_entry("2026-02-02", "2026-04-20", term_changes=(first, second)), PATIENT_SIDE
    )
    assert (None if found is None else str(found.term)) == expected, why


def test_m_04_which_reasons_are_the_patients_the_table_says(new_entry: MakeEntry) -> None:
    """The five known codes are rows of the shipped table (tests/unit/mapping/test_register_tables.py)."""
    asked = change(OLD, NEW, reason="X")
    entry = new_entry(term=NEW, term_changes=(asked,))
    theirs = changes.patient_reasons({"X": changes.TermReason("X", "patient")})
    ours = changes.patient_reasons({"X": changes.TermReason("X", "provider")})
    assert (theirs, ours) == ({"X"}, frozenset())
    assert changes.planned_when_asked(entry, theirs) is not None
    assert changes.planned_when_asked(entry, ours) is None
    first_term = new_entry(term=NEW, term_changes=(replace(asked, before=None),))
    assert changes.planned_when_asked(first_term, theirs) is None


def test_m_02_and_m_03_a_reason_of_the_table_may_ask_for_a_justification() -> None:
    rows = {
        "CRIT": changes.TermReason("CRIT", cause=Cause.CRITERION, justification_needed=True),
        "CAT": changes.TermReason("CAT", cause=Cause.CATEGORY),
    }
    for reason, rule in (("CRIT", "M-02"), ("CAT", "M-03")):
        bare = changes.term_justified(change(OLD, NEW, reason=reason), rows)
        assert (bare.rule, bare.code) == (rule, "E-JUST-MISSING")
        assert not changes.term_justified(change(OLD, NEW, reason=reason, justification="worse ECG"), rows).refused


REPORTED = HealthReport(date(2026, 3, 5), day("2026-08-10"))
ACCEPTED = replace(REPORTED, accepted_on=date(2026, 3, 5), criteria_met=True, after=day("2026-03-19"))
# report                                          code             told          why
HEALTH = [
    (REPORTED, "TASK-M-HEALTH", None, "no clinician decided yet"),
    (replace(ACCEPTED, after=None), "TASK-M-HEALTH", None, "accepted, the earlier term is still to be found"),
    (ACCEPTED, "AUTO-M-NOTIFY", date(2026, 3, 5), "08-10 -> 03-19: told on the same day"),
    (replace(ACCEPTED, after=day("2026-09-01")), "E-M-DIRECTION", None, "later than the old one"),
    (replace(ACCEPTED, criteria_met=False, after=None), "", None, "the criteria do not ask for it"),
    (replace(ACCEPTED, after=day("2026-08-10")), "", None, "the term stays"),
    (
        replace(ACCEPTED, before=WEEK, after=day("2026-07-20")),
        "AUTO-M-NOTIFY",
        date(2026, 3, 5),
        "the first day of the promised week is not later",
    ),
]


@pytest.mark.parametrize(("report", "code", "told", "why"), HEALTH, ids=[row[3] for row in HEALTH])
def test_m_05_worse_health_brings_the_term_forward(
    report: HealthReport, code: str, told: date | None, why: str
) -> None:
    answer = changes.health_change(report)
    assert (answer.verdict.rule, answer.verdict.code, answer.notify_on) == ("M-05", code, told), why


# after         cause          declined  code                 why
UNFORESEEN = [
    ("2026-03-24", "doctor ill", False, "AUTO-M-NOTIFY", "03-10 -> 03-24 with its cause"),
    ("2026-03-24", "", False, "E-N-CAUSE", "no cause"),
    ("2026-03-24", " ", True, "E-N-CAUSE", "a blank cause"),
    ("2026-03-05", "a term got free", False, "AUTO-M-NOTIFY", "an earlier one is told too"),
    ("2026-03-05", "a term got free", True, "AUTO-M-OFFER-NEXT", "an earlier one is declined"),
    ("2026-03-24", "doctor ill", True, "AUTO-M-NOTIFY", "a later one cannot be passed on"),
    ("2026-03-10", "another room", True, "AUTO-M-NOTIFY", "the same day is no earlier one"),
]


@pytest.mark.parametrize(("after", "cause", "declined", "code", "why"), UNFORESEEN, ids=[row[4] for row in UNFORESEEN])
def test_m_06_the_provider_moves_the_term(after: str, cause: str, *, declined: bool, code: str, why: str) -> None:
    verdict = changes.unforeseen(day("2026-03-10"), day(after), cause, declined=declined)
    assert (verdict.rule, verdict.code) == ("M-06", code), why
    assert verdict.refused is (code == "E-N-CAUSE")


def test_m_07_is_asked_as_k_03(new_entry: MakeEntry) -> None:
    """The placeholder of 31 December is first edited to the real end; then the removal is lawful."""
    end = Removal(date(2026, 9, 14), "SERVICE_DONE", at("2026-09-14"), "clerk-1")
    entry = new_entry(category=Category.CONTINUING, term="2026-12-31")
    assert ended_on_its_date(entry, end).code == "E-K-ENDDATE"
    assert not ended_on_its_date(replace(entry, term=day("2026-09-14")), end).refused
    assert changes.M07.article == "SEED-002"
