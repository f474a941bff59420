"""A list tried by parts says what a trial of the whole says, and leaves to that whatever is not beyond doubt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from depth import DEEPER
from fakes.shaped_contract import NS, write_wsdl
from fakes.told_channel import cer_reply
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter import resources
from adapter.mapping.tables import load_tables
from adapter.soap import alike_rows
from adapter.soap.alike_rows import AlikeRows
from adapter.soap.binding import load_bound_contract
from adapter.soap.contract import load_contract, problems_of
from adapter.soap.facets import Facets
from adapter.soap.reading import read

OPERATION = load_contract(resources.wsdl(), "cer").operations["pobierzBazoweDaneListySlotow"]
BOUND = load_bound_contract(resources.wsdl(), resources.mappings(), "cer", load_tables(resources.mappings()))
LISTS = BOUND["list_slots"]
ON = date(2026, 12, 1)
CER = str(etree.QName(OPERATION.reply.tag).namespace)
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@pytest.fixture(autouse=True, scope="module")
def few_rows_are_enough() -> Iterator[None]:
    """Lists of three rows are tried by parts here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alike_rows, "ROWS_MIN", 1)
        yield


def in_parts(content: etree._Element, operation: object = OPERATION, *path: str) -> dict[str, list[str]] | None:
    """The texts of a list that was tried by parts; None when it must be tried as a whole."""
    tags = [f"{{{CER}}}{name}" for name in path or ("listaSlotow", "slot")]
    rows = AlikeRows.of(operation, tags)  # type: ignore[arg-type]
    found = content.findall("/".join(tags))
    return rows.texts(content, found[0], len(found)) if rows is not None and found else None


def row(number: int = 1, **texts: str) -> str:
    """One slot; ``texts`` replace those of its elements."""
    told = {
        "identyfikatorSlotu": f"S-{number}",
        "identyfikatorHarmonogramu": "h",
        "poczatek": f"2026-12-01T08:{number:02}:00Z",
        "koniec": "2026-12-01T09:20:00+01:00",
        "typ": "STABILNY",
        "status": "WOLNY",
        "pojemnosc": "1",
    } | texts
    return f"<slot>{''.join(f'<{name}>{text}</{name}>' for name, text in told.items())}</slot>"


def reply(*rows: str) -> str:
    return cer_reply("PobierzBazoweDaneListySlotow", f"<listaSlotow>{''.join(rows)}</listaSlotow>")


def test_rows_that_are_alike_are_tried_by_parts_and_read() -> None:
    found = in_parts(etree.fromstring(reply(row(1), row(2), row(3, status="ZAJETY"))))
    assert found is not None
    assert found[f"{{{CER}}}identyfikatorSlotu"] == ["S-1", "S-2", "S-3"]
    assert found[f"{{{CER}}}status"] == ["WOLNY", "WOLNY", "ZAJETY"]


def test_a_list_of_few_rows_is_tried_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike_rows, "ROWS_MIN", 4)
    assert in_parts(etree.fromstring(reply(row(1), row(2), row(3)))) is None


