"""R-08: the status of an offline entry's e-referral is on its way to P1, or is sent now."""

from __future__ import annotations

from adapter.ports.register import StoredEntry
from adapter.ports.store import Action
from adapter.services.desk import Desk
from adapter.services.take_referral import ALL, accept, subject_of, will_be_held


def set_status(desk: Desk, stored: StoredEntry) -> bool:
    """Ask P1 to accept the referral of an offline entry, unless that was asked; whether it was asked now.

    Messages of the outbox keep the order in which the entries were made. What P1 refused is a person's matter.
    """
    if stored.referral_id is None:
        return False
    record = desk.work.calendar.referral(desk.facility, stored.referral_id)
    if record is None or record.referral.access is None or will_be_held(desk, record):
        return False
    last = desk.newest(subject_of(stored.referral_id), ALL)
    if last is not None and last.action is Action.ACCEPT_REFERRAL:
        return False
    visit = desk.work.calendar.visit(desk.facility, stored.visit_id)
    return accept(desk, record, visit.starts if visit is not None else None) is not None
