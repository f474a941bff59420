"""The Procrastinate application and its worker."""

from __future__ import annotations

import procrastinate

from adapter.bootstrap import Adapter
from adapter.worker import jobs, timetable

SHUTDOWN_SECONDS = 30
"""How long running jobs may take to end when the worker is asked to stop."""


def worker_app(adapter: Adapter) -> procrastinate.App:
    """The application with all jobs and the timetable, on the adapter's database."""
    settings, eq = adapter.settings, adapter.equipment
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=adapter.database.url))
    jobs.register(app, eq, reconcile_days=settings.reconcile_days)
    timetable.schedule(app, eq, sync_cron=settings.sync_cron, reconcile_cron=settings.reconcile_cron)
    return app


def run_worker(app: procrastinate.App, *, concurrency: int, signals: bool = True, once: bool = False) -> None:
    """Work until asked to stop; with ``once``, until no job waits. Jobs run in threads."""
    with app.open():
        app.run_worker(
            queues=list(jobs.QUEUES),
            concurrency=concurrency,
            wait=not once,
            install_signal_handlers=signals,
            shutdown_graceful_timeout=SHUTDOWN_SECONDS,
        )
