"""N-02: notices of far terms leave the quarterly batch in time."""

from __future__ import annotations

from datetime import date, timedelta

from adapter.domain.moments import days_between
from adapter.domain.rules.notices import FAR_DAYS
from adapter.errors import Refused
from adapter.ports.notices import NoticeState, StoredNotice
from adapter.services.desk import Desk

AHEAD_DAYS = 7
"""So many days before the last one the batch is handed to whoever tells the patients."""
RELEASED_MAX = 10_000
"""Notices that are looked at in one go; those due first come first."""


def release_batch(desk: Desk) -> int:
    """Make notices due whose last day is near, or whose term is no longer far (180 days); returns how many."""
    waiting = desk.work.notices.listed(desk.facility, states=[NoticeState.BATCHED], limit=RELEASED_MAX)
    return sum(_released(desk, one) for one in waiting if _goes_out(one, desk.today))


def _released(desk: Desk, stored: StoredNotice) -> bool:
    try:
        desk.work.notices.due(desk.facility, stored.id)
    except Refused:  # since it was listed the patient was told, or is not to be told any more
        return False
    return True


def _goes_out(stored: StoredNotice, today: date) -> bool:
    notice = stored.notice
    if notice.send_by is None or notice.send_by - timedelta(days=AHEAD_DAYS) <= today:
        return True
    terms = [term.first for term in (notice.before, notice.after) if term is not None]
    return not terms or days_between(today, min(terms)) <= FAR_DAYS
