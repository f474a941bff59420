"""Mend by software what software may mend: only where no patient can be harmed, never a booking.

What may be done is data: ``auto`` in ``mappings/discrepancies.csv`` (``yes`` or ``block-only``); a site
that writes ``no`` there switches a remedy off. How it is done:

    BLOCK_NOT_SENT                            block the slot in CeR
    SURPLUS_SLOT_EMPTY, SURPLUS_SLOT_BOOKED   block the slot in CeR (deleting stays with people)
    MISSING_SLOT                              publish the slot
    VISIT_ONLY_IN_CER                         create the Appointment; also for a visit on a blocked or
                                              surplus slot that the EHR lacks

Every remedy goes through the outbox. A remedy asked for twice is sent once: a message on its way for the
same slot is left to arrive. Terms that have begun are left alone. Nothing here cancels, moves or deletes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from adapter.domain.discrepancy import Discrepancy, DiscrepancyClass, DiscrepancyState
from adapter.domain.evidence import seen_times
from adapter.domain.national import NationalSlotState
from adapter.domain.slot import Slot, SlotState
from adapter.errors import Refused
from adapter.mapping.tables import Tables
from adapter.ports import Clock
from adapter.ports.store import (
    Action,
    AuditRecord,
    Destination,
    MessageState,
    NewMessage,
    Store,
    StoredDiscrepancy,
    UnitOfWork,
)
from adapter.services.keep_schedule import closed

REMEDIES_MAX = 10_000
"""Open discrepancies looked at in one run; the next run takes the rest."""
ACTOR = "job:remedy"
AUTOMATIC = frozenset({"yes", "block-only"})
ON_ITS_WAY = (MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT)

BringVisit = Callable[[str, str], bool]
"""(facility, CeR's visit id) -> whether an Appointment of it is on its way into the EHR."""


@dataclass(frozen=True, slots=True)
class Step:
    """What was done about one discrepancy: ``message_id`` of the outbox, or why nothing was done."""

    discrepancy_id: int
    kind: DiscrepancyClass
    done: bool
    note: str
    message_id: int | None = None


class _Left(Exception):
    """The remedy is not for software in this case; the text says why."""


Plan = Callable[[UnitOfWork, StoredDiscrepancy], NewMessage]


def remedy(
    store: Store,
    clock: Clock,
    tables: Tables,
    facility: str,
    *,
    first: date,
    last: date,
    bring_visit: BringVisit | None = None,
) -> list[Step]:
    """Apply the automatic remedies to the open discrepancies of the Warsaw days ``first`` to ``last``.

    One transaction for each discrepancy; it becomes ``acknowledged`` with a note that names the message. It
    closes by itself when a later comparison no longer finds it. Returns a step for each discrepancy that
    has a remedy by software, also when it was left alone.
    """
    with store.unit_of_work() as work:
        open_ones = work.differences.find(
            facility=facility,
            first=first,
            last=last,
            states=(DiscrepancyState.OPEN.value,),
            limit=REMEDIES_MAX,
        )
    steps: list[Step] = []
    for stored in open_ones:
        kind = stored.found.kind
        if kind in PLANS and tables.discrepancies.row(kind.value)["auto"] in AUTOMATIC:
            steps.append(_send(store, clock.now(), stored))
        if bring_visit is not None and _may_bring(tables):
            steps += _bring(store, clock.now(), stored, bring_visit)
    return steps


def _may_bring(tables: Tables) -> bool:
    return tables.discrepancies.row(DiscrepancyClass.VISIT_ONLY_IN_CER.value)["auto"] in AUTOMATIC


def _send(store: Store, now: datetime, stored: StoredDiscrepancy) -> Step:
    """Put the remedy of one discrepancy into the outbox, unless it is there or the case is for a person."""
    kind = stored.found.kind
    with store.unit_of_work() as work:
        try:
            _not_begun(stored.found, now)
            message = PLANS[kind](work, stored)
            _not_on_its_way(work, message)
        except _Left as left:
            return Step(stored.id, kind, done=False, note=str(left))
        message_id = work.outbox.add(message)
        note = f"{message.action.value}: outbox message {message_id}"
        _acknowledge(work, now, stored, note, message.correlation_id)
        work.commit()
    return Step(stored.id, kind, done=True, note=note, message_id=message_id)


def _bring(store: Store, now: datetime, stored: StoredDiscrepancy, bring_visit: BringVisit) -> list[Step]:
    """Bring the visits that the EHR lacks. They stay listed under their own class where it is another one."""
    unknown = stored.found.evidence.get("visits_unknown_here")
    steps = []
    for visit_id in unknown if isinstance(unknown, list | tuple) else ():
        try:
            brought = bring_visit(stored.facility, str(visit_id))
            what = "on its way" if brought else "not made: asked for before, or CeR gives no data for it"
        except Refused as refusal:
            brought, what = False, refusal.message
        note = f"Appointment of visit {visit_id}: {what}"
        if brought and stored.found.kind is DiscrepancyClass.VISIT_ONLY_IN_CER:
            with store.unit_of_work() as work:
                _acknowledge(work, now, stored, note, str(uuid4()))
                work.commit()
        steps.append(Step(stored.id, stored.found.kind, done=brought, note=note))
    return steps


def _acknowledge(work: UnitOfWork, now: datetime, stored: StoredDiscrepancy, note: str, correlation_id: str) -> None:
    work.differences.mark(stored.id, DiscrepancyState.ACKNOWLEDGED.value, ACTOR, note, now)
    work.audit.write(
        AuditRecord(
            at=now,
            actor=ACTOR,
            action="remedy",
            facility=stored.facility,
            subject=f"discrepancy:{stored.id}",
            correlation_id=correlation_id,
            detail={"class": stored.found.kind.value, "note": note},
        )
    )


def _not_begun(found: Discrepancy, now: datetime) -> None:
    starts, _ = seen_times(found.evidence)
    if not starts:
        raise _Left("the evidence does not say when the term starts")
    if datetime.fromisoformat(starts) <= now:
        raise _Left("the term has begun or is over")


def _not_on_its_way(work: UnitOfWork, message: NewMessage) -> None:
    """A message about the same slot that is not finished yet may already be the remedy."""
    for subject in message.subjects:
        found = work.outbox.find(facility=message.facility, states=ON_ITS_WAY, subject=subject, limit=1)
        if found:
            raise _Left(f"outbox message {found[0].id} about this slot is on its way")


def _block(work: UnitOfWork, stored: StoredDiscrepancy) -> NewMessage:
    """The hospital's block, sent again; proven by the next read-back."""
    slot = work.calendar.slot(stored.facility, stored.found.hospital_slot_id or "")
    if slot is None or not _blocked(work, stored.facility, slot):
        raise _Left("the hospital no longer blocks the slot")
    return _edit(stored, {"slot_id": slot.id, "national_slot_id": _national(stored)}, slot.id)


def _blocked(work: UnitOfWork, facility: str, slot: Slot) -> bool:
    """Whether the hospital blocks a slot: by itself, or because its schedule is closed."""
    return slot.state is SlotState.BLOCKED or closed(work.calendar.schedule(facility, slot.schedule_id))


def _block_surplus(work: UnitOfWork, stored: StoredDiscrepancy) -> NewMessage:
    """Nobody may book any more on a slot that the hospital does not have."""
    ours = stored.found.hospital_slot_id
    slot = work.calendar.slot(stored.facility, ours) if ours is not None else None
    if slot is not None and slot.state is not SlotState.WITHDRAWN:
        raise _Left("the hospital has the slot in its schedule by now")
    if stored.found.evidence.get("national_state") == NationalSlotState.BLOCKED.value:
        raise _Left("the slot is blocked already")
    where = {"schedule_id": stored.found.schedule_id, "day": stored.found.day.isoformat()}
    return _edit(stored, {"national_slot_id": _national(stored), **where}, ours or _national(stored))


def _publish(work: UnitOfWork, stored: StoredDiscrepancy) -> NewMessage:
    """Put the slot in CeR, if we are sure that it is not there."""
    slot = work.calendar.slot(stored.facility, stored.found.hospital_slot_id or "")
    if slot is None or slot.state is SlotState.WITHDRAWN:
        raise _Left("the hospital no longer has the slot in its schedule")
    if stored.found.evidence.get("listing_incomplete"):
        raise _Left("CeR's list had rows that could not be read: the slot may be one of them")
    if work.links.theirs(stored.facility, "slot", slot.id) is not None:
        raise _Left("CeR took the slot before and does not list it now: it was moved or deleted there")
    return _message(stored, Action.PUT_SLOT, {"slot_id": slot.id}, slot.id)


def _national(stored: StoredDiscrepancy) -> str:
    if stored.found.national_slot_id is None:
        raise _Left("the discrepancy names no slot of CeR")
    return stored.found.national_slot_id


def _edit(stored: StoredDiscrepancy, payload: Mapping[str, object], slot_id: str) -> NewMessage:
    return _message(stored, Action.EDIT_SLOT, {**payload, "state": NationalSlotState.BLOCKED.value}, slot_id)


def _message(stored: StoredDiscrepancy, action: Action, payload: Mapping[str, object], slot_id: str) -> NewMessage:
    return NewMessage(
        facility=stored.facility,
        destination=Destination.CER,
        action=action,
        subjects=(f"slot:{slot_id}",),
        correlation_id=str(uuid4()),
        payload=payload,
    )


PLANS: Mapping[DiscrepancyClass, Plan] = {
    DiscrepancyClass.BLOCK_NOT_SENT: _block,
    DiscrepancyClass.SURPLUS_SLOT_EMPTY: _block_surplus,
    DiscrepancyClass.SURPLUS_SLOT_BOOKED: _block_surplus,
    DiscrepancyClass.MISSING_SLOT: _publish,
}
"""Remedies that are one message to CeR."""
