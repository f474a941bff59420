"""The content of a request, built from values of ours by compiled binding rows.

Elements come out in the order of the schema. An element is written when something in it has a
value; a required element also when empty, and the schema then says what it misses. A constant by
itself does not make an optional element appear; one that a field's value asks for (``when``) does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from adapter.errors import BadInput
from adapter.soap.rows import ABSENT, EQUAL, PRESENT, When
from adapter.soap.structure import Node
from adapter.soap.values import Encode

Values = Mapping[str, object]
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{XSI}}}nil"
ITEMS = "[*]"
"""Key of the items that stand in one element of a spread list."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into one text: our field as keys of nested mappings, or a constant.

    It counts ``when`` its condition holds, and else what ``otherwise`` says; without one, nothing goes in.
    """

    field: str
    keys: tuple[str, ...]
    encode: Encode | None
    constant: str = ""
    when: When | None = None
    otherwise: Filling | None = None

    @property
    def says(self) -> bool:
        """Whether it says something of ours; a constant does when a value of ours asked for it."""
        return self.encode is not None or (self.when is not None and self.when.how != ABSENT)


@dataclass(slots=True)
class Part:
    """An element to write: its node, what fills it, what it holds. ``group`` names the list it repeats for.

    With ``spread`` it does not repeat for each item, but for each run of items that say the same of it; the
    list inside it then repeats for these.
    """

    node: Node
    order: int = 0
    filling: Filling | None = None
    group: tuple[str, ...] | None = None
    attributes: list[tuple[str, Filling]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    spread: bool = False

    @property
    def nil(self) -> bool:
        """Whether it is written as nil when it has no value: the contract asks for it and lets it be nil."""
        return self.group is None and self.node.nillable and self.node.least > 0

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


def needs_the_long_way(part: Part) -> bool:
    """Whether a message holds what only this module can write: nil, conditions, spread lists."""
    fillings = [each for _, each in part.attributes] + ([part.filling] if part.filling is not None else [])
    return (
        part.nil
        or part.spread
        or any(each.when is not None or (each.encode is None and not each.constant) for each in fillings)
        or any(needs_the_long_way(inner) for inner in part.parts)
    )


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


def _holds(when: When, values: Values) -> bool:
    value = value_at(values, when.keys)
    there = value is not None and value != ""
    if when.how in (PRESENT, ABSENT):
        return there == (when.how == PRESENT)
    return there and (value == when.value) == (when.how == EQUAL)


def _counting(filling: Filling | None, values: Values) -> Filling | None:
    """The first filling of a place whose condition holds."""
    while filling is not None and filling.when is not None and not _holds(filling.when, values):
        filling = filling.otherwise
    return filling


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
    for tag, alternatives in part.attributes:
        filling = _counting(alternatives, values)
        text = _text(filling, values, on) if filling is not None else None
        if filling is not None and text is not None:
            element.set(tag, text)
            said = said or filling.says
    filling = _counting(part.filling, values)
    if filling is not None:
        text = _text(filling, values, on)
        if text is not None:
            element.text = text or None
            said = said or filling.says
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
    for item in _runs(part, items, on) if part.spread else items:
        said = _write_one(part, parent, item, on) or said
    return said


def _runs(part: Part, items: Sequence[Values], on: date) -> Iterator[Values]:
    """The items as they stand in a ``spread`` element: what they have in common, and themselves as a list."""
    runs: dict[tuple[object, ...], list[Values]] = {}
    for item in items:
        runs.setdefault(tuple(_own_texts(part, item, on)), []).append(item)
    for run in runs.values():
        yield {**run[0], ITEMS: run}


def _own_texts(part: Part, values: Values, on: date) -> Iterator[object]:
    """The texts in an element but for those in its lists."""
    for alternatives in (*(each for _, each in part.attributes), part.filling):
        filling = _counting(alternatives, values)
        yield None if filling is None else _text(filling, values, on)
    for inner in part.parts:
        if inner.group is None:
            yield from _own_texts(inner, values, on)


def _write_one(part: Part, parent: etree._Element, values: Values, on: date) -> bool:
    if part.filling is not None and not part.attributes and not part.parts:
        filling = _counting(part.filling, values)
        text = _text(filling, values, on) if filling is not None else None
        if filling is None or text is None:
            if part.nil:
                etree.SubElement(parent, part.node.tag).set(NIL, "true")
            return False
        etree.SubElement(parent, part.node.tag).text = text or None
        return filling.says
    element = etree.SubElement(parent, part.node.tag)
    if _fill(part, element, values, on):
        return True
    if part.node.least == 0:
        parent.remove(element)
    elif part.nil:
        del element[:]
        element.text = None
        element.set(NIL, "true")
    return False
