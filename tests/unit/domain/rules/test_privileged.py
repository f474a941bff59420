"""Privileged patients: every example of section 10 of the rule book that a booking, waiting or cancel needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.appointment import Visit
from adapter.domain.entitlement import Category, Entitlement, Waiver
from adapter.domain.rules import privileged
from adapter.domain.rules.verdict import Outcome
from adapter.domain.slot import SlotKind

MakeVisit = Callable[..., Visit]
TODAY = date(2026, 3, 2)
WAIVER = Waiver(datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "clerk-1", "wants another doctor")

# reported      latest         why
LATEST = [
    ("2026-03-02", "2026-03-11", "two weeks without a holiday"),
    ("2026-04-29", "2026-05-11", "1 and 3 May"),
    ("2026-05-29", "2026-06-10", "Corpus Christi"),
    ("2025-12-22", "2026-01-07", "Christmas Eve is off from 2025, New Year, Epiphany"),
    ("2025-12-19", "2026-01-05", "Christmas with Christmas Eve off"),
    ("2024-12-20", "2025-01-03", "Christmas Eve was still worked in 2024"),
    ("2026-08-13", "2026-08-24", "15 August falls on a Saturday"),
    ("2026-12-18", "2026-12-31", "New Year's Eve is a working day"),
]


@pytest.mark.parametrize(("reported", "latest", "why"), LATEST, ids=[row[2] for row in LATEST])
def test_v_03_seven_working_days(privileged_visit: MakeVisit, reported: str, latest: str, why: str) -> None:
    """V-03: the last day is allowed, the day after it is refused and the text names the last day."""
    last = date.fromisoformat(latest)
    assert privileged.latest_day(privileged_visit(reported)) == last, why
    assert privileged.within_limit(privileged_visit(reported, latest)).outcome is Outcome.ALLOWED
    after = privileged.within_limit(privileged_visit(reported, str(date.fromordinal(last.toordinal() + 1))))
    assert (after.outcome, after.rule, after.code) == (Outcome.REFUSED, "V-03", "E-PRIV-7WD")
    assert latest in after.text_pl
    assert latest in after.text_en


def test_v_03_says_nothing_before_there_is_a_term(privileged_visit: MakeVisit) -> None:
    assert privileged.within_limit(privileged_visit(term=None)).outcome is Outcome.ALLOWED


def test_v_03_counts_warsaw_days_not_utc_days(privileged_visit: MakeVisit) -> None:
    """Reported at 23:30 UTC: in Warsaw that is the next day already, and the term counts from there."""
    late = privileged_visit(term="2026-03-12", reported_at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    assert privileged.within_limit(late).outcome is Outcome.ALLOWED


def test_v_04_never_into_the_waiting_room(privileged_visit: MakeVisit) -> None:
    """V-04: category 4 without a waiver -> E-PRIV-WAITROOM."""
    verdict = privileged.waiting_room(privileged_visit(term=None), TODAY)
    assert (verdict.outcome, verdict.rule, verdict.code) == (Outcome.REFUSED, "V-04", "E-PRIV-WAITROOM")


def test_v_04_concerns_no_other_category(waiting_visit: MakeVisit) -> None:
    assert privileged.waiting_room(waiting_visit(term=None), TODAY).outcome is Outcome.ALLOWED


def test_v_05_a_waiver_opens_the_waiting_room_and_makes_category_2(privileged_visit: MakeVisit) -> None:
    waived = privileged_visit(term=None, waiver=WAIVER)
    verdict = privileged.waiting_room(waived, TODAY)
    assert (verdict.outcome, verdict.rule) == (Outcome.ALLOWED, "V-05")
    assert privileged.effective_category(waived, TODAY) is Category.WAITING


def test_v_05_a_waiver_dated_later_does_not_count_yet(privileged_visit: MakeVisit) -> None:
    waived = privileged_visit(term=None, waiver=WAIVER)
    assert privileged.waiting_room(waived, date(2026, 3, 1)).refused
    assert privileged.effective_category(waived, date(2026, 3, 1)) is Category.PRIVILEGED


def test_v_05_without_a_waiver_the_category_stays(privileged_visit: MakeVisit, waiting_visit: MakeVisit) -> None:
    assert privileged.effective_category(privileged_visit(), TODAY) is Category.PRIVILEGED
    assert privileged.effective_category(waiting_visit(waiver=WAIVER), TODAY) is Category.WAITING


# kind                      by_patient  right           code                  why
BOOKED_BY = [
    (SlotKind.PRIVILEGED, True, "verified", "E-PRIV-SELF", "origin IKP on a privileged slot"),
    (SlotKind.PRIVILEGED, False, "verified", "", "a clerk, verified on 2026-03-02"),
    (SlotKind.PRIVILEGED, False, "unverified", "E-PRIV-UNVERIFIED", "nobody saw the document"),
    (SlotKind.PRIVILEGED, False, "none", "E-PRIV-UNVERIFIED", "no right at all"),
    (SlotKind.PRIVILEGED, False, "later", "E-PRIV-UNVERIFIED", "verified after today"),
    (SlotKind.STABLE, True, "unverified", "", "a stable slot is open to self-booking"),
]


@pytest.mark.parametrize(("kind", "by_patient", "right", "code", "why"), BOOKED_BY, ids=[row[4] for row in BOOKED_BY])
def test_v_06_only_the_facility_books_on_a_privileged_slot(
    privileged_visit: MakeVisit, *, kind: SlotKind, by_patient: bool, right: str, code: str, why: str
) -> None:
    visit = privileged_visit()
    later = Entitlement("47CC", "clerk-1", datetime(2026, 3, 3, 9, 0, tzinfo=UTC))
    rights = {"verified": visit.entitlement, "unverified": Entitlement("47CC"), "none": None, "later": later}
    visit = replace(visit, entitlement=rights[right])
    verdict = privileged.booked_by_facility(visit, kind, TODAY, by_patient=by_patient)
    assert (verdict.code, verdict.refused) == (code, bool(code)), why


# kind                   first  warned  why
KINDS = [
    (SlotKind.PRIVILEGED, True, False, "the dedicated kind"),
    (SlotKind.STABLE, True, False, "allowed within the limit"),
    (SlotKind.URGENT, True, True, "shown for a first visit"),
    (SlotKind.CONTINUATION, True, True, "shown for a first visit"),
    (SlotKind.CONTINUATION, False, False, "a follow-up"),
]


@pytest.mark.parametrize(("kind", "first", "warned", "why"), KINDS, ids=[f"{row[0]}: {row[3]}" for row in KINDS])
def test_v_07_kinds_for_the_privileged(kind: SlotKind, first: bool, warned: bool, why: str) -> None:
    verdict = privileged.permitted_kind(kind, first_visit=first)
    assert (verdict.warned, verdict.code) == (warned, "W-PRIV-SLOT" if warned else ""), why


# by_patient  first  category             verified  lost   why
LOST = [
    (True, True, Category.PRIVILEGED, True, True, "cancels the first visit"),
    (True, False, Category.PRIVILEGED, True, False, "a follow-up: no change"),
    (False, True, Category.PRIVILEGED, True, False, "the facility cancelled"),
    (True, True, Category.PRIVILEGED, False, False, "the right was never confirmed"),
    (True, True, Category.WAITING, True, False, "not privileged"),
]


@pytest.mark.parametrize(
    ("by_patient", "first", "category", "verified", "lost", "why"), LOST, ids=[row[5] for row in LOST]
)
def test_v_09_cancelling_the_first_visit_loses_the_privilege(
    privileged_visit: MakeVisit,
    *,
    by_patient: bool,
    first: bool,
    category: Category,
    verified: bool,
    lost: bool,
    why: str,
) -> None:
    visit = privileged_visit(category=category)
    visit = visit if verified else replace(visit, entitlement=Entitlement("47CC"))
    assert privileged.loses_privilege(visit, TODAY, by_patient=by_patient, first_visit=first) is lost, why
    verdict = privileged.cancelled_first_visit(visit, TODAY, by_patient=by_patient, first_visit=first)
    assert verdict.warned is lost
    assert verdict.rule == "V-09"


def test_v_09_a_waived_privilege_cannot_be_lost(privileged_visit: MakeVisit) -> None:
    visit = privileged_visit(waiver=WAIVER)
    assert not privileged.loses_privilege(visit, TODAY, by_patient=True, first_visit=True)


def test_c_05_category_4_names_its_basis(privileged_visit: MakeVisit) -> None:
    assert privileged.basis(privileged_visit()).outcome is Outcome.ALLOWED
    assert privileged.basis(privileged_visit(entitlement=None)).code == "E-PRIV-BASIS"
