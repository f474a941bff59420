"""The call context: names from the table, values from the facility, nothing missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter import resources
from adapter.errors import Misconfigured
from adapter.ports import CallContext
from adapter.soap.context import CallerIdentity, Callers, StaffMember, build_context, load_context_names

CALLER: dict[str, Any] = {
    "entity_root": "2.16.840.1.113883.3.4424.2.3.1",
    "entity_extension": "000000927722",
    "user_root": "2.16.840.1.113883.3.4424.1.6.2",
    "user_extension": "1234567",
    "workplace_root": "2.16.840.1.113883.3.4424.2.3.3",
    "workplace_extension": "001",
    "role": "PRACOWNIK_ADMINISTRACYJNY",
}

ASSISTANT = {"assistant_root": "2.16.840.1.113883.3.4424.1.6.3", "assistant_extension": "7654321A"}
CALL = CallContext("demo", "c", "m", user="doctor")


@pytest.mark.parametrize("name", CALLER)
def test_an_identity_with_a_gap_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        CallerIdentity(**{**CALLER, name: " "})


@pytest.mark.parametrize("name", ASSISTANT)
def test_an_assistant_is_told_with_root_and_extension_or_not_at_all(name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        CallerIdentity(**{**CALLER, **ASSISTANT, name: ""})


def said(table: Path, member: StaffMember) -> dict[str, str | None]:
    """The values of the call context by the end of their names."""
    callers = Callers(CallerIdentity(**CALLER), "2.16.840.1.113883.3.4424.2.3.3", staff={"doctor": member})
    block = build_context(callers.identity(CALL), load_context_names(table, "p1"))
    return {str(each.get("nazwa")).rpartition(":")[2]: each[0].text for each in block}


def test_a_doctor_who_acts_through_an_assistant_names_both() -> None:
    alone = said(resources.mappings(), StaffMember("2.16.840.1.113883.3.4424.1.6.2", "5425740", "LEKARZ"))
    assert (len(alone), alone["idUzytkownikaOidExt"], alone["rolaBiznesowa"]) == (7, "5425740", "LEKARZ")
    both = said(resources.mappings(), StaffMember("2.16.840.1.113883.3.4424.1.6.2", "5425740", "LEKARZ", **ASSISTANT))
    assert list(both.items()) == [
        *alone.items(),
        ("idAsystentaMedycznegoOidRoot", ASSISTANT["assistant_root"]),
        ("idAsystentaMedycznegoOidExt", ASSISTANT["assistant_extension"]),
    ]


def test_an_assistant_whom_the_table_cannot_name_is_not_left_out_in_silence(own_mappings: Path) -> None:
    file = own_mappings / "call_context.csv"
    kept = [line for line in file.read_text("utf-8").splitlines(keepends=True) if "assistant_root" not in line]
    file.write_text("".join(kept), "utf-8")
    doctor = StaffMember("2.16.840.1.113883.3.4424.1.6.2", "5425740", "LEKARZ")
    assert len(said(own_mappings, doctor)) == 7
    with pytest.raises(Misconfigured, match="assistant_root"):
        said(own_mappings, replace(doctor, **ASSISTANT))


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
    assert dict(load_context_names(own_mappings, "p1").attributes)["role"].endswith("rolaBiznesowa")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"call_context\.csv"):
        load_context_names(tmp_path, "p1")
