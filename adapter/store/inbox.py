"""What came from EHRs, raw and sealed, once per version.

Versions of one resource are taken in the order they came: a later one is not handed out while an
earlier one is new or in somebody's hands.

An EHR that numbers no versions is known by the bytes it says. When it says again what it said before its last
version (blocked, free, blocked), that is a new version: the earlier row of these bytes becomes the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

import orjson

from adapter.errors import BadInput, Refused
from adapter.ports import Received
from adapter.ports.store import InboxEntry, InboxState, StoredProblem
from adapter.store.session import Session, rows_of

_COLUMNS = (
    "i.id, i.facility, i.source, i.resource_type, i.resource_id, i.version, i.raw, i.last_updated, i.received_at, "
    "i.state, i.problems"
)


ERASED_TYPE = "ServiceRequest"
"""Its content may hold an access code, which is never kept after use."""

PUT_ROWS_MAX = 1000
"""Entries put by one statement."""

UNNUMBERED = "sha256:"
"""How the version of a resource begins that the EHR does not number: a digest of its bytes."""

_SAID_AGAIN = f"""
ON CONFLICT (facility, resource_type, resource_id, version) DO UPDATE SET
    id = DEFAULT, source = excluded.source, raw = excluded.raw, last_updated = excluded.last_updated,
    received_at = excluded.received_at, state = 'new', problems = '[]'::jsonb
WHERE inbox.version LIKE '{UNNUMBERED}%%' AND inbox.resource_id <> '' AND EXISTS (
    SELECT 1 FROM inbox later WHERE later.facility = inbox.facility AND later.resource_type = inbox.resource_type
    AND later.resource_id = inbox.resource_id AND later.id > inbox.id)
"""  # noqa: S608  # constant
"""A version that the EHR numbers comes once. Bytes come again when something else was said since."""

LOOKED_THROUGH = 2
"""The oldest new entries are looked through, so many times what is to be taken: others may hold some."""

_KEPT = "CASE WHEN resource_type = %(secret)s AND %(state)s IN ('taken', 'superseded') THEN ''::bytea ELSE raw END"

_PUT_ALL = """
INSERT INTO inbox (facility, source, resource_type, resource_id, version, raw, last_updated, received_at)
SELECT %(facility)s, r.source, r.type, r.id, r.version, r.raw, r.updated, %(at)s
FROM ROWS FROM (
    json_to_recordset(%(rows)s::json) AS (source text, type text, id text, version text, updated timestamptz),
    unnest(%(raw)b::bytea[])
) WITH ORDINALITY AS r (source, type, id, version, updated, raw, n)
ORDER BY r.n
"""
"""The raw bytes go beside the JSON as they are: sealed bytes as text are twice as long."""


_OVERTAKEN = """
SELECT EXISTS (
    SELECT 1 FROM inbox newer
    WHERE newer.facility = mine.facility AND newer.resource_type = mine.resource_type
        AND newer.resource_id = mine.resource_id AND mine.resource_id <> '' AND newer.id <> mine.id
        AND newer.state = 'taken'
        AND CASE WHEN newer.last_updated <> mine.last_updated THEN newer.last_updated > mine.last_updated
            ELSE newer.id > mine.id END)
FROM inbox mine WHERE mine.id = %(id)s
"""

_TAKE = f"""
SELECT {_COLUMNS} FROM inbox i
WHERE i.id = ANY (ARRAY(
    SELECT n.id FROM (
        SELECT o.id, o.resource_id, row_number() OVER (PARTITION BY o.resource_id ORDER BY o.id) AS turn FROM (
            SELECT id, resource_id FROM inbox
            WHERE facility = %(facility)s AND resource_type = %(type)s AND state = 'new'
            ORDER BY id LIMIT %(oldest)s) AS o) AS n
    WHERE n.turn = 1 OR n.resource_id = '' ORDER BY n.id)) AND i.state = 'new'
