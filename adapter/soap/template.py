"""Requests that hold lists, written as text by compiled binding rows and parsed once.

The same elements come out as from :mod:`adapter.soap.writing`, which writes the small messages and
is the measure: property tests and golden files hold both to the same bytes. A message of 5,000
slots is written several times faster this way, because no element is made one by one. Every text is
escaped; one that XML cannot carry is refused. Source: architecture.md D7, performance.md B3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from lxml import etree

from adapter.errors import BadInput
from adapter.soap.row_markup import IN_ATTRIBUTE, IN_TEXT, RowMarkup, escaped
from adapter.soap.writing import Filling, Part, Values, text_for, value_at

_Write = Callable[[Values, date, list[str]], bool]
"""Appends markup; True when something other than a constant was written."""


class Template:
    """A message with lists, compiled. Threads may share it."""

    def __init__(self, root: Part, nsmap: Mapping[str, str]) -> None:
        self._prefixes = {namespace: prefix for prefix, namespace in nsmap.items()}
        spaces = "".join(f' xmlns:{prefix}="{uri.translate(IN_ATTRIBUTE)}"' for prefix, uri in nsmap.items())
        self._write = self._element(root, spaces, always=True)

    def __call__(self, values: Values, on: date) -> etree._Element:
        """The message for ``values``, as :func:`adapter.soap.writing.write`.

        Raises:
            BadInput: a value does not fit its type, or a code has no national one; ``field`` says which.
        """
        out: list[str] = []
        self._write(values, on, out)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
        return etree.fromstring("".join(out).encode("utf-8"), parser)

    def _name(self, tag: str) -> str:
        name = etree.QName(tag)
        return f"{self._prefixes[name.namespace]}:{name.localname}" if name.namespace else name.localname

    def _part(self, part: Part) -> _Write:
        if part.filling is not None and not part.attributes:
            one = self._leaf(part.filling, self._name(part.node.tag))
        else:
            one = self._element(part, "", always=part.node.least > 0)
        return one if part.group is None else _repeated(part, one, self._name)

    def _leaf(self, filling: Filling, name: str) -> _Write:
        begin, end = f"<{name}>", f"</{name}>"
        text_of = _text_of(filling, IN_TEXT)
        says = not filling.constant

        def write(values: Values, on: date, out: list[str]) -> bool:
            text = text_of(values, on)
            if text is None:
                return False
            out.append(f"{begin}{text}{end}")
            return says

        return write

    def _element(self, part: Part, spaces: str, *, always: bool) -> _Write:
        name = self._name(part.node.tag)
        begin, end = f"<{name}{spaces}", f"</{name}>"
        attributes = [
            (self._name(tag), _text_of(filling, IN_ATTRIBUTE), not filling.constant)
            for tag, filling in part.attributes
        ]
        text_of = _text_of(part.filling, IN_TEXT) if part.filling is not None else None
        text_says = part.filling is not None and not part.filling.constant
        parts = [self._part(inner) for inner in part.parts]

        def write(values: Values, on: date, out: list[str]) -> bool:
            said, mark = False, len(out)
            out.append(begin)
            for attribute, value_of, says in attributes:
                value = value_of(values, on)
                if value is not None:
                    out.append(f' {attribute}="{value}"')
                    said = said or says
            out.append(">")
            text = text_of(values, on) if text_of is not None else None
            if text is not None:
                out.append(text)
                said = said or text_says
            for inner in parts:
                if inner(values, on, out):
                    said = True
            if not said and not always:
                del out[mark:]
                return False
            out.append(end)
            return said

        return write


def has_list(part: Part) -> bool:
    """Whether a message holds a list."""
    return part.group is not None or any(has_list(inner) for inner in part.parts)


def _repeated(part: Part, one: _Write, name_of: Callable[[str], str]) -> _Write:
    group = part.group or ()
    rows = None if any(has_list(inner) for inner in part.parts) else RowMarkup(part, name_of)

    def write(values: Values, on: date, out: list[str]) -> bool:
        items = value_at(values, group)
        if not isinstance(items, Sequence):
            return False
        if rows is not None and items:
            try:
                return rows(items, on, out)
            except (ValueError, BadInput, AttributeError):
                pass  # the way row by row says which value it was
        said = False
        for item in items:
            if one(item, on, out):
                said = True
        return said

    return write


def _text_of(filling: Filling, table: Mapping[int, str]) -> Callable[[Values, date], str | None]:
    """The escaped text for a filling."""
    encode = filling.encode
    if encode is None:
        constant = escaped(filling.constant, filling, table)
        return lambda values, on: constant

    def text_of(values: Values, on: date) -> str | None:
        value = value_at(values, filling.keys)
        if value is None or value == "":
            return None
        return escaped(text_for(filling, encode, value, on), filling, table)

    return text_of
