"""What patients are told and answer (N-01, N-02, N-03, N-04, N-05, N-06, N-07, N-08): every example of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import Entry, EntryPerson, Offer, Route, TermChangeCause
from adapter.domain.rules import notices
from adapter.domain.rules.notices import FUND_SENTENCE_EN, FUND_SENTENCE_PL, Told, Way
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.verdict import Outcome
from adapter.domain.term import DayTerm, WeekTerm

MakeEntry = Callable[..., Entry]
PERSON = EntryPerson("P1", phone="+48000000000", other_contact="p1@example.org", address="Prosta 1")
FAR = DayTerm(date(2030, 1, 1))


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_n_01_every_available_way_with_the_cause() -> None:
    """Doctor ill 2026-03-09, cause filled -> notice; cause "" -> E-N-CAUSE (M-06)."""
    assert notices.change_told(PERSON, "doctor ill").code == "AUTO-N-CHANGE"
    assert notices.change_told(PERSON, " ").code == "E-N-CAUSE"
    assert notices.ways_to(PERSON) == (Way.PHONE, Way.OTHER, Way.POST)
    assert notices.ways_to(replace(PERSON, phone="")) == (Way.OTHER, Way.POST)
    assert notices.change_told(EntryPerson("P1"), "doctor ill").code == "TASK-N-UNREACHABLE"


def test_n_01_nothing_is_sent_to_who_died() -> None:
    """X-07: deceased 2026-03-04: no way, no notice."""
    gone = replace(PERSON, deceased_on=day("2026-03-04"))
    assert notices.ways_to(gone) == ()
    assert notices.change_told(gone, "doctor ill").outcome is Outcome.ALLOWED


# today         planned       last batch    code            due by        why
TIMES = [
    ("2026-01-10", "2026-07-09", None, "AUTO-N-NOW", "2026-01-10", "180 days"),
    ("2026-01-10", "2026-07-10", None, "AUTO-N-BATCH", "2026-04-10", "181 days"),
    ("2026-03-20", "2026-09-16", "2026-03-02", "AUTO-N-NOW", "2026-03-20", "180 days, whatever the batch"),
    ("2026-03-20", "2026-09-17", "2026-03-02", "AUTO-N-BATCH", "2026-06-02", "three months after the last batch"),
    ("2026-07-01", "2027-07-01", "2026-03-02", "AUTO-N-BATCH", "2026-07-01", "the batch is overdue: today"),
]


@pytest.mark.parametrize(("today", "planned", "last", "code", "due", "why"), TIMES, ids=[row[5] for row in TIMES])
def test_n_02_far_dates_may_wait(today: str, planned: str, last: str | None, code: str, due: str, why: str) -> None:
    told = notices.when_to_tell(
        day(today), DayTerm(day(planned)), FAR, TermChangeCause.PROVIDER, day(last) if last else None
    )
    assert (told.verdict.code, told.due_by) == (code, day(due)), why


def test_n_02_counts_to_the_earlier_date_and_serves_unforeseen_changes_only() -> None:
    near, today = DayTerm(day("2026-07-09")), day("2026-01-10")
    assert notices.when_to_tell(today, FAR, near, TermChangeCause.PROVIDER).verdict.code == "AUTO-N-NOW"
    for cause in set(TermChangeCause) - {TermChangeCause.PROVIDER}:
        assert notices.when_to_tell(today, FAR, FAR, cause).verdict.code == "AUTO-N-NOW"


# freed         planned       in
WINDOW = [
    ("2026-03-10", "2026-03-16", False),
    ("2026-03-10", "2026-03-17", True),
    ("2026-03-10", "2026-04-09", True),
    ("2026-03-10", "2026-04-10", False),
    ("2025-12-22", "2025-12-29", True),
    ("2025-12-22", "2026-01-21", True),
    ("2025-12-22", "2026-01-22", False),
]


@pytest.mark.parametrize(("freed", "planned", "inside"), WINDOW)
def test_n_03_the_window(new_entry: MakeEntry, freed: str, planned: str, *, inside: bool) -> None:
    assert notices.may_be_offered(new_entry("2025-11-03", planned), day(freed)) is inside


def test_n_03_urgent_first_then_the_order_of_the_list(new_entry: MakeEntry) -> None:
    """In the window whatever the place, urgent first; by wish, dead, off the list or by week: not asked."""
    freed = day("2026-03-10")
    early = new_entry("2026-01-05", "2026-04-09", id="A", number=1)
    later = new_entry("2026-01-20", "2026-03-17", id="C", number=2)
    urgent = new_entry("2026-02-10", "2026-03-20", id="B", number=3, criterion=Criterion.URGENT)
    others = [
        new_entry("2026-01-01", "2026-03-20", id="reserved", reserved=True),
        new_entry("2026-01-01", "2026-03-20", id="dead", person=replace(PERSON, deceased_on=day("2026-03-04"))),
        new_entry("2026-01-01", "2026-03-20", id="continuing", category=Category.CONTINUING),
        new_entry("2026-01-01", WeekTerm(2026, 12), id="week"),
        new_entry("2026-01-01", None, id="undated"),
    ]
    found = notices.candidates(freed, [later, early, *others, urgent])
    assert [one.id for one in found] == ["B", "A", "C"]
    assert notices.offer(freed, found).code == "AUTO-N-OFFER"
    assert not notices.offer(freed, ()).code
    asked = notices.candidates(freed, others, RuleSettings(offer_freed_dates_to_reserved=True))
    assert [one.id for one in asked] == ["reserved"]


@given(freed=st.dates(date(2025, 1, 1), date(2027, 1, 1)), ahead=st.integers(-10, 60))
def test_n_03_seven_to_thirty_days_both_included(freed: date, ahead: int) -> None:
    first, last = notices.freed_window(freed)
    planned = date.fromordinal(freed.toordinal() + ahead)
    assert (first <= planned <= last) is (7 <= ahead <= 30)


# answer         unforeseen  codes
ANSWERS = [
    ("accepted", False, ["AUTO-N-ACCEPTED"]),
    ("declined", False, ["AUTO-N-RESERVE"]),
    ("no_contact", False, ["AUTO-N-RESERVE"]),
    ("declined", True, ["AUTO-N-RESERVE", "AUTO-N-NEXT"]),
    ("", True, [""]),
]


@pytest.mark.parametrize(("answer", "unforeseen", "codes"), ANSWERS)
def test_n_04_what_an_answer_does(answer: str, *, unforeseen: bool, codes: list[str]) -> None:
    """No contact 2026-03-11 -> reserved; accepted -> new date with its reason; declined under ust. 8 -> the next."""
    offered = Offer(day("2026-03-17"), answer=answer)
    assert [one.code for one in notices.answered(offered, unforeseen=unforeseen)] == codes


def test_n_05_the_notice_tells_of_the_fund() -> None:
    """A template without the NFZ sentence -> E-N-NOTICE, however the lines of the text are broken."""
    assert notices.tells_of_fund("Nowy termin: 2026-03-24.").code == "E-N-NOTICE"
    broken = FUND_SENTENCE_PL.replace(" średnim", "\n    średnim")
    assert not notices.tells_of_fund(f"Nowy termin: 2026-03-24.\n\n{broken}").code
    assert notices.tells_of_fund(FUND_SENTENCE_PL, FUND_SENTENCE_EN).refused


def test_n_06_a_changed_contact_goes_to_ap_kolce() -> None:
    """Changed 2026-03-02 in the EHR -> update sent the same day; elsewhere, or for another change, nothing."""
    moved = replace(PERSON, phone="+48111111111")
    assert notices.contact_changed(PERSON, moved, Route.AP_KOLCE).code == "AUTO-N-CONTACT"
    assert notices.contact_changed(PERSON, replace(PERSON, other_contact=""), Route.AP_KOLCE).code
    assert not notices.contact_changed(PERSON, moved, Route.KLX).code
    assert not notices.contact_changed(PERSON, replace(PERSON, address="Krzywa 2"), Route.AP_KOLCE).code


@pytest.mark.parametrize(("rule", "judge"), [("N-07", notices.told_by_fund), ("N-08", notices.told_by_patient)])
def test_n_07_n_08_resigns_or_cannot_come(rule: str, judge: Callable[[Told], object]) -> None:
    """Resigns 2026-03-05 -> removal and release (X-04); cannot come -> a task."""
    resigned, absent = judge(Told.RESIGNS), judge(Told.CANNOT_COME)
    assert (resigned.rule, resigned.code) == (rule, "AUTO-N-RESIGNED")  # type: ignore[attr-defined]
    assert (absent.rule, absent.code) == (rule, "TASK-N-RESCHEDULE")  # type: ignore[attr-defined]
