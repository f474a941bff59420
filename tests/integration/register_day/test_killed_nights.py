"""A night's work that dies at every commit goes on where it was, and does nothing twice; on the year's odd nights too.

Each night is begun again and again: two runs die at their first commit, two at the second, until one comes through. Of
the two, one dies before the commit is made (a portion is lost), the other right after it (a portion is kept, and
nobody heard of it).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from fakes.register_ward import CLINIC, Ward

from adapter.domain.entitlement import Category
from adapter.domain.identifiers import CellCode
from adapter.domain.moments import warsaw_day
from adapter.domain.register import EntryPerson, ReferralWay
from adapter.domain.schedule import Schedule
from adapter.domain.term import DayTerm, WeekTerm
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState
from adapter.ports.register import EntryStanding
from adapter.services.register_day import run_day as night_work
from adapter.store.unit_of_work import SqlUnitOfWork

FACILITY, CLOSING = "demo", "dr-sowa"
LIVES_MAX = 40
NIGHTS = {
    "2026-03-29T01:00Z": ("2026-03-29", "03:00, when the clocks have just gone forward"),
    "2026-10-25T01:30Z": ("2026-10-25", "02:30 for the second time"),
    "2026-12-31T22:30Z": ("2026-12-31", "half an hour before the new year"),
}


class Killed(BaseException):
    """The process is gone: nothing in it can catch this."""


@pytest.fixture
def lives(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Commits that are left to the run that is under way; the one after them kills it."""
    left = [10_000, 0]
    commit = SqlUnitOfWork.commit

    def mortal(work: SqlUnitOfWork) -> None:
        left[0] -= 1
        if left[0] < 0 and left[1] % 2:
            raise Killed
        commit(work)
        if left[0] < 0:
            raise Killed

    monkeypatch.setattr(SqlUnitOfWork, "commit", mortal)
    monkeypatch.setattr(night_work, "PORTION", 3)
    monkeypatch.setattr(night_work, "CLOSER_PORTION", 2)
    return left


def work_through(ward: Ward, lives: list[int]) -> int:
    """The night's work, begun anew after each death; how often it died."""
    for deaths in range(LIVES_MAX):
        lives[:] = [deaths // 2, deaths + 1]
        try:
            ward.run()
        except Killed:
            continue
        lives[:] = [10_000, 0]
        return deaths
    pytest.fail("it never came through")


def people(ward: Ward, today: date) -> None:
    """Somebody of each kind about whom a night does something, and one about whom it does nothing."""
    yesterday, later = today - timedelta(days=1), (today + timedelta(days=100)).isoformat()
    entered = (today - timedelta(days=60)).isoformat()
    ward.enter("quiet", on=entered, term=later)
    ward.enter("missed", on=entered, term=yesterday.isoformat())
    ward.enter("died", on=entered, term=later, person=EntryPerson("P-died", "Anna", "Wzorcowa", deceased_on=yesterday))
    ward.enter("unposted", on=entered, term=later, way=ReferralWay.PAPER)
    ward.enter("week", on=entered, term=WeekTerm(*(today + timedelta(days=18)).isocalendar()[:2]))
    for name in ("closed1", "closed2", "closed3"):
        ward.enter(name, on=entered, term=later, schedule=CLINIC)
    ward.enter("offline", on=entered, term=later, standing=EntryStanding.OFFLINE, held=False, offline_pending=True)
    ward.enter("plan", on=entered, term=f"{today.year}-12-31", category=Category.CONTINUING, criterion=None)
    absent = ward.enter("absent", on=entered, term=yesterday.isoformat())
    closing = Schedule(CLOSING, CellCode.parse("000000927722-001"), CLINIC.service, register=CLINIC)
    far = {"cause": "UNFORESEEN", "before": DayTerm(today), "after": DayTerm(today + timedelta(days=300))}
    waits = NewNotice("quiet", NoticeKind.TERM_CHANGED, send_by=today, state=NoticeState.BATCHED, **far)  # type: ignore[arg-type]
    with ward.store.unit_of_work() as work:
        work.register.put(FACILITY, replace(absent, no_show_confirmed_by="clerk"), [])
        work.calendar.put_schedule(FACILITY, closing, in_scope=False)
        work.register.put_schedule(FACILITY, CLINIC)
        work.notices.add(FACILITY, [waits, NewNotice("quiet", NoticeKind.EARLIER_OFFER, offered=today)])
        work.commit()
    ward.ends_on = {CLOSING: today}


@pytest.mark.parametrize(
    ("at", "day"), [(at, day) for at, (day, _) in NIGHTS.items()], ids=[n[1] for n in NIGHTS.values()]
)
def test_a_night_that_dies_at_every_commit_does_all_of_it_once(
    ward: Ward, lives: list[int], at: str, day: str
) -> None:
    now = datetime.fromisoformat(at)
    ward.clock.sleep((now - ward.clock.now()).total_seconds())
    today = warsaw_day(now)
    assert today.isoformat() == day
    people(ward, today)
    before = {"quiet", "missed", "week", "offline", "plan"}

    assert work_through(ward, lives) >= 14

    removed = {"died": "DECEASED", "unposted": "NO_PAPER_REFERRAL", "absent": "NO_SHOW"}
    removed |= dict.fromkeys(("closed1", "closed2", "closed3"), "PROVIDER_STOPPED")
    assert {name: ward.removal(name) for name in removed} == {
        name: ((today - timedelta(days=1)).isoformat() if name == "died" else day, why)
        for name, why in removed.items()
    }
    assert {name: ward.steps(name) for name in removed} == {name: ["entered", "removed"] for name in removed}
    assert {name: (ward.removal(name), ward.steps(name)) for name in before} == dict.fromkeys(
        before, (None, ["entered"])
    )
    back = [f"give-back-referral referral:R-{name}" for name in ("absent", "closed1", "closed2", "closed3")]
    ended = [f"write-back ehr:Appointment/{name}" for name in removed]
    assert Counter(ward.sent()) == Counter([*back, *ended, "accept-referral referral:R-offline"])
    with ward.store.unit_of_work() as work:
        asked = Counter((one.task.subject, one.task.rule) for one in work.tasks.listed(FACILITY, state=None))
    year_end = [("entry/plan", "K-03")] if day.endswith("12-31") else []
    assert asked == Counter([("entry/missed", "X-05"), ("entry/week", "P-03"), *year_end])
    told = Counter((one.notice.kind, one.notice.state) for one in ward.notices(*NoticeState))
    assert told == Counter(
        {
            (NoticeKind.CONTRACT_ENDS, NoticeState.DUE): 3,
            (NoticeKind.TERM_CHANGED, NoticeState.DUE): 1,
            (NoticeKind.EARLIER_OFFER, NoticeState.VOID): 1,
        }
    )
    again = ward.run()
    assert (again.raised, again.ended, again.released, dict(again.acted)) == (0, 0, 0, {})
