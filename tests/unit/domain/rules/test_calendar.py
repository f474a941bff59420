"""Counting as the site reads the law: T-01 to T-06 with its settings, and T-07, posting as delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain import moments
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.rules import calendar, posting
from adapter.domain.rules.settings import RuleSettings

DEADLINE = date(2026, 3, 20)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
POST, COURIER = PostingChannel.DESIGNATED_OPERATOR, PostingChannel.COURIER

# posted         channel                               received      in time  why
POSTED = [
    ("2026-03-20", POST, "2026-03-25", True, "posted on the last day, came five days later"),
    ("2026-03-20", COURIER, "2026-03-25", False, "a private courier on the same days"),
    ("2026-03-21", POST, "2026-03-25", False, "posted a day late"),
    ("2026-03-20", POST, None, True, "posted in time and still on its way"),
    ("2026-03-19", COURIER, "2026-03-20", True, "a courier who came in time"),
    ("2026-03-20", PostingChannel.EU_UNIVERSAL_OPERATOR, "2026-04-02", True, "an operator of another EU state"),
    ("2026-03-20", PostingChannel.UNIT_COMMAND, "2026-03-30", True, "a soldier at the command of the unit"),
    ("2026-03-20", PostingChannel.PRISON, "2026-03-30", True, "an imprisoned person at the prison"),
    ("2026-03-20", PostingChannel.SHIP_CAPTAIN, "2026-03-30", True, "a crew member with the captain"),
    (None, PostingChannel.IN_PERSON, "2026-03-20", True, "brought on the last day"),
    (None, PostingChannel.IN_PERSON, "2026-03-21", False, "brought a day late"),
    ("2026-03-20", None, "2026-03-25", False, "nobody knows by what it was sent"),
    (None, None, None, False, "never came"),
]


def paper(posted: str | None, channel: PostingChannel | None, received: str | None) -> PaperReferral:
    return PaperReferral(
        received_on=date.fromisoformat(received) if received else None,
        posted_on=date.fromisoformat(posted) if posted else None,
        channel=channel,
    )


@pytest.mark.parametrize(("posted", "channel", "received", "expected", "why"), POSTED, ids=[row[4] for row in POSTED])
def test_t_07_posting_counts_as_delivery(
    *, posted: str | None, channel: PostingChannel | None, received: str | None, expected: bool, why: str
) -> None:
    assert posting.in_time(paper(posted, channel, received), DEADLINE) is expected, why


def test_t_07_a_site_may_let_a_courier_count() -> None:
    every = RuleSettings(posting_channels=frozenset(PostingChannel))
    assert posting.in_time(paper("2026-03-20", COURIER, "2026-03-25"), DEADLINE, every)
    assert posting.delivered_on(paper("2026-03-20", COURIER, "2026-03-25")) == date(2026, 3, 25)


@settings(deadline=None)
@given(DAYS, st.integers(0, 40), st.sampled_from(list(PostingChannel)))
def test_t_07_what_is_here_by_the_last_day_is_always_in_time(day: date, days: int, channel: PostingChannel) -> None:
    here = PaperReferral(received_on=day, posted_on=day - timedelta(days=days), channel=channel)
    assert posting.in_time(here, day)


def test_t_01_a_site_may_count_saturdays_but_never_sundays_and_feasts() -> None:
    saturdays = RuleSettings(saturday_is_working=True)
    assert not calendar.working_day(date(2026, 3, 7))
    assert calendar.working_day(date(2026, 3, 7), saturdays)
    assert not calendar.working_day(date(2026, 3, 8), saturdays)
    assert not calendar.working_day(date(2026, 8, 15), saturdays), "15 August 2026 is a Saturday and a feast"
    assert calendar.end_of_working_days(date(2026, 3, 2), 14) == date(2026, 3, 20)
    assert calendar.end_of_working_days(date(2026, 3, 2), 14, saturdays) == date(2026, 3, 18)


def test_t_02_a_day_off_set_by_regulation_moves_every_term() -> None:
    extra = RuleSettings(extra_days_off=frozenset({date(2026, 3, 20)}))
    assert not calendar.working_day(date(2026, 3, 20), extra)
    assert calendar.end_of_working_days(date(2026, 3, 2), 14, extra) == date(2026, 3, 23)
    assert calendar.end_of_days(date(2026, 3, 13), 7, extra) == date(2026, 3, 23)


def test_t_03_to_t_06_the_examples_of_the_book() -> None:
    assert calendar.end_of_working_days(date(2026, 3, 2), 14) == date(2026, 3, 20), "T-03"
    assert calendar.end_of_working_days(date(2026, 4, 25), 14) == date(2026, 5, 15), "T-04: entered on a Saturday"
    assert calendar.end_of_days(date(2026, 4, 24), 7) == date(2026, 5, 4), "T-05"
    assert calendar.end_of_months(date(2025, 8, 31), 6) == date(2026, 2, 28), "T-06"
    assert calendar.end_of_months(date(2026, 1, 15), 6) == date(2026, 7, 15), "T-06"


def test_t_05_a_choice_about_saturdays_does_not_touch_the_civil_code() -> None:
    """Art. 115 names Saturdays itself: a term in calendar days never ends on one."""
    assert calendar.end_of_days(date(2026, 3, 7), 7, RuleSettings(saturday_is_working=True)) == date(2026, 3, 16)


@settings(deadline=None)
@given(DAYS, st.integers(1, 60))
def test_counting_working_days_has_an_inverse(start: date, count: int) -> None:
    """From the last day back, ``count`` working days lie between; the same number leads to the same day."""
    last = calendar.end_of_working_days(start, count)
    passed = sum(
        calendar.working_day(start + timedelta(days=offset))
        for offset in range(1, moments.days_between(start, last) + 1)
    )
    assert passed == count
    assert calendar.end_of_working_days(start, passed) == last


@settings(deadline=None)
@given(DAYS, st.integers(1, 40), st.booleans())
def test_counting_saturdays_never_ends_a_term_later(start: date, count: int, extra: bool) -> None:
    site = RuleSettings(saturday_is_working=True, extra_days_off=frozenset({start}) if extra else frozenset())
    without = replace(site, saturday_is_working=False)
    assert calendar.end_of_working_days(start, count, site) <= calendar.end_of_working_days(start, count, without)
