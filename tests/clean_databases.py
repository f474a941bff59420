"""Databases for tests that are as after an upgrade: made once, emptied after each test.

Emptying takes a tenth of the time of ``CREATE DATABASE ... TEMPLATE``. A test that leaves the schema
changed spoils its database; that one is dropped, not used again.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

TEMPLATE = "pomost"
Session = psycopg.Connection[tuple[object, ...]]

_SCHEMA = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
  SELECT format('%s %s %s %s', c.oid::regclass, c.relkind, a.attname, a.atttypid) AS line
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace::regnamespace::text NOT LIKE 'pg_%'
      AND c.relnamespace::regnamespace::text <> 'information_schema'
  UNION ALL
  SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL
  SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid <> 0
) AS lines
"""

_EMPTY = """
DO $$
DECLARE one record; filled boolean;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', one.name) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %s', one.name); END IF;
  END LOOP;
  FOR one IN SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences
             WHERE last_value IS NOT NULL LOOP
    PERFORM setval(one.name::regclass, 1, false);
  END LOOP;
END $$
"""


_TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
  WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""
_COUNTERS = (
    "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a database holds: the rows of each table that has some, and where its counters stand."""

    tables: Mapping[str, bytes]
    counters: Mapping[str, int]


def rows_of(url: str) -> Rows:
    """All rows of a database."""
    with psycopg.connect(url, autocommit=True) as session:
        return _rows(session)


def with_rows(url: str, rows: Rows) -> None:
    """Put rows into a database that has none in other tables than these."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        _fill(session, rows, anew=True)


def in_database(url: str, name: str) -> str:
    """The same server's URL for another database."""
    head, question, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{tail}"


class CleanDatabases:
    """Databases of one server; ``take`` one, ``give_back`` its name.

    ``server`` is a URL of the server whose database ``pomost`` is upgraded and stays untouched.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self._free: list[str] = []
        self._numbers = itertools.count(1)
        with psycopg.connect(in_database(server, TEMPLATE), autocommit=True) as session:
            self._schema = _one(session, _SCHEMA)
            self._seeds = _rows(session)

    def take(self) -> str:
        """The name of a database nobody else has."""
        if self._free:
            return self._free.pop()
        name = f"test_{next(self._numbers)}"
        self._on_server(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next test; drop it when its schema is not the upgraded one any more."""
        with psycopg.connect(in_database(self.server, name), autocommit=True) as session:
            intact = _one(session, _SCHEMA) == self._schema
            if intact:
                session.execute(_EMPTY.encode())
                session.execute("SET session_replication_role = replica")
                _fill(session, self._seeds)
        if intact:
            self._free.append(name)
        else:
            self._on_server(f"DROP DATABASE {name} WITH (FORCE)")

    def _on_server(self, statement: str) -> None:
        with psycopg.connect(in_database(self.server, "postgres"), autocommit=True) as session:
            session.execute(statement.encode())


def _rows(session: Session) -> Rows:
    tables = [str(name) for (name,) in session.execute(_TABLES)]
    counters = {str(name): int(str(last)) for name, last in session.execute(_COUNTERS)}
    return Rows({name: rows for name in tables if (rows := _copied(session, name))}, counters)


def _fill(session: Session, rows: Rows, *, anew: bool = False) -> None:
    for table, content in rows.tables.items():
        if anew:
            session.execute(f"DELETE FROM {table}".encode())
        with session.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
            copy.write(content)
    for counter, last in rows.counters.items():
        session.execute("SELECT setval(%s::regclass, %s)", (counter, last))


def _copied(session: Session, table: str) -> bytes:
    with session.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return b"".join(bytes(part) for part in copy)


def _one(session: Session, query: str) -> object:
    row = session.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
