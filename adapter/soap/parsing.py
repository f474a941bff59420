"""Reading XML from outside: no DTD, entity, external reference, XInclude or processing instruction.

libxml2 itself refuses nesting over 256 and a text over 10 MB (``huge_tree=False``; tests hold it to
that). Comments are dropped while reading: canonicalisation leaves them out of every signature, so
they must not be able to cut a text in two. Source: security.md "XML and HTTP"; SOAP 1.1 section 3.
"""

from __future__ import annotations

import threading
from typing import cast

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import malformed

_XINCLUDE = f"{{{ns.XINCLUDE}}}*"


class _Parsers(threading.local):
    """One parser for each thread: making one takes longer than reading a small message."""

    def __init__(self) -> None:
        self.strict = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            dtd_validation=False,
            attribute_defaults=False,
        )


_parsers = _Parsers()


def parse_untrusted(message: bytes) -> etree._Element:
    """The root element of ``message``.

    Raises:
        BrokenExchange: ``malformed``; the reason says which limit or rule.
    """
    try:
        root = cast("etree._Element", etree.fromstring(message, _parsers.strict))
    except etree.XMLSyntaxError as error:
        raise malformed(_plain_reason(error)) from error
    except ValueError as error:
        raise malformed("it is not XML text") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise malformed("it has a document type declaration")
    if root.getprevious() is not None or root.getnext() is not None:
        raise malformed("it has a processing instruction")
    for found in root.iter(etree.ProcessingInstruction, etree.Entity, _XINCLUDE):
        raise malformed(
            "it has an XInclude element"
            if isinstance(found.tag, str)
            else "it has a processing instruction or an entity"
        )
    return root


def _plain_reason(error: etree.XMLSyntaxError) -> str:
    """A reason without any text of the message: libxml2 may quote it."""
    text = str(error)
    if "depth" in text:
        return "its elements are nested over 256 deep"
    if "too long" in text or "limit" in text or "XML_PARSE_HUGE" in text:
        return "a text in it is over 10 MB"
    return f"it is not well-formed XML (line {error.lineno})"
