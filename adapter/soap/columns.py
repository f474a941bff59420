"""Lists in a reply read column by column: the way of large lists, many times faster than row by row.

All texts of one field stand in one answer of a compiled XPath, so a list of 5,000 rows costs a dozen
calls instead of 50,000 steps. This way is only for messages that their schema found valid, and it
takes only what is beyond doubt; it gives up (:class:`NotThisWay`) as soon as a value does not decode,
a needed one is missing, or a comment or entity could cut a text in two. The row-by-row reader
(:mod:`adapter.soap.reading`) then reads the same message and says which row is to blame. Property
tests hold both to the same values. Source: architecture.md D7, performance.md B2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

from adapter.errors import Rejected
from adapter.soap.alike_rows import AlikeRows
from adapter.soap.contract import Operation
from adapter.soap.grid import MISSING, Grid, Keys
from adapter.soap.reading import Reading, read_valid, text_of
from adapter.soap.sources import Joining, Source, Taking
from adapter.soap.values import Decode, is_instant, is_plain_text, joined

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_Path = Callable[[etree._Element], Any]
"""A compiled XPath: the texts or elements below the content of the message, or a truth."""


OTHERS_MAX = 2
"""Rows are looked at together when so many kinds of children at most must be shown to be absent."""


class NotThisWay(Exception):
    """The message needs the row-by-row reader."""


class _Known(dict[str, object]):
    """Text -> value for one type in one reply: each text is decoded once."""

    def __init__(self, decode: Decode, on: date) -> None:
        super().__init__()
        self._decode, self._on = decode, on

    def __missing__(self, text: str) -> object:
        value = self[text] = self._decode(text, self._on)
        return value


@dataclass(slots=True)
class _Once:
    """What one reading keeps: the day, and each type's known texts."""

    on: date
    known: dict[Decode, _Known] = field(default_factory=dict)

    def decoded(self, taking: Taking, texts: list[str]) -> list[Any]:
        """The texts as values. Raises ValueError, TypeError (a comment among them) or Rejected."""
        "".join(texts)
        if is_plain_text(taking.decode):
            return texts
        if is_instant(taking.decode):
            values = list(map(datetime.fromisoformat, texts))
            if {each.tzinfo for each in values} == {UTC}:
                return values
        known = self.known.get(taking.decode)
        if known is None:
            known = self.known[taking.decode] = _Known(taking.decode, self.on)
        return list(map(known.__getitem__, texts))


@dataclass(frozen=True, slots=True)
class _Column:
    """One field of a list: where all its texts are, where the elements that hold them, how deep below the row.

    Whatever stands in such an element is asked for, so that a comment, which could cut a text in two, shows.
    """

    taking: Taking
    texts: _Path
    elements: _Path
    depth: int
    attribute: str = ""
    tag: str = ""

    def read(
        self, content: etree._Element, rows: _Rows, once: _Once, whole: Mapping[str, list[str]] | None
    ) -> list[Any] | None:
        """A value for each row; None when no row has one. ``whole`` are the texts by tag, if known already."""
        known = None if whole is None else whole.get(self.tag, []) if self.depth == 1 else []
        texts = self.texts(content) if known is None else known
        if not texts and whole is not None and not self.taking.required:
            return None
        if len(texts) == rows.count and not (self.attribute and "" in texts):
            return once.decoded(self.taking, texts)
        if self.taking.required:
            raise NotThisWay
        values: list[Any] = [MISSING] * rows.count
        some = False
        for element in self.elements(content):
            text = element.get(self.attribute) if self.attribute else text_of(element)
            if text:
                (values[rows.number(element, self.depth)],) = once.decoded(self.taking, [text])
                some = True
        return values if some else None


@dataclass(frozen=True, slots=True)
class _Alike:
    """Texts of rows that all have the same children: found at once, when it is certain that they have.

    The schema says in which order the children stand, and each at most once. So rows are alike when
    there are as many children as the first row has, times the rows, and none of the other tags; no
    row may say (xsi:type) that it is of a type that holds more.
    """

    declared: tuple[str, ...]
    simple: frozenset[str]
    count: _Path
    nodes: _Path
    has: Mapping[str, _Path]
    typed: _Path

    def read(self, content: etree._Element, rows: _Rows) -> dict[str, list[str]] | None:
        """Texts by tag, one a row; None when the rows are not certainly alike."""
        present = [str(child.tag) for child in rows.first]
        others = [tag for tag in self.declared if tag not in present]
        wide = len(present)
        if not wide or not self.simple.issuperset(present) or len(set(present)) != wide or len(others) > OTHERS_MAX:
            return None
        if self.typed(content) or self.count(content) != wide * rows.count:
            return None
        if any(self.has[tag](content) for tag in others):
            return None
        nodes = self.nodes(content)
        if len(nodes) != wide * rows.count:
            return None
        return {tag: nodes[place::wide] for place, tag in enumerate(present)}


