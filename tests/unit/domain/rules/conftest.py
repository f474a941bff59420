"""An invented patient's visit, and an invented entry of a register, changed by each case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion, Entitlement
from adapter.domain.identifiers import Pesel, ReferralKey
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.referral import Referral
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay
from adapter.domain.term import DayTerm, Term

VERIFIED = Entitlement("47CC", "clerk-1", datetime(2026, 3, 2, 8, 0, tzinfo=UTC))

MakeVisit = Callable[..., Visit]
MakeEntry = Callable[..., Entry]
CARDIOLOGY = AdmissionSchedule("000000927722-01-0001", Care.AMBULATORY, service="1100", cell="001")
INVENTED = EntryPerson(
    "P1", "Anna", "Wzorcowa", Pesel("00690100011"), address="Prosta 1, 00-001 Warszawa", phone="+48000000000"
)


@pytest.fixture
def privileged_visit() -> MakeVisit:
    """A privileged visit reported on a Warsaw day at noon, on a term at 10:00 of another day (None: no term)."""

    def make(reported: str = "2026-03-02", term: str | None = "2026-03-09", **changes: object) -> Visit:
        starts = instant_in_warsaw(date.fromisoformat(term), time(10)) if term else None
        visit = Visit(
            id="A1",
            state=VisitState.BOOKED,
            patient_id="P1",
            reported_at=instant_in_warsaw(date.fromisoformat(reported), time(12)),
            starts=starts,
            ends=starts + timedelta(minutes=20) if starts else None,
            category=Category.PRIVILEGED,
            entitlement=VERIFIED,
        )
        return replace(visit, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def waiting_visit(privileged_visit: MakeVisit) -> MakeVisit:
    """The same of category 2, without any privilege."""

    def make(reported: str = "2026-03-02", term: str | None = "2026-03-09", **changes: object) -> Visit:
        return privileged_visit(reported, term, **{"category": Category.WAITING, "entitlement": None, **changes})

    return make


@pytest.fixture
def referral() -> Referral:
    """A referral with an invented key."""
    return Referral("R1", "P1", access=ReferralKey("1" * 44))


@pytest.fixture
def new_entry() -> MakeEntry:
    """A lawful entry of category 2, stable, with a referral: reported and entered on a Warsaw day at noon.

    ``term`` is a day as text, a Term, or None.
    """

    def make(reported: str = "2026-03-02", term: str | Term | None = "2026-06-01", **changes: object) -> Entry:
        noon = instant_in_warsaw(date.fromisoformat(reported), time(12))
        entry = Entry(
            id="E1",
            schedule=CARDIOLOGY,
            person=INVENTED,
            reported_at=noon,
            entered_at=noon,
            entered_by="Jan Testowy",
            category=Category.WAITING,
            criterion=Criterion.STABLE,
            number=1,
            term=DayTerm(date.fromisoformat(term)) if isinstance(term, str) else term,
            diagnosis="I10",
            referral=EntryReferral("REF0000000000000000001", ReferralWay.KEY, shows_diagnosis=True),
        )
        return replace(entry, **changes)  # type: ignore[arg-type]

    return make
