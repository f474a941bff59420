"""A message as it may be kept: its elements, and of its texts those that are harmless where they stand.

One pass of expat over the bytes, from the first to the last that is kept. What leaves this module was either
written here, is a name of the contract, or is a text that the form of its place let through; nothing else of
the message gets out: other names become ``_``, other texts and attributes ``[masked]``, comments, processing
instructions and declarations are left out, and a message with a document type is not shown at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from adapter.soap.harmless import Form

MASKED = "[masked]"
OTHER_NAME = "_"
_OTHER_TAGS = (f"<{OTHER_NAME}>", f"</{OTHER_NAME}>")
BETWEEN = " "
"""expat puts it between namespace and name."""
_FROM_HERE = " from here on"
DEPTH_MAX = 256
"""As deep as any message that is read may nest."""
READ_FACTOR = 4
"""Masks may be shorter than what they stand for: at most so many times the limit is read."""
_KINDS = ("text/xml", "application/soap+xml", "text/html", "text/plain", "application/json", "multipart/related")


@dataclass(slots=True)
class Place:
    """A place in a message: the form of its text (None: never shown), its attributes', and what may stand in it.

    Names are as expat says them: ``namespace name``, or bare. A ``folded`` place is shown without anything
    inside.
    """

    form: Form | None = None
    attributes: dict[str, Form] = field(default_factory=dict)
    children: dict[str, Place] = field(default_factory=dict)
    folded: bool = False

    def at(self, *names: str) -> Place:
        """The place below, made when it is new."""
        place = self
        for name in names:
            place = place.children.setdefault(name, Place())
        return place


@dataclass(frozen=True, slots=True)
class Names:
    """The names that may be shown: of elements and attributes, as expat says them, and the prefixes of namespaces.

    An attribute whose shown name is empty is left out.
    """

    elements: Mapping[str, str]
    attributes: Mapping[str, str]
    prefixes: Mapping[str, str]
    tags: Mapping[str, tuple[str, str]] = field(init=False, repr=False)
    """Begin and end of each element."""

    def __post_init__(self) -> None:
        tags = {name: (f"<{shown}>", f"</{shown}>") for name, shown in self.elements.items()}
        object.__setattr__(self, "tags", tags)


class _Enough(Exception):
    """No more is kept; its text says why."""


class _Writer:
    """Writes one masked message. The three handlers are all that runs for each element."""

    def __init__(self, root: Place, names: Names, bytes_max: int) -> None:
        self.out: list[str] = []
        self.ends: list[str] = []
        self.text, self.start, self.end = self._handlers(root, names, bytes_max)

    def _handlers(
        self, root: Place, names: Names, room: int
    ) -> tuple[Callable[[str], None], Callable[[str, list[str]], None], Callable[[str], None]]:
        out, ends, tags = self.out, self.ends, names.tags
        places: list[Place | None] = [root]
        said: list[str] = []
        kept: dict[tuple[Form, str], str] = {}
        leaf, folded = False, 0

        def text(data: str) -> None:
            if not folded:
                said.append(data)

        def start(name: str, attributes: list[str]) -> None:
            nonlocal leaf, folded, room
            if folded:
                folded += 1
                return
            if said:
                out.append(_mixed(said))
            above = places[-1]
            place = above.children.get(name) if above is not None else None
            begin, end = tags.get(name, _OTHER_TAGS)
            if attributes and (place is None or not place.folded):
                begin = f"{begin[:-1]}{_attributes(attributes, place, names)}>"
            room -= len(begin) + len(end)
            if room < 0 or len(ends) == DEPTH_MAX:
                raise _Enough("cut" if room < 0 else "its elements nest too deep")
            out.append(begin)
            places.append(place)
            ends.append(end)
            leaf = True
            folded = 1 if place is not None and place.folded else 0

        def end(name: str) -> None:
            nonlocal leaf, folded, room
            if folded:
                folded -= 1
                if folded:
                    return
                said.append(MASKED)
            place = places.pop()
            if said:
                value = _kept(said, place.form if leaf and place is not None else None, kept)
                room -= len(value)
                out.append(value)
            out.append(ends.pop())
            leaf = False

        return text, start, end


def _kept(said: list[str], form: Form | None, known: dict[tuple[Form, str], str]) -> str:
    """What is kept of the text of an element; ``known``: what was found out of this message's texts so far."""
    text = said[0] if len(said) == 1 else "".join(said)
    said.clear()
    if form is None:
        return MASKED if text.strip() else ""
    value = known.get((form, text))
    if value is None:
        bare = text.strip()
        value = "" if not bare else escape(bare) if form(bare) else MASKED
        known[form, text] = value
    return value


def _mixed(said: list[str]) -> str:
    """What is kept of a text beside an element: that there is one."""
    text = "".join(said)
    said.clear()
    return MASKED if text.strip() else ""


def _attributes(given: list[str], place: Place | None, names: Names) -> str:
    forms = place.attributes if place is not None else {}
    shown: dict[str, str] = {}
    for name, value in zip(given[::2], given[1::2], strict=True):
        label = names.attributes.get(name, OTHER_NAME)
        if label:
            form = forms.get(name)
            shown[label] = value if form is not None and form(value) else MASKED
    return "".join(f" {label}={quoteattr(value)}" for label, value in shown.items())


def _refuse(*_: Any) -> None:
    raise _Enough("it has a document type declaration")


def mask(data: bytes, root: Place, names: Names, *, bytes_max: int, kind: str = "") -> str:
    """``data`` as masked XML text of about ``bytes_max`` bytes at most; always well-formed, or only a comment.

    ``root`` is the place above the root element; ``kind`` the media type of ``data``. What is broken is shown as
    far as it goes, with a comment that says where it ends.
    """
    parser = expat.ParserCreate(namespace_separator=BETWEEN)
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    writer = _Writer(root, names, bytes_max)
    parser.CharacterDataHandler, parser.StartElementHandler, parser.EndElementHandler = (
        writer.text,
        writer.start,
        writer.end,
    )
    room = bytes_max * READ_FACTOR
    try:
        parser.Parse(data[:room], len(data) <= room)
        problem = "cut" if writer.ends else ""
    except expat.ExpatError:
        problem = f"it is not well-formed XML{_FROM_HERE}"
    except _Enough as enough:
        problem = str(enough)
    except (LookupError, ValueError):  # an encoding that Python does not know
        problem = "its encoding is not known"
    if not writer.out:
        problem = problem.removesuffix(_FROM_HERE) if data.strip() else "it is empty"
        media = kind if kind in _KINDS else "another type"
        return f"<!-- not shown, {problem}: {len(data)} bytes of {media} -->"
    return _closed(writer, names, problem, len(data))


def _closed(writer: _Writer, names: Names, problem: str, size: int) -> str:
    out = writer.out
    if problem:
        out.append(f"<!-- {problem}; {size} bytes in all -->")
        out += reversed(writer.ends)
    content = "".join(out)
    used = [
        f' xmlns:{prefix}="{space}"'
        for space, prefix in names.prefixes.items()
        if f"<{prefix}:" in content or f" {prefix}:" in content
    ]
    return f"{out[0][:-1]}{''.join(used)}>{content[len(out[0]) :]}"
