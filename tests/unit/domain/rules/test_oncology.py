"""The oncology list (O-01 to O-04): every example of the book."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import AdmissionSchedule, Care, DiloCard, Entry, EntryPerson, Route
from adapter.domain.rules import oncology
from adapter.domain.rules.oncology import ListKind
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def entry(diagnosis: str, criterion: Criterion | None = None, category: Category = Category.ONCOLOGY) -> Entry:
    schedule = AdmissionSchedule("S1", Care.AMBULATORY, "1240")
    return Entry(
        "E1",
        schedule,
        EntryPerson("P1"),
        AT,
        AT,
        category=category,
        criterion=criterion,
        diagnosis=diagnosis,
        dilo=DiloCard("D-1"),
    )


def test_o_01_the_oncology_list_knows_no_criterion() -> None:
    """C50 with a card on 2026-03-02: list DILO, category 3; criterion urgent sent -> E-CRIT-ONCO."""
    assert oncology.list_kind(entry("C50").category) is ListKind.ONCOLOGY
    assert oncology.own_list(entry("C50")).outcome is Outcome.ALLOWED
    refused = oncology.own_list(entry("C50", Criterion.URGENT))
    assert (refused.outcome, refused.rule, refused.code) == (Outcome.REFUSED, "O-01", "E-CRIT-ONCO")
    assert not oncology.own_list(entry("C50", Criterion.URGENT, Category.WAITING)).refused


@pytest.mark.parametrize("category", [None, *Category])
def test_o_01_only_categories_2_and_3_are_on_a_list(category: Category | None) -> None:
    expected = {Category.WAITING: ListKind.MAIN, Category.ONCOLOGY: ListKind.ONCOLOGY}
    assert oncology.list_kind(category) is expected.get(category, ListKind.NONE)


@pytest.mark.parametrize(("icd10", "out"), [("C44.3", True), ("c443", True), ("C43.5", False), ("C50", False)])
def test_o_02_skin_cancer_out_melanoma_in(icd10: str, out: bool) -> None:
    assert oncology.skin_cancer(icd10) is out
    verdict = oncology.melanoma_or_other(entry(icd10))
    assert (verdict.rule, verdict.code) == ("O-02", "E-CAT-MISMATCH" if out else "")
    assert not oncology.melanoma_or_other(entry(icd10, category=Category.WAITING)).refused


def test_o_02_the_codes_are_a_setting() -> None:
    assert oncology.skin_cancer("C46.0", RuleSettings(skin_cancer_codes=("C44", "C460")))


def test_o_03_only_the_oncology_list_is_left_out() -> None:
    assert [kind for kind in ListKind if oncology.left_out(kind)] == [ListKind.ONCOLOGY]


def test_o_04_kept_in_ap_kolce_without_a_row_in_the_monthly_file() -> None:
    """DILO entry 2026-03-02 -> route AP_KOLCE, no row; the same schedule's ordinary entry keeps its route."""
    assert oncology.route(entry("C50")) is Route.AP_KOLCE
    assert oncology.kept_in_real_time(entry("C50")).code == "AUTO-AP-KOLCE"
    ordinary = entry("I20", Criterion.STABLE, Category.WAITING)
    assert oncology.route(ordinary) is Route.KLX
    assert oncology.kept_in_real_time(ordinary).outcome is Outcome.ALLOWED
