"""Databases for tests that are as after an upgrade: made once, emptied after each test.

Emptying takes a fiftieth of the time of ``CREATE DATABASE ... TEMPLATE``. A test that leaves the schema changed
spoils its database; that one is dropped, not used again.

PostgreSQL's sessions know a schema and its statements only after a while, so they are kept: one for what is done
here, and those of an engine that a test has closed (:class:`Engines`) for the next test on the same database.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import psycopg
from psycopg import sql
from psycopg._preparing import PrepareManager
from sqlalchemy import Connection, Engine, event

from adapter.store.engine import Database, DatabaseSettings, connect

TEMPLATE = "pomost"
Session = psycopg.Connection[tuple[Any, ...]]

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
_CHANGES = """
SELECT ARRAY[
  (SELECT sum(xmin::text::bigint) + count(*) FROM pg_class WHERE oid >= 16384),
  (SELECT sum(xmin::text::bigint) + count(*) FROM pg_attribute WHERE attrelid >= 16384),
  (SELECT sum(xmin::text::bigint) + count(*) FROM pg_trigger),
  (SELECT sum(xmin::text::bigint) + count(*) FROM pg_constraint WHERE oid >= 16384)]::text
"""
"""Which transactions wrote the catalogue: the same as before means that nobody changed the schema."""
_TABLES = """
SELECT schemaname, tablename FROM pg_tables
  WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
_COUNTERS = (
    "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
)
_RESET_COUNTERS = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences
  WHERE last_value IS NOT NULL
"""
_SET_COUNTERS = "SELECT setval(name::regclass, last) FROM unnest(%s::text[], %s::bigint[]) AS c (name, last)"
_END_OTHERS = """
SELECT count(*) FILTER (WHERE kept), count(pg_terminate_backend(pid)) FILTER (WHERE NOT kept) FROM (
  SELECT pid, pid = ANY (%s::int[]) AS kept FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()) AS others
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a database holds: the rows of each table that has some, and where its counters stand."""

    tables: Mapping[str, bytes]
    counters: Mapping[str, int]


def in_database(url: str, name: str) -> str:
    """The same server's URL for another database."""
    head, question, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{tail}"


_sessions: dict[str, Session] = {}


def _session(url: str) -> Session:
    """This module's own session in a database; triggers and foreign keys do not hold for it."""
    found = _sessions.get(url)
    if found is None or found.closed or found.broken:
        found = _sessions[url] = psycopg.connect(url, autocommit=True)
        found.execute("SET session_replication_role = replica")
    return found


def rows_of(url: str) -> Rows:
    """All rows of a database."""
    session = _session(url)
    counters = {str(name): int(last) for name, last in session.execute(_COUNTERS)}
    return Rows({name: _copied(session, name) for name in _filled(session)}, counters)


def with_rows(url: str, rows: Rows) -> None:
    """Put rows into a database that has none in other tables than these."""
    session = _session(url)
    for table in rows.tables:
        session.execute(f"DELETE FROM {table}".encode())
    _fill(session, rows)


class KeptDatabase(Database):
    """An open database whose connections stay when it is closed."""

    def close(self) -> None:
        """Nothing: the next one who opens it finds the connections."""


class StayingConnection(Connection):
    """A connection that always goes back to the pool: a worker's lease would take one out of it each time."""

    def detach(self) -> None:
        """Nothing: whoever detaches a connection leaves nothing behind on it."""


class StayingStatements(PrepareManager):
    """A session's prepared statements, kept also when a transaction is rolled back: no table comes or goes in one."""

    prepared_max = 500

    def clear(self) -> bool:
        """Nothing is given up."""
        return False


