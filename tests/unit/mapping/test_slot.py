"""FHIR Slot and Schedule become domain values, or all of their problems are named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fhir.resources.R4B.schedule import Schedule as FhirSchedule
from fhir.resources.R4B.slot import Slot as FhirSlot
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.identifiers import CellCode, OidPair
from adapter.domain.slot import SlotKind, SlotState
from adapter.errors import BadInput
from adapter.fhir.bindings import SLOT_STATUS
from adapter.fhir.problems import ProblemsFound
from adapter.mapping.schedule import schedule_from_fhir
from adapter.mapping.slot import slot_from_fhir
from adapter.mapping.tables import Tables

Make = Callable[..., dict[str, Any]]
KIND = "https://pomost.example/fhir/CodeSystem/slot-kind"
CAPACITY = "https://pomost.example/fhir/StructureDefinition/slot-capacity"
SMART_CAPACITY = "http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity"


def test_a_slot_is_read_from_a_model_and_from_json_alike(tables: Tables, slot: Make, today: date) -> None:
    from_json = slot_from_fhir(slot(), tables, today)
    assert slot_from_fhir(FhirSlot.model_validate(slot()), tables, today) == from_json
    assert (from_json.id, from_json.schedule_id) == ("S1", "D1")
    assert from_json.starts == datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
    assert (from_json.state, from_json.kind, from_json.capacity) == (SlotState.FREE, SlotKind.STABLE, 1)
    assert from_json.changed_at == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", sorted(SLOT_STATUS))
def test_every_fhir_status_is_read(tables: Tables, slot: Make, today: date, status: str) -> None:
    expected = {"busy-tentative": "held", "busy-unavailable": "blocked", "entered-in-error": "withdrawn"}
    assert slot_from_fhir(slot(status=status), tables, today).state == expected.get(status, status)


@pytest.mark.parametrize("kind", list(SlotKind))
def test_every_kind_is_read(tables: Tables, slot: Make, today: date, kind: SlotKind) -> None:
    made = slot(appointmentType={"coding": [{"system": KIND, "code": kind.value}]})
    assert slot_from_fhir(made, tables, today).kind is kind


def test_the_mapped_coding_counts_among_others(tables: Tables, slot: Make, today: date) -> None:
    other = {"system": "http://terminology.hl7.org/CodeSystem/v2-0276", "code": "ROUTINE"}
    made = slot(appointmentType={"coding": [other, {"system": KIND, "code": "urgent"}]})
    assert slot_from_fhir(made, tables, today).kind is SlotKind.URGENT


# kind codings                                                     rule
BAD_KINDS = [
    ([{"system": KIND, "code": "standby"}], "POMOST-MAP-01"),
    ([{"system": "http://other.example", "code": "stable"}], "POMOST-MAP-01"),
    ([{"system": KIND, "code": "stable"}, {"system": KIND, "code": "urgent"}], "POMOST-MAP-02"),
    ([{"code": "stable"}], "POMOST-SLOT-01"),
]


@pytest.mark.parametrize(("given_codings", "rule"), BAD_KINDS)
def test_a_kind_that_is_not_mapped_is_refused(
    tables: Tables, slot: Make, today: date, given_codings: list[dict[str, str]], rule: str
) -> None:
    with pytest.raises(ProblemsFound) as found:
        slot_from_fhir(slot(appointmentType={"coding": given_codings}), tables, today)
    assert rule in {one.rule for one in found.value.problems}
    assert "Slot.appointmentType" in {one.path for one in found.value.problems}


@pytest.mark.parametrize(
    ("extension", "capacity"),
    [
        ({"url": CAPACITY, "valuePositiveInt": 4}, 4),
        ({"url": CAPACITY, "valueInteger": 5}, 5),
        ({"url": SMART_CAPACITY, "valueInteger": 6}, 6),
    ],
)
def test_capacity_is_read(
    tables: Tables, slot: Make, today: date, extension: dict[str, object], capacity: int
) -> None:
    assert slot_from_fhir(slot(extension=[extension]), tables, today).capacity == capacity


def test_all_problems_of_a_slot_are_named_at_once(tables: Tables, slot: Make, today: date) -> None:
    made = slot(
        status="standby",
        end="2026-11-09T08:00:00+01:00",
        appointmentType={"coding": [{"system": KIND, "code": "standby"}]},
        extension=[{"url": CAPACITY, "valuePositiveInt": 101}],
        schedule={"reference": "#inside"},
    )
    with pytest.raises(ProblemsFound) as found:
        slot_from_fhir(made, tables, today)
    assert {one.rule for one in found.value.problems} == {
        "FHIR-SLOT-01",
        "POMOST-SLOT-02",
        "POMOST-SLOT-03",
        "POMOST-MAP-01",
        "POMOST-ANY-04",
    }
    assert all(one.text_pl and one.text_en for one in found.value.problems)


def test_another_resource_type_is_refused(tables: Tables, schedule: Make, today: date) -> None:
    with pytest.raises(BadInput, match="Slot is needed"):
        slot_from_fhir(schedule(), tables, today)


@settings(deadline=None)  # the machine may be busy
@given(code=st.text(min_size=1, max_size=20).filter(lambda code: code not in {kind.value for kind in SlotKind}))
def test_an_unknown_kind_is_always_refused(tables: Tables, code: str) -> None:
    made = {
        "resourceType": "Slot",
        "id": "S1",
        "schedule": {"reference": "Schedule/D1"},
        "status": "free",
        "appointmentType": {"coding": [{"system": KIND, "code": code}]},
        "start": "2026-11-09T09:00:00+01:00",
        "end": "2026-11-09T09:20:00+01:00",
    }
    with pytest.raises(ProblemsFound):
        slot_from_fhir(made, tables, date(2026, 11, 2))


def test_a_schedule_is_read_from_a_model_and_from_json_alike(tables: Tables, schedule: Make, today: date) -> None:
    found = schedule_from_fhir(schedule(), tables, today)
    assert schedule_from_fhir(FhirSchedule.model_validate(schedule()), tables, today) == found
    assert found.cell == CellCode("000000927722", "001")
    assert found.service == "1100"
    assert found.practitioner == OidPair("2.16.840.1.113883.3.4424.1.6.2", "1234567")
    assert found.active


def test_a_rooms_schedule_has_no_practitioner(tables: Tables, schedule: Make, today: date) -> None:
    room = schedule(actor=schedule()["actor"][:1], active=False)
    found = schedule_from_fhir(room, tables, today)
    assert found.practitioner is None
    assert not found.active


def test_a_specialty_out_of_scope_is_read_too(tables: Tables, schedule: Make, today: date) -> None:
    coding = {"system": "urn:oid:2.16.840.1.113883.3.4424.11.2.4", "code": "1200"}
    assert schedule_from_fhir(schedule(specialty=[{"coding": [coding]}]), tables, today).service == "1200"


@pytest.mark.parametrize(("code", "known"), [("mammography", True), ("astrology", False)])
def test_a_programme_must_be_in_the_table(tables: Tables, schedule: Make, today: date, code: str, known: bool) -> None:
    coding = {"system": "https://pomost.example/fhir/CodeSystem/programme", "code": code}
    made = schedule(specialty=[{"coding": [coding]}])
    if known:
        assert schedule_from_fhir(made, tables, today).service == code
    else:
        with pytest.raises(ProblemsFound) as found:
            schedule_from_fhir(made, tables, today)
        assert [(one.rule, one.path) for one in found.value.problems] == [
            ("POMOST-MAP-01", "Schedule.specialty[0].coding[0].code")
        ]


def test_all_problems_of_a_schedule_are_named_at_once(tables: Tables, schedule: Make, today: date) -> None:
    made = schedule(specialty=None, actor=[{"reference": "Practitioner/W1"}])
    with pytest.raises(ProblemsFound) as found:
        schedule_from_fhir(made, tables, today)
    assert {one.rule for one in found.value.problems} >= {
        "POMOST-SCHEDULE-01",
        "POMOST-SCHEDULE-03",
        "POMOST-SCHEDULE-04",
    }
