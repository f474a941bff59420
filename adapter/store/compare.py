"""The full join of both calendars (D9): the database finds what differs, the domain says what it means.

Only partitions (schedule, Warsaw day) that CeR listed are compared: of the others nothing is known.
A national slot belongs to the hospital's slot it is linked to, else to the one whose id it carries as
our reference, else to an unlinked one of the same schedule and start. Of several national slots for
one hospital slot the linked, then the oldest id, is its partner; the rest stand alone.

Pairs that agree are left out: same state, kind and times, and every visit known on both sides. The future
slots of a closed schedule count as blocked in the hospital, and need not be in CeR at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from adapter.domain.appointment import VisitState
from adapter.domain.discrepancy import BlockView, HospitalSlotView, HospitalVisitView, NationalSlotView, SlotPair
from adapter.domain.national import NationalSlotState, NationalVisit, NationalVisitState, Origin
from adapter.domain.slot import SlotKind, SlotState
from adapter.store.session import Session

ROWS_AT_ONCE = 1000
WORK_MEMORY = "64MB"
STALE_ROWS_MIN = 10_000
"""Statistics are renewed when this many national slots more than the planner knows of were loaded."""
TABLES = ("national_slot", "national_visit", "slot", "visit", "visit_slot", "link", "schedule")

COMPARE = """
WITH part AS MATERIALIZED (
    SELECT l.schedule_id, l.day, l.fetched_at, l.digest, NOT s.active AS closed FROM national_listing l
    JOIN schedule s ON s.facility = l.facility AND s.id = l.schedule_id AND (s.in_scope OR NOT s.active)
    WHERE l.facility = %(facility)s AND l.day BETWEEN %(first)s AND %(last)s
        AND (%(schedule)s::text IS NULL OR l.schedule_id = %(schedule)s)),
h AS (
    SELECT h.id, h.schedule_id, h.day, h.starts, h.ends, h.kind, h.capacity, h.changed_at,
        p.closed AND h.starts > %(now)s AS closed,
        CASE WHEN p.closed AND h.starts > %(now)s AND h.state <> 'withdrawn' THEN 'blocked' ELSE h.state END AS state
    FROM part p JOIN slot h
        ON h.facility = %(facility)s AND h.schedule_id = p.schedule_id AND h.day = p.day),
seen AS (
    SELECT n.*, p.fetched_at, p.digest, l.ours IS NOT NULL AS linked, COALESCE(l.ours, r.id) AS partner
    FROM part p
    JOIN national_slot n ON n.facility = %(facility)s AND n.schedule_id = p.schedule_id AND n.day = p.day
    LEFT JOIN link l ON l.facility = %(facility)s AND l.kind = 'slot' AND l.theirs = n.id
    LEFT JOIN slot r ON l.ours IS NULL AND r.facility = %(facility)s AND r.id = n.reference),
candidate AS (
    SELECT * FROM seen WHERE partner IS NOT NULL
    UNION ALL
    SELECT s.facility, s.schedule_id, s.day, s.id, s.starts, s.ends, s.state, s.kind, s.reference, s.capacity,
        s.changed_at, s.fetched_at, s.digest, s.linked, f.id
    FROM seen s
    LEFT JOIN LATERAL (
        SELECT min(u.id) AS id FROM slot u
        WHERE u.facility = %(facility)s AND u.schedule_id = s.schedule_id AND u.starts = s.starts
            AND NOT EXISTS (SELECT 1 FROM link k
                WHERE k.facility = %(facility)s AND k.kind = 'slot' AND k.ours = u.id)) f ON true
    WHERE s.partner IS NULL),
rivals AS (
    SELECT partner, min(CASE WHEN linked THEN '0' ELSE '1' END || id || chr(31) || schedule_id || day) AS best
    FROM candidate WHERE partner IS NOT NULL GROUP BY partner HAVING count(*) > 1),
n AS (
    SELECT c.*, r.partner IS NULL
        OR r.best = CASE WHEN c.linked THEN '0' ELSE '1' END || c.id || chr(31) || c.schedule_id || c.day AS first
    FROM candidate c LEFT JOIN rivals r ON r.partner = c.partner),
hv AS (
    SELECT vs.slot_id, v.id FROM h
    JOIN visit_slot vs ON vs.facility = %(facility)s AND vs.slot_id = h.id
    JOIN visit v ON v.facility = %(facility)s AND v.id = vs.visit_id
        AND v.state IN ('pending', 'booked', 'arrived', 'checked-in', 'served')),
