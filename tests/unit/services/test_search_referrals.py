"""A search narrows by itself: every referral is found once, and what cannot be listed is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.identifiers import ReferralNumber
from adapter.domain.referral import DateWindow, FoundReferral, ReferralState, SearchAnswer
from adapter.errors import BadInput, Refused
from adapter.services import search_referrals
from adapter.services.search_referrals import DAYS_MAX, narrowed

FIRST = date(2026, 1, 1)
ROOT = "2.16.840.1.113883.3.4424.2.7.999.4.1"


def referral(n: int, day: date) -> FoundReferral:
    return FoundReferral(ReferralNumber(ROOT, f"{n:022}"), ReferralState.ISSUED, day)


def authority(issued: list[FoundReferral], most: int, asked: list[DateWindow]) -> Callable[[DateWindow], SearchAnswer]:
    """P1: all hits of a window, or too many and none."""

    def ask(window: DateWindow) -> SearchAnswer:
        asked.append(window)
        hits = tuple(one for one in issued if window.since <= one.issued_on <= window.until)
        return SearchAnswer(too_many=True) if len(hits) > most else SearchAnswer(hits)

    return ask


@given(
    days=st.lists(st.integers(0, 400), max_size=60),
    most=st.integers(1, 8),
    length=st.integers(1, 400),
)
def test_every_referral_is_found_exactly_once_or_its_day_is_named(days: list[int], most: int, length: int) -> None:
    issued = [referral(n, FIRST + timedelta(days=day)) for n, day in enumerate(days)]
    window = DateWindow(FIRST, FIRST + timedelta(days=length - 1))
    asked: list[DateWindow] = []
    search = narrowed(authority(issued, most, asked), window)
    inside = [one for one in issued if window.since <= one.issued_on <= window.until]
    crowded = sorted({one.issued_on for one in inside if sum(o.issued_on == one.issued_on for o in inside) > most})
    assert search.days_refused == crowded
    assert sorted(one.number.extension for one in search.found) == sorted(
        one.number.extension for one in inside if one.issued_on not in crowded
    )
    assert [one.issued_on for one in search.found] == sorted(one.issued_on for one in search.found)
    assert search.questions == len(asked) == len(set(asked))
    assert search.complete == (not crowded)


def test_one_day_that_is_too_many_sinks_no_other() -> None:
    crowded = FIRST + timedelta(days=3)
    issued = [referral(n, crowded) for n in range(5)] + [referral(9, FIRST)]
    search = narrowed(authority(issued, 4, []), DateWindow(FIRST, FIRST + timedelta(days=6)))
    assert search.days_refused == [crowded]
    assert [one.number.extension for one in search.found] == [f"{9:022}"]


def test_a_referral_that_two_windows_list_is_kept_once() -> None:
    """Should the authority count days otherwise at an edge, nothing is there twice."""
    hits = SearchAnswer((referral(1, FIRST),))
    answers = iter([SearchAnswer(too_many=True), hits, hits])
    search = narrowed(lambda _: next(answers), DateWindow(FIRST, FIRST + timedelta(days=1)))
    assert len(search.found) == 1


def test_hits_that_could_not_be_read_are_told() -> None:
    answer = SearchAnswer((referral(1, FIRST),), unreadable=("found, row 2: an unknown code",))
    search = narrowed(lambda _: answer, DateWindow(FIRST, FIRST))
    assert (len(search.found), search.unreadable, search.complete) == (1, ["found, row 2: an unknown code"], False)


def test_a_search_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput) as long:
        narrowed(lambda _: SearchAnswer(), DateWindow(FIRST, FIRST + timedelta(days=DAYS_MAX)))
    assert long.value.code == "SEARCH_TOO_LONG"
    monkeypatch.setattr(search_referrals, "QUESTIONS_MAX", 5)
    with pytest.raises(Refused) as wide:
        narrowed(lambda _: SearchAnswer(too_many=True), DateWindow(FIRST, FIRST + timedelta(days=99)))
    assert wide.value.code == "SEARCH_TOO_WIDE"


@given(st.integers(0, 4000), st.integers(2, 4000))
def test_halves_share_no_day_and_leave_none_out(start: int, days: int) -> None:
    window = DateWindow(FIRST + timedelta(days=start), FIRST + timedelta(days=start + days - 1))
    older, newer = window.halves()
    assert (older.since, newer.until) == (window.since, window.until)
    assert newer.since - older.until == timedelta(days=1)
    assert older.days + newer.days == window.days


def test_one_day_has_no_halves_and_no_window_runs_backwards() -> None:
    with pytest.raises(ValueError, match="no halves"):
        DateWindow(FIRST, FIRST).halves()
    with pytest.raises(ValueError, match="before it starts"):
        DateWindow(FIRST, FIRST - timedelta(days=1))
