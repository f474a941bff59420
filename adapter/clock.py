"""The system clock: the only place that asks the machine for the time.

Everything else takes a :class:`adapter.ports.Clock` as an argument, so that no test waits.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present instant: aware, UTC, microseconds."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        time.sleep(seconds)
