"""Signed parts of a message as they stand in its bytes, without canonicalising them first.

Many signers write a part of a message just as they canonicalised it. Then the bytes from its start tag to its end
tag have the digest that was signed, and nothing more need be proven: a digest stands for one text only, so these
are the very bytes that were signed. Where the digest differs, or a condition below fails, the part is canonicalised
as ever; a message is never refused here.

Why the bytes are the element that is processed:

* the message has no comment, CDATA section, DTD or processing instruction, so that every ``<`` begins a tag;
* every Id stands once, in any spelling of the attribute's name, with a plain value and nothing around its ``=``:
  where the tree has an element with the Id, these bytes are its attribute, and the ``<`` before them begins it;
* the part declares every prefix of its names, as its canonical form does; no default namespace is declared before it
  and no prefix is treated inclusively, so that nothing around it gives its names another meaning than they had when
  it was signed.

Sources: Exclusive XML Canonicalization 1.0, sections 2 and 3; security.md, "What the verifier refuses".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapter.soap.parsing import only_tags

_MARKS = re.compile(rb"""=(?<=[\t\n\r dDs]=)(?:(?<=xmlns=)()|(?<=[\t\n\r ]=)|(?<=[iI][dD]=)(?:"([\w.\-]+)")?)""")
"""Where a default namespace is declared (group 1), and values of attributes whose name ends in Id (group 2); neither
for a value that is not plain, and for a ``=`` after a blank.

It begins with one letter, which is found by far the quickest, and most of what stands before it is refused at once."""


class RawParts:
    """The bytes of one message that was parsed already; ``message`` is all of it."""

    __slots__ = ("_default_from", "_places", "message")

    def __init__(self, message: bytes, places: Mapping[bytes, int], default_from: int) -> None:
        self._default_from = default_from
        self._places = places
        self.message = message

    @classmethod
    def of(cls, message: bytes) -> RawParts | None:
        """The parts of ``message``; None where a ``<`` need not begin a tag, or an Id may stand in it twice."""
        if not only_tags(message):
            return None
        places: dict[bytes, int] = {}
        default_from = len(message)
        for found in _MARKS.finditer(message):
            kind, at = found.lastindex, found.start()
            if kind == 1:
                default_from = min(default_from, at)
            elif kind is None or places.setdefault(found[2], at) != at:
                return None
        return cls(message, places, default_from)

    def part(self, name: str) -> bytes | None:
        """The bytes from the start tag with the Id ``name`` to the first end tag of that element's name, or None.

        ``name`` is one of the tree's Ids.
        """
        message, at = self.message, self._places.get(name.encode(), -1)
        start = message.rfind(b"<", 0, at) if at >= 0 else -1
        if not 0 <= start < self._default_from:
            return None
        closing = b"</" + message[start + 1 : message.find(b" ", start + 1, at)] + b">"
        end = message.find(closing, at)
        return message[start : end + len(closing)] if end >= 0 else None
