"""A term is a day, or a week where the law lets it be one (P-01, P-02, P-04)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.term import DayTerm, WeekTerm, covers


def test_a_week_runs_from_its_monday_to_its_sunday() -> None:
    week = WeekTerm(2026, 30)
    assert (week.first, week.last, str(week)) == (date(2026, 7, 20), date(2026, 7, 26), "2026-W30")


def test_a_year_without_a_week_53_has_no_such_term() -> None:
    assert WeekTerm(2026, 53).first == date(2026, 12, 28)
    with pytest.raises(ValueError, match="week"):
        WeekTerm(2025, 53)


def test_the_fixed_date_inside_the_promised_week_keeps_the_promise() -> None:
    assert covers(WeekTerm(2026, 30), date(2026, 7, 22))
    assert not covers(WeekTerm(2026, 30), date(2026, 7, 28))


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.integers(-20, 20))
def test_a_week_covers_its_seven_days_and_a_day_only_itself(day: date, more: int) -> None:
    iso = day.isocalendar()
    week, other = WeekTerm(iso.year, iso.week), day + timedelta(days=more)
    assert covers(week, other) == (other.isocalendar()[:2] == (iso.year, iso.week))
    assert covers(DayTerm(day), other) == (more == 0)
