"""Both sides compared (D9), and the list of discrepancies with their lives.

The same difference found again is the same row: unique by key while it is not closed. One that comes
back after it was closed is a new row, so that the old one's history stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import orjson

from adapter.domain.discrepancy import Discrepancy, DiscrepancyClass, SlotPair
from adapter.domain.national import SlotListing
from adapter.errors import BadInput, Refused
from adapter.ports.store import StoredDiscrepancy
from adapter.store import compare, national
from adapter.store.session import Session

RECORD_ROWS_MAX = 1000
STATES = ("open", "acknowledged", "remedied", "reported", "closed")
CLOSED = "closed"
BY_ITSELF = "system:reconcile"

_COLUMNS = (
    "id, facility, kind, schedule_id, day, hospital_slot_id, national_slot_id, hospital_visit_ids, "
    "national_visit_ids, evidence, first_seen, last_seen, state, history"
)
_RECORD = """
INSERT INTO discrepancy AS d (facility, key, kind, schedule_id, day, hospital_slot_id, national_slot_id,
    hospital_visit_ids, national_visit_ids, evidence, first_seen, last_seen)
SELECT %(facility)s, n.key, n.kind, n.schedule_id, n.day, n.hospital_slot_id, n.national_slot_id,
    ARRAY(SELECT jsonb_array_elements_text(n.hospital_visits::jsonb)),
    ARRAY(SELECT jsonb_array_elements_text(n.national_visits::jsonb)), n.evidence::jsonb, %(at)s, %(at)s
FROM unnest(%(key)s::text[], %(kind)s::text[], %(schedule)s::text[], %(day)s::date[], %(hospital_slot)s::text[],
    %(national_slot)s::text[], %(hospital_visits)s::text[], %(national_visits)s::text[], %(evidence)s::text[])
    AS n (key, kind, schedule_id, day, hospital_slot_id, national_slot_id, hospital_visits, national_visits, evidence)
ON CONFLICT (facility, key) WHERE state <> 'closed' DO UPDATE SET
    last_seen = GREATEST(d.last_seen, excluded.last_seen), evidence = excluded.evidence,
    hospital_visit_ids = excluded.hospital_visit_ids, national_visit_ids = excluded.national_visit_ids
"""
_CLOSE_MISSING = """
UPDATE discrepancy d SET state = 'closed', history = d.history || %(note)s::jsonb
WHERE d.facility = %(facility)s AND d.state <> 'closed' AND d.last_seen < %(at)s
    AND d.day BETWEEN %(first)s AND %(last)s AND (%(schedule)s::text IS NULL OR d.schedule_id = %(schedule)s)
    AND EXISTS (SELECT 1 FROM national_listing l
        WHERE l.facility = d.facility AND l.schedule_id = d.schedule_id AND l.day = d.day)
