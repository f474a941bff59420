"""The hospital's side of the calendar, as last taken from the EHR: schedules, slots, visits, blocks.

People and referrals are in :mod:`adapter.store.people`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.identifiers import CellCode, OidPair
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.ports.store import BlockProof
from adapter.store import calendar_tables as t
from adapter.store import visits
from adapter.store.people import SqlPeople
from adapter.store.register_document import schedule_document, schedule_of
from adapter.store.session import Session, rows_of, texts_of

PUT_ROWS_MAX = 2000
"""Slots put by one statement."""

_STATES = {one.value: one for one in SlotState}
_KINDS = {one.value: one for one in SlotKind}


class SqlCalendar(SqlPeople):
    """Implements :class:`adapter.ports.store.Calendar`."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session

    def put_schedule(self, facility: str, schedule: Schedule, *, in_scope: bool) -> None:
        """Insert or replace."""
        values = {
            "cell_facility": schedule.cell.facility,
            "cell": schedule.cell.cell,
            "service": schedule.service,
            "practitioner_root": schedule.practitioner.root if schedule.practitioner else None,
            "practitioner_extension": schedule.practitioner.extension if schedule.practitioner else None,
            "active": schedule.active,
            "in_scope": in_scope,
            "register": None if schedule.register is None else schedule_document(schedule.register),
        }
        row = insert(t.schedule).values(facility=facility, id=schedule.id, **values)
        self._session.connection.execute(row.on_conflict_do_update(index_elements=["facility", "id"], set_=values))

    def schedule(self, facility: str, schedule_id: str) -> Schedule | None:
        """One schedule."""
        query = select(t.schedule).where(t.schedule.c.facility == facility, t.schedule.c.id == schedule_id)
        row = self._session.connection.execute(query).mappings().one_or_none()
        return _schedule(dict(row)) if row else None

    def schedules_by_id(self, facility: str, schedule_ids: Sequence[str]) -> Mapping[str, Schedule]:
        """Those of many schedules that are known, by id."""
        query = select(t.schedule).where(t.schedule.c.facility == facility, t.schedule.c.id.in_(schedule_ids))
        rows = self._session.connection.execute(query).mappings()
        return {one.id: one for one in (_schedule(dict(row)) for row in rows)}

    def schedules(self, facility: str, *, in_scope: bool = True) -> Sequence[Schedule]:
        """All schedules, by id; only those in scope unless told."""
        query = select(t.schedule).where(t.schedule.c.facility == facility).order_by(t.schedule.c.id)
        if in_scope:
            query = query.where(t.schedule.c.in_scope)
        return [_schedule(dict(row)) for row in self._session.connection.execute(query).mappings()]

    def put_slot(self, facility: str, slot: Slot) -> None:
        """Insert or replace."""
        self.put_slots(facility, [slot])

    def put_slots(self, facility: str, slots: Sequence[Slot]) -> None:
        """Insert or replace many; of two with one id the last counts."""
        unique = sorted({slot.id: slot for slot in slots}.values(), key=lambda slot: slot.id)
        for first in range(0, len(unique), PUT_ROWS_MAX):
            batch = unique[first : first + PUT_ROWS_MAX]
            self._session.run(
                _PUT_SLOTS,
                facility=facility,
                rows=rows_of(
                    {
                        "id": slot.id,
                        "schedule_id": slot.schedule_id,
                        "starts": slot.starts,
                        "ends": slot.ends,
                        "state": slot.state,
                        "kind": slot.kind,
                        "capacity": slot.capacity,
                        "changed_at": slot.changed_at,
                    }
                    for slot in batch
                ),
            )

    def slot(self, facility: str, slot_id: str) -> Slot | None:
        """One slot."""
        query = select(t.slot).where(t.slot.c.facility == facility, t.slot.c.id == slot_id)
        row = self._session.connection.execute(query).mappings().one_or_none()
        return _slot(dict(row)) if row else None

    def slots_by_id(self, facility: str, slot_ids: Sequence[str]) -> Mapping[str, Slot]:
        """Those of many slots that are known, by id."""
        rows = self._session.run(_SLOTS_BY_ID, facility=facility, ids=texts_of(slot_ids))
        return {
            row[0]: Slot(row[0], row[1], row[2], row[3], _STATES[row[4]], _KINDS[row[5]], row[6], row[7])
            for row in rows
        }

    def slots(self, facility: str, schedule_id: str, day: date) -> Sequence[Slot]:
        """Slots of a schedule that start on a Warsaw day, by start."""
        query = (
            select(t.slot)
            .where(t.slot.c.facility == facility, t.slot.c.schedule_id == schedule_id, t.slot.c.day == day)
            .order_by(t.slot.c.starts, t.slot.c.id)
        )
        return [_slot(dict(row)) for row in self._session.connection.execute(query).mappings()]

    def slots_after(self, facility: str, schedule_id: str, since: datetime) -> Sequence[Slot]:
        """Slots of a schedule that start after an instant, by start."""
        query = (
            select(t.slot)
            .where(t.slot.c.facility == facility, t.slot.c.schedule_id == schedule_id, t.slot.c.starts > since)
            .order_by(t.slot.c.starts, t.slot.c.id)
        )
        return [_slot(dict(row)) for row in self._session.connection.execute(query).mappings()]

    def put_visit(self, facility: str, visit: Visit) -> None:
        """Insert or replace; the previous state is kept in the history."""
        visits.put(self._session, facility, visit)

    def visit(self, facility: str, visit_id: str) -> Visit | None:
        """One visit, locked until the transaction ends: whoever writes it back loses nobody's change."""
        self._session.run(
            "SELECT 1 FROM visit WHERE facility = %(facility)s AND id = %(id)s FOR UPDATE",
            facility=facility,
            id=visit_id,
        )
        found = visits.find(self._session, facility, t.visit.c.id == visit_id)
        return found[0] if found else None

    def visit_states(self, facility: str, visit_ids: Sequence[str]) -> Mapping[str, VisitState]:
        """The states of those of many visits that are known, by id; nothing is locked."""
        found = self._session.run(_VISIT_STATES, facility=facility, ids=texts_of(visit_ids))
        return {visit_id: VisitState(state) for visit_id, state in found}

    def visits_on(self, facility: str, slot_id: str) -> Sequence[Visit]:
        """Visits that refer to a slot, any state, by id."""
        referring = select(t.visit_slot.c.visit_id).where(
            t.visit_slot.c.facility == facility, t.visit_slot.c.slot_id == slot_id
        )
        return visits.find(self._session, facility, t.visit.c.id.in_(referring))

    def visits_of(self, facility: str, patient_id: str) -> Sequence[Visit]:
        """A patient's visits, any state."""
        return visits.find(self._session, facility, t.visit.c.patient_id == patient_id)

    def visits_under(self, facility: str, referral_id: str) -> Sequence[Visit]:
        """Visits that are based on a referral, any state, by id."""
        return visits.find(self._session, facility, t.visit.c.referral_id == referral_id)

    def put_block(self, facility: str, proof: BlockProof) -> None:
        """Insert or replace the history of a slot's block."""
        values = {
            "message_id": proof.message_id,
            "asked_at": proof.asked_at,
            "answered_at": proof.answered_at,
            "result_code": proof.result_code,
            "proven_at": proof.proven_at,
            "clock_offset_seconds": proof.clock_offset_seconds,
            "listing_digest": proof.listing_digest,
        }
        row = insert(t.block).values(facility=facility, slot_id=proof.slot_id, **values)
        self._session.connection.execute(
            row.on_conflict_do_update(
                index_elements=["facility", "slot_id"], index_where=t.block.c.archived_at.is_(None), set_=values
            )
        )

    def block(self, facility: str, slot_id: str) -> BlockProof | None:
        """The history of the block that stands on a slot, None if none was asked for."""
        query = select(t.block).where(
            t.block.c.facility == facility, t.block.c.slot_id == slot_id, t.block.c.archived_at.is_(None)
        )
        row = self._session.connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return BlockProof(
            slot_id=row["slot_id"],
            message_id=row["message_id"],
            asked_at=row["asked_at"],
            answered_at=row["answered_at"],
            result_code=row["result_code"],
            proven_at=row["proven_at"],
            clock_offset_seconds=row["clock_offset_seconds"],
            listing_digest=row["listing_digest"],
        )

    def clear_block(self, facility: str, slot_id: str) -> None:
        """The hospital opened the slot again: the history is archived."""
        self._session.connection.execute(
            update(t.block)
            .where(t.block.c.facility == facility, t.block.c.slot_id == slot_id, t.block.c.archived_at.is_(None))
            .values(archived_at=self._session.clock.now())
        )

    def unproven_blocks(self, facility: str) -> Sequence[tuple[str, str, date]]:
        """(slot id, schedule id, Warsaw day) of blocks that were answered but not yet proven."""
        query = (
            select(t.slot.c.id, t.slot.c.schedule_id, t.slot.c.day)
            .join(t.block, (t.block.c.facility == t.slot.c.facility) & (t.block.c.slot_id == t.slot.c.id))
            .where(
                t.block.c.facility == facility,
                t.block.c.archived_at.is_(None),
                t.block.c.answered_at.is_not(None),
                t.block.c.proven_at.is_(None),
            )
            .order_by(t.slot.c.day, t.slot.c.schedule_id, t.slot.c.id)
        )
        return [(row[0], row[1], row[2]) for row in self._session.connection.execute(query)]


