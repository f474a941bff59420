"""HL7's own validator, the published profile and our own check agree: what one accepts or refuses, the others do too.

Needs Java and the packages that ``.ci/run`` brings from Maven Central; with ``POMOST_INTEROP_REQUIRED=1`` their
absence is a failure. One start of the validator is asked about everything.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from interop.conftest import absent
from interop.hl7_validator_peer import Issue, missing, validate
from unit.fhir.test_profile import ACCEPTED, GONE, REFUSED, WARNINGS

from adapter.fhir.read import read

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "fhir"
DEFINITIONS = ROOT / "docs" / "fhir"
OURS = "https://pomost.example/fhir/StructureDefinition"
PACKAGE = "Unable to resolve package id hl7.fhir.r4.core#null"
"""HAPI's wrapper makes snapshots itself, but of an extension this one question asks for a package store
that it does not have; that the snapshots can be made is proven by every example that is validated against them."""

Resource = dict[str, Any]
BROKEN: dict[str, Resource] = {
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


def entries(name: str) -> list[Resource]:
    """The resources of an example Bundle."""
    return [one["resource"] for one in json.loads((FIXTURES / name).read_text("utf-8"))["entry"]]


def named(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


CLINIC = {named(one): one for one in entries("clinic.json")}
EXAMPLES = {**CLINIC, **{named(one): one for one in entries("register.json")}}
BAD_ENTRIES = {named(one): one for one in entries("bad/register.json")}
BY_A_TABLE = {"Appointment/unmapped-removal", "Appointment/unmapped-change", "Appointment/unmapped-stage"}
"""Refused because no row of a table maps the code: HL7 warns, as a site may add codes to ours."""


def profile_of(resource: Resource, *, entry: bool) -> str:
    kind = "entry" if entry and resource["resourceType"] == "Appointment" else resource["resourceType"].lower()
    return f"{OURS}/pomost-{kind}"


def changed(case: tuple[Any, ...]) -> Resource:
    """A resource of the clinic with one element changed or gone, as the unit tests of the profile change it."""
    resource = copy.deepcopy(CLINIC[case[0]])
    if case[2] is GONE:
        resource.pop(case[1], None)
    else:
        resource[case[1]] = case[2]
    return resource


def lenient(case: tuple[Any, ...]) -> bool:
    """Whether we take what is not quite FHIR: an empty list."""
    return bool(case[2] == [])


def questions() -> Iterator[tuple[str, Resource, str]]:
    """Name, resource and profile of everything that is asked, no profile for plain FHIR."""
    for name, resource in BROKEN.items():
        yield f"broken-{name}", resource, ""
    for name, resource in EXAMPLES.items():
        yield f"example-{name.replace('/', '-')}", resource, profile_of(resource, entry=name not in CLINIC)
    for name, resource in BAD_ENTRIES.items():
        yield f"bad-{name.replace('/', '-')}", resource, profile_of(resource, entry=True)
    for kind, cases in (("refused", REFUSED), ("accepted", ACCEPTED), ("warned", WARNINGS)):
        for number, case in enumerate(cases):
            resource = changed(case)
            yield f"{kind}-{number}", resource, profile_of(resource, entry=False)
    for path in sorted(DEFINITIONS.glob("*.json")):
        yield f"definition-{path.stem}", json.loads(path.read_text("utf-8")), ""


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Issue]]:
    if reason := missing():
        absent(reason)
    asked = list(questions())
    resources = {name: resource for name, resource, _ in asked}
    profiles = {name: profile for name, _, profile in asked if profile}
    return validate(tmp_path_factory.mktemp("hl7"), DEFINITIONS, resources, profiles)


def errors(findings: Mapping[str, list[Issue]], start: str) -> dict[str, list[str]]:
    """What HL7 refuses of the resources whose names start so."""
    told = {
        name: [one.text for one in found if one.error] for name, found in findings.items() if name.startswith(start)
    }
    assert told
    return {name: texts for name, texts in told.items() if texts}


def test_hl7_accepts_every_definition(findings: Mapping[str, list[Issue]]) -> None:
    found = {
        name: [text for text in texts if PACKAGE not in text]
        for name, texts in errors(findings, "definition-").items()
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_hl7_accepts_every_example_under_its_profile(findings: Mapping[str, list[Issue]]) -> None:
    assert errors(findings, "example-") == {}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_what_fhir_forbids_is_refused_by_both(name: str, findings: Mapping[str, list[Issue]]) -> None:
    assert errors(findings, f"broken-{name}")
    assert any(one.severity == "error" for one in read(json.dumps(BROKEN[name]).encode()).problems)


def test_hl7_refuses_every_bad_entry_but_those_that_a_table_refuses(findings: Mapping[str, list[Issue]]) -> None:
    refused = set(errors(findings, "bad-"))
    assert refused == {f"bad-{name.replace('/', '-')}" for name in BAD_ENTRIES if name not in BY_A_TABLE}


def test_hl7_refuses_whatever_our_profile_refuses(findings: Mapping[str, list[Issue]]) -> None:
    refused = errors(findings, "refused-")
    assert [(case[4], case[3]) for number, case in enumerate(REFUSED) if f"refused-{number}" not in refused] == []


def test_hl7_accepts_whatever_our_profile_accepts(findings: Mapping[str, list[Issue]]) -> None:
    refused = {**errors(findings, "accepted-"), **errors(findings, "warned-")}
    kept = [f"accepted-{number}" for number, case in enumerate(ACCEPTED) if not lenient(case)]
    kept += [f"warned-{number}" for number, case in enumerate(WARNINGS) if not lenient(case)]
    assert {name: refused[name] for name in kept if name in refused} == {}


def test_every_rule_that_the_profile_says_was_told_by_hl7(findings: Mapping[str, list[Issue]]) -> None:
    """No constraint is an expression that never fails."""
    said = {key for path in DEFINITIONS.glob("*.json") for key in constraints(json.loads(path.read_text("utf-8")))}
    told = " ".join(one.text for found in findings.values() for one in found)
    assert said
    assert [key for key in sorted(said) if f"Constraint failed: {key}" not in told] == []


def constraints(value: Any) -> Iterator[str]:
    """Keys of all constraints in some JSON."""
    if isinstance(value, list):
        for one in value:
            yield from constraints(one)
    elif isinstance(value, dict):
        if "expression" in value and "key" in value:
            yield str(value["key"])
        for one in value.values():
            yield from constraints(one)
