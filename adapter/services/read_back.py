"""Ask the other side whether a message whose answer was lost has happened.

Each question answers ``Done`` (it happened), ``None`` (it did not) or raises one of the four kinds
when the question itself could not be answered. Only reads are used here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from adapter.domain.identifiers import ReferralKey
from adapter.domain.moments import warsaw_day
from adapter.domain.national import NationalSlot, NationalVisit, NationalVisitState, Origin, SlotListing, VisitChange
from adapter.domain.referral import ReferralReading, ReferralState
from adapter.domain.slot import Slot
from adapter.errors import Rejected
from adapter.ports import CallContext
from adapter.ports.store import Action, Message
from adapter.services import send_referral_documents
from adapter.services.calling import context_of
from adapter.services.effects import ENDED_VISIT
from adapter.services.equipment import Equipment
from adapter.services.outcome import Done
from adapter.services.pull_visits import changes_to_come
from adapter.services.send_referrals import access_of, comment_of, number_of, record_of
from adapter.services.send_slots import edit_of
from adapter.services.send_visits import overtaken

CLOCKS_APART = timedelta(minutes=5)
"""What came after a message may look older than it by so much: CeR's and P1's clocks are not ours."""
PLACES_MAX = 20
"""Messages of a visit, newest first, whose slots are looked at when it is not known where it stands."""


@dataclass(slots=True)
class Round:
    """One round of questions: each list of CeR is read once, after every message of the round was in doubt."""

    eq: Equipment
    lists: dict[tuple[str, str, date], SlotListing] = field(default_factory=dict)
    feeds: dict[str, Sequence[VisitChange]] = field(default_factory=dict)

    def slots(self, context: CallContext, schedule_id: str, day: date) -> SlotListing:
        """CeR's list of a schedule's slots of a Warsaw day."""
        key = (context.facility, schedule_id, day)
        if key not in self.lists:
            self.lists[key] = self.eq.registry.list_slots(context, schedule_id, day)
        return self.lists[key]

    def changes(self, context: CallContext) -> Sequence[VisitChange]:
        """Changes of visits that no pull has handled yet."""
        if context.facility not in self.feeds:
            self.feeds[context.facility] = tuple(changes_to_come(self.eq, context))
        return self.feeds[context.facility]


Question = Callable[[Round, CallContext, Message], Done | None]


def _our_slot(eq: Equipment, message: Message, slot_id: str) -> tuple[Slot, str | None]:
    with eq.store.unit_of_work() as work:
        slot = work.calendar.slot(message.facility, slot_id)
        theirs = work.links.theirs(message.facility, "slot", slot_id)
    if slot is None:
        raise Rejected("the slot is not known any more", code="SLOT_NOT_KNOWN")
    return slot, theirs


def _national_slot(
    told: Round, context: CallContext, message: Message, slot_id: str | None = None
) -> NationalSlot | None:
    """A slot (the message's unless told) as CeR lists it now, by id or by our reference."""
    asked = slot_id or message.payload.get("slot_id")
    if asked is None:
        return _slot_of_theirs(told, context, message)
    slot, theirs = _our_slot(told.eq, message, str(asked))
    listing = told.slots(context, slot.schedule_id, warsaw_day(slot.starts))
    for national in listing.slots:
        if national.id == theirs or (theirs is None and national.reference == slot.id):
            return national
    return None


def _slot_of_theirs(told: Round, context: CallContext, message: Message) -> NationalSlot | None:
    """A slot that the message names by CeR's id alone, because the hospital does not have it."""
    payload = message.payload
    if "schedule_id" not in payload or "day" not in payload:
        raise Rejected("the message does not say on which schedule and day the slot stands", code="SLOT_NOT_KNOWN")
    listing = told.slots(context, str(payload["schedule_id"]), date.fromisoformat(str(payload["day"])))
    return next((national for national in listing.slots if national.id == payload["national_slot_id"]), None)


def _slot_was_put(told: Round, context: CallContext, message: Message) -> Done | None:
    national = _national_slot(told, context, message)
    if national is None:
        return None
    return Done(national_id=national.id, sent={"state": national.state.value})


def _slot_was_edited(told: Round, context: CallContext, message: Message) -> Done | None:
    national = _national_slot(told, context, message)
    if national is None:
        return None
    edit = edit_of(message.payload, national.id)
    wanted = (edit.state, edit.kind, edit.starts, edit.ends)
    found = (national.state, national.kind, national.starts, national.ends)
    if all(want is None or want == have for want, have in zip(wanted, found, strict=True)):
        sent = {"state": edit.state.value} if edit.state else {}
        return Done(national_id=national.id, sent=sent, sent_at=message.sent_at)
    return None


def _slot_was_deleted(told: Round, context: CallContext, message: Message) -> Done | None:
    return None if _national_slot(told, context, message) is not None else Done()


def _visit_on(national: NationalSlot | None, match: Callable[[NationalVisit], bool]) -> NationalVisit | None:
    return next((visit for visit in (national.visits if national else ()) if match(visit)), None)


def _visit_was_saved(told: Round, context: CallContext, message: Message) -> Done | None:
    """It was, too, when the patient moved or cancelled it since: it must not be saved a second time."""
    reference = str(message.payload["visit_id"])

    def ended_before(national_id: str) -> bool:
        with told.eq.store.unit_of_work() as work:
            return work.links.ours(message.facility, ENDED_VISIT, national_id) is not None

    found = _visit_on(
        _national_slot(told, context, message),
        lambda visit: visit.reference == reference and not ended_before(visit.id),
    )
    if found is not None:
        return Done(national_id=found.id)
    changed = next(
        (
            change.visit_id
            for change in told.changes(context)
            if change.reference == reference and not ended_before(change.visit_id)
        ),
        None,
    )
    return Done(national_id=changed) if changed is not None else None


def _their_visit(eq: Equipment, message: Message) -> str | None:
    with eq.store.unit_of_work() as work:
        return work.links.theirs(message.facility, "visit", str(message.payload["visit_id"]))


def _places(eq: Equipment, message: Message) -> list[str]:
    """Every slot on which CeR may have a visit: the message's, and wherever it was ever to be saved or moved.

    After a refused move CeR has it on another slot than the EHR says.
    """
    visit_id = str(message.payload["visit_id"])
    with eq.store.unit_of_work() as work:
        visit = work.calendar.visit(message.facility, visit_id)
        sent = work.outbox.find(
            facility=message.facility,
            actions=[Action.SAVE_VISIT, Action.MOVE_VISIT],
            subject=f"visit:{visit_id}",
            limit=PLACES_MAX,
        )
    named = [message.payload.get("slot_id"), *(visit.slot_ids if visit is not None else ())]
    named += [one.payload["slot_id"] for one in sent]
    return list(dict.fromkeys(str(slot_id) for slot_id in named if slot_id is not None))


def _their_visit_now(told: Round, context: CallContext, message: Message) -> NationalVisit | None:
    """The visit as CeR lists it, wherever it may stand; one that is over only when none stands."""
    theirs = _their_visit(told.eq, message)
    seen = [
        visit
        for slot_id in _places(told.eq, message)
        if (visit := _visit_on(_national_slot(told, context, message, slot_id), lambda one: one.id == theirs))
    ]
    return next(
        (visit for visit in seen if visit.state is not NationalVisitState.CANCELLED), seen[0] if seen else None
    )


def _moved_on(told: Round, context: CallContext, message: Message, theirs: str | None) -> bool:
    """Whether the last word on a visit is its patient's or CeR's own, said after our move was sent."""
    with told.eq.store.unit_of_work() as work:
        if overtaken(work, message):
            return True
    words = [change for change in told.changes(context) if change.visit_id == theirs]
    last = max(words, key=lambda one: one.sequence, default=None)
    if last is None or last.origin is Origin.FACILITY:
        return False
    return message.sent_at is None or last.changed_at >= message.sent_at - CLOCKS_APART


def _visit_was_moved(told: Round, context: CallContext, message: Message) -> Done | None:
    """It counts as moved, too, when its patient moved or cancelled it since: it must not be moved back.

    A visit that was never saved may have been saved by its move.
    """
    theirs = _their_visit(told.eq, message)
    if theirs is None and message.payload.get("unsaved"):
        return _visit_was_saved(told, context, message)
    found = _visit_on(
        _national_slot(told, context, message),
        lambda visit: visit.id == theirs and visit.state is not NationalVisitState.CANCELLED,
    )
    if found is not None or _moved_on(told, context, message, theirs):
        return Done(national_id=theirs)
    return None


def _visit_was_cancelled(told: Round, context: CallContext, message: Message) -> Done | None:
    """Cancelled, or listed nowhere any more; while it stands somewhere it was not."""
    found = _their_visit_now(told, context, message)
    if found is not None and found.state is not NationalVisitState.CANCELLED:
        return None
    return Done(national_id=_their_visit(told.eq, message))


def _attendance_was_recorded(told: Round, context: CallContext, message: Message) -> Done | None:
    wanted = NationalVisitState.SERVED if message.payload["served"] else NationalVisitState.NO_SHOW
    found = _their_visit_now(told, context, message)
    return Done(national_id=found.id) if found is not None and found.state is wanted else None


def _entry_was_made(told: Round, context: CallContext, message: Message) -> Done | None:
    entry = told.eq.registry.read_waiting_room(context, str(message.payload["visit_id"]))
    return Done(national_id=entry.entry_id) if entry is not None and entry.open else None


def _entry_was_left(told: Round, context: CallContext, message: Message) -> Done | None:
    entry = told.eq.registry.read_waiting_room(context, str(message.payload["visit_id"]))
    return None if entry is not None and entry.open else Done(national_id=entry.entry_id if entry else None)


def _referral_was_accepted(told: Round, context: CallContext, message: Message) -> Done | None:
    """Readable with the key means still issued; otherwise its number tells, if we may read it."""
    record = record_of(told.eq, message)
    access = record.referral.access if isinstance(record.referral.access, ReferralKey) else access_of(message)
    try:
        reading = told.eq.referrals.read_to_accept(context, access)
    except Rejected:
        reading = told.eq.referrals.read_by_number(context, number_of(record))
    if reading.state is ReferralState.ISSUED:
        return None
    if reading.state is ReferralState.WITH_PROVIDER:
        return Done(reading=reading)
    raise Rejected(f"the referral is {reading.state.value} in P1", code="REFERRAL_STATE")


def _not_considered(error: Rejected) -> bool:
    """The question itself was refused (a fault, a status of HTTP): that says nothing about what was asked."""
    return error.handling is not None and error.code != "NATIONAL_RESULT"


def _referral_was_given_back(told: Round, context: CallContext, message: Message) -> Done | None:
    """Not readable by number any more means that it is not with us (p1.md 3.1; INFERRED)."""
    number = number_of(record_of(told.eq, message))
    try:
        reading = told.eq.referrals.read_by_number(context, number)
    except Rejected as error:
        if _not_considered(error):
            raise
        return Done()
    return None if reading.state is ReferralState.WITH_PROVIDER else Done(reading=reading)


def _referral_was_finished(told: Round, context: CallContext, message: Message) -> Done | None:
    reading = told.eq.referrals.read_by_number(context, number_of(record_of(told.eq, message)))
    return Done(reading=reading) if reading.state is ReferralState.COMPLETED else None


def _comment_was_added(message: Message, reading: ReferralReading) -> Done | None:
    """Whether the referral has the message's comment, written since it was sent."""
    said = comment_of(message)
    for comment in reading.comments:
        old = comment.written_at and message.sent_at and comment.written_at < message.sent_at - CLOCKS_APART
        if comment.text == said and not old:
            return Done(reading=reading)
    return None


def _referral_was_refused(told: Round, context: CallContext, message: Message) -> Done | None:
    return _comment_was_added(message, told.eq.referrals.read_to_accept(context, access_of(message)))


def _missing_documents_were_reported(told: Round, context: CallContext, message: Message) -> Done | None:
    number = number_of(record_of(told.eq, message))
    return _comment_was_added(message, told.eq.referrals.read_by_number(context, number))


def _document_was_saved(told: Round, context: CallContext, message: Message) -> Done | None:
    """Readable by its number: it was. What the book has not, is gone with the answer, and the book says so."""
    try:
        told.eq.referrals.read_by_number(context, send_referral_documents.number_of(message))
    except Rejected as error:
        if _not_considered(error):
            raise
        return None
    with told.eq.store.unit_of_work() as work:
        note = send_referral_documents.note_saved(told.eq, work, message)
        work.commit()
    return Done(note=note)


def _document_was_annulled(told: Round, context: CallContext, message: Message) -> Done | None:
    reading = told.eq.referrals.read_by_number(context, send_referral_documents.number_of(message))
    if reading.state is not ReferralState.ANNULLED:
        return None
    with told.eq.store.unit_of_work() as work:
        send_referral_documents.note_annulled(told.eq, work, message)
        work.commit()
    return Done(reading=reading)


def _send_again(told: Round, context: CallContext, message: Message) -> Done | None:
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
    Action.REFUSE_REFERRAL: _referral_was_refused,
    Action.REPORT_MISSING_DOCUMENTS: _missing_documents_were_reported,
    Action.SAVE_REFERRAL: _document_was_saved,
    Action.ANNUL_REFERRAL: _document_was_annulled,
    Action.WRITE_BACK: _send_again,
}


def ask(told: Round, message: Message, message_id: str) -> Done | None:
    """Whether a message in doubt has happened.

    Raises:
        Rejected: the answer shows that it cannot happen any more, or that a person must look.
        Unavailable: nobody could be asked. Misconfigured: nobody will be.
    """
    return QUESTIONS[message.action](told, context_of(message, message_id), message)
