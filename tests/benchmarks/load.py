"""B10: the initial load of a hospital: Slots exported as NDJSON, read, kept, and published in CeR.

The simulator runs in a process of its own, as CeR would. One worker process does everything, as many jobs at a time
as it does by default: one brings changes in (receives and takes in), the others deliver what was taken in. What is
told to the EHR (write-backs of CeR's ids) waits until nothing goes to CeR, or nearly so, and is not waited for; the
wiretap listens as always.

Before each load the references are taken: bare rows into PostgreSQL, put by COPY into a table like that of slots,
new and then all there already. A load is far more than that; the references tell how quick this machine is at the
time. What each side had of the processors stands in the detail.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from measure import Figure, seconds
from processor import processor_seconds, server_of

from adapter.bootstrap import Adapter, open_adapter
from adapter.cli.demo.clinic import KINDS, Clinic
from adapter.cli.demo.stage import FACILITY, demo_settings
from adapter.cli.garbage import look_for_garbage_seldom
from adapter.clock import SystemClock
from adapter.domain.moments import warsaw_day
from adapter.fhir import names
from adapter.ports.store import Action, Destination, MessageState
from adapter.services.bring_in import bring_in
from adapter.services.deliver import deliver
from adapter.services.equipment import Equipment
from adapter.settings import WORKER_CONCURRENCY
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.store.engine import DatabaseSettings, connect

SLOTS = 10_000
SLOTS_FULL = 100_000
LOADS = 3
"""Whole loads of the smaller size; the middle one counts."""
ROUNDS = 4
"""Claims before the delivery job looks whether anything is left for CeR."""
LOOK_SECONDS = 0.02
TARGET_PER_SECOND = 2_000
STATED = {"COPY and insert": 96_000, "COPY and upsert": 55_000}
"""References a second, on the reference machine."""
SLOT = timedelta(minutes=10)
SLOTS_A_DAY = 48


def serve(folder: Path, pipe: Connection) -> None:
    """The simulator, until somebody says stop."""
    with Simulator(SimulatorConfig(certificates=folder)) as simulator:
        pipe.send((simulator.urls.cer, simulator.urls.p1))
        pipe.recv()


@contextmanager
def simulator(certificates: TestCertificates) -> Iterator[Any]:
    """CeR and P1 in another process: an object with ``urls``."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(certificates.folder, there))
    process.start()
    try:
        if not here.poll(60):
            raise TimeoutError("the simulator did not start")
        cer, p1 = here.recv()
        yield SimpleNamespace(urls=SimpleNamespace(cer=cer, p1=p1), process=process.pid)
    finally:
        here.send("stop")
        process.join(10)
        process.terminate()


def export(clinic: Clinic, count: int, now: datetime) -> None:
    """The EHR's export: the schedules as a Bundle, the slots as NDJSON."""
    clinic.export("0001", clinic.schedules(), now)
    doctors = [schedule["id"] for schedule in clinic.schedules()]
    first = now.replace(hour=7, minute=0, second=0, microsecond=0) + timedelta(days=1)
    with (clinic.folder / "0002.ndjson").open("w", encoding="utf-8") as file:
        for number in range(count):
            turn, doctor = divmod(number, len(doctors))
            day, place = divmod(turn, SLOTS_A_DAY)
            start = first + timedelta(days=day) + place * SLOT
            file.write(json.dumps(slot(f"slot-{number}", doctors[doctor], start, KINDS[number % len(KINDS)], now)))
            file.write("\n")


def slot(identity: str, schedule: str, start: datetime, kind: str, now: datetime) -> dict[str, object]:
    """One free Slot."""
    return {
        "resourceType": "Slot",
        "id": identity,
        "meta": {"versionId": "1", "lastUpdated": now.isoformat(timespec="milliseconds")},
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": "free",
        "appointmentType": {"coding": [{"system": names.SLOT_KIND, "code": kind}]},
        "start": start.isoformat(),
        "end": (start + SLOT).isoformat(),
    }


def published(adapter: Adapter) -> int:
    """How many slots CeR has accepted."""
    with adapter.store.unit_of_work() as work:
        counts = work.outbox.counts(FACILITY)
    return counts.get((Destination.CER, Action.PUT_SLOT, MessageState.DELIVERED), 0)


WAITS = "SELECT EXISTS (SELECT FROM outbox_message WHERE state = 'waiting' AND destination <> 'ehr')"
"""Whether anything waits for CeR: asked of the database alone, as nobody asks so in a hospital."""


def send(eq: Equipment, url: str, taking: Future[float]) -> float:
    """Deliver until everything is taken in and sent, as the delivery job does; seconds spent on it."""
    spent = 0.0
    with psycopg.connect(url, autocommit=True) as asking:
        while True:
            last = taking.done()
            if asking.execute(WAITS).fetchone() == (True,):
                spent += seconds(lambda: deliver(eq, FACILITY, rounds_max=ROUNDS))
            elif last:
                return spent
            else:
                time.sleep(LOOK_SECONDS)


