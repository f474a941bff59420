"""Their id <-> ours: one each way, and the database says no to a second (unique both ways)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapter.errors import Refused
from adapter.store.session import Session, rows_of, texts_of

_THEIRS_OF = """
SELECT wanted.ours, l.theirs FROM unnest(%(ours)s::text[]) AS wanted (ours), LATERAL (
    SELECT theirs FROM link WHERE facility = %(facility)s AND kind = %(kind)s AND link.ours = wanted.ours LIMIT 1) AS l
"""
"""One look into the index for each: a plan made while there were few links must serve when there are many. With
``ours = ANY`` each link of the facility is compared with each id that is asked for, with a join all links are read."""


class SqlLinks:
    """Implements :class:`adapter.ports.store.Links`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, facility: str, kind: str, ours: str, theirs: str) -> None:
        """Link; the same link again changes nothing. Raises Refused when either side is linked elsewhere."""
        made = self._session.changed(
            "INSERT INTO link (facility, kind, ours, theirs) VALUES (%(facility)s, %(kind)s, %(ours)s, %(theirs)s) "
            "ON CONFLICT DO NOTHING",
            facility=facility,
            kind=kind,
            ours=ours,
            theirs=theirs,
        )
        if made or self.theirs(facility, kind, ours) == theirs:
            return
        raise _linked_elsewhere(kind, ours)

    def put_all(self, facility: str, kind: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Link many (ours, theirs). Raises Refused when either side of any is linked elsewhere."""
        wanted = dict(pairs)
        made = self._session.changed(
            "INSERT INTO link (facility, kind, ours, theirs) SELECT %(facility)s, %(kind)s, l.ours, l.theirs "
            "FROM json_to_recordset(%(rows)s::json) AS l (ours text, theirs text) ORDER BY l.ours "
            "ON CONFLICT DO NOTHING",
            facility=facility,
            kind=kind,
            rows=rows_of({"ours": ours, "theirs": theirs} for ours, theirs in wanted.items()),
        )
        if made == len(pairs):
            return
        there = self.theirs_of(facility, kind, list(wanted))
        for ours, theirs in pairs:
            if there.get(ours) != theirs:
                raise _linked_elsewhere(kind, ours)

    def theirs_of(self, facility: str, kind: str, ours: Sequence[str]) -> Mapping[str, str]:
        """CeR's ids of those of many that are linked, by ours."""
        rows = self._session.run(_THEIRS_OF, facility=facility, kind=kind, ours=texts_of(ours))
        return {str(row[0]): str(row[1]) for row in rows}

    def theirs(self, facility: str, kind: str, ours: str) -> str | None:
        """CeR's id."""
        rows = self._session.run(
            "SELECT theirs FROM link WHERE facility = %(facility)s AND kind = %(kind)s AND ours = %(ours)s",
            facility=facility,
            kind=kind,
            ours=ours,
        )
        return str(rows[0][0]) if rows else None

    def ours(self, facility: str, kind: str, theirs: str) -> str | None:
        """The EHR's id."""
        rows = self._session.run(
            "SELECT ours FROM link WHERE facility = %(facility)s AND kind = %(kind)s AND theirs = %(theirs)s",
            facility=facility,
            kind=kind,
            theirs=theirs,
        )
        return str(rows[0][0]) if rows else None

    def drop(self, facility: str, kind: str, ours: str) -> None:
        """Forget a link."""
        self._session.run(
            "DELETE FROM link WHERE facility = %(facility)s AND kind = %(kind)s AND ours = %(ours)s",
            facility=facility,
            kind=kind,
            ours=ours,
        )


def _linked_elsewhere(kind: str, ours: str) -> Refused:
    return Refused(f"{kind} {ours} or its national id is already linked to another one", code="LINKED_ELSEWHERE")
