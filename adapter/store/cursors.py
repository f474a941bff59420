"""Where polling stands, per facility and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

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
            "INSERT INTO cursor (facility, name, value, set_at) VALUES (%(facility)s, %(name)s, %(value)s, %(now)s) "
            "ON CONFLICT (facility, name) DO UPDATE SET value = excluded.value, set_at = excluded.set_at",
            facility=facility,
            name=name,
            value=value,
            now=self._session.clock.now(),
        )

    def get_all(self, facility: str, names: Sequence[str]) -> Mapping[str, str]:
        """Those of many cursors that there are, by name."""
        rows = self._session.run(
            "SELECT name, value FROM cursor WHERE facility = %(facility)s AND name = ANY(%(names)s)",
            facility=facility,
            names=list(names),
        )
        return {str(name): str(value) for name, value in rows}

    def set_all(self, facility: str, values: Mapping[str, str]) -> None:
        """Keep many, by name, in one statement."""
        names = sorted(values)
        self._session.run(
            "INSERT INTO cursor (facility, name, value, set_at) "
            "SELECT %(facility)s, c.*, %(now)s FROM unnest(%(names)s::text[], %(values)s::text[]) AS c "
            "ON CONFLICT (facility, name) DO UPDATE SET value = excluded.value, set_at = excluded.set_at",
            facility=facility,
            names=names,
            values=[values[name] for name in names],
            now=self._session.clock.now(),
        )

    def forget(self, facility: str, prefix: str, before: datetime, *, limit: int) -> int:
        """Drop up to ``limit`` cursors whose name begins so and that were last set before an instant; how many."""
        return self._session.changed(
            "DELETE FROM cursor WHERE facility = %(facility)s AND name = ANY(ARRAY(SELECT name FROM cursor "
            "WHERE facility = %(facility)s AND starts_with(name, %(prefix)s) AND set_at < %(before)s "
            "LIMIT %(limit)s FOR UPDATE SKIP LOCKED))",  # an array is made once; IN may look for each row anew
            facility=facility,
            prefix=prefix,
            before=before,
            limit=limit,
        )
