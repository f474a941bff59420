"""Referral documents (HL7 CDA, Polish national guide 1.3.2): written for the seed, read and judged on saving.

The least that a realiser reads: number, set id, patient, author, issuing entity, requested clinic, urgency,
diagnosis. Source: p1.md 6 (structure, template ids), 3.3 (rule codes that public sources show).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from xml.sax.saxutils import quoteattr

from lxml import etree

from adapter.simulator.answers import Fault
from adapter.simulator.envelope import parse
from adapter.simulator.referrals import ERROR, POSITIVE, WARNING, Finding, Referral

HL7 = "urn:hl7-org:v3"
NATIONAL = "2.16.840.1.113883.3.4424"
NUMBER_CHARACTERS = 22
KEPT_MAX = 256
"""Documents that are kept written: every reset issues the seed's referrals again."""
_NS = {"h": HL7}


@dataclass(frozen=True, slots=True)
class Author:
    """Who issued the referral: licence number (NPWZ) and name."""

    number: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a referral document says. ``root`` and ``extension`` are its number."""

    root: str
    extension: str
    person_root: str
    person_extension: str = field(repr=False)
    given: str = field(repr=False)
    family: str = field(repr=False)
    podmiot: str
    podmiot_name: str
    author: Author
    issued_on: date
    diagnosis: str
    specialty: str
    urgent: bool = False


@lru_cache(maxsize=KEPT_MAX)
def write(facts: Facts) -> bytes:
    """The document's bytes."""
    q = quoteattr
    stamp = facts.issued_on.strftime("%Y%m%d")
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet href="CDA_PL_IG_1.3.2.xsl" type="text/xsl"?>
<ClinicalDocument xmlns="{HL7}" xmlns:extPL="http://www.csioz.gov.pl/xsd/extPL/r3"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="extPL:ClinicalDocument">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="{NATIONAL}.13.10.1.4" extension="1.3.2"/>
  <id root={q(facts.root)} extension={q(facts.extension)}/>
  <code code="57832-8" codeSystem="2.16.840.1.113883.6.1">
    <translation code="02.10" codeSystem="{NATIONAL}.11.1.32"/></code>
  <title>Skierowanie</title>
  <effectiveTime value="{stamp}"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <setId root={q(facts.root.rpartition(".")[0] + ".2")} extension={q(facts.extension)}/>
  <versionNumber value="1"/>
  <recordTarget><patientRole><id root={q(facts.person_root)} extension={q(facts.person_extension)}/>
    <patient><name><given>{_text(facts.given)}</given><family>{_text(facts.family)}</family></name></patient>
  </patientRole></recordTarget>
  <author><time value="{stamp}"/><assignedAuthor><id root="{NATIONAL}.1.6.2" extension={q(facts.author.number)}/>
    <assignedPerson><name>{_text(facts.author.name)}</name></assignedPerson>
    <representedOrganization><id root="{NATIONAL}.2.3.1" extension={q(facts.podmiot)}/>
      <name>{_text(facts.podmiot_name)}</name></representedOrganization></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="{NATIONAL}"/>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <component><structuredBody><component><section><templateId root="{NATIONAL}.13.10.3.1"/>
    <entry><observation classCode="OBS" moodCode="EVN">
      <value code={q(facts.diagnosis)} codeSystem="2.16.840.1.113883.6.3"/></observation></entry></section></component>
    <component><section><templateId root="{NATIONAL}.13.10.3.6"/><entry><encounter classCode="ENC" moodCode="RQO">
      <code code={q(facts.specialty)} codeSystem="{NATIONAL}.11.2.4"/>
      <priorityCode code="{"UR" if facts.urgent else "R"}" codeSystem="2.16.840.1.113883.5.7"/></encounter></entry>
    </section></component></structuredBody></component>
