"""Which discrepancies go to CeZ, and what the report may say of each.

A row is built from a list of allowed facts, each checked for its shape. What is not on the list (notes of
people, whatever a later version puts into the evidence) cannot reach the report. Ids that the hospital's
own system made are withheld when they look like a PESEL or a referral key, because some systems build ids
out of them; CeR's ids are what CeZ asks for and are given as CeR gave them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapter.domain.discrepancy import DiscrepancyClass, DiscrepancyState
from adapter.errors import Refused
from adapter.mapping.code_table import CodeTable, Row
from adapter.mapping.tables import Tables
from adapter.ports.store import Store, StoredDiscrepancy, UnitOfWork
from adapter.services.attribution import PERSON, looks_personal

ROWS_MAX = 5_000
"""More rows in one day's package mean that something else is wrong."""
WITHHELD = "***"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/|-]{0,127}")


@dataclass(frozen=True, slots=True)
class SavedVisit:
    """A visit that CeR saved: its id in CeR and the moment on CeR's clock, None when CeR does not say."""

    id: str
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of the package. Instants are aware; texts are safe to send; empty where nothing is known."""

    discrepancy_id: int
    kind: DiscrepancyClass
    title_pl: str
    title_en: str
    provider_number: str
    cell: str
    schedule: str
    cer_slot_id: str
    visits: tuple[SavedVisit, ...]
    hospital_slot_id: str
    hospital_visit_ids: tuple[str, ...]
    term_starts: datetime | None
    term_ends: datetime | None
    hospital_starts: datetime | None
    hospital_ends: datetime | None
    slot_kind: str
    cer_state: str
    hospital_state: str
    capacity: int | None
    visit_origin: str
    block_message_id: str
    block_asked_at: datetime | None
    block_answered_at: datetime | None
    block_result_code: str
    block_proven_at: datetime | None
    block_listing_digest: str
    clock_offset_seconds: float | None
    tolerance_seconds: float | None
    listing_fetched_at: datetime | None
    listing_server_time: datetime | None
    listing_digest: str
    first_seen: datetime
    last_seen: datetime


def rows_for_cez(
    store: Store, tables: Tables, facility: str, day: date, *, again: bool = False
) -> tuple[ReportRow, ...]:
    """The rows of the package for the terms of a Warsaw ``day``, by start of the term.

    A difference that was filed is offered again only with ``again``, also when it closed and came back since.
    One that closed by itself (the visit was moved) still happened and is offered; one that a person closed is not.

    Raises:
        Refused: there are more than ``ROWS_MAX``.
    """
    classes = [row["class"] for row in tables.discrepancies if row["to_cez"] != "no"]
    with store.unit_of_work() as work:
        stored = work.differences.find(facility=facility, first=day, last=day, classes=classes, limit=ROWS_MAX + 1)
        if len(stored) > ROWS_MAX:
            raise Refused(f"more than {ROWS_MAX} rows for one day", code="REPORT_TOO_LONG")
        offered = [one for one in _newest(stored) if _goes_to_cez(tables, one) and not _dismissed(one)]
        if not again:
            sent = {one.found.key for one in stored if filed(one)}
            offered = [one for one in offered if one.found.key not in sent]
        rows = [_row(work, tables, one) for one in offered]
    return tuple(sorted(rows, key=lambda row: (str(row.term_starts), row.cer_slot_id, row.discrepancy_id)))


def _newest(stored: Sequence[StoredDiscrepancy]) -> list[StoredDiscrepancy]:
    """One for each difference: a row that closed and came back under a new number is the same difference."""
    return list({one.found.key: one for one in sorted(stored, key=lambda one: one.id)}.values())


def filed(stored: StoredDiscrepancy) -> bool:
    """Whether it went to CeZ in a filed package, whatever became of it since."""
    return _was(stored, DiscrepancyState.REPORTED, "")


def _was(stored: StoredDiscrepancy, state: DiscrepancyState, who: str) -> bool:
    past = any(
        entry.get("state") == state.value and str(entry.get("who", "")).startswith(who) for entry in stored.history
    )
    return past or (not who and stored.state == state.value)


def _dismissed(stored: StoredDiscrepancy) -> bool:
    """Closed by a person, who found it to be no discrepancy."""
    return stored.state == DiscrepancyState.CLOSED.value and _was(stored, DiscrepancyState.CLOSED, PERSON)


def _goes_to_cez(tables: Tables, stored: StoredDiscrepancy) -> bool:
    rule = tables.discrepancies.row(stored.found.kind.value)["to_cez"]
    return rule == "yes" or (rule == "if-cer-saved-both" and stored.found.evidence.get("cer_saved_both") is True)


def _row(work: UnitOfWork, tables: Tables, stored: StoredDiscrepancy) -> ReportRow:
    found = stored.found
    facts = found.evidence
    title = tables.discrepancies.row(found.kind.value)
    schedule = work.calendar.schedule(stored.facility, found.schedule_id)
    return ReportRow(
        discrepancy_id=stored.id,
        kind=found.kind,
        title_pl=title["title_pl"],
        title_en=title["title_en"],
        provider_number=schedule.cell.facility if schedule is not None else "",
        cell=schedule.cell.cell if schedule is not None else "",
        schedule=own_id(found.schedule_id),
        cer_slot_id=national_id(found.national_slot_id),
        visits=_visits(found.national_visit_ids, facts),
        hospital_slot_id=own_id(found.hospital_slot_id),
        hospital_visit_ids=tuple(own_id(visit) for visit in found.hospital_visit_ids),
        term_starts=moment(facts, "national_starts") or moment(facts, "hospital_starts"),
        term_ends=moment(facts, "national_ends") or moment(facts, "hospital_ends"),
        hospital_starts=moment(facts, "hospital_starts"),
        hospital_ends=moment(facts, "hospital_ends"),
        slot_kind=_confirmed(tables.slot_kind, facts.get("national_kind")),
        cer_state=_confirmed(tables.national_slot_state, facts.get("national_state")),
        hospital_state=_code(tables.slot_state, facts.get("hospital_state")),
        capacity=_whole(facts.get("capacity", facts.get("hospital_capacity"))),
        visit_origin=_code(tables.visit_origin, facts.get("visit_origin")),
        block_message_id=own_id(facts.get("block_message_id")),
        block_asked_at=moment(facts, "block_asked_at"),
        block_answered_at=moment(facts, "block_answered_at"),
        block_result_code=own_id(facts.get("block_result_code")),
        block_proven_at=moment(facts, "block_proven_at"),
        block_listing_digest=_digest(facts.get("block_listing_digest")),
        clock_offset_seconds=_number(facts.get("clock_offset_seconds")),
        tolerance_seconds=_number(facts.get("tolerance_seconds")),
        listing_fetched_at=moment(facts, "listing_fetched_at"),
        listing_server_time=moment(facts, "listing_server_time"),
        listing_digest=_digest(facts.get("listing_digest")),
        first_seen=stored.first_seen,
        last_seen=stored.last_seen,
    )


def moment(facts: Mapping[str, object], key: str) -> datetime | None:
    """An aware instant of the evidence, None when there is none or it is not one."""
    value = facts.get(key)
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo is not None else None


def national_id(value: object) -> str:
    """CeR's id as CeR gave it, without characters that no reader shows."""
    return "".join(letter for letter in str(value or "") if letter.isprintable())[:128]


