"""Categories: C-01 to C-04 and C-06 to C-08, every example of the rule book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.entitlement import Category, Criterion, Entitlement, Waiver
from adapter.domain.register import AdmissionSchedule, Care, CategoryChange, DiloCard, Entry
from adapter.domain.rules import categories
from adapter.domain.rules.categories import Circumstances
from adapter.domain.rules.kinds import category_given
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
TODAY = date(2026, 3, 2)
RIGHT = Entitlement("47CC", "clerk-1", datetime(2026, 3, 2, 8, tzinfo=UTC))
WAIVER = Waiver(datetime(2026, 3, 2, 9, tzinfo=UTC), "clerk-1", "wants another doctor")
WARD = AdmissionSchedule("000000927722-01-0009", Care.HOSPITAL, "4000")
CARD = DiloCard("D-0001", "1")


@pytest.mark.parametrize("value", [0, 7, "a", None, True, 2.5, "2"])
def test_c_01_anything_but_one_to_six_is_no_category(value: object) -> None:
    verdict = category_given(value)
    assert (verdict.rule, verdict.code, verdict.refused) == ("C-01", "E-CAT-NONE", True)


@pytest.mark.parametrize("value", [*range(1, 7), Category.ONCOLOGY])
def test_c_01_one_to_six_are_accepted(value: int) -> None:
    assert not category_given(value).refused


# changes                                                                      category  why
DERIVED = [
    ({"entitlement": RIGHT, "term": "same day"}, 4, "pregnant, seen same day"),
    ({"entitlement": RIGHT, "emergency": True}, 6, "emergency and pregnant"),
    ({"term": "same day"}, 1, "first visit seen same day"),
    ({}, 2, "first visit later"),
    ({"dilo": CARD, "diagnosis": "C50"}, 3, "DILO C50 later"),
    ({"dilo": CARD, "diagnosis": "C44"}, 2, "DILO C44 later"),
    ({"dilo": CARD, "diagnosis": "C44.3"}, 2, "DILO C44.3 later"),
    ({"dilo": CARD, "diagnosis": "C43.5"}, 3, "melanoma stays on the oncology list"),
    ({"dilo": CARD, "diagnosis": "C50", "term": "same day"}, 1, "a DILO card, served on the day"),
    ({"plan": "CarePlan/1"}, 5, "second visit in plan"),
    ({"category": Category.CONTINUING}, 5, "the hospital says so, K-05 asks for the plan"),
    ({"plan": "CarePlan/1", "entitlement": RIGHT}, 5, "continuing before privileged"),
    ({"plan": "CarePlan/1", "emergency": True}, 6, "an emergency before all"),
    ({"entitlement": RIGHT}, 4, "privileged, served later"),
    ({"entitlement": RIGHT, "waiver": WAIVER}, 2, "the privilege was given up"),
    ({"entitlement": Entitlement("47CC")}, 2, "nobody verified the right"),
    (
        {"entitlement": RIGHT, "waiver": replace(WAIVER, given_at=datetime(2026, 3, 3, 9, tzinfo=UTC))},
        4,
        "given up later",
    ),
]


@pytest.mark.parametrize(("changes", "expected", "why"), DERIVED, ids=[row[2] for row in DERIVED])
def test_c_02_the_category_follows_from_the_facts(
    new_entry: MakeEntry, changes: dict[str, object], expected: int, why: str
) -> None:
    given_term = "2026-03-02" if changes.get("term") == "same day" else "2026-06-01"
    entry = new_entry(term=given_term, **{key: value for key, value in changes.items() if key != "term"})
    found = categories.derived(categories.circumstances(entry, TODAY))
    assert found.category == expected, why
    assert found.verdict.outcome is Outcome.ALLOWED


def test_c_02_a_right_that_was_lost_is_not_active_until_it_is_given_again(new_entry: MakeEntry) -> None:
    """V-09: after 4 -> 2 the document alone makes nobody privileged again; a change back to 4 does."""
    at = datetime(2026, 3, 5, 9, tzinfo=UTC)
    lost = CategoryChange(Category.PRIVILEGED, Category.WAITING, at, "clerk-1")
    again = CategoryChange(Category.WAITING, Category.PRIVILEGED, at + timedelta(days=1), "clerk-1")
    other = CategoryChange(Category.WAITING, Category.ONCOLOGY, at + timedelta(days=2), "clerk-1")
    entry = new_entry(entitlement=RIGHT, category_changes=(lost,))
    assert not categories.privilege_active(entry, TODAY)
    assert categories.derived(categories.circumstances(entry, TODAY)).category is Category.WAITING
    assert not categories.privilege_active(replace(entry, category_changes=(lost, other)), TODAY)
    assert categories.privilege_active(replace(entry, category_changes=(lost, again)), TODAY)
    assert categories.privilege_active(replace(entry, category_changes=(other,)), TODAY)


def test_c_02_a_service_that_began_on_the_day_of_report_counts_whatever_the_term(new_entry: MakeEntry) -> None:
    began = new_entry(term=None, service_started=datetime(2026, 3, 2, 13, tzinfo=UTC))
    assert categories.derived(categories.circumstances(began, TODAY)).category is Category.SAME_DAY
    later = new_entry(term="2026-03-02", service_started=datetime(2026, 3, 3, 13, tzinfo=UTC))
    assert categories.derived(categories.circumstances(later, TODAY)).category is Category.WAITING


def test_c_02_privileged_with_an_oncology_card_is_shown_and_a_site_may_turn_it_round(new_entry: MakeEntry) -> None:
    entry = new_entry(dilo=CARD, diagnosis="C50", entitlement=RIGHT)
    facts = categories.circumstances(entry, TODAY)
    found = categories.derived(facts)
    assert (found.category, found.verdict.code) == (Category.PRIVILEGED, "W-CAT-DUAL")
    turned = categories.derived(facts, RuleSettings(privilege_before_oncology=False))
    assert (turned.category, turned.verdict.code) == (Category.ONCOLOGY, "W-CAT-DUAL")


@settings(deadline=None)
@given(st.builds(Circumstances), st.booleans())
def test_c_02_every_patient_has_exactly_one_category(facts: Circumstances, first: bool) -> None:
    found = categories.derived(facts, RuleSettings(privilege_before_oncology=first)).category
    assert category_given(found).outcome is Outcome.ALLOWED
    assert (found is Category.EMERGENCY) == facts.emergency
    assert not (found is Category.SAME_DAY and (facts.privileged or facts.emergency)), "C-07 never meets a derived one"
    assert not (found is Category.ONCOLOGY and not facts.oncology)


def test_c_02_another_category_than_the_facts_say_is_refused_or_justified() -> None:
    refused = categories.category_agrees(Category.SAME_DAY, Category.WAITING)
    assert (refused.rule, refused.code, refused.refused) == ("C-02", "E-CAT-MISMATCH", True)
    assert "1" in refused.text_pl
    assert "2" in refused.text_pl
    task = categories.category_agrees(Category.SAME_DAY, Category.WAITING, "served at once, the slot was free")
    assert (task.code, task.outcome) == ("TASK-CAT-OVERRIDE", Outcome.NEEDS_PERSON)
    assert categories.category_agrees(Category.SAME_DAY, Category.WAITING, "  ").refused
    assert not categories.category_agrees(Category.WAITING, Category.WAITING).refused


# category  criterion           code              why
CRITERIA = [
    (2, None, "E-CRIT-MISSING", "cat 2 with criterion null"),
    (2, Criterion.URGENT, "", "cat 2 urgent"),
    (2, Criterion.STABLE, "", "cat 2 stable"),
    (3, Criterion.URGENT, "E-CRIT-ONCO", "O-01: DILO with urgent"),
    (3, None, "", "DILO without"),
    (1, None, "", "not on the list"),
    (4, Criterion.STABLE, "", "not asked of the privileged"),
    (5, None, "", "continuing"),
    (6, None, "", "emergency"),
]


@pytest.mark.parametrize(("category", "criterion", "code", "why"), CRITERIA, ids=[row[3] for row in CRITERIA])
def test_c_03_the_criterion_fits_the_category(category: int, criterion: Criterion | None, code: str, why: str) -> None:
    verdict = categories.criterion_fits(Category(category), criterion)
    assert (verdict.rule, verdict.code) == ("C-03", code), why


# schedule  criterion         confirmed by  warned  why
CONFIRMED = [
    (WARD, Criterion.URGENT, "", True, "hospital, urgent, nobody confirmed"),
    (WARD, Criterion.STABLE, "", True, "hospital, stable: its doctor classifies too"),
    (WARD, Criterion.URGENT, "dr Z", False, "hospital, confirmed"),
    (None, Criterion.URGENT, "", False, "AOS"),
    (WARD, None, "", False, "C-03 asks for the criterion first"),
]


@pytest.mark.parametrize(
    ("schedule", "criterion", "by", "warned", "why"), CONFIRMED, ids=[row[4] for row in CONFIRMED]
)
def test_c_04_in_a_hospital_its_doctor_confirms(
    new_entry: MakeEntry, *, schedule: AdmissionSchedule | None, criterion: Criterion, by: str, warned: bool, why: str
) -> None:
    entry = new_entry(criterion=criterion, criterion_confirmed_by=by)
    entry = entry if schedule is None else replace(entry, schedule=schedule)
    verdict = categories.criterion_confirmed(entry)
    assert (verdict.code, verdict.rule) == ("W-CRIT-UNCONFIRMED" if warned else "", "C-04"), why


BEGAN = datetime.fromisoformat("2026-03-02T02:10+01:00")
# category  minutes after the service began  warned  why
WRITTEN = [
    (6, 350, False, "service 02:10, entry 08:00, emergency"),
    (1, 350, True, "the same of category 1"),
    (2, 1, True, "a minute late of category 2"),
    (1, 0, False, "written down as it began"),
    (5, -60, False, "written down before"),
    (6, 24 * 60, False, "an emergency after exactly a day"),
    (6, 24 * 60 + 1, True, "an emergency after more than a day"),
]


@pytest.mark.parametrize(("category", "minutes", "warned", "why"), WRITTEN, ids=[row[3] for row in WRITTEN])
def test_c_06_only_an_emergency_is_written_down_afterwards(
    category: int, minutes: int, *, warned: bool, why: str
) -> None:
    verdict = categories.written_in_time(Category(category), BEGAN, BEGAN + timedelta(minutes=minutes))
    assert (verdict.rule, verdict.code) == ("C-06", "W-LATE-ENTRY" if warned else ""), why


def test_c_06_the_alert_is_a_setting_and_an_unserved_patient_is_never_late() -> None:
    late = BEGAN + timedelta(hours=30)
    assert not categories.written_in_time(Category.EMERGENCY, BEGAN, late, RuleSettings(late_entry_hours=48)).warned
    assert not categories.written_in_time(Category.SAME_DAY, None, late).warned


# changes                                                    code           why
EXCLUDED = [
    ({"entitlement": replace(RIGHT, code="47CK")}, "E-CAT1-EXCL", "cat 1 and a verified 47CK"),
    ({"emergency": True}, "E-CAT1-EXCL", "cat 1 and an emergency"),
    ({"entitlement": RIGHT, "waiver": WAIVER}, "", "the privilege was given up"),
    ({"entitlement": Entitlement("47CK")}, "", "nobody verified the right"),
    ({}, "", "an ordinary patient"),
    ({"category": Category.PRIVILEGED, "entitlement": RIGHT}, "", "another category"),
]


@pytest.mark.parametrize(("changes", "code", "why"), EXCLUDED, ids=[row[2] for row in EXCLUDED])
def test_c_07_category_1_excludes_4_and_6(
    new_entry: MakeEntry, changes: dict[str, object], code: str, why: str
) -> None:
    entry = new_entry(**{"category": Category.SAME_DAY, **changes})
    assert categories.same_day_excludes(entry, TODAY).code == code, why


# right                                  code            why
BASES = [
    (None, "E-PRIV-BASIS", "cat 4, no right at all"),
    (Entitlement(""), "E-PRIV-BASIS", "cat 4, code null"),
    (Entitlement("99X"), "E-PRIV-BASIS", "a code that the table does not hold"),
    (RIGHT, "", "47CC"),
]


@pytest.mark.parametrize(("right", "code", "why"), BASES, ids=[row[2] for row in BASES])
def test_c_05_category_4_names_its_basis(new_entry: MakeEntry, right: Entitlement | None, code: str, why: str) -> None:
    entry = new_entry(category=Category.PRIVILEGED, entitlement=right)
    verdict = categories.basis_given(entry, {"47CC", "47CK"})
    assert (verdict.rule, verdict.code) == ("C-05", code), why
    assert not categories.basis_given(replace(entry, category=Category.WAITING), set()).refused


def test_c_08_a_change_keeps_before_after_date_author_and_is_reported() -> None:
    change = CategoryChange(Category.PRIVILEGED, Category.WAITING, datetime(2026, 3, 10, 9, tzinfo=UTC), "clerk-1")
    verdict = categories.category_changed(change)
    assert (verdict.rule, verdict.code, verdict.outcome) == ("C-08", "REPORT-CAT-CHANGE", Outcome.DO_THIS)
    assert "4 -> 2" in verdict.text_pl
    assert categories.category_changed(replace(change, by=" ")).code == "E-D-AUTHOR"
    assert categories.category_changed(replace(change, after=Category.PRIVILEGED)).outcome is Outcome.ALLOWED
