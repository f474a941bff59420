"""CeR's view of the calendar as last read: loaded by COPY, one (schedule, day) partition at a time (D9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice

import psycopg

from adapter.domain.national import NationalSlot, SlotListing
from adapter.store.session import Session

PARTITIONS_AT_ONCE = 500
"""Partitions replaced by one round of statements; bounds memory while lists stream through."""

Partition = tuple[str, date, SlotListing]
"""Schedule id, Warsaw day, what CeR listed."""

_LOCK_LISTINGS = """
SELECT l.schedule_id, l.day, l.digest, l.slots FROM national_listing l
JOIN unnest(%(schedules)s::text[], %(days)s::date[]) AS k (schedule_id, day)
    ON l.schedule_id = k.schedule_id AND l.day = k.day
WHERE l.facility = %(facility)s ORDER BY l.schedule_id, l.day FOR UPDATE OF l
"""
_TOUCH = """
UPDATE national_listing l SET fetched_at = k.fetched_at, server_time = k.server_time
FROM unnest(%(schedules)s::text[], %(days)s::date[], %(fetched)s::timestamptz[], %(server)s::timestamptz[])
    AS k (schedule_id, day, fetched_at, server_time)
WHERE l.facility = %(facility)s AND l.schedule_id = k.schedule_id AND l.day = k.day
"""
_PUT_LISTINGS = """
INSERT INTO national_listing (facility, schedule_id, day, digest, fetched_at, server_time, slots)
SELECT %(facility)s, * FROM unnest(%(schedules)s::text[], %(days)s::date[], %(digests)s::text[],
    %(fetched)s::timestamptz[], %(server)s::timestamptz[], %(counts)s::integer[])
ON CONFLICT (facility, schedule_id, day) DO UPDATE SET digest = excluded.digest, fetched_at = excluded.fetched_at,
    server_time = excluded.server_time, slots = excluded.slots
"""
_CLEAR = """
DELETE FROM {table} n USING unnest(%(schedules)s::text[], %(days)s::date[]) AS k (schedule_id, day)
WHERE n.facility = %(facility)s AND n.schedule_id = k.schedule_id AND n.day = k.day
"""
_COPY_SLOTS = (
    b"COPY national_slot (facility, schedule_id, day, id, starts, ends, state, kind, reference, capacity, changed_at) "
    b"FROM STDIN"
)
_COPY_VISITS = (
    b"COPY national_visit (facility, schedule_id, day, slot_id, id, state, saved_at, reference, origin) FROM STDIN"
)


def load(session: Session, facility: str, partitions: Iterable[Partition]) -> int:
    """Replace CeR's view of each partition whose digest changed; returns how many did.

    The same bytes are read anew when more of their rows can be read: a code table learned a code.

    ``partitions`` is read once, ``PARTITIONS_AT_ONCE`` at a time; of two for one partition the last counts.
    """
    source = iter(partitions)
    changed = 0
    while batch := list(islice(source, PARTITIONS_AT_ONCE)):
        unique = {(schedule, day): listing for schedule, day, listing in batch}
        changed += _load(session, facility, [(*key, listing) for key, listing in sorted(unique.items(), key=_key)])
    return changed


def _key(item: tuple[tuple[str, date], SlotListing]) -> tuple[str, date]:
    return item[0]


def _load(session: Session, facility: str, batch: Sequence[Partition]) -> int:
    rows = session.run(_LOCK_LISTINGS, facility=facility, **_keys(batch))
    known = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    said = {(schedule, day): (listing.digest, len(listing.slots)) for schedule, day, listing in batch}
    fresh = [part for part in batch if known.get((part[0], part[1])) != said[part[0], part[1]]]
    same = [part for part in batch if known.get((part[0], part[1])) == said[part[0], part[1]]]
    if same:
        session.run(_TOUCH, facility=facility, **_keys(same), **_times(same))
    if not fresh:
        return 0
    session.run(
        _PUT_LISTINGS,
        facility=facility,
        digests=[listing.digest for _, _, listing in fresh],
        counts=[len(listing.slots) for _, _, listing in fresh],
        **_keys(fresh),
        **_times(fresh),
    )
    replaced = [part for part in fresh if (part[0], part[1]) in known]
    if replaced:
        for table in ("national_slot", "national_visit"):
            session.run(_CLEAR.format(table=table), facility=facility, **_keys(replaced))
    _copy(session, facility, fresh)
    return len(fresh)


def _keys(batch: Sequence[Partition]) -> dict[str, object]:
    return {"schedules": [schedule for schedule, _, _ in batch], "days": [day for _, day, _ in batch]}


def _times(batch: Sequence[Partition]) -> dict[str, object]:
    return {
        "fetched": [listing.fetched_at for _, _, listing in batch],
        "server": [listing.server_time for _, _, listing in batch],
    }


def _copy(session: Session, facility: str, batch: Sequence[Partition]) -> None:
    raw = session.connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the store works with psycopg 3")
    with raw.cursor() as cursor:
        with cursor.copy(_COPY_SLOTS) as copy:
            for schedule, day, listing in batch:
                for slot in _once(listing.slots):
                    copy.write_row(
                        (
                            *(facility, schedule, day, slot.id, slot.starts, slot.ends, slot.state.value),
                            *(slot.kind.value, slot.reference, slot.capacity, slot.changed_at),
                        )
                    )
        with cursor.copy(_COPY_VISITS) as copy:
            for schedule, day, listing in batch:
                for slot in _once(listing.slots):
                    for visit in {visit.id: visit for visit in slot.visits}.values():
                        origin = None if visit.origin is None else visit.origin.value
                        copy.write_row(
                            (
                                *(facility, schedule, day, slot.id, visit.id, visit.state.value),
                                *(visit.saved_at, visit.reference, origin),
                            )
                        )


def _once(slots: Sequence[NationalSlot]) -> Iterable[NationalSlot]:
    """A list that names one slot twice says the same of it twice: the last counts."""
    return {slot.id: slot for slot in slots}.values()
