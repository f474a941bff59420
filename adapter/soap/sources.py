"""A reply as binding rows compiled: which elements are read, and what of ours each of them is.

:mod:`adapter.soap.binding` builds it, :mod:`adapter.soap.reading` reads by it, and
:mod:`adapter.soap.columns` by those parts of it that large lists are made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapter.soap.values import Decode


@dataclass(frozen=True, slots=True)
class Taking:
    """What is taken from one text: our field as keys, and how."""

    field: str
    keys: tuple[str, ...]
    decode: Decode
    required: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """What a text tells that means more than one value, or one of several: a row of a place with several.

    It counts if the text is ``constant`` (None: any text); then it is the value of ``taking``, and the
    field ``told`` (as keys) has ``value``. ``by_being_there`` it counts for an empty text, too.
    """

    taking: Taking
    constant: object = None
    told: tuple[str, ...] = ()
    value: str | bool = ""
    takes: bool = True
    by_being_there: bool = False


@dataclass(frozen=True, slots=True)
class Joining:
    """An instant that stands as a date and a time: the keys of both halves and of the whole."""

    field: str
    keys: tuple[str, ...]
    day: tuple[str, ...]
    hour: tuple[str, ...]


@dataclass(slots=True)
class Source:
    """An element to read: what is taken from it and from the elements in it, by their tags.

    ``group`` names the list whose items its occurrences are (with ``spread``: it holds that list, and what
    it says itself is said of each item in it); ``required`` what an item (or the whole
    reply) must have, ``joinings`` what is put together in it. ``once`` says that the contract lets it
    stand once at most in its parent, ``nillable`` that it may say that it has no value. ``declared``
    are the tags of all its children, if they always come in this order.
    """

    tag: str
    taking: Taking | None = None
    group: tuple[str, ...] | None = None
    attributes: list[tuple[str, Taking]] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    required: list[Taking] = field(default_factory=list)
    joinings: list[Joining] = field(default_factory=list)
    once: bool = False
    nillable: bool = False
    declared: tuple[str, ...] = ()
    only: bool = False
    onlies: frozenset[str] = frozenset()
    spread: bool = False
    tellings: list[tuple[str, list[Telling]]] = field(default_factory=list)
    own: Source | None = None
    rest: Source | None = None

    def source(self, tag: str, *, once: bool, nillable: bool) -> Source:
        """The source for a child, made when it is new."""
        return self.sources.setdefault(tag, Source(tag, once=once, nillable=nillable))


def settle(source: Source) -> bool:
    """Make a compiled reply ready to be read; True when only ``reading`` can read it, row by row.

    The quick reader (``columns``) knows no places that tell several values, no elements of which there may
    be one only, and no lists that are spread or stand in several places.
    """
    groups = list(_groups_in(source))
    source.onlies = frozenset(tag for tag, each in source.sources.items() if each.only)
    inner = [settle(each) for each in source.sources.values()]
    if source.spread:
        source.own, source.rest = _without_lists(source), _lists_of(source)
    odd = bool(source.tellings or source.onlies or source.spread)
    return odd or len(set(groups)) != len(groups) or any(inner)


def _groups_in(source: Source) -> Iterator[tuple[str, ...]]:
    for each in source.sources.values():
        if each.group is not None:
            yield each.group
        else:
            yield from _groups_in(each)


def _without_lists(source: Source) -> Source:
    kept = {
        tag: _without_lists(each) for tag, each in source.sources.items() if each.group is None and not each.spread
    }
    return replace(source, sources=kept, spread=False, own=None, rest=None)


def _lists_of(source: Source) -> Source:
    kept: dict[str, Source] = {}
    for tag, each in source.sources.items():
        if each.group is not None or each.spread:
            kept[tag] = each
        elif (inner := _lists_of(each)).sources:
            kept[tag] = inner
    return Source(source.tag, sources=kept, nillable=source.nillable)
