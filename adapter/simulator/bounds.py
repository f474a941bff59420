"""What a message may cost before anybody looks into it: elements, attributes, namespaces, prefixes.

libxml2 takes a hundred bytes for each element, sorts the attributes of one in the square of their number,
and while canonicalising looks for each prefix among all namespaces declared around each element. A few
hundred kilobytes could keep it busy for minutes. Source: security.md "XML and HTTP".
"""

from __future__ import annotations

import re

MARKS_MAX = 1_000_000
"""Starts and ends of elements, and attributes; the largest batch has fifty times fewer."""
ATTRIBUTES_MAX = 128
SCOPE_STEPS_MAX = 100_000_000
"""Elements times declared namespaces."""
PREFIX_STEPS_MAX = 4_000_000
"""Elements times prefixes that a canonicalisation names."""

_LONG = re.compile(rb"<[^<]{%d,}" % (4 * ATTRIBUTES_MAX))
_START_TAG = re.compile(rb"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+""")
_PREFIXES = re.compile(rb"""PrefixList\s*=\s*["']([^"']*)["']""")


def excess(raw: bytes) -> str:
    """Which bound a message in UTF-8 passes, in words; empty when none."""
    starts, equals = raw.count(b"<"), raw.count(b"=")
    if starts + equals > MARKS_MAX:
        return f"the message has over {MARKS_MAX} elements and attributes"
    for listed in _PREFIXES.findall(raw):
        if (len(listed.split()) + listed.count(b"&")) * starts > PREFIX_STEPS_MAX:
            return "a canonicalisation names too many prefixes"
    if equals <= ATTRIBUTES_MAX:
        return ""
    for found in _LONG.finditer(raw):
        tag = _START_TAG.match(raw, found.start(), found.end())
        if tag is not None and tag.group().count(b"=") > ATTRIBUTES_MAX:
            return f"an element has over {ATTRIBUTES_MAX} attributes"
    if raw.count(b"xmlns") * starts > SCOPE_STEPS_MAX:
        return "the message declares too many namespaces"
    return ""
