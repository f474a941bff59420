"""CeR's answers as domain values. A row that makes no value becomes an :class:`UnreadableRow`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from itertools import repeat
from operator import le
from typing import Any, TypeVar

from adapter.domain.identifiers import OidPair, PersonIdentifier
from adapter.domain.national import (
    NationalSlot,
    NationalSlotState,
    NationalVisit,
    NationalVisitState,
    Origin,
    UnreadableRow,
    VisitChange,
    VisitReceipt,
    WaitingRoomEntry,
)
from adapter.domain.slot import SlotKind
from adapter.mapping.tables import Tables
from adapter.soap.dialogue import Told
from adapter.soap.grid import Grid
from adapter.soap.persons import person_from_national
from adapter.soap.reading import UnreadableReply

Row = Mapping[str, Any]
_Value = TypeVar("_Value")
_STATES = {each.value: each for each in NationalSlotState}
_KINDS = {each.value: each for each in SlotKind}
_STORES = [(getattr(NationalSlot, each.name).__set__, each.name) for each in fields(NationalSlot)]
"""What stores each field of a frozen slot: column by column several times as quick as ten calls a slot."""


def rows_of(
    told: Told, group: str, make: Callable[[Row], _Value]
) -> tuple[tuple[_Value, ...], tuple[UnreadableRow, ...]]:
    """The rows of a list as values, and those that make none (with those the reply's reader refused)."""
    values: list[_Value] = []
    unreadable = list(told.reading.unreadable)
    for number, row in enumerate(told.reading.values.get(group, ()), start=1):
        try:
            values.append(make(row))
        except ValueError as problem:
            unreadable.append(UnreadableRow(f"{group} (readable row {number})", str(problem)))
    return tuple(values), tuple(unreadable)


def slots_of(told: Told, schedule: str) -> tuple[tuple[NationalSlot, ...], tuple[UnreadableRow, ...]]:
    """The slots of a list and the rows that make none; ``schedule`` for a row that does not say its own.

    Columns become slots all at once; when one of them makes none, row by row, to say which.
    """
    rows = told.reading.values.get("slots", ())
    if isinstance(rows, Grid):
        try:
            return _slots_by_columns(rows, schedule), told.reading.unreadable
        except (ValueError, LookupError):
            return rows_of(told, "slots", lambda row: slot(row, schedule))
    return rows_of(told, "slots", lambda row: slot(row, schedule))


def _slots_by_columns(rows: Grid, schedule: str) -> tuple[NationalSlot, ...]:
    ids, starts, ends = rows.column("id"), rows.column("starts"), rows.column("ends")
    if any(map(le, ends, starts)):
        raise ValueError("a slot ends before it starts")
    visits: Iterable[tuple[NationalVisit, ...]] = repeat(())
    if ("visits",) in rows.columns:
        visits = [
            tuple(_visit(each, slot_id) for each in held)
            for slot_id, held in zip(ids, rows.column("visits", ()), strict=True)
        ]
    columns: dict[str, Iterable[Any]] = {
        "id": ids,
        "schedule": rows.column("schedule", schedule),
        "starts": starts,
        "ends": ends,
        "state": map(_STATES.__getitem__, rows.column("state")),
        "kind": map(_KINDS.__getitem__, rows.column("kind")),
        "reference": rows.column("reference"),
        "capacity": rows.column("capacity", 1),
        "changed_at": rows.column("changed_at"),
        "visits": visits,
    }
    slots = tuple(map(NationalSlot.__new__, repeat(NationalSlot, len(ids))))
    for store, name in _STORES:
        deque(map(store, slots, columns[name]), maxlen=0)
    return slots


def slot(row: Row, schedule: str) -> NationalSlot:
    """One slot of a list. Raises ValueError when it ends before it starts."""
    if row["ends"] <= row["starts"]:
        raise ValueError(f"slot {row['id']} ends before it starts")
    return NationalSlot(
        id=row["id"],
        schedule=row.get("schedule", schedule),
        starts=row["starts"],
        ends=row["ends"],
        state=NationalSlotState(row["state"]),
        kind=SlotKind(row["kind"]),
        reference=row.get("reference"),
        capacity=row.get("capacity", 1),
        changed_at=row.get("changed_at"),
        visits=tuple(_visit(each, row["id"]) for each in row.get("visits", ())),
    )


def _visit(row: Row, slot_id: str) -> NationalVisit:
    origin = row.get("origin")
    return NationalVisit(
        id=row["id"],
        slot_id=slot_id,
        state=NationalVisitState(row["state"]),
        saved_at=row.get("saved_at"),
        reference=row.get("reference"),
        origin=Origin(origin) if origin else None,
    )


def change(row: Row, tables: Tables) -> VisitChange:
    """One change of a visit. Raises IdentifierError (a ValueError) on a person or number that is none."""
    number = row.get("referral", {})
    return VisitChange(
        sequence=row["sequence"],
        visit_id=row["visit_id"],
        slot_id=row["slot_id"],
        state=NationalVisitState(row["state"]),
        origin=Origin(row["origin"]),
        changed_at=row["changed_at"],
        reference=row.get("reference"),
        person=_person(row.get("person", {}), tables),
        given=row.get("given", ""),
        family=row.get("family", ""),
        phone=row.get("phone"),
        referral_number=OidPair(number["root"], number["extension"]) if len(number) == 2 else None,
    )


def _person(row: Row, tables: Tables) -> PersonIdentifier | None:
    return person_from_national(row["root"], row["extension"], tables) if len(row) == 2 else None


def receipt(told: Told, visit_id: str) -> VisitReceipt:
    """The receipt of a visit; ``visit_id`` when the answer does not repeat it.

    Raises:
        UnreadableReply: neither says which visit it is.
    """
    visit = told.reading.values.get("visit", {})
    saved = visit.get("id", visit_id)
    if not saved:
        raise UnreadableReply("visit.id is missing")
    return VisitReceipt(saved, told.result.major, visit.get("saved_at"))


def entry(told: Told) -> WaitingRoomEntry | None:
    """The entry of the waiting room in an answer, None if there is none."""
    row = told.reading.values.get("entry")
    if not row:
        return None
    if "id" not in row or "open" not in row:
        raise UnreadableReply("entry.id or entry.open is missing")
    return WaitingRoomEntry(
        entry_id=row["id"],
        open=row["open"],
        reference=row.get("reference"),
        searched_until=row.get("searched_until"),
        visit_id=row.get("visit_id"),
    )
