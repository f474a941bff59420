"""Small contracts of one operation in invented namespaces: the shapes that official ones may have, bound by rows."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lxml import etree

from adapter.mapping.code_table import CodeTable, Row
from adapter.soap.binding import BoundVerb, bind_contract
from adapter.soap.check import check
from adapter.soap.columns import Grid
from adapter.soap.contract import Contract, load_contract
from adapter.soap.findings import Finding
from adapter.soap.rows import COLUMNS, OPTIONAL_COLUMNS, BindingRow, load_rows
from adapter.soap.verbs import Verb

NS = "urn:pomost:test:shapes"
DAY = date(2026, 12, 1)
WSDL = """<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="{ns}" targetNamespace="{ns}">
  <wsdl:types><xs:schema targetNamespace="{ns}" elementFormDefault="qualified">
    {types}
    <xs:element name="Ask"><xs:complexType>{asked}</xs:complexType></xs:element>
    <xs:element name="Tell"><xs:complexType><xs:sequence><xs:element name="result" type="xs:string"/>
      <xs:element name="said"><xs:complexType>{told}</xs:complexType></xs:element></xs:sequence></xs:complexType>
    </xs:element>
    <xs:element name="Fail"><xs:complexType><xs:sequence><xs:element name="error" type="xs:string"
      maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
  </xs:schema></wsdl:types>
  <wsdl:message name="in"><wsdl:part name="p" element="t:Ask"/></wsdl:message>
  <wsdl:message name="out"><wsdl:part name="p" element="t:Tell"/></wsdl:message>
  <wsdl:message name="bad"><wsdl:part name="p" element="t:Fail"/></wsdl:message>
  <wsdl:portType name="port"><wsdl:operation name="{operation}"><wsdl:input message="t:in"/>
    <wsdl:output message="t:out"/><wsdl:fault name="bad" message="t:bad"/></wsdl:operation></wsdl:portType>
  <wsdl:binding name="b" type="t:port">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="{operation}"><soap:operation soapAction="{action}"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>
      <wsdl:fault name="bad"><soap:fault name="bad" use="literal"/></wsdl:fault></wsdl:operation></wsdl:binding>
  <wsdl:service name="s"><wsdl:port name="p" binding="t:b"><soap:address location="{address}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>"""
ALWAYS = (
    "*,reply,result.major,result,text,,1,,RECONSTRUCTION,test,,",
    "*,fault,errors[].major,error[],text,,1,,RECONSTRUCTION,test,,",
    "talk,operation,,talk,,,,,RECONSTRUCTION,test,,",
)


def table(name: str, **codes: str) -> CodeTable:
    """A code table: our code -> the national one."""
    return CodeTable(
        name,
        "ours",
        [Row(n, {"ours": ours.replace("_", "-"), "national": codes[ours]}) for n, ours in enumerate(codes, 2)],
    )


STATES = {"state": table("state", open="O", taken="T"), "kind": table("kind", stable="1", urgent="2")}


def write_wsdl(
    folder: Path, asked: str, told: str = "", *, types: str = "", action: str = "urn:talk",
    address: str = "https://one.example/talk", operation: str = "talk",
) -> Path:  # fmt: skip
    """A contract in ``folder / "cer"``; ``asked`` is the content of the request, ``told`` that of the reply."""
    (folder / "cer").mkdir(parents=True, exist_ok=True)
    text = WSDL.format(
        ns=NS, types=types, asked=asked, told=told or asked, action=action, address=address, operation=operation
    )
    (folder / "cer" / "talk.wsdl").write_text(text, "utf-8")
    return folder


def write_rows(folder: Path, rows: Sequence[str]) -> tuple[BindingRow, ...]:
    """Rows ``direction,field,path,type,table,multiplicity,constant,when,refuses`` of the verb ``talk``.

    Cells at the end may be missing; direction ``both`` makes a row for the request and one for the reply, whose
    content stands in ``said``.
    """
    lines = [",".join((*COLUMNS, *OPTIONAL_COLUMNS)), *ALWAYS]
    for row in rows:
        cells = [*row.split(","), *[""] * 9][:9]
        for direction in ("request", "reply") if cells[0] == "both" else (cells[0],):
            path = f"said/{cells[2]}" if direction == "reply" else cells[2]
            first = ["talk", direction, cells[1], path, *cells[3:7], "RECONSTRUCTION", "test", *cells[7:]]
            lines.append(",".join(first))
    (folder / "bindings").mkdir(parents=True, exist_ok=True)
    (folder / "bindings" / "cer.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return load_rows(folder, "cer")


@dataclass(frozen=True)
class Talk:
    """The operation bound: what is written, and what is read of it when it comes back."""

    verb: BoundVerb

    def write(self, values: Mapping[str, Any]) -> etree._Element:
        return self.verb.build(values, DAY)

    def read(self, content: etree._Element | str) -> Any:
        """The values of a reply that says what ``content`` (a request, or the inside of ``said``) says."""
        if isinstance(content, str):
            content = etree.fromstring(f'<Ask xmlns="{NS}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{content}</Ask>')  # fmt: skip  # noqa: E501
        reply = etree.Element(f"{{{NS}}}Tell")
        etree.SubElement(reply, f"{{{NS}}}result").text = "ok"
        said = copy.deepcopy(content)
        said.tag = f"{{{NS}}}said"
        reply.append(said)
        found = self.verb.read(reply, DAY)
        assert found.unreadable == (), found.unreadable
        values = plain(found.values)
        assert values.pop("result") == {"major": "ok"}
        return values

    def there_and_back(self, values: Mapping[str, Any]) -> Any:
        return self.read(self.write(values))


def plain(value: Any) -> Any:
    """Columns as lists of mappings, all the way down."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, Grid | list) else value


def legend_of(rows: Sequence[BindingRow]) -> dict[str, Verb]:
    """One verb that sends and reads whatever the rows name."""

    def named(direction: str) -> frozenset[str]:
        own = [row for row in rows if row.direction == direction and row.verb == "talk"]
        return frozenset({row.field for row in own} | {row.condition.field for row in own if row.condition}) - {""}

    return {"talk": Verb(True, named("request"), named("reply"), frozenset())}


def talk(
    folder: Path, asked: str, rows: Sequence[str], *, told: str = "", types: str = "",
    tables: Mapping[str, CodeTable] = STATES,
) -> Talk:  # fmt: skip
    """The contract bound, checked on the way."""
    write_wsdl(folder, asked, told, types=types)
    bound = write_rows(folder, rows)
    contract = load_contract(folder.resolve(), "cer")
    return Talk(bind_contract(contract, bound, tables, legend=legend_of(bound))["talk"])  # type: ignore[arg-type]


def findings(
    folder: Path, asked: str, rows: Sequence[str], *, told: str = "", types: str = "",
    tables: Mapping[str, CodeTable] = STATES,
) -> list[Finding]:  # fmt: skip
    """What the check has against the rows."""
    write_wsdl(folder, asked, told, types=types)
    bound = write_rows(folder, rows)
    found = check(contract_in(folder), bound, tables, legend=legend_of(bound))  # type: ignore[arg-type]
    return [each for each in found if not each.satisfied]


def contract_in(folder: Path) -> Contract:
    return load_contract(folder.resolve(), "cer")