ODD_ROWS = [
    (row(2).replace("<slot>", '<slot a="1">'), "a row with an attribute"),
    (row(2).replace("<typ>", f'<typ {XSI} xsi:nil="true">'), "a nil"),
    (row(2).replace("<slot>", f'<slot {XSI} xsi:type="SlotMT">'), "a row that says its own type"),
    (row(2).replace("<slot>", '<slot xmlns="">'), "a row of no namespace"),
    (row(2).replace("<typ>", '<typ xmlns="urn:other">'), "a child of another namespace"),
    (row(2).replace("<typ>", "<typ ><!-- cut -->"), "a comment"),
    (f"<!--{row(7)}-->{row(2)}", "a row in a comment"),
    (f"<?say {row(7)}?>{row(2)}", "a row in an instruction"),
    (f"<other/>{row(2)}", "another element between rows"),
    (f"words{row(2)}", "words between rows"),
    (f"{row(2)}\n {row(4)}", "blanks between rows"),
    (row(2).replace("<typ>", "\n<typ>"), "blanks in a row"),
    (row(2, status=row(7)), "a row in a row"),
    (row(2, identyfikatorSlotu="a &amp; b"), "an escaped character"),
    (row(2, identyfikatorSlotu="S&#13;2"), "an end of a line"),
    (row(2, identyfikatorSlotu="a b"), "a blank in a text"),
    (row(2, identyfikatorSlotu=""), "an empty text"),
    (row(2, identyfikatorSlotu="x" * 201), "a text that is too long"),
    (row(2, poczatek="2026-12-01T08:00:00"), "an instant without a zone"),
    (row(2, poczatek="2026-02-30T08:00:00Z"), "an instant of no calendar"),
    (row(2, pojemnosc="101"), "a number that is too large"),
    (row(2, pojemnosc="1.0"), "no whole number"),
    (row(2, typ="stabilny"), "a code of another form"),
    (row(2).replace("<typ>STABILNY</typ>", ""), "a child is missing"),
    (row(2, inny="x"), "a child that the contract does not know"),
    (row(2).replace("<typ>STABILNY</typ>", "").replace("</slot>", "<typ>STABILNY</typ></slot>"), "another order"),
    (row(2).replace("<slot>", "<slat>").replace("</slot>", "</slat>"), "a row of another name"),
]


@pytest.mark.parametrize("odd", [odd for odd, _ in ODD_ROWS], ids=[why for _, why in ODD_ROWS])
def test_one_odd_row_and_the_list_is_tried_as_a_whole(odd: str) -> None:
    for rows in ([odd, row(1), row(3)], [row(1), odd, row(3)], [row(1), row(3), odd]):
        assert in_parts(etree.fromstring(reply(*rows))) is None


ODD_MESSAGES = [
    (reply(row(1), row(2)).replace("<listaSlotow>", f'<listaSlotow {XSI} xsi:type="x">'), "a type of the list"),
    (reply(row(1), row(2)).replace("</listaSlotow>", f"</listaSlotow><x>{row(3)}</x>"), "rows elsewhere"),
    (reply(row(1), row(2)).replace("</slot></", f"</slot></listaSlotow><listaSlotow>{row(3)}</"), "two lists"),
    (reply(row(1), row(2)).replace("<wynik>", "<wynik><nic/>"), "something else that is wrong"),
    (f'<!DOCTYPE a [<!ENTITY e "x">]>{reply(row(1), row(2)).replace("</wynik>", "&e;</wynik>")}', "an entity"),
]  # fmt: skip


@pytest.mark.parametrize("odd", [odd for odd, _ in ODD_MESSAGES], ids=[why for _, why in ODD_MESSAGES])
def test_an_odd_message_is_tried_as_a_whole(odd: str) -> None:
    parser = etree.XMLParser(resolve_entities=False)
    assert in_parts(etree.fromstring(odd, parser)) is None


def test_rows_of_another_namespace_with_the_same_prefix_are_not_taken_for_those_of_the_list() -> None:
    own = reply(row(1), row(2)).replace("<slot>", f'<s:slot xmlns:s="{CER}">').replace("</slot>", "</s:slot>")
    assert in_parts(etree.fromstring(own)) is None
    beside = own.replace("</listaSlotow>", f'</listaSlotow><x xmlns="urn:other">{row(3)}{row(4)}</x>')
    assert in_parts(etree.fromstring(beside)) is None


TEXTS = st.sampled_from(["S-1", "ą", "x" * 200, "x" * 201, "WOLNY", "1", "100", "101", "+2", "-0", "1e1"])
INSTANTS = st.sampled_from(
    ["2026-12-01T08:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T08:00:00", "2026-12-01", "2027-02-29T08:00:00Z"]
) | st.sampled_from(["2026-12-01T08:00:00.250+14:00", "2026-12-01T08:00:00+14:01", "-0001-01-01T00:00:00Z"])
PLACES = st.sampled_from(["identyfikatorSlotu", "identyfikatorHarmonogramu", "typ", "status", "pojemnosc"])
CHANGES = st.one_of(st.tuples(PLACES, TEXTS), st.tuples(st.sampled_from(["poczatek", "koniec"]), INSTANTS))


