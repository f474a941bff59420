"""Sealed values under the newest key: read, opened, sealed again, a batch a transaction.

A value says with which key it was sealed, so that a run that was stopped goes on where it was, and a second
run finds nothing to do. Rows that somebody works on are left for the next batch. A value that does not open is
counted and passed over; its neighbours go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from adapter.errors import Misconfigured
from adapter.store.engine import translated
from adapter.store.people import PARTICULARS
from adapter.store.referral_book import CHECK, ISSUED
from adapter.store.register_rows import ENTRY, NUMBER, STEP
from adapter.store.sealing import Seal
from adapter.store.wiretap import REPLY, REQUEST

BATCH_ROWS = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values.

    ``key`` are the columns of the primary key; a value is sealed for ``kind``, the columns ``named``, and ``part``.
    """

    table: str
    column: str
    key: tuple[str, ...]
    kind: str
    named: tuple[str, ...]
    part: tuple[str, ...] = ()


_BY_ID = ("facility", "id")
_STEP = ("facility", "entry_id", "position")
_NUMBER = ("facility", "root", "extension")
COLUMNS = (
    SealedColumn("inbox", "raw", ("id",), "inbox", ("facility", "resource_type", "resource_id", "version")),
    SealedColumn("outbox_message", "sealed", ("id",), "outbox", _BY_ID),
    SealedColumn("patient", "sealed", _BY_ID, "patient", _BY_ID),
    SealedColumn("referral", "access", _BY_ID, "referral", _BY_ID),
    SealedColumn("referral", "particulars", _BY_ID, PARTICULARS, _BY_ID),
    SealedColumn("referral_check", "findings", (*_NUMBER, "occasion"), CHECK, (*_NUMBER, "occasion")),
    SealedColumn("issued_referral", "secrets", _NUMBER, ISSUED, _NUMBER),
    SealedColumn("register_entry", "sealed", _BY_ID, ENTRY, _BY_ID),
    SealedColumn("register_entry", "referral_number", _BY_ID, NUMBER, _BY_ID),
    SealedColumn("register_step", "sealed", _STEP, STEP, _STEP),
    SealedColumn("visit", "particulars", _BY_ID, "visit", _BY_ID),
    SealedColumn("wiretap", "clear_request", ("id",), "wiretap", _BY_ID, (REQUEST,)),
    SealedColumn("wiretap", "clear_reply", ("id",), "wiretap", _BY_ID, (REPLY,)),
)


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one column: values sealed anew, and values that do not open (``problem`` says why one)."""

    table: str
    column: str
    done: int
    failed: int
    problem: str = ""


def reseal(engine: Engine, seal: Seal, *, batch_rows: int = BATCH_ROWS) -> Iterator[Resealed]:
    """Bring every sealed value under the newest key; a report for each column when it is done.

    Raises:
        Unavailable, Misconfigured: the database is out of reach or has another schema.
    """
    for column in COLUMNS:
        done, failed, problem, after = 0, 0, "", None
        while True:
            with translated(), engine.begin() as connection:
                rows = _old(connection, column, seal, after, batch_rows)
                for row in rows:
                    try:
                        _again(connection, column, seal, row)
                        done += 1
                    except Misconfigured as error:
                        failed, problem = failed + 1, error.message
            if not rows:
                break
            after = rows[-1][: len(column.key)]
        yield Resealed(column.table, column.column, done, failed, problem)


def _old(connection: Connection, column: SealedColumn, seal: Seal, after: Any, limit: int) -> list[Any]:
    """The next rows whose value another key sealed, locked: primary key, names, value."""
    keys = ", ".join(column.key)
    given = {f"after_{n}": value for n, value in enumerate(after or ())}
    later = f"AND ({keys}) > ({', '.join(f'%({name})s' for name in given)})" if given else ""
    sql = (
        f"SELECT {keys}, {', '.join(column.named)}, {column.column} FROM {column.table} "  # noqa: S608  # constants above
        f"WHERE octet_length({column.column}) > 0 AND substring({column.column} FROM 1 FOR %(size)s) <> %(head)s "
        f"{later} ORDER BY {keys} LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
    )
    values = {"head": seal.head, "size": len(seal.head), "limit": limit, **given}
    return [tuple(row) for row in connection.exec_driver_sql(sql, values)]


def _again(connection: Connection, column: SealedColumn, seal: Seal, row: Any) -> None:
    width = len(column.key)
    names, value = [str(each) for each in row[width:-1]], bytes(row[-1])
    identity = (column.kind, *names, *column.part)
    fresh = seal.seal(seal.open(value, *identity), *identity)
    keyed = " AND ".join(f"{name} = %(key_{n})s" for n, name in enumerate(column.key))
    connection.exec_driver_sql(
        f"UPDATE {column.table} SET {column.column} = %(fresh)s WHERE {keyed}",  # noqa: S608  # constants above
        {"fresh": fresh, **{f"key_{n}": value for n, value in enumerate(row[:width])}},
    )
