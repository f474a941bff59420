"""Asking the job engine to drain an outbox, in the transaction that filled it (D2, D3).

At most one job per facility waits (queueing lock). If one waits already it may be fetched just
before our commit and see nothing; therefore we look again after the commit and ask anew if it is
gone. The periodic delivery job is the net under a crash between the two.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import Connection, Engine

DELIVER_TASK = "pomost.deliver"
OUTBOX_QUEUE = "outbox"
_app = App(connector=SyncPsycopgConnector())
"""Never opened: it lends its words to our own connection."""


def queueing_lock(facility: str) -> str:
    """One waiting delivery job per facility."""
    return f"{DELIVER_TASK}:{facility}"


def ask(connection: Connection, facilities: Iterable[str]) -> set[str]:
    """Defer delivery for each facility on this connection; returns those that had a job waiting."""
    return {facility for facility in sorted(facilities) if not _ask(connection, facility)}


def ask_again(engine: Engine, facilities: Iterable[str]) -> None:
    """After the commit: defer for those whose waiting job is gone by now."""
    with engine.connect() as connection:
        ask(connection, facilities)
        connection.commit()


def _ask(connection: Connection, facility: str) -> bool:
    lock = queueing_lock(facility)
    waiting = connection.exec_driver_sql(
        "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %(lock)s AND status = 'todo'", {"lock": lock}
    ).first()
    if waiting is not None:
        return False
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the store works with psycopg 3")
    savepoint = connection.begin_nested()
    try:
        _app.configure_task(DELIVER_TASK, queue=OUTBOX_QUEUE, queueing_lock=lock, connection=raw).defer(
            facility=facility
        )
    except AlreadyEnqueued:
        savepoint.rollback()
        return False
    savepoint.commit()
    return True
