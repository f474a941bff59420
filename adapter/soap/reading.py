"""Values of ours, read from the content of a reply by compiled binding rows.

The reply is judged by its schema first. A row of a list that the schema or a code table refuses
becomes an :class:`UnreadableRow` with its position and the kind of problem; its neighbours are read.
Anything else that is wrong makes the whole reply unreadable. No value of a message is in a problem.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Protocol

from lxml import etree

from adapter.domain.national import UnreadableRow
from adapter.errors import Rejected
from adapter.soap.contract import problems_of
from adapter.soap.refused_rows import REFUSED_ROWS_MAX, SHOWN_SCHEMA_PROBLEMS_MAX, hopeless, refused_rows
from adapter.soap.sources import Joining, Source, Taking, Telling
from adapter.soap.values import joined

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class UnreadableReply(ValueError):
    """A reply that is not what the contract says. The message holds no value of it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply said: nested mappings and lists by our field names, and the rows that could not be read.

    ``unknown_code`` is the first refusal of a code table in one of those rows.
    """

    values: dict[str, Any]
    unreadable: tuple[UnreadableRow, ...] = ()
    unknown_code: Rejected | None = None


def text_of(element: etree._Element) -> str:
    """All text directly in an element; a comment in between cuts nothing off."""
    if len(element) == 0:
        return element.text or ""
    return (element.text or "") + "".join(each.tail or "" for each in element)


def _put(values: dict[str, Any], keys: tuple[str, ...], value: object) -> None:
    for key in keys[:-1]:
        values = values.setdefault(key, {})
    values[keys[-1]] = value


def _has(values: dict[str, Any], keys: tuple[str, ...]) -> bool:
    found: Any = values
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


def _take(taking: Taking, text: str, on: date, values: dict[str, Any]) -> None:
    if not text and not taking.required:
        return
    try:
        value = taking.decode(text, on)
    except ValueError as problem:
        raise UnreadableReply(f"{taking.field}: {_kind_of(problem)}") from problem
    if len(taking.keys) == 1:
        values[taking.keys[0]] = value
    else:
        _put(values, taking.keys, value)


def _tell(tellings: Sequence[Telling], text: str, on: date, values: dict[str, Any]) -> None:
    """Take a text for every row that it counts for.

    Raises:
        UnreadableReply: it counts for none, is no value, or a field was said differently before.
    """
    counted = False
    for each in tellings:
        taking = each.taking
        try:
            value = taking.decode(text, on)
        except ValueError as problem:
            raise UnreadableReply(f"{taking.field}: {_kind_of(problem)}") from problem
        if each.constant is not None and value != each.constant:
            continue
        counted = True
        if each.takes:
            _put_once(values, taking.keys, value, taking.field)
        if each.told:
            _put_once(values, each.told, each.value, ".".join(each.told))
    if not counted:
        raise UnreadableReply(f"{'.'.join(tellings[0].told)}: a text that no row of the binding knows")


def _refuse_a_second(tags: frozenset[str], element: etree._Element) -> None:
    there = Counter(child.tag for child in element if child.tag in tags and child.get(NIL) not in ("true", "1"))
    for tag, times in there.items():
        if times > 1:
            raise UnreadableReply(f"{etree.QName(str(tag)).localname} stands more than once")


def _put_once(values: dict[str, Any], keys: tuple[str, ...], value: object, name: str) -> None:
    found: Any = values
    for key in keys[:-1]:
        found = found.setdefault(key, {})
    if found.setdefault(keys[-1], value) != value:
        raise UnreadableReply(f"{name} is said twice, and differently")


def _join(joining: Joining, values: dict[str, Any]) -> None:
    day, hour = _taken_out(values, joining.day), _taken_out(values, joining.hour)
    if day is None and hour is None:
        return
    if day is None or hour is None:
        raise UnreadableReply(f"{joining.field} has a date or a time only")
    try:
        _put(values, joining.keys, joined(day, hour))
    except ValueError as problem:
        raise UnreadableReply(f"{joining.field}: {_kind_of(problem)}") from problem


def _taken_out(values: dict[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys[:-1]:
        values = values.get(key, {})
    return values.pop(keys[-1], None)


def _kind_of(problem: ValueError) -> str:
    """The problem's own words when they are ours; the standard library's quote the value."""
    text = str(problem)
    return "not a value of its type" if "'" in text or ":" in text else text


class _Run:
    """One reading: the day, the rows refused by the schema, the rows found unreadable on the way."""

    def __init__(self, on: date, refused: Mapping[etree._Element, str]) -> None:
        self.on = on
        self.refused = refused
        self.unreadable: list[UnreadableRow] = []
        self.unknown_code: Rejected | None = None
        self.seen: Counter[tuple[str, ...]] = Counter()

    def read(
        self,
        source: Source,
        element: etree._Element,
        values: dict[str, Any],
        *,
        inside_row: bool,
        said: Mapping[str, Any] | None = None,
    ) -> None:
        """Read an element into ``values``; ``said`` is what a spread element around it says of each item."""
        for tag, taking in source.attributes:
            text = element.get(tag)
            if text is not None:
                _take(taking, text, self.on, values)
        if source.taking is not None:
            _take(source.taking, text_of(element), self.on, values)
        for place, tellings in source.tellings:
            text = element.get(place) if place else text_of(element)
            if text or (text is not None and tellings[0].by_being_there):
                _tell(tellings, text, self.on, values)
        if source.onlies:
            _refuse_a_second(source.onlies, element)
        if source.sources:
            self.read_inside(source, element, values, inside_row=inside_row, said=said)
        for needed in source.required:
            if not _has(values, needed.keys):
                raise UnreadableReply(f"{needed.field} is missing")
        for joining in source.joinings:
            _join(joining, values)

    def read_inside(
        self,
        source: Source,
        element: etree._Element,
        values: dict[str, Any],
        *,
        inside_row: bool,
        said: Mapping[str, Any] | None,
    ) -> None:
        """Read the elements in an element."""
        for child in element:
            found = source.sources.get(child.tag)
            if found is None or (found.nillable and child.get(NIL) in ("true", "1")):
                continue
            taking = found.taking
            if found.group is not None:
                self.read_row(found, child, values, inside_row=inside_row, said=said)
            elif found.own is not None and found.rest is not None:
                inherited = copy.deepcopy(dict(said or {}))
                self.read(found.own, child, inherited, inside_row=inside_row)
                self.read(found.rest, child, values, inside_row=inside_row, said=inherited)
            elif taking is not None and not (found.sources or found.attributes or found.tellings):
                _take(taking, text_of(child), self.on, values)
            else:
                self.read(found, child, values, inside_row=inside_row, said=said)

    def read_row(
        self,
        source: Source,
        element: etree._Element,
        values: dict[str, Any],
        *,
        inside_row: bool,
        said: Mapping[str, Any] | None = None,
    ) -> None:
        """Read an item of a list; one outside any other that makes no value is put aside with its position."""
        group = source.group or ()
        items = values
        for key in group[:-1]:
            items = items.setdefault(key, {})
        rows: list[dict[str, Any]] = items.setdefault(group[-1], [])
        item: dict[str, Any] = copy.deepcopy(dict(said)) if said else {}
        if inside_row:
            self.read(source, element, item, inside_row=True)
            rows.append(item)
            return
        self.seen[group] += 1
        problem = self.refused.get(element)
        if problem is None:
            try:
                self.read(source, element, item, inside_row=True)
            except UnreadableReply as wrong:
                problem = str(wrong)
            except Rejected as unknown:
                problem = str(unknown)
                self.unknown_code = self.unknown_code or unknown
        if problem is None:
            rows.append(item)
        else:
            self.unreadable.append(UnreadableRow(f"{'.'.join(group)}[{self.seen[group]}]", problem))


class Lists(Protocol):
    """A quicker reader of messages (``columns.ListPlan``)."""

    def __call__(self, content: etree._Element, on: date, *, tried: bool = True) -> Reading | None:
        """The reading of a message that is valid, ``tried`` or found so on the way; None: not this way."""


def read(
    root: Source, content: etree._Element, schema: etree.XMLSchema, on: date, quick: Lists | None = None
) -> Reading:
    """Read a reply, with ``quick`` if it can.

    Raises:
        UnreadableReply: it is another message, or not what the schema says outside the rows of lists.
        Rejected: a code outside the rows of lists is unknown (``UNKNOWN_NATIONAL_CODE``).
    """
    if content.tag != root.tag:
        raise UnreadableReply("another message than the operation's answer")
    refused: dict[etree._Element, str] = {}
    if quick is not None and (found := quick(content, on, tried=False)) is not None:
        return found
    if hopeless(partial(_rows, root), content, schema):
        raise UnreadableReply(f"over {REFUSED_ROWS_MAX} rows of its lists are not what the schema says")
    problems = problems_of(schema, content)
    if problems:
        refused = refused_rows(partial(_rows, root), content, schema)
        if not refused:
            raise UnreadableReply("; ".join(str(each) for each in problems[:SHOWN_SCHEMA_PROBLEMS_MAX]))
    elif quick is not None and (found := quick(content, on)) is not None:
        return found
    return read_valid(root, content, on, refused)


def read_valid(
    root: Source, content: etree._Element, on: date, refused: Mapping[etree._Element, str] | None = None
) -> Reading:
    """Read row by row a message that the schema found valid but for the rows in ``refused``.

    Raises:
        UnreadableReply, Rejected: as :func:`read`.
    """
    run = _Run(on, refused or {})
    values: dict[str, Any] = {}
    run.read(root, content, values, inside_row=False)
    return Reading(values, tuple(run.unreadable), run.unknown_code)


def read_loosely(root: Source, content: etree._Element) -> dict[str, Any]:
    """What can be read of a message that no schema judged; rows that cannot be read are left out."""
    run = _Run(date.min, {})
    values: dict[str, Any] = {}
    try:
        run.read(root, content, values, inside_row=False)
    except UnreadableReply:
        return {}
    return values


def _rows(source: Source, element: etree._Element) -> Iterator[tuple[etree._Element, etree._Element]]:
    """(container, row) of every outermost row of a list, in the order of the document."""
    for child in element:
        found = source.sources.get(child.tag)
        if found is None:
            continue
        if found.group is not None:
            yield element, child
        else:
            yield from _rows(found, child)
