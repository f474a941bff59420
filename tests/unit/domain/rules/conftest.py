"""An invented patient's visit, changed by each case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Entitlement
from adapter.domain.identifiers import ReferralKey
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.referral import Referral

VERIFIED = Entitlement("47CC", "clerk-1", datetime(2026, 3, 2, 8, 0, tzinfo=UTC))

MakeVisit = Callable[..., Visit]


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