def own_id(value: object) -> str:
    """An id of the hospital's system or of ours; ``***`` when it has no id's shape or looks personal."""
    text = str(value or "")
    if not text:
        return ""
    if not _ID.fullmatch(text) or looks_personal(text):
        return WITHHELD
    return text


def _visits(ids: Sequence[str], facts: Mapping[str, object]) -> tuple[SavedVisit, ...]:
    """When each visit was saved: one moment in ``visit_saved_at``, several as ``id@moment``."""
    listed = facts.get("visits_saved")
    known: dict[str, datetime | None] = {}
    for entry in listed if isinstance(listed, list | tuple) else ():
        visit, _, at = str(entry).rpartition("@")
        known[visit] = moment({"at": at}, "at")
    alone = moment(facts, "visit_saved_at") if len(ids) == 1 else None
    visits = (SavedVisit(national_id(visit), known.get(visit, alone)) for visit in ids)
    return tuple(sorted(visits, key=lambda visit: (str(visit.saved_at or "~"), visit.id)))


def _confirmed(table: CodeTable, ours: object) -> str:
    """CeR's own word where it is a confirmed one, else ours: a reconstructed name is not shown to CeZ."""
    row = _known(table, ours)
    if row is None:
        return ""
    return row["national"] if row["status"] == "CONFIRMED" else row[table.key]


def _code(table: CodeTable, ours: object) -> str:
    row = _known(table, ours)
    return "" if row is None else row[table.key]


def _known(table: CodeTable, ours: object) -> Row | None:
    return table.row(ours) if isinstance(ours, str) and ours in table else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _digest(value: object) -> str:
    text = str(value or "")
    return text if re.fullmatch(r"[0-9a-f]{64}", text) else ""
