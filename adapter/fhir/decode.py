"""Bytes to JSON, within limits and without losing what JSON readers usually hide.

A name that stands twice in one object, a text that cannot be written as UTF-8 and nesting beyond
:data:`NESTING_MAX` are found by :func:`faults`, each with its path, so that one bad entry of a Bundle is
refused and its neighbours go on.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from adapter.fhir.problems import Problem, ProblemsFound
from adapter.fhir.rules import problem

DOCUMENT_BYTES_MAX = 32 * 1024 * 1024
"""Largest JSON document that is read into memory; NDJSON has no such limit, only :data:`LINE_BYTES_MAX`."""

LINE_BYTES_MAX = 8 * 1024 * 1024
"""Largest line of an NDJSON file, in bytes."""

NESTING_MAX = 64
"""Deepest nesting of objects and lists in one document."""

DOCUMENT = "$"
"""Path of the document itself."""

_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class RepeatedName(dict[str, object]):
    """An object in which some name stands more than once; the last one is kept."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedName(pairs)


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
"""Strict JSON; objects with a repeated name become :class:`RepeatedName`."""


def text_of(raw: bytes, limit: int = DOCUMENT_BYTES_MAX) -> str:
    """The text of a JSON document; a UTF-8 byte order mark is dropped.

    Raises:
        ProblemsFound: too large, XML, or no UTF-8.
    """
    if len(raw) > limit:
        raise ProblemsFound([problem("FHIR-READ-04", DOCUMENT)])
    body = raw.removeprefix(_BOM)
    if body.lstrip()[:1] == b"<":
        raise ProblemsFound([problem("FHIR-READ-02", DOCUMENT)])
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemsFound([problem("FHIR-READ-03", DOCUMENT)]) from error


def json_of(text: str) -> object:
    """The JSON value that ``text`` holds.

    Raises:
        ProblemsFound: it is no JSON, is cut short, or is nested deeper than Python can follow.
    """
    try:
        return DECODER.decode(text)
    except RecursionError as error:
        raise ProblemsFound([problem("FHIR-READ-05", DOCUMENT)]) from error
    except ValueError as error:
        raise ProblemsFound([problem("FHIR-READ-01", DOCUMENT)]) from error


def safe_name(name: object) -> str:
    """A property name for a path; ``?`` for one that is no FHIR name (it could be anybody's)."""
    text = str(name)
    return text if _NAME.fullmatch(text) else "?"


_Way = tuple[Any, object] | str
"""How a place was reached: the way to its owner with a name or an index, or the text it all began with."""


def _path(way: _Way) -> str:
    """A way as FHIRPath; written out only where something is wrong, since most places are well."""
    steps: list[str] = []
    while not isinstance(way, str):
        way, step = way
        steps.append(f"[{step}]" if isinstance(step, int) else f".{safe_name(step)}")
    return way + "".join(reversed(steps))


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def faults(value: object, path: str) -> list[Problem]:
    """What no model shows: names twice, unpaired surrogates, empty values, deep nesting; ``path`` names ``value``."""
    found: list[Problem] = []
    todo: list[tuple[_Way, object, int]] = [(path, value, 1)]
    while todo:
        way, node, depth = todo.pop()
        if isinstance(node, str):
            if not node or not (node.isascii() or _encodable(node)):
                found.append(problem("FHIR-READ-03" if node else "FHIR-SHAPE-08", _path(way)))
            continue
        if not isinstance(node, dict | list):
            continue
        if not node:
            found.append(problem("FHIR-SHAPE-08", _path(way)))
        if depth > NESTING_MAX:
            found.append(problem("FHIR-READ-05", path))
            break
        if isinstance(node, list):
            todo.extend(((way, index), child, depth + 1) for index, child in enumerate(node))
            continue
        if isinstance(node, RepeatedName):
            found.append(problem("FHIR-READ-06", _path(way)))
        if not all(name.isascii() or _encodable(name) for name in node):
            found.append(problem("FHIR-READ-03", _path(way)))
        todo.extend(((way, name), child, depth + 1) for name, child in node.items())
    return found
