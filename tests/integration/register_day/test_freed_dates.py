"""N-03: who is offered a term that became free, in which order, and what an answer does; N-02: the quarterly batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from fakes.register_ward import CLINIC, Ward

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.history import with_reservation
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.register import Removal
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.domain.term import DayTerm, WeekTerm
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState
from adapter.ports.register import StoredEntry
from adapter.services.register_day.offer_freed import offer_freed, offer_next
from adapter.services.register_day.release_batch import release_batch
from adapter.store.notices import SqlNotices

FACILITY = "demo"
OFFER = NewNotice("B", NoticeKind.EARLIER_OFFER, before=DayTerm(date(2026, 3, 20)), offered=date(2026, 3, 10))


def offered(ward: Ward) -> list[tuple[str, date | None]]:
    """(entry, freed date) of the offers that are due."""
    return [
        (one.notice.entry_id, one.notice.offered)
        for one in ward.notices()
        if one.notice.kind is NoticeKind.EARLIER_OFFER
    ]


def leave(ward: Ward, stored: StoredEntry) -> int | None:
    """The term of an entry became free."""
    return ward.desk(lambda desk: offer_freed(desk, stored.entry))  # type: ignore[no-any-return]


def put_slot(ward: Ward, state: SlotState) -> None:
    """The only term of the doctor on 2026-03-10."""
    starts = instant_in_warsaw(date(2026, 3, 10), time(9))
    slot = Slot("S1", "dr-lis", starts, starts + timedelta(hours=1), state, SlotKind.STABLE)
    ward.desk(lambda desk: desk.work.calendar.put_slot(FACILITY, slot))


WINDOW = [
    ("2026-03-16", [], "six days after"),
    ("2026-03-17", [("B", date(2026, 3, 10))], "the seventh day"),
    ("2026-04-09", [("B", date(2026, 3, 10))], "the thirtieth day"),
    ("2026-04-10", [], "a day too late"),
]


@pytest.mark.parametrize(("term", "offers", "why"), WINDOW, ids=[row[2] for row in WINDOW])
def test_the_seventh_to_the_thirtieth_day_are_offered_it(
    ward: Ward, term: str, offers: list[tuple[str, date]], why: str
) -> None:
    """Freed 2026-03-10: 2026-03-17 to 2026-04-09."""
    left = ward.enter("A", term="2026-03-10")
    ward.enter("B", term=term)
    leave(ward, left)
    assert offered(ward) == offers


def test_urgent_first_then_the_order_of_the_list_one_at_a_time(ward: Ward) -> None:
    left = ward.enter("A", term="2026-03-10")
    ward.enter("B", on="2026-01-05", term="2026-03-20")
    ward.enter("C", on="2026-02-10", term="2026-03-25", criterion=Criterion.URGENT)
    ward.enter("D", on="2026-01-01", term="2026-03-20", reserved=True)
    leave(ward, left)
    assert offered(ward) == [("C", date(2026, 3, 10))]
    for who, nxt in (("C", "B"), ("B", None)):
        (notice,) = [one for one in ward.notices() if one.notice.entry_id == who]
        ward.desk(lambda desk, number=notice.id: desk.work.notices.answered(FACILITY, number, "declined"))
        with ward.store.unit_of_work() as work:
            stored = work.register.entry(FACILITY, who)
            assert stored is not None
            work.register.put(FACILITY, replace(stored, entry=with_reservation(stored.entry)), [])
            work.commit()
        ward.desk(lambda desk, asked=notice: offer_next(desk, asked))
        assert offered(ward) == ([(nxt, date(2026, 3, 10))] if nxt else [])


NOT_OFFERED = [
    ({"term": "2026-03-02"}, "it is today"),
    ({"term": "2026-02-20"}, "it is past"),
    ({"term": WeekTerm(2026, 11)}, "a week is no date"),
    ({"term": None}, "there was no term"),
    ({"term": "2026-03-10", "category": Category.CONTINUING, "criterion": None}, "the end of care is no visit"),
]


def test_what_nobody_else_can_have_is_not_offered(ward: Ward) -> None:
    ward.enter("B", term="2026-03-20")
    for number, (how, why) in enumerate(NOT_OFFERED):
        left = ward.enter(f"A{number}", **how)  # type: ignore[arg-type]
        assert (leave(ward, left), offered(ward)) == (None, []), why


def test_a_date_after_the_end_of_the_contract_is_not_offered(ward: Ward) -> None:
    ward.ends_on = {"dr-lis": date(2026, 3, 9)}
    ward.enter("B", term="2026-03-20")
    assert leave(ward, ward.enter("A", term="2026-03-10")) is None


@pytest.mark.parametrize(("state", "offers"), [(SlotState.FREE, 1), (SlotState.BUSY, 0), (SlotState.BLOCKED, 0)])
def test_a_term_that_is_taken_again_is_not_offered(ward: Ward, state: SlotState, offers: int) -> None:
    put_slot(ward, state)
    ward.enter("B", term="2026-03-20")
    leave(ward, ward.enter("A", term="2026-03-10"))
    assert len(offered(ward)) == offers


def test_another_list_is_not_offered_it(ward: Ward) -> None:
    """O-01: the oncology list of a schedule is a list of its own; so is another schedule's."""
    ward.open_schedule(CLINIC)
    ward.enter("B", term="2026-03-20", schedule=CLINIC)
    ward.enter("C", term="2026-03-20", category=Category.ONCOLOGY, criterion=None)
    assert leave(ward, ward.enter("A", term="2026-03-10")) is None


