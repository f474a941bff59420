"""Special services (S-01, S-02, S-03, S-04): every example of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.register import AdmissionSchedule, Care, Entry, Removal, Route, Speciality
from adapter.domain.rules import special
from adapter.domain.rules.special import RealTimeService
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
DENTAL = AdmissionSchedule("S1", Care.AMBULATORY, "1830", specialities=frozenset({Speciality.DENTAL_APPLIANCE}))
IMPRESSIONS, BILLED = date(2026, 3, 3), date(2026, 4, 14)


def removed(on: date, reason: str = "SERVICE_DONE") -> Removal:
    return Removal(on, reason, datetime(2026, 4, 14, 12, tzinfo=UTC), "clerk-1")


def test_s_01_the_day_of_the_impressions(new_entry: MakeEntry) -> None:
    """Impressions 2026-03-03, denture handed over and billed 2026-04-14 -> removal 2026-03-03."""
    entry = new_entry("2026-02-02", "2026-03-03", schedule=DENTAL)
    refused = special.impressions_day(entry, removed(BILLED), IMPRESSIONS, BILLED)
    assert (refused.rule, refused.code, "2026-03-03" in refused.text_pl) == ("S-01", "E-S-DENTAL", True)
    assert not special.impressions_day(entry, removed(IMPRESSIONS), IMPRESSIONS, BILLED).code
    assert not special.impressions_day(entry, removed(BILLED), BILLED, BILLED).code
    assert not special.impressions_day(entry, removed(BILLED), None, BILLED).code
    assert not special.impressions_day(entry, removed(BILLED, "RESIGNED"), IMPRESSIONS, BILLED).code
    assert not special.impressions_day(new_entry(), removed(BILLED), IMPRESSIONS, BILLED).code


AP_KOLCE = [RealTimeService("1100", date(2019, 7, 1), date(2026, 6, 30)), RealTimeService("13.41", date(2019, 7, 1))]


@pytest.mark.parametrize(
    ("day", "kept"),
    [("2019-06-30", False), ("2019-07-01", True), ("2026-03-02", True), ("2026-06-30", True), ("2026-07-01", False)],
)
def test_s_02_the_table_is_dated(day: str, *, kept: bool) -> None:
    """Cardiology clinic 1100 -> AP-KOLCE, no monthly file; it left AP-KOLCE in 2026."""
    clinic = AdmissionSchedule("S1", Care.AMBULATORY, "1100")
    on = date.fromisoformat(day)
    assert special.in_real_time(clinic, on, AP_KOLCE) is kept
    assert special.route_right(clinic, on, AP_KOLCE).code == ("W-S-ROUTE" if kept else "")
    assert not special.route_right(replace(clinic, route=Route.AP_KOLCE), on, AP_KOLCE).code


def test_s_02_a_procedure_is_found_too_and_nothing_matches_an_empty_code() -> None:
    cataract = AdmissionSchedule("S1", Care.HOSPITAL, "4600", procedure="13.41")
    assert special.in_real_time(cataract, date(2026, 3, 2), AP_KOLCE)
    assert not special.in_real_time(replace(cataract, procedure=""), date(2026, 3, 2), [RealTimeService("", date.min)])


def test_s_03_transplants_are_outside(new_entry: MakeEntry) -> None:
    """Flag true -> not pushed."""
    ward = AdmissionSchedule("S1", Care.HOSPITAL, "4500", specialities=frozenset({Speciality.TRANSPLANT}))
    verdict = special.transplant(new_entry(schedule=ward))
    assert (verdict.outcome, verdict.rule, verdict.code) == (Outcome.DO_THIS, "S-03", "AUTO-S-OUTSIDE")
    assert not special.transplant(new_entry()).code


@pytest.mark.parametrize(
    ("bands", "code"), [((), "W-S-AGE"), (("10-15",), ""), (special.AGE_BANDS, ""), (("7-9",), "W-S-AGE")]
)
def test_s_04_age_bands(bands: tuple[str, ...], code: str) -> None:
    """Adult cell treating children without bands -> W-S-AGE; ["10-15"] -> ok."""
    cell = AdmissionSchedule(
        "S1", Care.AMBULATORY, "1600", specialities=frozenset({Speciality.ADULT_CELL_WITH_CHILDREN}), age_bands=bands
    )
    assert special.age_bands(cell).code == code
    assert not special.age_bands(replace(cell, specialities=frozenset())).code


@pytest.mark.parametrize(
    ("speciality", "told", "code"),
    [
        (Speciality.ENDOSCOPY, None, "W-S-ANAESTHESIA"),
        (Speciality.ENDOSCOPY, False, ""),
        (Speciality.ENDOSCOPY, True, ""),
        (Speciality.DEFENCE, None, ""),
    ],
)
def test_s_04_anaesthesia(speciality: Speciality, told: bool | None, code: str) -> None:
    room = AdmissionSchedule(
        "S1", Care.AMBULATORY, "2340", specialities=frozenset({speciality}), under_anaesthesia=told
    )
    assert special.anaesthesia_told(room).code == code
