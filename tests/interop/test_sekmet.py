"""RestHospital against sekmet-fhir, a FHIR R4 server that nobody here wrote."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from adapter.errors import Misconfigured, Rejected, Unavailable
from adapter.fhir import names
from adapter.hospital.config import HospitalConfig
from adapter.hospital.rest import RestHospital
from adapter.hospital.transport import Transport
from adapter.ports import Received, WriteBack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.interop

FACILITY = "demo"
SLOTS = 45
PAGE = 20


def slot(number: int, **changes: Any) -> dict[str, Any]:
    """A slot of the invented clinic."""
    return {
        "resourceType": "Slot",
        "id": f"slot-{number}",
        "appointmentType": {"coding": [{"system": names.SLOT_KIND, "code": "stable"}]},
        "schedule": {"reference": "Schedule/cardio-1"},
        "status": "free",
        "start": f"2026-12-{1 + number // 12:02d}T{8 + number % 12:02d}:00:00Z",
        "end": f"2026-12-{1 + number // 12:02d}T{8 + number % 12:02d}:30:00Z",
        **changes,
    }


def schedule() -> dict[str, Any]:
    """The schedule behind the slots."""
    return {
        "resourceType": "Schedule",
        "id": "cardio-1",
        "specialty": [{"coding": [{"system": names.CELL_SPECIALTY, "code": "1100"}]}],
        "actor": [{"display": "room", "identifier": {"system": names.CELL, "value": "000000927722-001"}}],
    }


def visit() -> dict[str, Any]:
    """A booking that is to be created."""
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "start": "2026-12-01T08:00:00Z",
        "end": "2026-12-01T08:30:00Z",
        "created": "2026-11-21T08:00:00Z",
        "participant": [{"actor": {"display": "invented person"}, "status": "accepted"}],
        "identifier": [{"system": names.NATIONAL_VISIT, "value": "V-1"}],
    }


@pytest.fixture
def hospital(sekmet: Any) -> Iterator[RestHospital]:
    made = RestHospital(HospitalConfig("rest", url=sekmet.base_url, page_size=PAGE))
    yield made
    made.close()


@pytest.fixture
def clinic(sekmet: Any) -> Any:
    sekmet.put(schedule())
    for number in range(SLOTS):
        sekmet.put(slot(number))
    return sekmet


def taken(hospital: RestHospital, cursor: str) -> tuple[list[Received], str, int]:
    """Everything since the cursor: resources, the last cursor, the number of pages."""
    pages = list(hospital.changes(FACILITY, "Slot", cursor))
    return [one for page in pages for one in page.resources], pages[-1].cursor, len(pages)


def test_all_pages_are_read_and_each_version_once(clinic: Any, hospital: RestHospital) -> None:
    found, cursor, pages = taken(hospital, "")
    assert [one.resource_id for one in found] == [f"slot-{number}" for number in range(SLOTS)]
    assert pages == 3
    assert json.loads(found[0].raw)["status"] == "free"
    assert found[0].last_updated is not None

    again, cursor, _ = taken(hospital, cursor)
    assert again == []

    clinic.put(slot(7, status="busy-unavailable"))
    changed, cursor, _ = taken(hospital, cursor)
    assert [(one.resource_id, json.loads(one.raw)["status"]) for one in changed] == [("slot-7", "busy-unavailable")]


def test_after_a_crash_between_pages_nothing_is_missing(clinic: Any, hospital: RestHospital) -> None:
    first = next(iter(hospital.changes(FACILITY, "Slot", "")))
    rest, _, _ = taken(hospital, first.cursor)
    seen = {one.resource_id for one in itertools.chain(first.resources, rest)}
    assert seen == {f"slot-{number}" for number in range(SLOTS)}
    assert len(rest) == SLOTS - len(first.resources)


def test_identifier_and_status_are_written_back(clinic: Any, hospital: RestHospital) -> None:
    change = WriteBack("Slot", "slot-3", identifiers=((names.NATIONAL_SLOT, "S-3"),), status="busy")
    written = hospital.write_back(FACILITY, change)
    now = clinic.get("Slot", "slot-3")
    assert now["status"] == "busy"
    assert now["identifier"] == [{"system": names.NATIONAL_SLOT, "value": "S-3"}]
    assert now["appointmentType"] == slot(3)["appointmentType"]
    assert written.version == now["meta"]["versionId"]

    same = hospital.write_back(FACILITY, change)
    assert same.version == written.version, "a change that is there already makes no new version"


class Overtaking(Transport):
    """Lets somebody else change the resource just before our PUT arrives, ``times`` times."""

    def __init__(self, config: HospitalConfig, rival: Callable[[int], object], times: int) -> None:
        super().__init__(config)
        self.rival, self.left, self.conflicts = rival, times, 0

    def call(self, method: Any, url: str, **more: Any) -> Any:
        if method == "PUT" and self.left:
            self.left -= 1
            self.rival(self.left)
        reply = super().call(method, url, **more)
        self.conflicts += reply.status == 412
        return reply


@pytest.mark.parametrize("times", [1, 3])
def test_a_412_is_survived_and_both_changes_stand(clinic: Any, times: int) -> None:
    config = HospitalConfig("rest", url=clinic.base_url)
    http = Overtaking(config, lambda left: clinic.put(slot(5, comment=f"by the clerk {left}")), times)
    RestHospital(config, http).write_back(FACILITY, WriteBack("Slot", "slot-5", status="busy"))
    now = clinic.get("Slot", "slot-5")
    assert http.conflicts == times
    assert (now["status"], now["comment"]) == ("busy", "by the clerk 0")


def test_who_is_overtaken_every_time_tries_again_later(clinic: Any) -> None:
    config = HospitalConfig("rest", url=clinic.base_url, conflict_attempts_max=3)
    http = Overtaking(config, lambda left: clinic.put(slot(5, comment=f"by the clerk {left}")), 99)
    with pytest.raises(Unavailable) as refusal:
        RestHospital(config, http).write_back(FACILITY, WriteBack("Slot", "slot-5", status="busy"))
    assert refusal.value.code == "EHR_OVERTAKEN"
    assert clinic.get("Slot", "slot-5")["status"] == "free"


def test_a_resource_is_created_once(clinic: Any, hospital: RestHospital) -> None:
    change = WriteBack("Appointment", None, body=visit(), if_none_exist=f"{names.NATIONAL_VISIT}|V-1")
    made = hospital.write_back(FACILITY, change)
    again = hospital.write_back(FACILITY, change)
    assert made.resource_id == again.resource_id
    assert len(clinic.all("Appointment")) == 1
    found = hospital.find(FACILITY, "Appointment", names.NATIONAL_VISIT, "V-1")
    assert found is not None
    assert found.resource_id == made.resource_id
    assert hospital.find(FACILITY, "Appointment", names.NATIONAL_VISIT, "V-2") is None


def test_what_is_not_there_reads_as_none_and_cannot_be_changed(clinic: Any, hospital: RestHospital) -> None:
    assert hospital.read(FACILITY, "Slot", "nowhere") is None
    with pytest.raises(Rejected):
        hospital.write_back(FACILITY, WriteBack("Slot", "nowhere", status="busy"))


def test_what_the_server_refuses_is_rejected(clinic: Any, hospital: RestHospital) -> None:
    with pytest.raises(Rejected) as refusal:
        hospital.write_back(FACILITY, WriteBack("Slot", "slot-1", elements={"start": "yesterday"}))
    assert refusal.value.code.startswith("EHR_HTTP_4")
    assert clinic.get("Slot", "slot-1")["start"] == slot(1)["start"]


def test_a_wrong_address_is_a_matter_of_settings(clinic: Any) -> None:
    wrong = RestHospital(HospitalConfig("rest", url=clinic.base_url.removesuffix("/fhir")))
    with pytest.raises(Misconfigured):
        list(wrong.changes(FACILITY, "Slot", ""))