class _Rows:
    """The row elements of a list; they are made and numbered when first asked for: mostly one is enough."""

    def __init__(self, content: etree._Element, every: _Path, size: _Path, first: _Path) -> None:
        self._content, self._every, self._first = content, every, first
        self.count = int(size(content))
        self._elements: list[etree._Element] = []
        self._numbers: dict[etree._Element, int] = {}

    @property
    def first(self) -> etree._Element:
        """The first row, of a list that has one."""
        found: etree._Element = self._first(self._content)[0]
        return found

    @property
    def elements(self) -> list[etree._Element]:
        """All rows."""
        if not self._elements:
            self._elements = self._every(self._content)
        return self._elements

    def number(self, element: etree._Element, depth: int) -> int:
        """The number of the row that an element ``depth`` below it belongs to."""
        if not self._numbers:
            self._numbers = {row: n for n, row in enumerate(self.elements)}
        above: etree._Element | None = element
        for _ in range(depth):
            above = above.getparent() if above is not None else None
        if above is None:
            raise NotThisWay
        return self._numbers[above]


@dataclass(frozen=True, slots=True)
class _List:
    """A list, compiled: ``depth`` is that of its rows below the row that holds them (0: the message)."""

    keys: Keys
    rows: _Path
    size: _Path
    first: _Path
    columns: tuple[_Column, ...]
    inner: tuple[_List, ...]
    joinings: tuple[Joining, ...]
    depth: int
    alike: _Alike | None
    proven: AlikeRows | None = None

    def read_proven(self, content: etree._Element, once: _Once) -> Grid | None:
        """The rows of a message that nobody tried yet, found valid on the way; None: it must be tried first."""
        rows = _Rows(content, self.rows, self.size, self.first)
        if self.proven is None or not rows.count:
            return None
        whole = self.proven.texts(content, rows.first, rows.count)
        return self._grid(content, once, rows, whole) if whole is not None else None

    def read(self, content: etree._Element, once: _Once) -> tuple[_Rows, Grid]:
        """The rows of a valid message."""
        rows = _Rows(content, self.rows, self.size, self.first)
        if not rows.count:
            return rows, Grid(0, {})
        whole = self.alike.read(content, rows) if self.alike is not None else None
        return rows, self._grid(content, once, rows, whole)

    def _grid(self, content: etree._Element, once: _Once, rows: _Rows, whole: Mapping[str, list[str]] | None) -> Grid:
        columns: dict[Keys, Sequence[object]] = {}
        for column in self.columns:
            found = column.read(content, rows, once, whole)
            if found is not None:
                columns[column.taking.keys] = found
        for joining in self.joinings:
            instants = _joined(columns.pop(joining.day, None), columns.pop(joining.hour, None))
            if instants is not None:
                columns[joining.keys] = instants
        for each in self.inner if whole is None else ():
            inside, grid = each.read(content, once)
            if grid:
                held: list[Any] = [MISSING] * rows.count
                for element, row in zip(inside.elements, grid, strict=True):
                    number = rows.number(element, each.depth)
                    if held[number] is MISSING:
                        held[number] = []
                    held[number].append(row)
                columns[each.keys] = held
        return Grid(rows.count, columns)


def _joined(days: Sequence[Any] | None, hours: Sequence[Any] | None) -> list[object] | None:
    """The instants of a column of dates and one of times."""
    if days is None and hours is None:
        return None
    if days is None or hours is None:
        raise NotThisWay
    known: dict[tuple[Any, Any], object] = {(MISSING, MISSING): MISSING}
    for pair in set(zip(days, hours, strict=True)) - known.keys():
        if MISSING in pair:
            raise NotThisWay
        known[pair] = joined(*pair)
    return [known[pair] for pair in zip(days, hours, strict=True)]


