"""Slots taken in together end as they do one by one: same rows, same messages, same states, same audit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from adapter import resources
from adapter.domain.schedule import Schedule
from adapter.fhir import names
from adapter.mapping import bulk_slot
from adapter.mapping.schedule import schedule_from_fhir
from adapter.mapping.tables import load_tables
from adapter.ports import Received
from adapter.ports.store import Action, Destination, InboxState, MessageState, NewMessage, Settlement
from adapter.services.equipment import Equipment
from adapter.services.take_in import TakenIn, take_in

FACILITY = "demo"
NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
TABLES = load_tables(resources.mappings())


class Nobody:
    """An EHR that has nothing."""

    def read(self, facility: str, resource_type: str, resource_id: str) -> None:
        return None


def schedule(identity: str, service: str) -> Schedule:
    raw = {
        "resourceType": "Schedule",
        "id": identity,
        "specialty": [{"coding": [{"system": names.CELL_SPECIALTY, "code": service}]}],
        "actor": [{"type": "Location", "identifier": {"system": names.CELL, "value": "000000927722-001"}}],
    }
    return schedule_from_fhir(raw, TABLES, on=NOW.date())


def slot(identity: str, version: int, **more: Any) -> dict[str, Any]:
    kind = more.pop("kind", "stable")
    return {
        "resourceType": "Slot",
        "id": identity,
        "meta": {"versionId": str(version), "lastUpdated": f"2026-10-04T10:0{version}:00Z"},
        "schedule": {"reference": "Schedule/in"},
        "status": "free",
        "appointmentType": {"coding": [{"system": names.SLOT_KIND, "code": kind}]},
        "start": "2026-11-02T08:00:00Z",
        "end": "2026-11-02T08:30:00Z",
        **more,
    }


FIRST = [
    *(slot(f"s{number}", 3) for number in range(12)),
    slot("out-1", 3, schedule={"reference": "Schedule/out"}),
    slot("lost-1", 3, schedule={"reference": "Schedule/unknown"}),
    slot("odd-1", 3, kind="something-else"),
    slot("late-1", 3, end="2026-11-02T07:00:00Z"),
    slot("gone-1", 3, status="entered-in-error"),
    slot("said-1", 3, text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'}),
]
"""All kinds of new slots; the four last but one are refused, or taken the full way."""

SECOND = [
    slot("s0", 4),
    slot("s1", 4, status="busy-unavailable"),
    slot("s2", 4, status="busy"),
    slot("s3", 4, kind="urgent", status="busy-tentative"),
    slot("s4", 4, end="2026-11-02T08:40:00Z"),
    slot("s5", 4, status="entered-in-error"),
    slot("s6", 2, status="busy"),
    slot("s7", 4, status="entered-in-error"),
    slot("s7", 5),
    slot("s8", 4, schedule={"reference": "Schedule/out"}),
    slot("out-1", 4, schedule={"reference": "Schedule/in"}),
    slot("gone-1", 4),
]
"""Changes of them; the EHR says two of one slot, and an old one."""


@pytest.fixture
def eq(store: Any) -> Any:
    with store.unit_of_work() as work:
        work.calendar.put_schedule(FACILITY, schedule("in", "1100"), in_scope=True)
        work.calendar.put_schedule(FACILITY, schedule("out", "9999"), in_scope=False)
        work.commit()
    clock = SimpleNamespace(now=lambda: NOW, sleep=lambda _: None)
    absent: Any = None
    return Equipment(store, absent, absent, Nobody(), clock, TABLES, (FACILITY,))  # type: ignore[arg-type]


def told(eq: Equipment, slots: list[dict[str, Any]], mark: str) -> TakenIn:
    with eq.store.unit_of_work() as work:
        new = work.inbox.put_all(
            FACILITY,
            [
                Received(mark, "Slot", one["id"], one["meta"]["versionId"], json.dumps(one).encode(), NOW)
                for one in slots
            ],
            NOW,
        )
        assert new == len(slots)
        work.commit()
    return take_in(eq, FACILITY)


def publish_half(eq: Equipment) -> None:
    """CeR accepts the messages about every second slot."""
    with eq.store.worker() as worker:
        with eq.store.unit_of_work() as work:
            claimed = work.outbox.claim(worker, NOW, 100)
            work.commit()
        with eq.store.unit_of_work() as work:
            states = [MessageState.DELIVERED, MessageState.WAITING]
            work.outbox.settle([Settlement(message, states[n % 2], NOW) for n, message in enumerate(claimed)])
            done = [str(message.payload["slot_id"]) for message in claimed[::2]]
            work.links.put_all(FACILITY, "slot", [(one, f"CER-{one}") for one in done])
            work.commit()


def picture(eq: Equipment) -> dict[str, Any]:
    """All that taking in leaves behind, without ids that are made up."""
    with eq.store.unit_of_work() as work:
        entries = work.inbox.find(facility=FACILITY, limit=1000)
        ids = sorted({one["id"] for one in [*FIRST, *SECOND]})
        return {
            "entries": sorted((e.received.resource_id, e.received.version, e.state, e.problems) for e in entries),
            "slots": {one: work.calendar.slot(FACILITY, one) for one in ids},
            "messages": sorted(
                (m.subjects, m.action, str(m.payload), m.state)
                for m in work.outbox.find(facility=FACILITY, limit=1000)
            ),
            "audit": sorted(
                (r.subject, r.actor, r.action, str({**r.detail, "entry": 0})) for r in work.audit.find(limit=1000)
            ),
            "chain": work.audit.verify(),
        }


def story(eq: Equipment) -> list[Any]:
    first = told(eq, FIRST, "first")
    publish_half(eq)
    second = told(eq, SECOND, "second")
    return [first, second, picture(eq)]


def test_together_and_one_by_one_leave_the_same(
    eq: Any, clean: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    together = story(eq)
    assert "together" not in caplog.text, "a slot whose schedule nobody knows sinks none of its neighbours"
    clean(eq)
    monkeypatch.setattr(bulk_slot, "plain_slot", lambda raw: None)
    one_by_one = story(eq)
    assert together == one_by_one
    first, second, left = together
    assert (first.taken, first.quarantined, second.superseded) == (15, 3, 1)
    actions = [action for _, action, _, _ in left["messages"]]
    assert {Action.PUT_SLOT, Action.EDIT_SLOT, Action.DELETE_SLOT} == set(actions)
    assert left["chain"] is None


@pytest.fixture
def clean() -> Any:
    """Forget everything but the schedules."""

    def forget(eq: Equipment) -> None:
        with eq.store.unit_of_work() as work:
            connection = work._session.connection  # type: ignore[attr-defined]
            for table in ("outbox_line", "outbox_message", "inbox", "slot", "link"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER USER")
            connection.exec_driver_sql("DELETE FROM audit")
            connection.exec_driver_sql("ALTER TABLE audit ENABLE TRIGGER USER")
            connection.exec_driver_sql("DELETE FROM audit_head")
            work.commit()

    return forget


def test_what_fails_together_is_taken_one_by_one(eq: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapter.services import take_in as module

    def broken(*_: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "take_slots", broken)
    assert told(eq, FIRST, "first").taken == 15


def test_the_newest_unfinished_message_tells_what_cer_will_have(store: Any) -> None:
    def said(action: Action, slot_id: str) -> NewMessage:
        return NewMessage(FACILITY, Destination.CER, action, (f"slot:{slot_id}",), "c", {"slot_id": slot_id})

    both = (Action.PUT_SLOT, Action.DELETE_SLOT)
    with store.unit_of_work() as work:
        work.outbox.add_all([said(Action.PUT_SLOT, "a"), said(Action.PUT_SLOT, "b"), said(Action.DELETE_SLOT, "a")])
        work.outbox.add_all([said(Action.EDIT_SLOT, "b"), said(Action.EDIT_SLOT, "c")])
        found = work.outbox.unfinished(FACILITY, ["slot:a", "slot:b", "slot:c", "slot:d"], both)
        assert found == {"slot:a": Action.DELETE_SLOT, "slot:b": Action.PUT_SLOT}
        assert work.outbox.unfinished("north", ["slot:a"], both) == {}


def test_a_batch_of_entries_is_settled_and_an_old_version_is_not_stored_twice(store: Any) -> None:
    some = [Received("f", "Slot", f"s{n}", "1", b"{}", NOW) for n in range(3)]
    with store.unit_of_work() as work:
        assert work.inbox.put_all(FACILITY, [*some, some[0]], NOW) == 3
        assert work.inbox.put_all(FACILITY, some, NOW) == 0
        assert work.inbox.put_all(FACILITY, [], NOW) == 0
        entries = work.inbox.take(FACILITY, "Slot", 10)
        assert [entry.received.resource_id for entry in entries] == ["s0", "s1", "s2"]
        work.inbox.settle_all([entry.id for entry in entries[:2]], InboxState.TAKEN)
        work.inbox.settle_all([], InboxState.TAKEN)
        assert [entry.id for entry in work.inbox.take(FACILITY, "Slot", 10)] == [entries[2].id]