def test_an_offer_that_nobody_made_in_time_is_void(ward: Ward) -> None:
    ward.enter("B", term="2026-03-20")
    leave(ward, ward.enter("A", term="2026-03-10"))
    ward.on("2026-03-09")
    assert offered(ward) == [("B", date(2026, 3, 10))]
    ward.on("2026-03-10")
    assert (offered(ward), len(ward.notices(NoticeState.VOID))) == ([], 1)


def test_an_offer_of_a_date_that_somebody_else_got_is_not_made(ward: Ward) -> None:
    ward.enter("B", term="2026-03-20")
    put_slot(ward, SlotState.FREE)
    leave(ward, ward.enter("A", term="2026-03-10"))
    ward.on("2026-03-03")
    assert offered(ward) == [("B", date(2026, 3, 10))], "it is free still"
    put_slot(ward, SlotState.BUSY)
    ward.on("2026-03-04")
    assert (offered(ward), len(ward.notices(NoticeState.VOID))) == ([], 1)


def test_an_offer_that_is_no_earlier_any_more_is_not_made_and_its_neighbours_stay(ward: Ward) -> None:
    """The patient got the date, or an earlier one, without a word in the list of notices; another offer is good."""
    stored = ward.enter("B", term="2026-04-01")
    leave(ward, ward.enter("A", term="2026-03-10"))
    leave(ward, ward.enter("C", term="2026-03-05"))
    with ward.store.unit_of_work() as work:
        moved = replace(stored, entry=replace(stored.entry, term=DayTerm(date(2026, 3, 10))))
        work.register.put(FACILITY, moved, [])
        work.commit()
    assert len(offered(ward)) == 2
    ward.on("2026-03-03")
    assert offered(ward) == [("B", date(2026, 3, 5))]


def offer_sent(ward: Ward) -> int:
    """B, dated 2026-03-20, was told of the freed 2026-03-10."""
    (number,) = ward.desk(lambda desk: desk.work.notices.add(FACILITY, [OFFER]))
    ward.desk(lambda desk: desk.work.notices.sent(FACILITY, number, "person:anna", ["letter"]))
    return int(number)


