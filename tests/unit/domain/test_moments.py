"""Days and terms as Polish law counts them: every dated example of the law's vectors, and what always holds."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain import moments
from adapter.domain.identifiers import IdentifierError, Pesel

VECTORS = json.loads((Path(__file__).parents[3] / "fixtures" / "law_vectors.json").read_text("utf-8"))
DAYS = st.dates(date(2015, 1, 1), date(2060, 12, 31))
EXTRA = st.frozensets(st.dates(date(2020, 1, 1), date(2030, 12, 31)), max_size=5)


def cases(name: str) -> list[tuple[object, ...]]:
    """Rows of one vector as tuples."""
    return [tuple(row) for row in VECTORS[name]]


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(("on", "expected"), cases("is_day_off"))
def test_statutory_days_off_t_02(on: str, expected: bool) -> None:
    assert moments.is_day_off(day(on)) is expected


@pytest.mark.parametrize(("rule", "start", "count", "expected"), cases("add_wd"))
def test_terms_in_working_days(rule: str, start: str, count: int, expected: str) -> None:
    assert moments.add_working_days(day(start), count) == day(expected), rule


@pytest.mark.parametrize(("start", "count", "expected"), cases("add_months"))
def test_terms_in_months_t_06(start: str, count: int, expected: str) -> None:
    assert moments.add_months(day(start), count) == day(expected)


@pytest.mark.parametrize(("entered", "year", "week", "expected"), cases("week_allowed"))
def test_a_week_is_precise_enough_only_beyond_six_months_p_02(
    entered: str, year: int, week: int, expected: bool
) -> None:
    assert moments.week_precision_allowed(day(entered), year, week) is expected


@pytest.mark.parametrize(("year", "week", "fix_by", "alert"), cases("fix_by"))
def test_the_date_of_a_week_is_fixed_in_time_p_03(year: int, week: int, fix_by: str, alert: str) -> None:
    assert moments.fix_date_by(year, week) == (day(fix_by), day(alert))


@pytest.mark.parametrize(("start", "count", "expected"), cases("cal_days_rolled"))
def test_terms_in_calendar_days_roll_forward_t_05(start: str, count: int, expected: str) -> None:
    assert moments.add_calendar_days(day(start), count) == day(expected)


@pytest.mark.parametrize(("first", "last", "expected"), cases("days_between"))
def test_days_between(first: str, last: str, expected: int) -> None:
    assert moments.days_between(day(first), day(last)) == expected


@pytest.mark.parametrize(("freed", "first", "last"), cases("freed_window"))
def test_who_may_be_offered_a_freed_date_n_03(freed: str, first: str, last: str) -> None:
    assert moments.freed_window(day(freed)) == (day(first), day(last))


@pytest.mark.parametrize(("year", "month", "internal", "legal"), cases("monthly_due"))
def test_the_monthly_report_is_due_z_03(year: int, month: int, internal: str, legal: str) -> None:
    assert moments.monthly_report_due(year, month) == (day(internal), day(legal))


@pytest.mark.parametrize(("on", "due", "state"), cases("ffd"))
def test_the_first_free_date_report_z_01(on: str, due: bool, state: str | None) -> None:
    assert moments.first_free_date_state(day(on)) == (day(state) if due and state else None)


@pytest.mark.parametrize(("entered", "days", "end"), cases("waitroom_end"))
def test_until_when_cer_searches_i_04(entered: str, days: int, end: str) -> None:
    assert moments.waiting_room_end(day(entered), days) == day(end)


@pytest.mark.parametrize(("number", "valid"), cases("pesel"))
def test_pesel_check_digit_d_04(number: str, valid: bool) -> None:
    if valid:
        assert Pesel(number).reveal() == number
    else:
        with pytest.raises(IdentifierError):
            Pesel(number)


def test_every_dated_example_of_the_law_is_a_test() -> None:
    """A new kind of vector is used here or nowhere."""
    used = set(re.findall(r'cases\("(\w+)"\)', Path(__file__).read_text("utf-8")))
    assert {key for key in VECTORS if not key.startswith("_")} == used
    assert all(VECTORS[key] for key in VECTORS)


# day           working  why
WORKING = [
    ("2026-03-07", False, "T-01: Saturday"),
    ("2026-03-08", False, "T-01: Sunday"),
    ("2026-03-09", True, "T-01: Monday"),
    ("2024-12-24", True, "T-02: Christmas Eve before the amendment"),
    ("2025-12-24", False, "T-02: Christmas Eve since 2025"),
    ("2026-04-03", True, "T-02: Good Friday is no day off"),
    ("2026-05-02", False, "a Saturday between two days off"),
    ("2028-05-02", True, "T-02: 2 May is a working day when it is a weekday"),
    ("2026-11-02", True, "T-02: All Souls' Day is no day off"),
    ("2026-12-31", True, "T-02: New Year's Eve is no day off"),
    ("2018-11-12", False, "the one extra day off set by an act of its own"),
]


@pytest.mark.parametrize(("on", "working", "why"), WORKING, ids=[row[2] for row in WORKING])
def test_working_days(on: str, working: bool, why: str) -> None:
    assert moments.is_working_day(day(on)) is working, why


def test_all_days_off_of_2026_and_the_moving_feasts_of_2027() -> None:
    listed = "01-01 01-06 04-05 04-06 05-01 05-03 05-24 06-04 08-15 11-01 11-11 12-24 12-25 12-26"
    in_2026 = {day(f"2026-{short}") for short in listed.split()}
    every = [date(2026, 1, 1) + timedelta(days=offset) for offset in range(365)]
    assert {one for one in every if moments.is_day_off(one)} == in_2026 | {one for one in every if one.weekday() == 6}
    assert all(moments.is_day_off(day(f"2027-{short}")) for short in ("03-28", "03-29", "05-16", "05-27"))


def test_a_site_may_add_a_day_off_set_by_regulation() -> None:
    extra = frozenset({date(2026, 3, 10)})
    assert moments.add_working_days(date(2026, 3, 9), 1, extra) == date(2026, 3, 11)
    assert moments.add_calendar_days(date(2026, 3, 9), 1, extra) == date(2026, 3, 11)


@settings(deadline=None)  # the machine may be busy
@given(DAYS, st.integers(1, 60), EXTRA)
def test_a_term_in_working_days_never_ends_on_a_day_off(start: date, count: int, extra: frozenset[date]) -> None:
    last = moments.add_working_days(start, count, extra)
    assert moments.is_working_day(last, extra)
    between = [start + timedelta(days=offset) for offset in range(1, (last - start).days + 1)]
    assert sum(moments.is_working_day(one, extra) for one in between) == count


@settings(deadline=None)  # the machine may be busy
@given(DAYS, DAYS, st.integers(1, 40))
def test_a_later_start_never_ends_earlier(one: date, two: date, count: int) -> None:
    first, second = sorted((one, two))
    assert moments.add_working_days(first, count) <= moments.add_working_days(second, count)
    assert moments.add_calendar_days(first, count) <= moments.add_calendar_days(second, count)
    assert moments.add_months(first, count) <= moments.add_months(second, count)


@settings(deadline=None)  # the machine may be busy
@given(DAYS, st.integers(1, 39))
def test_a_longer_term_always_ends_later(start: date, count: int) -> None:
    assert moments.add_working_days(start, count) < moments.add_working_days(start, count + 1)


@settings(deadline=None)  # the machine may be busy
@given(DAYS, st.integers(0, 400))
def test_a_calendar_term_never_ends_on_a_saturday_or_day_off_nor_too_early(start: date, count: int) -> None:
    last = moments.add_calendar_days(start, count)
    assert last >= start + timedelta(days=count)
    assert moments.is_working_day(last)
    assert (last - start).days <= count + 7


@settings(deadline=None)  # the machine may be busy
@given(DAYS, st.integers(0, 200))
def test_a_month_term_keeps_the_day_or_takes_the_last_one(start: date, count: int) -> None:
    last = moments.add_months(start, count)
    assert (last.year * 12 + last.month) - (start.year * 12 + start.month) == count
    assert last.day == start.day or (last + timedelta(days=1)).day == 1


@settings(deadline=None)  # the machine may be busy
@given(DAYS)
def test_the_last_working_day_is_never_after(on: date) -> None:
    assert moments.working_day_on_or_before(on) <= on <= moments.rolled_forward(on)


@pytest.mark.parametrize("count", [0, -1, moments.WORKING_DAYS_MAX + 1])
def test_a_term_without_sense_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        moments.add_working_days(date(2026, 3, 2), count)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: moments.add_months(date(2026, 1, 1), -1), "months"),
        (lambda: moments.add_calendar_days(date(2026, 1, 1), -1), "calendar"),
        (lambda: moments.waiting_room_end(date(2026, 1, 1), -1), "search"),
        (lambda: moments.week_monday(2026, 54), "[Ww]eek"),
        (lambda: moments.warsaw_day(datetime(2026, 1, 1)), "zone"),  # noqa: DTZ001
        (lambda: moments.instant_in_warsaw(date(2026, 1, 1), time(8, tzinfo=UTC)), "zone"),
    ],
)
def test_arguments_without_sense_are_refused(call: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()  # type: ignore[operator]


# instant UTC            Warsaw day    why
DAYS_IN_WARSAW = [
    ("2026-03-07T22:40:00", "2026-03-07", "G-04: 23:40 in winter is still the same day"),
    ("2026-03-07T23:00:00", "2026-03-08", "winter midnight is 23:00 UTC"),
    ("2026-07-01T22:00:00", "2026-07-02", "summer midnight is 22:00 UTC"),
    ("2026-07-01T21:59:59", "2026-07-01", "a second before it"),
]


@pytest.mark.parametrize(("instant", "expected", "why"), DAYS_IN_WARSAW, ids=[row[2] for row in DAYS_IN_WARSAW])
def test_an_instant_belongs_to_its_warsaw_day(instant: str, expected: str, why: str) -> None:
    assert moments.warsaw_day(datetime.fromisoformat(instant).replace(tzinfo=UTC)) == day(expected), why


@pytest.mark.parametrize(
    ("on", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-03-30", 24)], ids=["short", "long", "plain"]
)
def test_a_day_is_as_long_as_its_clock(on: str, hours: int) -> None:
    first, last = moments.day_bounds(day(on))
    assert last - first == timedelta(hours=hours)
    assert moments.warsaw_day(first) == day(on)
    assert moments.warsaw_day(last - timedelta(microseconds=1)) == day(on)


def test_the_hour_left_out_in_march_does_not_exist() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        moments.instant_in_warsaw(date(2026, 3, 29), time(2, 30))


def test_the_hour_that_comes_twice_in_october_is_two_instants() -> None:
    first = moments.instant_in_warsaw(date(2026, 10, 25), time(2, 30))
    second = moments.instant_in_warsaw(date(2026, 10, 25), time(2, 30), second=True)
    assert second - first == timedelta(hours=1)
    assert moments.warsaw_time(first).replace(tzinfo=None) == moments.warsaw_time(second).replace(tzinfo=None)