class ListPlan:
    """How the lists of one reply are read by columns, and what is left for the row-by-row reader."""

    def __init__(self, lists: Sequence[_List], rest: Source) -> None:
        self._lists = tuple(lists)
        self._rest = rest

    def __call__(self, content: etree._Element, on: date, *, tried: bool = True) -> Reading | None:
        """The reading of a message that the schema found valid (``tried``), or that is found so on the way.

        None: it must be tried as a whole (if it was not), or read row by row.
        """
        if content.getroottree().docinfo.internalDTD is not None:
            return None
        once = _Once(on)
        try:
            if tried:
                grids = [(each.keys, each.read(content, once)[1]) for each in self._lists]
            else:
                only = self._lists[0].read_proven(content, once) if len(self._lists) == 1 else None
                if only is None:
                    return None
                grids = [(self._lists[0].keys, only)]
        except (NotThisWay, ValueError, TypeError, Rejected):
            return None
        reading = read_valid(self._rest, content, on)
        for keys, grid in grids:
            if grid:
                place = reading.values
                for key in keys[:-1]:
                    place = place.setdefault(key, {})
                place[keys[-1]] = grid
        return reading


def plan_lists(root: Source, contract: Operation) -> ListPlan | None:
    """The plan for the reply of an operation; None when it has no list that can be read by columns."""
    lists: list[_List] = []
    rest = _without_lists(root, (), lists, contract)
    return ListPlan(lists, rest or replace(root, sources={})) if lists else None


def _without_lists(source: Source, path: tuple[str, ...], lists: list[_List], contract: Operation) -> Source | None:
    """The source without the lists that can be planned (these are collected); None when nothing is left."""
    kept: dict[str, Source] = {}
    for tag, each in source.sources.items():
        planned = _plan(each, (*path, tag), 0) if each.group is not None else None
        if planned is not None:
            lists.append(replace(planned, proven=AlikeRows.of(contract, (*path, tag))))
            continue
        left = each if each.group is not None else _without_lists(each, (*path, tag), lists, contract)
        if left is not None:
            kept[tag] = left
    if not kept and source.taking is None and not source.attributes and path:
        return None
    return replace(source, sources=kept)


def _plan(source: Source, path: tuple[str, ...], depth: int) -> _List | None:
    """A list as compiled; None when it holds something of which a row may have several."""
    columns: list[_Column] = []
    inner: list[_List] = []
    if source.taking is not None or not _collect(source, path, (), columns, inner):
        return None
    keys = [*(each.taking.keys for each in columns), *(each.keys for each in inner)]
    if len(set(keys)) != len(keys):
        return None
    joinings, alike = tuple(source.joinings), _alike(source, path)
    every, size, first = (_compiled(path, form) for form in ("{0}", "count({0})", "({0})[1]"))
    return _List(source.group or (), every, size, first, tuple(columns), tuple(inner), joinings, depth, alike)


def _alike(source: Source, path: tuple[str, ...]) -> _Alike | None:
    """For rows of texts without attributes, in a known order."""
    texts = {tag for tag, each in source.sources.items() if each.taking and not each.sources and not each.attributes}
    if not source.declared or source.attributes or not all(source.sources[tag].once for tag in texts):
        return None
    has = {tag: _compiled((*path, tag), "boolean({0})") for tag in source.declared}
    count, nodes = _compiled(path, "count({0}/*)"), _compiled(path, "{0}/*/node()")
    typed = _compiled(path, "boolean({0}/@{1})", f"{{{XSI}}}type")
    return _Alike(source.declared, frozenset(texts), count, nodes, has, typed)


def _collect(
    source: Source, path: tuple[str, ...], below: tuple[str, ...], columns: list[_Column], inner: list[_List]
) -> bool:
    if source.nillable and source.attributes:
        return False
    here, depth = (*path, *below), len(below)
    elements = _compiled(here)
    for tag, taking in source.attributes:
        columns.append(_Column(taking, _compiled(here, "{0}/@{1}", tag), elements, depth, tag))
    if source.taking is not None:
        columns.append(_Column(source.taking, _compiled(here, "{0}/node()"), elements, depth, tag=source.tag))
    for tag, each in source.sources.items():
        if each.group is not None:
            planned = _plan(each, (*here, tag), depth + 1)
            if planned is None:
                return False
            inner.append(planned)
        elif not each.once or not _collect(each, path, (*below, tag), columns, inner):
            return False
    return True


def _compiled(path: Sequence[str], form: str = "{0}", attribute: str = "") -> _Path:
    prefixes: dict[str, str] = {}

    def short(tag: str) -> str:
        name = etree.QName(tag)
        if not name.namespace:
            return name.localname
        return f"{prefixes.setdefault(name.namespace, f'n{len(prefixes)}')}:{name.localname}"

    expression = form.format("/".join(map(short, path)), short(attribute) if attribute else "")
    return etree.XPath(
        expression, namespaces={prefix: uri for uri, prefix in prefixes.items()} or None, smart_strings=False
    )
