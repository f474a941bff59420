"""What happens to an entry only ever adds to its history; numbers rise and are never used twice (G-03, D-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain import history
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import (
    AdmissionSchedule,
    Care,
    CategoryChange,
    Entry,
    EntryPerson,
    Removal,
    TermChange,
    TermChangeCause,
)
from adapter.domain.term import DayTerm, WeekTerm

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ENTRY = Entry(
    id="E1",
    schedule=AdmissionSchedule("000000927722-01-0001", Care.AMBULATORY, "1100"),
    person=EntryPerson("P1", "Anna", "Wzorcowa"),
    reported_at=START,
    entered_at=START,
    entered_by="clerk-1",
    category=Category.WAITING,
    criterion=Criterion.STABLE,
    number=3,
    term=DayTerm(date(2026, 6, 1)),
)


def moved(entry: Entry, days: int, at: datetime) -> TermChange:
    return TermChange(
        entry.term, DayTerm(date(2026, 6, 1) + timedelta(days=days)), at, "clerk-1", TermChangeCause.PROVIDER, "7"
    )


def turned(entry: Entry, after: Category, criterion: Criterion | None, at: datetime) -> CategoryChange:
    assert entry.category is not None
    return CategoryChange(entry.category, after, at, "clerk-1", entry.criterion, criterion)


def gone(at: datetime) -> Removal:
    return Removal(date(2026, 6, 2), "SERVICE_DONE", at, "clerk-1")


def test_d_03_the_next_number_follows_the_highest_ever_given() -> None:
    assert history.next_number([]) == 1
    assert history.next_number([1, 2, 3]) == 4, "3 was removed; nobody gets it again"
    assert history.next_number([7, 2]) == 8


@given(st.lists(st.booleans(), max_size=40))
def test_d_03_numbers_strictly_increase_and_are_never_reused_whoever_is_removed(removals: list[bool]) -> None:
    """Each step enters a patient and, where told, removes the one who stands first."""
    register: list[Entry] = []
    for step, remove in enumerate(removals):
        joined = history.with_number(
            replace(ENTRY, id=f"E{step}", number=None), (one.number for one in register if one.number)
        )
        register.append(joined)
        if remove:
            first = next(index for index, one in enumerate(register) if one.open)
            register[first] = history.removed(register[first], gone(START + timedelta(days=1)))
    numbers = [one.number for one in register]
    assert numbers == list(range(1, len(register) + 1))


def test_d_03_who_is_not_on_the_list_gets_no_number_and_nobody_gets_a_second_one() -> None:
    off = replace(ENTRY, number=None, category=Category.CONTINUING)
    assert history.with_number(off, [1, 2]).number is None
    assert history.with_number(ENTRY, [9]).number == 3


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("term"), st.integers(-40, 40)),
        st.tuples(st.just("category"), st.sampled_from(list(Category))),
        st.tuples(st.just("criterion"), st.sampled_from([None, *Criterion])),
        st.tuples(st.just("reserve"), st.none()),
        st.tuples(st.just("remove"), st.none()),
        st.tuples(st.just("restore"), st.one_of(st.none(), st.just(date(2026, 1, 7)))),
    ),
    max_size=12,
)


def step(entry: Entry, what: str, value: object, at: datetime) -> Entry:
    """One thing that happens to an entry."""
    if what == "term":
        return history.with_term_change(entry, moved(entry, int(str(value)), at))
    if what == "category":
        assert isinstance(value, Category)
        return history.with_category_change(entry, turned(entry, value, entry.criterion, at))
    if what == "criterion":
        assert entry.category is not None
        assert value is None or isinstance(value, Criterion)
        return history.with_category_change(entry, turned(entry, entry.category, value, at))
    if what == "reserve":
        return history.with_reservation(entry)
    if what == "restore":
        assert value is None or isinstance(value, date)
        return history.restored(entry, at, "clerk-1", report_date=value)
    return history.removed(entry, gone(at))


@settings(deadline=None)
@given(STEPS)
def test_g_03_history_never_shrinks_and_nothing_of_it_changes(steps: list[tuple[str, object]]) -> None:
    """Whatever happens, in whatever order: each record stays where it was; a removed entry is restored or stays."""
    entry, at = ENTRY, START
    for what, value in steps:
        at += timedelta(hours=1)
        before = entry
        if before.open is (what == "restore"):
            with pytest.raises(ValueError, match="removed"):
                step(before, what, value, at)
            continue
        entry = step(before, what, value, at)
        assert entry.term_changes[: len(before.term_changes)] == before.term_changes
        assert entry.category_changes[: len(before.category_changes)] == before.category_changes
        assert entry.restorings[: len(before.restorings)] == before.restorings
        assert history.history(entry)[: len(history.history(before))] == history.history(before)
        assert (entry.id, entry.number, entry.reported_at, entry.entered_at, entry.entered_by) == (
            ENTRY.id,
            ENTRY.number,
            ENTRY.reported_at,
            ENTRY.entered_at,
            ENTRY.entered_by,
        )
    told = history.history(entry)
    assert [one.at for one in told] == sorted(one.at for one in told)
    assert all(one.by for one in told)


def test_g_03_history_says_who_when_before_and_after() -> None:
    at = START + timedelta(days=3)
    entry = history.with_term_change(ENTRY, moved(ENTRY, -7, at))
    entry = history.with_category_change(entry, turned(entry, Category.WAITING, Criterion.URGENT, at))
    entry = history.with_category_change(entry, turned(entry, Category.PRIVILEGED, None, at + timedelta(days=1)))
    entry = history.removed(entry, gone(at + timedelta(days=90)))
    told = [(one.what, one.by, one.before, one.after, one.reason) for one in history.history(entry)]
    assert told == [
        ("entered", "clerk-1", "", "", ""),
        ("term", "clerk-1", "2026-06-01", "2026-05-25", "7"),
        ("criterion", "clerk-1", "stable", "urgent", ""),
        ("category", "clerk-1", "2", "4", ""),
        ("criterion", "clerk-1", "urgent", "", ""),
        ("removed", "clerk-1", "", "2026-06-02", "SERVICE_DONE"),
    ]
    assert entry.number == 3, "off the list the number stays taken"


def test_e_06_a_reinstated_entry_keeps_number_and_history_and_takes_its_first_report() -> None:
    gone_at, back_at = START + timedelta(days=50), START + timedelta(days=60)
    back = history.restored(history.removed(ENTRY, gone(gone_at)), back_at, "clerk-2", report_date=date(2026, 3, 2))
    assert (back.open, back.number, back.reinstated, back.original_report_date) == (True, 3, True, date(2026, 3, 2))
    assert [(one.what, one.by) for one in history.history(back)] == [
        ("entered", "clerk-1"),
        ("removed", "clerk-1"),
        ("restored", "clerk-2"),
    ]


def test_r_02_a_letter_posted_in_time_brings_the_entry_back_as_it_was() -> None:
    gone_at = START + timedelta(days=30)
    back = history.restored(history.removed(ENTRY, gone(gone_at)), gone_at + timedelta(days=1), "pomost")
    assert replace(back, restorings=()) == ENTRY


def test_only_what_was_removed_comes_back_and_not_before() -> None:
    with pytest.raises(ValueError, match="only a removed"):
        history.restored(ENTRY, START, "c")
    with pytest.raises(ValueError, match="before it was removed"):
        history.restored(history.removed(ENTRY, gone(START + timedelta(days=1))), START, "c")


def test_a_change_that_does_not_fit_the_entry_is_the_callers_mistake() -> None:
    other = replace(ENTRY, term=WeekTerm(2026, 40), criterion=Criterion.URGENT)
    late = START + timedelta(days=1)
    with pytest.raises(ValueError, match="term"):
        history.with_term_change(ENTRY, moved(other, 1, late))
    with pytest.raises(ValueError, match="criterion"):
        history.with_category_change(ENTRY, turned(other, Category.PRIVILEGED, None, late))
    with pytest.raises(ValueError, match="before the one"):
        history.with_term_change(ENTRY, moved(ENTRY, 1, START - timedelta(seconds=1)))
    changed = history.with_term_change(ENTRY, moved(ENTRY, 1, late))
    with pytest.raises(ValueError, match="before the one"):
        history.removed(changed, gone(START))
