"""A real store for tests: one temporary PostgreSQL per run, one clean database per test.

Loaded by the top ``conftest.py`` (``pytest_plugins``), so that each test process starts one server.
``database`` is an empty, upgraded :class:`adapter.store.engine.Database`; ``store`` a store on it with
the facilities ``demo`` and ``north``, a held clock and no jobs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clean_databases import CleanDatabases, in_database

from adapter.bootstrap import adapter as bootstrap
from adapter.store import sealing
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.schema import upgrade
from adapter.store.unit_of_work import SqlStore

FACILITIES = ("demo", "north")
KEYS = sealing.new_keys()


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a temporary server; its database ``pomost`` is upgraded and stays untouched as a template."""
    database = connect(DatabaseSettings(temporary=True))
    upgrade(database.engine)
    database.engine.dispose()
    yield database.url
    database.close()


@pytest.fixture(scope="session")
def clean_databases(postgres: str) -> Iterator[CleanDatabases]:
    """Databases of this process that are as after an upgrade; adapters that open one use its engine again."""
    made = CleanDatabases(postgres)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "connect", made.engines.connect)
        yield made


@pytest.fixture
def database_url(clean_databases: CleanDatabases) -> Iterator[str]:
    """URL of a clean database that is this test's alone."""
    name = clean_databases.take()
    yield in_database(clean_databases.server, name)
    clean_databases.give_back(name)


@pytest.fixture
def database(clean_databases: CleanDatabases, database_url: str) -> Iterator[Database]:
    """A clean, upgraded database."""
    opened = clean_databases.engines.connect(DatabaseSettings(url=database_url))
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
