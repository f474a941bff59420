"""Visits: written with their slots and their history, read back whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion, Entitlement, EntitlementDocument, Waiver
from adapter.store import calendar_tables as t
from adapter.store.session import Session

_REMEMBER = """
INSERT INTO visit_history (facility, visit_id, state, slot_ids, starts, changed_at, replaced_at)
SELECT v.facility, v.id, v.state,
    ARRAY(SELECT s.slot_id FROM visit_slot s WHERE s.facility = v.facility AND s.visit_id = v.id ORDER BY s.position),
    v.starts, v.changed_at, %(now)s
FROM visit v WHERE v.facility = %(facility)s AND v.id = %(id)s FOR UPDATE
"""


def put(session: Session, facility: str, visit: Visit) -> None:
    """Insert or replace; what stood before goes to the history."""
    session.run(_REMEMBER, facility=facility, id=visit.id, now=session.clock.now())
    values = {
        "state": visit.state.value,
        "patient_id": visit.patient_id,
        "reported_at": visit.reported_at,
        "starts": visit.starts,
        "ends": visit.ends,
        "referral_id": visit.referral_id,
        "schedule_id": visit.schedule_id,
        "category": int(visit.category),
        "criterion": visit.criterion.value,
        "particulars": _seal(session, facility, visit),
        "end_reason": visit.end_reason,
        "changed_at": visit.changed_at,
        "national_id": visit.national_id,
    }
    row = insert(t.visit).values(facility=facility, id=visit.id, **values)
    session.connection.execute(row.on_conflict_do_update(index_elements=["facility", "id"], set_=values))
    session.run(
        "DELETE FROM visit_slot WHERE facility = %(facility)s AND visit_id = %(id)s", facility=facility, id=visit.id
    )
    if visit.slot_ids:
        session.run(
            "INSERT INTO visit_slot (facility, visit_id, slot_id, position) SELECT %(facility)s, %(id)s, s.slot, s.n "
            "FROM unnest(%(slots)s::text[]) WITH ORDINALITY AS s (slot, n)",
            facility=facility,
            id=visit.id,
            slots=list(dict.fromkeys(visit.slot_ids)),
        )


def find(session: Session, facility: str, which: ColumnElement[bool]) -> Sequence[Visit]:
    """Visits of a facility that meet a condition, by id."""
    slots = (
        select(func.array_agg(aggregate_order_by(t.visit_slot.c.slot_id, t.visit_slot.c.position)))
        .where(t.visit_slot.c.facility == t.visit.c.facility, t.visit_slot.c.visit_id == t.visit.c.id)
        .scalar_subquery()
    )
    query = (
        select(t.visit, slots.label("slot_ids")).where(t.visit.c.facility == facility, which).order_by(t.visit.c.id)
    )
    return [_visit(session, dict(row)) for row in session.connection.execute(query).mappings()]


def _visit(session: Session, row: dict[str, Any]) -> Visit:
    facility = row.pop("facility")
    sealed = row.pop("particulars")
    particulars: dict[str, Any] = {}
    if sealed is not None:
        particulars = session.seal.open_json(bytes(sealed), "visit", facility, row["id"])
    entitlement, waiver = particulars.get("entitlement"), particulars.get("waiver")
    return Visit(
        **row
        | {
            "state": VisitState(row["state"]),
            "category": Category(row["category"]),
            "criterion": Criterion(row["criterion"]),
            "slot_ids": tuple(row["slot_ids"] or ()),
            "entitlement": None
            if entitlement is None
            else Entitlement(
                entitlement["code"],
                entitlement["verified_by"],
                _instant(entitlement["verified_at"]),
                _document(entitlement.get("document")),
            ),
            "waiver": None
            if waiver is None
            else Waiver(datetime.fromisoformat(waiver["given_at"]), waiver["noted_by"], waiver["reason"]),
        }
    )


def _seal(session: Session, facility: str, visit: Visit) -> bytes | None:
    """Entitlement and waiver say something of a person's health and of staff: sealed."""
    if visit.entitlement is None and visit.waiver is None:
        return None
    right, waiver = visit.entitlement, visit.waiver
    said = {
        "entitlement": right
        and {
            "code": right.code,
            "verified_by": right.verified_by,
            "verified_at": right.verified_at,
            "document": right.document and asdict(right.document),
        },
        "waiver": waiver and {"given_at": waiver.given_at, "noted_by": waiver.noted_by, "reason": waiver.reason},
    }
    return session.seal.seal_json(said, "visit", facility, visit.id)


def _document(said: dict[str, str] | None) -> EntitlementDocument | None:
    if said is None:
        return None
    issued, until = said["issued_on"], said["valid_until"]
    return EntitlementDocument(
        said["kind"],
        said["number"],
        date.fromisoformat(issued) if issued else None,
        date.fromisoformat(until) if until else None,
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
