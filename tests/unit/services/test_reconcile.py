"""Both calendars are compared list by list; one that cannot be read does not hide the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.reconcile_fakes import FakeRegistry, FakeStore, HeldClock

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.identifiers import CellCode
from adapter.domain.national import NationalSlot, NationalSlotState, NationalVisit, NationalVisitState, UnreadableRow
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import BadInput, Misconfigured, Rejected, Unavailable
from adapter.mapping.tables import Tables, load_tables
from adapter.ports.store import BlockProof
from adapter.resources import mappings
from adapter.services.reconcile import NOT_ASKED, SCHEDULES_OUT_OF_REACH_MAX, Summary, reconcile

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)
AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
ASKED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(mappings())


@pytest.fixture
def store() -> FakeStore:
    made = FakeStore()
    for name in ("C1", "C2"):
        made.state.schedules[name] = Schedule(name, CellCode("000000927722", "001"), "1100")
        put(made, f"{name}-S1", name)
    return made


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry({name: [theirs(f"{name}-N1", name, f"{name}-S1")] for name in ("C1", "C2")})


def put(store: FakeStore, slot_id: str, schedule: str, state: SlotState = SlotState.FREE, at: datetime = AT) -> None:
    store.state.slots[slot_id] = Slot(slot_id, schedule, at, at + timedelta(minutes=20), state, SlotKind.STABLE)


def theirs(
    slot_id: str,
    schedule: str,
    reference: str | None = None,
    state: NationalSlotState = NationalSlotState.OPEN,
    visits: tuple[NationalVisit, ...] = (),
) -> NationalSlot:
    ends = AT + timedelta(minutes=20)
    return NationalSlot(slot_id, schedule, AT, ends, state, SlotKind.STABLE, reference, visits=visits)


def run(
    store: FakeStore, registry: FakeRegistry, tables: Tables, first: date = MONDAY, last: date = MONDAY
) -> Summary:
    return reconcile(store, registry, registry.clock, tables, "demo", first=first, last=last)


def test_two_calendars_that_agree_are_clean(store: FakeStore, registry: FakeRegistry, tables: Tables) -> None:
    summary = run(store, registry, tables, MONDAY, TUESDAY)
    assert summary.clean
    assert (summary.schedules, summary.compared) == (2, 4)
    assert registry.asked == [("C1", MONDAY), ("C1", TUESDAY), ("C2", MONDAY), ("C2", TUESDAY)]


def test_a_visit_saved_while_blocked_is_recorded_with_the_fetch_it_was_found_in(
    store: FakeStore, registry: FakeRegistry, tables: Tables
) -> None:
    put(store, "C1-S1", "C1", SlotState.BLOCKED)
    store.state.blocks["C1-S1"] = BlockProof("C1-S1", "M7", ASKED, ASKED, "0", ASKED, 1.0, "d" * 64)
    visit = NationalVisit("V1", "C1-N1", NationalVisitState.SAVED, ASKED + timedelta(hours=1))
    registry.slots["C1"] = [theirs("C1-N1", "C1", "C1-S1", NationalSlotState.BLOCKED, (visit,))]
    summary = run(store, registry, tables)
    assert summary.counts == {"BOOKED_WHILE_BLOCKED": 1}
    (stored,) = store.state.discrepancies
    assert stored.state == "open"
    assert stored.found.evidence["listing_digest"] == summary.found[0].evidence["listing_digest"]
    assert stored.found.evidence["listing_clock_offset_seconds"] == 1.0
    assert stored.found.evidence["listing_incomplete"] is False


def test_a_difference_seen_again_is_the_same_row_and_closes_when_it_is_gone(
    store: FakeStore, registry: FakeRegistry, tables: Tables
) -> None:
    listed = registry.slots.pop("C1")
    run(store, registry, tables)
    registry.clock.sleep(3600)
    run(store, registry, tables)
    (stored,) = store.state.discrepancies
    assert stored.last_seen - stored.first_seen == timedelta(hours=1)
    registry.slots["C1"] = listed
    registry.clock.sleep(3600)
    summary = run(store, registry, tables)
    assert (summary.closed, store.state.discrepancies[0].state) == (1, "closed")


@pytest.mark.parametrize(
    ("trouble", "out_of_reach"),
    [(Unavailable("CeR does not answer"), True), (Rejected("unknown schedule"), False)],
    ids=["out of reach", "refused"],
)
def test_a_schedule_that_cannot_be_read_is_named_and_its_neighbour_goes_on(
    store: FakeStore, registry: FakeRegistry, tables: Tables, trouble: Unavailable | Rejected, out_of_reach: bool
) -> None:
    registry.slots["C2"] = []
    run(store, registry, tables)
    before = store.state.discrepancies[0]
    registry.troubles["C1", MONDAY] = trouble
    registry.clock.sleep(60)
    summary = run(store, registry, tables)
    assert [(one.schedule_id, one.problem, one.out_of_reach) for one in summary.not_read] == [
        ("C1", trouble.message, out_of_reach)
    ]
    assert summary.counts == {"MISSING_SLOT": 1}
    assert store.state.discrepancies[0].last_seen > before.last_seen
    assert not summary.clean


def test_what_was_found_in_a_list_that_cannot_be_read_now_stays_open(
    store: FakeStore, registry: FakeRegistry, tables: Tables
) -> None:
    registry.slots["C1"] = []
    run(store, registry, tables)
    registry.troubles["C1", MONDAY] = Unavailable("down")
    registry.clock.sleep(60)
    assert run(store, registry, tables).closed == 0
    assert store.state.discrepancies[0].state == "open"


def test_a_cer_that_is_down_is_not_asked_for_every_list(
    store: FakeStore, registry: FakeRegistry, tables: Tables
) -> None:
    for number in range(3, 10):
        store.state.schedules[f"C{number}"] = replace(store.state.schedules["C1"], id=f"C{number}")
    days = [MONDAY + timedelta(days=number) for number in range(7)]
    registry.troubles = {(name, day): Unavailable("down") for name in store.state.schedules for day in days}
    summary = run(store, registry, tables, days[0], days[-1])
    assert len(registry.asked) == SCHEDULES_OUT_OF_REACH_MAX * 2
    assert len(summary.not_read) == 9 * 7
    assert {one.problem for one in summary.not_read} == {"down", NOT_ASKED}


def test_a_wrong_certificate_stops_the_run(store: FakeStore, registry: FakeRegistry, tables: Tables) -> None:
    registry.troubles["C1", MONDAY] = Misconfigured("the certificate has expired")
    with pytest.raises(Misconfigured):
        run(store, registry, tables)


def test_rows_that_nobody_could_read_are_shown_and_close_nothing(
    store: FakeStore, registry: FakeRegistry, tables: Tables
) -> None:
    listed = registry.slots["C1"]
    registry.slots["C1"] = []
    run(store, registry, tables)
    registry.slots["C1"] = listed
    registry.unreadable["C1", MONDAY] = (UnreadableRow("row 2", "unknown state"),)
    registry.clock.sleep(60)
    summary = run(store, registry, tables)
    assert [(one.schedule_id, one.position, one.problem) for one in summary.unreadable] == [
        ("C1", "row 2", "unknown state")
    ]
    assert store.state.discrepancies[0].state == "open"
    assert not summary.clean


def test_a_visit_of_ours_that_was_cancelled_here_is_not_taken_for_an_unknown_one(
    store: FakeStore, registry: FakeRegistry, tables: Tables
) -> None:
    store.state.visits["A1"] = Visit("A1", VisitState.CANCELLED, "P1", ASKED, ("C1-S1",))
    store.state.links["visit", "A1"] = "V1"
    visit = NationalVisit("V1", "C1-N1", NationalVisitState.SAVED, ASKED)
    registry.slots["C1"] = [theirs("C1-N1", "C1", "C1-S1", NationalSlotState.TAKEN, (visit,))]
    summary = run(store, registry, tables)
    assert summary.counts == {"VISIT_STATE_MISMATCH": 1}
    assert summary.found[0].hospital_visit_ids == ("A1",)


def test_the_gravest_come_first(store: FakeStore, registry: FakeRegistry, tables: Tables) -> None:
    registry.slots["C1"] = [theirs("C1-N1", "C1", "C1-S1"), theirs("C1-N9", "C1")]
    registry.slots["C2"] = []
    assert [one.kind.value for one in run(store, registry, tables).found] == ["MISSING_SLOT", "SURPLUS_SLOT_EMPTY"]


def test_the_run_and_every_list_are_audited_under_one_correlation_id(
    store: FakeStore, registry: FakeRegistry, tables: Tables
) -> None:
    run(store, registry, tables)
    assert [record.action for record in store.state.audit] == ["compare-list", "compare-list", "reconcile"]
    assert len({record.correlation_id for record in store.state.audit}) == 1


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [(TUESDAY, MONDAY, "before"), (MONDAY, MONDAY + timedelta(days=400), "at most")],
    ids=["turned round", "too many"],
)
def test_wrong_days_are_refused(
    *, store: FakeStore, registry: FakeRegistry, tables: Tables, first: date, last: date, why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        run(store, registry, tables, first, last)


def test_progress_reaches_the_whole(store: FakeStore, registry: FakeRegistry, tables: Tables) -> None:
    seen: list[tuple[int, int]] = []
    reconcile(
        store,
        registry,
        HeldClock(),
        tables,
        "demo",
        first=MONDAY,
        last=TUESDAY,
        progress=lambda done, of: seen.append((done, of)),
    )
    assert seen == [(2, 4), (4, 4)]
