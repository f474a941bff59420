"""When reports are due and what is in them (Z-01, Z-02, Z-03, Z-04, Z-09, Z-10): every example of the book."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.moments import instant_in_warsaw, is_working_day
from adapter.domain.register import AdmissionSchedule, Care, Route, Speciality
from adapter.domain.rules import reports
from adapter.domain.rules.oncology import ListKind
from adapter.domain.rules.reports import FundRequest, Published
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome

CLINIC = AdmissionSchedule("S1", Care.AMBULATORY, "1600")


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str, clock: str) -> datetime:
    return instant_in_warsaw(day(text), time.fromisoformat(clock))


STATES = [
    ("2026-05-04", "2026-05-03"),
    ("2025-12-24", None),
    ("2025-12-29", "2025-12-28"),
    ("2026-06-04", None),
    ("2026-06-05", "2026-06-04"),
]


@pytest.mark.parametrize(("today", "state"), STATES)
def test_z_01_the_state_of_the_day_before(today: str, state: str | None) -> None:
    assert reports.state_day(day(today)) == (day(state) if state else None)


CLOCK = [
    ("05:59", ""),
    ("06:00", "AUTO-Z-FFD"),
    ("09:29", "AUTO-Z-FFD"),
    ("09:30", "W-Z-FFD"),
    ("09:59", "W-Z-FFD"),
    ("10:00", "REPORT-Z-FFD-OVERDUE"),
    ("23:59", "REPORT-Z-FFD-OVERDUE"),
]


@pytest.mark.parametrize(("clock", "code"), CLOCK)
@pytest.mark.parametrize("today", ["2026-05-04", "2026-11-02"])
def test_z_01_built_shown_overdue(today: str, clock: str, code: str) -> None:
    """Warsaw hours, in summer and in winter time."""
    assert reports.first_free_date(at(today, clock)).code == code
    assert not reports.first_free_date(at(today, clock), sent=True).code


def test_z_01_nothing_is_due_on_a_day_off_or_when_switched_off() -> None:
    assert not reports.first_free_date(at("2026-06-04", "11:00")).code
    off = RuleSettings(first_free_date_reported=False)
    assert not reports.first_free_date(at("2026-06-05", "11:00"), off).code


# specialities                                 kind               in     why
LISTS = [
    (set(), ListKind.MAIN, True, "an ordinary list"),
    (set(), ListKind.ONCOLOGY, False, "the DILO list (O-03)"),
    (set(), ListKind.NONE, False, "no list"),
    ({Speciality.LONG_TERM_NURSING}, ListKind.MAIN, False, "long-term nursing (P-05)"),
    ({Speciality.PSYCHIATRIC_NURSING}, ListKind.MAIN, False, "psychiatric nursing (CF-3)"),
    ({Speciality.PALLIATIVE}, ListKind.MAIN, False, "a home hospice"),
    ({Speciality.PALLIATIVE, Speciality.PALLIATIVE_AMBULATORY}, ListKind.MAIN, True, "a palliative clinic"),
    ({Speciality.PALLIATIVE, Speciality.PALLIATIVE_PERINATAL}, ListKind.MAIN, True, "perinatal palliative care"),
]


@pytest.mark.parametrize(("special", "kind", "inside", "why"), LISTS, ids=[row[3] for row in LISTS])
def test_z_01_which_lists(special: set[Speciality], kind: ListKind, *, inside: bool, why: str) -> None:
    schedule = replace(CLINIC, specialities=frozenset(special))
    assert reports.reports_first_free_date(schedule, kind) is inside, why


WEEKLY = RuleSettings(first_free_date_weekly=True, first_free_date_consent="NFZ-1/2026")


def test_z_02_weekly_only_with_the_consent() -> None:
    """Weekly, consent null -> E-Z-CONSENT, and the report stays daily."""
    without = replace(WEEKLY, first_free_date_consent=" ")
    assert reports.weekly_consented(without).code == "E-Z-CONSENT"
    assert reports.state_day(day("2026-05-05"), without) == day("2026-05-04")
    assert not reports.weekly_consented(WEEKLY).code
    assert not reports.weekly_consented(RuleSettings()).code


@given(st.dates(date(2025, 1, 6), date(2028, 12, 20)))
def test_z_02_weekly_is_once_a_week_on_a_working_day(start: date) -> None:
    """Whatever the week, one report for each Monday, on that Monday or the working day before it."""
    monday = start + timedelta(days=-start.weekday())
    days = [monday + timedelta(days=ahead) for ahead in range(-6, 1)]
    due = [one for one in days if reports.state_day(one, WEEKLY) is not None]
    assert all(is_working_day(one) for one in due)
    assert is_working_day(monday) is (monday in due)
    assert len(due) == 1


MONTHS = [
    ("2026-05-07", "AUTO-Z-MONTH"),
    ("2026-05-08", "W-Z-MONTH"),
    ("2026-05-11", "W-Z-MONTH"),
    ("2026-05-12", "REPORT-Z-MONTH-OVERDUE"),
    ("2026-01-09", "W-Z-MONTH"),
    ("2026-01-12", "W-Z-MONTH"),
    ("2026-01-13", "REPORT-Z-MONTH-OVERDUE"),
    ("2026-02-09", "AUTO-Z-MONTH"),
    ("2026-02-10", "W-Z-MONTH"),
    ("2026-02-11", "REPORT-Z-MONTH-OVERDUE"),
]


@pytest.mark.parametrize(("today", "code"), MONTHS)
def test_z_03_by_the_tenth(today: str, code: str) -> None:
    """2026-04: ours 05-08, the law's 05-11; 2025-12: 01-09, 01-12; 2026-01: 02-10 both."""
    assert reports.monthly(day(today)).code == code
    assert reports.monthly(day(today), sent=True).outcome is Outcome.ALLOWED


def test_z_04_ap_kolce_has_no_row() -> None:
    """Cardiology 1100 (AP-KOLCE) not in March's file; dermatology in it; of CeR a setting says."""
    assert reports.in_monthly_file(CLINIC)
    assert not reports.in_monthly_file(replace(CLINIC, service="1100", route=Route.AP_KOLCE))
    central = replace(CLINIC, route=Route.CER)
    assert reports.in_monthly_file(central)
    assert not reports.in_monthly_file(central, RuleSettings(monthly_report_for_cer=False))


def test_z_09_what_the_fund_publishes_otherwise() -> None:
    """Local 14, public 15 for 2026-03 -> a row; what one side does not know is no difference."""
    ours = {"S1": Published(14, 9, 51), "S2": Published(3)}
    public = {"S1": Published(15, None, 51), "S3": Published(1)}
    (row,) = reports.publication_differences(ours, public)
    assert (row.list_id, row.figure, row.ours, row.published) == ("S1", "waiting", 14, 15)
    assert (row.verdict.rule, row.verdict.code) == ("Z-09", "REPORT-PUBLICATION-DIFF")


def test_z_10_a_request_is_answered_the_same_day() -> None:
    """Request 2026-03-02 -> export task the same (Warsaw) day."""
    request = FundRequest(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert request.due_on == day("2026-03-02")
    assert reports.request_open(request).code == "TASK-Z-EXPORT"
    assert not reports.request_open(replace(request, answered_at=at("2026-03-02", "14:00"))).code
