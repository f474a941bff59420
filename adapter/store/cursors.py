"""Where polling stands, per facility and name."""

from __future__ import annotations

from adapter.store.session import Session


class SqlCursors:
    """Implements :class:`adapter.ports.store.Cursors`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, facility: str, name: str) -> str:
        """The cursor, empty when there is none."""
        rows = self._session.run(
            "SELECT value FROM cursor WHERE facility = %(facility)s AND name = %(name)s", facility=facility, name=name
        )
        return str(rows[0][0]) if rows else ""

    def set(self, facility: str, name: str, value: str) -> None:
        """Keep it."""
        self._session.run(
            "INSERT INTO cursor (facility, name, value) VALUES (%(facility)s, %(name)s, %(value)s) "
            "ON CONFLICT (facility, name) DO UPDATE SET value = excluded.value",
            facility=facility,
            name=name,
            value=value,
        )
