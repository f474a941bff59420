"""Take many Slots in at once: what :func:`adapter.services.take_in.take_entry` does for each, in few statements.

Only Slots of the usual kind with a known schedule are taken here. All others are handed back and go
one by one, so that every problem is named as always. What is taken together has one correlation id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.mapping.bulk_slot import SlotReader
from adapter.ports.store import Action, AuditRecord, Destination, InboxEntry, InboxState, NewMessage
from adapter.services.desk import Desk
from adapter.services.publish_schedule import PUT_OR_DELETED, schedule_in_scope, told_to_cer


@dataclass(frozen=True, slots=True)
class _Taking:
    """A Slot at hand: its entry, what it says, its schedule."""

    entry: InboxEntry
    slot: Slot
    schedule: Schedule


def take_slots(desk: Desk, reader: SlotReader, entries: Sequence[InboxEntry]) -> Mapping[int, InboxState]:
    """Settle the entries that can be taken in bulk: what became of each, by its id. The others are read in full."""
    takings = _readable(desk, reader, entries)
    before = desk.work.calendar.slots_by_id(desk.facility, [taking.slot.id for taking in takings])
    late = [taking for taking in takings if _overtaken(before.get(taking.slot.id), taking.slot)]
    old = {taking.entry.id for taking in late}
    current = [taking for taking in takings if taking.entry.id not in old]
    desk.work.calendar.put_slots(desk.facility, [taking.slot for taking in current])
    desk.work.outbox.add_all(_messages(desk, current, before))
    for state, some in ((InboxState.TAKEN, current), (InboxState.SUPERSEDED, late)):
        if some:
            desk.work.inbox.settle_all([taking.entry.id for taking in some], state)
            _record(desk, some, state)
    ended = dict.fromkeys((taking.entry.id for taking in takings), InboxState.TAKEN)
    return {**ended, **dict.fromkeys(old, InboxState.SUPERSEDED)}


def _readable(desk: Desk, reader: SlotReader, entries: Sequence[InboxEntry]) -> list[_Taking]:
    """What can be taken in bulk."""
    read = [
        (entry, slot)
        for entry in entries
        if (slot := reader.read(entry.received.raw)) is not None and slot.id == entry.received.resource_id
    ]
    named = sorted({slot.schedule_id for _, slot in read})
    known = desk.work.calendar.schedules_by_id(desk.facility, named) if named else {}
    return [_Taking(entry, slot, known[slot.schedule_id]) for entry, slot in read if slot.schedule_id in known]


def _overtaken(known: Slot | None, slot: Slot) -> bool:
    """Whether the EHR said something newer before."""
    return bool(known is not None and known.changed_at and slot.changed_at and slot.changed_at < known.changed_at)


def _messages(desk: Desk, takings: Sequence[_Taking], before: Mapping[str, Slot]) -> list[NewMessage]:
    """What CeR must be told of slots whose schedule it keeps."""
    schedules = {taking.schedule.id: taking.schedule for taking in takings}
    scope = {identity for identity, schedule in schedules.items() if schedule_in_scope(desk, schedule)}
    told = [taking for taking in takings if taking.schedule.id in scope]
    ids = [taking.slot.id for taking in told]
    pending = desk.work.outbox.unfinished(desk.facility, [f"slot:{slot_id}" for slot_id in ids], PUT_OR_DELETED)
    linked = desk.work.links.theirs_of(desk.facility, "slot", ids)
    messages = []
    for taking in told:
        slot = taking.slot
        last = pending.get(f"slot:{slot.id}")
        known = slot.id in linked if last is None else last is Action.PUT_SLOT
        wanted = told_to_cer(desk, before.get(slot.id), slot, known=known)
        if wanted is not None:
            action, payload = wanted
            messages.append(
                NewMessage(
                    facility=desk.facility,
                    destination=Destination.CER,
                    action=action,
                    subjects=(f"slot:{slot.id}",),
                    correlation_id=desk.correlation_id,
                    payload={"slot_id": slot.id, **payload},
                )
            )
    return messages


def _record(desk: Desk, takings: Sequence[_Taking], state: InboxState) -> None:
    common = AuditRecord(
        at=desk.eq.clock.now(),
        actor="job:take-in",
        action="take-in",
        facility=desk.facility,
        subject="",
        correlation_id=desk.correlation_id,
        detail={"state": state.value, "rules": []},
    )
    desk.work.audit.write_each(common, [(f"Slot/{one.slot.id}", {"entry": one.entry.id}) for one in takings])
