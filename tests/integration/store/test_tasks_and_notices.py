"""Tasks and notices: raised once, ended and kept; told once, and to nobody who is not to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes.register_cases import stored
from store_fixtures import HeldClock

from adapter.domain.term import DayTerm, WeekTerm
from adapter.errors import BadInput, Refused
from adapter.ports.notices import NewNotice, NoticeKind, Notices, NoticeState, StoredNotice
from adapter.ports.store import UnitOfWork
from adapter.ports.tasks import NewTask, StoredTask, TaskKind, TaskState
from adapter.store.tasks import BY_ITSELF
from adapter.store.unit_of_work import SqlStore

DUE = date(2026, 3, 20)
PAPER = NewTask("R-02", "TASK-R-PAPER", "entry/A1", "art. 20", "dostarcz", "bring it", TaskKind.TASK, DUE)
LATE = replace(PAPER, rule="P-03", code="P-FIX-OVERDUE", kind=TaskKind.ALARM, due_on=date(2026, 3, 1))
FULL = NewTask("V-08", "W-PRIV-CAPACITY", "schedule/S1", "art. 47c", "brak", "none", TaskKind.WARNING)
ENTERED = NewNotice("A1", NoticeKind.ENTERED, "wpis", None, WeekTerm(2026, 30), None, date(2026, 3, 5))
OFFER = NewNotice("A1", NoticeKind.EARLIER_OFFER, "", DayTerm(DUE), DayTerm(DUE), DUE, date(2026, 3, 3))
BATCHED = NewNotice("A1", NoticeKind.TERM_CHANGED, state=NoticeState.BATCHED)


def codes(tasks: object) -> list[str]:
    return [one.task.code for one in tasks]  # type: ignore[attr-defined]


def test_a_task_is_raised_once_and_seen_again(store: SqlStore, held_clock: HeldClock) -> None:
    began = held_clock.now()
    moved = replace(PAPER, due_on=DUE + timedelta(days=1), text_en="bring it now", kind=TaskKind.ALARM)
    with store.unit_of_work() as work:
        assert work.tasks.raise_("demo", [PAPER, FULL, PAPER]) == 2
        held_clock.sleep(3600)
        assert work.tasks.raise_("demo", [FULL, moved]) == 0
        assert work.tasks.raise_("demo", []) == 0
        assert work.tasks.raise_("north", [PAPER]) == 1
        first, second = work.tasks.listed("demo")
        assert first == StoredTask(
            first.id, "demo", moved, TaskState.OPEN, raised_at=began, seen_at=began + timedelta(hours=1)
        )
        assert second.task == FULL
        assert work.tasks.task("demo", first.id) == first
        assert work.tasks.task("north", first.id) is None


def test_tasks_due_first_stand_at_the_top_and_are_found_by_what_they_say(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        work.tasks.raise_("demo", [FULL, PAPER, LATE])
        listed = work.tasks.listed
        assert codes(listed("demo")) == ["P-FIX-OVERDUE", "TASK-R-PAPER", "W-PRIV-CAPACITY"]
        assert codes(listed("demo", limit=1)) == ["P-FIX-OVERDUE"]
        assert codes(listed("demo", rule="V-08")) == ["W-PRIV-CAPACITY"]
        assert codes(listed("demo", subject="entry/A1")) == ["P-FIX-OVERDUE", "TASK-R-PAPER"]
        assert codes(listed("demo", kinds=[TaskKind.WARNING, TaskKind.TASK])) == ["TASK-R-PAPER", "W-PRIV-CAPACITY"]
        assert codes(listed("demo", state=TaskState.DONE)) == []
        assert codes(listed("demo", state=None)) == codes(listed("demo"))


def test_what_a_person_did_is_not_asked_again_until_it_is_due_on_another_day(
    store: SqlStore, held_clock: HeldClock
) -> None:
    with store.unit_of_work() as work:
        work.tasks.raise_("demo", [PAPER, FULL])
        for one in work.tasks.listed("demo"):
            ended = work.tasks.done("demo", one.id, "anna", "brought")
            assert ended == replace(
                one, state=TaskState.DONE, ended_at=held_clock.now(), ended_by="anna", note="brought"
            )
            assert work.tasks.done("demo", one.id, "ewa", "again") is None
            assert work.tasks.done("north", one.id, "ewa", "") is None
        assert work.tasks.raise_("demo", [PAPER, FULL]) == 0
        assert work.tasks.raise_("demo", [replace(PAPER, due_on=None), replace(FULL, due_on=DUE)]) == 2
        assert work.tasks.raise_("demo", [replace(PAPER, subject="entry/A2"), replace(PAPER, rule="R-03")]) == 2


def test_tasks_that_no_rule_asks_for_end_by_themselves_and_come_back_when_one_does(store: SqlStore) -> None:
    keep = [("R-02", "TASK-R-PAPER", "entry/A1")]
    with store.unit_of_work() as work:
        work.tasks.raise_("demo", [PAPER, LATE, FULL, replace(PAPER, subject="entry/A2")])
        work.tasks.raise_("north", [LATE])
        assert work.tasks.gone("demo", ["entry/A1", "entry/A2"], keep=keep, codes=["OTHER"]) == 0
        assert work.tasks.gone("demo", [], keep=[]) == 0
        assert work.tasks.gone("demo", ["entry/A1", "schedule/S1"], keep=keep, codes=["P-FIX-OVERDUE"]) == 1
        assert work.tasks.gone("demo", ["entry/A1", "entry/A2"], keep=keep) == 1
        assert [one.task.subject for one in work.tasks.listed("demo")] == ["entry/A1", "schedule/S1"]
        ended = work.tasks.listed("demo", state=TaskState.GONE)
        assert [one.ended_by for one in ended] == [BY_ITSELF] * 2
        assert work.tasks.raise_("demo", [LATE]) == 1, "what went by itself comes back"
        assert codes(work.tasks.listed("north")) == ["P-FIX-OVERDUE"]


def told(work: UnitOfWork, *notices: NewNotice) -> list[int]:
    for entry_id in ("A1", "A2"):
        work.register.put("demo", stored(entry_id), [])
    return list(work.notices.add("demo", notices))


def test_notices_stand_in_the_order_in_which_they_go_out(store: SqlStore, held_clock: HeldClock) -> None:
    with store.unit_of_work() as work:
        entered, offer, batched, other = told(work, ENTERED, OFFER, BATCHED, replace(ENTERED, entry_id="A2"))
        assert work.notices.add("demo", []) == []
        assert work.notices.notice("demo", offer) == StoredNotice(offer, "demo", OFFER, held_clock.now())
        assert work.notices.notice("demo", entered) == StoredNotice(entered, "demo", ENTERED, held_clock.now())
        assert work.notices.notice("north", entered) is None
        listed = work.notices.listed
        assert [one.id for one in listed("demo")] == [offer, entered, other]
        assert [one.id for one in listed("demo", limit=1)] == [offer]
        assert [one.id for one in listed("demo", states=[NoticeState.BATCHED])] == [batched]
        assert [one.id for one in listed("demo", states=(), entry_id="A1")] == [offer, entered, batched]
        assert listed("north") == []


def test_a_notice_is_sent_answered_and_remembered(store: SqlStore, held_clock: HeldClock) -> None:
    at = held_clock.now()
    with store.unit_of_work() as work:
        entered, offer, batched = told(work, ENTERED, OFFER, BATCHED)
        work.notices.due("demo", batched)
        work.notices.sent("demo", offer, "anna", ["sms", "phone"])
        assert work.notices.last_sent("demo", "A1", NoticeKind.EARLIER_OFFER) == at
        assert work.notices.last_sent("demo", "A1", NoticeKind.ENTERED) is None
        work.notices.answered("demo", offer, "declined")
        work.notices.answered("demo", batched, "no_contact")
        held_clock.sleep(86400)
        work.notices.sent("demo", entered, "ewa", ["letter"])
        assert work.notices.notice("demo", offer) == StoredNotice(
            *(offer, "demo", replace(OFFER, state=NoticeState.ANSWERED), at, at, "anna", ("sms", "phone"), at),
            answer="declined",
        )
        again = work.notices.add("demo", [ENTERED])
        work.notices.sent("demo", again[0], "ewa", ["letter"])
        assert work.notices.last_sent("demo", "A1", NoticeKind.ENTERED) == held_clock.now()
        assert work.notices.listed("demo", states=[NoticeState.DUE, NoticeState.BATCHED]) == []


ACTS: dict[str, Callable[[Notices, int], object]] = {
    "sent": lambda notices, number: notices.sent("demo", number, "anna", ["sms"]),
    "answered": lambda notices, number: notices.answered("demo", number, "accepted"),
    "due": lambda notices, number: notices.due("demo", number),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_is_settled_stays_settled(store: SqlStore, act: str) -> None:
    with store.unit_of_work() as work:
        (answered,) = told(work, OFFER)
        work.notices.answered("demo", answered, "declined")
        (void,) = work.notices.add("demo", [ENTERED])
        work.notices.void("demo", "A1")
        for number, state in ((answered, "answered"), (void, "void")):
            with pytest.raises(Refused, match=f"is {state}") as refused:
                ACTS[act](work.notices, number)
            assert refused.value.code == "NOTICE_SETTLED"
        with pytest.raises(BadInput, match="no notice 999"):
            ACTS[act](work.notices, 999)


def test_nobody_is_told_of_an_ended_entry_and_what_was_sent_stays(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        entered, *_ = told(work, ENTERED, OFFER, BATCHED, replace(ENTERED, entry_id="A2"))
        work.notices.sent("demo", entered, "anna", ["sms"])
        assert work.notices.void("north", "A1") == 0
        assert work.notices.void("demo", "A1", kinds=[NoticeKind.TERM_CHANGED]) == 1
        assert work.notices.void("demo", "A1") == 1
        states = [one.notice.state for one in work.notices.listed("demo", states=(), entry_id="A1")]
        assert sorted(states) == ["sent", "void", "void"]
        assert [one.notice.entry_id for one in work.notices.listed("demo")] == ["A2"]