_PUT_SLOTS = """
INSERT INTO slot (facility, id, schedule_id, starts, ends, state, kind, capacity, changed_at)
SELECT %(facility)s, r.* FROM json_to_recordset(%(rows)s::json) AS r (
    id text, schedule_id text, starts timestamptz, ends timestamptz, state text, kind text, capacity smallint,
    changed_at timestamptz)
ON CONFLICT (facility, id) DO UPDATE SET schedule_id = excluded.schedule_id, starts = excluded.starts,
    ends = excluded.ends, state = excluded.state, kind = excluded.kind, capacity = excluded.capacity,
    changed_at = excluded.changed_at
"""


_VISIT_STATES = """
SELECT v.* FROM unnest(%(ids)s::text[]) AS wanted (id), LATERAL (
    SELECT id, state FROM visit WHERE facility = %(facility)s AND visit.id = wanted.id LIMIT 1) AS v
"""
_SLOTS_BY_ID = """
SELECT s.* FROM unnest(%(ids)s::text[]) AS wanted (id), LATERAL (
    SELECT id, schedule_id, starts, ends, state, kind, capacity, changed_at FROM slot
    WHERE facility = %(facility)s AND slot.id = wanted.id LIMIT 1) AS s
"""
"""One look into the index for each: a plan made while the table was small must serve when it is large."""


def _schedule(row: dict[str, object]) -> Schedule:
    root = cast("str | None", row["practitioner_root"])
    register = cast("dict[str, object] | None", row["register"])
    return Schedule(
        id=cast(str, row["id"]),
        cell=CellCode(cast(str, row["cell_facility"]), cast(str, row["cell"])),
        service=cast(str, row["service"]),
        practitioner=None if root is None else OidPair(root, cast(str, row["practitioner_extension"])),
        active=cast(bool, row["active"]),
        register=None if register is None else schedule_of(register),
    )


def _slot(row: dict[str, object]) -> Slot:
    del row["facility"], row["day"]
    state, kind = SlotState(cast(str, row.pop("state"))), SlotKind(cast(str, row.pop("kind")))
    return Slot(state=state, kind=kind, **row)  # type: ignore[arg-type]  # the table's columns are Slot's fields
