"""The contracts as shipped: complete, labelled, loadable offline by everyone, and as the manifest says."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest
import zeep
from lxml import etree

from adapter import resources
from adapter.soap.contract import load_contract
from adapter.soap.manifest import COLUMNS, contract_files

WSDL = resources.wsdl()
FILES = sorted(path for path in WSDL.rglob("*") if path.suffix in {".wsdl", ".xsd"})
CONFIRMED_P1 = {
    "zapisDokumentuSkierowania",
    "zapisDokumentuAnulowaniaSkierowania",
    "odczytDokumentuSkierowaniaDoRealizacji",
    "przyjecieDoRealizacjiSkierowania",
    "odmowaPrzyjeciaDoRealizacjiSkierowania",
    "rezygnacjaZRealizacjiSkierowania",
    "przekazanieInformacjiOBrakachDokumentacjiSkierowania",
    "zakonczenieRealizacjiSkierowania",
}
KON = "http://csioz.gov.pl/p1/kontekst/mt/v20180509"
P1 = "http://csioz.gov.pl/p1/eskierowanie/ws/v20180509"
CER = "urn:pomost:reconstruction:cer:v1"


def _id(path: Path) -> str:
    return path.relative_to(WSDL).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_every_file_says_first_that_it_is_a_reconstruction(path: Path) -> None:
    first = etree.parse(path).getroot().getprevious()
    assert first is not None
    assert first.tag is etree.Comment
    assert " ".join(first.text.split()).startswith("RECONSTRUCTION for testing. Not CeZ's WSDL.")


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".xsd"], ids=_id)
def test_every_schema_stands_by_itself(path: Path) -> None:
    etree.XMLSchema(etree.parse(path))


def test_the_manifest_lists_every_file_with_its_digest() -> None:
    with (WSDL / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    listed = {row["file"]: row["sha256"] for row in rows}
    assert listed == {_id(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES}
    assert {each.origin for each in contract_files(WSDL)} == {"RECONSTRUCTION"}


def test_what_both_contracts_share_is_the_same() -> None:
    for name in ("kontekst.xsd", "wsu.xsd"):
        assert (WSDL / "p1" / name).read_bytes() == (WSDL / "cer" / name).read_bytes()


@pytest.mark.parametrize("channel", ["p1", "cer"])
def test_no_address_could_be_called(channel: str) -> None:
    for path in (WSDL / channel).glob("*.wsdl"):
        places = etree.parse(path).findall(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
        assert places
        assert all(".invalid/" in place.get("location", "") for place in places)


@pytest.mark.parametrize(("channel", "namespace"), [("p1", P1), ("cer", CER)])
def test_every_operation_follows_the_rule_of_names(channel: str, namespace: str) -> None:
    operations = load_contract(WSDL, channel).operations
    assert len(operations) == 12
    for name, operation in operations.items():
        capital = name[0].upper() + name[1:]
        assert operation.soap_action == f"urn:{name}"
        assert operation.soap_version == "1.1"
        assert operation.request.tag == f"{{{namespace}}}{capital}Request"
        assert operation.reply.tag == f"{{{namespace}}}{capital}Response"
        assert operation.headers == (f"{{{KON}}}kontekstWywolania",)
        assert [fault.tag for fault in operation.faults] == [f"{{{namespace}}}bledyOperacji"]
        result = operation.reply.child("wynik")
        assert result is not None
        assert [(each.name, each.least) for each in result.children] == [("major", 1), ("minor", 0), ("komunikat", 0)]


def test_the_confirmed_operations_are_there() -> None:
    assert set(load_contract(WSDL, "p1").operations) >= CONFIRMED_P1
    assert "pobierzBazoweDaneListySlotow" in load_contract(WSDL, "cer").operations


def test_p1s_wrappers_have_unqualified_children_and_qualified_grandchildren() -> None:
    for operation in load_contract(WSDL, "p1").operations.values():
        for message in (operation.request, operation.reply):
            for child in message.children:
                assert not child.tag.startswith("{"), child.tag
                assert all(inner.tag.startswith("{") for inner in child.children)


def test_zeep_builds_the_confirmed_annulment_as_it_was_seen() -> None:
    """p1.md 3.2: extension before root, the inner element repeats the outer name."""
    client = zeep.Client(str(WSDL / "p1" / "ObslugaSkierowaniaWS.wsdl"))
    message = client.create_message(
        client.service,
        "zapisDokumentuAnulowaniaSkierowania",
        dokumentAnulowaniaSkierowania={"tresc": b"x"},
        numerSkierowania={"numerSkierowania": {"extension": "0000000000SK0000000001", "root": "2.16"}},
    )
    wrapper = message.find(f".//{{{P1}}}ZapisDokumentuAnulowaniaSkierowaniaRequest")
    assert wrapper is not None
    number = wrapper.find("numerSkierowania/{http://csioz.gov.pl/p1/eskierowanie/mt/v20180509}numerSkierowania")
    assert number is not None
    assert [each.tag.rpartition("}")[2] for each in number] == ["extension", "root"]
