"""How many database sessions a worker may open: what the engine and the job engine are built with, not a guess."""

from __future__ import annotations

import pytest

from adapter.bootstrap import Adapter, open_database
from adapter.bootstrap.sessions import sessions_max
from adapter.settings import Settings
from adapter.worker import app, jobs, timetable


@pytest.mark.parametrize("concurrency", [1, 3, 16])
def test_it_is_what_both_pools_may_hold_and_the_one_that_listens(
    concurrency: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url="postgresql://nobody@nowhere.example/none", worker_concurrency=concurrency)
    built: list[int] = []
    monkeypatch.setattr(jobs, "register", lambda *_, **__: None)
    monkeypatch.setattr(timetable, "schedule", lambda *_, **__: None)
    monkeypatch.setattr(
        app.procrastinate, "PsycopgConnector", lambda conninfo, min_size, max_size: built.append(max_size)
    )
    monkeypatch.setattr(app.procrastinate, "App", lambda connector: connector)
    with open_database(settings) as database:  # a server of DATABASE_URL is asked when it is needed
        app.worker_app(Adapter(settings=settings, equipment=None, database=database))  # type: ignore[arg-type]
        pool = database.engine.pool
        pools = pool.size() + pool._max_overflow + sum(built)  # type: ignore[attr-defined]
    assert sessions_max(settings) == pools + 2 * concurrency + 1, "beside them two locks a job, and who listens"