COPIED = """
CREATE TABLE IF NOT EXISTS copied (facility text, id text, schedule_id text NOT NULL, starts timestamptz NOT NULL,
    ends timestamptz NOT NULL, state text NOT NULL, kind text NOT NULL, capacity integer NOT NULL,
    changed_at timestamptz, PRIMARY KEY (facility, id), CHECK (ends > starts));
TRUNCATE copied;
CREATE TEMP TABLE coming (LIKE copied) ON COMMIT DROP
"""
UPSERT = """
INSERT INTO copied SELECT * FROM coming ON CONFLICT (facility, id) DO UPDATE SET schedule_id = excluded.schedule_id,
    starts = excluded.starts, ends = excluded.ends, state = excluded.state, kind = excluded.kind,
    capacity = excluded.capacity, changed_at = excluded.changed_at
"""


def copied(url: str) -> tuple[float, float]:
    """Rows a second of PostgreSQL: as many slots by COPY and insert, then the same ones again by COPY and upsert."""
    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    rows = "".join(
        f"{FACILITY}\tslot-{n}\tdoctor-{n % 20}\t{now + n * SLOT}\t{now + (n + 1) * SLOT}\tfree\tstable\t1\t{now}\n"
        for n in range(SLOTS)
    ).encode()
    with psycopg.connect(url) as connection:
        connection.execute(COPIED)

        def put() -> None:
            connection.execute("TRUNCATE coming")
            with connection.cursor().copy("COPY coming FROM STDIN") as copy:
                copy.write(rows)
            connection.execute(UPSERT)

        return SLOTS / seconds(put), SLOTS / seconds(put)


def references(url: str) -> dict[str, float]:
    """What this machine does of each reference a second, now."""
    return dict(zip(STATED, copied(url), strict=True))


def load(eq: Equipment, url: str) -> dict[str, float]:
    """Seconds of the whole load and of its steps: one worker, with as many of its jobs at a time as by default."""
    steps: dict[str, float] = {}

    with ThreadPoolExecutor(max_workers=WORKER_CONCURRENCY) as worker:
        began = time.perf_counter()
        taking = worker.submit(seconds, lambda: bring_in(eq, FACILITY))
        sending = [worker.submit(send, eq, url, taking) for _ in range(WORKER_CONCURRENCY - 1)]
        steps["bring in, beside delivery"] = taking.result()
        steps["deliver, beside bringing in"] = max(one.result() for one in sending)
        steps["total"] = time.perf_counter() - began
    return steps


def once(count: int) -> dict[str, float]:
    """One hospital with ``count`` slots, loaded from nothing."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_test_certificates(Path(folder) / "certificates", now=clock.now())
        clinic = Clinic(Path(folder) / "ehr", {}, warsaw_day(clock.now()))
        export(clinic, count, clock.now())
        with (
            simulator(certificates) as national,
            open_adapter(
                demo_settings(national, certificates, clinic.folder), clock=clock, temporary=True, defer_jobs=False
            ) as adapter,
        ):
            with psycopg.connect(adapter.database.url) as connection:
                sides = {"PostgreSQL": server_of(connection), "the simulator": national.process}
            spent = {name: processor_seconds(process) for name, process in sides.items()}
            began = time.process_time()
            with look_for_garbage_seldom():  # as the commands do
                steps = load(adapter.equipment, adapter.database.url)
            steps["Pomost's processor"] = time.process_time() - began
            for name, process in sides.items():
                steps[f"{name}'s processor"] = processor_seconds(process) - spent[name]
            there = published(adapter)
            assert there == count, f"{there} of {count} slots were published"
    return steps


def run(full: bool = False) -> list[Figure]:
    """Slots a second from the export to CeR's acceptance; the steps go side by side, and each has its own rate."""
    count = SLOTS_FULL if full else SLOTS
    taken: list[tuple[dict[str, float], dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(folder=Path(folder) / "data", temporary=True))
        try:
            taken += [(references(database.url), once(count)) for _ in range(1 if full else LOADS)]
        finally:
            database.close()
    steps = sorted((one for _, one in taken), key=lambda one: one["total"])[len(taken) // 2]
    total = steps.pop("total")
    spent = {name: value for name, value in steps.items() if name.endswith("processor")}
    detail = {name: count / value for name, value in steps.items() if name not in spent}
    detail |= {f"{name} µs a slot": value / count * 1e6 for name, value in spent.items()}
    detail["processors busy"] = sum(spent.values()) / total
    return [
        Figure(
            "B10",
            f"initial load, against {name}",
            count / total,
            "slots/s",
            statistics.median(one[name] for one, _ in taken),
            detail,
            target=TARGET_PER_SECOND,
            stated=stated,
        )
        for name, stated in STATED.items()
    ]
