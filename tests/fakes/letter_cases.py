"""One letter of each kind to an invented patient, made on a held day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import Pesel
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.register import (
    AdmissionSchedule,
    Care,
    Entry,
    EntryPerson,
    EntryReferral,
    ReferralWay,
    Removal,
    TermChange,
    TermChangeCause,
)
from adapter.domain.term import DayTerm, WeekTerm
from adapter.mapping.tables import load_tables
from adapter.ports.notices import NewNotice, NoticeKind, StoredNotice
from adapter.resources import mappings
from adapter.services.equipment import FacilityRegister
from adapter.services.letters.certificates import (
    PlacedEntry,
    entry_certificate,
    justification,
    report_certificate,
    status_letter,
)
from adapter.services.letters.entry_letters import notice_letter
from adapter.services.letters.letter import Letter, Office

NOON = instant_in_warsaw(date(2026, 1, 12), time(12))
TERM = DayTerm(date(2026, 9, 7))
PERSON = EntryPerson(
    "P1",
    "Żaneta Łucja",
    "Wzorcowa-Ćwiąkała",
    Pesel("00690100011"),
    address="ul. Prosta 1 m. 2, 00-001 Warszawa",
    phone="+48000000000",
)
ENTRY = Entry(
    "E1",
    AdmissionSchedule("000000927722-01-0001", Care.AMBULATORY, service="1100", cell="001"),
    PERSON,
    NOON,
    NOON,
    "Jan Testowy",
    Category.WAITING,
    Criterion.STABLE,
    number=17,
    term=TERM,
    diagnosis="I10",
    referral=EntryReferral("REF1", ReferralWay.KEY, shows_diagnosis=True),
    term_justification="Pierwszy wolny termin; poradnia przyjmuje w poniedziałki.",
)
BY_PAPER = replace(ENTRY, referral=EntryReferral("REF1", ReferralWay.PAPER, shows_diagnosis=True))
HANDED_IN = replace(
    ENTRY, referral=EntryReferral("REF1", ReferralWay.PAPER, paper=PaperReferral(received_on=date(2026, 1, 14)))
)
MOVED = TermChange(
    TERM, DayTerm(date(2026, 3, 2)), NOON, "Jan Testowy", TermChangeCause.CRITERION, "CRITERION", "Nasilone objawy."
)


def office() -> Office:
    """The invented hospital that writes."""
    register = FacilityRegister("000000927722", "Szpital Wzorcowy im. Świętej Łucji w Łodzi")
    return Office(register, load_tables(mappings()), NOON, date(2026, 1, 12))


def notice(kind: NoticeKind, **told: object) -> StoredNotice:
    """A notice of this kind about the entry, made at noon."""
    return StoredNotice(3, "demo", NewNotice("E1", kind, **told), NOON)  # type: ignore[arg-type]


def _at(day: date, hour: int, minute: int) -> datetime:
    return instant_in_warsaw(day, time(hour, minute))


LETTERS: Mapping[str, Callable[[Office], Letter]] = {
    "entered": lambda office: notice_letter(office, ENTRY, notice(NoticeKind.ENTERED), visit_at=_at(TERM.day, 9, 20)),
    "entered-week-paper": lambda office: notice_letter(
        office, replace(BY_PAPER, term=WeekTerm(2026, 37)), notice(NoticeKind.ENTERED)
    ),
    "entered-privileged": lambda office: notice_letter(
        office,
        replace(ENTRY, category=Category.PRIVILEGED, criterion=None, number=None, term=DayTerm(date(2026, 1, 14))),
        notice(NoticeKind.ENTERED),
    ),
    "term-changed": lambda office: notice_letter(
        office,
        replace(ENTRY, term=DayTerm(date(2026, 8, 3))),
        notice(NoticeKind.TERM_CHANGED, cause="UNFORESEEN", before=TERM, after=DayTerm(date(2026, 8, 3))),
        visit_at=_at(date(2026, 8, 3), 9, 20),
    ),
    "term-fixed": lambda office: notice_letter(
        office, ENTRY, notice(NoticeKind.TERM_CHANGED, before=WeekTerm(2026, 37), after=TERM)
    ),
    "health": lambda office: notice_letter(
        office,
        replace(ENTRY, criterion=Criterion.URGENT, term=DayTerm(date(2026, 3, 2))),
        notice(NoticeKind.HEALTH, cause="HEALTH_WORSE", before=TERM, after=DayTerm(date(2026, 3, 2))),
    ),
    "earlier-offer": lambda office: notice_letter(
        office, ENTRY, notice(NoticeKind.EARLIER_OFFER, before=TERM, offered=date(2026, 8, 24))
    ),
    "reinstated": lambda office: notice_letter(
        office,
        replace(ENTRY, reinstated=True, original_report_date=date(2025, 11, 3)),
        notice(NoticeKind.REINSTATED, after=TERM),
    ),
    "contract-ends": lambda office: notice_letter(
        office,
        replace(HANDED_IN, removal=Removal(date(2026, 3, 31), "PROVIDER_STOPPED", NOON, "job")),
        notice(NoticeKind.CONTRACT_ENDS),
        contract_ends_on=date(2026, 3, 31),
    ),
    "certificate-entry": lambda office: entry_certificate(office, ENTRY),
    "certificate-report": lambda office: report_certificate(office, ENTRY, ends_on=date(2026, 3, 31)),
    "justification": lambda office: justification(office, replace(ENTRY, term_changes=(MOVED,))),
    "status": lambda office: status_letter(
        office,
        PERSON,
        "P1",
        [
            PlacedEntry(ENTRY, 3),
            PlacedEntry(replace(ENTRY, id="E2", category=Category.CONTINUING, criterion=None, number=None), None),
            PlacedEntry(replace(ENTRY, id="E3", removal=Removal(date(2026, 1, 10), "RESIGNED", NOON, "x")), None),
        ],
    ),
}
"""Name of the golden files -> the letter."""
