"""The published profile in ``docs/fhir`` is what the code checks; ``--rewrite-golden`` after an intended change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapter.fhir.extension_table import EXTENSIONS
from adapter.fhir.read import read_value
from adapter.fhir.rules import RULES
from adapter.mapping.published.files import profile_files
from adapter.mapping.published.resource_profile import AS_CARDINALITY, NOT_SAID
from adapter.mapping.published.terminology import TABLE_CODES
from adapter.mapping.tables import load_tables

TOP = Path(__file__).parents[3]
FOLDER = TOP / "docs" / "fhir"


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return profile_files(load_tables(TOP / "mappings"))


def test_docs_fhir_is_the_profile(files: Mapping[str, bytes], rewrite_golden: bool) -> None:
    if rewrite_golden:
        for stale in FOLDER.glob("*.json"):
            stale.unlink()
        for name, content in files.items():
            (FOLDER / name).write_bytes(content)
    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.json")} == dict(files)


def test_each_definition_has_the_shape_of_fhir(files: Mapping[str, bytes]) -> None:
    refused = {name: read_value(json.loads(content), content).problems for name, content in files.items()}
    assert {name: problems for name, problems in refused.items() if problems} == {}


def keys(value: Any) -> set[str]:
    """Rules of all constraints in some JSON; a key may name the element after a dot."""
    if isinstance(value, list):
        return set().union(*map(keys, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {value["key"].partition(".")[0]} if "expression" in value and "key" in value else set()
    return own.union(*map(keys, value.values()))


def test_every_rule_of_ours_is_said_somewhere_or_known_not_to_be(files: Mapping[str, bytes]) -> None:
    said = set().union(*(keys(json.loads(content)) for content in files.values()))
    ours = {rule for rule in RULES if rule.startswith("POMOST-")}
    assert said <= set(RULES)
    assert ours == {rule for rule in said if rule.startswith("POMOST-")} | set(AS_CARDINALITY) | set(NOT_SAID)
    assert not said & set(NOT_SAID)


def test_a_closed_table_has_no_code_that_a_site_may_add(files: Mapping[str, bytes]) -> None:
    systems = {name: json.loads(content) for name, content in files.items() if name.startswith("CodeSystem-")}
    open_ones = {one["url"] for one in systems.values() if one["content"] == "fragment"}
    assert {one.system for one in TABLE_CODES if not one.closed} < open_ones
    assert not {one.system for one in TABLE_CODES if one.closed} & open_ones


def test_an_extension_is_published_under_its_own_url_for_its_own_place(files: Mapping[str, bytes]) -> None:
    for extension in EXTENSIONS:
        made = json.loads(files[f"StructureDefinition-{extension.url.rsplit('/', 1)[1]}.json"])
        assert made["url"] == extension.url
        assert tuple(one["expression"] for one in made["context"]) == extension.on
