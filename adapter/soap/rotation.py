"""Things made of files that an operator may replace while we run: certificates, keys, CA bundles.

    files change --> made again --> the next call uses the new one; calls under way finish with the old one
                        |
                        +--> cannot be used: the old one stays, a warning names the file, tried again later

A certificate and its key may be two files that are replaced one after the other: in between they do not
belong together, so that the old pair stays until both are there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from adapter.errors import Misconfigured
from adapter.soap.trust import Stamps, stamps_of

RETRY = timedelta(seconds=60)
"""A new file that could not be used is tried again so often even if it does not change: its day may come."""

log = logging.getLogger(__name__)
_Value = TypeVar("_Value")


class Rotating(Generic[_Value]):
    """A value made of files; made again when one of them changes. Threads may share one."""

    def __init__(
        self,
        paths: tuple[Path, ...],
        make: Callable[[datetime], _Value],
        *,
        now: datetime,
        discard: Callable[[_Value], None] = lambda value: None,
    ) -> None:
        """``make`` reads the files, as they are to be used at the time it is given. ``discard`` gets the old value.

        Raises:
            Misconfigured: what ``make`` raises: at the start there is no older value to go on with.
        """
        self._paths = paths
        self._make = make
        self._discard = discard
        self._lock = threading.Lock()
        self._stamps = stamps_of(*paths)
        self._value = make(now)
        self._refused: Stamps | None = None
        self._retry_at = now
        self.problem = ""
        """Why the files as they are now cannot be used; empty when they are in use."""

    @property
    def latest(self) -> _Value:
        """The value in use, without a look at the files."""
        return self._value

    def current(self, now: datetime) -> _Value:
        """The value of the files as they are; the last good one when they cannot be used (see ``problem``)."""
        if self._look() == self._stamps:
            self.problem = ""
            return self._value
        with self._lock:
            stamps = self._look()
            if stamps != self._stamps and (stamps != self._refused or now >= self._retry_at):
                self._replace(stamps, now)
            return self._value

    def _look(self) -> Stamps:
        try:
            return stamps_of(*self._paths)
        except Misconfigured:
            return ()

    def _replace(self, stamps: Stamps, now: datetime) -> None:
        try:
            value = self._make(now)
        except Misconfigured as error:
            self._refused, self._retry_at = stamps, now + RETRY
            if error.message != self.problem:
                log.warning("the replaced file cannot be used, the old one stays in use: %s", error.message)
            self.problem = error.message
            return
        old, self._value, self._stamps = self._value, value, stamps
        self._refused, self.problem = None, ""
        log.info("took up the new content of %s", ", ".join(str(path) for path in self._paths))
        self._discard(old)
