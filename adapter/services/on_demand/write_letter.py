"""A letter from what is stored: of a notice, a certificate, a justification, a patient's status.

Each is about one patient and for him; who writes one is an operator or an engineer, and it is in the audit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from uuid import uuid4

from adapter.domain.rules.reasons import PROVIDER_STOPPED
from adapter.errors import BadInput
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.clearance import Person
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.letters.certificates import (
    NOTHING_TO_CERTIFY,
    entry_certificate,
    justification,
    report_certificate,
    status_letter,
)
from adapter.services.letters.entry_letters import notice_letter
from adapter.services.letters.letter import Letter, Office
from adapter.services.notices.answer_notice import notice_of
from adapter.services.on_demand.see_people import allow_people
from adapter.services.on_demand.show_history import NO_SUCH_ENTRY, UNKNOWN
from adapter.services.on_demand.show_status import NO_SUCH_PATIENT, placed_entries
from adapter.services.register.compose import person_of
from adapter.services.register_day.facts import contract_ends

WRITE = "write a letter to a patient"


class Document(StrEnum):
    """What can be handed out about an entry."""

    ENTRY = "entry"
    """D-06: certificate of the entry."""
    CONTRACT_END = "contract-end"
    """E-03: certificate with the report date."""
    JUSTIFICATION = "justification"
    """D-05: why this term."""


def letter_of_notice(eq: Equipment, facility: str, notice_id: int, who: Person) -> Letter:
    """The letter of a notice, as it is to be sent now.

    Raises:
        Refused: the account may not write letters. BadInput: there is no such notice, or its entry is not known.
        RuleBroken: E-N-NOTICE (N-05).
    """

    def write(desk: Desk) -> Letter:
        notice = notice_of(desk, notice_id)
        stored = _entry(desk, notice.notice.entry_id)
        return notice_letter(
            _office(desk),
            stored.entry,
            notice,
            visit_at=_visit_at(desk, stored),
            contract_ends_on=_contract_end(desk, stored),
        )

    return _written(eq, facility, who, f"notice/{notice_id}", write)


def document_of_entry(eq: Equipment, facility: str, entry_id: str, kind: Document, who: Person) -> Letter:
    """A certificate or the justification of an entry, on demand.

    Raises:
        Refused: the account may not write letters.
        BadInput: there is no such entry, or nothing to certify or to justify.
    """

    def write(desk: Desk) -> Letter:
        stored = _entry(desk, entry_id)
        if stored.standing is EntryStanding.REJECTED:
            raise BadInput("P1 refused the referral: there is no entry", field="entry", code=NOTHING_TO_CERTIFY)
        if kind is Document.CONTRACT_END:
            return report_certificate(_office(desk), stored.entry, ends_on=_contract_end(desk, stored))
        make = entry_certificate if kind is Document.ENTRY else justification
        return make(_office(desk), stored.entry)

    return _written(eq, facility, who, f"entry/{entry_id}", write)


def letter_of_status(eq: Equipment, facility: str, patient_id: str, who: Person) -> Letter:
    """G-08: a patient's own entries as a letter.

    Raises:
        Refused: the account may not write letters. BadInput: there is no such patient.
    """

    def write(desk: Desk) -> Letter:
        placed = placed_entries(desk, patient_id)
        patient = desk.work.calendar.patient(desk.facility, patient_id)
        if patient is None:
            raise BadInput("there is no such patient", field="patient", code=NO_SUCH_PATIENT)
        return status_letter(_office(desk), person_of(patient, desk.today), patient_id, placed)

    return _written(eq, facility, who, f"patient:{patient_id}", write)


def _written(eq: Equipment, facility: str, who: Person, subject: str, write: Callable[[Desk], Letter]) -> Letter:
    allow_people(eq, facility, who, WRITE, subject=subject, reason=None)
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        letter = write(desk)
        desk.audit(who.actor, "register.letter", subject, {"kind": letter.kind})
        work.commit()
    return letter


def _office(desk: Desk) -> Office:
    return Office(desk.eq.register(desk.facility), desk.eq.tables, desk.eq.clock.now(), desk.today, desk.eq.rules)


def _entry(desk: Desk, entry_id: str) -> StoredEntry:
    """The entry, with the patient's name and address as they are now."""
    stored = desk.work.register.entry(desk.facility, entry_id)
    if stored is None:
        raise BadInput(UNKNOWN, field="entry", code=NO_SUCH_ENTRY)
    patient = desk.work.calendar.patient(desk.facility, stored.patient_id)
    if patient is None:
        return stored
    return replace(stored, entry=replace(stored.entry, person=person_of(patient, desk.today)))


def _visit_at(desk: Desk, stored: StoredEntry) -> datetime | None:
    """When the visit of an entry begins; None while it has no term of its own."""
    visit = desk.work.calendar.visit(desk.facility, stored.visit_id)
    return visit.starts if visit is not None and visit.active else None


def _contract_end(desk: Desk, stored: StoredEntry) -> date | None:
    """E-03: the last day of the contract: of the removal for it, else of the settings."""
    ended = stored.entry.removal
    if ended is not None and ended.reason == PROVIDER_STOPPED:
        return ended.on
    ends_on = desk.eq.register(desk.facility).contract_ends_on
    kept = desk.work.calendar.schedules(desk.facility, in_scope=False) if ends_on else ()
    return contract_ends(ends_on, kept).get(stored.entry.schedule.id)
