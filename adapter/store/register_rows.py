"""Entries as rows of ``register_entry``, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import AdmissionSchedule, Entry, EntryPerson
from adapter.domain.rules.duplicates import REHABILITATION, KnownEntry
from adapter.domain.rules.position import counted_report
from adapter.domain.term import DayTerm, Term, WeekTerm
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.store.register_document import entry_document, entry_of
from adapter.store.session import Session

ENTRY, NUMBER, STEP = "register-entry", "register-referral", "register-step"
"""What values are sealed for."""

WRITTEN = (
    *("schedule_id", "visit_id", "patient_id", "referral_id", "person", "category", "criterion", "number"),
    *("numbered_oncology", "reported_at", "entered_at", "original_report_date", "counted_report_at", "term_first"),
    *("term_last", "reserved", "service", "procedure", "cell", "rehabilitation", "body_area", "referral_number"),
    *("open", "removed_on", "removal_reason", "standing", "offline", "no_show_confirmed_by", "no_show_excused"),
    *("correlation_id", "steps", "sealed"),
)
"""Columns that a put writes beside facility and id."""
KEPT = "id, visit_id, patient_id, referral_id, standing, no_show_confirmed_by, no_show_excused, correlation_id, sealed"
"""Columns that :func:`stored_of` reads."""
RANKED = (
    "id, person, category, criterion, number, reported_at, entered_at, original_report_date, term_first, term_last, "
    "reserved"
)
"""Columns that :func:`ranked_of` reads."""
KNOWN = "id, service, category, procedure, cell, body_area, referral_number, rehabilitation"
"""Columns that :func:`known_of` reads."""

_STANDINGS = {one.value: one for one in EntryStanding}


def is_open(stored: StoredEntry) -> bool:
    """Whether the entry stands in the register: not removed, and not refused by P1."""
    return stored.entry.open and stored.standing is not EntryStanding.REJECTED


def row_of(
    session: Session, facility: str, stored: StoredEntry, *, oncology: bool | None, steps: int
) -> dict[str, Any]:
    """What a put writes. ``oncology``: which list gave the number (None: none did); ``steps``: how many there are."""
    entry, seal = stored.entry, session.seal
    number = entry.referral.number if entry.referral is not None else ""
    return {
        "facility": facility,
        "id": entry.id,
        "schedule_id": entry.schedule.id,
        "visit_id": stored.visit_id,
        "patient_id": stored.patient_id,
        "referral_id": stored.referral_id,
        "person": entry.person.key,
        "category": None if entry.category is None else entry.category.value,
        "criterion": None if entry.criterion is None else entry.criterion.value,
        "number": entry.number,
        "numbered_oncology": oncology,
        "reported_at": entry.reported_at,
        "entered_at": entry.entered_at,
        "original_report_date": entry.original_report_date,
        "counted_report_at": counted_report(entry),
        "term_first": None if entry.term is None else entry.term.first,
        "term_last": None if entry.term is None else entry.term.last,
        "reserved": entry.reserved,
        "service": entry.schedule.service,
        "procedure": entry.schedule.procedure,
        "cell": entry.schedule.cell,
        "rehabilitation": entry.schedule.has(*REHABILITATION),
        "body_area": entry.body_area,
        "referral_number": seal.seal(number.encode(), NUMBER, facility, entry.id) if number else None,
        "open": is_open(stored),
        "removed_on": None if entry.removal is None else entry.removal.on,
        "removal_reason": None if entry.removal is None else entry.removal.reason,
        "standing": stored.standing.value,
        "offline": entry.offline_pending,
        "no_show_confirmed_by": stored.no_show_confirmed_by,
        "no_show_excused": stored.no_show_excused,
        "correlation_id": stored.correlation_id,
        "steps": steps,
        "sealed": seal.seal_json(entry_document(entry), ENTRY, facility, entry.id),
    }


def stored_of(session: Session, facility: str, row: Sequence[Any]) -> StoredEntry:
    """A row of :data:`KEPT` columns, unsealed."""
    entry_id, visit_id, patient_id, referral_id, standing, confirmed_by, excused, correlation_id, sealed = row
    return StoredEntry(
        entry=entry_of(session.seal.open_json(bytes(sealed), ENTRY, facility, entry_id)),
        visit_id=visit_id,
        patient_id=patient_id,
        referral_id=referral_id,
        standing=_STANDINGS[standing],
        no_show_confirmed_by=confirmed_by,
        no_show_excused=excused,
        correlation_id=correlation_id,
    )


def ranked_of(schedule: AdmissionSchedule, row: Sequence[Any]) -> Entry:
    """A row of :data:`RANKED` columns: an entry without people's data, as far as order and term go."""
    entry_id, person, category, criterion, number, reported_at, entered_at, original, first, last, reserved = row
    return Entry(
        id=entry_id,
        schedule=schedule,
        person=EntryPerson(person),
        reported_at=reported_at,
        entered_at=entered_at,
        category=Category(category),
        criterion=None if criterion is None else Criterion(criterion),
        number=number,
        term=_term(first, last),
        reserved=reserved,
        original_report_date=original,
    )


def known_of(session: Session, facility: str, provider: str, row: Sequence[Any]) -> KnownEntry:
    """A row of :data:`KNOWN` columns; only the referral's number is unsealed."""
    entry_id, service, category, procedure, cell, body_area, number, rehabilitation = row
    return KnownEntry(
        id=entry_id,
        provider=provider,
        service=service,
        category=None if category is None else Category(category),
        procedure=procedure,
        cell=cell,
        body_area=body_area,
        referral_number=""
        if number is None
        else session.seal.open(bytes(number), NUMBER, facility, entry_id).decode(),
        rehabilitation=rehabilitation,
    )


def step_row(session: Session, facility: str, step: Step, position: int) -> dict[str, Any]:
    """A step as it is written; ``position`` from 1."""
    said = {"before": dict(step.before), "after": dict(step.after)}
    return {
        "facility": facility,
        "entry_id": step.entry_id,
        "position": position,
        "what": step.what,
        "at": step.at,
        "by": step.by,
        "correlation_id": step.correlation_id,
        "reason": step.reason,
        "rules": list(step.rules),
        "sealed": session.seal.seal_json(said, STEP, facility, step.entry_id, str(position)),
    }


def step_of(session: Session, facility: str, entry_id: str, row: Sequence[Any]) -> Step:
    """A row of a step: position, what, at, by, correlation id, reason, rules, sealed."""
    position, what, at, by, correlation_id, reason, rules, sealed = row
    said: dict[str, Any] = session.seal.open_json(bytes(sealed), STEP, facility, entry_id, str(position))
    return Step(entry_id, what, at, by, correlation_id, said["before"], said["after"], reason, tuple(rules))


def _term(first: date | None, last: date | None) -> Term | None:
    if first is None:
        return None
    if first == last:
        return DayTerm(first)
    year, week, _ = first.isocalendar()
    return WeekTerm(year, week)
