"""The SOAP envelope: built around a request, taken apart by position when it is a reply.

Parts are found by where they stand, never by an Id: what stands as the Envelope's only Body is what
is processed, whatever else carries the same name or Id.
"""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import malformed
from adapter.soap.version import SOAP_11, SoapVersion


class Envelope(NamedTuple):
    """A message taken apart. ``header`` is None when it has none; ``content`` when the Body is empty."""

    root: etree._Element
    header: etree._Element | None
    body: etree._Element
    content: etree._Element | None
    soap: SoapVersion = SOAP_11

    @property
    def fault(self) -> etree._Element | None:
        """The Fault, when the Body holds one."""
        return self.content if self.content is not None and self.content.tag == self.soap.fault else None


class Outgoing(NamedTuple):
    """A request that nobody signed yet. ``context`` is None when it has none."""

    root: etree._Element
    context: etree._Element | None
    body: etree._Element
    soap: SoapVersion = SOAP_11


PREFIXES = {"wsse": ns.WSSE, "wsu": ns.WSU}
"""What the Envelope of a request declares beside SOAP's own ``soapenv``."""


def build_envelope(context: etree._Element | None, content: etree._Element, soap: SoapVersion = SOAP_11) -> Outgoing:
    """Header with the call context (if any), then Body with ``content``; both elements are moved."""
    root = etree.Element(soap.envelope, nsmap={"soapenv": soap.namespace, **PREFIXES})
    header = etree.SubElement(root, soap.header)
    if context is not None:
        header.append(context)
    body = etree.SubElement(root, soap.body)
    body.append(content)
    return Outgoing(root, context, body, soap)


def open_envelope(root: etree._Element, soap: SoapVersion = SOAP_11) -> Envelope:
    """Header, Body and the Body's only child.

    Raises:
        BrokenExchange: ``malformed``; it is no envelope of that version, or not exactly one.
    """
    if root.tag != soap.envelope:
        raise malformed(f"it is not a SOAP {soap.number} envelope")
    tags = [child.tag for child in root]
    if tags not in ([soap.body], [soap.header, soap.body]):
        raise malformed("the envelope is not one Header and one Body")
    if len(list(root.iter(soap.envelope, soap.header, soap.body))) != 1 + len(tags):
        raise malformed("a part of the envelope stands in it twice")
    body = root[-1]
    if len(body) > 1:
        raise malformed("the Body holds more than one element")
    return Envelope(root, root[0] if len(tags) == 2 else None, body, body[0] if len(body) else None, soap)
