"""The right out of turn as an entry states it (V-01 to V-05, V-08 to V-12): every example of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from adapter.domain.entitlement import Category, Entitlement, EntitlementDocument, Waiver
from adapter.domain.history import with_category_change, with_term_change
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.register import AdmissionSchedule, Care, CategoryChange, Entry, Speciality
from adapter.domain.rules import entitled
from adapter.domain.rules.entitled import Right
from adapter.domain.rules.figures import category_rows, month_bounds
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome
from adapter.domain.slot import Slot, SlotKind, SlotState

MakeEntry = Callable[..., Entry]
CLINIC = AdmissionSchedule("S1", Care.AMBULATORY, "1100")
WARD = AdmissionSchedule("S2", Care.HOSPITAL, "4100")


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str, clock: str = "12:00") -> datetime:
    return instant_in_warsaw(day(text), time.fromisoformat(clock))


WAIVER = Waiver(at("2026-03-02"), "clerk-1", "wants another doctor")


@pytest.fixture
def privileged(new_entry: MakeEntry) -> MakeEntry:
    """A verified entry of category 4 in a clinic, with a document, reported 2026-03-02 for 2026-03-09."""

    def make(reported: str = "2026-03-02", term: str | None = "2026-03-09", **changes: object) -> Entry:
        document = EntitlementDocument("certificate", "X1", day("2026-02-20"))
        right = Entitlement("47CC", "clerk-1", at("2026-03-02"), document)
        fields = {"category": Category.PRIVILEGED, "criterion": None, "number": None, "entitlement": right}
        return new_entry(reported, term, **{**fields, "schedule": CLINIC, **changes})

    return make


DEFENCE = AdmissionSchedule("S3", Care.AMBULATORY, "1100", specialities=frozenset({Speciality.DEFENCE}))
# point  issued        day           schedule  code            why
SCOPE = [
    ("1", None, "2026-03-02", CLINIC, "", "pregnant, anywhere"),
    ("13", None, "2026-03-02", CLINIC, "E-PRIV-SCOPE", "a professional soldier outside MON"),
    ("14", None, "2026-03-02", CLINIC, "E-PRIV-SCOPE", "territorial defence outside MON"),
    ("13", None, "2026-03-02", DEFENCE, "", "a professional soldier in a MON facility"),
    ("15", "2021-03-01", "2026-03-01", CLINIC, "", "the last day of five years, a Sunday"),
    ("15", "2021-03-01", "2026-03-02", CLINIC, "E-PRIV-SCOPE", "a day after five years"),
    ("15", None, "2026-03-02", CLINIC, "E-PRIV-SCOPE", "nobody knows when it was issued"),
]


@pytest.mark.parametrize(("point", "issued", "on", "schedule", "code", "why"), SCOPE, ids=[row[5] for row in SCOPE])
def test_v_01_where_and_how_long_a_right_holds(
    point: str, issued: str | None, on: str, schedule: AdmissionSchedule, code: str, why: str
) -> None:
    document = EntitlementDocument("certificate", "X1", day(issued) if issued else None)
    verdict = entitled.in_scope(Right("X", point), Entitlement("X", document=document), schedule, day(on))
    assert (verdict.rule, verdict.code) == ("V-01", code), why


def test_v_02_the_same_day_first(privileged: MakeEntry) -> None:
    """A free term on 2026-03-02 given -> nothing; refused by the facility without cause -> W-PRIV-SAMEDAY."""
    today = day("2026-03-02")
    assert entitled.same_day_first(privileged(), today, free_today=True).code == "W-PRIV-SAMEDAY"
    assert entitled.same_day_first(privileged(term=None), today, free_today=True).code == "W-PRIV-SAMEDAY"
    assert not entitled.same_day_first(privileged(term="2026-03-02"), today, free_today=True).code
    assert not entitled.same_day_first(privileged(), today, free_today=False).code
    assert not entitled.same_day_first(privileged(), today, free_today=True, cause="the patient could not").code
    assert not entitled.same_day_first(privileged(waiver=WAIVER), today, free_today=True).code


LATEST = [
    ("2026-03-02", "2026-03-11"),
    ("2026-04-29", "2026-05-11"),
    ("2026-05-29", "2026-06-10"),
    ("2025-12-22", "2026-01-07"),
    ("2025-12-19", "2026-01-05"),
    ("2024-12-20", "2025-01-03"),
    ("2026-08-13", "2026-08-24"),
    ("2026-12-18", "2026-12-31"),
]


@pytest.mark.parametrize(("reported", "latest"), LATEST)
def test_v_03_seven_working_days_of_an_entry(privileged: MakeEntry, reported: str, latest: str) -> None:
    after = str(day(latest) + timedelta(days=1))
    assert not entitled.served_in_time(privileged(reported, latest), day(reported)).code
    refused = entitled.served_in_time(privileged(reported, after), day(reported))
    assert (refused.outcome, refused.code) == (Outcome.REFUSED, "E-PRIV-7WD")
    assert latest in refused.text_pl
    assert not entitled.served_in_time(privileged(reported, after, waiver=WAIVER), day("2026-12-31")).code


def test_v_03_hospitals_have_no_number(privileged: MakeEntry) -> None:
    """More than 30 days in a hospital is shown, not refused; the number is a setting."""
    today = day("2026-03-02")
    assert not entitled.served_in_time(privileged(term="2026-04-01", schedule=WARD), today).code
    far = privileged(term="2026-04-02", schedule=WARD)
    assert entitled.served_in_time(far, today).code == "W-PRIV-HOSP"
    assert not entitled.served_in_time(far, today, RuleSettings(hospital_privileged_days=60)).code
    assert not entitled.served_in_time(privileged(term=None), today).code


def test_v_04_v_05_the_waiting_room(privileged: MakeEntry, new_entry: MakeEntry) -> None:
    """Category 4, no waiver -> E-PRIV-WAITROOM; with one it is allowed, from its day on."""
    today = day("2026-03-02")
    assert entitled.kept_from_waiting_room(privileged(), today, waiting_room=True).code == "E-PRIV-WAITROOM"
    waived = privileged(waiver=WAIVER)
    assert entitled.kept_from_waiting_room(waived, today, waiting_room=True).rule == "V-05"
    assert entitled.kept_from_waiting_room(waived, day("2026-03-01"), waiting_room=True).refused
    assert not entitled.kept_from_waiting_room(privileged(), today, waiting_room=False).code
    assert not entitled.kept_from_waiting_room(new_entry(), today, waiting_room=True).code


@pytest.mark.parametrize(("wait", "code"), [(40, "W-PRIV-WAIVE-40"), (41, "")])
def test_v_05_a_waiver_for_a_short_wait_is_shown(privileged: MakeEntry, wait: int, code: str) -> None:
    assert entitled.waiver_sensible(privileged(waiver=WAIVER), wait).code == code
    assert not entitled.waiver_sensible(privileged(), wait).code


def slot(on: str, kind: SlotKind = SlotKind.PRIVILEGED, state: SlotState = SlotState.FREE) -> Slot:
    return Slot("s", "S1", at(on), at(on, "12:20"), state, kind)


def test_v_08_room_within_seven_working_days() -> None:
    """Run 2026-03-02: free slots only from 2026-03-12 -> warning; one on 2026-03-11 is enough."""
    today = day("2026-03-02")
    assert entitled.capacity(CLINIC, [slot("2026-03-12")], today).code == "W-PRIV-CAPACITY"
    for useless in (
        slot("2026-03-11", SlotKind.URGENT),
        slot("2026-03-11", state=SlotState.BLOCKED),
        slot("2026-03-01"),
    ):
        assert entitled.capacity(CLINIC, [useless], today).code == "W-PRIV-CAPACITY"
    assert not entitled.capacity(CLINIC, [slot("2026-03-11")], today).code
    assert not entitled.capacity(CLINIC, [slot("2026-03-02", SlotKind.STABLE)], today).code
    assert not entitled.capacity(WARD, [], today).code


def test_v_09_the_first_visit_cancelled(privileged: MakeEntry) -> None:
    """Cancelled 2026-03-05 -> 4 -> 2, waiting room, the change on record; a follow-up changes nothing."""
    cancelled = at("2026-03-05")
    lost = entitled.loses_right(privileged(), cancelled, "IKP", by_patient=True, first_visit=True)
    assert lost is not None
    assert (lost.entry.category, lost.entry.term) == (Category.WAITING, None)
    assert lost.entry.category_changes == (lost.change,)
    assert (lost.change.before, lost.change.after, lost.change.at) == (
        Category.PRIVILEGED,
        Category.WAITING,
        cancelled,
    )
    assert (lost.verdict.rule, lost.verdict.code) == ("V-09", "AUTO-PRIV-LOST")
    assert lost.change.term_moved
    undated = entitled.loses_right(privileged(term=None), cancelled, "IKP", by_patient=True, first_visit=True)
    assert undated is not None
    assert not undated.change.term_moved
    (given_up,) = lost.entry.term_changes
    assert (given_up.before, given_up.after, given_up.by) == (privileged().term, None, "IKP")
    assert given_up.justification
    assert lost.change.justification
    unverified = privileged(entitlement=Entitlement("47CC"))
    for entry, by_patient, first_visit in (
        (privileged(), True, False),
        (privileged(), False, True),
        (unverified, True, True),
        (privileged(waiver=WAIVER), True, True),
    ):
        assert entitled.loses_right(entry, cancelled, "IKP", by_patient=by_patient, first_visit=first_visit) is None


def test_v_09_the_change_is_a_row_of_its_month_and_fits_the_history(privileged: MakeEntry) -> None:
    """Z-06: row {4, 2} in March; the register's own history takes the same change (C-08)."""
    lost = entitled.loses_right(privileged(), at("2026-03-05"), "IKP", by_patient=True, first_visit=True)
    assert lost is not None
    (row,) = category_rows([lost.entry], *month_bounds(2026, 3), {})
    assert (row.before, row.after) == (Category.PRIVILEGED, Category.WAITING)
    assert not category_rows([lost.entry], *month_bounds(2026, 4), {})
    turned = with_category_change(privileged(), lost.change)
    assert with_term_change(turned, lost.entry.term_changes[0]) == lost.entry