nv AS (
    SELECT x.slot_id, x.day, x.schedule_id, COALESCE(l.ours, r.id, e.id) AS ours FROM part p
    JOIN national_visit x ON x.facility = %(facility)s AND x.schedule_id = p.schedule_id AND x.day = p.day
        AND x.state IN ('saved', 'served')
    LEFT JOIN link l ON l.facility = %(facility)s AND l.kind = 'visit' AND l.theirs = x.id
    LEFT JOIN visit r ON l.ours IS NULL AND r.facility = %(facility)s AND r.id = x.reference
    LEFT JOIN visit e ON l.ours IS NULL AND r.id IS NULL AND e.facility = %(facility)s AND e.national_id = x.id),
hc AS (SELECT slot_id, count(*) AS visits FROM hv GROUP BY slot_id),
nc AS (SELECT schedule_id, day, slot_id, count(*) AS visits FROM nv GROUP BY 1, 2, 3),
both_sides AS (
    SELECT nv.schedule_id, nv.day, nv.slot_id AS n_id, hv.slot_id AS h_id, count(DISTINCT hv.id) AS visits
    FROM nv JOIN hv ON hv.id = nv.ours GROUP BY 1, 2, 3, 4),
pair AS (
    SELECT COALESCE(n.schedule_id, h.schedule_id) AS schedule_id, COALESCE(n.day, h.day) AS day,
        h.id AS h_id, h.starts AS h_starts, h.ends AS h_ends, h.state AS h_state, h.kind AS h_kind,
        h.capacity AS h_capacity, h.changed_at AS h_changed_at, h.closed AS h_closed,
        n.id AS n_id, n.schedule_id AS n_schedule_id, n.day AS n_day,
        n.starts AS n_starts, n.ends AS n_ends, n.state AS n_state, n.kind AS n_kind,
        n.capacity AS n_capacity, n.fetched_at, n.digest
    FROM h FULL JOIN n ON n.partner = h.id AND n.first)
SELECT pair.*,
    (SELECT jsonb_agg(jsonb_build_array(v.id, v.state, COALESCE(l.theirs, v.national_id)) ORDER BY v.id)
        FROM visit_slot vs JOIN visit v ON v.facility = %(facility)s AND v.id = vs.visit_id
            AND v.state IN ('pending', 'booked', 'arrived', 'checked-in', 'served')
        LEFT JOIN link l ON l.facility = %(facility)s AND l.kind = 'visit' AND l.ours = v.id
        WHERE vs.facility = %(facility)s AND vs.slot_id = pair.h_id) AS h_visits,
    (SELECT jsonb_agg(jsonb_build_array(x.id, x.state, x.saved_at, x.reference, x.origin)
            ORDER BY x.saved_at NULLS LAST, x.id)
        FROM national_visit x WHERE x.facility = %(facility)s AND x.schedule_id = pair.n_schedule_id
            AND x.day = pair.n_day AND x.slot_id = pair.n_id) AS n_visits,
    (SELECT jsonb_agg(jsonb_build_array(v.id, v.state, x.id) ORDER BY v.id)
        FROM national_visit x
        LEFT JOIN link l ON l.facility = %(facility)s AND l.kind = 'visit' AND l.theirs = x.id
        LEFT JOIN visit r ON l.ours IS NULL AND r.facility = %(facility)s AND r.id = x.reference
        LEFT JOIN visit e ON l.ours IS NULL AND r.id IS NULL AND e.facility = %(facility)s AND e.national_id = x.id
        JOIN visit v ON v.facility = %(facility)s AND v.id = COALESCE(l.ours, r.id, e.id)
        WHERE x.facility = %(facility)s AND x.schedule_id = pair.n_schedule_id AND x.day = pair.n_day
            AND x.slot_id = pair.n_id AND x.state IN ('saved', 'served')
            AND NOT (v.state IN ('pending', 'booked', 'arrived', 'checked-in', 'served') AND EXISTS (
                SELECT 1 FROM visit_slot vs WHERE vs.facility = %(facility)s AND vs.slot_id = pair.h_id
                    AND vs.visit_id = v.id))) AS known_visits,
    b.message_id, b.asked_at, b.answered_at, b.result_code, b.proven_at, b.clock_offset_seconds, b.listing_digest
FROM pair
LEFT JOIN hc ON hc.slot_id = pair.h_id
LEFT JOIN nc ON nc.slot_id = pair.n_id AND nc.schedule_id = pair.n_schedule_id AND nc.day = pair.n_day
LEFT JOIN both_sides m ON m.h_id = pair.h_id AND m.n_id = pair.n_id
    AND m.schedule_id = pair.n_schedule_id AND m.day = pair.n_day
