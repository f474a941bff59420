"""A list whose rows are all alike: taken from the message's text in one go, and proven to be what the schema says.

libxml2 tries some ten million elements a minute; most of that is finding out again, for each row, that the same
children stand in the same order. So such a list is tried by parts, each by libxml2 itself:

* the message with its first row only, which stands for the order of all elements;
* the texts of each place in a row, each different text once, as one list of values of that place's type.

Both together say the same as a trial of the whole when these hold, and only then is it done so:

* the schema has no identity constraints, and from the message down to the row no wildcard, no choice and no
  reference; the container takes any number of rows; each place in a row has a type of its own that is a restriction
  of a built-in type whose values mean the same wherever they stand;
* the rows follow each other directly, written alike but for their texts, without attributes, declarations,
  comments, instructions, entities or blanks, and there are no other elements of that name.

Whoever asks and gets None has to try the message as a whole; ``tests/unit/soap/contract/test_alike_rows.py`` holds
both ways to the same answer. The text is made from the very elements that are processed, never from what was
received. Sources: XML Schema 1.0 part 1, 3.4.4 and 3.3.4; performance.md B2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lxml import etree

from adapter.soap.contract import Operation, problems_of
from adapter.soap.facets import Declarations
from adapter.soap.structure import Node

ROWS_MIN = 50
"""A list of fewer rows is tried as a whole: that is as quick."""
PATTERNS_KEPT_MAX = 64
_ODD = (("!", "<!"), ("?", "<?"), ("XMLSchema-instance", "XMLSchema-instance"))
"""What a message may not hold: a comment, an instruction, a type that it says itself; and what is found sooner."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a row is written: the pattern of all of it with a group for each text, and how any of its name begins."""

    pattern: re.Pattern[str]
    begin: re.Pattern[str]


class AlikeRows:
    """One list of an operation's reply; ``path`` are the tags from below the message down to the row."""

    def __init__(self, contract: Operation, path: Sequence[str], row: Node) -> None:
        self._contract = contract
        self._places = [etree.QName(tag).localname for tag in path]
        self._leaves = {each.tag: each.name for each in row.children if each.kind}

    @classmethod
    def of(cls, contract: Operation, path: Sequence[str]) -> AlikeRows | None:
        """None when the schema does not let such a list be tried by parts."""
        node = contract.reply
        for depth, tag in enumerate(path, start=1):
            if not _is_plain(node):
                return None
            node = next((each for each in node.children if each.tag == tag), node)
            last = depth == len(path)
            if node.tag != tag or node.least > 1 or (node.most is not None if last else node.most != 1):
                return None
        return cls(contract, path, node) if path and _is_plain(node) else None

    def texts(self, content: etree._Element, first: etree._Element, count: int) -> dict[str, list[str]] | None:
        """Texts of the rows by tag, of a message that the schema finds valid; None: it must be tried as a whole.

        ``first`` is the first of the ``count`` elements that the path leads to.
        """
        tags = [str(child.tag) for child in first]
        if count < ROWS_MIN or not tags or not self._leaves.keys() >= set(tags) or len(set(tags)) != len(tags):
            return None
        judges = _judges(
            self._contract.file, self._contract.reply.tag, tuple(self._places), tuple(self._leaves.items())
        )
        if any(tag not in judges for tag in tags):
            return None
        text = etree.tostring(content, encoding="unicode", with_tail=False)
        if any(sign in text and odd in text for sign, odd in _ODD):
            return None
        columns = _columns(text, _shape(_name(first), tuple(map(_name, first))), count)
        if columns is None or not self._is_valid(columns, judges, tags):
            return None
        return dict(zip(tags, columns.texts, strict=True)) if self._fits(columns.shortened) else None

    def _is_valid(self, columns: _Columns, judges: Mapping[str, etree.XMLSchema], tags: Sequence[str]) -> bool:
        """Whether all texts are values of the types of their places."""
        different: dict[etree.XMLSchema, set[str]] = {}
        for tag, texts in zip(tags, columns.texts, strict=True):
            different.setdefault(judges[tag], set()).update(texts)
        return all(_are_values(judge, list(texts)) for judge, texts in different.items())

    def _fits(self, shortened: str) -> bool:
        """Whether the message with one row is valid."""
        try:
            return not problems_of(self._contract.schema, etree.fromstring(shortened))
        except etree.XMLSyntaxError:  # an entity that only the whole message declares
            return False


@dataclass(frozen=True, slots=True)
class _Columns:
    """The texts of each place in all rows, and the message without all rows but the first."""

    texts: list[list[str]]
    shortened: str


def _columns(text: str, shape: _Shape, count: int) -> _Columns | None:
    """None when the rows are not all of that shape, one directly after another, or there are others elsewhere."""
    wide = shape.pattern.groups + 1
    pieces = shape.pattern.split(text)
    before, after = pieces[0], pieces[-1]
    if len(pieces) != count * wide + 1 or pieces[wide:-1:wide].count("") != count - 1:
        return None
    first = shape.pattern.match(text, len(before))
    if first is None or shape.begin.search(before) or shape.begin.search(after):
        return None
    return _Columns([pieces[place::wide] for place in range(1, wide)], before + first.group() + after)


@lru_cache(maxsize=PATTERNS_KEPT_MAX)
def _shape(row: str, names: tuple[str, ...]) -> _Shape:
    texts = "".join(f"<{name}>([^<]+)</{name}>" for name in map(re.escape, names))
    return _Shape(re.compile(f"<{re.escape(row)}>{texts}</{re.escape(row)}>"), re.compile(f"<{re.escape(row)}[ />]"))


def _are_values(judge: etree.XMLSchema, texts: Sequence[str]) -> bool:
    """Whether texts are values of a type; not when one of them holds a blank or something escaped."""
    value = etree.Element("value")
    together = value.text = " ".join(texts)
    return "&" not in together and together.split() == texts and not problems_of(judge, value)


def _name(element: etree._Element) -> str:
    """The name of an element as it is written."""
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _is_plain(node: Node) -> bool:
    """Whether its children are one plain sequence, and none of them is called as another."""
    names = [each.name for each in node.children]
    return node.in_order and not node.is_open and len(set(names)) == len(names)


@lru_cache(maxsize=PATTERNS_KEPT_MAX)
def _judges(
    file: Path, root: str, places: tuple[str, ...], leaves: tuple[tuple[str, str], ...]
) -> dict[str, etree.XMLSchema]:
    """By tag, for each place in a row whose texts can be tried by themselves, the schema that tries many of them."""
    declared = Declarations(file)
    if declared.has_identity_constraints:
        return {}
    facets = {tag: declared.own_facets(root, (*places, name)) for tag, name in leaves}
    made = {each: each.schema_of_many() for each in set(facets.values()) if each is not None}
    judges = {tag: made[each] for tag, each in facets.items() if each is not None}
    return {tag: judge for tag, judge in judges.items() if judge is not None}
