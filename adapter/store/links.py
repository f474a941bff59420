"""Their id <-> ours: one each way, and the database says no to a second (unique both ways)."""

from __future__ import annotations

from adapter.errors import Refused
from adapter.store.session import Session


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
        raise Refused(f"{kind} {ours} or its national id is already linked to another one", code="LinkedElsewhere")

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
