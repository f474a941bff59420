"""What a day asks of the admission schedules: room for the privileged, age bands, the route (V-08, S-04, S-02)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from adapter.domain.register import AdmissionSchedule, Care
from adapter.domain.rules.calendar import end_of_working_days
from adapter.domain.rules.daily import Day, judge_schedule
from adapter.domain.rules.privileged import LIMIT_WORKING_DAYS
from adapter.domain.rules.special import RealTimeService, route_right
from adapter.domain.rules.verdict import Verdict
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.mapping.register_tables import real_time_services
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.register.follow import new_tasks, schedule_subject

CODES = ("W-PRIV-CAPACITY", "W-S-AGE", "W-S-ANAESTHESIA", "W-S-ROUTE")
"""Codes of the tasks that the day raises about a schedule, and ends when nothing asks for them any more."""


def check_schedules(desk: Desk, day: Day) -> tuple[int, int]:
    """Raise what the rules say of each admission schedule, end what they say no more; (raised, ended)."""
    kept = desk.work.calendar.schedules(desk.facility, in_scope=False)
    table = tuple(real_time_services(desk.eq.tables))
    asked: list[NewTask] = []
    subjects = []
    for schedule in desk.work.register.schedules(desk.facility):
        subject = schedule_subject(schedule.id)
        subjects.append(subject)
        asked += new_tasks(subject, _verdicts(desk, schedule, kept, day, table))
    raised = desk.work.tasks.raise_(desk.facility, asked) if asked else 0
    keep = [(one.rule, one.code, one.subject) for one in asked]
    return raised, desk.work.tasks.gone(desk.facility, subjects, keep=keep, codes=CODES) if subjects else 0


def _verdicts(
    desk: Desk,
    schedule: AdmissionSchedule,
    kept: Sequence[Schedule],
    day: Day,
    table: Sequence[RealTimeService],
) -> list[Verdict]:
    own = [one for one in kept if one.register is not None and one.register.id == schedule.id]
    ended = day.contract_ends_on.get(schedule.id, date.max) <= day.today
    if ended or (own and not any(one.active for one in own)):
        return []  # nobody is received there any more
    slots = list(_slots(desk, own, day)) if schedule.care is Care.AMBULATORY else []
    return [*judge_schedule(schedule, slots, day), route_right(schedule, day.today, table)]


def _slots(desk: Desk, own: Sequence[Schedule], day: Day) -> Iterator[Slot]:
    """The schedule's slots of the days within the limit of the privileged."""
    last = end_of_working_days(day.today, LIMIT_WORKING_DAYS, day.settings)
    for one in own:
        if one.active:
            for offset in range((last - day.today).days + 1):
                yield from desk.work.calendar.slots(desk.facility, one.id, day.today + timedelta(days=offset))
