"""How many sessions of the database a process may open, and whether the server has so many."""

from __future__ import annotations

from adapter.bootstrap.adapter import SESSIONS_A_JOB
from adapter.bootstrap.finding import Finding
from adapter.settings import Settings
from adapter.store.engine import POOL_OVERFLOW, Database, translated

LEASES_A_JOB = 2
"""A job holds two more at most, outside the pool: the lease of who delivers, and that of the facility's only pass."""
JOB_ENGINE_POOL = 4
"""Sessions in the job engine's own pool, in a process that works."""
JOB_ENGINE_LISTENS = 1
"""Beside them the job engine has one that hears of new jobs."""
EACH_JOB = SESSIONS_A_JOB + LEASES_A_JOB
FOR_ALL = POOL_OVERFLOW + JOB_ENGINE_POOL + JOB_ENGINE_LISTENS
"""Sessions of a process that do not grow with its jobs."""
SUBJECT = "database sessions"

_ALLOWED = """
select least(
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0),
    (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
    (select nullif(datconnlimit, -1) from pg_database where datname = current_database()))
"""
"""What the server lets this role open on this database; reserved ones stay for whoever must get in then."""


def sessions_max(settings: Settings) -> int:
    """The most sessions that one process with a worker opens at a time."""
    return EACH_JOB * settings.worker_concurrency + FOR_ALL


def sessions_allowed(database: Database) -> int:
    """How many sessions the server lets us have, all processes and commands together.

    Raises:
        Unavailable, Misconfigured: the server does not answer, or refuses us.
    """
    with translated(), database.engine.connect() as connection:
        return int(connection.exec_driver_sql(_ALLOWED).scalar_one())


def sessions_finding(database: Database, settings: Settings) -> Finding:
    """Whether the jobs of one process have their sessions; with more than there are, jobs fail and begin anew.

    Raises:
        Unavailable, Misconfigured: the server does not answer, or refuses us.
    """
    wanted, allowed = sessions_max(settings), sessions_allowed(database)
    if wanted <= allowed:
        return Finding(SUBJECT, "ok", f"a worker opens {wanted} at most, the server allows {allowed}")
    jobs = (allowed - FOR_ALL) // EACH_JOB
    text = (
        f"with POMOST_WORKER_CONCURRENCY {settings.worker_concurrency} a worker may open {wanted}, "
        f"the server allows {allowed}"
    )
    lower = f"lower it to {jobs}" if jobs > 0 else "lower it"
    raised = "use a PostgreSQL of your own that has more (DATABASE_URL)" if database.embedded else "raise its limit"
    return Finding(SUBJECT, "bad", text, f"{lower}, or {raised}")
