"""Software mends what can harm no patient, once, and leaves everything else to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.reconcile_fakes import FakeStore, HeldClock

from adapter.domain.discrepancy import Discrepancy, DiscrepancyClass
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.mapping.tables import Tables, load_tables
from adapter.ports.store import Action, MessageState
from adapter.resources import mappings
from adapter.services.remedy import Step, remedy

DAY = date(2026, 11, 30)
STARTS = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
FUTURE: Mapping[str, object] = {
    "national_starts": STARTS.isoformat(),
    "national_ends": (STARTS + timedelta(minutes=20)).isoformat(),
    "national_state": "open",
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(mappings())


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


def hospital_has(store: FakeStore, state: SlotState) -> None:
    store.state.slots["S1"] = Slot("S1", "C1", STARTS, STARTS + timedelta(minutes=20), state, SlotKind.STABLE)


def found(store: FakeStore, kind: str, ours: str | None, theirs: str | None, **evidence: object) -> None:
    one = Discrepancy(DiscrepancyClass(kind), "demo", "C1", DAY, ours, theirs, (), (), {**FUTURE, **evidence})
    with store.unit_of_work() as work:
        work.differences.record("demo", [one], datetime(2026, 11, 23, tzinfo=UTC))
        work.commit()


def mend(store: FakeStore, tables: Tables, **more: object) -> list[Step]:
    return remedy(store, HeldClock(), tables, "demo", first=DAY, last=DAY, **more)


# class, hospital's slot (state), slot here, slot in CeR, action, payload, subject, why
SENT = [
    (
        "BLOCK_NOT_SENT",
        SlotState.BLOCKED,
        "S1",
        "N1",
        Action.EDIT_SLOT,
        {"slot_id": "S1", "national_slot_id": "N1", "state": "blocked"},
        "slot:S1",
        "the hospital's block is sent again",
    ),
    (
        "SURPLUS_SLOT_EMPTY",
        None,
        None,
        "N1",
        Action.EDIT_SLOT,
        {"national_slot_id": "N1", "schedule_id": "C1", "day": "2026-11-30", "state": "blocked"},
        "slot:N1",
        "a surplus slot is blocked, not deleted",
    ),
    (
        "SURPLUS_SLOT_BOOKED",
        SlotState.WITHDRAWN,
        "S1",
        "N1",
        Action.EDIT_SLOT,
        {"national_slot_id": "N1", "schedule_id": "C1", "day": "2026-11-30", "state": "blocked"},
        "slot:S1",
        "a booked surplus slot is blocked so that nobody else comes",
    ),
    ("MISSING_SLOT", SlotState.FREE, "S1", None, Action.PUT_SLOT, {"slot_id": "S1"}, "slot:S1", "published"),
]


@pytest.mark.parametrize(
    ("kind", "state", "ours", "theirs", "action", "payload", "subject", "why"), SENT, ids=[row[-1] for row in SENT]
)
def test_what_is_safe_is_sent_through_the_outbox(
    *,
    store: FakeStore,
    tables: Tables,
    kind: str,
    state: SlotState | None,
    ours: str | None,
    theirs: str | None,
    action: Action,
    payload: Mapping[str, object],
    subject: str,
    why: str,
) -> None:
    if state is not None:
        hospital_has(store, state)
    found(store, kind, ours, theirs)
    (step,) = mend(store, tables)
    (message,) = store.state.messages
    assert step.done, why
    assert (message.action, message.payload, message.subjects) == (action, payload, (subject,))
    (stored,) = store.state.discrepancies
    assert (stored.state, stored.history[0]["who"]) == ("acknowledged", "job:remedy")
    assert store.state.audit[0].subject == "discrepancy:1"


# class, state here, slot here, slot in CeR, evidence, link, words of the reason
LEFT = [
    ("BLOCK_NOT_SENT", SlotState.FREE, "S1", "N1", {}, None, "no longer blocks"),
    ("BLOCK_NOT_SENT", None, "S1", "N1", {}, None, "no longer blocks"),
    ("MISSING_SLOT", SlotState.WITHDRAWN, "S1", None, {}, None, "no longer has"),
    ("MISSING_SLOT", SlotState.FREE, "S1", None, {"listing_incomplete": True}, None, "could not be read"),
    ("MISSING_SLOT", SlotState.FREE, "S1", None, {}, "N1", "took the slot before"),
    ("SURPLUS_SLOT_EMPTY", SlotState.FREE, "S1", "N1", {}, None, "by now"),
    ("SURPLUS_SLOT_BOOKED", None, None, "N1", {"national_state": "blocked"}, None, "blocked already"),
    ("SURPLUS_SLOT_EMPTY", None, None, "N1", {"national_starts": "2026-11-23T12:00:00+00:00"}, None, "has begun"),
    ("SURPLUS_SLOT_EMPTY", None, None, "N1", {"national_starts": None}, None, "does not say"),
]


@pytest.mark.parametrize(("kind", "state", "ours", "theirs", "evidence", "link", "why"), LEFT)
def test_a_doubtful_case_is_left_to_a_person_with_the_reason(
    *,
    store: FakeStore,
    tables: Tables,
    kind: str,
    state: SlotState | None,
    ours: str | None,
    theirs: str | None,
    evidence: Mapping[str, object],
    link: str | None,
    why: str,
) -> None:
    if state is not None:
        hospital_has(store, state)
    if link is not None:
        store.state.links["slot", "S1"] = link
    found(store, kind, ours, theirs, **evidence)
    (step,) = mend(store, tables)
    assert not step.done
    assert why in step.note
    assert store.state.messages == []
    assert store.state.discrepancies[0].state == "open"


@pytest.mark.parametrize(
    "kind",
    ["BOOKED_WHILE_BLOCKED", "BOOKED_BEFORE_BLOCK", "BLOCK_UNPROVEN", "DOUBLE_BOOKED", "VISIT_ONLY_IN_HOSPITAL"],
)
def test_a_booking_is_never_touched_by_software(store: FakeStore, tables: Tables, kind: str) -> None:
    found(store, kind, "S1", "N1")
    assert mend(store, tables) == []
    assert store.state.messages == []


def test_a_remedy_is_not_sent_twice(store: FakeStore, tables: Tables) -> None:
    hospital_has(store, SlotState.BLOCKED)
    found(store, "BLOCK_NOT_SENT", "S1", "N1")
    mend(store, tables)
    assert mend(store, tables) == []
    store.state.discrepancies[0] = replace(store.state.discrepancies[0], state="open")
    (step,) = mend(store, tables)
    assert "on its way" in step.note
    store.state.messages[0] = store.state.messages[0]._replace(state=MessageState.DELIVERED)
    assert mend(store, tables)[0].done


def test_a_site_switches_a_remedy_off_in_its_table(store: FakeStore, tmp_path: Path) -> None:
    for source in mappings().glob("*.csv"):
        text = source.read_text(encoding="utf-8")
        if source.stem == "discrepancies":
            text = text.replace("block-only", "no")
        (tmp_path / source.name).write_text(text, encoding="utf-8")
    found(store, "SURPLUS_SLOT_EMPTY", None, "N1")
    assert mend(store, load_tables(tmp_path)) == []


def test_a_visit_that_the_ehr_lacks_is_brought_and_stays_listed_where_it_has_a_graver_name(
    store: FakeStore, tables: Tables
) -> None:
    found(store, "VISIT_ONLY_IN_CER", "S1", "N1", visits_unknown_here=["V1"])
    found(store, "BOOKED_WHILE_BLOCKED", "S2", "N2", visits_unknown_here=["V2"])
    asked: list[tuple[str, str]] = []

    def bring(facility: str, visit_id: str) -> bool:
        asked.append((facility, visit_id))
        return True

    steps = mend(store, tables, bring_visit=bring)
    assert asked == [("demo", "V1"), ("demo", "V2")]
    assert [step.done for step in steps] == [True, True]
    assert [one.state for one in store.state.discrepancies] == ["acknowledged", "open"]


def test_a_visit_without_data_to_make_an_appointment_from_stays_open(store: FakeStore, tables: Tables) -> None:
    found(store, "VISIT_ONLY_IN_CER", "S1", "N1", visits_unknown_here=["V1"])
    (step,) = mend(store, tables, bring_visit=lambda facility, visit_id: False)
    assert not step.done
    assert store.state.discrepancies[0].state == "open"
