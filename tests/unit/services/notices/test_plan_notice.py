"""Who is told what, when: D-05, N-01, N-02, M-05, M-06, E-06, X-07, with the book's dated examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.reconcile_fakes import HeldClock

from adapter.domain.entitlement import Category
from adapter.domain.register import EntryPerson, Removal, TermChange, TermChangeCause
from adapter.domain.term import DayTerm, Term, WeekTerm
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState
from adapter.services.desk import Desk
from adapter.services.notices import plan_notice as plan
from adapter.services.refusal import NotTaken

MakeStored = Any
PROVIDER, PATIENT, CRITERION = TermChangeCause.PROVIDER, TermChangeCause.PATIENT, TermChangeCause.CRITERION


def on(text: str) -> DayTerm:
    return DayTerm(datetime.fromisoformat(text).date())


def changed(
    before: Term | None, after: Term | None, cause: TermChangeCause = PROVIDER, reason: str = "UNFORESEEN"
) -> TermChange:
    return TermChange(before, after, datetime(2026, 1, 12, 11, tzinfo=UTC), "Jan Testowy", cause, reason)


def book(desk: Desk) -> list[NewNotice]:
    """All notices, in the order in which they were written down."""
    held: Any = desk.work
    return [one.notice for one in held.notices.book.values()]


def move(desk: Desk, stored: Any, change: TermChange) -> int | None:
    return plan.tell_term_changed(desk, replace(stored, entry=replace(stored.entry, term=change.after)), change)


def test_d_05_who_was_entered_is_told_that_day(desk: Desk, waiting: MakeStored) -> None:
    assert plan.tell_entered(desk, waiting()) == 1
    assert book(desk) == [NewNotice("E1", NoticeKind.ENTERED, after=on("2026-09-07"), send_by=on("2026-01-12").day)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"category": Category.SAME_DAY}, "served today"),
        ({"category": Category.EMERGENCY}, "an emergency"),
        ({"category": None}, "no category yet"),
        ({"person": EntryPerson("P1", deceased_on=on("2026-01-11").day)}, "X-07: died"),
        ({"removal": Removal(on("2026-01-12").day, "2", datetime(2026, 1, 12, tzinfo=UTC), "x")}, "removed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_is_not_told_of_an_entry(desk: Desk, waiting: MakeStored, changes: dict[str, object], why: str) -> None:
    assert plan.tell_entered(desk, waiting(**changes)) is None
    assert book(desk) == []


# today         before        after         cause      state    send by       why
TIMES = [
    ("2026-01-10", "2026-07-09", "2027-01-11", PROVIDER, "due", "2026-01-10", "180 days: now"),
    ("2026-01-10", "2026-07-10", "2027-01-11", PROVIDER, "batched", "2026-04-10", "181 days: the batch"),
    ("2026-01-10", "2027-01-11", "2026-07-09", PROVIDER, "due", "2026-01-10", "the earlier of both counts"),
    ("2026-01-10", "2027-01-11", "2027-03-01", PATIENT, "due", "2026-01-10", "only changes of art. 20 ust. 8 wait"),
]


@pytest.mark.parametrize("row", TIMES, ids=[row[6] for row in TIMES])
def test_n_02_when(desk: Desk, clock: HeldClock, waiting: MakeStored, row: tuple[Any, ...]) -> None:
    today, before, after, cause, state, send_by, _ = row
    clock.at = datetime.fromisoformat(f"{today}T11:00+00:00")
    move(desk, waiting(), changed(on(before), on(after), cause))
    (told,) = book(desk)
    assert (told.state.value, told.send_by) == (state, on(send_by).day)
    assert (told.before, told.after, told.cause) == (on(before), on(after), "UNFORESEEN")


def test_n_02_three_months_after_the_last_one_that_went_out(desk: Desk, clock: HeldClock, waiting: MakeStored) -> None:
    """Last told 2026-03-02; changed on 2026-03-20 to a far date: by 2026-06-02."""
    clock.at = datetime(2026, 3, 2, 11, tzinfo=UTC)
    number = move(desk, waiting(), changed(on("2026-03-20"), on("2026-10-01")))
    assert number is not None
    desk.work.notices.sent("demo", number, "person:jan", ["phone"])
    clock.at = datetime(2026, 3, 20, 11, tzinfo=UTC)
    move(desk, waiting(), changed(on("2026-10-01"), on("2026-11-02")))
    assert [(one.state, one.send_by) for one in book(desk)][1:] == [(NoticeState.BATCHED, on("2026-06-02").day)]


def test_e_n_cause_without_a_reason_nothing_is_written(desk: Desk, waiting: MakeStored) -> None:
    """M-06: doctor ill 2026-03-09: 03-10 -> 03-24, cause "" -> E-N-CAUSE, said by both rules that ask."""
    bare = changed(on("2026-03-10"), on("2026-03-24"), reason=" ")
    with pytest.raises(NotTaken) as refused:
        move(desk, waiting(), bare)
    assert [one.rule for one in refused.value.problems] == ["N-01", "M-06"]
    assert {one.code for one in plan.judge_telling(waiting().entry, bare)} == {"E-N-CAUSE"}
    assert book(desk) == []


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [(None, on("2026-09-07"), "the first term"), (WeekTerm(2026, 37), on("2026-09-08"), "a day of the promised week")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_term_that_is_no_change_needs_no_cause(
    desk: Desk, waiting: MakeStored, before: Term | None, after: Term, why: str
) -> None:
    move(desk, waiting(), changed(before, after, reason=""))
    assert [(one.kind, one.cause, one.state) for one in book(desk)] == [(NoticeKind.TERM_CHANGED, "", NoticeState.DUE)]


def test_m_05_worse_health_brings_the_term_forward_and_is_told_at_once(desk: Desk, waiting: MakeStored) -> None:
    """Accepted on the day, 2026-08-10 -> 2026-03-19: a letter of its own, today."""
    move(desk, waiting(), changed(on("2026-08-10"), on("2026-03-19"), CRITERION, "HEALTH_WORSE"))
    assert [(one.kind, one.send_by) for one in book(desk)] == [(NoticeKind.HEALTH, on("2026-01-12").day)]


def test_a_patient_hears_once_from_the_term_he_knows_to_the_one_that_counts(desk: Desk, waiting: MakeStored) -> None:
    move(desk, waiting(), changed(on("2026-09-07"), on("2026-10-05")))
    move(desk, waiting(), changed(on("2026-10-05"), on("2026-11-02"), reason="UNFORESEEN"))
    first, second = book(desk)
    assert (first.state, second.state) == (NoticeState.VOID, NoticeState.BATCHED)
    assert (second.before, second.after, second.send_by) == (on("2026-09-07"), on("2026-11-02"), first.send_by)


def test_a_term_that_came_back_before_anybody_was_told_is_not_told(desk: Desk, waiting: MakeStored) -> None:
    move(desk, waiting(), changed(on("2026-09-07"), on("2026-10-05")))
    assert move(desk, waiting(), changed(on("2026-10-05"), on("2026-09-07"))) is None
    assert [one.state for one in book(desk)] == [NoticeState.VOID]


def test_what_was_due_today_stays_due_when_the_term_moves_far_away(desk: Desk, waiting: MakeStored) -> None:
    move(desk, waiting(), changed(on("2026-02-02"), on("2026-10-05")))
    move(desk, waiting(), changed(on("2026-10-05"), on("2026-12-07")))
    assert [(one.state, one.send_by) for one in book(desk)][1:] == [(NoticeState.DUE, on("2026-01-12").day)]


def test_a_freed_date_is_offered_once(desk: Desk, waiting: MakeStored) -> None:
    """N-03: the same date is not offered to the same person again, whatever the answer was."""
    freed = on("2026-08-31").day
    number = plan.offer_earlier(desk, waiting(), freed)
    assert number is not None
    desk.work.notices.answered("demo", number, "declined")
    assert plan.offer_earlier(desk, waiting(), freed) is None
    assert plan.offer_earlier(desk, waiting(), on("2026-08-28").day) is not None


def test_x_07_nobody_is_told_after_a_death(desk: Desk, waiting: MakeStored) -> None:
    """Deceased 2026-03-04: what was planned is void and nothing new is planned."""
    plan.tell_entered(desk, waiting())
    move(desk, waiting(), changed(on("2026-09-07"), on("2027-10-05")))
    assert plan.stop_telling(desk, "E1") == 2
    gone = waiting(person=EntryPerson("P1", deceased_on=on("2026-03-04").day))
    assert move(desk, gone, changed(on("2026-09-07"), on("2026-10-05"))) is None
    assert plan.tell_reinstated(desk, gone) is None
    assert plan.tell_contract_ends(desk, gone) is None
    assert plan.offer_earlier(desk, gone, on("2026-08-31").day) is None
    assert {one.state for one in book(desk)} == {NoticeState.VOID}


def test_reinstatement_and_the_end_of_a_contract_are_told_today(desk: Desk, waiting: MakeStored) -> None:
    """E-06 and E-03; the entry is removed already when the certificate goes out."""
    plan.tell_reinstated(desk, waiting(reinstated=True))
    ended = waiting(removal=Removal(on("2026-01-12").day, "3", datetime(2026, 1, 12, tzinfo=UTC), "job"))
    plan.tell_contract_ends(desk, ended)
    assert [(one.kind, one.send_by) for one in book(desk)] == [
        (NoticeKind.REINSTATED, on("2026-01-12").day),
        (NoticeKind.CONTRACT_ENDS, on("2026-01-12").day),
    ]
