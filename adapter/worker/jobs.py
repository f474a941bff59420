"""The jobs: one use case each, arguments are facility ids only (never people).

A job that finds the other side out of reach ends well: the use case wrote it down, and the timetable
or the outbox asks again. What is left to raise is for an operator, and Procrastinate keeps it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from adapter.domain.moments import warsaw_day
from adapter.errors import Unavailable
from adapter.services.deliver import deliver
from adapter.services.equipment import Equipment
from adapter.services.forget_places import forget_places
from adapter.services.forget_wiretap import forget_wiretap
from adapter.services.prove_blocks import prove_blocks
from adapter.services.reconcile import ACTOR, reconcile
from adapter.services.register_day.run_day import run_day
from adapter.services.register_day.watch_status import watch_status
from adapter.services.rest import SparedLists
from adapter.services.settle_doubts import settle_doubts
from adapter.services.synchronise import synchronise_alone

log = logging.getLogger(__name__)

OUTBOX_QUEUE = "outbox"
SYNC_QUEUE = "sync"
RECONCILE_QUEUE = "reconcile"
REGISTER_QUEUE = "register"
QUEUES = (OUTBOX_QUEUE, SYNC_QUEUE, RECONCILE_QUEUE, REGISTER_QUEUE)


def register(
    app: Any,
    eq: Equipment,
    *,
    reconcile_days: int,
    feed_memory_days: int,
    wiretap_days: int,
    wiretap_unmasked_days: int,
) -> None:
    """Give the application its jobs. ``app`` is a ``procrastinate.App``."""

    @app.task(name="pomost.forget", queue=RECONCILE_QUEUE)  # type: ignore[untyped-decorator]  # Procrastinate's
    def forget_job(facility: str) -> None:
        masked, unmasked = timedelta(days=wiretap_days), timedelta(days=wiretap_unmasked_days)
        found = forget_wiretap(eq.store, eq.clock, facility, masked=masked, unmasked=unmasked)
        log.info("the wiretap of %s forgot %d exchange(s)", facility, found)
        visits = forget_places(eq.store, eq.clock, facility, after=timedelta(days=feed_memory_days))
        log.info("the last changes of %d visit(s) of %s were forgotten", visits, facility)

    @app.task(name="pomost.deliver", queue=OUTBOX_QUEUE)  # type: ignore[untyped-decorator]  # Procrastinate's
    def deliver_job(facility: str) -> None:
        deliver(eq, facility)
        prove_blocks(eq, facility)

    @app.task(name="pomost.sync", queue=SYNC_QUEUE)  # type: ignore[untyped-decorator]  # Procrastinate's
    def sync_job(facility: str) -> None:
        result = synchronise_alone(eq, facility)
        for step, error in result.problems.items():
            log.warning("%s of %s: %s", step, facility, error.text)

    @app.task(name="pomost.settle", queue=OUTBOX_QUEUE)  # type: ignore[untyped-decorator]  # Procrastinate's
    def settle_job(facility: str) -> None:
        settle_doubts(eq, facility)
        deliver(eq, facility)

    _register_of_patients(app, eq)

    @app.task(name="pomost.reconcile", queue=RECONCILE_QUEUE)  # type: ignore[untyped-decorator]  # Procrastinate's
    def reconcile_job(facility: str) -> None:
        first = warsaw_day(eq.clock.now())
        try:
            reconcile(
                eq.store,
                SparedLists(eq, ACTOR),
                eq.clock,
                eq.tables,
                facility,
                first=first,
                last=first + timedelta(days=reconcile_days),
                tolerance=eq.limits.order_tolerance,
            )
        except Unavailable as error:
            log.warning("reconcile of %s: %s", facility, error.text)


def _register_of_patients(app: Any, eq: Equipment) -> None:
    """The jobs of the register (harmonogram przyjęć): its day, and the watch over statuses that P1 lacks."""

    @app.task(name="pomost.register-day", queue=REGISTER_QUEUE)  # type: ignore[untyped-decorator]  # Procrastinate's
    def register_day_job(facility: str) -> None:
        done = run_day(eq, facility)
        log.info("the register of %s: %d entries, %d new tasks", facility, done.entries, done.raised)

    @app.task(name="pomost.register-watch", queue=REGISTER_QUEUE)  # type: ignore[untyped-decorator]  # Procrastinate's
    def register_watch_job(facility: str) -> None:
        watch_status(eq, facility)