@settings(max_examples=150 * DEEPER, deadline=None)
@given(st.lists(st.lists(CHANGES, max_size=2), min_size=1, max_size=4))
def test_both_trials_agree(changes: list[list[tuple[str, str]]]) -> None:
    content = etree.fromstring(reply(*(row(n, **dict(each)) for n, each in enumerate(changes))))
    found = in_parts(content)
    assert (found is not None) == (not problems_of(OPERATION.schema, content))
    if found is not None:
        for tag, texts in found.items():
            assert texts == [each.text for each in content.iter(tag)]


@settings(max_examples=50 * DEEPER, deadline=None)
@given(st.lists(st.lists(CHANGES, max_size=1), min_size=1, max_size=4))
def test_a_list_tried_by_parts_is_read_as_row_by_row(changes: list[list[tuple[str, str]]]) -> None:
    content = etree.fromstring(reply(*(row(n, **dict(each)) for n, each in enumerate(changes))))
    quick, slow = LISTS.read(content, ON), read(LISTS._reply, content, LISTS.schema, ON)
    assert list(quick.values.pop("slots", [])) == slow.values.pop("slots", [])
    assert (quick.values, quick.unreadable) == (slow.values, slow.unreadable)
    assert str(quick.unknown_code) == str(slow.unknown_code)


TYPES = [
    Facets("string", ((("minLength", "2"), ("maxLength", "3")),)),
    Facets("string", ((("pattern", "[A-Z]+"), ("pattern", "[0-9]{2}")),)),
    Facets("string", ((("enumeration", "A"), ("enumeration", "B1")),)),
    Facets("string", ((("pattern", ".*1"),), (("maxLength", "2"), ("whiteSpace", "collapse")))),
    Facets("token", ((("length", "2"),),)),
    Facets("dateTime", ((("pattern", ".+Z"),),)),
    Facets("date"),
    Facets("time", ((("minInclusive", "08:00:00"),),)),
    Facets("int", ((("minInclusive", "1"), ("maxExclusive", "20")),)),
    Facets("decimal", ((("totalDigits", "3"), ("fractionDigits", "1")),)),
    Facets("boolean"),
    Facets("anyURI", ((("maxLength", "5"),),)),
]
ANY_TEXTS = st.one_of(
    st.sampled_from(["A", "B1", "AB", "12", "1", "0", "+19", "20", "1.25", "100.5", "true", "a:b", "ą1", "%", "x:%"]),
    st.sampled_from(["2026-12-01", "2026-12-01Z", "2026-12-01T08:00:00Z", "08:00:00", "07:59:59Z", "24:00:00"]),
    st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], blacklist_characters="\ufffe\uffff"),
            min_size=1, max_size=4),
)  # fmt: skip


@settings(max_examples=25 * DEEPER, deadline=None)
@given(st.lists(ANY_TEXTS, min_size=1, max_size=6))
@pytest.mark.parametrize(
    "facets", TYPES, ids=lambda each: f"{each.builtin} {dict(each.steps[0]) if each.steps else ''}"
)
def test_many_texts_are_values_when_each_of_them_is_one(facets: Facets, texts: list[str]) -> None:
    many = facets.schema_of_many()
    assert many is not None
    value = etree.Element("value")
    value.text = " ".join(texts)
    assert many.validate(value) == (not facets.refused(texts))


MARKED = '<row n="1"><a>1</a></row>'
SLOT = (
    '<xs:element name="row" {row}><xs:complexType><xs:{order}><xs:element name="a" {a}</xs:{order}></xs:complexType>'
    "</xs:element>"
)
SCHEMAS = [
    ({}, True, "a plain list"),
    ({"a": 'type="xs:string" fixed="1"/>'}, False, "a fixed text"),
    ({"a": 'type="xs:string" default="1"/>'}, False, "a default"),
    ({"a": 'type="xs:ID"/>'}, False, "texts that must differ"),
    ({"a": 'type="xs:QName"/>'}, False, "names of the message"),
    ({"a": '><xs:simpleType><xs:union memberTypes="xs:int xs:date"/></xs:simpleType></xs:element>'}, False, "a union"),
    ({"a": '><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element>'}, False, "a list in a text"),
    ({"row": 'maxOccurs="3"'}, False, "as many rows"),
    ({"row": 'minOccurs="2" maxOccurs="unbounded"'}, False, "two rows at least"),
    ({"order": "choice"}, False, "a choice"),
    ({"order": "all"}, False, "any order"),
]


