"""Small words for building answers and reading requests that the schema has already accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from lxml import etree

from adapter.simulator.answers import malformed

T = TypeVar("T")


def add(parent: etree._Element, tag: str, text: str | None) -> None:
    """Append a text element; nothing when ``text`` is None."""
    if text is not None:
        etree.SubElement(parent, tag).text = text


def need(element: etree._Element, path: str) -> str:
    """Text of a descendant. Raises Fault when it is not there."""
    found = element.findtext(path)
    if found is None:
        raise malformed("a required element is missing")
    return found.strip()


def maybe(element: etree._Element, path: str) -> str | None:
    """Text of a descendant, None when it is not there."""
    found = element.findtext(path)
    return None if found is None else found.strip()


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
        return read(text)
    except ValueError as wrong:
        raise malformed("a date or time cannot be read") from wrong
