"""R3: the export for inspection of a register of 100,000 entries with three steps each, against reading it alone.

Memory is what the process grows by while it exports all of it, after it exported a tenth: it does not grow with the
register.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import psycopg
from measure import Figure, seconds
from register_day import ENTRIES, FACILITY, NOW, Held, entry, equipment, fill, mebibytes

from adapter.ports.register import Step
from adapter.services.clearance import Person, Role
from adapter.services.equipment import FacilityRegister
from adapter.services.on_demand.export_register import PORTION, export_register
from adapter.services.register.steps import changed
from adapter.store import register_rows as rows
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.schema import upgrade
from adapter.store.sealing import Seal, new_keys, parse
from adapter.store.session import Session
from adapter.store.unit_of_work import SqlStore

STEPS = 3
COLUMNS = ("facility", "entry_id", "position", "what", "at", "by", "correlation_id", "reason", "rules", "sealed")
WHO = Person("benchmark", Role.ENGINEER)


def steps(number: int) -> Iterator[Step]:
    """An entry was made, and its term changed twice."""
    one = entry(number).entry
    _, after = changed(None, one)
    made = Step(one.id, "entered", NOW, one.entered_by, "c" * 36, after=after, rules=("D-03",))
    yield made
    moved = {"before": {"term": "2026-05-04"}, "after": {"term": "2026-06-01"}}
    for _ in range(STEPS - 1):
        yield replace(made, what="term-changed", reason="4", rules=("M-01", "N-01"), **moved)  # type: ignore[arg-type]


def fill_steps(database: Database, seal: Seal, first: int, last: int) -> None:
    """Steps by COPY, as rows that the store would write."""
    copying = f"COPY register_step ({', '.join(COLUMNS)}) FROM STDIN"
    with database.engine.connect() as connection, psycopg.connect(database.url) as raw:
        session = Session(connection, seal, Held())
        with raw.cursor() as cursor, cursor.copy(copying) as copy:
            for number in range(first, last):
                for position, step in enumerate(steps(number), start=1):
                    row = rows.step_row(session, FACILITY, step, position)
                    copy.write_row([row[name] for name in COLUMNS])
        raw.commit()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE register_step")


def read_all(store: SqlStore) -> int:
    """Every entry and step read and unsealed, and dropped."""
    read = 0
    with store.unit_of_work() as work:
        found = work.register.listed(FACILITY, open_only=False)
        while portion := list(islice(found, PORTION)):
            read += sum(map(len, work.register.steps_of(FACILITY, [one.entry.id for one in portion]).values()))
    return read


def run() -> list[Figure]:
    """Seconds for the whole export, and what memory grows by from 10,000 entries to 100,000."""
    return list(figures(ENTRIES))


def figures(entries: int) -> Iterator[Figure]:
    """Take them, one after the other, on one register that grows."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(folder=Path(folder) / "data", temporary=True))
        try:
            upgrade(database.engine)
            seal = parse(new_keys(), "benchmark")
            store = SqlStore(database.engine, seal, Held(), facilities=[FACILITY], defer_jobs=False)
            store.register(FACILITY)
            eq = replace(equipment(store), registers={FACILITY: FacilityRegister("000000927722")})
            small = entries // 10
            fill(database, seal, 0, small)
            fill_steps(database, seal, 0, small)
            export_register(eq, FACILITY, Path(folder) / "small", who=WHO, reason="benchmark")
            fill(database, seal, small, entries)
            fill_steps(database, seal, small, entries)
            reading = seconds(lambda: read_all(store))
            before, began, used = mebibytes(), time.perf_counter(), time.process_time()
            done = export_register(eq, FACILITY, Path(folder) / "all", who=WHO, reason="benchmark")
            took, used = time.perf_counter() - began, time.process_time() - used
            assert (done.entries, done.steps) == (entries, entries * STEPS)
            size = sum(one.stat().st_size for one in done.folder.iterdir()) / (1 << 20)
            yield Figure("R3", f"export of {entries} entries", took, "s", reading, {"own_cpu": used, "MiB": size})
            yield Figure("R3", "memory of a tenfold register", max(mebibytes() - before, 0.0), "MiB", before)
        finally:
            database.close()
