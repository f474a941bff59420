"""The Procrastinate application and its worker."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import procrastinate

from adapter.bootstrap import Adapter
from adapter.bootstrap.sessions import JOB_ENGINE_POOL
from adapter.errors import Unavailable
from adapter.worker import jobs, timetable

SHUTDOWN_SECONDS = 30
"""How long running jobs may take to end when the worker is asked to stop."""
GAVE_UP = "the worker had to stop; as a rule it lost the database: see the lines above, and start it again"


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

    Raises:
        Unavailable: it had to stop and nobody had asked; as a rule the database was lost. Who watches over the
            process starts it again.
    """
    options: dict[str, Any] = {
        "queues": list(jobs.QUEUES),
        "concurrency": 1 if once else concurrency,
        "wait": not once,
        "install_signal_handlers": False,
        "shutdown_graceful_timeout": SHUTDOWN_SECONDS,
    }
    with app.open():
        try:
            asked = asyncio.run(_until_stopped(app, options, signals=signals))
        except procrastinate.exceptions.ConnectorException as error:
            raise Unavailable(GAVE_UP) from error
    if not (asked or once):
        raise Unavailable(GAVE_UP)


async def _until_stopped(app: procrastinate.App, options: dict[str, Any], *, signals: bool) -> bool:
    """Whether it was a signal that ended the work; the second one ends it at once."""
    asked = False
    loop = asyncio.get_running_loop()

    def stop() -> None:
        nonlocal asked
        asked = True
        listen(on=False)
        running.cancel()  # the job engine waits for running jobs then

    def listen(*, on: bool) -> None:
        for number in (signal.SIGINT, signal.SIGTERM) if signals else ():
            if on:
                loop.add_signal_handler(number, stop)
            else:
                loop.remove_signal_handler(number)

    async with app.open_async():
        running = asyncio.create_task(app.run_worker_async(**options))
        listen(on=True)
        try:
            await running
        except asyncio.CancelledError:
            if not asked:
                raise
        finally:
            listen(on=False)
    return asked
