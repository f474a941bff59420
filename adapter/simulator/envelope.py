"""Read a SOAP envelope from bytes nobody has vouched for yet.

Refused here: DTDs and entities, XInclude, processing instructions, other encodings than UTF-8,
nesting over :data:`DEPTH_MAX`, another version of SOAP, a second Body, headers that must be understood and are not.
Source: security.md "What the verifier refuses"; SOAP 1.1 section 4; SOAP 1.2 part 1 section 5; p1.md 1 (SOAP binding).
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from adapter.simulator.answers import Fault, malformed
from adapter.simulator.bounds import excess
from adapter.simulator.soap import SOAP_11, WSSE, Soap

WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
CONTEXT = "http://csioz.gov.pl/p1/kontekst/mt/v20180509"
XINCLUDE = "http://www.w3.org/2001/XInclude"
NAMESPACES = {"wsse": WSSE, "wsu": WSU, "ds": DS, "kon": CONTEXT}

DEPTH_MAX = 256
_TOO_DEEP = etree.XPath("/*" * (DEPTH_MAX + 1))
_FOREIGN = etree.XPath("//xi:* | //processing-instruction()", namespaces={"xi": XINCLUDE})


@dataclass(frozen=True, slots=True)
class Envelope:
    """The parts of one message. ``payload`` is the Body's only element; nothing is trusted yet."""

    root: etree._Element
    security: etree._Element | None
    context: etree._Element | None
    body: etree._Element
    payload: etree._Element


def parse(raw: bytes) -> etree._Element:
    """XML without any of its dangers.

    Raises:
        Fault: niepoprawnyKomunikat.
    """
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise malformed("the message is not in UTF-8") from wrong
    if b"\0" in raw:
        raise malformed("the message is not in UTF-8")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise malformed("a document type or entity is not allowed")
    if too_much := excess(raw):
        raise malformed(too_much)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        raise malformed("the message is not well-formed XML") from wrong
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None:
        raise malformed("a document type or entity is not allowed")
    if (tree.docinfo.encoding or "UTF-8").upper() != "UTF-8":
        raise malformed("the message is not in UTF-8")
    if _TOO_DEEP(root):
        raise malformed(f"elements are nested deeper than {DEPTH_MAX}")
    if _FOREIGN(root):
        raise malformed("XInclude and processing instructions are not allowed")
    return root


def read(raw: bytes, soap: Soap = SOAP_11) -> Envelope:
    """The parts of a message in that version of SOAP.

    Raises:
        Fault: niepoprawnyKomunikat (faultcode Client, VersionMismatch or MustUnderstand).
    """
    root = parse(raw)
    name = etree.QName(root)
    if name.localname == "Envelope" and name.namespace != soap.namespace:
        raise malformed(f"only SOAP {soap.number} is spoken here", soap_code="VersionMismatch")
    if root.tag != soap.tag("Envelope"):
        raise malformed("the message is not a SOAP envelope")
    children = list(root)
    tags = [child.tag for child in children]
    if tags not in ([soap.tag("Body")], [soap.tag("Header"), soap.tag("Body")]):
        raise malformed("an envelope has one Header and then one Body, and nothing else")
    body = children[-1]
    payload = list(body)
    if len(payload) != 1:
        raise malformed("the Body has exactly one element")
    headers = list(children[0]) if len(children) > 1 else []
    return Envelope(
        root=root,
        security=_one(headers, _KNOWN[0], soap),
        context=_one(headers, _KNOWN[1], soap),
        body=body,
        payload=payload[0],
    )


_KNOWN = (f"{{{WSSE}}}Security", f"{{{CONTEXT}}}kontekstWywolania")


def _one(headers: list[etree._Element], wanted: str, soap: Soap) -> etree._Element | None:
    """The header of that name; any header that must be understood is one of ours."""
    for header in headers:
        if header.tag not in _KNOWN and header.get(soap.tag("mustUnderstand")) in {"1", "true"}:
            raise Fault(
                "niepoprawnyKomunikat",
                "a header cannot be understood",
                soap_code="MustUnderstand",
                about=str(header.tag),
            )
    found = [header for header in headers if header.tag == wanted]
    if len(found) > 1:
        raise malformed("a header stands twice")
    return found[0] if found else None
