"""Small words for building answers and reading requests that the schema has already accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from typing import TypeVar

from lxml import etree

from adapter.simulator.answers import malformed

T = TypeVar("T", date, datetime)


def add(parent: etree._Element, tag: str, text: str | None) -> None:
    """Append a text element; nothing when ``text`` is None."""
    if text is not None:
        etree.SubElement(parent, tag).text = text


def need(element: etree._Element, path: str) -> str:
    """Text of a descendant. Raises Fault when it is not there."""
    found = _text(element, path)
    if found is None:
        raise malformed("a required element is missing")
    return found.strip()


class Texts(dict[str, str]):
    """The texts of an element's children by tag, read in one pass: many times as quick as asking for each."""

    def __init__(self, element: etree._Element) -> None:
        super().__init__([(str(child.tag), (child.text or "").strip()) for child in element])

    def __missing__(self, tag: str) -> str:
        raise malformed("a required element is missing")


def maybe(element: etree._Element, path: str) -> str | None:
    """Text of a descendant, None when it is not there."""
    found = _text(element, path)
    return None if found is None else found.strip()


def _text(element: etree._Element, path: str) -> str | None:
    """The text at a path; a path of one step goes without lxml's path reader, which is much slower."""
    if not path.startswith("{") or "/" in path.partition("}")[2]:
        return element.findtext(path)
    child = next(element.iterchildren(path), None)
    return None if child is None else child.text or ""


def instant(text: str) -> datetime:
    """An xs:dateTime with its zone. Raises Fault for what Python cannot hold."""
    return _parsed(text, datetime.fromisoformat)


def day(text: str) -> date:
    """An xs:date. Raises Fault for what Python cannot hold."""
    return _parsed(text, date.fromisoformat)


def written(value: datetime) -> str:
    """An instant as xs:dateTime in UTC."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parsed(text: str, read: Callable[[str], T]) -> T:
    try:
        value = read(text)
    except ValueError as wrong:
        raise malformed("a date or time cannot be read") from wrong
    if not MINYEAR < value.year < MAXYEAR:  # elsewhere in the world it may be a day that no calendar holds
        raise malformed("a date or time is outside the calendar")
    return value
