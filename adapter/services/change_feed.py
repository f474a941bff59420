"""Where we stand in CeR's feed of visit changes, so that none is lost and none is acted on twice.

    ... | page | page | page | -> cursor
            ^ trail: cursors of the last minutes; every pull reads again from the oldest of them

A change may enter the feed late, behind the cursor, and a page border may fall between two changes of one
moment. So each pull looks back over the overlap. What was handled is known by the visit's last sequence
number: an equal or lower one was handled, or a later change of the visit was, and the later word counts.

A page with rows that nobody could read (a state that no table knows) is held: its cursor is kept, its
readable changes are handled, and it is read again when the code tables change, once a day, and when a
person asks. Source: cer.md 7 (change feed: UNKNOWN); D10.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from adapter.domain.national import UnreadableRow, VisitChange
from adapter.mapping.tables import Tables
from adapter.ports.store import UnitOfWork

CURSOR = "cer:visit-changes"
TRAIL, HELD, PLACE = "cer:visit-changes:trail", "cer:visit-changes:held", "cer:visit-change:"
"""Names of cursors: recent page starts, held pages, and where the last change of a visit stands (by its id)."""
TRAIL_PAGES_MAX = 200
"""Page starts remembered; a first load of a feed leaves more behind than anybody would read again."""
HELD_PAGES_MAX = 1000
"""Held pages remembered; more of them means that the tables do not fit the authority at all."""
HELD_AGAIN_AFTER = timedelta(days=1)
"""A held page is read again after this time even when our tables have not changed: CeR may have mended it."""


@dataclass(slots=True)
class HeldPage:
    """A page of the feed with rows that could not be read.

    ``cursor`` is where it starts, ``since`` when it was first read, ``tried`` when last, ``rows`` (position,
    problem) of what could not be read, ``codes`` the fingerprint of the tables then.
    """

    cursor: str
    since: datetime
    tried: datetime
    codes: str
    rows: list[tuple[str, str]]


@dataclass(slots=True)
class FeedPlace:
    """A facility's place in the feed. ``trail``: page start -> when it was first read, oldest first."""

    cursor: str
    trail: dict[str, datetime] = field(default_factory=dict)
    held: dict[str, HeldPage] = field(default_factory=dict)

    def start(self, now: datetime, overlap: timedelta) -> str:
        """Where a pull begins to read: pages first read longer ago than the overlap are left behind."""
        recent = [(cursor, at) for cursor, at in self.trail.items() if now - at <= overlap]
        self.trail = dict(recent[-TRAIL_PAGES_MAX:])
        return next(iter(self.trail), self.cursor)

    @property
    def rows_held(self) -> int:
        """Changes that nobody could read yet."""
        return sum(len(page.rows) for page in self.held.values())

    def passed(self, start: str, further: str, now: datetime) -> None:
        """A page that starts at ``start`` was handled; the next one starts at ``further``."""
        self.trail.setdefault(start, now)
        if further not in self.trail:
            self.cursor = further

    def hold(self, start: str, rows: Sequence[UnreadableRow], codes: str, now: datetime) -> int:
        """Keep a page with unreadable rows, or let it go when it has none; returns how many rows are new."""
        known = self.held.pop(start, None)
        if not rows:
            return 0
        told = [(row.position, row.problem) for row in rows]
        self.held[start] = HeldPage(start, known.since if known else now, now, codes, told)
        while len(self.held) > HELD_PAGES_MAX:
            self.held.pop(next(iter(self.held)))
        return len([row for row in told if known is None or row not in known.rows])

    def due(self, codes: str, now: datetime, *, again: bool) -> list[str]:
        """Cursors of held pages that are worth another look."""
        return [
            page.cursor
            for page in self.held.values()
            if again or page.codes != codes or now - page.tried >= HELD_AGAIN_AFTER
        ]


def fingerprint(tables: Tables) -> str:
    """Changes whenever a table changes by which changes of visits are read."""
    used = (tables.national_visit_state, tables.visit_origin, tables.identifier_systems)
    text = json.dumps(
        [[table.name, [[dict(row.cells), row.valid_from, row.valid_to] for row in table]] for table in used],
        default=str,
    )
    return sha256(text.encode()).hexdigest()[:16]


def load_place(work: UnitOfWork, facility: str) -> FeedPlace:
    """A facility's place in the feed."""
    place = FeedPlace(work.cursors.get(facility, CURSOR))
    for cursor, at in json.loads(work.cursors.get(facility, TRAIL) or "[]"):
        place.trail[cursor] = datetime.fromisoformat(at)
    for page in json.loads(work.cursors.get(facility, HELD) or "[]"):
        since, tried = (datetime.fromisoformat(page[name]) for name in ("since", "tried"))
        rows = [(str(position), str(problem)) for position, problem in page["rows"]]
        place.held[page["cursor"]] = HeldPage(page["cursor"], since, tried, page["codes"], rows)
    return place


def keep_place(work: UnitOfWork, facility: str, place: FeedPlace) -> None:
    """Write a facility's place down."""
    held = [
        {
            "cursor": page.cursor,
            "since": page.since.isoformat(),
            "tried": page.tried.isoformat(),
            "codes": page.codes,
            "rows": page.rows,
        }
        for page in place.held.values()
    ]
    trail = [[cursor, at.isoformat()] for cursor, at in place.trail.items()]
    work.cursors.set_all(
        facility, {CURSOR: place.cursor, TRAIL: json.dumps(trail), HELD: json.dumps(held, ensure_ascii=False)}
    )


def last_handled(work: UnitOfWork, facility: str, visit_ids: Iterable[str]) -> dict[str, int]:
    """The sequence number of the last change that was handled, of those visits that have one."""
    found = work.cursors.get_all(facility, [f"{PLACE}{visit_id}" for visit_id in visit_ids])
    return {name.removeprefix(PLACE): int(value.partition(" ")[0]) for name, value in found.items()}


def where_told(work: UnitOfWork, facility: str, visit_id: str) -> str | None:
    """Start of the page that tells the last handled change of a visit, None when none was handled."""
    value = work.cursors.get(facility, f"{PLACE}{visit_id}")
    return value.partition(" ")[2] if value else None


def note_handled(work: UnitOfWork, facility: str, changes: Iterable[VisitChange], start: str) -> None:
    """The changes of a page that starts at ``start`` are handled."""
    last: dict[str, int] = {}
    for change in changes:
        last[change.visit_id] = max(change.sequence, last.get(change.visit_id, change.sequence))
    work.cursors.set_all(facility, {f"{PLACE}{visit}": f"{number} {start}" for visit, number in last.items()})