# term of B           removed  answer        reserved  why
UNANSWERED = [
    ("2026-03-20", False, "no_contact", True, "nobody was reached: the old date stays as a reservation (P-07)"),
    ("2026-03-10", False, "accepted", False, "the EHR gave the date that was offered"),
    ("2026-03-06", False, "no_contact", False, "an earlier one was given meanwhile"),
    ("2026-03-20", True, "no_contact", False, "the entry ended"),
    ("2026-03-10", True, "accepted", False, "served on the date that was offered"),
]


@pytest.mark.parametrize(
    ("term", "ended", "answer", "reserved", "why"), UNANSWERED, ids=[row[-1] for row in UNANSWERED]
)
def test_a_sent_offer_lapses_when_its_date_has_passed(
    ward: Ward, term: str, *, ended: bool, answer: str, reserved: bool, why: str
) -> None:
    removal = Removal(date(2026, 3, 9), "OTHER", ward.clock.now(), "anna", "why") if ended else None
    ward.enter("B", term=term, removal=removal, state=VisitState.SERVED)
    number = offer_sent(ward)
    ward.at("2026-03-10", 23)
    ward.run()
    assert [one.id for one in ward.notices(NoticeState.SENT)] == [number], "the day is not over"
    ward.at("2026-03-11", 1)
    acted = ward.run().acted
    assert acted["AUTO-N-RESERVE"] == int(reserved)
    assert [one.answer for one in ward.notices(NoticeState.ANSWERED)] == [answer]
    assert ward.entry("B").entry.reserved is reserved
    before = ward.steps("B")
    assert before.count("reserved") == int(reserved)
    assert ward.run().acted["AUTO-N-RESERVE"] == 0
    assert ward.steps("B") == before, "once"
    assert not [one for one in ward.codes() if "-N-" in one], "nobody is asked to offer a day that is past"


BATCHED = [
    # send by       planned       day           due    why
    ("2026-06-02", "2026-12-30", "2026-05-25", False, "eight days before the last one"),
    ("2026-06-02", "2026-12-30", "2026-05-26", True, "seven days before the last one"),
    ("2026-06-02", "2026-09-16", "2026-03-19", False, "181 days are left"),
    ("2026-06-02", "2026-09-16", "2026-03-20", True, "180 days are left: it is near now"),
]


@pytest.mark.parametrize(("by", "planned", "day", "due", "why"), BATCHED, ids=[row[4] for row in BATCHED])
def test_the_batch_goes_out_in_time(ward: Ward, by: str, planned: str, day: str, due: bool, why: str) -> None:
    term = DayTerm(date.fromisoformat(planned))
    waits = NewNotice(
        "A1",
        NoticeKind.TERM_CHANGED,
        cause="UNFORESEEN",
        before=DayTerm(date(2027, 3, 1)),
        after=term,
        send_by=date.fromisoformat(by),
        state=NoticeState.BATCHED,
    )
    ward.enter(term=term, state=VisitState.BOOKED)
    ward.desk(lambda desk: desk.work.notices.add(FACILITY, [waits]))
    ward.at(day)
    done = ward.run()
    assert (done.released, len(ward.notices(NoticeState.DUE))) == (int(due), int(due))
    assert ward.run().released == 0


def test_a_batch_passes_over_what_was_settled_since_it_was_listed(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clerk told the first patient just now; the second one is told, and the night goes on."""
    term = DayTerm(date(2026, 12, 30))
    waits = NewNotice("A1", NoticeKind.TERM_CHANGED, "UNFORESEEN", term, term, state=NoticeState.BATCHED)
    ward.enter(term=term)
    told, other = ward.desk(lambda desk: desk.work.notices.add(FACILITY, [waits, waits]))
    listed = ward.notices(NoticeState.BATCHED)
    ward.desk(lambda desk: desk.work.notices.sent(FACILITY, told, "anna", ["phone"]))
    monkeypatch.setattr(SqlNotices, "listed", lambda *_, **__: listed)
    assert ward.desk(release_batch) == 1
    assert ward.desk(lambda desk: desk.work.notices.notice(FACILITY, other)).notice.state is NoticeState.DUE
