"""Signed parts of a message as they stand in its bytes, without canonicalising them first.

Many signers write a part of a message just as they canonicalised it. Then the bytes from its start tag to its end
tag have the digest that was signed, and nothing more need be proven: a digest stands for one text only, so these
are the very bytes that were signed. Where the digest differs, or a condition below fails, the part is canonicalised
as ever; a message is never refused here.

Why the bytes are the element that is processed:

* the message has no comment, CDATA section, DTD or processing instruction, so that every ``<`` begins a tag;
* the Id stands once, as an attribute in a start tag that is written canonically; its prefix is declared as
  WS-Security's in that same tag, so that the tree has the Id there, and the tree has each Id once;
* no default namespace is declared before the tag, and no prefix is treated inclusively, so that nothing around the
  part gives its names another meaning than they had when it was signed.

Sources: Exclusive XML Canonicalization 1.0, sections 2 and 3; security.md, "What the verifier refuses".
"""

from __future__ import annotations

import re

from adapter.soap import namespaces as ns
from adapter.soap.parsing import only_tags

_START_TAG = re.compile(rb"""<([\w.\-]+(?::[\w.\-]+)?)((?: [\w.\-:]+="[^"<>&\t\r\n]*")*)>""")
_DEFAULT_NAMESPACE = re.compile(rb"xmlns\s*=")
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]+")
_ID = b'Id="%b"'
_USUALLY_DECLARED = b' xmlns:wsu="%b"' % ns.WSU.encode()
_DECLARED = b' xmlns:%%b="%b"' % ns.WSU.encode()


class RawParts:
    """The bytes of one message that was parsed already."""

    __slots__ = ("_default_from", "_message")

    def __init__(self, message: bytes) -> None:
        default = _DEFAULT_NAMESPACE.search(message)
        self._message = message
        self._default_from = default.start() if default is not None else len(message)

    @classmethod
    def of(cls, message: bytes) -> RawParts | None:
        """The parts of ``message``; None when a ``<`` in it need not begin a tag."""
        return cls(message) if only_tags(message) else None

    def part(self, name: str) -> bytes | None:
        """From the start tag with the Id ``name`` to the first end tag of that element's name, or None."""
        if not _PLAIN.fullmatch(name):
            return None
        message, wanted = self._message, _ID % name.encode()
        at = message.find(wanted)
        if at < 0 or message.find(wanted, at + 1) >= 0:
            return None
        start = message.rfind(b"<", 0, at)
        if not 0 <= start < self._default_from:
            return None
        tag = _START_TAG.match(message, start)
        if tag is None or tag.end() <= at or not self._is_id(tag, at):
            return None
        closing = b"</%b>" % tag.group(1)
        end = message.find(closing, tag.end())
        return message[start : end + len(closing)] if end >= 0 else None

    def only(self, opening: bytes) -> int | None:
        """Where ``opening`` stands, if it does exactly once."""
        at = self._message.find(opening)
        return at if at >= 0 and self._message.find(opening, at + 1) < 0 else None

    @property
    def message(self) -> bytes:
        """All of it."""
        return self._message

    def _is_id(self, tag: re.Match[bytes], at: int) -> bool:
        """Whether what stands at ``at`` in a canonical start tag is ``Id`` or WS-Security's ``Id``."""
        name = self._message[self._message.rfind(b" ", tag.start(), at) + 1 : at]
        if name == b"wsu:":
            return _USUALLY_DECLARED in tag.group(2)
        return not name or (name.endswith(b":") and _DECLARED % name[:-1] in tag.group(2))
