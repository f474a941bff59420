"""What is told of a person or a referral apart from the appointment reaches the entries it concerns."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.patient import Patient
from adapter.domain.register import Entry
from adapter.domain.rules.entry_data import PERSON_CODES, person_data
from adapter.domain.rules.reasons import DECEASED
from adapter.domain.rules.removal import alive
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.services.desk import Desk
from adapter.services.notices.contact_changed import contact_to_renew
from adapter.services.register.compose import person_of, referral_of
from adapter.services.register.follow import entry_subject, follow
from adapter.services.register.settle_entry import ASKING
from adapter.services.register.steps import changed
from adapter.services.take_referral import accept

EHR = "ehr"
"""Stands in the history for what the EHR's own resource says now."""


def patient_learned(desk: Desk, patient: Patient) -> None:
    """The EHR says something else of a person: open entries have it now (D-01). Deaths: the day's jobs (X-07).

    A death that is told no more puts no entry back by itself: a person finds out.
    """
    for stored in desk.work.register.entries_of_patient(desk.facility, patient.id):
        if not stored.entry.open:
            _ask_whether_alive(desk, stored.entry, patient)
            continue
        person = person_of(patient, desk.today)
        if (
            person.deceased_on is not None
            and stored.entry.person.deceased_on is not None
            and patient.deceased_on is None
        ):
            person = replace(person, deceased_on=stored.entry.person.deceased_on)
        renewed = replace(stored.entry, person=person)
        if renewed == stored.entry:
            continue
        if stored.standing is not EntryStanding.REJECTED:  # of what P1 refused nobody is asked anything
            contact_to_renew(desk, stored.entry, renewed)
            _ask_for_data(desk, renewed)
        _correct(desk, stored, renewed)


def _ask_for_data(desk: Desk, entry: Entry) -> None:
    """D-01: the entry stands, so what its person lacks now is a task, and one for what is there now ends."""
    subject = entry_subject(entry.id)
    missing = tuple(person_data(entry.person))
    follow(desk, subject, missing)
    keep = [(one.rule, one.code, subject) for one in missing]
    desk.work.tasks.gone(desk.facility, [subject], keep=keep, codes=PERSON_CODES)


def _ask_whether_alive(desk: Desk, entry: Entry, patient: Patient) -> None:
    if entry.removal is None or entry.removal.reason != DECEASED:
        return
    verdict = alive(entry, deceased=patient.deceased)
    follow(desk, entry_subject(entry.id), [verdict])
    if not verdict.code:
        desk.work.tasks.gone(desk.facility, [entry_subject(entry.id)], keep=(), codes=["TASK-X-ALIVE"])


def referral_learned(desk: Desk, referral_id: str) -> None:
    """The EHR says more of a referral: its original came, its number, or at last how it is opened (R-02, R-08)."""
    record = desk.work.calendar.referral(desk.facility, referral_id)
    if record is None:
        return
    for stored in desk.work.register.entries_of_referral(desk.facility, referral_id):
        _correct(desk, stored, replace(stored.entry, referral=referral_of(record, stored.entry.referral)))
        if stored.entry.open and stored.standing in ASKING and record.referral.access is not None:
            accept(desk, record, None)


def _correct(desk: Desk, stored: StoredEntry, entry: Entry) -> None:
    if entry == stored.entry:
        return
    was, now = changed(stored.entry, entry)
    step = Step(
        entry_id=entry.id,
        what="corrected",
        at=desk.eq.clock.now(),
        by=EHR,
        correlation_id=desk.correlation_id,
        before=was,
        after=now,
    )
    desk.work.register.put(desk.facility, replace(stored, entry=entry, correlation_id=desk.correlation_id), [step])
