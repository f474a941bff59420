"""Put, change and delete slots in CeR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from adapter.domain.moments import warsaw_day
from adapter.domain.national import NationalSlotState, SlotEdit, SlotOffer
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import Rejected
from adapter.mapping.slot import slot_state_to_registry
from adapter.ports import CallContext
from adapter.ports.store import Action, Message, UnitOfWork
from adapter.services.bring_visit import brought_to
from adapter.services.desk import UNFINISHED, Desk
from adapter.services.equipment import Equipment
from adapter.services.outcome import NOT_NEEDED, Declined, Done, Doubtful
from adapter.services.slot_times import held_by

TIMES = ("starts", "ends")
"""Parts of a payload that move a slot."""


def _offers(
    eq: Equipment, work: UnitOfWork, facility: str, slot_ids: Sequence[str]
) -> list[SlotOffer | Declined | Done]:
    """What is offered for each slot, as the calendar has it now; or why nothing is."""
    slots = work.calendar.slots_by_id(facility, slot_ids)
    schedules = work.calendar.schedules_by_id(facility, sorted({slot.schedule_id for slot in slots.values()}))
    today = warsaw_day(eq.clock.now())
    states = {
        state: slot_state_to_registry(state, eq.tables, today) for state in {one.state for one in slots.values()}
    }
    return [
        _offer(slots[slot_id], schedules.get(slots[slot_id].schedule_id), states)
        if slot_id in slots
        else Declined("the slot is not known")
        for slot_id in slot_ids
    ]


def _offer(
    slot: Slot, schedule: Schedule | None, states: Mapping[SlotState, NationalSlotState | None]
) -> SlotOffer | Declined | Done:
    """What is offered; ``states``: as what each state stands in CeR today.

    A slot withdrawn before it was published is not published: nothing is left to do.
    """
    if schedule is None:
        return Declined("the slot's schedule is not known")
    published = states[slot.state]
    if published is None:
        return Done(result_code=NOT_NEEDED)
    return SlotOffer(
        reference=slot.id,
        schedule=schedule.id,
        cell=schedule.cell,
        service=schedule.service,
        practitioner=schedule.practitioner,
        starts=slot.starts,
        ends=slot.ends,
        kind=slot.kind,
        state=published,
        capacity=slot.capacity,
    )


def put_slots(eq: Equipment, context: CallContext, messages: Sequence[Message]) -> list[Done | Declined | Doubtful]:
    """Send one batch; one outcome for each message, in order. One bad slot sinks none of the others."""
    with eq.store.unit_of_work() as work:
        offers = _offers(eq, work, messages[0].facility, [str(message.payload["slot_id"]) for message in messages])
    sent_at = eq.clock.now()
    ready = [offer for offer in offers if isinstance(offer, SlotOffer)]
    receipts = iter(eq.registry.put_slots(context, ready) if ready else ())
    answered_at = eq.clock.now()
    outcomes: list[Done | Declined | Doubtful] = []
    sent = {state: {"state": state.value} for state in NationalSlotState}
    for offer in offers:
        if not isinstance(offer, SlotOffer):
            outcomes.append(offer)
            continue
        receipt = next(receipts)
        if receipt.accepted:
            outcomes.append(
                Done(
                    result_code=receipt.result_code,
                    national_id=receipt.slot_id,
                    sent=sent[offer.state],
                    sent_at=sent_at,
                    answered_at=answered_at,
                )
            )
        elif receipt.doubt is not None:
            outcomes.append(Doubtful(receipt.doubt))
        else:
            told = eq.tables.refusals.told_of(messages[0].destination.value, receipt.result_code)
            outcomes.append(Declined(receipt.refusal or "refused", receipt.result_code, told))
    return outcomes


def national_slot_id(work: UnitOfWork, message: Message) -> str:
    """CeR's id of the slot a message is about.

    Raises:
        Rejected: CeR does not have the slot (it was never put, or refused).
    """
    given = message.payload.get("national_slot_id")
    if given:
        return str(given)
    theirs = work.links.theirs(message.facility, "slot", str(message.payload["slot_id"]))
    if theirs is None:
        raise Rejected("CeR does not know this slot: it was never accepted there", code="SLOT_NOT_IN_CER")
    return theirs


def edit_of(payload: Mapping[str, object], slot_id: str) -> SlotEdit:
    """The change a payload describes: state, kind, starts, ends; what is absent stays."""

    def instant(name: str) -> datetime | None:
        value = payload.get(name)
        return datetime.fromisoformat(str(value)) if value else None

    state, kind = payload.get("state"), payload.get("kind")
    return SlotEdit(
        slot_id=slot_id,
        state=NationalSlotState(str(state)) if state else None,
        kind=SlotKind(str(kind)) if kind else None,
        starts=instant("starts"),
        ends=instant("ends"),
    )


def edit_slot(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Change a slot in CeR.

    A change between open and taken is left out while a visit stands on the slot (``unless_visited``):
    CeR opens and takes terms by their visits itself, and must not be told to open a patient's term. Nor does it get
    times at which a visit on the slot does not begin: nobody's visit is moved with its slot in silence.
    """
    with eq.store.unit_of_work() as work:
        if message.payload.get("unless_visited") and _visited(work, message):
            return Done(result_code=NOT_NEEDED)
        if _never_published(work, message):
            return Done(result_code=NOT_NEEDED)
        said = _without_held_times(eq, work, message)
        if not said:
            return Done(result_code=NOT_NEEDED)
        theirs = national_slot_id(work, message)
    sent_at = eq.clock.now()
    code = eq.registry.edit_slot(context, edit_of(said, theirs))
    return Done(
        result_code=code,
        national_id=theirs,
        sent=said,
        sent_at=sent_at,
        answered_at=eq.clock.now(),
    )


