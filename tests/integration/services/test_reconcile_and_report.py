"""From two calendars in PostgreSQL to a filed package: what the fakes promise, the store keeps."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.reconcile_fakes import FakeRegistry

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.identifiers import CellCode
from adapter.domain.national import NationalSlot, NationalSlotState, NationalVisit, NationalVisitState, Origin
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.mapping.tables import Tables, load_tables
from adapter.ports import Clock
from adapter.ports.store import Action, BlockProof, Store
from adapter.resources import mappings
from adapter.services.reconcile import Summary, reconcile
from adapter.services.remedy import remedy
from adapter.services.report_cez import write_report

DAY = date(2026, 10, 19)
FIRST = datetime(2026, 10, 19, 7, 0, tzinfo=UTC)
PROVEN = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
LATER = PROVEN + timedelta(minutes=30)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(mappings())


def starts(number: int) -> datetime:
    return FIRST + timedelta(minutes=15 * number)


def ours(number: int, state: SlotState) -> Slot:
    ends = starts(number) + timedelta(minutes=15)
    return Slot(f"S{number}", "C1", starts(number), ends, state, SlotKind.STABLE)


def theirs(number: int, state: NationalSlotState, *visits: tuple[str, datetime], known: bool = True) -> NationalSlot:
    slot_id = f"N{number}"
    saved = tuple(NationalVisit(v, slot_id, NationalVisitState.SAVED, at, None, Origin.PATIENT) for v, at in visits)
    ends = starts(number) + timedelta(minutes=15)
    reference = f"S{number}" if known else None
    return NationalSlot(slot_id, "C1", starts(number), ends, state, SlotKind.STABLE, reference, visits=saved)


@pytest.fixture
def registry(store: Store) -> FakeRegistry:
    """Nine terms, one for each class but BLOCK_UNPROVEN, and one on which both sides agree."""
    free, busy, blocked = SlotState.FREE, SlotState.BUSY, SlotState.BLOCKED
    open_, taken, closed = NationalSlotState.OPEN, NationalSlotState.TAKEN, NationalSlotState.BLOCKED
    hospital = [free, blocked, blocked, blocked, free, None, None, free, busy, free]
    with store.unit_of_work() as work:
        cell = CellCode("000000927722", "001")
        work.calendar.put_schedule("demo", Schedule("C1", cell, "1100"), in_scope=True)
        for number, state in enumerate(hospital):
            if state is not None:
                work.calendar.put_slot("demo", ours(number, state))
                if number != 7:
                    work.links.put("demo", "slot", f"S{number}", f"N{number}")
        for number in (1, 2):
            proof = BlockProof(f"S{number}", "M1", PROVEN, PROVEN, "0", PROVEN, 0.0, "a" * 64)
            work.calendar.put_block("demo", proof)
        for visit, number, state in (("A8", 8, VisitState.BOOKED), ("A9", 9, VisitState.CANCELLED)):
            ends = starts(number) + timedelta(minutes=15)
            booked = Visit(visit, state, "P1", PROVEN, (f"S{number}",), starts(number), ends, schedule_id="C1")
            work.calendar.put_visit("demo", booked)
        work.links.put("demo", "visit", "A9", "V9")
        work.commit()
    listed = [
        theirs(0, open_),
        theirs(1, closed, ("V1", LATER)),
        theirs(2, closed, ("V2", PROVEN - timedelta(days=1))),
        theirs(3, open_),
        theirs(4, taken, ("V4", LATER), ("V5", LATER)),
        theirs(5, open_, known=False),
        theirs(6, taken, ("V6", LATER), known=False),
        theirs(8, open_),
        theirs(9, taken, ("V9", LATER)),
    ]
    return FakeRegistry({"C1": listed})


def compare(store: Store, registry: FakeRegistry, clock: Clock, tables: Tables) -> Summary:
    return reconcile(store, registry, clock, tables, "demo", first=DAY, last=DAY)


def test_every_class_is_found_once_and_nothing_else(
    store: Store, registry: FakeRegistry, held_clock: Clock, tables: Tables
) -> None:
    assert compare(store, registry, held_clock, tables).counts == {
        "BOOKED_WHILE_BLOCKED": 1,
        "BLOCK_NOT_SENT": 1,
        "BOOKED_BEFORE_BLOCK": 1,
        "DOUBLE_BOOKED": 1,
        "SURPLUS_SLOT_EMPTY": 1,
        "SURPLUS_SLOT_BOOKED": 1,
        "MISSING_SLOT": 1,
        "VISIT_ONLY_IN_CER": 2,
        "VISIT_ONLY_IN_HOSPITAL": 1,
        "VISIT_STATE_MISMATCH": 1,
    }


def test_the_same_comparison_again_changes_only_when_it_was_last_seen(
    store: Store, registry: FakeRegistry, held_clock: Clock, tables: Tables
) -> None:
    first = compare(store, registry, held_clock, tables)
    held_clock.sleep(3600)
    second = compare(store, registry, held_clock, tables)
    with store.unit_of_work() as work:
        stored = work.differences.find(facility="demo")
    assert [one.key for one in first.found] == [one.key for one in second.found]
    assert len(stored) == len(first.found)
    assert {one.last_seen - one.first_seen for one in stored} == {timedelta(hours=1)}
    assert second.closed == 0


def test_the_safe_remedies_wait_in_the_outbox_once(
    store: Store, registry: FakeRegistry, held_clock: Clock, tables: Tables
) -> None:
    compare(store, registry, held_clock, tables)
    for _ in range(2):
        remedy(store, held_clock, tables, "demo", first=DAY, last=DAY)
        compare(store, registry, held_clock, tables)
    with store.unit_of_work() as work:
        sent = work.outbox.find(facility="demo")
    blocked = {"state": "blocked"}
    listed = {"schedule_id": "C1", "day": DAY.isoformat(), **blocked}
    assert sorted((one.action, one.subjects, dict(one.payload)) for one in sent) == [
        (Action.EDIT_SLOT, ("slot:N5",), {"national_slot_id": "N5", **listed}),
        (Action.EDIT_SLOT, ("slot:N6",), {"national_slot_id": "N6", **listed}),
        (Action.EDIT_SLOT, ("slot:S3",), {"slot_id": "S3", "national_slot_id": "N3", **blocked}),
        (Action.PUT_SLOT, ("slot:S7",), {"slot_id": "S7"}),
    ]


def test_the_package_is_filed_once_also_when_the_visit_is_gone_by_then(
    *, store: Store, registry: FakeRegistry, held_clock: Clock, tables: Tables, tmp_path: Path
) -> None:
    compare(store, registry, held_clock, tables)
    held_clock.sleep(60)
    registry.slots["C1"] = [slot for slot in registry.slots["C1"] if slot.id != "N1"] + [
        theirs(1, NationalSlotState.BLOCKED)
    ]
    assert compare(store, registry, held_clock, tables).closed == 1
    written = write_report(store, held_clock, tables, "demo", day=DAY, out=tmp_path, filed_by="a.nowak")
    assert written is not None
    rows = json.loads((written.folder / "report.json").read_text())["rows"]
    assert [(row["class"], row["cer_visit_ids"]) for row in rows] == [
        ("BOOKED_WHILE_BLOCKED", ["V1"]),
        ("DOUBLE_BOOKED", ["V4", "V5"]),
    ]
    assert rows[0]["block_proven_at"] == "2026-10-05T06:00:00+00:00"
    assert write_report(store, held_clock, tables, "demo", day=DAY, out=tmp_path) is None
    with store.unit_of_work() as work:
        stored = {one.found.kind.value: one for one in work.differences.find(facility="demo")}
        chain = work.audit.verify()
    assert stored["BOOKED_WHILE_BLOCKED"].state == "closed"
    assert stored["BOOKED_WHILE_BLOCKED"].history[-1]["who"] == "person:a.nowak"
    assert stored["DOUBLE_BOOKED"].state == "reported"
    assert chain is None
