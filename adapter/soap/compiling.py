"""Checked rows of a binding table as what writes a request (:class:`Part`) and reads a reply (:class:`Source`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from adapter.soap.check import Place, place_of
from adapter.soap.rows import EMPTY, EVERY_VERB, LIST, LOCAL_DATE, LOCAL_TIME, ONLY, SPREAD, BindingRow
from adapter.soap.sources import Joining, Source, Taking, Telling
from adapter.soap.structure import Node
from adapter.soap.values import CodeTables, decoder, encoder
from adapter.soap.verbs import RESULT_FIELDS
from adapter.soap.writing import ITEMS, Filling, Part

HALVES = (LOCAL_DATE, LOCAL_TIME)
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Lists:
    """How a row's path repeats, by the index of the step: ``items`` of which list (its keys within its scope),
    ``spread`` over which. ``keys`` are the field's within its item; ``below`` the list that must stand below
    the path, because the row says something of its items."""

    items: dict[int, Keys]
    spread: dict[int, Keys]
    keys: Keys
    below: Keys


def _lists(row: BindingRow, place: Place) -> _Lists:
    scopes: list[Keys] = []
    scope: list[str] = []
    for part in row.field_parts:
        scope.append(part.removesuffix(LIST))
        if part.endswith(LIST):
            scopes.append(tuple(scope))
            scope = []
    items: dict[int, Keys] = {}
    spread: dict[int, Keys] = {}
    for n, step in enumerate(row.steps[: len(place.nodes)]):
        if len(items) < len(scopes) and step.mark in (LIST, SPREAD):
            (items if step.mark == LIST else spread)[n] = scopes[len(items)]
    below = scopes[-1] if len(items) < len(scopes) else ()
    return _Lists(items, spread, tuple(scope), below)


def compile_request(root: Node, rows: Sequence[BindingRow], tables: CodeTables) -> Part:
    """What writes the message ``root``."""
    whole = Part(root)
    found: dict[tuple[int, str], list[Filling]] = defaultdict(list)
    parts: dict[int, Part] = {}
    for row in rows:
        place = place_of(root, row)
        lists = _lists(row, place)
        part, within = whole, False
        for n, node in enumerate(place.nodes):
            part = part.part(node)
            keys = lists.spread.get(n) or lists.items.get(n)
            if keys is not None:
                part.group = (ITEMS,) if within else keys
                within = part.spread = n in lists.spread
        table = tables[row.table] if row.table else None
        encode = None if row.constant else encoder(row.type, table)
        attribute = place.attribute.tag if place.attribute is not None else ""
        parts[id(part)] = part
        constant = "" if row.type == EMPTY else row.constant
        found[id(part), attribute].append(Filling(row.field, lists.keys, encode, constant, row.condition))
    for (number, attribute), fillings in found.items():
        filling = fillings[-1]
        for earlier in reversed(fillings[:-1]):
            filling = replace(earlier, otherwise=filling)
        if attribute:
            parts[number].attributes.append((attribute, filling))
        else:
            parts[number].filling = filling
    return whole


def compile_reply(root: Node, rows: Sequence[BindingRow], tables: CodeTables) -> Source:
    """What reads the message ``root``; rows for every verb are left out where it has no place for them."""
    whole = Source(root.tag)
    there = [row for row in rows if row.verb != EVERY_VERB or row.required or _is_there(root, row)]
    said = Counter(name for row in there for name in {*row.fields} if row.type not in HALVES)
    said += Counter(f"{row.field} ({row.type})" for row in there if row.type in HALVES)
    tellings: dict[tuple[int, str], list[tuple[BindingRow, Telling]]] = defaultdict(list)
    sources: dict[int, Source] = {}
    for row in sorted(there, key=lambda row: row.field.count(LIST) > [step.mark for step in row.steps].count(LIST)):
        place = place_of(root, row)
        lists = _lists(row, place)
        source = scope = whole
        for n, (above, node) in enumerate(pairwise((root, *place.nodes))):
            source = source.source(node.tag, once=above.once(node), nillable=node.nillable)
            source.only = source.only or row.steps[n].mark == ONLY
            if n in lists.items:
                source.group = lists.items[n]
                source.declared = tuple(each.tag for each in node.children) if node.in_order else ()
                scope = source
            source.spread = source.spread or n in lists.spread
        if lists.below:
            scope = _list_below(scope, lists.below) or scope
        telling = _telling(row, lists.keys, scope, tables)
        attribute = place.attribute.tag if place.attribute is not None else ""
        sources[id(source)] = source
        tellings[id(source), attribute].append((row, telling))
        if telling.taking.required:
            scope.required.append(telling.taking)
    for (number, attribute), told in tellings.items():
        _place(sources[number], attribute, told, said)
    return whole


def _telling(row: BindingRow, keys: Keys, scope: Source, tables: CodeTables) -> Telling:
    """What a row takes from its place, and what it tells besides."""
    decode = decoder(row.type, tables[row.table] if row.table else None)
    condition = row.condition
    name = row.field or (condition.field if condition is not None else "")
    if row.type in HALVES:
        keys = _half(keys, row.type, row.field, scope)
    if not row.field and condition is not None:
        keys = condition.keys
    required = row.required and not set(row.fields) & RESULT_FIELDS.reads
    return Telling(
        Taking(name, keys, decode, required),
        decode(row.constant, date.min) if row.constant else None,
        condition.keys if condition is not None else (),
        condition.value if condition is not None else "",
        takes=bool(row.field),
        by_being_there=row.type == EMPTY,
    )


def _place(source: Source, attribute: str, told: list[tuple[BindingRow, Telling]], said: Counter[str]) -> None:
    """One row that is alone with its place and its field is read quickly; others carefully."""
    row, telling = told[0]
    name = f"{row.field} ({row.type})" if row.type in HALVES else row.field
    if len(told) > 1 or row.condition is not None or said[name] > 1:
        source.tellings.append((attribute, [each for _, each in told]))
    elif attribute:
        source.attributes.append((attribute, telling.taking))
    else:
        source.taking = telling.taking


def _list_below(source: Source, group: Keys) -> Source | None:
    """The list of that name below a source, outside other lists."""
    for each in source.sources.values():
        found = each if each.group == group else None if each.group is not None else _list_below(each, group)
        if found is not None:
            return found
    return None


def _half(keys: Keys, kind: str, name: str, scope: Source) -> Keys:
    """The keys of a date or a time until both are put together."""
    halves = {each: (*keys[:-1], f"{keys[-1]} ({each})") for each in HALVES}
    joining = Joining(name, keys, halves[LOCAL_DATE], halves[LOCAL_TIME])
    if joining not in scope.joinings:
        scope.joinings.append(joining)
    return halves[kind]


def _is_there(root: Node, row: BindingRow) -> bool:
    try:
        place_of(root, row)
    except LookupError:
        return False
    return True