"""


class SqlDifferences:
    """Implements :class:`adapter.ports.store.Differences`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def load_listing(self, facility: str, schedule_id: str, day: date, listing: SlotListing) -> bool:
        """Replace CeR's view of one (schedule, day) by COPY; False when the digest says nothing changed."""
        return national.load(self._session, facility, schedule_id, day, listing)

    def compare(self, facility: str, schedule_id: str | None, first: date, last: date) -> Iterator[SlotPair]:
        """Full join of both sides for the days given: only the pairs that differ or carry visits to judge."""
        return compare.pairs(self._session, facility, schedule_id, first, last)

    def record(self, facility: str, found: Sequence[Discrepancy], at: datetime) -> None:
        """Insert new ones, move ``last_seen`` of known ones."""
        unique = sorted({one.key: one for one in found}.items())
        for start in range(0, len(unique), RECORD_ROWS_MAX):
            batch = unique[start : start + RECORD_ROWS_MAX]
            self._session.run(
                _RECORD,
                facility=facility,
                at=at,
                key=[key for key, _ in batch],
                kind=[one.kind.value for _, one in batch],
                schedule=[one.schedule_id for _, one in batch],
                day=[one.day for _, one in batch],
                hospital_slot=[one.hospital_slot_id for _, one in batch],
                national_slot=[one.national_slot_id for _, one in batch],
                hospital_visits=[orjson.dumps(one.hospital_visit_ids).decode() for _, one in batch],
                national_visits=[orjson.dumps(one.national_visit_ids).decode() for _, one in batch],
                evidence=[orjson.dumps(dict(one.evidence)).decode() for _, one in batch],
            )

    def close_missing(self, facility: str, schedule_id: str | None, first: date, last: date, at: datetime) -> int:
        """Those of the days given that were not seen at ``at`` close by themselves; returns how many.

        Only where CeR's list is known: what was not looked at is not closed.
        """
        return self._session.changed(
            _CLOSE_MISSING,
            facility=facility,
            schedule=schedule_id,
            first=first,
            last=last,
            at=at,
            note=_note(CLOSED, BY_ITSELF, "not found any more", at),
        )

    def find(
        self,
        *,
        facility: str | None = None,
        first: date | None = None,
        last: date | None = None,
        states: Sequence[str] = (),
        classes: Sequence[str] = (),
        limit: int = 1000,
    ) -> Sequence[StoredDiscrepancy]:
        """Stored discrepancies by day and id."""
        rows = self._session.run(
            f"SELECT {_COLUMNS} FROM discrepancy "  # noqa: S608  # constant columns
            "WHERE (%(facility)s::text IS NULL OR facility = %(facility)s) "
            "AND (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s) "
            "AND (cardinality(%(states)s::text[]) = 0 OR state = ANY (%(states)s)) "
            "AND (cardinality(%(classes)s::text[]) = 0 OR kind = ANY (%(classes)s)) "
            "ORDER BY day, id LIMIT %(limit)s",
            facility=facility,
            first=first,
            last=last,
            states=list(states),
            classes=list(classes),
            limit=limit,
        )
        return [_stored(row) for row in rows]

    def get(self, discrepancy_id: int) -> StoredDiscrepancy | None:
        """One of them."""
        rows = self._session.run(
            f"SELECT {_COLUMNS} FROM discrepancy WHERE id = %(id)s",  # noqa: S608  # constant columns
            id=discrepancy_id,
        )
        return _stored(rows[0]) if rows else None

    def mark(self, discrepancy_id: int, state: str, who: str, note: str, at: datetime) -> None:
        """acknowledged, remedied, reported or closed, with who did it.

        What closed by itself still happened: it may be reported, and stays closed.

        Raises:
            BadInput: no such discrepancy, or no such state. Refused: it is closed.
        """
        if state not in STATES:
            raise BadInput(f"a discrepancy is never {state!r}; it is one of {', '.join(STATES)}", field="state")
        found = self.get(discrepancy_id)
        if found is None:
            raise BadInput(f"there is no discrepancy {discrepancy_id}", field="id")
        if not self._session.changed(
            "UPDATE discrepancy SET state = CASE WHEN state = 'closed' THEN state ELSE %(state)s::text END, "
            "history = history || %(note)s::jsonb "
            "WHERE id = %(id)s AND (state <> 'closed' OR %(state)s::text = 'reported')",
            id=discrepancy_id,
            state=state,
            note=_note(state, who, note, at),
        ):
            raise Refused(f"discrepancy {discrepancy_id} is closed", code="DISCREPANCY_CLOSED")


def _note(state: str, who: str, note: str, at: datetime) -> str:
    return orjson.dumps([{"at": at.isoformat(), "state": state, "who": who, "note": note}]).decode()


def _stored(row: Sequence[Any]) -> StoredDiscrepancy:
    return StoredDiscrepancy(
        id=row[0],
        facility=row[1],
        found=Discrepancy(
            kind=DiscrepancyClass(row[2]),
            facility=row[1],
            schedule_id=row[3],
            day=row[4],
            hospital_slot_id=row[5],
            national_slot_id=row[6],
            hospital_visit_ids=tuple(row[7]),
            national_visit_ids=tuple(row[8]),
            evidence=row[9],
        ),
        first_seen=row[10],
        last_seen=row[11],
        state=row[12],
        history=tuple(row[13]),
    )
