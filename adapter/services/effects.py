"""What becomes true in the store when a message was delivered: in the same transaction that settles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from adapter.domain.identifiers import ReferralKey
from adapter.domain.national import NationalSlotState
from adapter.domain.referral import HELD_ELSEWHERE, ReferralState
from adapter.mapping.write_back import (
    referral_identifier,
    slot_identifier,
    visit_identifier,
    waiting_entry_identifier,
)
from adapter.ports.store import Action, BlockProof, Destination, Message, MessageState, NewMessage, UnitOfWork
from adapter.services.adopt import adopt_created
from adapter.services.book_again import book_again
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.outcome import Done
from adapter.services.register import settle_entry
from adapter.services.slot_times import ask_about, held_by

UNREACHED_MAX = 1000
"""Acceptances waiting for P1 that are looked at when it does not answer; the rest at its next silence."""
ENDED_VISIT = "visit-ended"
"""Kind of link: a national visit that was cancelled; its id may still stand in the EHR."""

Effect = Callable[[Equipment, UnitOfWork, Message, Done, datetime], None]


def identifier_write_back(
    eq: Equipment, work: UnitOfWork, message: Message, resource: tuple[str, str], identifier: tuple[str, str]
) -> None:
    """Ask the EHR to note a national id on one of its resources, where it lets us."""
    if resource[0] in eq.write_back_types:
        work.outbox.add(_identifier_message(message, resource, identifier))


def _identifier_message(message: Message, resource: tuple[str, str], identifier: tuple[str, str]) -> NewMessage:
    resource_type, resource_id = resource
    return NewMessage(
        facility=message.facility,
        destination=Destination.EHR,
        action=Action.WRITE_BACK,
        subjects=(f"ehr:{resource_type}/{resource_id}",),
        correlation_id=message.correlation_id,
        payload={
            "resource_type": resource_type,
            "resource_id": resource_id,
            "identifiers": [list(identifier)],
        },
    )


def _block_asked(work: UnitOfWork, message: Message, done: Done, now: datetime, slot_id: str) -> None:
    work.calendar.put_block(
        message.facility,
        BlockProof(
            slot_id=slot_id,
            message_id=message.message_id,
            asked_at=done.sent_at or message.sent_at or now,
            answered_at=done.answered_at or now,
            result_code=done.result_code,
        ),
    )


def _slot_put(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    _slots_put(eq, work, [(message, done)], now)


def _slots_put(eq: Equipment, work: UnitOfWork, done: Sequence[tuple[Message, Done]], now: datetime) -> None:
    """Slots of one facility, in few statements."""
    write_backs: list[NewMessage] = []
    pairs: list[tuple[str, str]] = []
    for message, one in done:
        slot_id = str(message.payload["slot_id"])
        if one.national_id is None:
            continue
        pairs.append((slot_id, one.national_id))
        if one.sent.get("state") == NationalSlotState.BLOCKED.value:
            _block_asked(work, message, one, now, slot_id)
        if "Slot" in eq.write_back_types:
            write_backs.append(_identifier_message(message, ("Slot", slot_id), slot_identifier(one.national_id)))
    if pairs:
        work.links.put_all(done[0][0].facility, "slot", pairs)
    work.outbox.add_all(write_backs)


def _slot_edited(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    slot_id = message.payload.get("slot_id")
    if slot_id is None:
        return
    if "moved_from" in message.payload and "starts" not in done.sent:
        desk = _desk(eq, work, message)
        ask_about(desk, held_by(desk, message.payload))
    if done.sent.get("state") == NationalSlotState.BLOCKED.value:
        _block_asked(work, message, done, now, str(slot_id))
    elif done.sent.get("state") is not None:
        work.calendar.clear_block(message.facility, str(slot_id))


def _slot_deleted(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    slot_id = message.payload.get("slot_id")
    if slot_id is not None:
        work.calendar.clear_block(message.facility, str(slot_id))
        work.links.drop(message.facility, "slot", str(slot_id))


def _visit_saved(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    visit_id = str(message.payload["visit_id"])
    if done.national_id is None:
        return
    work.links.put(message.facility, "visit", visit_id, done.national_id)
    visit = work.calendar.visit(message.facility, visit_id)
    if visit is not None:
        work.calendar.put_visit(message.facility, replace(visit, national_id=done.national_id))
    identifier_write_back(eq, work, message, ("Appointment", visit_id), visit_identifier(done.national_id))


def _visit_moved(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    """A move changes nothing of ours, unless it saved the visit in the first place."""
    if work.links.theirs(message.facility, "visit", str(message.payload["visit_id"])) is None:
        _visit_saved(eq, work, message, done, now)


def _visit_ended(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    """The link of a cancelled visit becomes history, so that the same appointment may be booked again."""
    visit_id = str(message.payload["visit_id"])
    theirs = work.links.theirs(message.facility, "visit", visit_id)
    work.links.drop(message.facility, "visit", visit_id)
    if theirs is not None:
        work.links.put(message.facility, ENDED_VISIT, f"{visit_id}#{theirs}", theirs)
    visit = work.calendar.visit(message.facility, visit_id)
    if visit is not None and visit.national_id == theirs:
        work.calendar.put_visit(message.facility, replace(visit, national_id=None))
    if visit is not None:
        _try_refused_again(work, message.facility, visit.patient_id)


def _try_refused_again(work: UnitOfWork, facility: str, patient_id: str) -> None:
    """A term that CeR refused its patient while the other one stood is asked for again, once.

    Only what CeR itself refused (it gave a code), and only where the visit is still wanted and the
    refusal is the last word on it.
    """
    refused = work.outbox.find(
        facility=facility,
        states=[MessageState.REFUSED],
        actions=[Action.SAVE_VISIT],
        subject=f"patient:{patient_id}",
    )
    for one in refused:
        visit_id = str(one.payload["visit_id"])
        visit = work.calendar.visit(facility, visit_id)
        last = work.outbox.find(facility=facility, actions=[Action.SAVE_VISIT], subject=f"visit:{visit_id}", limit=1)
        wanted = visit is not None and visit.active and visit.slot_ids == (one.payload["slot_id"],)
        if (
            wanted
            and one.result_code
            and one.attempts == 1
            and last[0].id == one.id
            and work.links.theirs(facility, "visit", visit_id) is None
        ):
            work.outbox.retry(one.id, "job:deliver", "the patient's other visit was cancelled")


def _joined(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    visit_id = str(message.payload["visit_id"])
    if done.national_id is None:
        return
    work.links.put(message.facility, "waiting-entry", visit_id, done.national_id)
    identifier_write_back(eq, work, message, ("Appointment", visit_id), waiting_entry_identifier(done.national_id))


def _left(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    work.links.drop(message.facility, "waiting-entry", str(message.payload["visit_id"]))


def _referral_became(state: ReferralState, *, held: bool) -> Effect:
    def effect(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
        referral_id = str(message.payload["referral_id"])
        record = work.calendar.referral(message.facility, referral_id)
        if record is None:
            return
        told = record.referral.number
        if not isinstance(record.referral.access, ReferralKey):  # an access code is never kept after its use
            record = replace(record, referral=replace(record.referral, access=None))
        work.calendar.put_referral(message.facility, replace(record, state=state, held=held))
        if held:
            settle_entry.accepted(_desk(eq, work, message), referral_id)
            book_again(_desk(eq, work, message), referral_id)
        if told is None and record.number is not None and state is ReferralState.WITH_PROVIDER:
            identifier_write_back(
                eq, work, message, ("ServiceRequest", referral_id), referral_identifier(record.number)
            )

    return effect


def _desk(eq: Equipment, work: UnitOfWork, message: Message) -> Desk:
    return Desk(eq, work, message.facility, message.correlation_id)


def declined_effects(eq: Equipment, work: UnitOfWork, message: Message, result_code: str) -> None:
    """Write down what a refused message made untrue: without P1's acceptance there is no entry (R-04)."""
    if message.action is not Action.ACCEPT_REFERRAL:
        return
    elsewhere = result_code == eq.tables.national_result.row(HELD_ELSEWHERE)["national"]
    settle_entry.refused(_desk(eq, work, message), str(message.payload["referral_id"]), elsewhere=elsewhere)


