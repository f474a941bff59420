"""What a schema allows, and what that says of code tables and constants: found wherever a schema may hide it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes.shaped_contract import STATES, contract_in, legend_of, table, write_rows, write_wsdl

from adapter.mapping.code_table import CodeTable
from adapter.soap.enumerations import check_with_values
from adapter.soap.facets import Declarations, Facets
from adapter.soap.findings import BEYOND_ROWS, FORBIDDEN_VALUE, SATISFIED, UNKNOWN_VALUE, WRONG_TYPE, Finding


def simple(*values: str, base: str = "xs:string", more: str = "", name: str = "") -> str:
    named = f' name="{name}"' if name else ""
    listed = "".join(f'<xs:enumeration value="{value}"/>' for value in values)
    return f'<xs:simpleType{named}><xs:restriction base="{base}">{listed}{more}</xs:restriction></xs:simpleType>'


def stated(kind: str = "", inside: str = "") -> str:
    """A request and a reply with one element ``state`` of that type."""
    typed = f' type="{kind}"' if kind else ""
    return f'<xs:sequence><xs:element name="state"{typed}>{inside}</xs:element></xs:sequence>'


def about_state(
    folder: Path, content: str, row: str = "both,state,state,code,state,1", *, types: str = "",
    tables: dict[str, CodeTable] = STATES,
) -> list[Finding]:  # fmt: skip
    write_wsdl(folder, content, types=types)
    rows = write_rows(folder, row.split(";"))
    found = check_with_values(contract_in(folder), rows, tables, legend=legend_of(rows))  # type: ignore[arg-type]
    return [each for each in found if each.subject == "state" or not each.satisfied]


THREE = ("O", "T", "X")
# how the schema says O, T or X; types beside it; the reason
PLACES = [
    (stated("t:S"), simple(*THREE, name="S"), "a named type"),
    (stated("", simple(*THREE)), "", "a type of its own"),
    (stated("t:S"), simple(*THREE, base="t:B", name="S") + simple(*THREE, "Y", name="B"), "a restriction of another"),
    (stated("t:S"), simple(base="t:B", more='<xs:maxLength value="1"/>', name="S") + simple(*THREE, name="B"),
     "a restriction that adds a length only"),
    (stated("t:S"), '<xs:simpleType name="S"><xs:union memberTypes="t:A"><xs:simpleType>'
     '<xs:restriction base="xs:string"><xs:enumeration value="X"/></xs:restriction></xs:simpleType></xs:union>'
     "</xs:simpleType>"
     + simple("O", "T", name="A"), "a union"),
    (stated("t:C"), '<xs:complexType name="C"><xs:simpleContent><xs:extension base="t:S"><xs:attribute name="a"/>'
     "</xs:extension></xs:simpleContent></xs:complexType>" + simple(*THREE, name="S"), "a text with attributes"),
    ('<xs:sequence><xs:group ref="t:g"/></xs:sequence>',
     '<xs:group name="g"><xs:sequence><xs:element ref="t:state"/></xs:sequence></xs:group>'
     '<xs:element name="state" type="t:S"/>' + simple(*THREE, name="S"), "a group and a global element"),
    ('<xs:complexContent><xs:extension base="t:B"><xs:sequence/></xs:extension></xs:complexContent>',
     f'<xs:complexType name="B">{stated("t:S")}</xs:complexType>' + simple(*THREE, name="S"), "a type it extends"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "types"), [case[:2] for case in PLACES], ids=[case[2] for case in PLACES])
def test_a_value_that_the_table_does_not_know_is_found(tmp_path: Path, content: str, types: str) -> None:
    sent, read = about_state(tmp_path, content, types=types)
    assert (sent.kind, sent.message) == (SATISFIED, "state would also take X; we never send that")
    assert (read.kind, read.message) == (UNKNOWN_VALUE, "said/state may say X; state.csv has no row for that")
    assert "column refuses" in read.advice


def test_an_attribute_counts_as_an_element_does(tmp_path: Path) -> None:
    content = '<xs:attributeGroup ref="t:g"/>'
    types = '<xs:attributeGroup name="g"><xs:attribute name="state" type="t:S" use="required"/></xs:attributeGroup>'
    row = "both,state,@state,code,state,1"
    _, read = about_state(tmp_path, content, row, types=types + simple(*THREE, name="S"))
    assert read.kind == UNKNOWN_VALUE


def test_what_is_in_another_file_counts(tmp_path: Path) -> None:
    """Imported with its own namespace; included without one, so that it takes that of the includer."""
    write_wsdl(
        tmp_path, stated("o:Outer"),
        types='<xs:import namespace="urn:pomost:test:other" schemaLocation="other.xsd"/>',
    )  # fmt: skip
    wsdl = tmp_path / "cer" / "talk.wsdl"
    text = wsdl.read_text("utf-8").replace("<wsdl:definitions", '<wsdl:definitions xmlns:o="urn:pomost:test:other"', 1)
    wsdl.write_text(text, "utf-8")
    schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    (tmp_path / "cer" / "other.xsd").write_text(
        f'{schema} xmlns:o="urn:pomost:test:other" targetNamespace="urn:pomost:test:other">'
        f'<xs:include schemaLocation="deep.xsd"/>{simple(base="o:Inner", name="Outer")}</xs:schema>',
        "utf-8",
    )
    (tmp_path / "cer" / "deep.xsd").write_text(
        f"{schema}>{simple(base='Core', name='Inner')}{simple(*THREE, name='Core')}</xs:schema>", "utf-8"
    )
    rows = write_rows(tmp_path, ["both,state,state,code,state,1"])
    found = check_with_values(contract_in(tmp_path), rows, STATES, legend=legend_of(rows))  # type: ignore[arg-type]
    assert [each.kind for each in found if not each.satisfied] == [UNKNOWN_VALUE]


def kinds(found: Sequence[Finding]) -> list[str]:
    return [each.kind for each in found if not each.satisfied]


def test_a_value_that_the_schema_forbids_is_found_both_ways(tmp_path: Path) -> None:
    sent, read = about_state(tmp_path, stated("t:S"), types=simple("O", name="S"))
    assert (sent.kind, sent.message) == (
        FORBIDDEN_VALUE,
        "state does not allow T of state.csv; it is one of O",
    )
    assert read.kind == FORBIDDEN_VALUE
    assert "state.csv has T" in read.message


def test_a_value_that_another_place_allows_may_stand_in_the_table(tmp_path: Path) -> None:
    content = '<xs:sequence><xs:element name="state" type="t:S"/><xs:element name="old" type="t:R"/></xs:sequence>'
    types = simple("O", name="S") + simple("O", "T", name="R")
    rows = (
        "reply,state,state,code,state,1;reply,was,old,code,state,1;"
        "request,state,old,code,state,1;request,,state,text,,1,O"
    )
    assert kinds(about_state(tmp_path, content, rows, types=types)) == []


def test_patterns_lengths_and_numbers_forbid_too(tmp_path: Path) -> None:
    for n, more in enumerate(
        (
            '<xs:pattern value="[A-N]"/>',
            '<xs:minLength value="2"/>',
            '<xs:whiteSpace value="collapse"/><xs:length value="3"/>',
        )
    ):
        found = about_state(tmp_path / str(n), stated("t:S"), types=simple(more=more, name="S"))
        assert set(kinds(found)) == {FORBIDDEN_VALUE}
    number = simple(base="xs:int", more='<xs:maxInclusive value="1"/>', name="S")
    (sent, _) = about_state(tmp_path / "n", stated("t:S"), "both,state,state,code,kind,1", types=number)
    assert sent.message == "state does not allow 2 of kind.csv (to 1)"


def test_what_is_known_and_refused_is_said_and_not_counted(tmp_path: Path) -> None:
    row = "request,state,state,code,state,1;reply,state,state,code,state,1,,,X"
    _, read = about_state(tmp_path, stated("t:S"), row, types=simple(*THREE, name="S"))
    assert (read.kind, read.message) == (SATISFIED, "said/state: X is refused when it comes")


def test_rows_of_a_table_that_serve_one_direction_only_count_there(tmp_path: Path) -> None:
    codes = CodeTable("state", "ours", [*table("state", open="O", taken="T"), *table("state", gone="X")])
    codes.rows[2].cells["use"] = "in"  # type: ignore[index]
    content = '<xs:sequence><xs:element name="state" type="t:S"/><xs:element name="all" type="t:R"/></xs:sequence>'
    row = "request,state,state,code,state,1;request,,all,text,,1,X;reply,state,all,code,state,1"
    types = simple("O", "T", name="S") + simple(*THREE, name="R")
    assert kinds(about_state(tmp_path, content, row, types=types, tables={"state": codes})) == []


def test_constants_are_held_to_the_schema(tmp_path: Path) -> None:
    types = simple("TAK", "NIE", "NIE WIEM", name="S")
    rows = "request,,state,text,,1,OK,more=true;request,,state,text,,1,NIE,more=false;" \
        "reply,,state,text,,1,TAK,more=true;reply,,state,text,,1,NIE,more=false"  # fmt: skip
    wrong = [each for each in about_state(tmp_path, stated("t:S"), rows, types=types) if not each.satisfied]
    assert [(each.kind, each.message) for each in wrong] == [
        (FORBIDDEN_VALUE, "state does not allow OK; it is one of TAK, NIE, NIE WIEM"),
        (UNKNOWN_VALUE, "said/state may also say NIE WIEM; no row has that as its constant"),
    ]


def test_an_instant_in_a_text_of_another_form_is_told(tmp_path: Path) -> None:
    form = simple(more='<xs:pattern value="[0-9]{14}"/>', name="S")
    found = about_state(tmp_path, stated("t:S"), "both,state,state,instant,,1", types=form)
    assert kinds(found) == [WRONG_TYPE, WRONG_TYPE]
    assert found[0].message == ("state is a text of the form [0-9]{14}: instant is written as 2026-07-01T08:30:15Z")
    plain = about_state(tmp_path / "plain", stated("xs:string"), "both,state,state,instant,,1")
    assert kinds(plain) == []


def test_a_type_is_told_in_words(tmp_path: Path) -> None:
    more = '<xs:minLength value="1"/><xs:maxLength value="9"/>'
    write_wsdl(
        tmp_path, stated("t:S"), types=simple(base="t:B", more=more, name="S") + simple(base="xs:token", name="B")
    )
    facets = Declarations(tmp_path / "cer" / "talk.wsdl").facets("{urn:pomost:test:shapes}Ask", ["state"])
    assert facets == Facets("token", ((("minLength", "1"), ("maxLength", "9")),))
    assert facets.limits == ("at least 1 characters", "at most 9 characters")
    assert facets.refused(["", "a", "0123456789"]) == ["", "0123456789"]
    assert Declarations(tmp_path / "cer" / "talk.wsdl").facets("{urn:pomost:test:shapes}Ask", ["other"]) is None


BEYOND = [
    ('<xs:complexType name="S" abstract="true"><xs:sequence><xs:element name="id" type="xs:string"/></xs:sequence>'
     "</xs:complexType>", "state/id", "state cannot be written by rows: its type S is abstract", "an abstract type"),
    ('<xs:complexType name="S"><xs:sequence><xs:element name="id" type="xs:string"/><xs:any processContents="lax"/>'
     "</xs:sequence></xs:complexType>", "state/id", "does not name (xs:any)", "an element without a name"),
    ('<xs:complexType name="S"><xs:sequence><xs:element name="id" type="xs:string"/><xs:any minOccurs="0"/>'
     "</xs:sequence></xs:complexType>", "state/id", "", "an element that may be added"),
]  # fmt: skip


@pytest.mark.parametrize(("types", "path", "message"), [case[:3] for case in BEYOND], ids=[case[3] for case in BEYOND])
def test_what_rows_cannot_write_is_told(tmp_path: Path, types: str, path: str, message: str) -> None:
    found = about_state(tmp_path, stated("t:S"), f"request,id,{path},text,,1", types=types)
    assert kinds(found) == ([BEYOND_ROWS] if message else [])
    assert all(message in each.message for each in found)
