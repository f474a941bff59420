"""wsu:Timestamp: from when until when a message may be believed (WS-Security 1.0, section 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapter.soap.broken import unverified

LIFETIME_SECONDS = 300
SKEW_SECONDS = 60
INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
"""Pattern of an instant with a time zone."""
_INSTANT = re.compile(INSTANT)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long a message may live, and by how much the two clocks may differ."""

    lifetime_seconds: int = LIFETIME_SECONDS
    skew_seconds: int = SKEW_SECONDS
    lifetime: timedelta = field(init=False, repr=False, compare=False)
    skew: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lifetime", timedelta(seconds=self.lifetime_seconds))
        object.__setattr__(self, "skew", timedelta(seconds=self.skew_seconds))

    @property
    def window_seconds(self) -> int:
        """How long after its arrival a message could still be accepted: replays are remembered so long."""
        return self.lifetime_seconds + 2 * self.skew_seconds


def instant_text(instant: datetime) -> bytes:
    """``2026-11-21T10:00:00.000Z``: UTC, milliseconds, a year of four digits.

    Written digit by digit, which is quicker here than ``isoformat``: that has a time zone's sign to take off again.
    """
    at = instant.astimezone(UTC)
    date = (at.year, at.month, at.day)
    return b"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (*date, at.hour, at.minute, at.second, at.microsecond // 1000)


def is_instant(text: str) -> bool:
    """Whether ``text`` is written as an instant with a time zone."""
    return _INSTANT.fullmatch(text) is not None


def check_dates(created_text: str, expires_text: str, limits: TimeLimits, now: datetime) -> datetime:
    """When the message was made, once its Timestamp's Created and Expires are found good at ``now``.

    Both texts are written as instants.

    Raises:
        BrokenExchange: ``unverified``; no real instants, expired, from the future, or valid for too long.
    """
    try:
        created, expires = datetime.fromisoformat(created_text), datetime.fromisoformat(expires_text)
    except ValueError as error:
        raise unverified("its Timestamp holds no real instant") from error
    if expires <= created:
        raise unverified("its Timestamp ends before it begins")
    if expires - created > limits.lifetime:
        raise unverified(f"its Timestamp is valid for more than {limits.lifetime_seconds} seconds")
    if created > now + limits.skew:
        raise unverified("its Timestamp is from the future")
    if expires <= now - limits.skew:
        raise unverified("its Timestamp has expired")
    return created
