"""The SOAP 1.1 envelope: built around a request, taken apart by position when it is a reply.

Parts are found by where they stand, never by an Id: what stands as the Envelope's only Body is what
is processed, whatever else carries the same name or Id.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import malformed

PREFIXES = {"soapenv": ns.SOAP, "wsse": ns.WSSE, "wsu": ns.WSU}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message taken apart. ``header`` is None when it has none; ``content`` when the Body is empty."""

    root: etree._Element
    header: etree._Element | None
    body: etree._Element
    content: etree._Element | None

    @property
    def fault(self) -> etree._Element | None:
        """The Fault, when the Body holds one."""
        return self.content if self.content is not None and self.content.tag == ns.FAULT else None


def build_envelope(context: etree._Element | None, content: etree._Element) -> etree._Element:
    """Header with the call context (if any), then Body with ``content``; both elements are moved."""
    root = etree.Element(ns.ENVELOPE, nsmap=PREFIXES)
    header = etree.SubElement(root, ns.HEADER)
    if context is not None:
        header.append(context)
    etree.SubElement(root, ns.BODY).append(content)
    return root


def open_envelope(root: etree._Element) -> Envelope:
    """Header, Body and the Body's only child.

    Raises:
        BrokenExchange: ``malformed``; it is no SOAP 1.1 envelope, or not exactly one.
    """
    if root.tag != ns.ENVELOPE:
        raise malformed("it is not a SOAP 1.1 envelope")
    tags = [child.tag for child in root]
    if tags not in ([ns.BODY], [ns.HEADER, ns.BODY]):
        raise malformed("the envelope is not one Header and one Body")
    if sum(1 for _ in root.iter(ns.ENVELOPE, ns.HEADER, ns.BODY)) != 1 + len(tags):
        raise malformed("a part of the envelope stands in it twice")
    body = root[-1]
    if len(body) > 1:
        raise malformed("the Body holds more than one element")
    return Envelope(root, root[0] if len(tags) == 2 else None, body, body[0] if len(body) else None)
