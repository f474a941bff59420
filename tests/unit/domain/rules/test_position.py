"""The order on a waiting list: G-05, with the earlier reports of E-02 and E-06, and the next one of M-06."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, Removal
from adapter.domain.rules import position
from adapter.domain.term import DayTerm, WeekTerm

MakeEntry = Callable[..., Entry]
STABLE, URGENT = Criterion.STABLE, Criterion.URGENT
SCHEDULE = AdmissionSchedule("000000927722-01-0001", Care.AMBULATORY, "1100")


def ids(entries: tuple[Entry, ...]) -> str:
    return " ".join(one.id for one in entries)


def test_g_05_urgent_first_then_the_report(new_entry: MakeEntry) -> None:
    a = new_entry("2026-01-05", id="A")
    b = new_entry("2026-02-10", id="B", criterion=URGENT)
    c = new_entry("2026-01-20", id="C")
    assert ids(position.waiting_order([a, b, c])) == "B A C"
    assert [position.position(one, [a, b, c]) for one in (a, b, c)] == [2, 1, 3]


def test_e_02_the_report_at_a_provider_that_stopped_decides(new_entry: MakeEntry) -> None:
    y, x = new_entry("2025-05-20", id="Y"), new_entry("2025-09-01", id="X")
    patient = new_entry("2026-04-02", id="P", original_report_date=date(2025, 6, 10), prior_provider_date_used=True)
    assert ids(position.waiting_order([x, patient, y])) == "Y P X"


def test_e_06_a_reinstated_patient_keeps_the_first_report(new_entry: MakeEntry) -> None:
    back = new_entry("2026-05-04", id="P", original_report_date=date(2026, 1, 7), reinstated=True)
    others = [new_entry("2026-01-08", id="X"), new_entry("2026-01-06", id="Y"), new_entry("2026-01-07", id="Z")]
    assert ids(position.waiting_order([*others, back])) == "Y P Z X", "a day without a time stands before that day"


def test_an_original_report_never_makes_a_place_worse(new_entry: MakeEntry) -> None:
    later = new_entry("2026-01-05", id="P", original_report_date=date(2026, 9, 1))
    assert position.counted_report(later) == later.reported_at


def test_the_same_instant_is_settled_by_the_running_number(new_entry: MakeEntry) -> None:
    first, second, none = (new_entry(id=one, number=number) for one, number in (("B", 4), ("A", 7), ("C", None)))
    assert ids(position.waiting_order([none, second, first])) == "B A C"


def test_who_does_not_wait_has_no_position(new_entry: MakeEntry) -> None:
    waiting = new_entry()
    gone = new_entry(id="G", removal=Removal(date(2026, 3, 3), "RESIGNED", datetime(2026, 3, 3, tzinfo=UTC), "c"))
    continuing = new_entry(id="K", category=Category.CONTINUING)
    everyone = [gone, continuing, waiting]
    assert ids(position.waiting_order(everyone)) == "E1"
    assert [position.position(one, everyone) for one in everyone] == [None, None, 1]


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from([STABLE, URGENT]),
        st.integers(0, 20),
        st.one_of(st.none(), st.integers(0, 20)),
        st.booleans(),
    ),
    max_size=12,
)


def listed(people: list[tuple[Criterion, int, int | None, bool]]) -> list[Entry]:
    """Entries of one list from (criterion, day of report, day of an earlier report, open)."""
    first = datetime(2026, 1, 5, 9, tzinfo=UTC)
    gone = Removal(date(2026, 6, 1), "RESIGNED", first + timedelta(days=150), "c")
    return [
        Entry(
            id=f"E{number}",
            schedule=SCHEDULE,
            person=EntryPerson(f"P{number}"),
            reported_at=first + timedelta(days=days),
            entered_at=first + timedelta(days=days),
            category=Category.WAITING,
            criterion=criterion,
            number=number,
            original_report_date=None if earlier is None else (first + timedelta(days=earlier)).date(),
            removal=None if is_open else gone,
        )
        for number, (criterion, days, earlier, is_open) in enumerate(people, 1)
    ]


@settings(deadline=None)
@given(PEOPLE, st.randoms(use_true_random=False))
def test_positions_are_always_a_permutation_whatever_the_order_of_the_input(people: list, chance: object) -> None:  # type: ignore[type-arg]
    entries = listed(people)
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    ordered = position.waiting_order(shuffled)
    assert ordered == position.waiting_order(entries)
    places = [position.position(one, shuffled) for one in ordered]
    assert places == list(range(1, len(ordered) + 1))
    assert {one.id for one in ordered} == {one.id for one in entries if one.open}


@settings(deadline=None)
@given(PEOPLE)
def test_a_stable_patient_never_stands_before_an_urgent_one(people: list) -> None:  # type: ignore[type-arg]
    criteria = [one.criterion for one in position.waiting_order(listed(people))]
    assert criteria == sorted(criteria, key=lambda one: one is STABLE)


@settings(deadline=None)
@given(PEOPLE)
def test_a_new_entry_never_moves_those_before_it(people: list) -> None:  # type: ignore[type-arg]
    entries = listed(people)
    before = position.waiting_order(entries)
    (added,) = listed([(STABLE, 30, None, True)])
    added = replace(added, id="NEW", number=len(entries) + 1)
    after = position.waiting_order([*entries, added])
    assert after[:-1] == before
    assert after[-1].id == "NEW"


def test_g_05_a_term_before_that_of_who_ranks_higher_is_shown(new_entry: MakeEntry) -> None:
    higher = new_entry("2026-01-05", "2026-06-01", id="H")
    mine = new_entry("2026-02-10", "2026-05-04")
    verdict = position.in_order(mine, [higher, mine])
    assert (verdict.rule, verdict.code) == ("G-05", "W-ORDER")
    assert not position.in_order(mine, [higher], "7").warned, "a reason code settles it"


# change of the other                                   why
NOT_OVERTAKEN = [
    ({"term": DayTerm(date(2026, 5, 4))}, "the same day"),
    ({"term": DayTerm(date(2026, 4, 30))}, "an earlier term"),
    ({"term": WeekTerm(2026, 17)}, "an earlier week"),
    ({"term": None}, "no term at all"),
    ({"reserved": True}, "reserved a later term by wish"),
    ({"category": Category.CONTINUING}, "not on the waiting list"),
    ({"reported_at": datetime(2026, 2, 11, tzinfo=UTC)}, "ranks lower"),
    ({"id": "E1"}, "the entry itself, as it stood before"),
]


@pytest.mark.parametrize(("change", "why"), NOT_OVERTAKEN, ids=[row[1] for row in NOT_OVERTAKEN])
def test_g_05_who_is_not_overtaken(new_entry: MakeEntry, change: dict[str, object], why: str) -> None:
    other = new_entry("2026-01-05", **{"id": "H", **change})
    mine = new_entry("2026-02-10", "2026-05-04")
    assert not position.in_order(mine, [other]).warned, why


def test_g_05_who_has_no_term_overtakes_nobody(new_entry: MakeEntry) -> None:
    assert not position.in_order(new_entry(term=None), [new_entry("2026-01-05", id="H")]).warned


def test_m_06_the_next_in_order_with_a_later_term_is_offered_it(new_entry: MakeEntry) -> None:
    a = new_entry("2026-01-05", "2026-04-02", id="A")
    soon = new_entry("2026-01-06", "2026-03-10", id="S")
    wish = new_entry("2026-01-07", "2026-09-01", id="W", reserved=True)
    b = new_entry("2026-01-08", "2026-05-04", id="B")
    freed = DayTerm(date(2026, 3, 17))
    found = position.next_in_order(a, [b, wish, soon, a], freed)
    assert found is b, "S comes earlier anyway, W chose a later term"
    assert position.next_in_order(a, [b, a], DayTerm(date(2026, 5, 4))) is None, "B has that day already"
    assert position.next_in_order(b, [b, wish, soon, a], freed) is None
