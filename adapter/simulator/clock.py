"""The simulator's own time: the machine's plus an offset, or held at one instant.

Nothing else in the simulator asks the machine for the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

WARSAW = ZoneInfo("Europe/Warsaw")


def machine_time() -> datetime:
    """The machine's time, aware and UTC."""
    return datetime.now(UTC)


def wait(seconds: float) -> None:
    """Let the caller wait in real time: for slow answers asked for."""
    time.sleep(seconds)


class MovableClock:
    """A clock that can be moved. ``held_at`` stops it there; else it runs with ``source``."""

    def __init__(self, held_at: datetime | None = None, source: Callable[[], datetime] = machine_time) -> None:
        self._source = source
        self._held_at = _aware(held_at) if held_at is not None else None
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """The present instant, aware and UTC."""
        base = self._held_at if self._held_at is not None else self._source()
        return (base + self._offset).astimezone(UTC)

    def advance(self, by: timedelta) -> datetime:
        """Move forward (or back, when negative); returns the new time."""
        self._offset += by
        return self.now()

    def set(self, instant: datetime, *, hold: bool = False) -> datetime:
        """Move to ``instant`` (aware); with ``hold`` it stands still there."""
        instant = _aware(instant)
        if hold:
            self._held_at, self._offset = instant, timedelta(0)
        else:
            self._held_at = None
            self._offset = instant - self._source()
        return self.now()


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant is aware: give it a time zone")
    return instant.astimezone(UTC)
