"""The call context: names from the table, values from the facility, nothing missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter.errors import Misconfigured
from adapter.soap.context import CallerIdentity, load_context_names

CALLER: dict[str, Any] = {
    "entity_root": "2.16.840.1.113883.3.4424.2.3.1",
    "entity_extension": "000000927722",
    "user_root": "2.16.840.1.113883.3.4424.1.6.2",
    "user_extension": "1234567",
    "workplace_root": "2.16.840.1.113883.3.4424.2.3.3",
    "workplace_extension": "001",
    "role": "PRACOWNIK_ADMINISTRACYJNY",
}


@pytest.mark.parametrize("name", CALLER)
def test_an_identity_with_a_gap_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        CallerIdentity(**{**CALLER, name: " "})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("any,role,", "p1,role,", "channel cer lacks role"),
        ("any,role,urn:csioz:p1:kontekst:rolaBiznesowa", "any,role,", "row 13"),
        ("any,user_root,", "any,user_oid,", "row 9"),
        ("any,user_extension,", "any,user_root,", "row 10"),
    ],
    ids=["one channel only", "an empty name", "an unknown part", "a part twice"],
)
def test_a_broken_table_is_named(own_mappings: Path, old: str, new: str, message: str) -> None:
    file = own_mappings / "call_context.csv"
    content = file.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new), "utf-8")
    with pytest.raises(Misconfigured, match=message):
        load_context_names(own_mappings, "cer")


def test_another_channel_may_have_its_own_names(own_mappings: Path) -> None:
    file = own_mappings / "call_context.csv"
    content = file.read_text("utf-8").replace("any,role,", "p1,role,")
    file.write_text(content + "cer,role,urn:example:role,RECONSTRUCTION,a test\n", "utf-8")
    assert load_context_names(own_mappings, "cer").attributes[-1] == ("role", "urn:example:role")
    assert load_context_names(own_mappings, "p1").attributes[-1][1].endswith("rolaBiznesowa")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"call_context\.csv"):
        load_context_names(tmp_path, "p1")
