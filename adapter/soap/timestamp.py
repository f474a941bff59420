"""wsu:Timestamp: from when until when a message may be believed (WS-Security 1.0, section 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import unverified

LIFETIME_SECONDS = 300
SKEW_SECONDS = 60
_UTC_SUFFIX = "+00:00"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long a message may live, and by how much the two clocks may differ."""

    lifetime_seconds: int = LIFETIME_SECONDS
    skew_seconds: int = SKEW_SECONDS

    @property
    def window_seconds(self) -> int:
        """How long after its arrival a message could still be accepted: replays are remembered so long."""
        return self.lifetime_seconds + 2 * self.skew_seconds


def instant_text(instant: datetime) -> str:
    """``2026-11-21T10:00:00.000Z``: UTC, milliseconds."""
    text = (instant if instant.tzinfo is UTC else instant.astimezone(UTC)).isoformat(timespec="milliseconds")
    return f"{text.removesuffix(_UTC_SUFFIX)}Z"


def check_timestamp(timestamp: etree._Element, limits: TimeLimits, now: datetime) -> datetime:
    """When the message was made, once the Timestamp is found good at ``now``.

    Raises:
        BrokenExchange: ``unverified``; incomplete, expired, from the future, or valid for too long.
    """
    children = [child.tag for child in timestamp]
    if children != [ns.CREATED, ns.EXPIRES]:
        raise unverified("its Timestamp is not one Created and one Expires")
    created, expires = _instant(timestamp[0].text), _instant(timestamp[1].text)
    skew = timedelta(seconds=limits.skew_seconds)
    if expires <= created:
        raise unverified("its Timestamp ends before it begins")
    if expires - created > timedelta(seconds=limits.lifetime_seconds):
        raise unverified(f"its Timestamp is valid for more than {limits.lifetime_seconds} seconds")
    if created > now + skew:
        raise unverified("its Timestamp is from the future")
    if expires <= now - skew:
        raise unverified("its Timestamp has expired")
    return created


def _instant(text: str | None) -> datetime:
    value = (text or "").strip()
    if not _INSTANT.fullmatch(value):
        raise unverified("its Timestamp holds no instant with a time zone")
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise unverified("its Timestamp holds no real instant") from error