LEFT JOIN block b ON b.facility = %(facility)s AND b.slot_id = pair.h_id AND b.archived_at IS NULL
WHERE (pair.h_id IS NULL OR pair.n_id IS NULL
        OR (pair.h_state = 'blocked') <> (pair.n_state = 'blocked')
        OR pair.h_state = 'withdrawn'
        OR ((pair.h_state = 'blocked' OR pair.n_state = 'blocked' OR b.id IS NOT NULL)
            AND (hc.visits > 0 OR nc.visits > 0))
        OR (pair.h_state = 'free') <> (pair.n_state = 'open') AND NOT (pair.h_state = 'blocked')
        OR pair.h_kind <> pair.n_kind OR pair.h_starts <> pair.n_starts OR pair.h_ends <> pair.n_ends
        OR COALESCE(hc.visits, 0) <> COALESCE(m.visits, 0) OR COALESCE(nc.visits, 0) <> COALESCE(m.visits, 0)
        OR hc.visits > pair.h_capacity OR nc.visits > pair.h_capacity)
    AND NOT (pair.n_id IS NULL AND (pair.h_state = 'withdrawn' OR pair.h_closed) AND COALESCE(hc.visits, 0) = 0)
ORDER BY pair.schedule_id, pair.day, COALESCE(pair.h_starts, pair.n_starts), pair.h_id, pair.n_id
"""


def pairs(session: Session, facility: str, schedule_id: str | None, first: date, last: date) -> Iterator[SlotPair]:
    """Pairs that differ or carry visits to judge, by schedule, day and start; streamed."""
    _prepare(session, facility, many=schedule_id is None or first != last)
    result = session.connection.exec_driver_sql(
        COMPARE,
        {"facility": facility, "schedule": schedule_id, "first": first, "last": last, "now": session.clock.now()},
        execution_options={"yield_per": ROWS_AT_ONCE},  # of this statement only: the connection lives on
    )
    try:
        for row in result.mappings():
            yield _pair(facility, dict(row))
    finally:
        result.close()


def _prepare(session: Session, facility: str, *, many: bool) -> None:
    """Let the planner know what was just loaded, and that all rows are wanted."""
    session.run(
        "SELECT set_config('work_mem', %(memory)s, true), set_config('cursor_tuple_fraction', '1.0', true), "
        "set_config('enable_mergejoin', 'off', true)",  # it would sort every row by long keys
        memory=WORK_MEMORY,
    )
    if not many:
        return
    loaded = session.run(
        "SELECT COALESCE(sum(slots), 0) FROM national_listing WHERE facility = %(facility)s", facility=facility
    )[0][0]
    known = session.run("SELECT GREATEST(reltuples, 0) FROM pg_class WHERE oid = 'national_slot'::regclass")[0][0]
    if loaded > 2 * known + STALE_ROWS_MIN:
        session.run(f"ANALYZE {', '.join(TABLES)}")


def _pair(facility: str, row: Mapping[str, Any]) -> SlotPair:
    return SlotPair(
        facility=facility,
        schedule_id=row["schedule_id"],
        day=row["day"],
        hospital=None if row["h_id"] is None else _hospital(row),
        national=None if row["n_id"] is None else _national(row),
        block=None if row["message_id"] is None else _block(row),
        known_visits=_views(row["known_visits"]),
    )


def _hospital(row: Mapping[str, Any]) -> HospitalSlotView:
    return HospitalSlotView(
        id=row["h_id"],
        starts=row["h_starts"],
        ends=row["h_ends"],
        state=SlotState(row["h_state"]),
        kind=SlotKind(row["h_kind"]),
        capacity=row["h_capacity"],
        changed_at=row["h_changed_at"],
        visits=_views(row["h_visits"]),
    )


def _national(row: Mapping[str, Any]) -> NationalSlotView:
    return NationalSlotView(
        id=row["n_id"],
        starts=row["n_starts"],
        ends=row["n_ends"],
        state=NationalSlotState(row["n_state"]),
        kind=SlotKind(row["n_kind"]),
        visits=tuple(_visit(row["n_id"], said) for said in row["n_visits"] or ()),
        fetched_at=row["fetched_at"],
        listing_digest=row["digest"],
        capacity=row["n_capacity"],
    )


def _views(said: list[Any] | None) -> tuple[HospitalVisitView, ...]:
    return tuple(HospitalVisitView(identity, VisitState(state), theirs) for identity, state, theirs in said or ())


def _visit(slot_id: str, said: list[Any]) -> NationalVisit:
    identity, state, saved_at, reference, origin = said
    return NationalVisit(
        id=identity,
        slot_id=slot_id,
        state=NationalVisitState(state),
        saved_at=None if saved_at is None else datetime.fromisoformat(saved_at),
        reference=reference,
        origin=None if origin is None else Origin(origin),
    )


def _block(row: Mapping[str, Any]) -> BlockView:
    return BlockView(
        message_id=row["message_id"],
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
        result_code=row["result_code"],
        proven_at=row["proven_at"],
        clock_offset_seconds=row["clock_offset_seconds"],
        listing_digest=row["listing_digest"],
    )
