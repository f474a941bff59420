"""Which rows of a list a schema refuses, found without trying each of them.

A list is tried whole, then in halves, in an otherwise same message that has no other rows: two of
100,000 rows are found in some 70 trials. Each problem costs libxml2 a walk over the rows before it, so a very long
message is first tried piece by piece, until it is known that few of its rows are wrong. Source: security.md "XML and
HTTP" (no answer may cost more than its size lets expect).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import cast

from lxml import etree

from adapter.soap.contract import problems_of

REFUSED_ROWS_MAX = 1000
"""Rows that are named; an answer with more wrong rows is no list that anybody should work with."""
SHOWN_SCHEMA_PROBLEMS_MAX = 3
LONG_MESSAGE_ELEMENTS = 200_000
"""From so many elements on a message is tried piece by piece first: some 15,000 slots."""
PIECE_ROWS = 1000
_count = etree.XPath("count(descendant::*)")

Rows = Callable[[etree._Element], Iterable[tuple[etree._Element, etree._Element]]]
"""(container, row) of every outermost row of a message, in the order of the document."""


def hopeless(rows: Rows, content: etree._Element, schema: etree.XMLSchema) -> bool:
    """Whether a very long message has over :data:`REFUSED_ROWS_MAX` rows that the schema refuses."""
    if int(cast("float", _count(content))) < LONG_MESSAGE_ELEMENTS:
        return False
    skeleton, lists = _emptied(rows, content)
    found = 0
    for container, place, held in lists:
        for begin in range(0, len(held), PIECE_ROWS):
            for _ in _wrong(container, held[begin : begin + PIECE_ROWS], place, schema, skeleton):
                found += 1
                if found > REFUSED_ROWS_MAX:
                    return True
    return False


def refused_rows(rows: Rows, content: etree._Element, schema: etree.XMLSchema) -> dict[etree._Element, str]:
    """The rows that the schema refuses, with its problems; no value of the message is in them.

    Empty when the rows are not to blame, not only they, or when over :data:`REFUSED_ROWS_MAX` are wrong.
    """
    whole = [row for _, row in rows(content)]
    if not whole:
        return {}
    skeleton, lists = _emptied(rows, content)
    empty_fits = not problems_of(schema, skeleton)
    originals = dict(zip((row for _, _, held in lists for row in held), whole, strict=True))
    refused: dict[etree._Element, str] = {}
    for container, place, held in lists:
        for twin, problem in _wrong(container, held, place, schema, skeleton):
            refused[originals[twin]] = problem
            if len(refused) > REFUSED_ROWS_MAX:
                return {}
    return {} if len(refused) == len(whole) and not empty_fits else refused


def _emptied(
    rows: Rows, content: etree._Element
) -> tuple[etree._Element, list[tuple[etree._Element, int, list[etree._Element]]]]:
    """The same message without its rows; (container, where its rows stood, rows) of each list."""
    skeleton = copy.deepcopy(content)
    twins = list(rows(skeleton))
    lists = [(container, [row for _, row in held]) for container, held in groupby(twins, key=lambda each: each[0])]
    places = {id(container): container.index(held[0]) for container, held in reversed(lists)}
    for container, row in twins:
        container.remove(row)
    return skeleton, [(container, places[id(container)], held) for container, held in lists]


def _wrong(
    container: etree._Element,
    held: list[etree._Element],
    place: int,
    schema: etree.XMLSchema,
    skeleton: etree._Element,
) -> Iterator[tuple[etree._Element, str]]:
    waiting = [(0, len(held))]
    while waiting:
        begin, end = waiting.pop()
        container[place:place] = held[begin:end]
        problems = problems_of(schema, skeleton)
        for row in held[begin:end]:
            container.remove(row)
        if problems and end - begin == 1:
            yield held[begin], "; ".join(str(each) for each in problems[:SHOWN_SCHEMA_PROBLEMS_MAX])
        elif problems:
            middle = (begin + end) // 2
            waiting += [(middle, end), (begin, middle)]