ORDER BY i.id LIMIT %(limit)s FOR UPDATE OF i SKIP LOCKED
"""  # noqa: S608  # constant columns
"""Whatever new version came before another of its resource stands among the oldest, so that these alone say whose turn
it is. To ask of each whether an earlier one is there costs as much again for every one that waits, wherever PostgreSQL
takes the wrong of two indexes; and it does while they are still coming."""

_TAKE_OF = f"""
SELECT {_COLUMNS} FROM inbox i
WHERE i.state = 'new' AND i.id = (SELECT min(o.id) FROM inbox o WHERE o.facility = %(facility)s
    AND o.resource_type = %(type)s AND o.resource_id = %(id)s AND o.state = 'new')
FOR UPDATE OF i SKIP LOCKED
"""  # noqa: S608  # constant columns


_ERASE_EARLIER = """
UPDATE inbox e SET raw = ''::bytea FROM inbox taken
WHERE taken.id = %(id)s AND taken.resource_type = %(secret)s AND e.facility = taken.facility
    AND e.resource_type = taken.resource_type AND e.resource_id = taken.resource_id
    AND e.id < taken.id AND e.state <> 'new'
"""
"""Refused and quarantined versions of what is taken now may hold the same access code."""


_WAKE = """
WITH aside AS MATERIALIZED (SELECT id, facility, problems FROM inbox WHERE state = 'quarantined')
UPDATE inbox i SET state = 'new', problems = '[]'::jsonb
WHERE i.state = 'quarantined' AND i.id = ANY (ARRAY(
    SELECT a.id FROM aside a WHERE a.facility = %(facility)s AND EXISTS (
        SELECT FROM jsonb_array_elements(a.problems) problem WHERE problem ->> 'code' = ANY (%(lacking)s::text[]))))
"""
"""Asked with every batch that is taken in: whatever PostgreSQL knows of a table that grows, it goes by the state."""
_SAY_AGAIN = """
UPDATE inbox SET state = 'new', problems = '[]'::jsonb
WHERE state = 'taken' AND id = (
    SELECT max(id) FROM inbox WHERE facility = %(facility)s AND resource_type = %(type)s AND resource_id = %(id)s
        AND state = 'taken' AND raw <> ''::bytea)
"""
_WAKE_LACKING = """
UPDATE inbox SET state = 'new', problems = '[]'::jsonb
WHERE id = ANY (ARRAY(
    SELECT i.id FROM inbox i WHERE i.facility = %(facility)s AND i.state = 'quarantined' AND EXISTS (
        SELECT FROM jsonb_array_elements(i.problems) problem WHERE problem ->> 'rule' = %(rule)s)
    ORDER BY i.id DESC LIMIT %(limit)s)) AND state = 'quarantined'