class Engines:
    """Opens databases as :func:`adapter.store.engine.connect` does, but each kept one once."""

    def __init__(self) -> None:
        self._made: dict[str, dict[DatabaseSettings, KeptDatabase]] = {}
        self._idle: dict[str, set[int]] = {}

    def keep(self, url: str) -> None:
        """From now on, this database is opened once."""
        self._made[url], self._idle[url] = {}, set()

    def connect(self, settings: DatabaseSettings) -> Database:
        """An open database; raises what ``connect`` raises."""
        made = self._made.get(settings.url or "")
        if settings.url is None or made is None:
            return connect(settings)
        if settings not in made:
            opened = connect(settings)
            opened.engine._connection_cls = StayingConnection
            event.listen(opened.engine, "connect", _keep_statements)
            _note_idle(opened.engine, self._idle[settings.url])
            made[settings] = KeptDatabase(**{each.name: getattr(opened, each.name) for each in fields(opened)})
        return made[settings]

    def idle(self, url: str) -> Sequence[int]:
        """PostgreSQL's process ids of the connections that wait for whoever opens this database next."""
        return sorted(self._idle[url])

    def forget(self, url: str) -> None:
        """Close a database; the next one who opens it gets new connections."""
        for each in self._made.pop(url).values():
            each.engine.dispose()
        del self._idle[url]


def _keep_statements(connection: Any, record: object) -> None:
    connection._prepared = StayingStatements()


def _note_idle(engine: Engine, idle: set[int]) -> None:
    """Keep the process ids of the connections that lie in the pool."""

    @event.listens_for(engine, "checkin")
    def put_back(connection: Any, record: Any) -> None:
        if connection is not None:
            idle.add(connection.info.backend_pid)

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, proxy: Any) -> None:
        idle.discard(connection.info.backend_pid)

    @event.listens_for(engine, "close")
    def ended(connection: Any, record: Any) -> None:
        idle.discard(connection.info.backend_pid)


class CleanDatabases:
    """Databases of one server; ``take`` one, ``give_back`` its name.

    ``server`` is a URL of the server whose database ``pomost`` is upgraded and stays untouched.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.engines = Engines()
        self._free: list[str] = []
        self._numbers = itertools.count(1)
        template = in_database(server, TEMPLATE)
        with psycopg.connect(template, autocommit=True) as session:
            self._schema, self._changes = _one(session, _SCHEMA), _one(session, _CHANGES)
        self._seeds = rows_of(template)
        _sessions.pop(template).close()  # nobody may be in a database that is copied
        self._unchanged: dict[str, object] = {}

    def take(self) -> str:
        """The name of a database nobody else has."""
        if self._free:
            return self._free.pop()
        name = f"test_{next(self._numbers)}"
        self._on_server(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        self._unchanged[name] = self._changes
        self.engines.keep(in_database(self.server, name))
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next test; drop it when its schema is not the upgraded one any more."""
        url = in_database(self.server, name)
        session = _session(url)
        idle = self.engines.idle(url)
        ((kept, _),) = session.execute(_END_OTHERS, [idle])
        if not self._is_intact(session, name):
            self.engines.forget(url)
            _sessions.pop(url).close()
            self._on_server(f"DROP DATABASE {name} WITH (FORCE)")
            return
        if kept != len(idle):  # a test ended the sessions of others
            self.engines.forget(url)
            self.engines.keep(url)
        for table in _filled(session):
            session.execute(f"DELETE FROM {table}".encode())
        session.execute(_RESET_COUNTERS)
        _fill(session, self._seeds)
        self._free.append(name)

    def _is_intact(self, session: Session, name: str) -> bool:
        changes = _one(session, _CHANGES)
        if changes == self._unchanged[name]:
            return True
        self._unchanged[name] = changes
        return _one(session, _SCHEMA) == self._schema

    def _on_server(self, statement: str) -> None:
        _session(in_database(self.server, "postgres")).execute(statement.encode())


def _filled(session: Session) -> Sequence[str]:
    """The tables that have rows."""
    tables = [sql.Identifier(*name) for name in session.execute(_TABLES)]
    looks = [
        sql.SQL("CASE WHEN EXISTS (SELECT FROM {}) THEN {} END").format(one, one.as_string(session)) for one in tables
    ]
    found = session.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(looks)), prepare=True).fetchone()
    return [str(name) for name in found or () if name is not None]


def _fill(session: Session, rows: Rows) -> None:
    for table, content in rows.tables.items():
        with session.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
            copy.write(content)
    session.execute(_SET_COUNTERS, [list(rows.counters), list(rows.counters.values())])


def _copied(session: Session, table: str) -> bytes:
    with session.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return b"".join(bytes(part) for part in copy)


def _one(session: Session, query: str) -> object:
    row = session.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
