"""The paper original (R-02, R-03, R-11): every example of the book, and that each day asks one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.entitlement import Category
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay, Removal
from adapter.domain.rules import paper
from adapter.domain.rules.reasons import NO_PAPER_REFERRAL
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
POST = PostingChannel.DESIGNATED_OPERATOR
AT = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


def on_paper(**fields: object) -> EntryReferral:
    return EntryReferral(way=ReferralWay.PAPER, paper=PaperReferral(**fields))  # type: ignore[arg-type]


def day(text: str) -> date:
    return date.fromisoformat(text)


DEADLINES = [
    ("2026-03-02", "2026-03-20"),
    ("2026-04-27", "2026-05-18"),
    ("2025-12-15", "2026-01-09"),
    ("2024-12-16", "2025-01-09"),
    ("2026-05-28", "2026-06-18"),
    ("2026-10-26", "2026-11-16"),
]


@pytest.mark.parametrize(("entered", "deadline"), DEADLINES)
def test_r_02_fourteen_working_days(new_entry: MakeEntry, entered: str, deadline: str) -> None:
    days = paper.paper_days(new_entry(entered, referral=on_paper()))
    assert days.deadline == day(deadline)
    assert days.grace_until == day(deadline) + timedelta(days=7)


# today         code                     why
DAYS = [
    ("2026-03-15", "", "nothing yet"),
    ("2026-03-16", "TASK-R-PAPER", "the tenth working day"),
    ("2026-03-19", "TASK-R-PAPER", "still time"),
    ("2026-03-20", "W-R-PAPER-LAST", "the last day"),
    ("2026-03-21", "W-R-PAPER-OVERDUE", "overdue, X-06"),
    ("2026-03-27", "W-R-PAPER-OVERDUE", "the last day of the grace"),
    ("2026-03-28", "AUTO-R-PAPER-REMOVE", "the grace is over"),
]


@pytest.mark.parametrize(("today", "code", "why"), DAYS, ids=[row[2] for row in DAYS])
def test_r_02_each_day_asks_one_thing(new_entry: MakeEntry, today: str, code: str, why: str) -> None:
    assert paper.original_due(new_entry("2026-03-02", referral=on_paper()), day(today)).code == code, why


def test_r_02_a_person_who_confirms_ends_the_grace(new_entry: MakeEntry) -> None:
    confirmed = new_entry("2026-03-02", referral=on_paper(confirmed_missing_by="clerk-1"))
    assert paper.original_due(confirmed, day("2026-03-21")).code == "AUTO-R-PAPER-REMOVE"
    assert paper.original_due(confirmed, day("2026-03-20")).code == "W-R-PAPER-LAST"


def test_r_03_an_original_that_came_silences_the_job(new_entry: MakeEntry) -> None:
    """Received 2026-03-12 -> stored, overdue job silent; without its place the entry is shown."""
    came = new_entry("2026-03-02", referral=on_paper(received_on=day("2026-03-12"), location="folder 7"))
    assert all(
        not paper.original_due(came, day("2026-03-12") + timedelta(days=ahead)).code for ahead in range(0, 60, 5)
    )
    assert paper.place_known(came).outcome is Outcome.ALLOWED
    nowhere = new_entry("2026-03-02", referral=on_paper(received_on=day("2026-03-12")))
    assert paper.place_known(nowhere).code == "W-R-PAPER-PLACE"
    assert not paper.place_known(new_entry()).code


def test_r_02_posted_in_time_and_received_later(new_entry: MakeEntry) -> None:
    """T-07: posted 2026-03-20, received 2026-03-25 -> in time; a removal for it is undone. Posted 03-21 -> late."""
    posted = {"posted_on": day("2026-03-20"), "channel": POST, "received_on": day("2026-03-25")}
    timely = new_entry("2026-03-02", referral=on_paper(**posted))
    assert paper.original_due(timely, day("2026-03-24")).code == "W-R-PAPER-OVERDUE"
    assert not paper.original_due(timely, day("2026-03-25")).code
    removed = replace(timely, removal=Removal(day("2026-03-28"), NO_PAPER_REFERRAL, AT, "job"))
    assert paper.original_due(removed, day("2026-03-30")).code == "AUTO-R-PAPER-UNDO"
    other = replace(timely, removal=Removal(day("2026-03-28"), "RESIGNED", AT, "clerk-1"))
    assert not paper.original_due(other, day("2026-03-30")).code
    late = new_entry("2026-03-02", referral=on_paper(**{**posted, "posted_on": day("2026-03-21")}))
    assert paper.original_due(late, day("2026-03-25")).code == "TASK-R-PAPER-LATE"
    assert paper.original_due(late, day("2026-03-28")).code == "AUTO-R-PAPER-REMOVE"


def test_r_02_a_letter_proven_to_be_on_its_way_is_for_a_person(new_entry: MakeEntry) -> None:
    posted = new_entry("2026-03-02", referral=on_paper(posted_on=day("2026-03-19"), channel=POST))
    assert paper.original_due(posted, day("2026-04-10")).code == "TASK-R-PAPER-LATE"


def test_r_02_asks_nothing_where_no_paper_is_owed(new_entry: MakeEntry) -> None:
    late = day("2026-12-01")
    without = AdmissionSchedule("S2", Care.AMBULATORY, "mammography", referral_needed=False)
    for entry in (
        new_entry(),
        new_entry(referral=None),
        new_entry(referral=on_paper(), category=Category.EMERGENCY),
        new_entry(referral=on_paper(), category=Category.CONTINUING),
        new_entry(referral=on_paper(), schedule=without),
    ):
        assert paper.original_due(entry, late).outcome is Outcome.ALLOWED
        assert paper.paper_lawful(entry).outcome is Outcome.ALLOWED


def test_r_02_the_grace_and_the_task_are_settings(new_entry: MakeEntry) -> None:
    settings = RuleSettings(postal_grace_days=2, paper_task_on_working_day=5)
    entry = new_entry("2026-03-02", referral=on_paper())
    assert paper.original_due(entry, day("2026-03-09"), settings).code == "TASK-R-PAPER"
    assert paper.original_due(entry, day("2026-03-23"), settings).code == "AUTO-R-PAPER-REMOVE"


def test_r_11_paper_for_an_e_referral_service_needs_a_ground(new_entry: MakeEntry) -> None:
    """Ground null -> W-R-PAPER; ground "P1 down 2026-03-02" -> ok."""
    bare = new_entry(referral=on_paper())
    assert paper.paper_lawful(bare).code == "W-R-PAPER"
    assert not paper.paper_lawful(bare, e_referral_service=False).code
    assert not paper.paper_lawful(new_entry(referral=on_paper(ground="P1 down 2026-03-02"))).code


@given(entered=st.dates(date(2025, 1, 1), date(2027, 12, 31)), ahead=st.integers(0, 60))
def test_nobody_is_removed_before_the_grace_is_over(entered: date, ahead: int) -> None:
    """X-06: without a person's word the removal comes after the last day and the whole grace, and then it does."""
    schedule = AdmissionSchedule("S1", Care.AMBULATORY, "1100")
    at = datetime(entered.year, entered.month, entered.day, 10, tzinfo=UTC)
    entry = Entry("E1", schedule, EntryPerson("P1"), at, at, category=Category.WAITING, referral=on_paper())
    days, today = paper.paper_days(entry), entered + timedelta(days=ahead)
    assert entered < days.task_on <= days.deadline < days.grace_until
    removed = paper.original_due(entry, today).code == "AUTO-R-PAPER-REMOVE"
    assert removed is (today > days.grace_until)
