"""Reading XML from outside: UTF-8 without DTD, entity, external reference, XInclude or processing instruction.

libxml2 itself refuses nesting over 256 and a text over 10 MB (``huge_tree=False``; tests hold it to
that). Two bounds are ours. A document of nothing but small elements takes thirty times its bytes in
memory, so the marks (``<`` and ``=``) are counted before it is read. Canonicalisation sorts the
attributes of an element in the square of their number (40,000 of them: nine seconds) and walks for
each element through the namespaces declared around it, so both are bounded. Comments are dropped while
reading: canonicalisation leaves them out of every signature, so they must not cut a text in two.
Source: security.md "XML and HTTP"; SOAP 1.1 section 3.
"""

from __future__ import annotations

import codecs
import re
import threading
from typing import cast

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import malformed

MARKS_MAX = 2_000_000
"""Starts and ends of elements, and attributes of a document: a list of 100,000 slots has fewer."""
ATTRIBUTES_MAX = 256
"""Attributes and namespaces declared in one element."""
NAMESPACES_MAX = 128
"""Namespaces declared around an element."""
SCOPE_STEPS_MAX = 100_000_000
"""Elements times declared namespaces, up to which nobody need look where they stand: two seconds at worst."""

_XINCLUDE = f"{{{ns.XINCLUDE}}}*"
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)""")
_ENCODINGS = frozenset({b"utf-8", b"us-ascii"})
_USUAL = tuple(
    f"<?xml version={quote}1.0{quote} encoding={quote}{encoding}{quote}?>".encode()
    for quote in "'\""
    for encoding in ("utf-8", "UTF-8")
)
"""Declarations that need not be looked at any closer."""
_LONG = re.compile(rb"<[^<]{%d,}" % (4 * ATTRIBUTES_MAX))
"""Where a crowded element can begin: an attribute takes five bytes."""
_START_TAG = re.compile(rb"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+""")


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
            collect_ids=False,
            encoding="utf-8",
        )


_parsers = _Parsers()


def parse_untrusted(message: bytes) -> etree._Element:
    """The root element of ``message``.

    Raises:
        BrokenExchange: ``malformed``; the reason says which limit or rule.
    """
    crowded = _check_bounds(message)
    try:
        root = cast("etree._Element", etree.fromstring(message, _parsers.strict))
    except etree.XMLSyntaxError as error:
        raise malformed(_plain_reason(error)) from error
    except ValueError as error:
        raise malformed("it is not XML text") from error
    if crowded:
        _check_scopes(root)
    if only_tags(message) and b"XInclude" not in message and (b"&" not in message or b"&#" not in message):
        return root
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


def only_tags(message: bytes) -> bool:
    """Whether every ``<`` of a message that was read begins a tag: no comment, CDATA section, DTD or instruction."""
    begin = message.find(b"?>") if message.startswith(b"<?xml ") else 0
    if begin < 0 or not (begin or (message.startswith(b"<") and not message.startswith(b"<?"))):
        return False
    # one sign is found far sooner than two, and mostly there is none of them
    return (b"!" not in message or b"<!" not in message) and (
        message.find(b"?", begin + 1) < 0 or message.find(b"<?", begin + 1) < 0
    )


def _check_bounds(message: bytes) -> bool:
    """What must be known before libxml2 sees a byte of it; whether namespaces are to be counted afterwards."""
    if not message.startswith(_USUAL):
        declared = _ENCODING.match(message.removeprefix(codecs.BOM_UTF8))
        if declared is not None and declared.group(1).lower() not in _ENCODINGS:
            raise malformed("it says that it is not in UTF-8")
    equals = message.count(b"=")
    if len(message) > MARKS_MAX and message.count(b"<") + equals > MARKS_MAX:
        raise malformed(f"it has over {MARKS_MAX} elements and attributes")
    if equals > ATTRIBUTES_MAX:
        for found in _LONG.finditer(message):
            tag = _START_TAG.match(message, found.start(), found.end())
            if tag is not None and tag.group().count(b"=") > ATTRIBUTES_MAX:
                raise malformed(f"an element in it has over {ATTRIBUTES_MAX} attributes")
    return equals > NAMESPACES_MAX and message.count(b"xmlns") * message.count(b"<") > SCOPE_STEPS_MAX


def _check_scopes(root: etree._Element) -> None:
    scope = 0
    for event, _ in etree.iterwalk(root, events=("start-ns", "end-ns")):
        scope += 1 if event == "start-ns" else -1
        if scope > NAMESPACES_MAX:
            raise malformed(f"over {NAMESPACES_MAX} namespaces are declared around an element in it")


def _plain_reason(error: etree.XMLSyntaxError) -> str:
    """A reason without any text of the message: libxml2 may quote it."""
    text = str(error)
    if "depth" in text:
        return "its elements are nested over 256 deep"
    if "too long" in text or "limit" in text or "XML_PARSE_HUGE" in text:
        return "a text in it is over 10 MB"
    return f"it is not well-formed XML (line {error.lineno})"
