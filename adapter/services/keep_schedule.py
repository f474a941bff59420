"""Keep a schedule, and follow it when it is closed or opened again (FHIR ``Schedule.active``).

A closed schedule receives nobody, so nobody may book on it: its future slots are blocked in CeR, but for those
that hold a visit. A visit is never deleted here: it stays where it is, the comparison names it, and a person calls
the patient. A term that becomes free on a closed schedule is blocked then. Opened again, every future slot is told
anew as the EHR says it is. What the EHR says of slots meanwhile is kept and told at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotState
from adapter.mapping.slot import slot_state_to_registry
from adapter.ports.store import Action, Destination, NewMessage
from adapter.services.desk import Desk
from adapter.services.publish_schedule import PUT_OR_DELETED, schedule_in_scope, send_slot, told_to_cer
from adapter.services.scope import in_scope

CLOSED_ALREADY = frozenset({SlotState.BLOCKED, SlotState.WITHDRAWN})
"""States of a slot on which nobody books anyway."""


def take_schedule(desk: Desk, schedule: Schedule) -> None:
    """Keep a schedule; its slots go to CeR when its service is in scope and it is active."""
    before = desk.work.calendar.schedule(desk.facility, schedule.id)
    desk.work.calendar.put_schedule(desk.facility, schedule, in_scope=schedule_in_scope(desk, schedule))
    if schedule.register is not None:
        desk.work.register.put_schedule(desk.facility, schedule.register)
    if (
        before is None
        or before.active == schedule.active
        or not in_scope(desk.eq.tables, schedule.service, desk.today)
    ):
        return
    messages = [
        NewMessage(
            facility=desk.facility,
            destination=Destination.CER,
            action=action,
            subjects=(f"slot:{slot_id}",),
            correlation_id=desk.correlation_id,
            payload={"slot_id": slot_id, **payload},
        )
        for slot_id, (action, payload) in _changes(desk, schedule).items()
    ]
    desk.work.outbox.add_all(messages)
    what = "open-schedule" if schedule.active else "close-schedule"
    desk.audit("job:take-in", what, f"schedule:{schedule.id}", {"slots_told": len(messages)})


def closed(schedule: Schedule | None) -> bool:
    """Whether nobody may book on a schedule."""
    return schedule is not None and not schedule.active


def close_term(desk: Desk, slot_id: str) -> None:
    """A visit left a slot: on a closed schedule nobody else may have it."""
    slot = desk.work.calendar.slot(desk.facility, slot_id)
    if slot is None or slot.state in CLOSED_ALREADY or slot.starts <= desk.eq.clock.now():
        return
    if closed(desk.work.calendar.schedule(desk.facility, slot.schedule_id)):
        send_slot(desk, Action.EDIT_SLOT, slot_id, _block(desk))


def _block(desk: Desk) -> dict[str, object]:
    """A block that is left out while a visit stands on the slot when it is sent."""
    state = slot_state_to_registry(SlotState.BLOCKED, desk.eq.tables, desk.today)
    return {"state": state.value if state is not None else None, "unless_visited": True}


def _changes(desk: Desk, schedule: Schedule) -> dict[str, tuple[Action, Mapping[str, object]]]:
    """What CeR must be told of each future slot, by its id."""
    slots = desk.work.calendar.slots_after(desk.facility, schedule.id, desk.eq.clock.now())
    known = _known(desk, [slot.id for slot in slots])
    if not schedule.active:
        block = _block(desk)
        return {
            slot.id: (Action.EDIT_SLOT, block)
            for slot in slots
            if slot.id in known and slot.state not in CLOSED_ALREADY
        }
    return {slot.id: told for slot in slots if (told := _anew(desk, slot, known=slot.id in known)) is not None}


def _anew(desk: Desk, slot: Slot, *, known: bool) -> tuple[Action, Mapping[str, object]] | None:
    """Everything about a slot, as if CeR knew nothing of how it is now."""
    return told_to_cer(desk, None, slot, known=known)


def _known(desk: Desk, slot_ids: list[str]) -> set[str]:
    """Those that CeR has, or will have when the outbox is drained."""
    pending = desk.work.outbox.unfinished(desk.facility, [f"slot:{one}" for one in slot_ids], PUT_OR_DELETED)
    linked = desk.work.links.theirs_of(desk.facility, "slot", slot_ids)
    last = {one: pending.get(f"slot:{one}") for one in slot_ids}
    return {one for one in slot_ids if (one in linked if last[one] is None else last[one] is Action.PUT_SLOT)}
