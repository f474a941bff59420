"""A facility whose register is in a real store, on 2026-03-02, with three who wait."""

from __future__ import annotations

import pytest
from fakes.register_ward import Ward
from store_fixtures import HeldClock

from adapter.domain.entitlement import Criterion
from adapter.store.unit_of_work import SqlStore


@pytest.fixture
def ward(store: SqlStore, held_clock: HeldClock) -> Ward:
    """A (stable, January), B (urgent, February), C (stable, later in January): the order of the law is B, A, C."""
    made = Ward(store, held_clock)
    made.at("2026-03-02")
    made.open_schedule()
    made.enter("A", on="2026-01-05", term="2026-04-20")
    made.enter("B", on="2026-02-10", term="2026-04-21", criterion=Criterion.URGENT)
    made.enter("C", on="2026-01-20", term="2026-04-22")
    return made
