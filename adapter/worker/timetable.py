"""When jobs are asked for: each tick defers one job for each facility, at most one of a kind waiting."""

from __future__ import annotations

from typing import Any

from procrastinate.exceptions import AlreadyEnqueued

from adapter.services.equipment import Equipment
from adapter.worker.jobs import OUTBOX_QUEUE, RECONCILE_QUEUE, REGISTER_QUEUE, SYNC_QUEUE

SETTLE_CRON = "* * * * *"
FORGET_CRON = "43 2 * * *"
"""Nightly: the wiretap, and the memory of visits' last changes, let go of what is older than the settings say."""


def schedule(
    app: Any,
    eq: Equipment,
    *,
    sync_cron: str,
    reconcile_cron: str,
    register_day_cron: str,
    register_watch_cron: str,
    periodic: bool = True,
) -> None:
    """Put the ticks on the application. Times are UTC.

    Without ``periodic`` it can run the ticks that others asked for, and asks for none itself.
    """
    for cron, task, queue in (
        (sync_cron, "pomost.sync", SYNC_QUEUE),
        (SETTLE_CRON, "pomost.settle", OUTBOX_QUEUE),
        (reconcile_cron, "pomost.reconcile", RECONCILE_QUEUE),
        (FORGET_CRON, "pomost.forget", RECONCILE_QUEUE),
        (register_day_cron, "pomost.register-day", REGISTER_QUEUE),
        (register_watch_cron, "pomost.register-watch", REGISTER_QUEUE),
    ):
        tick = _tick(app, eq, task=task, queue=queue)
        if periodic:
            app.periodic(cron=cron)(tick)


def _tick(app: Any, eq: Equipment, *, task: str, queue: str) -> Any:
    @app.task(name=f"{task}.tick", queue=queue, pass_context=False)  # type: ignore[untyped-decorator]  # Procrastinate's
    def tick(timestamp: int) -> None:
        for facility in eq.facilities:
            try:
                app.configure_task(task, queue=queue, queueing_lock=f"{task}:{facility}").defer(facility=facility)
            except AlreadyEnqueued:
                continue

    return tick
