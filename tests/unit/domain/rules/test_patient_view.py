"""What a patient is told: D-05, D-06 and G-08."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import Entry, Removal
from adapter.domain.rules import patient_view
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome
from adapter.domain.term import DayTerm

MakeEntry = Callable[..., Entry]
GONE = Removal(date(2026, 3, 3), "RESIGNED", datetime(2026, 3, 3, tzinfo=UTC), "c")


def test_d_05_a_new_entry_is_told_on_its_day_with_category_criterion_term_and_the_funds_sentence(
    new_entry: MakeEntry,
) -> None:
    notice = patient_view.entry_notice(new_entry(term_justification="first free term"))
    assert notice is not None
    assert (notice.on, notice.category, notice.criterion) == (date(2026, 3, 2), Category.WAITING, Criterion.STABLE)
    assert notice.term == DayTerm(date(2026, 6, 1))
    assert notice.fund_notice
    assert notice.justification == "first free term"
    assert (notice.verdict.rule, notice.verdict.outcome) == ("D-05", Outcome.DO_THIS)


def test_d_05_nothing_is_sent_of_a_removed_entry_nor_to_who_died(new_entry: MakeEntry) -> None:
    entry = new_entry()
    assert patient_view.entry_notice(replace(entry, removal=GONE)) is None
    assert patient_view.entry_notice(replace(entry, category=None)) is None
    died = replace(entry, person=replace(entry.person, deceased_on=date(2026, 3, 2)))
    assert patient_view.entry_notice(died) is None


def test_d_05_the_justification_is_never_shown_by_accident(new_entry: MakeEntry) -> None:
    assert "secret" not in repr(new_entry(term_justification="secret"))


def test_d_06_the_certificate_shows_entry_criterion_term_and_provider(new_entry: MakeEntry) -> None:
    found = patient_view.certificate(new_entry("2026-01-12", "2026-09-07"), date(2026, 3, 2))
    assert found is not None
    assert (found.entered_on, found.criterion, found.term) == (
        date(2026, 1, 12),
        Criterion.STABLE,
        DayTerm(date(2026, 9, 7)),
    )
    assert found.schedule.startswith("000000927722")
    assert (found.verdict.rule, found.issued_on) == ("D-06", date(2026, 3, 2))


def test_d_06_an_oncology_certificate_has_no_medical_category(new_entry: MakeEntry) -> None:
    entry = new_entry(category=Category.ONCOLOGY, criterion=Criterion.URGENT)
    found = patient_view.certificate(entry, date(2026, 3, 2))
    shown = patient_view.certificate(entry, date(2026, 3, 2), RuleSettings(certificate_shows_oncology_criterion=True))
    assert found is not None
    assert shown is not None
    assert (found.criterion, shown.criterion) == (None, Criterion.URGENT)


@pytest.mark.parametrize(
    "change",
    [{"removal": GONE}, {"category": Category.PRIVILEGED}, {"category": None}],
    ids=["removed", "off", "none"],
)
def test_d_06_who_does_not_wait_gets_none(new_entry: MakeEntry, change: dict[str, object]) -> None:
    assert patient_view.certificate(new_entry(**change), date(2026, 3, 4)) is None


def test_g_08_a_patient_sees_list_criterion_term_and_place(new_entry: MakeEntry) -> None:
    mine = new_entry("2026-01-12", "2026-09-07")
    stranger = replace(mine.person, key="P2")
    before = new_entry("2026-01-05", id="X", person=stranger)
    dilo = new_entry("2026-01-05", id="D", person=stranger, category=Category.ONCOLOGY, criterion=None)
    (status,) = patient_view.own_status("P1", [before, dilo, mine])
    assert (status.schedule, status.criterion, status.term) == (
        mine.schedule.id,
        Criterion.STABLE,
        DayTerm(date(2026, 9, 7)),
    )
    assert status.place == 2, "the oncology list of the same schedule is a list of its own"
    assert patient_view.own_status("P3", [before, mine]) == ()


def test_g_08_off_the_list_there_is_no_place(new_entry: MakeEntry) -> None:
    (status,) = patient_view.own_status("P1", [new_entry(category=Category.CONTINUING)])
    assert (status.place, status.open) == (None, True)
