"""A notice went out, or was answered: a clerk says so (N-01, N-04, P-07, M-06).

sent       by which ways; what is still open of "every available way" is told back (N-01)
accepted   somebody gives the earlier date in the EHR, with its reason (M-01): a task
declined   the old date stays as a reservation (P-07); a freed date goes to the next in order (N-03, M-06)
no_contact the same
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from adapter.domain.history import with_reservation
from adapter.domain.register import Entry, Offer, TermChangeCause
from adapter.domain.rules.changes import unforeseen
from adapter.domain.rules.notices import Told, Way, answered, told_by_patient, ways_to
from adapter.domain.rules.terms import DECLINED, NO_CONTACT, reservation
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import DayTerm
from adapter.errors import BadInput, Refused
from adapter.mapping.register_tables import term_reasons
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState, StoredNotice
from adapter.ports.register import Step, StoredEntry
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.register.follow import entry_subject
from adapter.services.register_day.offer_freed import offer_next

NO_SUCH_NOTICE, NOTICE_SETTLED, NOTICE_ANSWER = "NO_SUCH_NOTICE", "NOTICE_SETTLED", "NOTICE_ANSWER"

LEFT_TO_PEOPLE = frozenset({"AUTO-N-ACCEPTED", "AUTO-N-NEXT", "AUTO-M-OFFER-NEXT"})
"""What follows an answer and Pomost cannot do by itself: the EHR gives terms."""


class Channel(StrEnum):
    """How a patient was told."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "e-mail"
    LETTER = "letter"
    IN_PERSON = "in-person"
    PORTAL = "portal"


REACHES = {
    Channel.PHONE: frozenset({Way.PHONE}),
    Channel.SMS: frozenset({Way.PHONE}),
    Channel.EMAIL: frozenset({Way.OTHER}),
    Channel.PORTAL: frozenset({Way.OTHER}),
    Channel.LETTER: frozenset({Way.POST}),
    Channel.IN_PERSON: frozenset(Way),
}
"""Which of the ways of N-01 a channel is; who was told in person needs no other."""


class Answer(StrEnum):
    """What a patient said to an earlier date (N-04)."""

    ACCEPTED = "accepted"
    DECLINED = DECLINED
    NO_CONTACT = NO_CONTACT


@dataclass(frozen=True, slots=True)
class Answered:
    """What followed an answer: the verdicts, whether the entry is a reservation now, the next one's notice."""

    notice: StoredNotice
    verdicts: tuple[Verdict, ...]
    reserved: bool
    next_notice: int | None = None


def notice_of(desk: Desk, number: int) -> StoredNotice:
    """A notice of this facility.

    Raises:
        BadInput: there is none (``NO_SUCH_NOTICE``).
    """
    found = desk.work.notices.notice(desk.facility, number)
    if found is None:
        raise BadInput(f"there is no notice {number}", field="notice", code=NO_SUCH_NOTICE)
    return found


def note_sent(desk: Desk, number: int, who: str, channels: tuple[Channel, ...]) -> tuple[Way, ...]:
    """The patient was told in these ways; returns the available ways that were not used (N-01), of a changed date.

    ``who`` is the actor of the audit.

    Raises:
        BadInput: there is no such notice. Refused: it is sent, answered or void already (``NOTICE_SETTLED``).
    """
    notice, stored = _open(desk, number, (NoticeState.DUE, NoticeState.BATCHED))
    desk.work.notices.sent(desk.facility, number, who, [one.value for one in channels])
    detail = {"notice": number, "kind": notice.notice.kind.value, "channels": [one.value for one in channels]}
    desk.audit(who, "notice.sent", entry_subject(notice.notice.entry_id), detail)
    if notice.notice.kind not in {NoticeKind.TERM_CHANGED, NoticeKind.HEALTH}:
        return ()
    used = frozenset[Way]().union(*(REACHES[one] for one in channels))
    return tuple(way for way in ways_to(stored.entry.person) if way not in used) if stored is not None else ()


