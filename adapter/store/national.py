"""CeR's view of the calendar as last read: loaded by COPY, one (schedule, day) partition at a time (D9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import psycopg

from adapter.domain.national import NationalSlot, SlotListing
from adapter.store.session import Session

_LOCK_LISTING = """
SELECT digest, slots FROM national_listing
WHERE facility = %(facility)s AND schedule_id = %(schedule)s AND day = %(day)s FOR UPDATE
"""
_TOUCH = """
UPDATE national_listing SET fetched_at = %(fetched)s, server_time = %(server)s
WHERE facility = %(facility)s AND schedule_id = %(schedule)s AND day = %(day)s
"""
_PUT_LISTING = """
INSERT INTO national_listing (facility, schedule_id, day, digest, fetched_at, server_time, slots)
VALUES (%(facility)s, %(schedule)s, %(day)s, %(digest)s, %(fetched)s, %(server)s, %(slots)s)
ON CONFLICT (facility, schedule_id, day) DO UPDATE SET digest = excluded.digest, fetched_at = excluded.fetched_at,
    server_time = excluded.server_time, slots = excluded.slots
"""
_CLEAR = "DELETE FROM {table} WHERE facility = %(facility)s AND schedule_id = %(schedule)s AND day = %(day)s"
_COPY_SLOTS = (
    b"COPY national_slot (facility, schedule_id, day, id, starts, ends, state, kind, reference, capacity, changed_at) "
    b"FROM STDIN"
)
_COPY_VISITS = (
    b"COPY national_visit (facility, schedule_id, day, slot_id, id, state, saved_at, reference, origin) FROM STDIN"
)


def load(session: Session, facility: str, schedule_id: str, day: date, listing: SlotListing) -> bool:
    """Replace CeR's view of a (schedule, day); False when the digest says that nothing changed.

    The same bytes are read anew when more of their rows can be read: a code table learned a code.
    """
    of = {"facility": facility, "schedule": schedule_id, "day": day}
    times = {"fetched": listing.fetched_at, "server": listing.server_time}
    known = session.run(_LOCK_LISTING, **of)
    if known and tuple(known[0]) == (listing.digest, len(listing.slots)):
        session.run(_TOUCH, **of, **times)
        return False
    session.run(_PUT_LISTING, **of, **times, digest=listing.digest, slots=len(listing.slots))
    if known:
        for table in ("national_slot", "national_visit"):
            session.run(_CLEAR.format(table=table), **of)
    _copy(session, facility, schedule_id, day, listing)
    return True


def _copy(session: Session, facility: str, schedule_id: str, day: date, listing: SlotListing) -> None:
    raw = session.connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the store works with psycopg 3")
    slots = _once(listing.slots)
    of = (facility, schedule_id, day)
    with raw.cursor() as cursor:
        with cursor.copy(_COPY_SLOTS) as copy:
            for slot in slots:
                told = (slot.kind.value, slot.reference, slot.capacity, slot.changed_at)
                copy.write_row((*of, slot.id, slot.starts, slot.ends, slot.state.value, *told))
        with cursor.copy(_COPY_VISITS) as copy:
            for slot in slots:
                for visit in {visit.id: visit for visit in slot.visits}.values():
                    origin = None if visit.origin is None else visit.origin.value
                    copy.write_row(
                        (*of, slot.id, visit.id, visit.state.value, visit.saved_at, visit.reference, origin)
                    )


def _once(slots: Sequence[NationalSlot]) -> list[NationalSlot]:
    """A list that names one slot twice says the same of it twice: the last counts."""
    return list({slot.id: slot for slot in slots}.values())
