"""What may happen to a message on its way: changes of its bytes and of its elements, chosen by hypothesis."""

from __future__ import annotations

import copy
from collections.abc import Callable

from hypothesis import strategies as st
from lxml import etree

STRANGE_TEXTS = [
    "",
    " ",
    "0",
    "-1",
    "9" * 5000,
    "true",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01",
    "2026-10-25T02:30:00",
    "2026-12-01T24:00:00Z",
    "+12345-01-01",
    "NaN",
    "=" * 40,
    "\u0661\u0662",
    "\U0001f642",
    "urn:csioz:p1:kod:major:Sukces",
    "urn:csioz:p1:kod:major:Sukces ",
    "x" * 300,
]
STRANGE_NAMESPACES = ["", "urn:x", "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2001/XInclude"]
STRANGE_ATTRIBUTES = [
    "{http://www.w3.org/2001/XMLSchema-instance}nil",
    "{http://www.w3.org/2001/XMLSchema-instance}type",
    "{http://www.w3.org/XML/1998/namespace}id",
    "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}Id",
    "Id",
    "URI",
    "Algorithm",
]

Change = Callable[[list[etree._Element]], None]
places = st.integers(min_value=0, max_value=10_000)


def _at(elements: list[etree._Element], place: int) -> etree._Element:
    """An element that is not the root, where there is one."""
    return elements[1 + place % (len(elements) - 1)] if len(elements) > 1 else elements[0]


def _drop(place: int) -> Change:
    def change(elements: list[etree._Element]) -> None:
        element = _at(elements, place)
        if (parent := element.getparent()) is not None:
            parent.remove(element)

    return change


def _double(place: int) -> Change:
    def change(elements: list[etree._Element]) -> None:
        element = _at(elements, place)
        if element.getparent() is not None:
            element.addnext(copy.deepcopy(element))

    return change


def _move(place: int, target: int) -> Change:
    def change(elements: list[etree._Element]) -> None:
        element, into = _at(elements, place), elements[target % len(elements)]
        if element.getparent() is not None and element is not into and element not in into.iterancestors():
            into.append(element)

    return change


def _wrap(place: int, target: int) -> Change:
    """Move an element into a new one at another place, and leave a copy with another text where it stood."""

    def change(elements: list[etree._Element]) -> None:
        element, into = _at(elements, place), elements[target % len(elements)]
        parent = element.getparent()
        if parent is None or element is into or element in into.iterancestors():
            return
        evil = copy.deepcopy(element)
        next(each for each in evil.iter() if len(each) == 0).text = "changed"
        parent.replace(element, evil)
        etree.SubElement(into, "{urn:attack}wrapper").append(element)

    return change


def _reverse(place: int) -> Change:
    def change(elements: list[etree._Element]) -> None:
        element = elements[place % len(elements)]
        element[:] = list(reversed(element))

    return change


def _rename(place: int, namespace: str) -> Change:
    def change(elements: list[etree._Element]) -> None:
        element = elements[place % len(elements)]
        local = etree.QName(element).localname
        element.tag = f"{{{namespace}}}{local}" if namespace else local

    return change


def _retext(place: int, text: str) -> Change:
    def change(elements: list[etree._Element]) -> None:
        leaves = [each for each in elements if len(each) == 0] or elements
        leaves[place % len(leaves)].text = text

    return change


def _attribute(place: int, name: str, value: str) -> Change:
    def change(elements: list[etree._Element]) -> None:
        elements[place % len(elements)].set(name, value)

    return change


def _deepen(place: int, depth: int) -> Change:
    def change(elements: list[etree._Element]) -> None:
        parent = elements[place % len(elements)]
        for _ in range(depth):
            parent = etree.SubElement(parent, "{urn:deep}n")

    return change


_NAMED = st.sampled_from(STRANGE_NAMESPACES)
_TEXTS = st.one_of(
    st.sampled_from(STRANGE_TEXTS), st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(_drop, places),
    st.builds(_double, places),
    st.builds(_move, places, places),
    st.builds(_wrap, places, places),
    st.builds(_reverse, places),
    st.builds(_rename, places, _NAMED),
    st.builds(_retext, places, _TEXTS),
    st.builds(_retext, places, _TEXTS),
    st.builds(
        _attribute, places, st.sampled_from(STRANGE_ATTRIBUTES), st.sampled_from(["true", "x", "Body", "ws:T", ""])
    ),
    st.builds(_deepen, places, st.sampled_from([1, 3, 300])),
)


def changed(root: etree._Element, changes: list[Change]) -> etree._Element:
    """A copy of an element after these changes."""
    made = copy.deepcopy(root)
    for change in changes:
        change(list(made.iter(etree.Element)))
    return made


def _flip(raw: bytes, place: int, byte: int) -> bytes:
    at = place % len(raw)
    return raw[:at] + bytes([byte]) + raw[at + 1 :]


def _cut(raw: bytes, place: int, byte: int) -> bytes:
    return raw[: place % len(raw)]


def _insert(raw: bytes, place: int, byte: int) -> bytes:
    at = place % len(raw)
    return raw[:at] + bytes([byte]) * (1 + byte % 3) + raw[at:]


def _swap(raw: bytes, place: int, byte: int) -> bytes:
    """Two neighbouring parts of markup change places."""
    parts = raw.split(b"<")
    at = 1 + place % max(1, len(parts) - 2)
    parts[at : at + 2] = reversed(parts[at : at + 2])
    return b"<".join(parts)


BYTE_CHANGES: st.SearchStrategy[Callable[[bytes], bytes]] = st.builds(
    lambda how, place, byte: lambda raw: how(raw, place, byte),
    st.sampled_from([_flip, _flip, _cut, _insert, _swap]),
    st.integers(min_value=0, max_value=100_000),
    st.integers(min_value=0, max_value=255),
)
