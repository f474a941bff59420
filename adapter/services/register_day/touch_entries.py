"""The EHR told something of a person or a referral: the questions of the day are asked of their entries at once.

A death ends the entries in the same transaction (X-07); an original that came, posted in time, takes a removal back
(R-02). Neither waits for the night. The caller holds the visits before it reads the entries
(``adapter/services/register/hold.py``).
"""

from __future__ import annotations

from collections.abc import Iterable

from adapter.ports.register import StoredEntry
from adapter.services.desk import Desk
from adapter.services.register.follow import entry_subject
from adapter.services.register_day.due import ENTRY_CODES
from adapter.services.register_day.facts import day_of
from adapter.services.register_day.look_closer import look_closer


def touch_patient(desk: Desk, patient_id: str) -> int:
    """Ask about every entry of a patient; returns how many entries Pomost did something about."""
    return _touch(desk, desk.work.register.entries_of_patient(desk.facility, patient_id))


def touch_referral(desk: Desk, referral_id: str) -> int:
    """Ask about every entry on a referral; returns how many entries Pomost did something about."""
    return _touch(desk, desk.work.register.entries_of_referral(desk.facility, referral_id))


def _touch(desk: Desk, entries: Iterable[StoredEntry]) -> int:
    found = list(entries)
    if not found:
        return 0
    day = day_of(desk.eq, desk.work, desk.facility)
    acted = 0
    for stored in found:
        looked = look_closer(desk, stored, day)
        acted += looked.done is not None
        if looked.tasks:
            desk.work.tasks.raise_(desk.facility, looked.tasks)
        keep = [(one.rule, one.code, one.subject) for one in looked.tasks]
        desk.work.tasks.gone(desk.facility, [entry_subject(stored.entry.id)], keep=keep, codes=ENTRY_CODES)
    return acted
