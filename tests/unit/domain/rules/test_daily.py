"""What the jobs of a day ask: each rule alone, all of them together, and silence where nothing is to be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.entitlement import Category
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.referral import ReferralState
from adapter.domain.register import (
    AdmissionSchedule,
    Care,
    Entry,
    EntryPerson,
    EntryReferral,
    ReferralWay,
    Removal,
    Speciality,
)
from adapter.domain.rules import daily
from adapter.domain.rules.daily import Day, EntryFacts
from adapter.domain.rules.reasons import NO_PAPER_REFERRAL
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.domain.term import DayTerm, WeekTerm

MakeEntry = Callable[..., Entry]


def at(day: str, clock: str = "12:00") -> datetime:
    return instant_in_warsaw(date.fromisoformat(day), time.fromisoformat(clock))


def on(day: str, **fields: object) -> Day:
    return Day(at(day), **fields)  # type: ignore[arg-type]


def codes(entry: Entry, day: Day) -> list[str]:
    return [verdict.code for verdict in daily.judge_day(entry, day)]


PAPER = EntryReferral(way=ReferralWay.PAPER)
DEAD = EntryPerson("P1", deceased_on=date(2026, 3, 4))
DRUGS = AdmissionSchedule("S5", Care.AMBULATORY, "1100", specialities=frozenset({Speciality.DRUG_PROGRAMME}))


def test_an_entry_in_order_asks_for_nothing(new_entry: MakeEntry) -> None:
    assert codes(new_entry(), on("2026-03-05", reachable_since=at("2026-03-01"))) == []


# changed                                                     day           expected             why
ASKED = [
    ({"person": DEAD}, "2026-03-05", ["AUTO-X-DECEASED"], "X-07: died 2026-03-04, no reminder after"),
    ({"offline_pending": True}, "2026-03-02", ["AUTO-R-SYNC"], "R-08: P1 is back"),
    ({"referral": PAPER}, "2026-03-16", ["TASK-R-PAPER"], "R-02: the tenth working day"),
    ({"referral": PAPER}, "2026-03-21", ["W-R-PAPER-OVERDUE"], "X-06: overdue on 2026-03-21"),
    ({"referral": PAPER}, "2026-03-28", ["AUTO-R-PAPER-REMOVE"], "R-02: after the grace"),
    ({"term": WeekTerm(2026, 43)}, "2026-09-21", ["TASK-P-FIX"], "P-03: fourteen days before the last day"),
    ({"term": WeekTerm(2026, 43)}, "2026-10-05", ["W-P-FIX-SOON"], "P-03: the last day"),
    ({"term": WeekTerm(2026, 43)}, "2026-10-06", ["P-FIX-OVERDUE"], "P-03: a day late"),
    ({"term": DayTerm(date(2026, 4, 20))}, "2026-04-20", [], "X-05: the day itself"),
    ({"term": DayTerm(date(2026, 4, 20))}, "2026-04-21", ["TASK-X-NOSHOW"], "X-05: no arrival on 2026-04-20"),
    (
        {"term": DayTerm(date(2026, 4, 20)), "category": Category.CONTINUING},
        "2026-04-21",
        [],
        "the end of a plan is no appointment",
    ),
    (
        {"term": DayTerm(date(2026, 4, 20)), "category": Category.CONTINUING, "schedule": DRUGS},
        "2026-04-21",
        ["TASK-X-NOSHOW"],
        "a visit for medicines is",
    ),
    (
        {"term": DayTerm(date(2026, 12, 31)), "category": Category.CONTINUING},
        "2026-12-31",
        ["TASK-K-YEAREND"],
        "K-03: a placeholder at the end of the year",
    ),
]


@pytest.mark.parametrize(("changed", "today", "expected", "why"), ASKED, ids=[row[3] for row in ASKED])
def test_each_rule_asks_on_its_day(
    new_entry: MakeEntry, changed: dict[str, object], today: str, expected: list[str], why: str
) -> None:
    day = on(today, reachable_since=at("2026-03-02", "11:45"))
    assert codes(new_entry(**{"term": "2026-12-01", **changed}), day) == expected, why


def test_facts_of_the_day_change_the_answer(new_entry: MakeEntry) -> None:
    """X-05 confirmed, excused (E-05) or arrived; R-10 annulled in P1."""
    entry = new_entry(term="2026-04-20")

    def with_facts(**facts: object) -> list[str]:
        return codes(entry, on("2026-04-21", facts={"E1": EntryFacts(**facts)}))  # type: ignore[arg-type]

    assert with_facts(no_show_confirmed=True) == ["AUTO-X-NOSHOW"]
    assert with_facts(excused=True) == []
    assert with_facts(arrived=True) == []
    assert with_facts(arrived=True, referral=ReferralState.ANNULLED) == ["TASK-R-RELINK"]
    assert codes(replace(entry, service_started=at("2026-04-20")), on("2026-04-21")) == []


def test_everything_at_once_and_death_alone(new_entry: MakeEntry) -> None:
    entry = new_entry(term="2026-03-10", referral=PAPER, offline_pending=True)
    day = on("2026-03-16", reachable_since=at("2026-03-16", "08:00"))
    assert codes(entry, day) == ["W-R-SYNC-LATE", "TASK-R-PAPER", "TASK-X-NOSHOW"]
    assert codes(replace(entry, person=DEAD), day) == ["AUTO-X-DECEASED"]


# term         day           asked              why
CLOSED = [
    ("2026-04-01", "2026-03-30", [], "the day before the last one"),
    ("2026-04-01", "2026-03-31", ["AUTO-E-CLOSE"], "the last day: nobody will be served on the term"),
    ("2026-03-31", "2026-03-31", [], "who is dated to the last day may come on it"),
    ("2026-03-10", "2026-03-31", ["TASK-X-NOSHOW"], "who was dated before may have come: somebody is asked"),
    ("2026-03-31", "2026-04-06", ["TASK-X-NOSHOW"], "the sixth day after the contract"),
    ("2026-03-31", "2026-04-07", ["AUTO-E-CLOSE"], "a week after it nobody told of a visit"),
]


@pytest.mark.parametrize(("term", "day", "asked", "why"), CLOSED, ids=[row[-1] for row in CLOSED])
def test_e_03_the_end_of_a_contract_closes_the_entries_of_its_schedule(
    new_entry: MakeEntry, term: str, day: str, asked: list[str], why: str
) -> None:
    entry = new_entry(term=term)
    assert codes(entry, on(day, contract_ends_on={entry.schedule.id: date(2026, 3, 31)})) == asked
    assert "AUTO-E-CLOSE" not in codes(entry, on(day, contract_ends_on={"other": date(2026, 3, 31)}))


def test_a_removed_entry_is_asked_only_about_a_letter_that_was_posted_in_time(new_entry: MakeEntry) -> None:
    letter = PaperReferral(date(2026, 3, 30), date(2026, 3, 20), PostingChannel.DESIGNATED_OPERATOR)
    gone = Removal(date(2026, 3, 28), NO_PAPER_REFERRAL, at("2026-03-28"), "job")
    entry = new_entry(term="2026-03-10", referral=replace(PAPER, paper=letter), removal=gone)
    assert codes(entry, on("2026-03-29")) == []
    assert codes(entry, on("2026-03-30")) == ["AUTO-R-PAPER-UNDO"]
    assert codes(replace(entry, person=DEAD), on("2026-03-30")) == []


def test_v_08_s_04_a_schedule() -> None:
    """Run 2026-03-02: free slots only from 2026-03-12 -> warning; children in an adult cell without bands too."""
    cell = frozenset({Speciality.ADULT_CELL_WITH_CHILDREN, Speciality.ENDOSCOPY})
    clinic = AdmissionSchedule("S1", Care.AMBULATORY, "1600", specialities=cell)

    def slot(day: str) -> Slot:
        return Slot("s", "S1", at(day), at(day, "12:20"), SlotState.FREE, SlotKind.STABLE)

    late = daily.judge_schedule(clinic, [slot("2026-03-12")], on("2026-03-02"))
    assert [one.code for one in late] == ["W-PRIV-CAPACITY", "W-S-AGE", "W-S-ANAESTHESIA"]
    told = replace(clinic, age_bands=("10-15",), under_anaesthesia=False)
    assert daily.judge_schedule(told, [slot("2026-03-11")], on("2026-03-02")) == ()


def test_z_the_reports_of_a_day() -> None:
    """A Monday before the tenth, and the weekly mode without a consent."""
    day = Day(at("2026-05-11", "09:45"))
    both = daily.judge_reports(day, first_free_date_sent=False, month_sent=False)
    assert [one.code for one in both] == ["W-Z-FFD", "W-Z-MONTH"]
    assert daily.judge_reports(day, first_free_date_sent=True, month_sent=True) == ()
    weekly = replace(day, settings=RuleSettings(first_free_date_weekly=True))
    asked = daily.judge_reports(weekly, first_free_date_sent=True, month_sent=True)
    assert [(one.rule, one.code) for one in asked] == [("Z-02", "E-Z-CONSENT")]


def test_n_03_a_freed_date(new_entry: MakeEntry) -> None:
    """Freed 2026-03-10: who is dated 03-17 to 04-09 is offered it, until the day itself."""
    entries = [new_entry("2026-01-05", "2026-03-17", id="in"), new_entry("2026-01-05", "2026-04-10", id="out")]
    offered = daily.judge_freed_date(date(2026, 3, 10), entries, on("2026-03-09"))
    assert ([one.id for one in offered.candidates], offered.verdict.code) == (["in"], "AUTO-N-OFFER")
    late = daily.judge_freed_date(date(2026, 3, 10), entries, on("2026-03-10"))
    assert (late.candidates, late.verdict.code) == ((), "")


@given(
    category=st.none() | st.sampled_from(list(Category)),
    way=st.sampled_from(list(ReferralWay)),
    term=st.none() | st.dates(date(2026, 3, 2), date(2026, 6, 1)).map(DayTerm) | st.just(WeekTerm(2026, 20)),
    ahead=st.integers(0, 120),
    removed=st.booleans(),
)
def test_silence_or_something_to_do(
    category: Category | None, way: ReferralWay, term: DayTerm | WeekTerm | None, ahead: int, *, removed: bool
) -> None:
    """Never an allowance, never two words of one rule, and a removed entry is left alone."""
    reported = at("2026-03-02")
    schedule = AdmissionSchedule("S1", Care.AMBULATORY, "1600")
    removal = Removal(date(2026, 3, 2), "RESIGNED", reported, "x") if removed else None
    entry = Entry(
        "E1",
        schedule,
        EntryPerson("P1"),
        reported,
        reported,
        category=category,
        term=term,
        referral=EntryReferral(way=way),
        removal=removal,
    )
    found = daily.judge_day(entry, Day(reported + timedelta(days=ahead)))
    assert all(one.outcome is not Outcome.ALLOWED and one.code and one.article for one in found)
    assert len({one.rule for one in found}) == len(found)
    assert not (removed and found)
