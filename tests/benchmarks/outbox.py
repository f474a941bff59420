"""B5: outbox messages claimed, sent to nobody, settled and audited, against bare claim-and-mark in SQL."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import psycopg
from measure import ROUNDS, Figure, in_turns, seconds

from adapter.clock import SystemClock
from adapter.ports.store import Action, AuditRecord, Destination, MessageState, NewMessage, Settlement
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.schema import upgrade
from adapter.store.sealing import new_keys, parse
from adapter.store.unit_of_work import SqlStore

MESSAGES = 4_000
BATCH = 100
TAKEN = 500
FACILITY = "bench"


def store_on(database: Database) -> SqlStore:
    """The store, without jobs: the benchmark drains by itself."""
    keys = parse(new_keys(), "benchmark")
    return SqlStore(database.engine, keys, SystemClock(), facilities=[FACILITY], defer_jobs=False)


def fill(store: SqlStore, count: int) -> None:
    """Messages about as many slots, as many slots are taken in: a batch is one piece of work."""
    for _ in range(0, count, TAKEN):
        work_id, slots = str(uuid.uuid4()), [uuid.uuid4().hex for _ in range(TAKEN)]
        with store.unit_of_work() as work:
            work.outbox.add_all(
                [
                    NewMessage(FACILITY, Destination.CER, Action.PUT_SLOT, (f"slot:{one}",), work_id, {"slot_id": one})
                    for one in slots
                ]
            )
            work.commit()


def drain(store: SqlStore) -> int:
    """Deliver everything to nobody, in batches; returns how many."""
    done = 0
    with store.worker() as worker:
        while True:
            now = datetime.now(UTC)
            with store.unit_of_work() as work:
                messages = work.outbox.claim(worker, now, BATCH)
                work.commit()
            if not messages:
                return done
            with store.unit_of_work() as work:
                work.outbox.settle(Settlement(message, MessageState.DELIVERED, now, "ok") for message in messages)
                for work_id, alike in groupby(messages, key=lambda one: one.correlation_id):
                    common = AuditRecord(now, "job:deliver", "delivered", FACILITY, "", work_id)
                    each = [(one.subjects[0], {"message": one.id, "message_id": one.message_id}) for one in alike]
                    work.audit.write_each(common, each)
                work.commit()
            done += len(messages)


def bare(url: str) -> None:
    """Claim and mark as many rows of a plain table, in batches, with SKIP LOCKED."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TEMP TABLE line (id bigint PRIMARY KEY, state text NOT NULL)")
        connection.execute("INSERT INTO line SELECT n, 'waiting' FROM generate_series(1, %s) n", (MESSAGES,))
        connection.commit()
        for _ in range(MESSAGES // BATCH):
            connection.execute(
                "UPDATE line SET state = 'done' WHERE id IN "
                "(SELECT id FROM line WHERE state = 'waiting' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)",
                (BATCH,),
            )
            connection.commit()


def two_workers(url: str) -> float:
    """Seconds until two processes have drained the outbox together, their start not counted."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from outbox import *\n"
        "store = store_on(connect(DatabaseSettings(url=sys.argv[2])))\n"
        "print('ready', flush=True); sys.stdin.readline(); drain(store); print('done', flush=True)\n"
    )
    words = [sys.executable, "-c", code, str(Path(__file__).parent), url]
    workers = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()

    def both() -> None:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()

    taken = seconds(both)
    for worker in workers:
        worker.communicate(timeout=30)
    return taken


def run() -> list[Figure]:
    """Messages per second with one worker, and how much two workers do more."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(folder=Path(folder) / "data", temporary=True))
        try:
            upgrade(database.engine)
            store = store_on(database)

            def one() -> None:
                assert drain(store) == MESSAGES

            fill(store, MESSAGES)
            one()
            takes: list[tuple[float, float]] = []
            for _ in range(ROUNDS):
                fill(store, MESSAGES)
                alone = seconds(one)
                fill(store, MESSAGES)
                takes.append((alone, two_workers(database.url)))
            ours = statistics.median(alone for alone, _ in takes)
            together = statistics.median(both for _, both in takes)
            (reference,) = in_turns(lambda: bare(database.url))
        finally:
            database.close()
    rate = MESSAGES / ours
    return [
        Figure("B5", f"outbox, one worker, batches of {BATCH}", rate, "messages/s", MESSAGES / reference),
        Figure("B5", "outbox, two workers against one", MESSAGES / together, "messages/s", rate),
    ]
