"""The front desk of the invented clinic on Monday 2026-03-02: three slots of Dr Lis, some days later, are in CeR."""

from __future__ import annotations

import pytest
from fakes.register_front import Front
from store_fixtures import HeldClock

from adapter.store.unit_of_work import SqlStore


@pytest.fixture
def front(store: SqlStore, held_clock: HeldClock) -> Front:
    """A clinic that is open."""
    made = Front(store, held_clock)
    made.at("2026-03-02")
    made.says(*made.clinic.schedules(), *(made.clinic.slot("dr-lis", 3, number) for number in range(3)))
    made.deliver()
    made.sent_out.clear()
    return made
