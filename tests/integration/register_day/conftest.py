"""A facility whose register is in a real store, on 2026-03-02."""

from __future__ import annotations

import pytest
from fakes.register_ward import Ward
from store_fixtures import HeldClock

from adapter.store.unit_of_work import SqlStore


@pytest.fixture
def ward(store: SqlStore, held_clock: HeldClock) -> Ward:
    """A facility with one open schedule."""
    made = Ward(store, held_clock)
    made.at("2026-03-02")
    made.open_schedule()
    return made
