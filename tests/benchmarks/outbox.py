"""B5: outbox messages claimed, sent to nobody, settled and audited, against bare claim-and-mark in SQL.

One worker and PostgreSQL take turns: what one waits for the other does. Two workers are bounded by the processors:
beside what they do more stands what two processes that only compute do more here, and what a message costs each side.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import psycopg
from measure import ROUNDS, Figure, seconds
from processor import processor_seconds, server_of, two_against_one

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
TARGET_PER_SECOND = 3_000
TARGET_TWO_WORKERS = 1.6
CLAIM_AND_MARK_STATED = 40_000
"""Of :func:`bare`, on the reference machine."""


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


def two_workers(url: str) -> tuple[float, float]:
    """Seconds until two processes have drained the outbox together, and their processor time; without their start."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from outbox import *\n"
        "store = store_on(connect(DatabaseSettings(url=sys.argv[2])))\n"
        "print('ready', flush=True); sys.stdin.readline(); began = time.process_time(); drain(store)\n"
        "print(time.process_time() - began, flush=True)\n"
    )
    words = [sys.executable, "-c", code, str(Path(__file__).parent), url]
    workers = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    spent: list[float] = []

    def both() -> None:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
        for worker in workers:
            assert worker.stdout is not None
            spent.append(float(worker.stdout.readline()))

    taken = seconds(both)
    for worker in workers:
        worker.communicate(timeout=30)
    return taken, sum(spent)


@dataclass(frozen=True, slots=True)
class Take:
    """One drain: seconds, and processor seconds of the workers and of PostgreSQL."""

    taken: float
    workers: float
    server: float

    @property
    def detail(self) -> dict[str, float]:
        """What a message costs, and how many processors were busy."""
        return {
            "worker, processor µs a message": self.workers / MESSAGES * 1e6,
            "PostgreSQL, processor µs a message": self.server / MESSAGES * 1e6,
            "processors busy": (self.workers + self.server) / self.taken,
        }


def takes(store: SqlStore, url: str) -> Iterator[tuple[Take, Take, float, float]]:
    """In turns: one worker, two workers, bare claim and mark, and what two processes do more than one."""
    with psycopg.connect(url) as connection:
        server = server_of(connection)
    for _ in range(ROUNDS):
        fill(store, MESSAGES)
        before, began = processor_seconds(server), time.process_time()
        taken = seconds(lambda: drain(store))
        alone = Take(taken, time.process_time() - began, processor_seconds(server) - before)
        fill(store, MESSAGES)
        before = processor_seconds(server)
        taken, spent = two_workers(url)
        both = Take(taken, spent, processor_seconds(server) - before)
        yield alone, both, seconds(lambda: bare(url)), two_against_one()


def run() -> list[Figure]:
    """Messages per second with one worker, and how much two workers do more."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(folder=Path(folder) / "data", temporary=True))
        try:
            upgrade(database.engine)
            store = store_on(database)
            fill(store, MESSAGES)
            assert drain(store) == MESSAGES
            bare(database.url)
            taken = list(takes(store, database.url))
        finally:
            database.close()
    alone, both = (sorted((each[place] for each in taken), key=lambda one: one.taken) for place in (0, 1))
    one, two = alone[ROUNDS // 2], both[ROUNDS // 2]
    rate, reference = MESSAGES / one.taken, MESSAGES / statistics.median(each[2] for each in taken)
    more = statistics.median(each[3] for each in taken)
    return [
        Figure(
            "B5",
            f"outbox, one worker, batches of {BATCH}",
            rate,
            "messages/s",
            reference,
            one.detail,
            target=TARGET_PER_SECOND,
            stated=CLAIM_AND_MARK_STATED,
        ),
        Figure(
            "B5",
            "outbox, two workers against one",
            MESSAGES / two.taken,
            "messages/s",
            rate,
            {**two.detail, "two processes that only compute, against one": more},
            target_ratio=TARGET_TWO_WORKERS,
        ),
    ]