def _without_held_times(eq: Equipment, work: UnitOfWork, message: Message) -> dict[str, object]:
    """What the message changes; without the times, while a visit on the slot begins at another one."""
    said = {name: message.payload[name] for name in (*TIMES, "state", "kind") if name in message.payload}
    slot_id, starts = message.payload.get("slot_id"), message.payload.get("starts")
    if slot_id is None or starts is None:
        return said
    desk = Desk(eq, work, message.facility, message.correlation_id)
    if held_by(desk, message.payload) or _brought(work, message.facility, str(slot_id)):
        return {name: value for name, value in said.items() if name not in TIMES}
    return said


def _never_published(work: UnitOfWork, message: Message) -> bool:
    """Whether the slot was withdrawn before CeR ever heard of it."""
    slot_id = message.payload.get("slot_id")
    if message.payload.get("national_slot_id") or slot_id is None:
        return False
    slot = work.calendar.slot(message.facility, str(slot_id))
    withdrawn = slot is not None and slot.state is SlotState.WITHDRAWN
    return withdrawn and work.links.theirs(message.facility, "slot", str(slot_id)) is None


def _visited(work: UnitOfWork, message: Message) -> bool:
    facility, slot_id = message.facility, str(message.payload["slot_id"])
    return any(
        visit.active or work.links.theirs(facility, "visit", visit.id) is not None
        for visit in work.calendar.visits_on(facility, slot_id)
    ) or _brought(work, facility, slot_id)


def _brought(work: UnitOfWork, facility: str, slot_id: str) -> bool:
    """Whether a visit that was made in CeR is on its way into the EHR for this slot."""
    subject = brought_to(slot_id)
    return bool(
        work.outbox.find(facility=facility, states=UNFINISHED, actions=[Action.WRITE_BACK], subject=subject, limit=1)
    )


def delete_slot(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Delete a slot in CeR; CeR refuses when it has a visit (law.md I-06).

    A slot that CeR never took need not be deleted: it was withdrawn before it was published, or refused.
    """
    with eq.store.unit_of_work() as work:
        known = message.payload.get("national_slot_id") or work.links.theirs(
            message.facility, "slot", str(message.payload["slot_id"])
        )
        if not known:
            return Done(result_code=NOT_NEEDED)
        theirs = national_slot_id(work, message)
    return Done(result_code=eq.registry.delete_slot(context, theirs), national_id=theirs)
