"""What was already said: signatures seen within the time in which they could be accepted again.

In memory, per process, shared by its threads. It promises that one process believes a signed message
once; it does not look over other processes (TLS keeps strangers out there).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

REMEMBERED_MAX = 500_000
"""Only messages with a good signature get in; when full the oldest goes."""


class ReplayMemory:
    """Remembers digests of signature values for ``window_seconds``."""

    def __init__(self, *, window_seconds: int, remembered_max: int = REMEMBERED_MAX) -> None:
        self._window = timedelta(seconds=window_seconds)
        self._remembered_max = remembered_max
        self._seen: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def first_time(self, digest: bytes, now: datetime) -> bool:
        """Remember ``digest``; False when it was remembered before within the window."""
        with self._lock:
            while self._seen:
                oldest, at = next(iter(self._seen.items()))
                if at > now - self._window and len(self._seen) < self._remembered_max:
                    break
                del self._seen[oldest]
            if digest in self._seen:
                return False
            self._seen[digest] = now
            return True