def unreached(eq: Equipment, work: UnitOfWork, batch: Sequence[Message]) -> None:
    """P1 did not answer: who waits for it is entered at once, also behind those that were tried now (R-07)."""
    if not any(message.action is Action.ACCEPT_REFERRAL for message in batch):
        return
    facility = batch[0].facility
    behind = work.outbox.find(
        facility=facility, states=[MessageState.WAITING], actions=[Action.ACCEPT_REFERRAL], limit=UNREACHED_MAX
    )
    for message in sorted({one.id: one for one in (*batch, *behind)}.values(), key=lambda one: one.id):
        if message.action is Action.ACCEPT_REFERRAL:
            settle_entry.out_of_reach(_desk(eq, work, message), str(message.payload["referral_id"]))


def _written_back(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    if message.payload.get("resource_id") is None and done.received is not None:
        adopt_created(eq, work, message, done.received, now)


EFFECTS: Mapping[Action, Effect] = {
    Action.PUT_SLOT: _slot_put,
    Action.EDIT_SLOT: _slot_edited,
    Action.DELETE_SLOT: _slot_deleted,
    Action.SAVE_VISIT: _visit_saved,
    Action.MOVE_VISIT: _visit_moved,
    Action.CANCEL_VISIT: _visit_ended,
    Action.JOIN_WAITING_ROOM: _joined,
    Action.LEAVE_WAITING_ROOM: _left,
    Action.ACCEPT_REFERRAL: _referral_became(ReferralState.WITH_PROVIDER, held=True),
    Action.GIVE_BACK_REFERRAL: _referral_became(ReferralState.ISSUED, held=False),
    Action.FINISH_REFERRAL: _referral_became(ReferralState.COMPLETED, held=False),
    Action.REFUSE_REFERRAL: _referral_became(ReferralState.ISSUED, held=False),
    Action.WRITE_BACK: _written_back,
}
"""Action -> what it makes true; recording attendance and missing documents change nothing of ours, and
what a saved or annulled document changes is written by its sender."""


def apply_all(eq: Equipment, work: UnitOfWork, done: Sequence[tuple[Message, Done]], now: datetime) -> None:
    """Write down what a batch of one facility made true."""
    if done and all(message.action is Action.PUT_SLOT for message, _ in done):
        _slots_put(eq, work, done, now)
        return
    for message, one in done:
        apply_effects(eq, work, message, one, now)


def apply_effects(eq: Equipment, work: UnitOfWork, message: Message, done: Done, now: datetime) -> None:
    """Write down what a delivered message made true."""
    effect = EFFECTS.get(message.action)
    if effect is not None:
        effect(eq, work, message, done, now)
