"""Invented entries of a register, changed by each case, and lists of them that hypothesis draws."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from adapter.domain.entitlement import Category, Criterion, Entitlement, EntitlementDocument, Waiver
from adapter.domain.identifiers import Pesel
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.register import (
    AdmissionSchedule,
    Care,
    CategoryChange,
    DiloCard,
    Entry,
    EntryPerson,
    EntryReferral,
    Offer,
    ReferralWay,
    Removal,
    Restoring,
    Route,
    Speciality,
    TermChange,
    TermChangeCause,
)
from adapter.domain.term import DayTerm, WeekTerm
from adapter.ports.register import EntryStanding, StoredEntry

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SCHEDULE = AdmissionSchedule("000000927722-01-0001", Care.AMBULATORY, "1100", "001")
WAITS = Entry(
    "A1",
    SCHEDULE,
    EntryPerson("P1", "Zdzisława", "Wymyślona", address="Zmyślona 1"),
    AT,
    AT,
    category=Category.WAITING,
    criterion=Criterion.STABLE,
    term=DayTerm(date(2026, 5, 4)),
    referral=EntryReferral("0000000000SK0000000001"),
)
RESIGNED = Removal(date(2026, 3, 9), "RESIGNED", AT + timedelta(days=7), "anna")


def entry(entry_id: str = "A1", **changes: object) -> Entry:
    """A waiting entry, with another id and whatever else a case changes."""
    return replace(WAITS, id=entry_id, **changes)  # type: ignore[arg-type]


def stored(entry_id: str = "A1", *, patient: str = "P1", **changes: object) -> StoredEntry:
    """The same as it is stored."""
    return of(entry(entry_id, **changes), patient=patient)


def of(known: Entry, *, patient: str = "P1", standing: EntryStanding = EntryStanding.FINAL) -> StoredEntry:
    """An entry as it is stored; its Appointment has its id, up to the mark of a continuing one."""
    return StoredEntry(known, known.id.removesuffix(".k"), patient, "R1", standing, correlation_id="C1")


DAYS = st.dates(date(2026, 3, 1), date(2026, 3, 21))
TERMS = st.none() | DAYS.map(DayTerm) | DAYS.map(lambda day: WeekTerm(*day.isocalendar()[:2]))
TIMES = st.sampled_from([AT + timedelta(hours=hours, microseconds=hours % 2) for hours in range(0, 24 * 6, 9)])


@st.composite
def lists(draw: st.DrawFn) -> list[StoredEntry]:
    """Entries of one schedule, of both lists and of none, with close reports, terms and ids."""
    ids = draw(st.lists(st.text("aAżŻ.-1", min_size=1, max_size=3), unique=True, max_size=12))
    found, last = [], {False: 0, True: 0}
    for entry_id in ids:
        category = draw(st.sampled_from([Category.WAITING] * 4 + [Category.ONCOLOGY] * 2 + list(Category)) | st.none())
        oncology = category is Category.ONCOLOGY
        numbered = category in {Category.WAITING, Category.ONCOLOGY} and draw(st.integers(0, 3)) > 0
        if numbered:
            last[oncology] += draw(st.integers(1, 2))
        known = entry(
            entry_id,
            category=category,
            criterion=draw(st.sampled_from([None, *Criterion])),
            number=last[oncology] if numbered else None,
            reported_at=draw(TIMES),
            original_report_date=draw(st.none() | DAYS),
            term=draw(TERMS),
            reserved=draw(st.booleans()),
            removal=draw(st.sampled_from([None, None, None, RESIGNED])),
        )
        found.append(of(known, standing=draw(st.sampled_from([EntryStanding.FINAL] * 4 + list(EntryStanding)))))
    return found


THEN = datetime(2026, 3, 2, 9, 30, 0, 5, UTC)
ENDED = Removal(date(2026, 4, 3), "NO_SHOW", THEN, "anna", "did not come")
FULL = Entry(
    id="A1",
    schedule=AdmissionSchedule(
        *("S1", Care.AMBULATORY, "1100", "001", "89.00", frozenset({Speciality.DEFENCE, Speciality.TRANSPLANT})),
        *(Route.CER, False, ("0-17", "18+"), False),
    ),
    person=EntryPerson(
        *("P1", "Zdzisława", "Wymyślona", Pesel("00610100006"), "ul. Zmyślona 1", True, "+48600000000", "brat"),
        date(2226, 1, 1),
    ),
    reported_at=THEN,
    entered_at=THEN,
    entered_by="anna",
    category=Category.PRIVILEGED,
    criterion=Criterion.URGENT,
    criterion_confirmed_by="dr",
    number=7,
    term=WeekTerm(2026, 30),
    reserved=True,
    offer=Offer(date(2026, 5, 1), date(2026, 6, 1), "declined"),
    diagnosis="I10",
    reason="ból",
    referral=EntryReferral(
        *("number", ReferralWay.PAPER, True, True, True, True),
        PaperReferral(
            *(date(2026, 3, 3), date(2026, 3, 2), PostingChannel.PRISON, "szafa", "no-p1", "ewa"),
        ),
    ),
    entitlement=Entitlement(
        *("47CK", "anna", THEN), EntitlementDocument("card", "12", date(2020, 1, 1), date(2030, 1, 1))
    ),
    waiver=Waiver(THEN, "anna", "another doctor"),
    dilo=DiloCard("D1", "1"),
    body_area="knee-left",
    plan="CarePlan/1",
    plan_day=date(2026, 12, 31),
    service_started=THEN,
    emergency=True,
    offline_pending=True,
    original_report_date=date(2025, 1, 1),
    prior_provider_date_used=True,
    reinstated=True,
    term_changes=(
        TermChange(
            *(None, DayTerm(date(2026, 5, 1)), THEN, "anna", TermChangeCause.EARLIER_OFFER, "freed", "wolny termin"),
            date(2026, 3, 3),
        ),
    ),
    category_changes=(
        CategoryChange(
            *(Category.WAITING, Category.PRIVILEGED, THEN, "anna", Criterion.STABLE),
            *(Criterion.URGENT, "pogorszenie", True),
        ),
    ),
    removal=ENDED,
    restorings=(Restoring(ENDED, THEN, "ewa"),),
    term_justification="najbliższy",
)
"""An entry with a value in every field."""
