"""A binding that does not fit its contract is found before anything is sent, and the culprit is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes.told_channel import CONTEXT, HeldClock, ToldChannel
from lxml import etree

from adapter import resources
from adapter.domain.identifiers import AccessByCode, AccessCode, PersonDocument, Pesel, ReferralKey
from adapter.errors import AdapterError, Misconfigured
from adapter.mapping.tables import Tables
from adapter.soap import check
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.contract import load_contract
from adapter.soap.p1 import P1Referrals
from adapter.soap.rows import load_rows


def line_of(file: Path, start: str) -> int:
    return next(n for n, line in enumerate(file.read_text("utf-8").splitlines(), 1) if line.startswith(start))


def edit(file: Path, old: str, new: str) -> None:
    content = file.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new), "utf-8")


# what is changed in bindings/cer.csv, the row it is in, the finding, the reason
BROKEN_ROWS = [
    (
        "edit_slot,operation,,edytujSlot",
        "edytujSlocik",
        "edit_slot,operation",
        check.MISSING_OPERATION,
        "no operation",
    ),
    ("delete_slot,request,id,identyfikatorSlotu", "idSlotu", "delete_slot,request", check.MISSING_FIELD, "no element"),
    (
        "delete_slot,request,id,identyfikatorSlotu",
        "identyfikatorSlotu/@nr",
        "delete_slot,request",
        check.MISSING_FIELD,
        "no attribute",
    ),
    ("list_slots,request,day,dzien,date", ("date", "instant"), "list_slots,request,day", check.WRONG_TYPE, "a type"),
    (
        "visit_changes,reply,more,czyWiecej,bool",
        ("czyWiecej,bool", "listaZmian,bool"),
        "visit_changes,reply,more",
        check.WRONG_TYPE,
        "no text",
    ),
    (
        "save_visit,request,category,kategoria,int,,1",
        ("int,,1", "int,,0..1"),
        "save_visit,request,category",
        check.WRONG_MULTIPLICITY,
        "may be left empty",
    ),
    (
        "delete_slot,request,id,",
        ("delete_slot,request,id,", "delete_slot,request,number,"),
        "delete_slot,request",
        check.UNKNOWN_NAME,
        "a field we do not have",
    ),
    (
        "cancel_visit,request,reason,przyczyna,code,cancellation_reasons",
        ("cancellation_reasons", "reasons"),
        "cancel_visit,request,reason",
        check.UNKNOWN_NAME,
        "a table we do not have",
    ),
    (
        "save_visit,operation,",
        ("save_visit,operation", "store_visit,operation"),
        "store_visit,operation",
        check.UNKNOWN_NAME,
        "a verb we do not have",
    ),
]


@pytest.mark.parametrize(
    ("line", "change", "start", "kind"), [case[:4] for case in BROKEN_ROWS], ids=[case[4] for case in BROKEN_ROWS]
)
def test_a_broken_row_is_named(
    own_mappings: Path,
    own_wsdl: Path,
    tables: Tables,
    *,
    line: str,
    change: str | tuple[str, str],
    start: str,
    kind: str,
) -> None:
    file = own_mappings / "bindings" / "cer.csv"
    old, new = change if isinstance(change, tuple) else (line.rpartition(",")[2], change)
    edit(file, line, line.replace(old, new))
    number = line_of(file, start)
    findings = check.check(load_contract(own_wsdl, "cer"), load_rows(own_mappings, "cer"), tables)
    assert kind in {each.kind for each in findings if each.row == number}
    with pytest.raises(Misconfigured, match=rf"cer\.csv .*row {number}: ") as error:
        load_bound_contract(own_wsdl, own_mappings, "cer", tables)
    assert error.value.code == "BINDING_BROKEN"


def drop(file: Path, start: str) -> None:
    lines = file.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(start)]
    assert len(kept) < len(lines)
    file.write_text("".join(kept), "utf-8")


LEFT_OUT = [
    ("cer", "save_visit,operation", check.UNBOUND, "save_visit", "a verb without an operation"),
    ("cer", "*,reply,result.major", check.UNBOUND, "result.major", "the result"),
    ("cer", "*,fault,errors[].major", check.UNBOUND, "errors[].major", "the fault"),
    ("cer", "list_slots,reply,slots[].state", check.UNBOUND, "slots[].state", "a field we need"),
    ("cer", "save_visit,request,category", check.UNFILLED, "kategoria", "an element the contract needs"),
    ("cer", "put_slots,request,slots[].capacity", check.UNFILLED, "pojemnosc", "an element of each item"),
    (
        "p1",
        "finish,request,,platnik",
        check.UNFILLED,
        "platnik/identyfikatorPlatnika/root",
        "half of an optional pair",
    ),
    ("p1", "accept,request,payer", check.UNFILLED, "trybRealizacji", "an unqualified element"),
]


@pytest.mark.parametrize(
    ("channel", "start", "kind", "subject"), [case[:4] for case in LEFT_OUT], ids=[case[4] for case in LEFT_OUT]
)
def test_what_a_table_leaves_out_is_found(
    own_mappings: Path, own_wsdl: Path, tables: Tables, *, channel: str, start: str, kind: str, subject: str
) -> None:
    drop(own_mappings / "bindings" / f"{channel}.csv", start)
    findings = check.check(load_contract(own_wsdl, channel), load_rows(own_mappings, channel), tables)
    assert any(each.kind == kind and each.subject.endswith(subject) for each in findings if not each.satisfied)
    with pytest.raises(Misconfigured):
        load_bound_contract(own_wsdl, own_mappings, channel, tables)


def test_a_contract_that_lacks_an_operation_is_told_with_the_row(
    own_wsdl: Path, own_mappings: Path, tables: Tables
) -> None:
    file = own_wsdl / "cer" / "CentralnaERejestracja.wsdl"
    tree = etree.parse(file)
    for each in tree.findall(".//{*}operation[@name='edytujSlot']"):
        each.getparent().remove(each)
    tree.write(file)
    number = line_of(own_mappings / "bindings" / "cer.csv", "edit_slot,operation")
    with pytest.raises(Misconfigured, match=rf"row {number}: .* has no operation edytujSlot"):
        load_bound_contract(own_wsdl, own_mappings, "cer", tables)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("accept,operation,,", "accept,surgery,,", "'surgery' is none of"),
        ("komentarz/trescKomentarza,text,,1,", "komentarz/trescKomentarza,txt,,1,", "type is one of"),
        ("trybRealizacji,code,payer,1,", "trybRealizacji,code,,1,", "a code needs a table"),
        ("finish,request,payer_id,", "finish,request,,", "a field or a constant"),
        ("reply,findings[].code,", "reply,findings.code,", "equally often"),
        ("kluczSkierowania,text,,0..1,,CONFIRMED,p1.md 3.2", "kluczSkierowania,text,,0..1,,SURE,p1.md 3.2", "status"),
        ("visit_at,terminWizyty,instant,,0..1,,", "visit_at,terminWizyty,instant,,0..1,", "9 cells instead of 10"),
        ("*,fault,errors[].text", "accept,fault,errors[].text", "every verb"),
    ],
    ids=[
        "direction",
        "type",
        "code without table",
        "no field",
        "groups",
        "status",
        "a cell too few",
        "fault of one verb",
    ],
)
def test_a_bad_cell_is_named_with_its_row(own_mappings: Path, old: str, new: str, message: str) -> None:
    file = own_mappings / "bindings" / "p1.csv"
    edit(file, old, new)
    with pytest.raises(Misconfigured, match=r"p1\.csv, row \d+.*: .*" + re.escape(message)):
        load_rows(own_mappings, "p1")


def test_a_missing_table_and_other_columns_are_told(own_mappings: Path) -> None:
    file = own_mappings / "bindings" / "p1.csv"
    edit(file, "verb,direction", "verb,way")
    with pytest.raises(Misconfigured, match="must have the columns"):
        load_rows(own_mappings, "p1")
    file.unlink()
    with pytest.raises(Misconfigured, match=r"p1\.csv cannot be read"):
        load_rows(own_mappings, "p1")


def test_a_constant_does_not_make_an_optional_element_appear(bound: Mapping[str, BoundContract]) -> None:
    from datetime import date

    number = {"root": "2.16.840.1", "extension": "0000000000SK0000000001"}
    content = bound["p1"]["finish"].build({"number": number}, date(2026, 11, 21))
    assert content.find("platnik") is None


def test_faults_are_read_even_when_they_are_not_quite_right(bound: Mapping[str, BoundContract]) -> None:
    wyj = "http://csioz.gov.pl/p1/wyjatki/mt/v20180509"
    ws = "http://csioz.gov.pl/p1/eskierowanie/ws/v20180509"
    one = "<blad><y:kodBleduMajor>urn:a</y:kodBleduMajor><y:opis>x</y:opis><y:nowe/></blad>"
    detail = etree.fromstring(f'<w:bledyOperacji xmlns:w="{ws}" xmlns:y="{wyj}">{one}<blad/></w:bledyOperacji>')
    assert [(each.major, each.minor, each.text) for each in bound["p1"].read_fault(detail)] == [("urn:a", "", "x")]
    assert bound["p1"].read_fault(etree.fromstring("<else/>")) == ()


def test_half_an_instant_is_named(own_mappings: Path, tables: Tables) -> None:
    table = own_mappings / "bindings" / "cer.csv"
    row = "join_waiting_room,request,not_before,nieWczesniejNiz,date,"
    assert row in table.read_text("utf-8")
    table.write_text(table.read_text("utf-8").replace(row, row.replace(",date,", ",local-date,")), "utf-8")
    found = check.check(load_contract(resources.wsdl(), "cer"), load_rows(own_mappings, "cer"), tables)
    (wrong,) = [each for each in found if not each.satisfied]
    assert (wrong.kind, wrong.subject) == (check.UNBOUND, "not_before")
    assert wrong.message == "not_before has a local-date and no local-time"


def test_a_code_and_a_person_apart_are_bound_by_rows(own_mappings: Path, own_wsdl: Path, tables: Tables) -> None:
    """A contract that takes the key, or the code and a PESEL or a document, instead of one word for both."""
    apart = (
        '<xs:sequence><xs:element name="kod" type="KodDostepuMT"/><xs:choice>'
        '<xs:element name="pesel" type="xs:string"/><xs:element name="dokument" type="xs:string"/></xs:choice>'
        "</xs:sequence>"
    )
    together = '<xs:element name="kodSkierowania" type="KodDostepuZIdentyfikatoremMT"/>'
    edit(own_wsdl / "p1" / "skierowanie.xsd", together, apart)
    rows = own_mappings / "bindings" / "p1.csv"
    edit(rows, "multiplicity,constant,status,source", "multiplicity,constant,status,source,when")
    old = next(
        line for line in rows.read_text("utf-8").splitlines() if line.startswith("read_to_accept,request,code_")
    )
    start, end = "read_to_accept,request,", "text,,0..1,,RECONSTRUCTION,test"
    pesel = "person.root{}=2.16.840.1.113883.3.4424.1.1.616"
    new = [
        f"{start}code,kryteriaOdczytuSkierowania/kod,{end}",
        f"{start}person.extension,kryteriaOdczytuSkierowania/pesel,{end},{pesel.format('')}",
        f"{start}person.extension,kryteriaOdczytuSkierowania/dokument,{end},{pesel.format('!')}",
    ]
    edit(rows, old, "\n".join(new))
    bound = load_bound_contract(own_wsdl, own_mappings, "p1", tables)
    channel = ToldChannel("<nothing/>")
    referrals = P1Referrals(bound, tables, channel, lambda **_: None, HeldClock())  # type: ignore[arg-type]
    code, paper = AccessCode("0042"), PersonDocument("AB123", "urn:oid:1.2.3")
    for access in (AccessByCode(code, Pesel("00610100013")), AccessByCode(code, paper), ReferralKey("1" * 44)):
        with pytest.raises(AdapterError):
            referrals.read_to_accept(CONTEXT, access)
    sent = [[(etree.QName(each).localname, each.text) for each in content[0]] for content in channel.sent]
    assert sent == [
        [("kod", "0042"), ("pesel", "00610100013")],
        [("kod", "0042"), ("dokument", "AB123")],
        [("kluczSkierowania", "1" * 44)],
    ]
