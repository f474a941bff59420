"""Ask the other side whether a message whose answer was lost has happened.

Each question answers ``Done`` (it happened), ``None`` (it did not) or raises one of the four kinds
when the question itself could not be answered. Only reads are used here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from adapter.domain.identifiers import ReferralKey
from adapter.domain.national import NationalSlot, NationalVisit, NationalVisitState
from adapter.domain.referral import ReferralState
from adapter.domain.slot import Slot
from adapter.errors import Rejected
from adapter.ports import CallContext
from adapter.ports.store import Action, Message
from adapter.services.effects import ENDED_VISIT
from adapter.services.equipment import Equipment
from adapter.services.outcome import Done
from adapter.services.pull_visits import changes_to_come
from adapter.services.send_referrals import access_of, number_of, record_of
from adapter.services.send_slots import edit_of

WARSAW = ZoneInfo("Europe/Warsaw")
Question = Callable[[Equipment, CallContext, Message], Done | None]


def _our_slot(eq: Equipment, message: Message) -> tuple[Slot, str | None]:
    slot_id = str(message.payload["slot_id"])
    with eq.store.unit_of_work() as work:
        slot = work.calendar.slot(message.facility, slot_id)
        theirs = work.links.theirs(message.facility, "slot", slot_id)
    if slot is None:
        raise Rejected("the slot is not known any more", code="SLOT_NOT_KNOWN")
    return slot, theirs


def _national_slot(eq: Equipment, context: CallContext, message: Message) -> NationalSlot | None:
    """The slot of a message as CeR lists it now, by id or by our reference."""
    slot, theirs = _our_slot(eq, message)
    listing = eq.registry.list_slots(context, slot.schedule_id, slot.starts.astimezone(WARSAW).date())
    for national in listing.slots:
        if national.id == theirs or (theirs is None and national.reference == slot.id):
            return national
    return None


def _slot_was_put(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    national = _national_slot(eq, context, message)
    if national is None:
        return None
    return Done(national_id=national.id, sent={"state": national.state.value})


def _slot_was_edited(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    if message.payload.get("slot_id") is None:
        return None
    national = _national_slot(eq, context, message)
    if national is None:
        return None
    edit = edit_of(message.payload, national.id)
    wanted = (edit.state, edit.kind, edit.starts, edit.ends)
    found = (national.state, national.kind, national.starts, national.ends)
    if all(want is None or want == have for want, have in zip(wanted, found, strict=True)):
        sent = {"state": edit.state.value} if edit.state else {}
        return Done(national_id=national.id, sent=sent, sent_at=message.sent_at)
    return None


def _slot_was_deleted(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    return None if _national_slot(eq, context, message) is not None else Done()


def _visit_on(national: NationalSlot | None, match: Callable[[NationalVisit], bool]) -> NationalVisit | None:
    return next((visit for visit in (national.visits if national else ()) if match(visit)), None)


def _visit_was_saved(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    """It was, too, when the patient moved or cancelled it since: it must not be saved a second time."""
    reference = str(message.payload["visit_id"])

    def ended_before(national_id: str) -> bool:
        with eq.store.unit_of_work() as work:
            return work.links.ours(message.facility, ENDED_VISIT, national_id) is not None

    found = _visit_on(
        _national_slot(eq, context, message),
        lambda visit: visit.reference == reference and not ended_before(visit.id),
    )
    if found is not None:
        return Done(national_id=found.id)
    changed = next(
        (
            change.visit_id
            for change in changes_to_come(eq, context)
            if change.reference == reference and not ended_before(change.visit_id)
        ),
        None,
    )
    return Done(national_id=changed) if changed is not None else None


def _their_visit(eq: Equipment, message: Message) -> str | None:
    with eq.store.unit_of_work() as work:
        return work.links.theirs(message.facility, "visit", str(message.payload["visit_id"]))


def _visit_was_moved(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    theirs = _their_visit(eq, message)
    found = _visit_on(
        _national_slot(eq, context, message),
        lambda visit: visit.id == theirs and visit.state is not NationalVisitState.CANCELLED,
    )
    return Done(national_id=found.id) if found else None


def _visit_was_cancelled(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    theirs = _their_visit(eq, message)
    national = _national_slot(eq, context, message)
    if national is None:
        raise Rejected("CeR does not list the visit's slot any more", code="SLOT_NOT_IN_CER")
    standing = _visit_on(
        national, lambda visit: visit.id == theirs and visit.state is not NationalVisitState.CANCELLED
    )
    return None if standing else Done(national_id=theirs)


def _attendance_was_recorded(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    theirs = _their_visit(eq, message)
    wanted = NationalVisitState.SERVED if message.payload["served"] else NationalVisitState.NO_SHOW
    found = _visit_on(_national_slot(eq, context, message), lambda visit: visit.id == theirs and visit.state is wanted)
    return Done(national_id=found.id) if found else None


def _entry_was_made(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    entry = eq.registry.read_waiting_room(context, str(message.payload["visit_id"]))
    return Done(national_id=entry.entry_id) if entry is not None and entry.open else None


def _entry_was_left(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    entry = eq.registry.read_waiting_room(context, str(message.payload["visit_id"]))
    return None if entry is not None and entry.open else Done(national_id=entry.entry_id if entry else None)


def _referral_was_accepted(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    """Readable with the key means still issued; otherwise its number tells, if we may read it."""
    record = record_of(eq, message)
    access = record.referral.access if isinstance(record.referral.access, ReferralKey) else access_of(message)
    try:
        reading = eq.referrals.read_to_accept(context, access)
    except Rejected:
        reading = eq.referrals.read_by_number(context, number_of(record))
    if reading.state is ReferralState.ISSUED:
        return None
    if reading.state is ReferralState.WITH_PROVIDER:
        return Done(reading=reading)
    raise Rejected(f"the referral is {reading.state.value} in P1", code="REFERRAL_STATE")


def _referral_was_given_back(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    """Not readable by number any more means that it is not with us (p1.md 3.1; INFERRED)."""
    number = number_of(record_of(eq, message))
    try:
        reading = eq.referrals.read_by_number(context, number)
    except Rejected:
        return Done()
    return None if reading.state is ReferralState.WITH_PROVIDER else Done(reading=reading)


def _referral_was_finished(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    reading = eq.referrals.read_by_number(context, number_of(record_of(eq, message)))
    return Done(reading=reading) if reading.state is ReferralState.COMPLETED else None


def _send_again(eq: Equipment, context: CallContext, message: Message) -> Done | None:
    """A write-back may be made twice: it sets values with If-Match, and a create asks first."""
    return None


QUESTIONS: Mapping[Action, Question] = {
    Action.PUT_SLOT: _slot_was_put,
    Action.EDIT_SLOT: _slot_was_edited,
    Action.DELETE_SLOT: _slot_was_deleted,
    Action.SAVE_VISIT: _visit_was_saved,
    Action.MOVE_VISIT: _visit_was_moved,
    Action.CANCEL_VISIT: _visit_was_cancelled,
    Action.RECORD_ATTENDANCE: _attendance_was_recorded,
    Action.JOIN_WAITING_ROOM: _entry_was_made,
    Action.LEAVE_WAITING_ROOM: _entry_was_left,
    Action.ACCEPT_REFERRAL: _referral_was_accepted,
    Action.GIVE_BACK_REFERRAL: _referral_was_given_back,
    Action.FINISH_REFERRAL: _referral_was_finished,
    Action.WRITE_BACK: _send_again,
}


def ask(eq: Equipment, message: Message, message_id: str) -> Done | None:
    """Whether a message in doubt has happened.

    Raises:
        Rejected: the answer shows that it cannot happen any more, or that a person must look.
        Unavailable: nobody could be asked. Misconfigured: nobody will be.
    """
    context = CallContext(message.facility, message.correlation_id, message_id)
    return QUESTIONS[message.action](eq, context, message)
