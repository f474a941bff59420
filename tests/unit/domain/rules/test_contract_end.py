"""The end of a contract and the return to the list (E-01 to E-03, E-05, E-06): every example of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.entitlement import Category
from adapter.domain.history import restored
from adapter.domain.moments import instant_in_warsaw, is_working_day
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay, Removal
from adapter.domain.rules import contract_end, reinstatement
from adapter.domain.rules.position import waiting_order
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
ENDS = date(2026, 3, 31)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    return instant_in_warsaw(day(text), time(12))


def test_e_01_no_bar_after_the_end() -> None:
    assert not contract_end.no_bar(None, ENDS)
    assert not contract_end.no_bar(ENDS, ENDS)
    assert contract_end.no_bar(ENDS, day("2026-04-01"))


def test_e_02_the_old_report_date_decides_the_place(new_entry: MakeEntry) -> None:
    """Old report 2025-06-10; list at B: Y 2025-05-20, X 2025-09-01 (all stable) -> Y, patient, X."""
    y, x = new_entry("2025-05-20", id="Y", number=1), new_entry("2025-09-01", id="X", number=2)
    patient = new_entry(
        "2026-04-02", id="P", number=3, original_report_date=day("2025-06-10"), prior_provider_date_used=True
    )
    assert [entry.id for entry in waiting_order([x, patient, y])] == ["Y", "P", "X"]
    assert contract_end.rank_day(patient) == day("2025-06-10")
    assert contract_end.rank_day(x) == day("2025-09-01")
    assert not contract_end.date_flagged(patient).code
    assert contract_end.date_flagged(replace(patient, prior_provider_date_used=False)).code == "E-E-FLAG"
    assert not contract_end.date_flagged(x).code


def test_e_03_every_open_entry_is_closed_with_its_certificate(new_entry: MakeEntry) -> None:
    """End 2026-03-31, 12 open -> 12 certificates, 12 removals for that reason, 12 releases or returns."""
    paper = EntryReferral(way=ReferralWay.PAPER, paper=PaperReferral(received_on=day("2026-03-12")))
    open_ones = [new_entry("2026-03-02", id=f"E{number}", number=number) for number in range(1, 12)]
    open_ones.append(new_entry("2026-03-02", id="E12", referral=paper, original_report_date=day("2025-06-10")))
    gone = new_entry(id="E13", removal=Removal(day("2026-03-10"), "RESIGNED", at("2026-03-10"), "x"))
    closings = contract_end.close_all([*open_ones, gone], ENDS, at("2026-03-31"), "job")
    assert [one.certificate.entry for one in closings] == [entry.id for entry in open_ones]
    assert {one.removal for one in closings} == {Removal(ENDS, "PROVIDER_STOPPED", at("2026-03-31"), "job")}
    assert [one.referral.code for one in closings] == ["AUTO-R-RELEASE"] * 11 + ["TASK-R-RETURN-PAPER"]
    assert {one.certificate.reported_on for one in closings} == {day("2026-03-02"), day("2025-06-10")}
    assert {one.verdict.code for one in closings} == {"AUTO-E-CLOSE"}


def test_e_03_not_before_the_last_day(new_entry: MakeEntry) -> None:
    with pytest.raises(ValueError, match="last day"):
        contract_end.close_all([new_entry()], ENDS, at("2026-03-30"), "job")


def test_e_05_force_majeure_keeps_the_entry(new_entry: MakeEntry) -> None:
    """Accident 2026-04-20 documented -> not removed, new date by M-01; nothing shown -> X-05 goes on."""
    entry = new_entry(term="2026-04-20")
    assert reinstatement.force_majeure(entry, "accident report of 2026-04-20").code == "TASK-E-NEW-DATE"
    assert reinstatement.force_majeure(entry, " ").outcome is Outcome.ALLOWED


# cause ended    last day        why
LAST_DAYS = [
    ("2026-04-24", "2026-05-04", "1 May off, then a weekend with 3 May"),
    ("2026-04-27", "2026-05-04", "a plain week"),
    ("2026-03-02", "2026-03-09", "a plain week in March"),
    ("2025-12-17", "2025-12-29", "Christmas with Christmas Eve off"),
    ("2026-03-30", "2026-04-07", "Easter Monday"),
]
NO_SHOW = Removal(date(2026, 4, 21), "NO_SHOW", datetime(2026, 4, 21, 9, tzinfo=UTC), "clerk-1")


@pytest.mark.parametrize(("ended", "last", "why"), LAST_DAYS, ids=[row[2] for row in LAST_DAYS])
def test_e_06_seven_days_from_the_end_of_the_cause(new_entry: MakeEntry, ended: str, last: str, why: str) -> None:
    entry = new_entry("2026-01-12", removal=NO_SHOW)
    timely = reinstatement.reinstate(entry, day(ended), day(last), plausible=True)
    assert (timely.last_day, timely.original_report_date) == (day(last), day("2026-01-12")), why
    assert [one.code for one in timely.verdicts] == ["AUTO-E-REINSTATE", "AUTO-E-STATUS"]
    late = reinstatement.reinstate(entry, day(ended), day(last) + timedelta(days=1), plausible=True)
    assert ([one.code for one in late.verdicts], late.original_report_date) == (["E-E-LATE"], None)


def test_e_06_a_reinstated_patient_stands_where_the_first_report_stood(new_entry: MakeEntry) -> None:
    """The register takes the day: restored, flagged (E-02 asks for no other note), before a later report."""
    later = new_entry("2026-02-02", id="later", number=2)
    gone = new_entry("2026-01-12", id="back", number=1, removal=NO_SHOW)
    found = reinstatement.reinstate(gone, day("2026-04-24"), day("2026-05-04"), plausible=True)
    back = restored(gone, at("2026-05-04"), "clerk-1", report_date=found.original_report_date)
    assert [one.id for one in waiting_order([later, back])] == ["back", "later"]
    assert back.reinstated
    assert not contract_end.date_flagged(back).code


def test_e_06_who_is_reinstated(new_entry: MakeEntry) -> None:
    ended, asked = day("2026-04-24"), day("2026-05-04")
    entry = new_entry("2026-01-12", removal=NO_SHOW)
    doubtful = reinstatement.reinstate(entry, ended, asked, plausible=False)
    assert [one.code for one in doubtful.verdicts] == ["TASK-E-CAUSE"]
    for other in (new_entry(), replace(entry, removal=replace(NO_SHOW, reason="RESIGNED"))):
        assert [one.code for one in reinstatement.reinstate(other, ended, asked, plausible=True).verdicts] == [
            "E-E-NOSHOW"
        ]
    on_paper = replace(entry, referral=EntryReferral(way=ReferralWay.PAPER))
    back = reinstatement.reinstate(on_paper, ended, asked, plausible=True)
    assert [one.code for one in back.verdicts] == ["AUTO-E-REINSTATE"]
    earlier = replace(entry, original_report_date=day("2025-06-10"))
    kept = reinstatement.reinstate(earlier, ended, asked, plausible=True)
    assert kept.original_report_date == day("2025-06-10")


@given(st.dates(date(2025, 1, 1), date(2028, 12, 31)))
def test_e_06_the_last_day_is_a_working_day_a_week_away(ended: date) -> None:
    reported = datetime(2025, 1, 1, 10, tzinfo=UTC)
    schedule = AdmissionSchedule("S1", Care.AMBULATORY, "1100")
    entry = Entry("E1", schedule, EntryPerson("P1"), reported, reported, category=Category.WAITING, removal=NO_SHOW)
    last = reinstatement.reinstate(entry, ended, ended, plausible=True).last_day
    assert is_working_day(last)
    assert timedelta(days=7) <= last - ended <= timedelta(days=12)
