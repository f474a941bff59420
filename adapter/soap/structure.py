"""The tree of a message as its schema describes it, reduced to what a binding needs to know.

zeep's types are read once and turned into :class:`Node`. A node says how it is called on the wire
(qualified or not is settled here), how often it may stand, of which kind its text is, and its
children in the order of the schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from zeep.xsd import Any as Any_
from zeep.xsd import Element
from zeep.xsd.elements.indicators import Choice, Indicator, Sequence
from zeep.xsd.elements.indicators import Group as NamedGroup
from zeep.xsd.types import AnySimpleType, ComplexType
from zeep.xsd.types import builtins as xsd

_KINDS: tuple[tuple[Any, str], ...] = (
    (xsd.Boolean, "bool"),
    (xsd.DateTime, "instant"),
    (xsd.Date, "date"),
    (xsd.Time, "time"),
    (xsd.Base64Binary, "base64"),
    (xsd.Decimal, "number"),
    (xsd.Float, "number"),
    (xsd.Double, "number"),
)
DEPTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an element: name on the wire, kind of text, whether it must be there."""

    tag: str
    name: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Elements that stand together: all of ``items``, or (``one``) one of them; ``least`` 0: or nothing at all."""

    one: bool
    least: int
    items: tuple[Node | Group, ...]

    def nodes(self) -> Iterator[Node]:
        """The elements in it, in the order of the schema."""
        for each in self.items:
            if isinstance(each, Group):
                yield from each.nodes()
            else:
                yield each


@dataclass(slots=True)
class Node:
    """An element of a message.

    ``tag`` is the name on the wire (``{namespace}name`` or bare), ``name`` its local part. ``least``
    and ``most`` count how often it stands under its parent (``most`` None: any number; ``least`` 0
    inside a choice; ``own_least`` is what the element itself says). ``kind`` is that of its text: text,
    number, bool, instant, date, time, base64; empty for an element that only has children. ``choice``
    groups alternatives: nodes of the same number exclude each other.
    """

    tag: str
    name: str
    least: int
    most: int | None
    kind: str
    nillable: bool = False
    choice: int = 0
    own_least: int = 1
    _type: Any = field(default=None, repr=False)
    _children: tuple[Node, ...] | None = field(default=None, repr=False)
    _content: Group | None = field(default=None, repr=False)

    @property
    def content(self) -> Group:
        """What is inside, as the schema groups it (read when first asked for: types may recurse)."""
        if self._content is None:
            self._content = Group(False, 1, tuple(_contents(self._type)))
        return self._content

    @property
    def children(self) -> tuple[Node, ...]:
        """Elements inside, in the order of the schema."""
        if self._children is None:
            self._children = tuple(self.content.nodes())
        return self._children

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Attributes of the element."""
        if not isinstance(self._type, ComplexType):
            return ()
        return tuple(
            Attribute(str(each.qname.text), each.name, _kind(each.type), bool(each.required))
            for _, each in self._type.attributes
            if each.name is not None
        )

    def child(self, name: str) -> Node | None:
        """The child of that local name."""
        return next((each for each in self.children if each.name == name), None)

    def once(self, child: Node) -> bool:
        """Whether ``child`` (one of the children) stands here once at most, whatever wildcards let in."""
        same = sum(each.tag == child.tag for each in self.children)
        return same == 1 and not child.repeats and not self.is_open

    @property
    def is_open(self) -> bool:
        """Whether a wildcard lets elements in that the schema does not name."""
        return isinstance(self._type, ComplexType) and any(
            isinstance(each, Any_) for _, nested in self._type.elements_nested for each in _flat(nested)
        )

    @property
    def in_order(self) -> bool:
        """Whether its children are one plain sequence of its own: always in this order, nothing in their place."""
        if not isinstance(self._type, ComplexType):
            return False
        nested = [each for _, each in self._type.elements_nested]
        plain = len(nested) == 1 and isinstance(nested[0], Sequence) and nested[0].max_occurs == 1
        return plain and all(isinstance(each, Element) and not each.is_global for each in nested[0])

    @property
    def repeats(self) -> bool:
        """Whether it may stand more than once."""
        return self.most is None or self.most > 1


def _kind(of: Any) -> str:
    if isinstance(of, ComplexType):
        plain = of._element
        return _kind(plain.type) if isinstance(plain, Element) and isinstance(plain.type, AnySimpleType) else ""
    for known, kind in _KINDS:
        if isinstance(of, known):
            return kind
    return "text"


def node_of(
    element: Any, *, least: int | None = None, most: int | str | None = "own", choice: int = 0, branch: bool = False
) -> Node:
    """A zeep element as a node; of one that is a ``branch`` of a choice zeep forgets whether it may be absent."""
    own_most = None if element.max_occurs == "unbounded" else int(element.max_occurs)
    return Node(
        tag=str(element.qname.text),
        name=str(element.name),
        least=int(element.min_occurs) if least is None else least,
        most=own_most if most == "own" else most,  # type: ignore[arg-type]  # "own" is the only text
        kind=_kind(element.type),
        nillable=bool(element.nillable),
        choice=choice,
        own_least=1 if branch else int(element.min_occurs),
        _type=element.type,
    )


def _contents(of: Any) -> Iterator[Node | Group]:
    if not isinstance(of, ComplexType):
        return
    if isinstance(of._element, Element) and isinstance(of._element.type, AnySimpleType):
        return
    for _, nested in of.elements_nested:
        yield from _walk(nested, optional=False, repeated=False, choice=0, depth=0)


def _walk(
    item: Any, *, optional: bool, repeated: bool, choice: int, depth: int, branch: bool = False
) -> Iterator[Node | Group]:
    if depth > DEPTH_MAX:
        raise ValueError("a schema nests deeper than can be read")
    if isinstance(item, Element):
        least = 0 if optional else int(item.min_occurs)
        yield node_of(item, least=least, most=None if repeated else "own", choice=choice, branch=branch)
    elif isinstance(item, Indicator):
        many = item.max_occurs == "unbounded" or int(item.max_occurs) > 1
        is_choice = isinstance(item, Choice)
        least = int(item.min_occurs)
        inside = [
            each
            for inner in _inside(item)
            for each in _walk(
                inner,
                optional=optional or is_choice or least == 0,
                repeated=repeated or many,
                choice=id(item) if is_choice else choice,
                depth=depth + 1,
                branch=is_choice,
            )
        ]
        yield Group(is_choice, least, tuple(inside))


def _inside(item: Any) -> list[Any]:
    """What an indicator holds; a named group holds its choice or sequence (zeep would pass over it)."""
    return [item.child] if isinstance(item, NamedGroup) else list(item)


def _flat(item: Any, depth: int = 0) -> Iterator[Any]:
    """Everything in an indicator, elements and wildcards alike."""
    if depth > DEPTH_MAX:
        raise ValueError("a schema nests deeper than can be read")
    if isinstance(item, Indicator):
        for inner in _inside(item):
            yield from _flat(inner, depth + 1)
    else:
        yield item
