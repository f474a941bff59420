"""What the parts of one unit of work share: connection, seal, clock, and what to do at commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection

from adapter.ports import Clock
from adapter.ports.store import AuditRecord
from adapter.store.driver_rows import AS_THEY_ARE
from adapter.store.sealing import Seal


def rows_of(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as one JSON text for ``json_to_recordset``: with many rows several times as quick as arrays.

    Texts, numbers, None, aware datetimes and what JSON knows; bytes as hexadecimal text.
    """
    return orjson.dumps(list(rows), option=orjson.OPT_NON_STR_KEYS).decode()


def texts_of(texts: Iterable[str]) -> str | list[str]:
    """Texts for a parameter that is cast to ``text[]``: an array literal, many times as quick as a list.

    What JSON writes with a backslash PostgreSQL would read in another way: such texts go as a list.
    """
    given = list(texts)
    written = orjson.dumps(given)
    return given if b"\\" in written else "{" + written[1:-1].decode() + "}"


@dataclass(slots=True)
class Session:
    """One transaction. ``asked`` are facilities whose outbox got something to deliver."""

    connection: Connection
    seal: Seal
    clock: Clock
    asked: set[str] = field(default_factory=set)
    audit: list[AuditRecord] = field(default_factory=list)
    """Written at commit, so that the chain is held for a moment only."""

    def run(self, sql: str, **values: object) -> Sequence[Sequence[Any]]:
        """Run one statement with psycopg's ``%(name)s`` placeholders; its rows, none if it has none."""
        cursor: Any = self.connection.exec_driver_sql(sql, values, execution_options=AS_THEY_ARE)
        with cursor:
            return cursor.fetchall() if cursor.description is not None else ()

    def changed(self, sql: str, **values: object) -> int:
        """Run one statement; how many rows it touched."""
        return self.connection.exec_driver_sql(sql, values).rowcount
