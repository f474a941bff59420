"""A real store for tests: one temporary PostgreSQL per run, one clean database per test.

Loaded by the top ``conftest.py`` (``pytest_plugins = ["store_fixtures"]``) or imported by a folder's.
``database`` is an empty, upgraded :class:`adapter.store.engine.Database`; ``store`` a store on it with
the facilities ``demo`` and ``north``, a held clock and no jobs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from adapter.store import sealing
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.schema import upgrade
from adapter.store.unit_of_work import SqlStore

FACILITIES = ("demo", "north")
KEYS = sealing.new_keys()
_numbers = itertools.count(1)


class HeldClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """The held instant."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self._now += timedelta(seconds=seconds)


def in_database(url: str, name: str) -> str:
    """The same server's URL for another database."""
    head, question, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{tail}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a temporary server; its database ``pomost`` is upgraded and stays untouched as a template."""
    database = connect(DatabaseSettings(temporary=True))
    upgrade(database.engine)
    database.engine.dispose()
    yield database.url
    database.close()


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """URL of a clean database of this test's own."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(in_database(postgres, "postgres"), autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE pomost STRATEGY FILE_COPY".encode())
    yield in_database(postgres, name)
    with psycopg.connect(in_database(postgres, "postgres"), autocommit=True) as session:
        session.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A clean, upgraded database."""
    opened = connect(DatabaseSettings(url=database_url))
    yield opened
    opened.close()


@pytest.fixture
def held_clock() -> HeldClock:
    """The clock of ``store``."""
    return HeldClock()


@pytest.fixture
def store(database: Database, held_clock: HeldClock) -> SqlStore:
    """A store with two facilities that hands nothing to the job engine."""
    seal = sealing.parse(KEYS, "tests")
    return SqlStore(database.engine, seal, held_clock, facilities=FACILITIES, defer_jobs=False)
