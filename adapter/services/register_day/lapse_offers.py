"""P-07: an offer that went out and that nobody answered ends when its date has passed.

no answer            as if the patient was not reached: the old date stays, as a reservation (art. 20 ust. 9b)
the EHR gave it      the term is the date that was offered: accepted
neither any more     the entry ended, or its term is earlier than what was offered: the offer ends, and that is all

The date is past, so nobody else is offered it. An offer that ended once is not looked at again. Each is looked at in
a transaction of its own, so that the entries of several people are never held together.
"""

from __future__ import annotations

from uuid import uuid4

from adapter.domain.register import Entry
from adapter.domain.term import DayTerm
from adapter.ports.notices import NoticeKind, NoticeState
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.notices.answer_notice import Answer, note_answer
from adapter.services.register.follow import entry_subject

ACTOR = "job:register-day"
RESERVED = "AUTO-N-RESERVE"
"""Code of the verdict that makes the old date a reservation (N-04)."""
OFFERS_MAX = 10_000
"""Offers that went out which are looked at in one go; those made first come first."""


def lapse_offers(eq: Equipment, facility: str) -> int:
    """End sent offers whose date has passed; returns how many entries became a reservation by it."""
    with eq.store.unit_of_work() as work:
        today = Desk(eq, work, facility, "").today
        sent = work.notices.listed(
            facility, states=[NoticeState.SENT], kinds=[NoticeKind.EARLIER_OFFER], limit=OFFERS_MAX
        )
    past = [one for one in sent if one.notice.offered is not None and one.notice.offered < today]
    return sum(_lapsed(eq, facility, one.id, one.notice.entry_id) for one in past)


def _lapsed(eq: Equipment, facility: str, number: int, entry_id: str) -> bool:
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        stored = work.register.entry(facility, entry_id)
        notice = work.notices.notice(facility, number)
        if stored is None or notice is None or notice.notice.offered is None:
            return False
        if notice.notice.state is not NoticeState.SENT:  # somebody answered meanwhile
            return False
        offered = DayTerm(notice.notice.offered)
        reserved = False
        if stored.entry.term == offered:
            _end(desk, number, entry_id, Answer.ACCEPTED)
        elif _waits_for_later(stored.entry, offered):
            reserved = note_answer(desk, number, ACTOR, Answer.NO_CONTACT).reserved
        else:
            _end(desk, number, entry_id, Answer.NO_CONTACT)
        work.commit()
    return reserved


def _waits_for_later(entry: Entry, offered: DayTerm) -> bool:
    """Whether the patient still has the later date that was to be brought forward."""
    return entry.open and entry.term is not None and entry.term.first > offered.day


def _end(desk: Desk, number: int, entry_id: str, answer: Answer) -> None:
    """Nothing follows: the entry says already what became of it."""
    desk.work.notices.answered(desk.facility, number, answer.value)
    desk.audit(ACTOR, "notice.answered", entry_subject(entry_id), {"notice": number, "answer": answer.value})
