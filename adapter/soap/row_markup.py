"""The markup of all rows of a list at once: texts column by column, then one format for each shape of row.

A shape says which of a row's fields have a value; rows of one shape differ in their texts only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, repeat
from typing import Any

from adapter.soap.values import Encode, texts_at_once, texts_of_few, writes_plain
from adapter.soap.writing import Filling, Part, carried, value_at

_ODD = re.compile('[&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]')
IN_TEXT: Mapping[int, str] = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
"""What a text in an element is escaped with."""
IN_ATTRIBUTE: Mapping[int, str] = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)
"""What a text in an attribute is escaped with."""
PLACE = "\0"
"""Where a text goes in a format; no XML holds it otherwise."""
_NOTHING: Mapping[str, Any] = {}


def escaped(text: str, filling: Filling, table: Mapping[int, str]) -> str:
    """A text as it stands in markup.

    Raises:
        BadInput: it holds a character that XML cannot carry.
    """
    return text if _ODD.search(text) is None else carried(text, filling).translate(table)


class _Known(dict[Any, str]):
    """Value -> its text as markup, made once in a message."""

    def __init__(self, leaf: _Leaf, encode: Encode, on: date) -> None:
        super().__init__()
        self._leaf, self._encode, self._on = leaf, encode, on

    def __missing__(self, value: object) -> str:
        text = escaped(self._encode(value, self._on), self._leaf.filling, self._leaf.table)
        if isinstance(value, str):
            self[value] = text
        return text


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A text in a row that a field of ours fills, and what it is escaped with."""

    filling: Filling
    table: Mapping[int, str]

    def texts(self, items: Sequence[Any], on: date, held: dict[str, list[Any]]) -> list[str | None]:
        """The markup of each row's text, None where a row has none. Raises ValueError, BadInput, AttributeError."""
        encode, values = self.filling.encode, self._values(items, held)
        if encode is None:
            raise ValueError("a constant has no values")
        quick = texts_at_once(encode, values)
        if quick is not None and _ODD.search("".join(quick)) is None:
            return list(quick)
        if writes_plain(encode):
            few = texts_of_few(encode, values, on)
            if few is not None:
                return list(few)
            if None not in values:
                return list(map(encode, values, repeat(on)))
            return [None if value is None else encode(value, on) for value in values]
        known = _Known(self, encode, on)
        if None not in values and "" not in values:
            return [known[value] for value in values]
        return [None if value is None or value == "" else known[value] for value in values]

    def _values(self, items: Sequence[Any], held: dict[str, list[Any]]) -> list[Any]:
        keys = self.filling.keys
        if len(keys) == 1:
            return [item.get(keys[0]) for item in items]
        if len(keys) != 2:
            return [value_at(item, keys) for item in items]
        inner = held.get(keys[0])
        if inner is None:
            inner = held[keys[0]] = [item.get(keys[0]) or _NOTHING for item in items]
        return [each.get(keys[1]) for each in inner]


class RowMarkup:
    """The rows of a list that holds no list, compiled; ``name_of`` gives a tag its prefix."""

    def __init__(self, part: Part, name_of: Callable[[str], str]) -> None:
        self._part = part
        self._name_of = name_of
        self._leaves = list(_leaves(part))

    def __call__(self, items: Sequence[Any], on: date, out: list[str]) -> bool:
        """Append the rows; True when something other than a constant was written.

        Raises:
            ValueError, BadInput, AttributeError: a value does not fit; nothing was appended.
        """
        held: dict[str, list[Any]] = {}
        columns = [leaf.texts(items, on, held) for leaf in self._leaves]
        blanks = [column.count(None) for column in columns]
        if all(blank in (0, len(items)) for blank in blanks):
            form, said = self._form_of(self._part, iter([not blank for blank in blanks]))
            full = [column for column, blank in zip(columns, blanks, strict=True) if not blank]
            first, *between = form.split(PLACE)
            woven = (each for pair in zip(full, map(repeat, between), strict=True) for each in pair)
            out += chain.from_iterable(zip(repeat(first, len(items)), *woven, strict=False))
            return said
        forms: dict[tuple[bool, ...], tuple[list[str], bool]] = {}
        said = False
        for row in zip(*columns, strict=True):
            shape = tuple(text is not None for text in row)
            form_said = forms.get(shape)
            if form_said is None:
                form, says = self._form_of(self._part, iter(shape))
                form_said = forms[shape] = form.split(PLACE), says
            first, *between = form_said[0]
            out.append(first)
            out += chain.from_iterable(zip((text for text in row if text is not None), between, strict=True))
            said = said or form_said[1]
        return said

    def _form_of(self, part: Part, shape: Iterator[bool]) -> tuple[str, bool]:
        """The format of an element for a shape, and whether it says something other than a constant."""
        name = self._name_of(part.node.tag)
        begin, inside, said = f"<{name}", "", False
        for tag, filling in part.attributes:
            text, says = _slot(filling, IN_ATTRIBUTE, shape)
            begin += f' {self._name_of(tag)}="{text}"' if text else ""
            said = said or says
        if part.filling is not None:
            text, says = _slot(part.filling, IN_TEXT, shape)
            if not part.attributes and not text:
                return "", False
            inside, said = text, said or says
        for inner in part.parts:
            text, says = self._form_of(inner, shape)
            inside, said = inside + text, said or says
        only_text = part.filling is not None and not part.attributes
        if not said and not only_text and part.node.least == 0:
            return "", False
        return f"{begin}>{inside}</{name}>", said


def _leaves(part: Part) -> Iterator[_Leaf]:
    """The texts of a row that fields fill, in the order in which a format holds them."""
    for _, filling in part.attributes:
        if filling.encode is not None:
            yield _Leaf(filling, IN_ATTRIBUTE)
    if part.filling is not None and part.filling.encode is not None:
        yield _Leaf(part.filling, IN_TEXT)
    for inner in part.parts:
        yield from _leaves(inner)


def _slot(filling: Filling, table: Mapping[int, str], shape: Iterator[bool]) -> tuple[str, bool]:
    """What stands in a format for a filling: its constant, a place for its text, or nothing."""
    if filling.encode is None:
        return escaped(filling.constant, filling, table), False
    return (PLACE, True) if next(shape) else ("", False)