def test_v_10_the_document(privileged: MakeEntry, new_entry: MakeEntry) -> None:
    """valid_to 2026-03-01, report 2026-03-02 -> E-PRIV-BASIS; 47CC with a certificate of 2026-02-20 -> ok."""
    assert not entitled.document_valid(privileged()).code
    right = Entitlement("47CC", "clerk-1", at("2026-03-02"))
    assert entitled.document_valid(privileged(entitlement=right)).code == "E-PRIV-BASIS"
    assert entitled.document_valid(privileged(entitlement=None)).code == "E-PRIV-BASIS"
    for until, code in (("2026-03-01", "E-PRIV-BASIS"), ("2026-03-02", "")):
        document = EntitlementDocument("certificate", "X1", valid_until=day(until))
        assert entitled.document_valid(privileged(entitlement=replace(right, document=document))).code == code
    for number, code in (("", "W-PRIV-NUMBER"), (" ", "W-PRIV-NUMBER"), ("bez numeru", "")):
        document = EntitlementDocument("certificate", number)
        asked = entitled.document_valid(privileged(entitlement=replace(right, document=document)))
        assert (asked.code, asked.refused) == (code, False), "kept where there is one, and no bar"
    assert not entitled.document_valid(new_entry()).code


def test_v_11_the_mark_bk(privileged: MakeEntry) -> None:
    """Privilege until 2026-03-31, entry 2026-03-20 category 4, service 2026-03-27, right lost 2026-03-31 -> BK."""
    change = CategoryChange(Category.PRIVILEGED, Category.WAITING, at("2026-04-01"), "clerk-1")
    lost = privileged(
        "2026-03-20",
        "2026-03-27",
        service_started=at("2026-03-27"),
        category=Category.WAITING,
        category_changes=(change,),
    )
    mark = entitled.mark_of_change(lost, day("2026-03-31"))
    assert (mark.code, mark.verdict.code) == ("BK", "AUTO-PRIV-BK")
    assert entitled.mark_of_change(lost, day("2026-03-27")).code == "BK"
    assert entitled.mark_of_change(lost, day("2026-03-26")).code == ""
    same_day = replace(lost, service_started=at("2026-03-20"))
    assert entitled.mark_of_change(same_day, day("2026-03-20")).code == "BK"
    assert entitled.mark_of_change(replace(lost, service_started=None), day("2026-03-31")).code == ""
    assert entitled.mark_of_change(replace(lost, category_changes=()), day("2026-03-31")).code == ""


def test_v_12_soldiers_and_veterans(privileged: MakeEntry) -> None:
    """Injury abroad, report 2026-03-02 -> latest 2026-03-11; other illness -> not privileged by 24a."""
    stationary = AdmissionSchedule("S4", Care.STATIONARY, "5160")
    injured = entitled.service_abroad(Right("24A", "24a"), CLINIC, from_service=True)
    assert (injured.outcome, injured.code) == (Outcome.DO_THIS, "AUTO-PRIV-NO-LIST")
    soldier = privileged(term="2026-03-12", entitlement=Entitlement("24A", "clerk-1", at("2026-03-02")))
    assert "2026-03-11" in entitled.served_in_time(soldier, day("2026-03-02")).text_pl
    assert entitled.service_abroad(Right("24A", "24a"), CLINIC, from_service=False).code == "E-PRIV-SCOPE"
    assert entitled.service_abroad(Right("24CF", "24c"), CLINIC, from_service=True).code == "E-PRIV-SCOPE"
    assert not entitled.service_abroad(Right("24CF", "24c"), stationary, from_service=True).code
    assert not entitled.service_abroad(Right("47CC", "1"), CLINIC, from_service=False).code
