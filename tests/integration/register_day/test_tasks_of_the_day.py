"""What a day only asks of people: on which day a task appears, becomes a warning or an alarm, and goes again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from fakes.register_ward import CLINIC, Ward

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.referral import ReferralState
from adapter.domain.register import ReferralWay, Speciality
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.domain.term import DayTerm, WeekTerm
from adapter.ports.register import EntryStanding
from adapter.ports.tasks import TaskKind, TaskState

FACILITY = "demo"
SUMMER = WeekTerm(2026, 30)
EASTER = WeekTerm(2026, 17)
"""Its last day to fix the date is Easter Monday, 2026-04-06: the warning comes on the Friday before."""

DATE_TO_FIX = {
    SUMMER: [
        ("2026-06-21", [], "the day before somebody is asked"),
        ("2026-06-22", ["TASK-P-FIX"], "14 days before the last day"),
        ("2026-07-03", ["TASK-P-FIX"], "the last working day is still to come"),
        ("2026-07-06", ["W-P-FIX-SOON"], "the last day itself"),
        ("2026-07-07", ["P-FIX-OVERDUE"], "the day after"),
    ],
    EASTER: [
        ("2026-04-02", ["TASK-P-FIX"], "the last working day before a day off is still to come"),
        ("2026-04-03", ["W-P-FIX-SOON"], "the last working day before a day off"),
        ("2026-04-06", ["W-P-FIX-SOON"], "no roll forward"),
        ("2026-04-07", ["P-FIX-OVERDUE"], "the day after Easter Monday"),
    ],
}
PAPER = [
    ("2026-03-15", [], "before the tenth working day"),
    ("2026-03-16", ["TASK-R-PAPER"], "the tenth working day"),
    ("2026-03-20", ["W-R-PAPER-LAST"], "the last day"),
    ("2026-03-21", ["W-R-PAPER-OVERDUE"], "the grace for letters begins"),
    ("2026-03-27", ["W-R-PAPER-OVERDUE"], "its last day"),
]


@pytest.mark.parametrize("week", DATE_TO_FIX, ids=str)
def test_a_week_gets_its_date_in_time(ward: Ward, week: WeekTerm) -> None:
    ward.enter(on="2025-10-01", term=week)
    for day, codes, why in DATE_TO_FIX[week]:
        assert ward.on(day) == codes, why


def test_one_asked_thing_is_one_task_however_often_the_day_is_run_and_it_goes_when_it_is_done(ward: Ward) -> None:
    stored = ward.enter(on="2025-10-01", term=SUMMER)
    assert ward.on("2026-06-22") == ["TASK-P-FIX"]
    (first,) = ward.tasks()
    assert (first.task.due_on, first.task.subject) == (date(2026, 7, 6), "entry/A1")
    again = ward.run()
    assert (again.raised, again.ended, [one.id for one in ward.tasks()]) == (0, 0, [first.id])
    assert ward.on("2026-07-07") == ["P-FIX-OVERDUE"]
    assert ward.tasks()[0].task.kind is TaskKind.ALARM
    with ward.store.unit_of_work() as work:
        fixed = replace(stored, entry=replace(stored.entry, term=DayTerm(date(2026, 7, 22))))
        work.register.put(FACILITY, fixed, [])
        work.commit()
    assert ward.on("2026-07-08") == []


def test_the_paper_original_is_chased(ward: Ward) -> None:
    """Entry 2026-03-02: fourteen working days end on 2026-03-20."""
    ward.enter(on="2026-03-02", way=ReferralWay.PAPER)
    for day, codes, why in PAPER:
        assert ward.on(day) == codes, why


def test_an_original_that_came_too_late_is_for_a_person(ward: Ward) -> None:
    """Posted by courier on the last day: no delivery (T-07). Nothing is removed before the grace is over."""
    courier = PaperReferral(date(2026, 3, 25), date(2026, 3, 20), PostingChannel.COURIER, "archive")
    ward.enter(on="2026-03-02", way=ReferralWay.PAPER, paper=courier)
    assert ward.on("2026-03-26") == ["TASK-R-PAPER-LATE"]


def test_from_the_day_after_somebody_is_asked_whether_the_patient_came(ward: Ward) -> None:
    """X-05: date 2026-04-20, no arrival: a task on 2026-04-21."""
    for state in (VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN):
        ward.enter(state.name.replace("_", ""), term="2026-04-20", state=state)
    assert ward.on("2026-04-20") == []
    assert ward.on("2026-04-21") == ["TASK-X-NOSHOW"]
    assert [one.task.subject for one in ward.tasks()] == ["entry/BOOKED"]


def test_a_continuing_patient_is_asked_about_on_the_last_working_day_of_the_year_only(ward: Ward) -> None:
    """K-03: the term is the end of the care, so nobody is expected on a day (X-05)."""
    ward.enter(category=Category.CONTINUING, criterion=None, term="2026-12-31", state=VisitState.SERVED)
    assert ward.on("2026-12-30") == []
    assert ward.on("2026-12-31") == ["TASK-K-YEAREND"]


def test_an_annulled_referral_leaves_the_open_entry_to_a_person(ward: Ward) -> None:
    ward.enter()
    with ward.store.unit_of_work() as work:
        record = work.calendar.referral(FACILITY, "R-A1")
        assert record is not None
        work.calendar.put_referral(FACILITY, replace(record, state=ReferralState.ANNULLED, held=False))
        work.commit()
    assert ward.on("2026-03-03") == ["TASK-R-RELINK"]


def test_tasks_that_other_rules_raised_stay(ward: Ward) -> None:
    """The day ends only what it raises itself: a warning of the entry is not its matter."""
    from adapter.domain.rules.paper import R11
    from adapter.services.register.follow import follow

    ward.enter()
    warned = R11.warn("W-R-PAPER", "papier zamiast e-skierowania", "paper instead of an e-referral")
    ward.desk(lambda desk: follow(desk, "entry/A1", [warned]))
    assert ward.on("2026-03-03") == ["W-R-PAPER"]


def test_a_task_that_was_done_is_not_asked_again_for_the_same_day(ward: Ward) -> None:
    ward.enter(term="2026-04-20")
    ward.on("2026-04-21")
    (task,) = ward.tasks()
    ward.desk(lambda desk: desk.work.tasks.done(FACILITY, task.id, "clerk", "came, the visit was not noted"))
    assert ward.on("2026-04-22") == []


def test_an_entry_that_p1_refused_is_not_asked_about(ward: Ward) -> None:
    ward.enter(term="2026-04-20", standing=EntryStanding.REJECTED)
    assert ward.on("2026-04-21") == []


def test_a_clinic_has_room_for_the_privileged(ward: Ward) -> None:
    """V-08: run 2026-03-02; free only from 2026-03-12 warns, one on the seventh working day (03-11) does not."""
    ward.open_schedule(CLINIC)
    for free, codes in (("2026-03-12", ["W-PRIV-CAPACITY"]), ("2026-03-11", [])):
        starts = instant_in_warsaw(date.fromisoformat(free), time(9))
        slot = Slot(f"S-{free}", "dr-lis", starts, starts + timedelta(hours=1), SlotState.FREE, SlotKind.PRIVILEGED)
        ward.desk(lambda desk, one=slot: desk.work.calendar.put_slot(FACILITY, one))
        assert ward.on("2026-03-02") == codes
        assert {one.task.subject for one in ward.tasks()} <= {f"schedule/{CLINIC.id}"}


def test_warnings_of_a_schedule_go_when_it_is_mended(ward: Ward) -> None:
    children = frozenset({Speciality.ADULT_CELL_WITH_CHILDREN, Speciality.ENDOSCOPY})
    with_children = replace(ward.enter().entry.schedule, specialities=children)
    ward.open_schedule(with_children)
    assert ward.on("2026-03-02") == ["W-S-AGE", "W-S-ANAESTHESIA"]
    ward.open_schedule(replace(with_children, age_bands=("10-15",), under_anaesthesia=True))
    assert ward.on("2026-03-03") == []
    with ward.store.unit_of_work() as work:
        assert [one.state for one in work.tasks.listed(FACILITY, state=TaskState.GONE)] == [TaskState.GONE] * 2
