"""Which contracts the simulator serves: by name or folder, in one version of SOAP, the other, or both side by side."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lxml import etree

from adapter import resources
from adapter.errors import Misconfigured
from adapter.simulator.answers import Fault
from adapter.simulator.contract import Contract
from adapter.simulator.contracts import names, wsdl_of
from adapter.simulator.dialect import dialect_of
from adapter.simulator.soap import SOAP_11, SOAP_12, told

FIRST = resources.wsdl()
REQUEST = "{urn:pomost:reconstruction:cer:v1}UsunSlotRequest"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a CeR contract of one's own, and no P1."""
    shutil.copytree(FIRST / "cer", tmp_path / "cer")
    return tmp_path


def edited(own: Path, old: str, new: str) -> Contract:
    path = next((own / "cer").glob("*.wsdl"))
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return Contract(wsdl_of("cer", own))


def test_contracts_are_found_by_name_and_by_folder(own: Path) -> None:
    assert names() == ["first", "second"]
    assert wsdl_of("cer", "first").parent == FIRST / "cer"
    assert wsdl_of("cer", "second").name == "Terminy.wsdl"
    assert wsdl_of("p1", "second").parent == wsdl_of("p1", own).parent == FIRST / "p1"
    assert wsdl_of("cer", own).parent == own / "cer"
    (own / "wsdl").mkdir()
    (own / "cer").rename(own / "wsdl" / "cer")
    assert wsdl_of("cer", str(own)).parent == own / "wsdl" / "cer"


def test_what_is_no_contract_is_named(own: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no contract third; known by name: first, second"):
        wsdl_of("cer", "third")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Misconfigured, match="neither cer nor p1"):
        wsdl_of("cer", tmp_path / "empty")
    shutil.copy(wsdl_of("cer", own), own / "cer" / "more.wsdl")
    with pytest.raises(Misconfigured, match="holds 2 WSDL files"):
        wsdl_of("cer", own)


def test_a_contract_that_nobody_here_speaks_is_refused(own: Path) -> None:
    with pytest.raises(Misconfigured, match="operations that the simulator does not know: usunTermin"):
        dialect_of("cer", edited(own, 'operation name="usunSlot"', 'operation name="usunTermin"'))
    with pytest.raises(Misconfigured, match="the simulator speaks urn:pomost:reconstruction:cer:v1, urn:pomost:test"):
        dialect_of("cer", Contract(wsdl_of("p1", "first")))


def test_the_binding_decides_the_version(own: Path) -> None:
    contract = edited(own, SOAP_11.binding, SOAP_12.binding)
    assert contract.spoken == (SOAP_12,)
    assert contract.path == "/services/CentralnaERejestracja"
    assert contract.operation(etree.Element(REQUEST), "urn:usunSlot", SOAP_12).soap is SOAP_12
    with pytest.raises(Fault, match="no such operation"):
        contract.operation(etree.Element(REQUEST), "urn:usunSlot", SOAP_11)
    with pytest.raises(Misconfigured, match="incomplete"):
        edited(own, SOAP_12.binding, "urn:http-binding")


def test_both_versions_side_by_side(own: Path) -> None:
    """As frameworks publish it: one port type, a binding for each version."""
    path = wsdl_of("cer", own)
    root = etree.parse(path).getroot()
    wsdl = "{http://schemas.xmlsoap.org/wsdl/}"
    binding = root.find(f"{wsdl}binding")
    again = etree.fromstring(etree.tostring(binding).replace(SOAP_11.binding.encode(), SOAP_12.binding.encode()))
    again.set("name", "Again")
    binding.addnext(again)
    path.write_bytes(etree.tostring(root))
    contract = Contract(path)
    assert contract.spoken == (SOAP_11, SOAP_12)
    assert len(contract.operations) == 2 * len(contract.names)
    for soap in contract.spoken:
        assert contract.operation(etree.Element(REQUEST), "urn:usunSlot", soap).soap is soap
    assert contract.named("urn:usunSlot") == "usunSlot"


@pytest.mark.parametrize(
    ("content_type", "soapaction", "expected", "why"),
    [
        ("text/xml; charset=utf-8", '"urn:a"', ("text/xml", "utf-8", "urn:a"), "1.1"),
        ("text/xml", "", ("text/xml", "utf-8", ""), "1.1 with nothing said"),
        ('application/soap+xml; action="urn:a;b"; charset=UTF-8', "urn:x",
         ("application/soap+xml", "utf-8", "urn:a;b"), "1.2: its parameter counts, a semicolon inside quotes is none"),
        ("Application/SOAP+XML;ACTION=urn:a", "", ("application/soap+xml", "utf-8", "urn:a"), "no quotes, other case"),
        ("application/soap+xml", "urn:x", ("application/soap+xml", "utf-8", ""), "1.2 has no SOAPAction header"),
        ("", "urn:x", ("", "utf-8", "urn:x"), "no type"),
    ],
)  # fmt: skip
def test_what_the_headers_say(content_type: str, soapaction: str, expected: tuple[str, str, str], why: str) -> None:
    said = told({"content-type": content_type, "soapaction": soapaction})
    assert (said.media_type, said.charset, said.action) == expected, why
