"""HL7's official R4 examples: every one is read or refused with a reason, none crashes.

The data (hl7.fhir.r4.examples 4.0.1, CC0) are not in this repository: ``POMOST_PEER_DATA`` names the folder
that has ``hl7-r4-examples/``. The golden file keeps paths and rule ids only.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapter.cli.fhir import fhir
from adapter.fhir.read import read

pytestmark = pytest.mark.interop

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "fhir" / "hl7-r4-examples.json"
EXAMPLES_COUNT = 91
ROUND_TRIP = ("Slot", "Schedule", "Appointment", "ServiceRequest")


@pytest.fixture(scope="module")
def examples() -> Path:
    """The folder of examples."""
    named = os.environ.get("POMOST_PEER_DATA", "")
    folder = Path(named) / "hl7-r4-examples"
    if not named or not folder.is_dir():
        reason = "POMOST_PEER_DATA names no folder with hl7-r4-examples/"
        if os.environ.get("POMOST_INTEROP_REQUIRED") == "1":
            pytest.fail(f"interop is required here: {reason}")
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="module")
def checked(examples: Path) -> dict[str, dict[str, Any]]:
    """What ``pomost fhir check --json`` says of each file; code tables change by site, so they are left out."""
    result = CliRunner().invoke(fhir, ["check", str(examples), "--json", "--profile-only"], standalone_mode=False)
    assert result.exception is None, result.output[-2000:]
    assert result.return_value == 1
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {Path(one["source"]).name: one for one in lines}


def test_the_code_tables_crash_on_no_example_either(examples: Path) -> None:
    result = CliRunner().invoke(fhir, ["check", str(examples)], standalone_mode=False)
    assert result.exception is None, result.output[-2000:]
    accepted, refused = (int(part.split()[0]) for part in result.stdout.splitlines()[-1].split(", "))
    assert accepted + refused == EXAMPLES_COUNT


def test_every_example_is_accepted_or_refused_with_a_reason(checked: dict[str, dict[str, Any]]) -> None:
    assert len(checked) == EXAMPLES_COUNT
    assert [name for name, one in checked.items() if not one["accepted"] and not one["problems"]] == []


def test_no_official_example_breaks_a_rule_of_fhir_itself(checked: dict[str, dict[str, Any]]) -> None:
    errors = {
        name: [one["rule"] for one in entry["problems"] if one["severity"] == "error"]
        for name, entry in checked.items()
    }
    assert {name for name, rules in errors.items() if any(rule.startswith("FHIR-") for rule in rules)} == set()


def test_refusals_and_warnings_are_those_of_the_golden_file(
    checked: dict[str, dict[str, Any]], rewrite_golden: bool
) -> None:
    found = {
        name: {
            "accepted": entry["accepted"],
            "problems": [f"{one['path']} {one['rule']}" for one in entry["problems"]],
        }
        for name, entry in sorted(checked.items())
        if entry["problems"]
    }
    if rewrite_golden:
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_accepted_scheduling_examples_round_trip(examples: Path, checked: dict[str, dict[str, Any]]) -> None:
    names = [name for name, one in checked.items() if one["accepted"] and one["resource_type"] in ROUND_TRIP]
    assert {"Slot-example.json", "Appointment-examplereq.json", "ServiceRequest-myringotomy.json"} <= set(names)
    for name in names:
        first = read((examples / name).read_bytes()).checked()
        again = read(first.model_dump_json().encode()).checked()
        assert again == first, name