</ClinicalDocument>
"""
    return text.encode("utf-8")


def read(document: bytes) -> Facts:
    """What a document says; missing parts are empty.

    Raises:
        ValueError: it is not a ClinicalDocument, or lacks its number, person or date.
    """
    try:
        root = parse(_without_stylesheet(document))
    except Fault as wrong:
        raise ValueError("the document is not well-formed") from wrong
    if root.tag != f"{{{HL7}}}ClinicalDocument":
        raise ValueError("the document is not a ClinicalDocument")
    number, person = _id(root, "h:id"), _id(root, "h:recordTarget/h:patientRole/h:id")
    stamp = _attribute(root, "h:effectiveTime", "value")[:8]
    if not all((*number, *person)):
        raise ValueError("the document lacks its number or its person")
    name = "h:recordTarget/h:patientRole/h:patient/h:name/"
    organisation = "h:author/h:assignedAuthor/h:representedOrganization/"
    return Facts(
        root=number[0],
        extension=number[1],
        person_root=person[0],
        person_extension=person[1],
        given=root.findtext(name + "h:given", "", _NS),
        family=root.findtext(name + "h:family", "", _NS),
        podmiot=_id(root, organisation + "h:id")[1],
        podmiot_name=root.findtext(organisation + "h:name", "", _NS),
        author=Author(
            _id(root, "h:author/h:assignedAuthor/h:id")[1],
            root.findtext("h:author/h:assignedAuthor/h:assignedPerson/h:name", "", _NS).strip(),
        ),
        issued_on=datetime.strptime(stamp, "%Y%m%d").date(),  # noqa: DTZ007 - a day, as the document gives it
        diagnosis=_attribute(root, ".//h:observation/h:value[@codeSystem='2.16.840.1.113883.6.3']", "code"),
        specialty=_attribute(root, ".//h:encounter/h:code", "code"),
        urgent=_attribute(root, ".//h:encounter/h:priorityCode", "code") == "UR",
    )


def write_annulment(facts: Facts, extension: str) -> bytes:
    """A document that annuls the referral of ``facts``; ``extension`` is its own number (p1.md 6)."""
    q = quoteattr
    stamp = facts.issued_on.strftime("%Y%m%d")
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="{HL7}" xmlns:extPL="http://www.csioz.gov.pl/xsd/extPL/r3"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="extPL:ClinicalDocument">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="{NATIONAL}.13.10.1.14" extension="1.3.2"/>
  <id root={q(facts.root)} extension={q(extension)}/>
  <code code="51851-4" codeSystem="2.16.840.1.113883.6.1"/>
  <effectiveTime value="{stamp}"/>
  <setId root={q(facts.root.rpartition(".")[0] + ".2")} extension={q(facts.extension)}/>
  <versionNumber value="2"/>
  <relatedDocument typeCode="RPLC"><parentDocument><id root={q(facts.root)} extension={q(facts.extension)}/>
  </parentDocument></relatedDocument>
</ClinicalDocument>
"""
    return text.encode("utf-8")


def replaced_by(document: bytes) -> tuple[str, str]:
    """Number (root, extension) of the referral that an annulment replaces; empty texts when it names none.

    Raises:
        ValueError: it is not a ClinicalDocument.
    """
    try:
        root = parse(_without_stylesheet(document))
    except Fault as wrong:
        raise ValueError("the document is not well-formed") from wrong
    if root.tag != f"{{{HL7}}}ClinicalDocument":
        raise ValueError("the document is not a ClinicalDocument")
    return _id(root, "h:relatedDocument[@typeCode='RPLC']/h:parentDocument/h:id")


def verify(facts: Facts, node: str, others: tuple[Referral, ...]) -> tuple[tuple[Finding, ...], bool]:
    """Rule findings on a document, and whether it may be saved.

    ``node`` is the issuer's OID node; ``others`` are the person's referrals that are already there.
    """
    found = []
    if len(facts.extension) != NUMBER_CHARACTERS:
        found.append(Finding("REG.WER.213", ERROR, "numer skierowania nie ma 22 znaków", "/ClinicalDocument/id"))
    if facts.root != f"{NATIONAL}.2.7.{node.rpartition('.')[2]}.4.1":
        found.append(
            Finding("REG.WER.376", ERROR, "węzeł OID dokumentu nie należy do podmiotu", "/ClinicalDocument/id")
        )
    if not facts.diagnosis:
        found.append(Finding("REG.WER.1544", ERROR, "brak rozpoznania ICD-10", "/ClinicalDocument/component"))
    if any(other.state in {"issued", "with-provider"} for other in others):
        numbers = ", ".join(other.extension for other in others if other.state in {"issued", "with-provider"})
        found.append(Finding("REG.WER.3804", WARNING, f"pacjent ma podobne skierowanie: {numbers}"))
    accepted = all(finding.severity != ERROR for finding in found)
    return tuple(found) or (Finding("REG.WER.213", POSITIVE, ""),), accepted


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;")


def _without_stylesheet(document: bytes) -> bytes:
    """The document's own stylesheet instruction is expected (p1.md 6); any other instruction is not."""
    start = document.find(b"<?xml-stylesheet")
    end = document.find(b"?>", start)
    return document if start < 0 or end < 0 else document[:start] + document[end + 2 :]


def _id(root: etree._Element, path: str) -> tuple[str, str]:
    return _attribute(root, path, "root"), _attribute(root, path, "extension")


def _attribute(root: etree._Element, path: str, name: str) -> str:
    found = root.find(path, _NS)
    return "" if found is None else str(found.get(name, ""))
