"""A store with one day's discrepancies for CeZ, judged from real pairs, and one that is not for CeZ."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from fakes.reconcile_fakes import FakeStore

from adapter.domain.discrepancy import BlockView, Discrepancy, HospitalSlotView, NationalSlotView, SlotPair
from adapter.domain.identifiers import CellCode
from adapter.domain.national import NationalSlotState, NationalVisit, NationalVisitState, Origin
from adapter.domain.reconcile import judge
from adapter.domain.schedule import Schedule
from adapter.domain.slot import SlotKind, SlotState

DAY = date(2026, 11, 30)
ASKED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FETCHED = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
MADE = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
BLOCK = BlockView(
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    ASKED,
    ASKED + timedelta(seconds=1),
    "result:success",
    ASKED + timedelta(seconds=4),
    0.4,
    "a" * 64,
)


def term(
    number: int,
    state: SlotState,
    there: NationalSlotState,
    *saved: tuple[str, datetime],
    block: BlockView | None = None,
) -> SlotPair:
    """A quarter of an hour on the day, with visits (id, saved at) on CeR's side."""
    starts = datetime(2026, 11, 30, 8, 0, tzinfo=UTC) + timedelta(minutes=15 * number)
    ends = starts + timedelta(minutes=15)
    slot_id = f"CER-2026-0000{number}"
    visits = tuple(
        NationalVisit(visit, slot_id, NationalVisitState.SAVED, at, None, Origin.PATIENT) for visit, at in saved
    )
    return SlotPair(
        "demo",
        "kardiologia-1",
        DAY,
        HospitalSlotView(f"slot-{number}", starts, ends, state, SlotKind.STABLE, changed_at=ASKED),
        NationalSlotView(slot_id, starts, ends, there, SlotKind.STABLE, visits, FETCHED, "b" * 64),
        block,
    )


def found() -> list[Discrepancy]:
    """Two visits saved while blocked, two patients on one term, and one visit that is not for CeZ."""
    blocked, taken = NationalSlotState.BLOCKED, NationalSlotState.TAKEN
    night = datetime(2026, 11, 23, 21, 14, 7, tzinfo=UTC)
    pairs = [
        term(0, SlotState.BLOCKED, blocked, ("WIZ-77001", night), block=BLOCK),
        term(1, SlotState.BLOCKED, blocked, ("WIZ-77002", night + timedelta(minutes=3)), block=BLOCK),
        term(2, SlotState.BUSY, taken, ("WIZ-77003", night), ("WIZ-77004", night + timedelta(seconds=30))),
        term(3, SlotState.FREE, taken, ("WIZ-77005", night)),
    ]
    judged = [one for pair in pairs for one in judge(pair, timedelta(seconds=2))]
    more = {"listing_server_time": (FETCHED + timedelta(seconds=0.4)).isoformat(timespec="seconds")}
    return [replace(one, evidence={**one.evidence, **more}) for one in judged]


def report_store() -> FakeStore:
    """The store with all of it recorded, still open."""
    store = FakeStore()
    store.state.schedules["kardiologia-1"] = Schedule("kardiologia-1", CellCode("000000927722", "001"), "1100")
    with store.unit_of_work() as work:
        work.differences.record("demo", found(), FETCHED)
        work.commit()
    return store
