"""Loading a contract: from disk only, whole or not at all, and with the culprit named."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.errors import Misconfigured
from adapter.soap.contract import load_contract
from adapter.soap.manifest import OWN, contract_files

INLINE = """<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:{soap}="{soap_namespace}"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:a="urn:a" xmlns:b="urn:b" targetNamespace="urn:a">
  <wsdl:types>
    <xs:schema targetNamespace="urn:a">
      <xs:import namespace="urn:b"/>
      <xs:element name="ask"><xs:complexType><xs:sequence>
        <xs:sequence minOccurs="0" maxOccurs="unbounded"><xs:element name="pair" type="b:pair"/></xs:sequence>
        <xs:choice><xs:element name="one" type="xs:int"/><xs:element name="other" type="xs:date"/></xs:choice>
      </xs:sequence><xs:attribute name="version" type="xs:string" use="required"/></xs:complexType></xs:element>
      <xs:element name="tell"><xs:complexType><xs:sequence>
        <xs:element name="amount" minOccurs="0"><xs:complexType><xs:simpleContent>
          <xs:extension base="xs:decimal"><xs:attribute name="unit" type="xs:string"/></xs:extension>
        </xs:simpleContent></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
    </xs:schema>
    <xs:schema targetNamespace="urn:b" elementFormDefault="qualified">
      <xs:complexType name="pair"><xs:sequence><xs:element name="pair" type="b:pair" minOccurs="0"/>
      <xs:element name="at" type="xs:time" minOccurs="0"/></xs:sequence></xs:complexType>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="in"><wsdl:part name="p" element="a:ask"/></wsdl:message>
  <wsdl:message name="out"><wsdl:part name="p" element="a:tell"/></wsdl:message>
  <wsdl:portType name="t"><wsdl:operation name="question"><wsdl:input message="a:in"/><wsdl:output message="a:out"/>
  </wsdl:operation></wsdl:portType>
  <wsdl:binding name="b" type="a:t">
    <{soap}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="question"><{soap}:operation soapAction="urn:q"/>
      <wsdl:input><{soap}:body use="literal"/></wsdl:input><wsdl:output><{soap}:body use="literal"/></wsdl:output>
    </wsdl:operation></wsdl:binding>
</wsdl:definitions>"""
SOAP_11 = {"soap": "soap", "soap_namespace": "http://schemas.xmlsoap.org/wsdl/soap/"}
SOAP_12 = {"soap": "soap12", "soap_namespace": "http://schemas.xmlsoap.org/wsdl/soap12/"}


def inline(folder: Path, name: str = "x.wsdl", **spoken: str) -> Path:
    (folder / "cer").mkdir(parents=True, exist_ok=True)
    (folder / "cer" / name).write_text(INLINE.format(**(spoken or SOAP_11)), "utf-8")
    return folder


def test_schemas_inside_a_wsdl_find_each_other(tmp_path: Path) -> None:
    operation = load_contract(inline(tmp_path), "cer").operations["question"]
    pair, one, other = operation.request.children
    assert (pair.tag, pair.least, pair.most) == ("pair", 0, None)
    assert (one.kind, other.kind) == ("number", "date")
    assert one.choice == other.choice != 0
    assert (one.least, other.least) == (0, 0)
    assert [each.tag for each in pair.children] == ["{urn:b}pair", "{urn:b}at"]
    assert [(each.name, each.required) for each in operation.request.attributes] == [("version", True)]
    inner = pair.child("pair")
    assert inner is not None
    assert inner.child("at") is not None, "a type may contain itself"


def test_a_text_with_attributes_has_the_kind_of_its_text(tmp_path: Path) -> None:
    amount = load_contract(inline(tmp_path), "cer").operations["question"].reply.child("amount")
    assert amount is not None
    assert (amount.kind, amount.children) == ("number", ())
    assert [each.name for each in amount.attributes] == ["unit"]


@pytest.mark.parametrize(("spoken", "version"), [(SOAP_11, "1.1"), (SOAP_12, "1.2")])
def test_the_version_of_soap_is_the_bindings(tmp_path: Path, spoken: dict[str, str], version: str) -> None:
    operation = load_contract(inline(tmp_path, **spoken), "cer").operations["question"]
    assert (operation.soap_version, operation.soap_action) == (version, "urn:q")


def test_an_operation_in_two_files_is_refused(tmp_path: Path) -> None:
    inline(tmp_path, "y.wsdl")
    with pytest.raises(Misconfigured, match=r"question stands in both x\.wsdl and y\.wsdl"):
        load_contract(inline(tmp_path), "cer")


def test_a_folder_without_a_wsdl_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no \.wsdl file in") as error:
        load_contract(tmp_path, "p1")
    assert error.value.code == "CONTRACT_MISSING"


SPOILT = [
    ("cer.xsd", None, "a schema is missing"),
    (
        "cer.xsd",
        ('schemaLocation="cer.xsd"', 'schemaLocation="https://example.org/cer.xsd"'),
        "a schema on the network",
    ),
    ("cer.xsd", ('schemaLocation="cer.xsd"', 'schemaLocation="file://host/cer.xsd"'), "a schema on another host"),
    ("CentralnaERejestracja.wsdl", ("</wsdl:definitions>", ""), "a file cut off"),
    ("CentralnaERejestracja.wsdl", ('style="document"', 'style="rpc"'), "another style"),
    (
        "CentralnaERejestracja.wsdl",
        ("<wsdl:definitions", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>\n<wsdl:definitions'),
        "a DTD",
    ),
]


@pytest.mark.parametrize(("file", "change"), [case[:2] for case in SPOILT], ids=[case[2] for case in SPOILT])
def test_a_contract_that_cannot_be_read_is_named(own_wsdl: Path, file: str, change: tuple[str, str] | None) -> None:
    wsdl = own_wsdl / "cer" / "CentralnaERejestracja.wsdl"
    if change is None:
        (own_wsdl / "cer" / file).unlink()
    else:
        content = wsdl.read_text("utf-8")
        assert change[0] in content
        wsdl.write_text(content.replace(*change), "utf-8")
    with pytest.raises(Misconfigured, match=r"CentralnaERejestracja\.wsdl"):
        load_contract(own_wsdl, "cer")


def test_an_operation_whose_message_is_nowhere_is_left_out_with_a_remark(own_wsdl: Path) -> None:
    file = own_wsdl / "cer" / "CentralnaERejestracja.wsdl"
    file.write_text(file.read_text("utf-8").replace("ws:UsunSlotRequest", "ws:UsunSlocikRequest"), "utf-8")
    contract = load_contract(own_wsdl, "cer")
    assert "usunSlot" not in contract.operations
    assert len(contract.operations) == 11
    assert any("usunSlot" in remark for remark in contract.remarks)


def test_a_file_of_the_sites_own_is_told_from_ours(own_wsdl: Path) -> None:
    (own_wsdl / "cer" / "cer.xsd").write_text("<changed/>", "utf-8")
    (own_wsdl / "cer" / "official.xsd").write_text("<new/>", "utf-8")
    origins = {each.file: each.origin for each in contract_files(own_wsdl)}
    assert origins["cer/cer.xsd"] == origins["cer/official.xsd"] == OWN
    assert origins["p1/wspolne.xsd"] == "RECONSTRUCTION"


def test_a_file_that_the_manifest_lists_must_be_there(own_wsdl: Path) -> None:
    (own_wsdl / "p1" / "wspolne.xsd").unlink()
    with pytest.raises(Misconfigured, match=r"p1/wspolne\.xsd"):
        contract_files(own_wsdl)
