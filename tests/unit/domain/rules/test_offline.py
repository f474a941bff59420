"""P1's status makes the entry, and entries while P1 is out of reach (R-04, R-07, R-08)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.moments import instant_in_warsaw
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay, Removal
from adapter.domain.rules import offline
from adapter.domain.rules.offline import StatusAnswer
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
NOTED = EntryReferral("REF0000000000000000001", ReferralWay.CODE, person_identified=True, noted=True)


def at(clock: str, day: str = "2026-03-02") -> datetime:
    return instant_in_warsaw(date.fromisoformat(day), time.fromisoformat(clock))


ANSWERS = [
    (StatusAnswer.SET, NOTED, Outcome.ALLOWED, "R-04", ""),
    (StatusAnswer.ELSEWHERE, NOTED, Outcome.REFUSED, "R-04", "E-U-DUP"),
    (StatusAnswer.REFUSED, NOTED, Outcome.REFUSED, "R-04", "E-R-P1"),
    (StatusAnswer.UNREACHABLE, NOTED, Outcome.DO_THIS, "R-07", "AUTO-R-OFFLINE"),
    (StatusAnswer.UNREACHABLE, replace(NOTED, noted=False), Outcome.REFUSED, "R-07", "E-R-ACCESS"),
    (StatusAnswer.UNREACHABLE, None, Outcome.REFUSED, "R-07", "E-R-ACCESS"),
]


@pytest.mark.parametrize(("answer", "referral", "outcome", "rule", "code"), ANSWERS)
def test_r_04_the_status_makes_the_entry(
    new_entry: MakeEntry, answer: StatusAnswer, referral: EntryReferral | None, outcome: Outcome, rule: str, code: str
) -> None:
    """R-04: used elsewhere -> E-U-DUP; R-07: out of reach with the data noted -> offline, without -> E-R-ACCESS."""
    verdict = offline.entry_final(new_entry(referral=referral), answer)
    assert (verdict.outcome, verdict.rule, verdict.code) == (outcome, rule, code)


def test_r_08_statuses_are_set_in_the_order_of_the_entries(new_entry: MakeEntry) -> None:
    """Outage 08:00-11:30, entries 08:20 and 09:05: both after 11:30 in that order; their times stay."""
    first = new_entry(id="E1", reported_at=at("08:20"), entered_at=at("08:20"), offline_pending=True)
    second = new_entry(id="E2", reported_at=at("09:05"), entered_at=at("09:05"), offline_pending=True)
    done = new_entry(id="E3", entered_at=at("08:30"))
    closed = replace(first, id="E4", removal=Removal(date(2026, 3, 2), "RESIGNED", at("10:00"), "clerk-1"))
    assert offline.sync_order([second, done, closed, first]) == (first, second)
    assert [one.entered_at for one in offline.sync_order([second, first])] == [at("08:20"), at("09:05")]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=8))
def test_r_08_every_open_pending_entry_once_and_none_before_an_earlier_one(rows: list[tuple[int, bool]]) -> None:
    schedule, start = AdmissionSchedule("S1", Care.AMBULATORY, "1100"), at("08:00")
    entries = []
    for number, (minute, pending) in enumerate(rows):
        written = start + timedelta(minutes=minute)
        entries.append(
            Entry(f"E{number}", schedule, EntryPerson("P"), written, written, number=number, offline_pending=pending)
        )
    order = offline.sync_order(reversed(entries))
    assert {entry.id for entry in order} == {entry.id for entry in entries if entry.offline_pending}
    assert [(one.entered_at, one.number) for one in order] == sorted((one.entered_at, one.number) for one in order)


SYNC = [
    ("11:29", None, ""),
    ("11:30", "11:30", "AUTO-R-SYNC"),
    ("12:29", "11:30", "AUTO-R-SYNC"),
    ("12:30", "11:30", "W-R-SYNC-LATE"),
]


@pytest.mark.parametrize(("now", "back", "code"), SYNC)
def test_r_08_late_after_an_hour_of_access(new_entry: MakeEntry, now: str, back: str | None, code: str) -> None:
    pending = new_entry(reported_at=at("08:20"), entered_at=at("08:20"), offline_pending=True)
    assert offline.sync_due(pending, at(back) if back else None, at(now)).code == code
    assert not offline.sync_due(replace(pending, offline_pending=False), at("11:30"), at("15:00")).code


def test_r_08_the_hour_is_a_setting_and_counts_from_the_entry_when_p1_was_up(new_entry: MakeEntry) -> None:
    pending = new_entry(reported_at=at("12:00"), entered_at=at("12:00"), offline_pending=True)
    assert offline.sync_due(pending, at("06:00"), at("12:30")).code == "AUTO-R-SYNC"
    settings = RuleSettings(sync_late_after_minutes=30)
    assert offline.sync_due(pending, at("06:00"), at("12:30"), settings).code == "W-R-SYNC-LATE"


@pytest.mark.parametrize("answer", list(StatusAnswer))
def test_r_08_refused_afterwards_is_for_a_person(answer: StatusAnswer) -> None:
    """Held elsewhere after the outage -> TASK duplicate; the entry is not thrown away by software."""
    asked = answer in {StatusAnswer.ELSEWHERE, StatusAnswer.REFUSED}
    assert offline.synced(answer).code == ("TASK-R-DUPLICATE" if asked else "")


@pytest.mark.parametrize(
    ("now", "back", "code"),
    [
        ("12:29", "11:30", ""),
        ("12:30", "11:30", "W-R-STATUS-LATE"),
        ("15:00", None, ""),
        ("09:20", "06:00", "W-R-STATUS-LATE"),
    ],
)
def test_r_04_an_awaited_status_is_late_after_an_hour_of_access(
    new_entry: MakeEntry, now: str, back: str | None, code: str
) -> None:
    awaited = new_entry(reported_at=at("08:20"), entered_at=at("08:20"))
    assert offline.status_due(awaited, at(back) if back else None, at(now)).code == code