@pytest.mark.parametrize(("parts", "by_parts"), [each[:2] for each in SCHEMAS], ids=[each[2] for each in SCHEMAS])
def test_what_a_schema_must_say_for_a_trial_by_parts(tmp_path: Path, parts: dict[str, str], by_parts: bool) -> None:
    told = {"row": 'maxOccurs="unbounded"', "order": "sequence", "a": 'type="xs:int"/>'} | parts
    inside = f"<xs:sequence>{SLOT.format(**told)}</xs:sequence>"
    operation = load_contract(write_wsdl(tmp_path, inside), "cer").operations["talk"]
    row = "<row><a>x</a></row>" if told["a"] in ('type="xs:ID"/>', 'type="xs:QName"/>') else "<row><a>1</a></row>"
    content = etree.fromstring(f'<Tell xmlns="{NS}"><result>r</result><said>{row * 3}</said></Tell>')
    tags = [f"{{{NS}}}said", f"{{{NS}}}row"]
    rows = AlikeRows.of(operation, tags)
    found = rows.texts(content, content.findall("/".join(tags))[0], 3) if rows is not None else None
    assert (found is not None) == by_parts


def test_a_schema_with_keys_is_asked_about_the_whole(tmp_path: Path) -> None:
    told = {"row": 'maxOccurs="unbounded"', "order": "sequence", "a": 'type="xs:int"/>'}
    inside = f"<xs:sequence>{SLOT.format(**told)}</xs:sequence></xs:complexType>"
    once = '<xs:unique name="u"><xs:selector xpath="t:row"/><xs:field xpath="t:a"/></xs:unique>'
    file = write_wsdl(tmp_path, inside.removesuffix("</xs:complexType>")) / "cer" / "talk.wsdl"
    file.write_text(file.read_text("utf-8").replace(f"{inside}</xs:element></xs", f"{inside}{once}</xs:element></xs"))
    operation = load_contract(tmp_path, "cer").operations["talk"]
    content = etree.fromstring(
        f'<Tell xmlns="{NS}"><result>r</result><said><row><a>1</a></row><row><a>1</a></row></said></Tell>'
    )
    assert problems_of(operation.schema, content)
    rows = AlikeRows.of(operation, [f"{{{NS}}}said", f"{{{NS}}}row"])
    assert rows is not None
    assert rows.texts(content, content[1][0], 2) is None


def test_rows_of_another_list_are_never_taken_for_those_of_the_list(tmp_path: Path) -> None:
    """Two lists of rows of one name: those with an attribute are none of the pattern, the others are as many."""
    row = (
        '<xs:element name="row" maxOccurs="unbounded"><xs:complexType><xs:sequence>'
        '<xs:element name="a" type="xs:int"/></xs:sequence><xs:attribute name="n" type="xs:int"/>'
        "</xs:complexType></xs:element>"
    )
    lists = [
        f'<xs:element name="{name}"><xs:complexType><xs:sequence>{row}</xs:sequence></xs:complexType></xs:element>'
        for name in ("open", "taken")
    ]
    inside = f"<xs:sequence>{''.join(lists)}</xs:sequence>"
    operation = load_contract(write_wsdl(tmp_path, inside), "cer").operations["talk"]
    content = etree.fromstring(
        f'<Tell xmlns="{NS}"><result>r</result><said><open>{MARKED * 2}</open>'
        f"<taken>{'<row><a>2</a></row>' * 2}</taken></said></Tell>"
    )
    assert not problems_of(operation.schema, content)
    tags = [f"{{{NS}}}{name}" for name in ("said", "open", "row")]
    found = content.findall("/".join(tags))
    rows = AlikeRows.of(operation, tags)
    assert rows is not None
    assert rows.texts(content, found[0], len(found)) is None
