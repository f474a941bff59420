"""CeR's twelve verbs in words of ours: what every contract of CeR comes down to, whatever its names.

A contract's own module (:mod:`adapter.simulator.cer`, :mod:`adapter.simulator.cer_second`) reads a message, calls
one of these, and writes the answer. All raise Refusal when the calendar says no.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from adapter.simulator.answers import Refusal
from adapter.simulator.caller import Caller
from adapter.simulator.registry import FACILITY, Change, Put, Slot, Visit, refuse
from adapter.simulator.state import State
from adapter.simulator.waiting import Entry
from adapter.simulator.world import Person

CELL_ROOT = "2.16.840.1.113883.3.4424.2.3.3"
Oid = tuple[str, str]
"""Root and extension."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of one slot of a batch: the slot, or the refusal."""

    reference: str
    slot: Slot | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the change feed. ``after`` is the last sequence number on it (or the one asked for)."""

    changes: list[Change]
    after: int
    more: bool


def list_slots(state: State, caller: Caller, schedule: str, on: date) -> list[Slot]:
    """All slots of a schedule on a Warsaw day."""
    return state.registry.listed(caller.podmiot, schedule, on)


def slot_page(
    state: State, caller: Caller, schedule: str, on: date, after: tuple[datetime, str] | None
) -> tuple[list[Slot], bool]:
    """The slots of the day that follow the place ``after`` (start and id; None: from the first); are there more?"""
    slots = list_slots(state, caller, schedule, on)
    rest = slots if after is None else [slot for slot in slots if (slot.starts, slot.id) > after]
    size = state.rules.list_page_size
    return rest[:size], len(rest) > size


def put_slots(state: State, caller: Caller, references: list[str], offers: list[Callable[[], Put]]) -> list[Offered]:
    """Make slots known, one result for each: a bad one does not sink its neighbours.

    ``offers`` are read one by one, because reading may refuse too.
    """
    if len(offers) > state.rules.batch_max:
        raise refuse("ZaDuzaPaczka", f"a batch has at most {state.rules.batch_max} slots")
    done = []
    for reference, offer in zip(references, offers, strict=True):
        try:
            done.append(Offered(reference, slot=state.registry.put(caller.podmiot, offer())))
        except Refusal as refusal:
            done.append(Offered(reference, refusal=refusal))
    return done


def edit_slot(
    state: State,
    caller: Caller,
    operation: str,
    slot_id: str,
    *,
    wanted: str | None,
    kind: str | None,
    starts: datetime | None,
    ends: datetime | None,
) -> None:
    """Change state, kind or times. ``operation``: its name, for the trouble ``block-not-applied``."""
    state.registry.slot(caller.podmiot, slot_id)
    lost = wanted == "blocked" and state.troubles.take("block-not-applied", "cer", operation) is not None
    state.registry.edit(caller.podmiot, slot_id, state=wanted, kind=kind, starts=starts, ends=ends, apply=not lost)


def delete_slot(state: State, caller: Caller, slot_id: str) -> None:
    """Delete a slot without visits."""
    state.registry.delete(caller.podmiot, slot_id)


def save_visit(
    state: State,
    caller: Caller,
    operation: str,
    slot_id: str,
    person: Person,
    *,
    reference: str,
    referral: Oid | None,
    category: int,
) -> Visit:
    """Save a visit on a slot. ``operation``: its name, for the troubles of the calendar."""
    slot = state.registry.slot(caller.podmiot, slot_id)
    return state.book(slot, person, FACILITY, operation, reference=reference, referral=referral, category=category)


def move_visit(state: State, caller: Caller, visit_id: str, slot_id: str) -> Visit:
    """Move a visit to another slot."""
    visit = state.registry.visit(caller.podmiot, visit_id)
    state.registry.move(visit, state.registry.slot(caller.podmiot, slot_id), FACILITY)
    return visit


def cancel_visit(state: State, caller: Caller, visit_id: str, reason: str) -> Visit:
    """Cancel a visit; ``reason`` as the contract says it."""
    visit = state.registry.visit(caller.podmiot, visit_id)
    state.registry.cancel(visit, FACILITY, reason)
    return visit


def record_attendance(state: State, caller: Caller, visit_id: str, outcome: str) -> Visit:
    """Say that the patient was served or did not come."""
    visit = state.registry.visit(caller.podmiot, visit_id)
    if outcome not in {"served", "no-show"}:
        raise refuse("NieprawidloweDane", "a visit is recorded as served or as a no-show")
    state.registry.attend(visit, served=outcome == "served")
    return visit


def visit_changes(state: State, caller: Caller, after: int) -> Page:
    """The page of the change feed that follows a sequence number."""
    changes, more = state.registry.changes(caller.podmiot, after)
    return Page(changes, changes[-1].sequence if changes else after, more)


def join_waiting_room(
    state: State,
    caller: Caller,
    cell: str,
    service: str,
    person: Person,
    *,
    criterion: str,
    waived: bool,
    reference: str,
    referral: Oid | None,
    not_before: date | None,
) -> Entry:
    """Put a person in the waiting room."""
    return state.waiting.join(
        caller.podmiot,
        cell,
        service,
        person,
        criterion=criterion,
        waived=waived,
        reference=reference,
        referral=referral,
        not_before=not_before,
    )


def leave_waiting_room(state: State, caller: Caller, entry_id: str, reason: str) -> Entry:
    """Take an entry out; ``reason`` as the contract says it."""
    return state.waiting.leave(caller.podmiot, entry_id, reason)


def read_waiting_room(
    state: State, caller: Caller, *, reference: str | None = None, entry_id: str | None = None
) -> Entry | None:
    """The entry under a reference (None when there is none), or by its id."""
    if reference is not None:
        return state.waiting.find(caller.podmiot, reference)
    return state.waiting.read(caller.podmiot, entry_id or "")


def cell_code(caller: Caller, oid: Oid) -> str:
    """The short cell code of ``{podmiot}-{cell}``, which must be the caller's."""
    root, extension = oid
    podmiot, dash, cell = extension.partition("-")
    if root != CELL_ROOT or not dash or not cell:
        raise refuse("NieprawidloweDane", "the cell is not given as podmiot-cell under its root")
    if podmiot != caller.podmiot:
        raise refuse("CudzyObiekt", "the cell is another facility's")
    return cell


def ours(table: dict[str, str], national: str) -> str:
    """Our word for a code of the contract."""
    for word, theirs in table.items():
        if theirs == national:
            return word
    raise refuse("NieprawidloweDane", "a code is not known")
