"""The simulator's clock can be held, set and moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapter.simulator.clock import WARSAW, MovableClock

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_it_runs_with_its_source_and_an_offset() -> None:
    times = iter([NOON, NOON + timedelta(seconds=5)])
    clock = MovableClock(source=lambda: next(times))
    clock._offset = timedelta(days=1)
    assert clock.now() == NOON + timedelta(days=1)
    assert clock.now() == NOON + timedelta(days=1, seconds=5)


def test_held_it_stands_still_until_moved() -> None:
    clock = MovableClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.advance(timedelta(days=40)) == NOON + timedelta(days=40)
    assert clock.now() == NOON + timedelta(days=40)


def test_set_without_hold_runs_on() -> None:
    times = iter([NOON, NOON, NOON + timedelta(seconds=5)])
    clock = MovableClock(NOON, source=lambda: next(times))
    there = datetime(2027, 1, 1, tzinfo=WARSAW)
    assert clock.set(there) == there
    assert clock.now() == there + timedelta(seconds=5)


def test_an_instant_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        MovableClock(datetime(2026, 11, 21))  # noqa: DTZ001 - that is what is refused
    with pytest.raises(ValueError, match="aware"):
        MovableClock().set(datetime(2026, 11, 21))  # noqa: DTZ001 - that is what is refused
