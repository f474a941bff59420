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
from adapter.mapping.slot import slot_state_to_registry
from adapter.ports.store import Action, Destination
from adapter.services.desk import Desk
from adapter.services.scope import in_scope
from adapter.services.slot_times import may_be_told

PUT_OR_DELETED = (Action.PUT_SLOT, Action.DELETE_SLOT)
"""What decides whether CeR will have a slot."""


def schedule_in_scope(desk: Desk, schedule: Schedule | None) -> bool:
    """Whether a schedule is kept in CeR today."""
    return schedule is not None and schedule.active and in_scope(desk.eq.tables, schedule.service, desk.today)


def take_slot(desk: Desk, slot: Slot) -> None:
    """Keep a slot as the EHR says it is now, and tell CeR what changed."""
    before = desk.work.calendar.slot(desk.facility, slot.id)
    desk.work.calendar.put_slot(desk.facility, slot)
    if not schedule_in_scope(desk, desk.work.calendar.schedule(desk.facility, slot.schedule_id)):
        return
    wanted = told_to_cer(desk, before, slot, known=known_in_cer(desk, slot.id))
    if wanted is not None:
        action, payload = wanted
        send_slot(desk, action, slot.id, payload)


def told_to_cer(
    desk: Desk, before: Slot | None, slot: Slot, *, known: bool
) -> tuple[Action, Mapping[str, object]] | None:
    """What CeR must be told of a slot, None when nothing: ``known`` says whether it has the slot or will have it."""
    if slot.state is SlotState.WITHDRAWN:
        return (Action.DELETE_SLOT, {}) if known else None
    if not known:
        return Action.PUT_SLOT, {}
    changes = _changes(desk, before, slot)
    return (Action.EDIT_SLOT, changes) if changes else None


def known_in_cer(desk: Desk, slot_id: str) -> bool:
    """Whether CeR has the slot, or will have it when the outbox is drained."""
    pending = desk.pending(f"slot:{slot_id}", PUT_OR_DELETED)
    if pending is not None:
        return pending.action is Action.PUT_SLOT
    return desk.work.links.theirs(desk.facility, "slot", slot_id) is not None


def _changes(desk: Desk, before: Slot | None, now: Slot) -> dict[str, object]:
    """What CeR must be told. Without an earlier version everything is told."""
    changes: dict[str, object] = {}
    state = slot_state_to_registry(now.state, desk.eq.tables, desk.today)
    was = slot_state_to_registry(before.state, desk.eq.tables, desk.today) if before is not None else None
    if was is not state and state is not None:
        changes["state"] = state.value
    if before is None or before.kind is not now.kind:
        changes["kind"] = now.kind.value
    if before is None or ((before.starts, before.ends) != (now.starts, now.ends) and may_be_told(desk, before, now)):
        changes["starts"] = now.starts.isoformat()
        changes["ends"] = now.ends.isoformat()
        if before is not None:
            changes["moved_from"] = before.starts.isoformat()
    blocked = NationalSlotState.BLOCKED
    if set(changes) == {"state"} and before is not None and blocked not in {was, state}:
        changes["unless_visited"] = True
    return changes


def send_slot(desk: Desk, action: Action, slot_id: str, payload: Mapping[str, object]) -> int:
    """Append a message about one slot; returns its id."""
    return desk.send(Destination.CER, action, [f"slot:{slot_id}"], {"slot_id": slot_id, **payload})
