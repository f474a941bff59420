"""Continuing treatment (K-01, K-02, K-03, K-04, K-05): every example of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.entitlement import Category
from adapter.domain.history import removed
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.register import AdmissionSchedule, Care, Entry, Removal, Speciality
from adapter.domain.rules import continuing, duplicates, kinds
from adapter.domain.rules.release import ReferralEffect, on_removal
from adapter.domain.rules.verdict import Outcome
from adapter.domain.term import DayTerm

MakeEntry = Callable[..., Entry]


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    return instant_in_warsaw(day(text), time(12))


def re_entered(entry: Entry, visit: str, ends: str | None) -> continuing.ReEntry:
    return continuing.re_enter(
        entry, day(visit), day(ends) if ends else None, plan="CarePlan/1", new_id="E2", act="A1", at=at(visit), by="x"
    )


def test_k_01_one_act_closes_and_enters_again(new_entry: MakeEntry) -> None:
    """Category 2, visit 2026-03-03, plan to 2026-11-20 -> removal 03-03 as done + entry 03-03 category 5, 11-20."""
    done = re_entered(new_entry("2026-02-02", "2026-03-03"), "2026-03-03", "2026-11-20")
    assert done.closed is not None
    assert done.opened is not None
    assert done.closed.removal == Removal(day("2026-03-03"), "SERVICE_DONE", at("2026-03-03"), "x")
    assert (done.opened.category, done.opened.term) == (Category.CONTINUING, DayTerm(day("2026-11-20")))
    assert (done.opened.id, done.opened.entered_at, done.opened.person) == ("E2", at("2026-03-03"), done.closed.person)
    assert [(one.rule, one.code) for one in done.verdicts] == [
        ("K-01", "AUTO-K-REENTER"),
        ("K-02", ""),
        ("R-04", "AUTO-R-FINISH"),
    ]
    assert done.act == "A1"
    assert not on_removal(done.opened, ReferralEffect.FINISH).code
    assert done.closed == removed(new_entry("2026-02-02", "2026-03-03"), done.closed.removal)
    assert not kinds.off_the_list(done.opened).code
    assert not continuing.from_plan(done.opened).code
    known = duplicates.KnownEntry.of(done.opened, "A")
    assert not duplicates.one_list(known, [duplicates.KnownEntry.of(done.closed, "A")], day("2026-03-03")).refused


def test_k_01_what_cannot_be_entered_again(new_entry: MakeEntry) -> None:
    open_entry = new_entry("2026-02-02", "2026-03-03")
    gone = replace(open_entry, removal=Removal(day("2026-02-20"), "RESIGNED", at("2026-02-20"), "x"))
    for entry, visit, ends in (
        (gone, "2026-03-03", None),
        (replace(open_entry, category=Category.CONTINUING), "2026-03-03", None),
        (replace(open_entry, category=Category.EMERGENCY), "2026-03-03", None),
        (replace(open_entry, category=None), "2026-03-03", None),
        (open_entry, "2026-02-01", None),
        (open_entry, "2026-03-03", "2026-03-02"),
    ):
        done = re_entered(entry, visit, ends)
        assert (done.closed, done.opened, done.verdicts[0].code) == (None, None, "E-K-REENTER")


def test_k_01_a_plan_of_one_day_begins_with_the_service(new_entry: MakeEntry) -> None:
    """The plan may end on the day of the visit; what is written down later counts from the start of the service."""
    began = at("2026-03-03")
    done = continuing.re_enter(
        new_entry("2026-02-02", service_started=began),
        day("2026-03-03"),
        day("2026-03-03"),
        plan="CarePlan/1",
        new_id="E2",
        act="A1",
        at=at("2026-03-05"),
        by="x",
    )
    assert done.opened is not None
    assert (done.opened.term, done.opened.reported_at) == (DayTerm(day("2026-03-03")), began)
    assert done.opened.entered_at == at("2026-03-05")


@pytest.mark.parametrize("category", [Category.SAME_DAY, Category.WAITING, Category.ONCOLOGY, Category.PRIVILEGED])
def test_k_01_categories_1_to_4(new_entry: MakeEntry, category: Category) -> None:
    done = re_entered(new_entry("2026-03-03", category=category), "2026-03-03", None)
    assert done.opened is not None
    assert done.opened.term == DayTerm(day("2026-12-31"))


def test_k_02_an_unknown_end_is_the_end_of_the_year() -> None:
    """Entry 2026-03-03, no end known -> 2026-12-31; in December the same year, with a warning."""
    spring = continuing.plan_end(day("2026-03-03"), None)
    assert (spring.day, spring.verdict.code) == (day("2026-12-31"), "AUTO-K-YEAREND")
    december = continuing.plan_end(day("2026-12-02"), None)
    assert (december.day, december.verdict.code) == (day("2026-12-31"), "W-K-YEAREND")
    known = continuing.plan_end(day("2026-12-02"), day("2027-02-01"))
    assert (known.day, known.verdict.outcome) == (day("2027-02-01"), Outcome.ALLOWED)


@given(st.dates(date(2025, 1, 1), date(2030, 12, 31)))
def test_k_02_the_placeholder_is_never_before_the_entry(entered: date) -> None:
    assert entered <= continuing.plan_end(entered, None).day <= date(entered.year, 12, 31)


def test_k_03_first_the_date_then_the_removal(new_entry: MakeEntry) -> None:
    """Placeholder 2026-12-31, ended 2026-09-14 -> edit to 09-14, then removal 09-14 as done (M-07)."""
    entry = new_entry("2026-03-03", "2026-12-31", category=Category.CONTINUING, number=None)
    done = Removal(day("2026-09-14"), "SERVICE_DONE", at("2026-09-14"), "clerk-1")
    refused = continuing.ended_on_its_date(entry, done)
    assert (refused.code, "2026-09-14" in refused.text_pl) == ("E-K-ENDDATE", True)
    assert not continuing.ended_on_its_date(replace(entry, term=DayTerm(day("2026-09-14"))), done).code
    assert not continuing.ended_on_its_date(entry, replace(done, reason="RESIGNED")).code
    assert not continuing.ended_on_its_date(replace(entry, category=Category.WAITING), done).code


# today          asked   why
YEAR_END = [
    ("2026-12-30", False, "a day early"),
    ("2026-12-31", True, "the last working day of 2026 is New Year's Eve"),
    ("2027-02-01", True, "still there in the new year"),
]


@pytest.mark.parametrize(("today", "asked", "why"), YEAR_END, ids=[row[2] for row in YEAR_END])
def test_k_03_open_placeholders_at_the_end_of_the_year(
    new_entry: MakeEntry, today: str, *, asked: bool, why: str
) -> None:
    entry = new_entry("2026-03-03", "2026-12-31", category=Category.CONTINUING, number=None)
    assert bool(continuing.year_end(entry, day(today)).code) is asked, why
    others = [replace(entry, term=DayTerm(day("2026-12-30"))), new_entry(term="2026-12-31")]
    assert not [one for one in others if continuing.year_end(one, day(today)).code]


def test_k_03_the_last_working_day_of_december() -> None:
    assert continuing.year_end_day(2026) == day("2026-12-31")
    assert continuing.year_end_day(2022) == day("2022-12-30")


DRUGS = AdmissionSchedule("S5", Care.AMBULATORY, "1100", specialities=frozenset({Speciality.DRUG_PROGRAMME}))


@pytest.mark.parametrize("visit", ["2026-01-12", "2026-02-09", "2026-03-09"])
def test_k_04_each_visit_for_medicines_is_an_entry_of_category_5(new_entry: MakeEntry, visit: str) -> None:
    """Visits 2026-01-12, 2026-02-09, 2026-03-09 -> three entries of category 5; category 1 -> E-K-DRUG."""
    entry = new_entry(visit, visit, schedule=DRUGS, category=Category.CONTINUING, number=None)
    assert not continuing.drug_programme(entry).code
    assert continuing.drug_programme(replace(entry, category=Category.SAME_DAY)).code == "E-K-DRUG"
    assert not continuing.drug_programme(new_entry(category=Category.SAME_DAY)).code


def test_k_05_the_date_comes_from_the_plan(new_entry: MakeEntry) -> None:
    """Plan says 2026-06-08, entry 2026-06-15 -> W-K-NOPLAN without a plan; W-K-OFFPLAN with it."""
    entry = new_entry(term="2026-06-15", category=Category.CONTINUING, number=None)
    assert continuing.from_plan(entry).code == "W-K-NOPLAN"
    planned = replace(entry, plan="CarePlan/1", plan_day=day("2026-06-08"))
    assert continuing.from_plan(planned).code == "W-K-OFFPLAN"
    assert not continuing.from_plan(replace(planned, term=DayTerm(day("2026-06-08")))).code
    assert not continuing.from_plan(new_entry()).code
