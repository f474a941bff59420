"""The two versions of SOAP as an authority speaks them: names, content types, actions, faults.

Which one an operation speaks is written in its WSDL (binding namespaces of WSDL 1.1). Sources: SOAP 1.1 section 4.4
and 6; SOAP 1.2 part 1 section 5.4 and appendix A, part 2 section 7.5; OASIS WSS 1.0 section 12 (fault codes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from lxml import etree

from adapter.simulator.answers import Fault

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
XML = "http://www.w3.org/XML/1998/namespace"
_PARAMETER = re.compile(r';\s*([\w.+-]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))')


@dataclass(frozen=True, slots=True)
class Soap:
    """One version. ``binding`` is the namespace by which a WSDL says that it speaks it."""

    number: str
    namespace: str
    media_type: str
    binding: str

    def tag(self, name: str) -> str:
        """A part of the envelope in Clark notation."""
        return f"{{{self.namespace}}}{name}"


SOAP_11 = Soap("1.1", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml", "http://schemas.xmlsoap.org/wsdl/soap/")
SOAP_12 = Soap(
    "1.2",
    "http://www.w3.org/2003/05/soap-envelope",
    "application/soap+xml",
    "http://schemas.xmlsoap.org/wsdl/soap12/",
)
VERSIONS = (SOAP_11, SOAP_12)

_CODES_12 = {"Client": "Sender", "Server": "Receiver"}
_WSS_CODES = {
    "bladPodpisuKomunikatuWSS": "FailedCheck",
    "bladUwierzytelnieniaWSS": "FailedAuthentication",
}
"""Faults of message security -> the standard's own code, SOAP 1.2's Subcode."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the HTTP headers say of the message: media type, charset and SOAP action (empty when not said)."""

    media_type: str
    charset: str
    action: str

    @property
    def soap(self) -> Soap | None:
        """The version that the media type stands for."""
        return next((version for version in VERSIONS if version.media_type == self.media_type), None)


def told(headers: Mapping[str, str]) -> Told:
    """Read ``content-type`` and ``soapaction`` (names in lower case)."""
    content_type = headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(content_type[len(kind) :])}
    action = headers.get("soapaction", "").strip().strip('"')
    if kind == SOAP_12.media_type:
        action = parameters.get("action", "")
    return Told(kind, parameters.get("charset", "utf-8").lower(), action)


def status_of(fault: Fault, soap: Soap) -> int:
    """The HTTP status of a fault: 500; in SOAP 1.2 the sender's own fault is 400."""
    return 400 if soap is SOAP_12 and fault.soap_code == "Client" else 500


def fault_element(fault: Fault, detail: etree._Element, soap: Soap) -> etree._Element:
    """A Fault with ``detail`` in it."""
    if soap is SOAP_11:
        root = etree.Element(soap.tag("Fault"), nsmap={"soapenv": soap.namespace})
        etree.SubElement(root, "faultcode").text = f"soapenv:{fault.soap_code}"
        etree.SubElement(root, "faultstring").text = fault.message
        etree.SubElement(root, "detail").append(detail)
        return root
    root = etree.Element(soap.tag("Fault"), nsmap={"soapenv": soap.namespace, "wsse": WSSE})
    code = etree.SubElement(root, soap.tag("Code"))
    etree.SubElement(code, soap.tag("Value")).text = f"soapenv:{_CODES_12.get(fault.soap_code, fault.soap_code)}"
    if wss := _WSS_CODES.get(fault.major):
        etree.SubElement(etree.SubElement(code, soap.tag("Subcode")), soap.tag("Value")).text = f"wsse:{wss}"
    reason = etree.SubElement(etree.SubElement(root, soap.tag("Reason")), soap.tag("Text"))
    reason.text = fault.message
    reason.set(f"{{{XML}}}lang", "en")
    etree.SubElement(root, soap.tag("Detail")).append(detail)
    return root


def fault_headers(fault: Fault, soap: Soap, spoken: tuple[Soap, ...]) -> str:
    """Header blocks that SOAP 1.2 asks for beside a fault, as text: what is spoken here, or what was not understood.

    Text, because prefixes stand in their values: they must not be renamed when they come into the envelope.
    """
    if fault.soap_code == "VersionMismatch" and SOAP_12 in spoken:
        named = "".join(
            f'<env:SupportedEnvelope qname="v{n}:Envelope" xmlns:v{n}="{version.namespace}"/>'
            for n, version in enumerate(reversed(spoken))
        )
        return f'<env:Upgrade xmlns:env="{SOAP_12.namespace}">{named}</env:Upgrade>'
    if fault.soap_code == "MustUnderstand" and soap is SOAP_12 and fault.about:
        name = etree.QName(fault.about)
        qname, declared = (f"h:{name.localname}", name.namespace) if name.namespace else (name.localname, None)
        given = f" xmlns:h={quoteattr(declared)}" if declared else ""
        return f'<env:NotUnderstood xmlns:env="{SOAP_12.namespace}" qname={quoteattr(qname)}{given}/>'
    return ""
