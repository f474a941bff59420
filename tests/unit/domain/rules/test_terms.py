"""The term of an entry: P-01 to P-08, every example of the rule book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.entitlement import Category
from adapter.domain.moments import is_working_day
from adapter.domain.register import Entry, Offer, Speciality
from adapter.domain.rules import terms
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome
from adapter.domain.term import DayTerm, Term, WeekTerm

MakeEntry = Callable[..., Entry]
S = Speciality
SUNDAYS = RuleSettings(week_counts_from_sunday=True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-09", "E-P-DATE"),
        ("2026-09-07", ""),
        ("2026-02-30", "E-P-DATE"),
        ("2026", "E-P-DATE"),
        ("", "E-P-DATE"),
        ("20260907", "E-P-DATE"),
        ("2026-W30-1", "E-P-DATE"),
        ("2026-09-07T10:00", "E-P-DATE"),
    ],
)
def test_p_01_a_planned_date_is_a_whole_date(text: str, code: str) -> None:
    assert terms.date_form(text).code == code


# specialities                                    code        why
UNDATED = [
    ({S.LONG_TERM_NURSING}, "", "ZOL no date"),
    ({S.PALLIATIVE}, "", "home hospice no date"),
    ({S.PSYCHIATRIC_NURSING}, "", "CF-3: nursing in psychiatric and addiction care"),
    ({S.PALLIATIVE, S.PALLIATIVE_AMBULATORY}, "E-P-DATE", "palliative outpatient clinic no date"),
    ({S.PALLIATIVE_AMBULATORY}, "E-P-DATE", "the same, marked alone"),
    ({S.PALLIATIVE, S.PALLIATIVE_PERINATAL}, "E-P-DATE", "perinatal palliative no date"),
    ({S.REHABILITATION}, "E-P-DATE", "any other service"),
    (set(), "E-P-DATE", "an ordinary clinic"),
]


@pytest.mark.parametrize(("specialities", "code", "why"), UNDATED, ids=[row[2] for row in UNDATED])
def test_p_05_which_entries_need_no_term(
    new_entry: MakeEntry, specialities: set[Speciality], code: str, why: str
) -> None:
    entry = new_entry(term=None)
    entry = replace(entry, schedule=replace(entry.schedule, specialities=frozenset(specialities)))
    verdict = terms.term_given(entry)
    assert (verdict.code, verdict.rule) == (code, "P-01" if code else "P-05"), why


def test_p_01_who_is_asked_for_a_term(new_entry: MakeEntry) -> None:
    assert terms.term_given(new_entry()).outcome is Outcome.ALLOWED
    assert terms.term_given(new_entry(term=WeekTerm(2026, 40))).outcome is Outcome.ALLOWED
    assert terms.term_given(new_entry(term=None, category=Category.ONCOLOGY)).code == "E-P-DATE"
    assert not terms.term_given(new_entry(term=None, category=Category.PRIVILEGED)).refused, "D-01 asks off the list"
    assert not terms.term_given(new_entry(term=None), waiting_room=True).refused, "CeR still searches"


# entered       term                  code              why
PRECISE = [
    ("2026-01-15", WeekTerm(2026, 29), "E-P-PRECISION", "limit 2026-07-15, week from 07-13"),
    ("2026-01-15", WeekTerm(2026, 30), "", "week from 07-20"),
    ("2025-08-31", WeekTerm(2026, 9), "E-P-PRECISION", "limit 2026-02-28, week from 02-23"),
    ("2025-08-31", WeekTerm(2026, 10), "", "week from 03-02"),
    ("2026-01-15", DayTerm(date(2026, 2, 1)), "", "an exact date is always allowed"),
    ("2026-01-15", None, "", "no term: P-01 asks"),
]


@pytest.mark.parametrize(("entered", "term", "code", "why"), PRECISE, ids=[row[3] for row in PRECISE])
def test_p_02_a_week_only_beyond_six_months(entered: str, term: Term | None, code: str, why: str) -> None:
    assert terms.precise_enough(term, date.fromisoformat(entered)).code == code, why


def test_p_02_a_site_may_count_from_the_weeks_last_day() -> None:
    week = WeekTerm(2026, 29)
    assert terms.precise_enough(week, date(2026, 1, 15)).refused
    assert not terms.precise_enough(week, date(2026, 1, 15), SUNDAYS).refused
    assert terms.fix_days(week, SUNDAYS).fix_by - terms.fix_days(week).fix_by == timedelta(days=6)


# week  today         code             outcome
FIXING = [
    (30, "2026-06-21", "", Outcome.ALLOWED),
    (30, "2026-06-22", "TASK-P-FIX", Outcome.NEEDS_PERSON),
    (30, "2026-07-05", "TASK-P-FIX", Outcome.NEEDS_PERSON),
    (30, "2026-07-06", "W-P-FIX-SOON", Outcome.WARNED),
    (30, "2026-07-07", "P-FIX-OVERDUE", Outcome.REFUSED),
    (43, "2026-10-05", "W-P-FIX-SOON", Outcome.WARNED),
    (17, "2026-04-02", "TASK-P-FIX", Outcome.NEEDS_PERSON),
    (17, "2026-04-03", "W-P-FIX-SOON", Outcome.WARNED),
    (17, "2026-04-06", "W-P-FIX-SOON", Outcome.WARNED),
    (17, "2026-04-07", "P-FIX-OVERDUE", Outcome.REFUSED),
]


@pytest.mark.parametrize(("week", "today", "code", "outcome"), FIXING, ids=[f"W{row[0]} {row[1]}" for row in FIXING])
def test_p_03_what_each_day_asks(new_entry: MakeEntry, week: int, today: str, code: str, outcome: Outcome) -> None:
    verdict = terms.date_to_fix(new_entry("2025-09-01", WeekTerm(2026, week)), date.fromisoformat(today))
    assert (verdict.rule, verdict.code, verdict.outcome) == ("P-03", code, outcome)


def test_p_03_a_day_needs_no_fixing(new_entry: MakeEntry) -> None:
    assert terms.date_to_fix(new_entry(), date(2030, 1, 1)).outcome is Outcome.ALLOWED


@settings(deadline=None)
@given(st.integers(2024, 2035), st.integers(1, 52))
def test_p_03_the_days_always_come_in_order_and_the_warning_on_a_working_day(year: int, week: int) -> None:
    term = WeekTerm(year, week)
    days = terms.fix_days(term)
    assert days.task_on < days.warn_on <= days.fix_by
    assert (term.first - days.fix_by).days == 14
    assert is_working_day(days.warn_on)


def test_p_04_inside_the_week_no_reason_outside_one() -> None:
    week = WeekTerm(2026, 30)
    assert terms.date_fixed(week, date(2026, 7, 22)).outcome is Outcome.ALLOWED
    outside = terms.date_fixed(week, date(2026, 7, 28))
    assert (outside.rule, outside.code) == ("P-04", "E-M-REASON")
    assert not terms.date_fixed(week, date(2026, 7, 28), "4").refused


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (DayTerm(date(2026, 7, 22)), DayTerm(date(2026, 7, 22))),
        (DayTerm(date(2026, 7, 22)), WeekTerm(2026, 30)),
        (None, DayTerm(date(2026, 7, 22))),
        (WeekTerm(2026, 30), None),
    ],
    ids=["a day", "a day made vaguer", "no term before", "no term after"],
)
def test_p_04_only_a_day_for_a_promised_week_refines(before: Term | None, after: Term | None) -> None:
    assert not terms.refines(before, after)


# offer                                                                    marked  reserved  rule    code
OFFERED, LATER = date(2026, 4, 14), date(2026, 6, 2)
OFFERS = [
    (Offer(OFFERED, LATER), False, True, "P-06", "AUTO-P-RESERVE", "chosen later"),
    (Offer(OFFERED, OFFERED), True, False, "P-06", "E-P-RES", "marked without a later choice"),
    (Offer(OFFERED, date(2026, 4, 13)), True, False, "P-06", "E-P-RES", "marked with an earlier choice"),
    (Offer(OFFERED, OFFERED), False, False, "P-06", "", "took the offered one"),
    (Offer(OFFERED, LATER), True, True, "P-06", "AUTO-P-RESERVE", "marked, and chosen later"),
    (Offer(date(2026, 3, 17), answer="no_contact"), False, True, "P-07", "AUTO-P-RESERVE", "nobody reached"),
    (Offer(date(2026, 3, 17), answer="declined"), False, True, "P-07", "AUTO-P-RESERVE", "declined"),
    (Offer(date(2026, 3, 17), date(2026, 3, 17), "accepted"), False, False, "P-06", "", "accepted an earlier one"),
    (None, True, True, "P-06", "", "the hospital's mark stands without an offer"),
    (None, False, False, "P-06", "", "neither offer nor mark"),
]


@pytest.mark.parametrize(
    ("offer", "marked", "reserved", "rule", "code", "why"), OFFERS, ids=[row[5] for row in OFFERS]
)
def test_p_06_and_p_07_what_is_a_reservation(
    *, offer: Offer | None, marked: bool, reserved: bool, rule: str, code: str, why: str
) -> None:
    found = terms.reservation(offer, marked=marked)
    assert (found.reserved, found.verdict.rule, found.verdict.code) == (reserved, rule, code), why


def test_p_07_the_cause_is_kept() -> None:
    assert terms.reservation(Offer(date(2026, 3, 17), answer="no_contact")).cause == "no_contact"
    assert terms.reservation(Offer(OFFERED, LATER)).cause == "chosen_later"


# category  term                          code           why
BY_CATEGORY = [
    (Category.SAME_DAY, "2026-03-03", "E-P-CATDATE", "report 03-02, date 03-03: that is category 2"),
    (Category.SAME_DAY, "2026-03-02", "", "the day of report"),
    (Category.SAME_DAY, WeekTerm(2026, 10), "E-P-CATDATE", "a week is not the day"),
    (Category.WAITING, "2026-03-03", "", "the list decides"),
    (Category.SAME_DAY, None, "", "no term: D-01 asks"),
]


@pytest.mark.parametrize(("category", "term", "code", "why"), BY_CATEGORY, ids=[row[3] for row in BY_CATEGORY])
def test_p_08_the_term_by_category(
    new_entry: MakeEntry, category: Category, term: str | Term | None, code: str, why: str
) -> None:
    verdict = terms.date_by_category(new_entry(term=term, category=category))
    assert (verdict.rule, verdict.code) == ("P-08", code), why
