"""Pooled connections: one that died while it lay idle is never handed out, and a quick use is not asked first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from adapter.errors import Unavailable
from adapter.store import engine as module
from adapter.store.engine import Database, DatabaseSettings, connect, translated


@pytest.fixture
def pooled(database: Database) -> Iterator[Engine]:
    opened = connect(DatabaseSettings(url=database.url, pool_size=1))
    yield opened.engine
    opened.close()


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end(database: Database, pid: int) -> None:
    with database.engine.connect() as other:
        assert other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar_one()


def test_a_connection_that_died_while_idle_is_replaced(
    database: Database, pooled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backend(pooled)
    end(database, first)
    monkeypatch.setattr(module, "PING_AFTER_IDLE_SECONDS", -1.0)
    assert backend(pooled) != first


def test_one_that_died_a_moment_ago_fails_as_unavailable_and_the_next_try_works(
    database: Database, pooled: Engine
) -> None:
    first = backend(pooled)
    end(database, first)
    with pytest.raises(Unavailable), translated():
        backend(pooled)
    assert backend(pooled) != first


def test_a_live_one_is_used_again(pooled: Engine) -> None:
    assert backend(pooled) == backend(pooled)
