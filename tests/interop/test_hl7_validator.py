"""HL7's own validator agrees with ours on plain FHIR: what our profile accepts it accepts, what it refuses we refuse.

Needs Java and the packages that ``.ci/run`` brings from Maven Central; with ``POMOST_INTEROP_REQUIRED=1`` their
absence is a failure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from interop.conftest import absent
from interop.hl7_validator_peer import Issue, missing, validate

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parents[2]
CLINIC = ROOT / "fixtures" / "fhir" / "clinic.json"
BROKEN: dict[str, dict[str, Any]] = {
    "no-participant": {"resourceType": "Appointment", "id": "a", "status": "booked"},
    "end-alone": {
        "resourceType": "Appointment",
        "id": "a",
        "status": "waitlist",
        "end": "2026-03-02T10:00:00Z",
        "participant": [{"actor": {"reference": "Patient/p"}, "status": "accepted"}],
    },
    "unknown-status": {
        "resourceType": "Slot",
        "id": "s",
        "schedule": {"reference": "Schedule/x"},
        "status": "taken",
        "start": "2026-03-02T09:00:00Z",
        "end": "2026-03-02T10:00:00Z",
    },
    "unknown-element": {
        "resourceType": "Schedule",
        "id": "s",
        "actor": [{"reference": "Location/l"}],
        "colour": "red",
    },
}
"""Broken in a way that FHIR itself forbids, so that both validators must refuse it."""


def ours() -> dict[str, dict[str, Any]]:
    """The resources of the example clinic, by type and id."""
    entries = json.loads(CLINIC.read_text("utf-8"))["entry"]
    return {f"{one['resource']['resourceType']}-{one['resource']['id']}": one["resource"] for one in entries}


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Issue]]:
    if reason := missing():
        absent(reason)
    none = tmp_path_factory.mktemp("no-definitions")
    return validate(tmp_path_factory.mktemp("hl7"), none, {**ours(), **BROKEN})


def test_what_our_profile_asks_for_is_plain_fhir_to_hl7(findings: Mapping[str, list[Issue]]) -> None:
    errors = {name: [one.text for one in findings[name] if one.error] for name in ours()}
    assert {name: said for name, said in errors.items() if said} == {}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_what_hl7_refuses_is_refused_here_too(name: str, findings: Mapping[str, list[Issue]]) -> None:
    from adapter.fhir.read import read

    assert any(one.error for one in findings[name])
    assert any(problem.severity == "error" for problem in read(json.dumps(BROKEN[name]).encode()).problems)
