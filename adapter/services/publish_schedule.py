"""Make the hospital's schedule known in CeR and keep it so: put, change, block, delete slots.

What is sent is the difference between what the EHR said before and says now. A slot's state is sent
only when the hospital changed it: a booking that a patient made in CeR is never opened again because
the EHR did not know of it yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapter.domain.national import NationalSlotState
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotState
from adapter.ports.store import Action, Destination
from adapter.services.desk import Desk
from adapter.services.scope import in_scope


def take_schedule(desk: Desk, schedule: Schedule) -> None:
    """Keep a schedule; its slots go to CeR when its service is in scope and it is active."""
    desk.work.calendar.put_schedule(desk.facility, schedule, in_scope=schedule_in_scope(desk, schedule))


def schedule_in_scope(desk: Desk, schedule: Schedule | None) -> bool:
    """Whether a schedule is kept in CeR today."""
    return schedule is not None and schedule.active and in_scope(desk.eq.tables, schedule.service, desk.today)


def take_slot(desk: Desk, slot: Slot) -> None:
    """Keep a slot as the EHR says it is now, and tell CeR what changed."""
    before = desk.work.calendar.slot(desk.facility, slot.id)
    desk.work.calendar.put_slot(desk.facility, slot)
    if not schedule_in_scope(desk, desk.work.calendar.schedule(desk.facility, slot.schedule_id)):
        return
    known = known_in_cer(desk, slot.id)
    if slot.state is SlotState.WITHDRAWN:
        if known:
            send_slot(desk, Action.DELETE_SLOT, slot.id, {})
    elif not known:
        send_slot(desk, Action.PUT_SLOT, slot.id, {})
    elif changes := _changes(desk, before, slot):
        send_slot(desk, Action.EDIT_SLOT, slot.id, changes)


def known_in_cer(desk: Desk, slot_id: str) -> bool:
    """Whether CeR has the slot, or will have it when the outbox is drained."""
    pending = desk.pending(f"slot:{slot_id}", [Action.PUT_SLOT, Action.DELETE_SLOT])
    if pending is not None:
        return pending.action is Action.PUT_SLOT
    return desk.work.links.theirs(desk.facility, "slot", slot_id) is not None


def published_state(desk: Desk, state: SlotState) -> str:
    """As what a slot stands in CeR (``mappings/slot_state.csv``, published_as); empty: not at all."""
    return desk.eq.tables.slot_state.row(state.value)["published_as"]


def _changes(desk: Desk, before: Slot | None, now: Slot) -> dict[str, object]:
    """What CeR must be told. Without an earlier version everything is told."""
    changes: dict[str, object] = {}
    state = published_state(desk, now.state)
    was = published_state(desk, before.state) if before is not None else None
    if was != state:
        changes["state"] = state
    if before is None or before.kind is not now.kind:
        changes["kind"] = now.kind.value
    if before is None or (before.starts, before.ends) != (now.starts, now.ends):
        changes["starts"] = now.starts.isoformat()
        changes["ends"] = now.ends.isoformat()
    blocked = NationalSlotState.BLOCKED.value
    if set(changes) == {"state"} and was is not None and blocked not in {was, state}:
        changes["unless_visited"] = True
    return changes


def send_slot(desk: Desk, action: Action, slot_id: str, payload: Mapping[str, object]) -> int:
    """Append a message about one slot; returns its id."""
    return desk.send(Destination.CER, action, [f"slot:{slot_id}"], {"slot_id": slot_id, **payload})
