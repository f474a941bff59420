"""Where polling of one resource type stands.

Three things servers do make a plain "everything since" lose resources (handbook fhir.md 1.7): a transaction
becomes visible after its time stamp, time stamps go back between nodes, and more resources share one time
stamp than fit on a page. So each poll looks back by an overlap, and what was already handed over in the same
version is left out by the list ``seen``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapter.errors import Misconfigured

SEEN_MAX = 10_000
"""Most versions that a cursor remembers. Beyond that some come again; the inbox keeps each version once."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """``at`` and ``id`` name the newest resource handed over; ``since`` is where the next poll starts.

    ``seen`` holds ``id -> version`` of what was handed over and may be listed again.
    """

    at: datetime | None = None
    id: str = ""
    since: datetime | None = None
    seen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor that :meth:`dump` wrote; an empty text starts from the beginning.

        Raises:
            Misconfigured: it is no cursor of ours; polling must be told where to start.
        """
        if not text:
            return cls()
        try:
            stored = json.loads(text)
            return cls(
                at=_moment(stored["at"]),
                id=str(stored["id"]),
                since=_moment(stored["since"]),
                seen={str(key): str(value) for key, value in dict(stored["seen"]).items()},
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Misconfigured("the stored polling cursor cannot be read; reset it", setting="cursor") from error

    def dump(self) -> str:
        """The cursor as JSON."""
        return json.dumps(
            {
                "at": self.at.isoformat() if self.at else None,
                "id": self.id,
                "since": self.since.isoformat() if self.since else None,
                "seen": dict(self.seen),
            },
            separators=(",", ":"),
        )

    def knows(self, resource_id: str, version: str) -> bool:
        """Whether this version was handed over."""
        return self.seen.get(resource_id) == version

    def after(self, handed: Sequence[Handed], since: datetime | None) -> Cursor:
        """The cursor when ``handed`` (all of this poll, old and new) is stored and the next poll starts at ``since``.

        Without a time stamp on any resource ``since`` may be None: then every poll starts at the beginning.
        """
        newest = max((one for one in handed if one.at is not None), key=_order, default=None)
        at, identity = self.at, self.id
        if newest is not None and (self.at is None or _order(newest) > (self.at, self.id)):
            at, identity = newest.at, newest.id
        kept = [one for one in handed if since is None or one.at is None or one.at >= since]
        kept.sort(key=_order)
        return Cursor(at, identity, since, {one.id: one.version for one in kept[-SEEN_MAX:]})


@dataclass(frozen=True, slots=True)
class Handed:
    """One version of one resource, as the list of this poll showed it."""

    id: str
    version: str
    at: datetime | None


def back(moment: datetime, overlap_seconds: int) -> datetime:
    """``overlap_seconds`` before ``moment``, on a whole second (servers differ in what follows it)."""
    return (moment - timedelta(seconds=overlap_seconds)).replace(microsecond=0)


def _order(one: Handed) -> tuple[datetime, str]:
    return (one.at or datetime.min.replace(tzinfo=UTC), one.id)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a cursor's time has a zone")
    return found
