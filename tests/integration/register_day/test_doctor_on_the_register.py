"""What ``pomost doctor`` says of a register: undeclared schedules, ends of contracts, alarms."""

from __future__ import annotations

from datetime import date

import pytest
from fakes.register_ward import EHR_SCHEDULE, FACILITY, HOSPITAL, Ward

from adapter.bootstrap.register_findings import register_findings
from adapter.domain.identifiers import CellCode
from adapter.domain.schedule import Schedule
from adapter.domain.term import WeekTerm
from adapter.services.notices.plan_notice import tell_entered


def said(ward: Ward) -> dict[str, tuple[str, str]]:
    """Subject -> state and text."""
    today = ward.clock.now().date()
    return {one.subject: (one.state, one.text) for one in register_findings(ward.eq, FACILITY, today)}


def test_a_schedule_in_scope_without_a_register_is_named(ward: Ward) -> None:
    assert said(ward)["register of demo"][0] == "ok"
    bare = Schedule("dr-nowy", CellCode.parse("000000927722-001"), "1100")
    ward.desk(lambda desk: desk.work.calendar.put_schedule(FACILITY, bare, in_scope=True))
    state, text = said(ward)["register of demo"]
    assert (state, "dr-nowy" in text) == ("warning", True)


ENDS = [
    ({}, None, "no contract ends"),
    ({"nobody": date(2026, 12, 31)}, "warning", "an id that no schedule with a register has"),
    ({EHR_SCHEDULE: date(2026, 3, 2)}, None, "today is its last day"),
    ({EHR_SCHEDULE: date(2026, 3, 1)}, "bad", "yesterday, and an entry is open"),
]


@pytest.mark.parametrize(("ends_on", "state", "why"), ENDS, ids=[row[2] for row in ENDS])
def test_the_end_of_a_contract(ward: Ward, ends_on: dict[str, date], state: str | None, why: str) -> None:
    ward.enter()
    ward.ends_on = ends_on
    found = said(ward).get("contracts of demo")
    assert (found[0] if found is not None else None) == state
    if state == "bad":
        ward.run()
        assert said(ward)["contracts of demo"] == (
            "ok",
            f"the contract of {HOSPITAL.id} ended on 2026-03-01; no entry is open",
        )


def test_open_alarms_are_counted(ward: Ward) -> None:
    ward.enter(on="2025-10-01", term=WeekTerm(2026, 30))
    ward.on("2026-07-07")
    assert said(ward)["tasks of demo"] == ("warning", "1 deadlines of the law have passed")


def test_notices_that_are_late_are_counted(ward: Ward) -> None:
    """D-05: told on the day of the entry; the next day it is late."""
    stored = ward.enter()
    ward.desk(lambda desk: tell_entered(desk, stored))
    assert "notices of demo" not in said(ward)
    ward.at("2026-03-03")
    assert said(ward)["notices of demo"] == ("warning", "1 notices to patients are late, the first since 2026-03-02")
