"""The ports of the register, the tasks and the notices: the store and the fakes in memory keep the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from fakes.notices_fake import FakeNotices, FakeTasks
from fakes.register_cases import AT, RESIGNED, SCHEDULE, entry, of, stored
from fakes.register_fake import MemoryRegister
from store_fixtures import HeldClock

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import Pesel
from adapter.domain.patient import Patient
from adapter.domain.register import EntryPerson
from adapter.domain.term import DayTerm, WeekTerm
from adapter.errors import BadInput, Refused
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.ports.tasks import NewTask, TaskKind, TaskState
from adapter.store.unit_of_work import SqlStore

ONCOLOGY = {"category": Category.ONCOLOGY, "criterion": None}
CONTINUING = {"category": Category.CONTINUING, "criterion": None}
OTHER = replace(SCHEDULE, id="other")
HOUR = timedelta(hours=1)
PESEL = Pesel("00690100011")
PAPER = NewTask(
    "R-02", "TASK-R-PAPER", "entry/A1", "art. 20", "dostarcz", "bring it", TaskKind.TASK, date(2026, 3, 20)
)
LATE = replace(PAPER, rule="P-03", code="P-FIX-OVERDUE", kind=TaskKind.ALARM, due_on=date(2026, 3, 1))
OFFER = NewNotice("A1", NoticeKind.EARLIER_OFFER, offered=date(2026, 3, 20), send_by=date(2026, 3, 3))
ENTERED = NewNotice("A1", NoticeKind.ENTERED, send_by=date(2026, 3, 5))
BATCHED = NewNotice("A1", NoticeKind.TERM_CHANGED, state=NoticeState.BATCHED)


@dataclass
class Shelf:
    """Either the store or the fakes, in one piece of work that nobody keeps."""

    work: Any
    clock: HeldClock

    def put(self, *entries: StoredEntry, facility: str = "demo") -> None:
        for one in entries:
            self.work.register.put(facility, one, [])

    def patient(self, patient_id: str, pesel: Pesel) -> None:
        """The fake has people in their entries alone."""
        if hasattr(self.work, "calendar"):
            self.work.calendar.put_patient("demo", Patient(patient_id, pesel, "Zdzisława", "Wymyślona"))


@pytest.fixture(params=["store", "memory"])
def shelf(request: pytest.FixtureRequest, held_clock: HeldClock) -> Iterator[Shelf]:
    if request.param == "memory":
        fakes = {"register": MemoryRegister(), "tasks": FakeTasks(held_clock), "notices": FakeNotices(held_clock)}
        yield Shelf(SimpleNamespace(**fakes), held_clock)
        return
    store: SqlStore = request.getfixturevalue("store")
    with store.unit_of_work() as work:
        yield Shelf(work, held_clock)


@pytest.fixture
def register(shelf: Shelf) -> Any:
    return shelf.work.register


def ids(entries: Any) -> list[str]:
    return [one.entry.id for one in entries]


def refused(entry_id: str, **changes: object) -> StoredEntry:
    return of(entry(entry_id, **changes), standing=EntryStanding.REJECTED)


def test_what_is_put_comes_back_with_all_its_steps(shelf: Shelf, register: Any) -> None:
    first, second = Step("A1", "entered", AT, "anna", "C1"), Step("A1", "term", AT + HOUR, "ewa", "C2", reason="X")
    moved = stored(term=WeekTerm(2026, 30))
    register.put("demo", stored(), [first])
    register.put("demo", moved, [second])
    assert register.entry("demo", "A1") == moved
    assert list(register.steps("demo", "A1")) == [first, second]
    assert {key: list(steps) for key, steps in register.steps_of("demo", ["A1", "A9"]).items()} == {
        "A1": [first, second]
    }
    assert register.entry("north", "A1") is None
    assert list(register.steps("north", "A1")) == []
    with pytest.raises(ValueError, match="step"):
        register.put("demo", moved, [replace(first, entry_id="A2")])


def test_numbers_are_given_once_by_each_list(shelf: Shelf, register: Any) -> None:
    assert register.next_number("demo", SCHEDULE.id, oncology=False) == 1
    shelf.put(stored("A1", number=1), stored("A2", number=7), stored("B1", number=1, **ONCOLOGY), stored("A0"))
    shelf.put(stored("A2", number=7, removal=RESIGNED), refused("A3", number=8))
    assert register.next_number("demo", SCHEDULE.id, oncology=False) == 9
    assert register.next_number("demo", SCHEDULE.id, oncology=True) == 2
    assert register.next_number("demo", OTHER.id, oncology=False) == 1
    assert register.next_number("north", SCHEDULE.id, oncology=False) == 1
    shelf.put(stored("A1", number=1, **ONCOLOGY))
    assert register.next_number("demo", SCHEDULE.id, oncology=True) == 2, "who changes lists keeps the number"
    for wrong in (stored("A1", number=2), stored("A1"), stored("A1", number=1, schedule=OTHER)):
        with pytest.raises(ValueError, match="keeps its running number"):
            shelf.put(wrong)
    with pytest.raises(ValueError, match="another entry's"):
        shelf.put(stored("A4", number=7))


def test_the_order_of_a_list_and_who_is_overtaken(shelf: Shelf, register: Any) -> None:
    late, week = DayTerm(date(2026, 6, 1)), WeekTerm(2026, 30)
    shelf.put(
        stored("A3", number=3, term=late),
        stored("A2", number=2, term=late, reserved=True),
        stored("A1", number=1, term=week, reported_at=AT + HOUR, entered_at=AT + HOUR),
        stored("U1", number=4, criterion=Criterion.URGENT, reported_at=AT + HOUR, term=late),
        stored("O1", number=1, term=late, **ONCOLOGY),
        stored("G1", number=5, term=late, removal=RESIGNED),
        refused("N1", number=6, term=late),
        stored("C1", term=late, **CONTINUING),
        stored("S1", number=1, term=late, schedule=OTHER),
    )
    assert ids(register.waiting("demo", SCHEDULE.id)) == ["U1", "A2", "A3", "A1"]
    assert ids(register.waiting("demo", SCHEDULE.id, oncology=True)) == ["O1"]
    known = {one.entry.id: one.entry for one in register.listed("demo", open_only=False)}
    places = {name: register.position("demo", one) for name, one in known.items() if one.schedule == SCHEDULE}
    assert places == {"U1": 1, "A2": 2, "A3": 3, "A1": 4, "O1": 1, "G1": None, "N1": None, "C1": None}
    new = entry("A9", reported_at=AT + 2 * HOUR, term=DayTerm(date(2026, 5, 4)))
    assert register.position("demo", new) == 5
    passed = register.overtaken("demo", new)
    assert [one.id for one in passed] == ["U1", "A3", "A1"]
    assert [one.person for one in passed] == [EntryPerson("P1")] * 3
    assert [one.id for one in register.overtaken("demo", new, limit=1)] == ["U1"]
    assert list(register.overtaken("demo", replace(new, term=None))) == []
    assert list(register.overtaken("demo", replace(new, category=Category.PRIVILEGED))) == []
    assert list(register.overtaken("demo", known["U1"])) == []


def test_the_newest_entry_of_an_appointment_and_the_open_plan(shelf: Shelf, register: Any) -> None:
    shelf.put(stored("A1"), stored("A1.k", **CONTINUING), stored("A2.k", **CONTINUING), stored("A1", removal=RESIGNED))
    assert register.entry_of_visit("demo", "A1").entry.id == "A1.k", "put again it is not newer"
    assert register.entry_of_visit("demo", "A9") is None
    assert [register.entry_id_of_visit("demo", one) for one in ("A1", "A9")] == ["A1.k", None]
    assert register.open_continuing("demo", "P1", SCHEDULE.id).entry.id == "A2.k"
    shelf.put(refused("A2.k", **CONTINUING))
    assert register.open_continuing("demo", "P1", SCHEDULE.id).entry.id == "A1.k"
    shelf.put(stored("A1.k", removal=RESIGNED, **CONTINUING))
    assert register.open_continuing("demo", "P1", SCHEDULE.id) is None


def test_entries_of_a_person_and_of_a_referral_oldest_first(shelf: Shelf, register: Any) -> None:
    shelf.put(
        stored("A2", entered_at=AT + HOUR), stored("A1"), stored("A3", removal=RESIGNED), stored("B1", patient="P2")
    )
    assert ids(register.entries_of_patient("demo", "P1")) == ["A1", "A3", "A2"]
    assert ids(register.entries_of_referral("demo", "R1")) == ["A1", "A3", "B1", "A2"]
    assert list(register.entries_of_patient("north", "P1")) == []
    assert list(register.places("demo", patient_id="P1")) == [("A1", "R1"), ("A2", "R1"), ("A3", "R1")]
    assert list(register.places("demo", referral_id="R2")) == []
    assert list(register.places("demo", entry_id="B1")) == [("B1", "R1")]


def test_what_is_known_of_a_person_whom_the_ehr_knows_twice(shelf: Shelf, register: Any) -> None:
    person, other = EntryPerson("P1", identifier=PESEL), EntryPerson("P3", identifier=Pesel("00610100006"))
    shelf.put(
        stored("A1", person=person),
        stored("A2", patient="P2", person=replace(person, key="P2"), entered_at=AT + HOUR),
        stored("A3", patient="P3", person=other),
        stored("A4", person=person, removal=RESIGNED),
        refused("A5", person=person),
    )
    for patient_id, pesel in (("P1", PESEL), ("P2", PESEL), ("P3", Pesel("00610100006"))):
        shelf.patient(patient_id, pesel)
    known = register.known_of_patient("demo", "P2", "X")
    assert [(one.id, one.provider, one.service) for one in known] == [("A1", "X", "1100"), ("A2", "X", "1100")]
    assert [one.id for one in register.known_of_patient("demo", "P3", "X")] == ["A3"]


def test_who_still_awaits_an_answer_of_p1(shelf: Shelf, register: Any) -> None:
    awaiting, offline = EntryStanding.AWAITING, EntryStanding.OFFLINE
    shelf.put(
        of(entry("A2", entered_at=AT + HOUR), standing=awaiting),
        of(entry("A1"), standing=offline),
        of(entry("A3", removal=RESIGNED), standing=awaiting),
        stored("A4"),
        refused("A5"),
    )
    assert ids(register.unsettled("demo")) == ["A1", "A2"]


def test_lists_and_windows(shelf: Shelf, register: Any) -> None:
    gone = replace(RESIGNED, on=date(2026, 2, 1))
    shelf.put(
        stored("A3", reported_at=AT + HOUR, term=DayTerm(date(2026, 4, 1))),
        stored("A2", term=DayTerm(date(2026, 4, 2))),
        stored("A1", term=DayTerm(date(2026, 4, 2))),
        stored("G1", removal=RESIGNED),
        stored("G2", removal=gone),
        refused("N1"),
        refused("N2", removal=RESIGNED),
        stored("S1", schedule=replace(SCHEDULE, id="0")),
        stored("C1", term=DayTerm(date(2026, 4, 1)), **CONTINUING),
    )
    assert ids(register.listed("demo")) == ["S1", "A1", "A2", "C1", "A3"]
    assert ids(register.listed("demo", SCHEDULE.id)) == ["A1", "A2", "C1", "A3"]
    assert ids(register.listed("demo", SCHEDULE.id, since=date(2026, 3, 1))) == ["A1", "A2", "C1", "G1", "A3"]
    everything = ["A1", "A2", "C1", "G1", "G2", "N1", "N2", "A3"]
    assert ids(register.listed("demo", SCHEDULE.id, open_only=False)) == everything
    for since in (None, date(2026, 3, 1)):
        assert register.count_listed("demo", since=since) == len(
            ids(register.listed("demo", open_only=False, since=since))
        )
    assert register.count_listed("nobody") == 0
    window: Callable[..., Any] = register.window
    assert ids(window("demo", SCHEDULE.id, date(2026, 4, 1), date(2026, 4, 2))) == ["A3", "A1", "A2"]
    assert ids(window("demo", SCHEDULE.id, date(2026, 4, 2), date(2026, 4, 2))) == ["A1", "A2"]


def test_schedules_are_as_they_were_last_told(shelf: Shelf, register: Any) -> None:
    for one in (SCHEDULE, replace(SCHEDULE, id="B"), replace(SCHEDULE, service="1200")):
        register.put_schedule("demo", one)
    assert list(register.schedules("demo")) == [replace(SCHEDULE, service="1200"), replace(SCHEDULE, id="B")]
    assert list(register.schedules("north")) == []


def test_a_task_is_raised_once_seen_again_and_not_asked_twice(shelf: Shelf) -> None:
    tasks, began = shelf.work.tasks, shelf.clock.now()
    moved = replace(PAPER, text_en="bring it now", due_on=date(2026, 3, 21))
    assert tasks.raise_("demo", [PAPER, LATE, PAPER]) == 2
    assert tasks.raise_("north", [PAPER]) == 1
    shelf.clock.sleep(3600)
    assert tasks.raise_("demo", [moved]) == 0
    late, paper = tasks.listed("demo")
    assert (late.task, paper.task) == (LATE, moved)
    assert (paper.raised_at, paper.seen_at) == (began, began + HOUR)
    done = tasks.done("demo", paper.id, "anna", "brought")
    assert (done.state, done.ended_by, done.note, done.ended_at) == (TaskState.DONE, "anna", "brought", began + HOUR)
    assert tasks.done("demo", paper.id, "ewa", "") is None
    assert tasks.done("north", late.id, "ewa", "") is None
    assert tasks.task("north", late.id) is None
    assert tasks.raise_("demo", [moved]) == 0, "a person did it for that day"
    assert tasks.raise_("demo", [PAPER]) == 1, "another day is another task"
    assert [one.task.code for one in tasks.listed("demo", kinds=[TaskKind.ALARM])] == ["P-FIX-OVERDUE"]
    assert [one.task for one in tasks.listed("demo", rule="R-02", state=None)] == [PAPER, moved]


def test_a_task_that_nobody_asks_for_ends_and_comes_back(shelf: Shelf) -> None:
    tasks = shelf.work.tasks
    keep = [("R-02", "TASK-R-PAPER", "entry/A1")]
    tasks.raise_("demo", [PAPER, LATE, replace(PAPER, subject="entry/A2"), replace(PAPER, subject="entry/A3")])
    tasks.raise_("north", [LATE])
    assert tasks.gone("demo", ["entry/A1", "entry/A2"], keep=keep, codes=["OTHER"]) == 0
    assert tasks.gone("demo", ["entry/A1", "entry/A2"], keep=keep) == 2
    assert [one.task.subject for one in tasks.listed("demo")] == ["entry/A1", "entry/A3"]
    assert {one.ended_by for one in tasks.listed("demo", state=TaskState.GONE)} == {"system:rules"}
    assert [one.task for one in tasks.listed("north")] == [LATE]
    assert tasks.raise_("demo", [LATE]) == 1


def test_a_notice_goes_its_way_and_no_other(shelf: Shelf) -> None:
    notices, at = shelf.work.notices, shelf.clock.now()
    shelf.put(stored("A1"), stored("A2"))
    offer, entered, batched, other = notices.add("demo", [OFFER, ENTERED, BATCHED, replace(ENTERED, entry_id="A2")])
    assert [one.id for one in notices.listed("demo")] == [offer, entered, other]
    assert [one.id for one in notices.listed("demo", states=(), entry_id="A1")] == [offer, entered, batched]
    assert [one.id for one in notices.listed("demo", kinds=[NoticeKind.ENTERED])] == [entered, other]
    assert notices.notice("north", offer) is None
    notices.due("demo", batched)
    notices.sent("demo", offer, "anna", ["sms"])
    notices.answered("demo", offer, "declined")
    notices.answered("demo", entered, "accepted")
    told = notices.notice("demo", offer)
    assert (told.sent_at, told.sent_by, told.channels, told.answer) == (at, "anna", ("sms",), "declined")
    assert told.notice.state is NoticeState.ANSWERED
    assert notices.last_sent("demo", "A1", NoticeKind.EARLIER_OFFER) == at
    assert notices.last_sent("north", "A1", NoticeKind.EARLIER_OFFER) is None
    assert notices.last_sent("demo", "A1", NoticeKind.ENTERED) is None
    assert notices.void("north", "A1") == 0
    assert notices.void("demo", "A1", kinds=[NoticeKind.ENTERED]) == 0, "it was answered"
    assert notices.void("demo", "A1") == 1
    for number in (offer, batched):
        for act in (
            lambda number: notices.sent("demo", number, "ewa", ["letter"]),
            lambda number: notices.answered("demo", number, "accepted"),
            lambda number: notices.due("demo", number),
            lambda number: notices.withdrawn("demo", number),
        ):
            with pytest.raises(Refused) as settled:
                act(number)
            assert settled.value.code == "NOTICE_SETTLED"
            with pytest.raises(BadInput, match="no notice 999"):
                act(999)
    assert [one.id for one in notices.listed("demo")] == [other]
    notices.withdrawn("demo", other)
    assert [one.id for one in notices.listed("demo", states=[NoticeState.VOID])] == [other, batched]
