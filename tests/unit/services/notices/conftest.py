"""A desk with books of notices, tasks and entries in memory, and an invented entry that waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any

import pytest
from fakes.notices_fake import FakeNotices, FakeTasks
from fakes.reconcile_fakes import HeldClock

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import Pesel
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay
from adapter.domain.term import DayTerm, Term
from adapter.ports.register import StoredEntry
from adapter.services.desk import Desk

MakeStored = Callable[..., StoredEntry]
CARDIOLOGY = AdmissionSchedule("000000927722-01-0001", Care.AMBULATORY, service="1100", cell="001")
PLANNED = DayTerm(date(2026, 9, 7))
INVENTED = EntryPerson(
    "P1", "Anna", "Wzorcowa", Pesel("00690100011"), address="Prosta 1, 00-001 Warszawa", phone="+48000000000"
)


@pytest.fixture
def clock() -> HeldClock:
    """Noon of 2026-01-12 in Warsaw: the day of the entry."""
    return HeldClock(datetime(2026, 1, 12, 11, 0, tzinfo=UTC))


@pytest.fixture
def desk(clock: HeldClock) -> Desk:
    """A desk whose unit of work holds the books that notices need."""
    work: Any = SimpleNamespace(notices=FakeNotices(clock), tasks=FakeTasks(clock))
    eq: Any = SimpleNamespace(clock=clock)
    return Desk(eq, work, "demo", "corr-1")


@pytest.fixture
def waiting(clock: HeldClock) -> MakeStored:
    """An entry of category 2, stable, of 2026-01-12 with the term 2026-09-07 (the book's example of D-06)."""

    def make(term: Term | None = PLANNED, **changes: object) -> StoredEntry:
        noon = instant_in_warsaw(date(2026, 1, 12), time(12))
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
            term=term,
            diagnosis="I10",
            referral=EntryReferral("REF1", ReferralWay.KEY, shows_diagnosis=True),
        )
        return StoredEntry(replace(entry, **changes), "E1", "P1", "R1")  # type: ignore[arg-type]

    return make
