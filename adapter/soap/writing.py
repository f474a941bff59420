"""The content of a request, built from values of ours by compiled binding rows.

Elements come out in the order of the schema. An element is written when something in it has a
value; a required element also when empty, and the schema then says what it misses. A constant by
itself does not make an optional element appear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from adapter.errors import BadInput
from adapter.soap.structure import Node
from adapter.soap.values import Encode

Values = Mapping[str, object]
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{XSI}}}nil"


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into one text: our field as keys of nested mappings, or a constant."""

    field: str
    keys: tuple[str, ...]
    encode: Encode | None
    constant: str = ""


@dataclass(slots=True)
class Part:
    """An element to write: its node, what fills it, what it holds. ``group`` names the list it repeats for."""

    node: Node
    order: int = 0
    filling: Filling | None = None
    group: tuple[str, ...] | None = None
    attributes: list[tuple[str, Filling]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @property
    def nil(self) -> bool:
        """Whether it is written as nil when it has no value: the contract asks for it and lets it be nil."""
        text_only = self.filling is not None and not self.attributes and self.group is None
        return text_only and self.node.nillable and self.node.least > 0

    def part(self, node: Node) -> Part:
        """The part for a child node, made when it is new; parts stay in the order of the schema."""
        for each in self.parts:
            if each.node is node:
                return each
        made = Part(node, order=next(n for n, each in enumerate(self.node.children) if each is node))
        self.parts.append(made)
        self.parts.sort(key=lambda each: each.order)
        return made


def value_at(values: Values, keys: tuple[str, ...]) -> object | None:
    """The value under nested keys, None when a step is missing."""
    found: object = values
    for key in keys:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
        if found is None:
            return None
    return found


def has_nil(part: Part) -> bool:
    """Whether something in a message may be written as nil."""
    return part.nil or any(has_nil(inner) for inner in part.parts)


def prefixes(root: Part) -> dict[str, str]:
    """Prefix -> namespace for a whole message, so that each namespace is declared once, at the top."""
    found: dict[str, None] = {}

    def collect(part: Part) -> None:
        for tag in (part.node.tag, *(tag for tag, _ in part.attributes)):
            namespace = etree.QName(tag).namespace
            if namespace:
                found[namespace] = None
        for inner in part.parts:
            collect(inner)

    collect(root)
    spaces = {"ws" if n == 0 else f"t{n}": namespace for n, namespace in enumerate(found)}
    return spaces | {"xsi": XSI} if has_nil(root) else spaces


def write(root: Part, values: Values, on: date, nsmap: Mapping[str, str]) -> etree._Element:
    """The message for ``values``; ``on`` is the Warsaw day on which codes are looked up.

    ``nsmap`` are the message's :func:`prefixes`.

    Raises:
        BadInput: a value does not fit its type, or a code has no national one; ``field`` says which.
    """
    element = etree.Element(root.node.tag, nsmap=dict(nsmap))
    _fill(root, element, values, on)
    return element


def _text(filling: Filling, values: Values, on: date) -> str | None:
    if filling.encode is None:
        return filling.constant
    value = value_at(values, filling.keys)
    if value is None or value == "":
        return None
    return carried(text_for(filling, filling.encode, value, on), filling)


def text_for(filling: Filling, encode: Encode, value: object, on: date) -> str:
    """A value as the text of its filling.

    Raises:
        BadInput: it does not fit the type, or has no national code.
    """
    try:
        return encode(value, on)
    except ValueError as problem:
        raise BadInput(f"{filling.field}: {problem}", field=filling.field) from problem


def carried(text: str, filling: Filling) -> str:
    """The text, as XML carries it.

    Raises:
        BadInput: it holds a character that XML cannot carry.
    """
    try:
        etree.Element("text").text = text
    except ValueError as problem:
        raise BadInput(f"{filling.field} holds a character that XML cannot carry", field=filling.field) from problem
    return text


def _fill(part: Part, element: etree._Element, values: Values, on: date) -> bool:
    """Write what is in ``part``; True when something other than a constant was written."""
    said = False
    for tag, filling in part.attributes:
        text = _text(filling, values, on)
        if text is not None:
            element.set(tag, text)
            said = said or not filling.constant
    if part.filling is not None:
        text = _text(part.filling, values, on)
        if text is not None:
            element.text = text
            said = said or not part.filling.constant
    for inner in part.parts:
        said = _write_part(inner, element, values, on) or said
    return said


def _write_part(part: Part, parent: etree._Element, values: Values, on: date) -> bool:
    if part.group is None:
        return _write_one(part, parent, values, on)
    items = value_at(values, part.group)
    if not isinstance(items, Sequence):
        return False
    said = False
    for item in items:
        said = _write_one(part, parent, item, on) or said
    return said


def _write_one(part: Part, parent: etree._Element, values: Values, on: date) -> bool:
    filling = part.filling
    if filling is not None and not part.attributes:
        text = _text(filling, values, on)
        if text is None:
            if part.nil:
                etree.SubElement(parent, part.node.tag).set(NIL, "true")
            return False
        etree.SubElement(parent, part.node.tag).text = text
        return not filling.constant
    element = etree.SubElement(parent, part.node.tag)
    if _fill(part, element, values, on):
        return True
    if part.node.least == 0:
        parent.remove(element)
    return False
