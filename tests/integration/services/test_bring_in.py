"""A first load: Slots are taken in while more of them are received, and nothing else before all is received."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest
from store_fixtures import HeldClock

from adapter import resources
from adapter.errors import AdapterError, Unavailable
from adapter.fhir import names
from adapter.mapping.tables import load_tables
from adapter.ports import Received, ReceivedPage
from adapter.ports.store import Action, InboxState
from adapter.services.bring_in import BroughtIn, bring_in
from adapter.services.equipment import Equipment, Limits
from adapter.store.unit_of_work import SqlStore

FACILITY = "demo"
PAGE = 2
PAGES = 3
PATIENCE_SECONDS = 30.0


def schedule(version: int, *, active: bool) -> dict[str, Any]:
    return {
        "resourceType": "Schedule",
        "id": "in",
        "meta": {"versionId": str(version), "lastUpdated": f"2026-10-04T10:0{version}:00Z"},
        "active": active,
        "specialty": [{"coding": [{"system": names.CELL_SPECIALTY, "code": "1100"}]}],
        "actor": [{"type": "Location", "identifier": {"system": names.CELL, "value": "000000927722-001"}}],
    }


def slot(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Slot",
        "id": f"s{number}",
        "meta": {"versionId": "1", "lastUpdated": "2026-10-04T10:00:00Z"},
        "schedule": {"reference": "Schedule/in"},
        "status": "free",
        "appointmentType": {"coding": [{"system": names.SLOT_KIND, "code": "stable"}]},
        "start": f"2026-11-02T{number + 8:02}:00:00Z",
        "end": f"2026-11-02T{number + 8:02}:30:00Z",
    }


@dataclass
class Export:
    """An EHR that hands over a page of Slots, and the next one when ``between`` has been."""

    between: Callable[[int], None]
    schedules: list[dict[str, Any]] = field(default_factory=lambda: [schedule(1, active=True)])

    def changes(
        self, facility: str, resource_type: str, cursor: str, since: datetime | None = None
    ) -> Iterator[ReceivedPage]:
        if resource_type == "Schedule":
            yield self._page("Schedule", self.schedules)
        elif resource_type == "Slot":
            for page in range(PAGES):
                yield self._page("Slot", [slot(number) for number in range(page * PAGE, (page + 1) * PAGE)])
                self.between(page)
        elif resource_type == "Appointment":
            yield self._page("Appointment", [{"resourceType": "Appointment", "id": "a"}])

    def read(self, facility: str, resource_type: str, resource_id: str) -> None:
        return None

    def _page(self, kind: str, found: list[dict[str, Any]]) -> ReceivedPage:
        given = [
            Received("x", kind, one["id"], one.get("meta", {}).get("versionId", "1"), json.dumps(one).encode(), None)
            for one in found
        ]
        return ReceivedPage(tuple(given), "", more=False)


@pytest.fixture
def load(store: SqlStore, held_clock: HeldClock) -> Callable[..., BroughtIn]:
    def run(export: Export, batch: int = PAGE) -> BroughtIn:
        absent = cast(Any, None)
        tables = load_tables(resources.mappings())
        limits = Limits(take_batch_max=batch)
        return bring_in(
            Equipment(store, absent, absent, cast(Any, export), held_clock, tables, (FACILITY,), limits), FACILITY
        )

    return run


def entries(store: SqlStore, kind: str) -> list[InboxState]:
    with store.unit_of_work() as work:
        return [one.state for one in work.inbox.find(facility=FACILITY) if one.received.resource_type == kind]


def sent(store: SqlStore) -> list[str]:
    with store.unit_of_work() as work:
        found = work.outbox.find(facility=FACILITY, actions=[Action.PUT_SLOT])
    return sorted(str(one.payload["slot_id"]) for one in found)


def test_slots_are_taken_in_while_more_are_received(store: SqlStore, load: Callable[..., BroughtIn]) -> None:
    """And the Appointment that is there by then is not looked at before the last of them is."""
    seen: list[int] = []

    def between(page: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(sent(store)) < page * PAGE and time.monotonic() < deadline:
            pass
        seen.append(len(sent(store)) // PAGE)

    result = load(Export(between))
    assert [there >= page for page, there in enumerate(seen)] == [True] * PAGES
    assert (result.received, result.taken.taken, result.taken.quarantined) == (PAGES * PAGE + 2, PAGES * PAGE + 1, 1)
    assert sent(store) == [f"s{number}" for number in range(PAGES * PAGE)]


def test_a_small_export_is_received_as_a_whole_first(store: SqlStore, load: Callable[..., BroughtIn]) -> None:
    seen: list[list[str]] = []
    load(Export(lambda page: seen.append(sent(store))), batch=PAGE + 1)
    assert seen == [[]] * PAGES
    assert len(sent(store)) == PAGES * PAGE


def test_slots_are_judged_by_the_last_version_of_their_schedule(
    store: SqlStore, load: Callable[..., BroughtIn]
) -> None:
    load(Export(lambda page: None, [schedule(1, active=True), schedule(2, active=False)]))
    assert sent(store) == []
    assert entries(store, "Slot") == [InboxState.TAKEN] * (PAGES * PAGE)


def test_an_ehr_that_falls_silent_keeps_nothing_from_being_taken_in(
    store: SqlStore, load: Callable[..., BroughtIn]
) -> None:
    def silent(page: int) -> None:
        if page == 1:
            raise Unavailable("the EHR is gone")

    result = load(Export(silent))
    assert isinstance(result.problem, Unavailable)
    assert sent(store) == [f"s{number}" for number in range(2 * PAGE)]
    assert result.received == 2 * PAGE + 1


def test_what_goes_wrong_with_taking_in_is_no_problem_of_the_ehr(
    store: SqlStore, load: Callable[..., BroughtIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise Unavailable("the database is gone")

    monkeypatch.setattr("adapter.services.take_in.take_slots", broken)
    with pytest.raises(AdapterError, match="the database is gone"):
        load(Export(lambda page: None))
