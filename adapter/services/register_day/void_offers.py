"""N-03: an offer that cannot be kept any more is not made: nobody is sent to a date that somebody else has.

Each offer is looked at in a transaction of its own, so that the entries of several people are never held together.
"""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from adapter.domain.register import Entry
from adapter.domain.term import DayTerm
from adapter.ports.notices import NoticeKind, NoticeState, StoredNotice
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.register_day.offer_freed import still_free

OFFERS_MAX = 10_000
"""Offers that are looked at in one go; the oldest come first."""


def void_offers(eq: Equipment, facility: str) -> int:
    """End offers that nobody has made yet and that cannot be kept; returns how many."""
    with eq.store.unit_of_work() as work:
        offers = work.notices.listed(facility, kinds=[NoticeKind.EARLIER_OFFER], limit=OFFERS_MAX)
    return sum(_ended(eq, facility, one) for one in offers)


def _ended(eq: Equipment, facility: str, found: StoredNotice) -> bool:
    with eq.store.unit_of_work() as work:
        stored = work.register.entry(facility, found.notice.entry_id)
        offer = work.notices.notice(facility, found.id)
        if stored is None or offer is None or offer.notice.state is not NoticeState.DUE:
            return False
        if _stands(Desk(eq, work, facility, str(uuid4())), stored.entry, offer.notice.offered):
            return False
        work.notices.withdrawn(facility, found.id)
        work.commit()
    return True


def _stands(desk: Desk, entry: Entry, offered: date | None) -> bool:
    """Whether the date is still to come, earlier than the patient's own, and nobody's."""
    if offered is None or offered <= desk.today or (entry.term is not None and entry.term.first <= offered):
        return False
    return still_free(desk, entry.schedule, DayTerm(offered))
