"""What the edges tell the wiretap, and what faces ask of it.

An :class:`Exchange` is one try: what was said to an authority and what came back, masked, with the bytes as
they were beside it. The store drops those bytes unless somebody opened the wiretap of that facility at the
time (:class:`Opening`): then they are kept sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How a try ended, in the words of :mod:`adapter.errors`."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    IN_DOUBT = "in-doubt"
    MISCONFIGURED = "misconfigured"
    FAILED = "failed"
    """Our own program stopped in the middle."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One try of one call, as it is kept.

    ``destination`` is ``cer`` or ``p1``; ``operation`` our verb; ``messages`` the outbox messages that the
    call carried. ``answered_at`` and ``http_status`` are None when no answer came; ``reply`` also then. ``code``
    is that of the error, empty when answered. ``request`` and ``reply`` are masked XML text, ``*_bytes`` the size
    of what was really said, ``clear_*`` its bytes (perhaps cut).
    """

    facility: str
    destination: str
    operation: str
    correlation_id: str
    message_id: str
    messages: tuple[int, ...]
    asked_at: datetime
    answered_at: datetime | None
    http_status: int | None
    outcome: Outcome
    code: str
    request: str
    request_bytes: int
    reply: str | None = None
    reply_bytes: int | None = None
    clear_request: bytes = field(default=b"", repr=False)
    clear_reply: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """An exchange as it was kept; ``has_clear`` says whether it is there unmasked as well."""

    id: int
    exchange: Exchange
    has_clear: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """The wiretap of a facility keeps what it hears unmasked from ``opened_at`` until ``until``, or ``closed_at``."""

    facility: str
    reason: str
    opened_by: str
    opened_at: datetime
    until: datetime
    closed_at: datetime | None = None
    closed_by: str = ""

    def at(self, moment: datetime) -> bool:
        """Whether it is in force at a moment."""
        return self.opened_at <= moment < min(self.until, self.closed_at or self.until)


class Wiretap(Protocol):
    """What was said to the authorities and answered. Part of a unit of work."""

    def keep(self, exchanges: Sequence[Exchange]) -> None:
        """Store them; unmasked only those that were asked while their facility's wiretap was open."""

    def find(
        self,
        *,
        conversation: str | None = None,
        message: int | None = None,
        facility: str | None = None,
        limit: int = 100,
    ) -> Sequence[StoredExchange]:
        """The last ``limit`` exchanges, oldest first.

        ``conversation`` is a correlation id or the message id of a try, ``message`` an outbox message.
        """

    def clear(self, number: int) -> tuple[bytes, bytes | None]:
        """Request and reply of one exchange as they were.

        Raises:
            BadInput: there is no such exchange, or it was not kept unmasked, or that is erased.
            Misconfigured: its sealing key is not configured.
        """

    def openings(self, *, facility: str | None = None, limit: int = 100) -> Sequence[Opening]:
        """Who opened the wiretap of which facility, newest first."""

    def open(self, opening: Opening) -> None:
        """Keep what is heard from now on unmasked; one that is in force for this facility ends with it."""

    def close(self, facility: str, who: str, at: datetime) -> Opening | None:
        """End it; None when nothing was open."""

    def forget(self, facility: str, *, masked_before: datetime, clear_before: datetime, limit: int) -> int:
        """Delete exchanges asked before the first instant, erase what is unmasked of those before the second.

        At most ``limit`` of each; returns how many rows it touched.
        """
