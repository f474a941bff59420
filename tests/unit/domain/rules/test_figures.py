"""The figures of a month and the average wait (Z-05, Z-06, Z-07, Z-08): every example of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.entitlement import Category, Criterion, Entitlement
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.register import (
    AdmissionSchedule,
    Care,
    CategoryChange,
    Entry,
    EntryPerson,
    Removal,
    Restoring,
    TermChange,
    TermChangeCause,
)
from adapter.domain.rules import figures
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.term import DayTerm

MakeEntry = Callable[..., Entry]
PATIENT_SIDE = frozenset({"4", "5", "8", "12", "14"})


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    return instant_in_warsaw(day(text), time(12))


def removed(on: str, reason: str = "SERVICE_DONE") -> Removal:
    return Removal(day(on), reason, at(on), "clerk-1")


def test_z_05_the_march_of_a_clinic(new_entry: MakeEntry) -> None:
    """March 2026: open on 03-31: category 2 = 14 (3 urgent), category 5 = 22; removed 9, served 7."""
    urgent = [new_entry("2026-02-02", id=f"u{one}", criterion=Criterion.URGENT) for one in range(3)]
    stable = [new_entry("2026-03-31", id=f"s{one}") for one in range(11)]
    going = [new_entry("2026-01-12", id=f"k{one}", category=Category.CONTINUING) for one in range(22)]
    served = [new_entry("2026-02-02", id=f"d{one}", removal=removed("2026-03-31")) for one in range(7)]
    left = [new_entry("2026-02-02", id=f"r{one}", removal=removed("2026-03-01", "RESIGNED")) for one in range(2)]
    outside = [
        new_entry("2026-04-01", id="later"),
        new_entry("2026-01-12", id="before", removal=removed("2026-02-28")),
        new_entry("2026-03-02", id="bare", category=None),
    ]
    found = figures.month_figures([*urgent, *stable, *going, *served, *left, *outside], 2026, 3)
    assert (found.first, found.last) == (day("2026-03-01"), day("2026-03-31"))
    assert dict(found.standing) == {Category.WAITING: 14, Category.CONTINUING: 22}
    assert (sum(found.removed.values()), sum(found.served.values())) == (9, 7)
    assert [row.criterion for row in found.waiting].count(Criterion.URGENT) == 3
    assert len(found.waiting) == 14


def test_z_05_category_4_by_its_basis_and_moves_to_freed_dates(new_entry: MakeEntry) -> None:
    right = new_entry("2026-03-02", category=Category.PRIVILEGED, entitlement=Entitlement("47CK"))
    freed = TermChange(None, None, at("2026-03-11"), "x", TermChangeCause.EARLIER_OFFER, "9")
    moved = new_entry("2026-03-02", id="E2", term_changes=(freed, replace(freed, at=at("2026-03-12"))))
    other = new_entry("2026-03-02", id="E3", term_changes=(replace(freed, cause=TermChangeCause.PATIENT),))
    found = figures.month_figures([right, moved, other], 2026, 3)
    assert dict(found.privileged) == {"47CK": 1}
    assert dict(found.moved_to_freed) == {Criterion.STABLE: 1}
    assert not figures.month_figures([moved], 2026, 4).moved_to_freed


def test_z_05_counts_the_category_of_that_day(new_entry: MakeEntry) -> None:
    """A change in April does not reach into the figures of March."""
    change = CategoryChange(
        Category.PRIVILEGED, Category.WAITING, at("2026-04-02"), "x", None, Criterion.STABLE, term_moved=True
    )
    entry = new_entry("2026-03-02", category_changes=(change,), entitlement=Entitlement("47CK"))
    assert dict(figures.month_figures([entry], 2026, 3).standing) == {Category.PRIVILEGED: 1}
    assert dict(figures.month_figures([entry], 2026, 4).standing) == {Category.WAITING: 1}
    assert figures.criterion_on(entry, day("2026-03-31")) is None
    assert figures.criterion_on(entry, day("2026-04-02")) is Criterion.STABLE


def test_z_05_a_removal_that_was_taken_back_later_stays_in_the_month_it_was_made(new_entry: MakeEntry) -> None:
    """Removed 2026-03-21, restored 2026-04-02: gone at the end of March, back at the end of April. The same month: no
    removal."""
    back = Restoring(removed("2026-03-21", "NO_SHOW"), at("2026-04-02"), "x")
    entry = new_entry("2026-02-02", restorings=(back,))
    march, april = figures.month_figures([entry], 2026, 3), figures.month_figures([entry], 2026, 4)
    assert (dict(march.standing), dict(march.removed)) == ({}, {Category.WAITING: 1})
    assert (dict(april.standing), dict(april.removed)) == ({Category.WAITING: 1}, {})
    soon = figures.month_figures([replace(entry, restorings=(replace(back, at=at("2026-03-25")),))], 2026, 3)
    assert (dict(soon.standing), dict(soon.removed)) == ({Category.WAITING: 1}, {})


# day          in March 2026
EDGES = [("2026-02-28", False), ("2026-03-01", True), ("2026-03-31", True), ("2026-04-01", False)]


@pytest.mark.parametrize(("on", "inside"), EDGES)
def test_z_05_z_06_the_first_and_the_last_day_belong_to_the_month(
    new_entry: MakeEntry, on: str, *, inside: bool
) -> None:
    """A move to a freed date, a change of category, a removal that was taken back on that day."""
    first, last = figures.month_bounds(2026, 3)
    move = TermChange(None, None, at(on), "x", TermChangeCause.EARLIER_OFFER, "9")
    moved = figures.month_figures([new_entry("2026-01-12", term_changes=(move,))], 2026, 3)
    assert bool(moved.moved_to_freed) is inside
    change = CategoryChange(Category.PRIVILEGED, Category.WAITING, at(on), "x")
    changed = new_entry("2026-01-12", category_changes=(change,))
    assert bool(figures.category_rows([changed], first, last, {})) is inside
    assert figures.category_on(changed, day(on)) is Category.WAITING
    assert figures.category_on(changed, day(on) - timedelta(days=1)) is Category.PRIVILEGED
    back = new_entry("2026-01-12", restorings=(Restoring(removed("2026-02-02", "NO_SHOW"), at(on), "x"),))
    assert figures.open_on(back, day(on))
    assert not figures.open_on(back, day(on) - timedelta(days=1))


def test_z_05_a_removal_taken_back_on_the_last_day_is_none(new_entry: MakeEntry) -> None:
    gone = removed("2026-03-21", "NO_SHOW")
    for back, standing in (("2026-03-31", 1), ("2026-04-01", 0)):
        entry = new_entry("2026-02-02", restorings=(Restoring(gone, at(back), "x"),))
        found = figures.month_figures([entry], 2026, 3)
        assert (sum(found.standing.values()), sum(found.removed.values())) == (standing, 1 - standing)


@pytest.mark.parametrize(
    ("on", "inside"), [("2025-12-31", 0), ("2026-01-01", 1), ("2026-03-31", 1), ("2026-04-01", 0)]
)
def test_z_08_the_first_and_the_last_day_of_three_months(new_entry: MakeEntry, on: str, inside: int) -> None:
    served = new_entry("2025-11-03", removal=removed(on))
    assert figures.average_wait([served], day("2026-03-15"), PATIENT_SIDE)[Criterion.STABLE].persons == inside


def test_z_06_changes_on_to_and_off_the_list(new_entry: MakeEntry) -> None:
    """2026-03-10 4 -> 2: row {before 4, after 2} (V-09, V-11 mark); 4 -> 5 touches no list; April is not March."""
    first, last = figures.month_bounds(2026, 3)
    on = CategoryChange(Category.PRIVILEGED, Category.WAITING, at("2026-03-10"), "x")
    off = CategoryChange(Category.WAITING, Category.CONTINUING, at("2026-03-31"), "x")
    entry = new_entry("2026-03-02", category_changes=(on, off, replace(off, at=at("2026-04-01"))))
    aside = new_entry("2026-03-02", id="E2", category_changes=(replace(on, after=Category.CONTINUING),))
    same = new_entry("2026-03-02", id="E3", category_changes=(replace(off, after=Category.WAITING),))
    rows = figures.category_rows([entry, aside, same], first, last, {"E1": "BK"})
    assert [(row.before.value, row.after.value, row.mark) for row in rows] == [(4, 2, "BK"), (2, 5, "BK")]


@pytest.mark.parametrize(
    ("fields", "category", "code"),
    [
        ({"given", "family", "pesel", "criterion"}, Category.WAITING, ""),
        ({"pesel", "category_before", "category_after"}, Category.WAITING, ""),
        ({"given", "family", "pesel", "diagnosis"}, Category.WAITING, "E-Z-DATA"),
        ({"pesel"}, Category.PRIVILEGED, "E-Z-DATA"),
        ({"criterion"}, Category.PRIVILEGED, ""),
    ],
)
def test_z_07_personal_data_of_category_2_only(fields: set[str], category: Category, code: str) -> None:
    """A row with ICD-10 -> E-Z-DATA."""
    verdict = figures.row_lawful(fields, category)
    assert verdict.code == code
    assert not code or ("diagnosis" in fields) is ("diagnosis" in verdict.text_en)


def test_z_08_the_example_of_the_book(new_entry: MakeEntry) -> None:
    """Jan-Mar 2026: 56 + 63 + 36 (moved by the patient), one reserved skipped -> 155/3 = 51.67 -> 52 (M-04)."""
    asked = TermChange(
        DayTerm(day("2026-03-10")), DayTerm(day("2026-03-30")), at("2026-03-03"), "x", TermChangeCause.PATIENT, "4"
    )
    counted = [
        new_entry("2026-01-05", id="A", removal=removed("2026-03-02")),
        new_entry("2026-01-12", id="B", removal=removed("2026-03-20"), service_started=at("2026-03-16")),
        new_entry("2026-02-02", id="C", removal=removed("2026-03-30"), term_changes=(asked,)),
    ]
    skipped = [
        new_entry("2026-01-05", id="D", removal=removed("2026-03-02"), reserved=True),
        new_entry("2026-01-05", id="E", removal=removed("2026-03-02"), category=Category.ONCOLOGY, criterion=None),
        new_entry("2026-01-05", id="F", removal=removed("2026-03-02", "RESIGNED")),
        new_entry("2025-11-03", id="G", removal=removed("2025-12-31")),
        new_entry("2026-01-05", id="H", removal=removed("2026-03-02"), category=Category.PRIVILEGED),
        new_entry("2026-01-05", id="I"),
    ]
    average = figures.average_wait([*counted, *skipped], day("2026-03-31"), PATIENT_SIDE)
    stable = average[Criterion.STABLE]
    assert (stable.days, stable.persons, stable.mean, stable.shown) == (155, 3, Decimal("51.67"), 52)
    assert average[Criterion.URGENT] == figures.AverageWait(0, 0, None, None)
    whole = figures.average_wait(counted, day("2026-03-31"), PATIENT_SIDE, RuleSettings(average_decimals=0))
    assert whole[Criterion.STABLE].mean == Decimal(52)
    unasked = figures.average_wait(counted, day("2026-03-31"), frozenset())
    assert unasked[Criterion.STABLE].days == 56 + 63 + 56


def test_z_08_half_goes_up_and_three_months_are_three(new_entry: MakeEntry) -> None:
    pair = [
        new_entry("2026-03-02", id="A", removal=removed("2026-03-03")),
        new_entry("2026-03-02", id="B", removal=removed("2026-03-04")),
    ]
    assert figures.average_wait(pair, day("2026-03-31"), PATIENT_SIDE)[Criterion.STABLE].shown == 2
    assert figures.three_months(day("2026-03-31")) == day("2026-01-01")
    assert figures.three_months(day("2026-01-15")) == day("2025-11-01")


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Category)), st.integers(0, 89), st.none() | st.integers(0, 89)), max_size=30
    )
)
def test_z_05_nobody_is_lost_or_counted_twice(rows: list[tuple[Category, int, int | None]]) -> None:
    """Who was in the register before or in the month stands at its end or left in it or before: one of the three."""
    start, schedule = date(2026, 1, 1), AdmissionSchedule("S1", Care.AMBULATORY, "1600")
    entries = []
    for number, (category, came, went) in enumerate(rows):
        entered = at(str(start + timedelta(days=came)))
        removal = removed(str(start + timedelta(days=max(came, went)))) if went is not None else None
        entries.append(
            Entry(f"E{number}", schedule, EntryPerson("P"), entered, entered, category=category, removal=removal)
        )
    found = figures.month_figures(entries, 2026, 2)
    before = sum(1 for one in entries if one.removal is not None and one.removal.on < found.first)
    later = sum(1 for one in entries if one.entered_at > at("2026-02-28"))
    counted = sum(found.standing.values()) + sum(found.removed.values())
    assert counted == len(entries) - before - later
    assert all(found.served[one] <= found.removed[one] for one in found.served)
