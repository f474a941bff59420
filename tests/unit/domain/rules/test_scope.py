"""Who keeps a register, of whom, and who answers for it: G-01 to G-04, G-06, G-07, G-09."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.register import AdmissionSchedule, Care, Entry, Removal
from adapter.domain.rules import scope
from adapter.domain.rules.scope import Encounter, RemoteDifference
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome
from adapter.domain.term import DayTerm, Term

MakeEntry = Callable[..., Entry]


# care                code        why
KEEPERS = [
    (Care.AMBULATORY, "", "poradnia kardiologiczna"),
    (Care.HOSPITAL, "", "a ward"),
    (Care.STATIONARY, "", "other stationary round-the-clock care"),
    (Care.PRIMARY, "E-SCOPE", "poradnia POZ"),
    (Care.OTHER, "E-SCOPE", "a kind that the act does not name"),
]


@pytest.mark.parametrize(("care", "code", "why"), KEEPERS, ids=[row[2] for row in KEEPERS])
def test_g_01_who_keeps_a_register(care: Care, code: str, why: str) -> None:
    verdict = scope.keeps_register(AdmissionSchedule("A-1-1", care, "S"))
    assert (verdict.rule, verdict.code, verdict.refused) == ("G-01", code, bool(code)), why


def test_g_01_a_site_may_read_the_list_of_care_differently() -> None:
    every = RuleSettings(care_in_scope=frozenset(Care))
    assert not scope.keeps_register(AdmissionSchedule("A-1-1", Care.PRIMARY, "S"), every).refused


def test_g_02_an_encounter_without_an_entry_is_a_row_of_the_next_days_report(new_entry: MakeEntry) -> None:
    entry = new_entry()
    served = Encounter("V1", "P1", entry.schedule.id, date(2026, 3, 2))
    assert scope.missing_entries([served], [entry]) == ()
    (row,) = scope.missing_entries([served], [])
    assert (row.encounter, row.report_on) == (served, date(2026, 3, 3))
    assert (row.verdict.rule, row.verdict.code) == ("G-02", "REPORT-MISSING-ENTRY")


# person  schedule   day           missing  why
SERVED = [
    ("P1", "same", "2026-03-02", False, "on the day of report"),
    ("P1", "same", "2026-04-10", False, "while the entry is open"),
    ("P1", "same", "2026-05-04", False, "on the day of removal"),
    ("P1", "same", "2026-05-05", True, "after the removal"),
    ("P1", "same", "2026-03-01", True, "before the report"),
    ("P1", "other", "2026-03-02", True, "entered on another schedule"),
    ("P2", "same", "2026-03-02", True, "another patient"),
]


@pytest.mark.parametrize(("person", "schedule", "on", "missing", "why"), SERVED, ids=[row[4] for row in SERVED])
def test_g_02_which_entry_covers_an_encounter(
    new_entry: MakeEntry, *, person: str, schedule: str, on: str, missing: bool, why: str
) -> None:
    at = datetime(2026, 5, 4, 10, tzinfo=UTC)
    entry = new_entry(removal=Removal(date(2026, 5, 4), "SERVICE_DONE", at, "clerk-1"))
    place = entry.schedule.id if schedule == "same" else "000000927722-01-0002"
    assert bool(scope.missing_entries([Encounter("V1", person, place, date.fromisoformat(on))], [entry])) is missing, (
        why
    )


def test_g_03_nothing_is_deleted_and_it_is_kept_for_twenty_years() -> None:
    assert (scope.deletion().rule, scope.deletion().code) == ("G-03", "E-NO-DELETE")
    removal = Removal(date(2026, 3, 9), "SERVICE_DONE", datetime(2026, 3, 9, tzinfo=UTC), "clerk-1")
    assert scope.kept_until(removal) == date(2046, 12, 31)
    assert scope.kept_until(removal, RuleSettings(retention_years=30)) == date(2056, 12, 31)
    assert scope.kept_until(replace(removal, on=date(2028, 2, 29))) == date(2048, 12, 31)


def test_g_04_a_saturday_night_report_belongs_to_its_day() -> None:
    assert scope.report_day(datetime.fromisoformat("2026-03-07T23:40+01:00")) == date(2026, 3, 7)


@pytest.mark.parametrize(
    ("reason", "term", "code"),
    [
        ("", None, "E-X-REASON"),
        ("  ", None, "E-X-REASON"),
        ("OTHER", None, ""),
        ("", DayTerm(date(2026, 3, 19)), ""),
    ],
    ids=["neither", "a blank is no reason", "a reason", "a new term"],
)
def test_g_06_a_provider_who_cancels_owes_a_reason_or_a_new_term(reason: str, term: Term | None, code: str) -> None:
    assert scope.provider_cancels(reason, term).code == code


def test_g_07_what_the_fund_removed_is_closed_here_and_not_sent_again() -> None:
    answer = scope.remote_change(RemoteDifference.GONE_THERE, by_fund=True)
    assert (answer.copy, answer.close_with) == (True, "ON_OTHER_LIST")
    assert (answer.verdict.rule, answer.verdict.code, answer.verdict.outcome) == (
        "G-07",
        "REPORT-REMOTE-CHANGE",
        Outcome.DO_THIS,
    )


def test_g_07_what_the_fund_added_is_taken_over_and_of_others_a_person_decides() -> None:
    added = scope.remote_change(RemoteDifference.NEW_THERE, by_fund=True)
    assert (added.copy, added.close_with) == (True, "")
    for difference in RemoteDifference:
        other = scope.remote_change(difference, by_fund=False)
        assert (other.copy, other.close_with, other.verdict.outcome) == (False, "", Outcome.NEEDS_PERSON)


def test_g_09_an_accepted_file_corrects_no_error() -> None:
    verdict = scope.register_correct(2, file_accepted=True)
    assert (verdict.rule, verdict.code, verdict.outcome) == ("G-09", "REPORT-OPEN-ERRORS", Outcome.DO_THIS)
    assert "2" in verdict.text_pl
    assert scope.register_correct(0, file_accepted=False).outcome is Outcome.ALLOWED