def note_answer(desk: Desk, number: int, who: str, answer: Answer) -> Answered:
    """Write down what the patient said to an earlier date, and do what follows from it (N-04).

    ``who`` is the actor of the audit. Answers are to freed dates (N-03), and to a date that the provider brought
    forward because of something unforeseen (M-06).

    Raises:
        BadInput: there is no such notice, or it asks nothing. Refused: it is answered or void already.
    """
    notice, stored = _open(desk, number, (NoticeState.DUE, NoticeState.SENT))
    brought = _brought_forward(desk, notice)
    if stored is None or (notice.notice.kind is not NoticeKind.EARLIER_OFFER and not brought):
        raise BadInput(
            "this notice asks nothing: only an earlier date is accepted or declined",
            field="notice",
            code=NOTICE_ANSWER,
        )
    desk.work.notices.answered(desk.facility, number, answer.value)
    subject = entry_subject(stored.entry.id)
    desk.audit(who, "notice.answered", subject, {"notice": number, "answer": answer.value})
    offered = notice.notice.offered or (notice.notice.after.first if notice.notice.after is not None else desk.today)
    verdicts = _verdicts(notice.notice, Offer(offered, answer=answer.value), brought=brought)
    declined = answer is not Answer.ACCEPTED
    asked = [one for one in verdicts if one.code in LEFT_TO_PEOPLE]
    if brought:  # the earlier date stands already: who accepts it needs nothing, who declines it needs the old one
        asked = [*asked, told_by_patient(Told.CANNOT_COME)] if declined else []
    following = offer_next(desk, notice) if declined and not brought else None
    if following is None and asked:
        desk.work.tasks.raise_(desk.facility, [_task(one, subject) for one in asked])
    reserved = declined and stored.entry.open and _reserve(desk, stored, Offer(offered, answer=answer.value), who)
    return Answered(notice, verdicts, reserved, following)


def _open(desk: Desk, number: int, states: tuple[NoticeState, ...]) -> tuple[StoredNotice, StoredEntry | None]:
    """A notice in one of these states, and its entry, which is held: whoever ends an entry ends its notices then."""
    stored = desk.work.register.entry(desk.facility, notice_of(desk, number).notice.entry_id)
    notice = notice_of(desk, number)
    if notice.notice.state not in states:
        raise Refused(f"notice {number} is {notice.notice.state.value} already", code=NOTICE_SETTLED)
    return notice, stored


def _brought_forward(desk: Desk, notice: StoredNotice) -> bool:
    """M-06: whether the notice tells of an earlier date that the provider set because of something unforeseen."""
    told = notice.notice
    if told.kind is not NoticeKind.TERM_CHANGED or told.before is None or told.after is None:
        return False
    reason = term_reasons(desk.eq.tables, desk.today).get(told.cause)
    by_provider = reason is not None and reason.cause is TermChangeCause.PROVIDER
    return by_provider and told.after.first < told.before.first


def _verdicts(told: NewNotice, offer: Offer, *, brought: bool) -> tuple[Verdict, ...]:
    """N-04, and M-06 where the date was brought forward."""
    said = answered(offer, unforeseen=brought)
    if not brought or offer.answer == Answer.ACCEPTED or told.before is None or told.after is None:
        return said
    kept = [one for one in said if one.code != "AUTO-N-NEXT"]
    return (*kept, unforeseen(told.before, told.after, told.cause, declined=True))


def _reserve(desk: Desk, stored: StoredEntry, offer: Offer, who: str) -> bool:
    """P-07: the old date stays, as a reservation. False when it is one already."""
    entry = stored.entry
    found = reservation(offer, marked=entry.reserved)
    if entry.reserved or not found.reserved:
        return False
    kept = with_reservation(replace(entry, offer=offer))
    step = Step(
        entry_id=entry.id,
        what="reserved",
        at=desk.eq.clock.now(),
        by=who,
        correlation_id=desk.correlation_id,
        before={"reserved": False, "offer": _said(entry)},
        after={"reserved": True, "offer": _said(kept)},
        reason=offer.answer,
        rules=("N-04", found.verdict.rule),
    )
    desk.work.register.put(desk.facility, replace(stored, entry=kept, correlation_id=desk.correlation_id), [step])
    return True


def _said(entry: Entry) -> dict[str, object] | None:
    """An offer as a step keeps it."""
    if entry.offer is None:
        return None
    chosen = None if entry.offer.chosen is None else str(DayTerm(entry.offer.chosen))
    return {"offered": str(DayTerm(entry.offer.offered)), "chosen": chosen, "answer": entry.offer.answer}


def _task(verdict: Verdict, subject: str) -> NewTask:
    return NewTask(verdict.rule, verdict.code, subject, verdict.article, verdict.text_pl, verdict.text_en)
