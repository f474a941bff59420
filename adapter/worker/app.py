"""The Procrastinate application and its worker."""

from __future__ import annotations

import procrastinate

from adapter.bootstrap import Adapter
from adapter.bootstrap.sessions import JOB_ENGINE_POOL
from adapter.worker import jobs, timetable

SHUTDOWN_SECONDS = 30
"""How long running jobs may take to end when the worker is asked to stop."""


def worker_app(adapter: Adapter, *, periodic: bool = True) -> procrastinate.App:
    """The application with all jobs, on the adapter's database; ``periodic``: its worker keeps the timetable."""
    settings, eq = adapter.settings, adapter.equipment
    connector = procrastinate.PsycopgConnector(
        conninfo=adapter.database.url, min_size=JOB_ENGINE_POOL, max_size=JOB_ENGINE_POOL
    )
    app = procrastinate.App(connector=connector)
    jobs.register(
        app,
        eq,
        reconcile_days=settings.reconcile_days,
        feed_memory_days=settings.feed_memory_days,
        wiretap_days=settings.wiretap_days,
        wiretap_unmasked_days=settings.wiretap_unmasked_days,
    )
    timetable.schedule(
        app,
        eq,
        sync_cron=settings.sync_cron,
        reconcile_cron=settings.reconcile_cron,
        register_day_cron=settings.register_day_cron,
        register_watch_cron=settings.register_watch_cron,
        periodic=periodic,
    )
    return app


def run_worker(app: procrastinate.App, *, concurrency: int, signals: bool = True, once: bool = False) -> None:
    """Work until asked to stop. Jobs run in threads.

    With ``once``: until no job waits, one job at a time, so that jobs which ask for others are followed up.
    """
    with app.open():
        app.run_worker(
            queues=list(jobs.QUEUES),
            concurrency=1 if once else concurrency,
            wait=not once,
            install_signal_handlers=signals,
            shutdown_graceful_timeout=SHUTDOWN_SECONDS,
        )
