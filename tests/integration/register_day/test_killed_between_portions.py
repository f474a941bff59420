"""A day's work that is killed at any of its commits, before or after it: the next run does the rest, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest
from fakes.register_ward import FACILITY, Ward

from adapter.domain.appointment import VisitState
from adapter.domain.register import EntryPerson, ReferralWay
from adapter.ports.register import EntryStanding
from adapter.ports.store import Action
from adapter.services.register_day import run_day as day_module
from adapter.services.register_day.run_day import run_day

DIED = EntryPerson("P-D", "Anna", "Wzorcowa", deceased_on=date(2026, 4, 20))
KILLED_AT_MOST = 60


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """A store whose process dies at one commit: before it, or just after it."""

    def __init__(self, store: Any, at: int, *, after: bool) -> None:
        self.store, self.left, self.after = store, at, after

    @contextmanager
    def unit_of_work(self) -> Iterator[Any]:
        with self.store.unit_of_work() as work:
            commit = work.commit

            def dying() -> None:
                self.left -= 1
                if self.left == 0 and not self.after:
                    raise Killed
                commit()
                if self.left == 0:
                    raise Killed

            work.commit = dying
            yield work


def full_ward(ward: Ward) -> None:
    """What the day does by itself, and what it asks, on 2026-04-21; each kind more than once."""
    for number in range(3):
        ward.enter(f"N{number}", term="2026-04-20")
        ward.enter(f"C{number}", term="2026-04-20", state=VisitState.NO_SHOW)
        ward.enter(f"D{number}", term="2026-06-01", person=replace(DIED, key=f"P-D{number}"))
        ward.enter(f"P{number}", term="2026-06-01", way=ReferralWay.PAPER)
        ward.enter(f"F{number}", term="2026-05-02")
        ward.enter(f"O{number}", term="2026-06-01", standing=EntryStanding.OFFLINE, offline_pending=True, held=False)


def state(ward: Ward) -> dict[str, Any]:
    """Everything that a day may make twice."""
    names = [f"{kind}{number}" for kind in "NCDPFO" for number in range(3)]
    return {
        "removals": {name: ward.removal(name) for name in names},
        "steps": {name: ward.steps(name) for name in names},
        "tasks": sorted((one.task.code, one.task.subject) for one in ward.tasks()),
        "sent": sorted(ward.sent(*Action)),
        "offers": [(one.notice.kind, one.notice.offered) for one in ward.notices()],
    }


def test_killed_at_every_commit_in_turn(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_module, "PORTION", 4)
    monkeypatch.setattr(day_module, "CLOSER_PORTION", 2)
    full_ward(ward)
    ward.at("2026-04-21")
    died = 0
    for at in count(1):
        assert at < KILLED_AT_MOST
        try:
            run_day(replace(ward.eq, store=Mortal(ward.store, at, after=at % 2 == 0)), FACILITY)
        except Killed:
            died += 1
            continue
        break
    assert died > 5, "several portions, the schedules, what was reachable"
    found = state(ward)
    assert [name for name, end in found["removals"].items() if end is not None] == [
        *(f"C{number}" for number in range(3)),
        *(f"D{number}" for number in range(3)),
        *(f"P{number}" for number in range(3)),
    ]
    assert all(steps.count("removed") <= 1 for steps in found["steps"].values())
    assert len(found["tasks"]) == len(set(found["tasks"]))
    assert [one for one in found["tasks"] if one[0] == "TASK-X-NOSHOW"] == [
        ("TASK-X-NOSHOW", f"entry/N{number}") for number in range(3)
    ]
    assert len(found["sent"]) == len(set(found["sent"]))
    assert [one for one in found["sent"] if one.startswith("give-back")] == [
        f"give-back-referral referral:R-C{number}" for number in range(3)
    ]
    assert [one for one in found["sent"] if one.startswith("accept")] == [
        f"accept-referral referral:R-O{number}" for number in range(3)
    ]
    ward.run()
    assert state(ward) == found, "a run that is not killed has nothing left to do"
