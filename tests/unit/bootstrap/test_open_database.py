"""The pool of database sessions grows with the jobs that a worker runs at a time."""

from __future__ import annotations

import pytest
from sqlalchemy.pool import QueuePool

from adapter.bootstrap.adapter import SESSIONS_A_JOB, open_database
from adapter.settings import Settings


@pytest.mark.parametrize("jobs", [1, 5])
def test_each_job_of_a_worker_has_its_sessions(jobs: int) -> None:
    settings = Settings(database_url="postgresql://nobody@nowhere.example/none", worker_concurrency=jobs)
    with open_database(settings) as database:  # a server of DATABASE_URL is asked when it is needed
        assert isinstance(database.engine.pool, QueuePool)
        assert database.engine.pool.size() == SESSIONS_A_JOB * jobs
