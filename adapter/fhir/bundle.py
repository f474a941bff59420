"""A Bundle, an NDJSON file or a single resource as a row of entries, each read by itself.

One bad entry never sinks another. A document that is no JSON at all is one refused entry: nothing of it is
used, since nobody can say what is missing. Entries are named by where they stood: ``slots.json``,
``slots.json#entry[3]`` (as in FHIRPath, from 0), ``slots.ndjson#line[4]`` (as in an editor, from 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from adapter.fhir.decode import DECODER, DOCUMENT, LINE_BYTES_MAX, RepeatedName, json_of, text_of
from adapter.fhir.problems import Problem, ProblemsFound
from adapter.fhir.read import Reading, read_value, refused
from adapter.fhir.reference import target
from adapter.fhir.rules import problem

_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of a document before its resource is checked.

    ``raw`` are exactly the resource's bytes and ``value`` its JSON; ``problems`` are those of the entry
    around it, and a piece that has any is not to be used.
    """

    source: str
    raw: bytes = field(default=b"", repr=False)
    value: object = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource, read, and where it stood; ``raw`` are exactly its bytes."""

    source: str
    reading: Reading
    raw: bytes = field(default=b"", repr=False)


def entry(piece: Piece) -> Entry:
    """Read the resource of a piece."""
    if piece.problems:
        return Entry(piece.source, refused(piece.raw, piece.problems), piece.raw)
    return Entry(piece.source, read_value(piece.value, piece.raw), piece.raw)


def entries(raw: bytes, source: str) -> Iterator[Entry]:
    """The resources of a JSON document: the entries of a Bundle, or the one resource."""
    return map(entry, pieces(raw, source))


def pieces(raw: bytes, source: str) -> Iterator[Piece]:
    """The resources of a JSON document, unchecked."""
    try:
        text = text_of(raw)
        value = json_of(text)
    except ProblemsFound as refusal:
        yield Piece(source, raw, None, refusal.problems)
        return
    if not isinstance(value, Mapping) or value.get("resourceType") != "Bundle":
        yield Piece(source, raw, value)
        return
    yield from _bundle(text, value, source, raw)


def line_pieces(rows: Iterable[bytes], source: str, first: int = 1) -> Iterator[Piece]:
    """The resources of NDJSON, one on a line, unchecked, rows numbered from ``first``; empty ones are passed over."""
    for number, row in enumerate(rows, start=first):
        body = row.strip()
        if not body:
            continue
        where = f"{source}#line[{number}]"
        try:
            value = json_of(text_of(body, LINE_BYTES_MAX))
        except ProblemsFound as refusal:
            yield Piece(where, body[:LINE_BYTES_MAX], None, refusal.problems)
            continue
        if isinstance(value, Mapping) and value.get("resourceType") == "Bundle":
            yield Piece(where, body, None, (problem("FHIR-BUNDLE-03", DOCUMENT),))
            continue
        yield Piece(where, body, value)


def _bundle(text: str, bundle: Mapping[str, object], source: str, raw: bytes) -> Iterator[Piece]:
    rows = bundle.get("entry", [])
    if isinstance(bundle, RepeatedName):
        yield Piece(source, raw, None, (problem("FHIR-READ-06", "Bundle"),))
        return
    if not isinstance(rows, list):
        yield Piece(source, raw, None, (problem("FHIR-BUNDLE-01", "Bundle.entry"),))
        return
    for index, (row, body) in enumerate(zip(rows, _resource_texts(text), strict=True)):
        if isinstance(row, Mapping) and _says_outcome(row):
            continue
        value = row.get("resource") if isinstance(row, Mapping) else None
        yield Piece(f"{source}#entry[{index}]", body, value, _around(row, f"Bundle.entry[{index}]"))


def _says_outcome(row: Mapping[str, object]) -> bool:
    """Whether a search answered a remark about itself and not a match."""
    search = row.get("search")
    return isinstance(search, Mapping) and search.get("mode") == "outcome"


def _around(row: object, path: str) -> tuple[Problem, ...]:
    """What is wrong with an entry before its resource is looked at."""
    if not isinstance(row, Mapping):
        return (problem("FHIR-BUNDLE-01", path),)
    if isinstance(row, RepeatedName):
        return (problem("FHIR-READ-06", path),)
    resource = row.get("resource")
    if resource is None:
        return (problem("FHIR-BUNDLE-02", f"{path}.resource"),)
    if isinstance(resource, Mapping) and resource.get("resourceType") == "Bundle":
        return (problem("FHIR-BUNDLE-03", f"{path}.resource"),)
    full_url = row.get("fullUrl")
    if isinstance(full_url, str) and isinstance(resource, Mapping):
        named = target(full_url)
        if named is not None and not named.type and resource.get("id") not in (None, named.id):
            return (problem("POMOST-BUNDLE-01", f"{path}.fullUrl"),)
    return ()


def _resource_texts(text: str) -> Iterator[bytes]:
    """The bytes of each entry's resource, empty where an entry has none. ``text`` is valid JSON."""
    for name, at in _members(text, _skip(text, 0)):
        if name != "entry" or text[at] != "[":
            continue
        for start in _items(text, at):
            found = b""
            if text[start] == "{":
                for part, value_at in _members(text, start):
                    if part == "resource":
                        _, end = DECODER.raw_decode(text, value_at)
                        found = text[value_at:end].encode("utf-8", "surrogatepass")
            yield found


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space is not None else at


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Name and start of the value of each member of the object that starts at ``at``."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        yield str(name), at
        _, at = DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _items(text: str, at: int) -> Iterator[int]:
    """Start of each item of the list that starts at ``at``."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        yield at
        _, at = DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