"""
"""A version that another one has overtaken since is passed over when it is taken."""


class SqlInbox:
    """Implements :class:`adapter.ports.store.Inbox`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, facility: str, received: Received, at: datetime) -> int | None:
        """Store; returns the id, or None when this version is already there."""
        rows = self._session.run(
            "INSERT INTO inbox "  # noqa: S608  # constant clause
            "(facility, source, resource_type, resource_id, version, raw, last_updated, received_at) "
            "VALUES (%(facility)s, %(source)s, %(type)s, %(id)s, %(version)s, %(raw)s, %(updated)s, %(at)s) "
            f"{_SAID_AGAIN} RETURNING id",
            facility=facility,
            source=received.source,
            type=received.resource_type,
            id=received.resource_id,
            version=received.version,
            raw=self._session.seal.seal(received.raw, *_identity(facility, received)),
            updated=received.last_updated,
            at=at,
        )
        return cast(int, rows[0][0]) if rows else None

    def put_all(self, facility: str, received: Sequence[Received], at: datetime) -> int:
        """Store many, in order; returns how many versions were new."""
        stored = 0
        for first in range(0, len(received), PUT_ROWS_MAX):
            earlier, last = _in_turn(received[first : first + PUT_ROWS_MAX])
            if earlier:
                stored += self._put_rows(facility, earlier, at, "ON CONFLICT DO NOTHING")
            stored += self._put_rows(facility, last, at, _SAID_AGAIN)
        return stored

    def _put_rows(self, facility: str, some: Sequence[Received], at: datetime, known: str) -> int:
        """Store rows by one statement; ``known`` says what becomes of those that are there already."""
        return self._session.changed(
            _PUT_ALL + known,
            facility=facility,
            rows=rows_of(
                {
                    "source": one.source,
                    "type": one.resource_type,
                    "id": one.resource_id,
                    "version": one.version,
                    "updated": one.last_updated,
                }
                for one in some
            ),
            raw=[self._session.seal.seal(one.raw, *_identity(facility, one)) for one in some],
            at=at,
        )

    def take(
        self, facility: str, resource_type: str, limit: int, *, resource_id: str | None = None
    ) -> Sequence[InboxEntry]:
        """Up to ``limit`` new entries of a type, oldest first, locked until the transaction ends.

        With ``resource_id`` the oldest one of that resource; none while somebody else has it in hand.
        """
        if resource_id is not None:
            rows = self._session.run(_TAKE_OF, facility=facility, type=resource_type, id=resource_id)
        else:
            rows = self._session.run(
                _TAKE, facility=facility, type=resource_type, limit=limit, oldest=LOOKED_THROUGH * limit
            )
        return [self._entry(row) for row in rows]

    def settle(self, entry_id: int, state: InboxState, problems: Sequence[StoredProblem] = ()) -> None:
        """Record what became of an entry. One that may hold an access code loses its content when it is done."""
        self._session.run(
            f"UPDATE inbox SET state = %(state)s, problems = %(problems)s::jsonb, raw = {_KEPT} "  # noqa: S608  # constant
            "WHERE id = %(id)s",
            id=entry_id,
            state=state.value,
            secret=ERASED_TYPE,
            problems=orjson.dumps([asdict(problem) for problem in problems]).decode(),
        )
        if state is InboxState.TAKEN:
            self._session.run(_ERASE_EARLIER, id=entry_id, secret=ERASED_TYPE)

    def settle_all(self, entry_ids: Sequence[int], state: InboxState) -> None:
        """Record that entries without problems became ``state``."""
        if entry_ids:
            self._session.run(
                f"UPDATE inbox SET state = %(state)s, problems = '[]'::jsonb, raw = {_KEPT} "  # noqa: S608  # constant
                "WHERE id = ANY (%(ids)s)",
                ids=list(entry_ids),
                state=state.value,
                secret=ERASED_TYPE,
            )

    def get(self, entry_id: int) -> InboxEntry | None:
        """One entry."""
        rows = self._session.run(f"SELECT {_COLUMNS} FROM inbox i WHERE i.id = %(id)s", id=entry_id)  # noqa: S608  # constant columns
        return self._entry(rows[0]) if rows else None

    def find(
        self, *, facility: str | None = None, states: Sequence[InboxState] = (), limit: int = 100
    ) -> Sequence[InboxEntry]:
        """Entries, newest first."""
        rows = self._session.run(
            f"SELECT {_COLUMNS} FROM inbox i "  # noqa: S608  # constant columns
            "WHERE (%(facility)s::text IS NULL OR i.facility = %(facility)s) "
            "AND (cardinality(%(states)s::text[]) = 0 OR i.state = ANY (%(states)s)) "
            "ORDER BY i.id DESC LIMIT %(limit)s",
            facility=facility,
            states=[state.value for state in states],
            limit=limit,
        )
        return [self._entry(row) for row in rows]

    def overtaken(self, entry_id: int) -> bool:
        """Whether a newer version of the same resource was taken: by meta.lastUpdated, else by when it came."""
        rows = self._session.run(_OVERTAKEN, id=entry_id)
        return bool(rows and rows[0][0])

    def wake(self, facility: str, resource_type: str, resource_ids: Sequence[str]) -> int:
        """Make entries new again that were put aside because one of these resources was missing; how many."""
        lacking = [f"{resource_type}/{one}" for one in resource_ids]
        return self._session.changed(_WAKE, facility=facility, lacking=lacking)

    def wake_lacking(self, facility: str, rule: str, limit: int) -> int:
        """Make the newest ``limit`` entries new again that were put aside by this rule; how many."""
        return self._session.changed(_WAKE_LACKING, facility=facility, rule=rule, limit=limit)

    def say_again(self, facility: str, resource_type: str, resource_id: str) -> int:
        """Make the last version of a resource that was taken new again; 0 when there is none whose content is kept."""
        return self._session.changed(_SAY_AGAIN, facility=facility, type=resource_type, id=resource_id)

    def first_received(self, facility: str, resource_type: str) -> datetime | None:
        """When the first resource of a type came, None when none did."""
        rows = self._session.run(
            "SELECT min(received_at) FROM inbox WHERE facility = %(facility)s AND resource_type = %(type)s",
            facility=facility,
            type=resource_type,
        )
        return cast("datetime | None", rows[0][0])

    def replay(self, entry_id: int) -> None:
        """Make an entry new again.

        Raises:
            BadInput: there is no such entry.
            Refused: its content was erased when it was taken, or a newer version was taken since.
        """
        rows = self._session.run("SELECT raw = ''::bytea FROM inbox WHERE id = %(id)s FOR UPDATE", id=entry_id)
        if not rows:
            raise BadInput(f"there is no inbox entry {entry_id}", field="id")
        if rows[0][0]:
            raise Refused(f"the content of inbox entry {entry_id} was erased when it was taken", code="CONTENT_ERASED")
        if self.overtaken(entry_id):
            raise Refused(f"a newer version of what inbox entry {entry_id} says was taken since", code="OVERTAKEN")
        self._session.run("UPDATE inbox SET state = 'new', problems = '[]'::jsonb WHERE id = %(id)s", id=entry_id)

    def refusals_by_rule(self, facility: str) -> Mapping[str, int]:
        """How many entries each rule refused."""
        rows = self._session.run(
            "SELECT problem ->> 'rule', count(DISTINCT i.id) FROM inbox i, jsonb_array_elements(i.problems) problem "
            "WHERE i.facility = %(facility)s AND i.state = 'refused' AND problem ->> 'rule' <> '' "
            "AND problem ->> 'severity' = 'error' GROUP BY 1 ORDER BY 1",
            facility=facility,
        )
        return {str(row[0]): cast(int, row[1]) for row in rows}

    def _entry(self, row: Sequence[Any]) -> InboxEntry:
        identity, facility, source, resource_type, resource_id, version, stored, updated, at, state, problems = row
        raw = b""
        if stored:
            raw = self._session.seal.open(bytes(stored), "inbox", facility, resource_type, resource_id, version)
        received = Received(source, resource_type, resource_id, version, raw, updated)
        known = tuple(StoredProblem(**problem) for problem in problems) if problems else ()
        return InboxEntry(identity, facility, received, at, InboxState(state), known)


def _in_turn(received: Sequence[Received]) -> tuple[list[Received], list[Received]]:
    """What comes again further on, and the last of each: a numbered version, or a resource that has no numbers.

    One statement does not see what it writes itself: whether bytes are said again is asked when what came before them
    is there. And of a resource without numbers only the last word is news when its history is told once more.
    """
    things = [
        (one.resource_type, one.resource_id, "" if one.resource_id and _unnumbered(one) else one.version)
        for one in received
    ]
    ends = {thing: place for place, thing in enumerate(things)}
    last = set(ends.values())
    return [one for place, one in enumerate(received) if place not in last], [
        received[place] for place in sorted(last)
    ]


def _unnumbered(received: Received) -> bool:
    return received.version.startswith(UNNUMBERED)


def _identity(facility: str, received: Received) -> tuple[str, ...]:
    return "inbox", facility, received.resource_type, received.resource_id, received.version
