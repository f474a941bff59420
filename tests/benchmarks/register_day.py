"""R2: the nightly work on a register of 100,000 entries, against reading and unsealing them and nothing else.

A register as it may stand on a morning: on most entries nothing is asked, on one in ten a date is to be fixed, a paper
original is missing, or nobody is known to have come; some patients died, and a few no-shows were confirmed. The first
run raises the tasks and ends the entries; a second run on the same day finds nothing to do. Memory is what the process
grows by between a tenth of the register and all of it.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from measure import Figure, seconds

from adapter import resources
from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import Pesel
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay
from adapter.domain.term import DayTerm, WeekTerm
from adapter.mapping.tables import load_tables
from adapter.ports.register import StoredEntry
from adapter.services.equipment import Equipment
from adapter.services.register_day.run_day import run_day
from adapter.store import register_rows as rows
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.schema import upgrade
from adapter.store.sealing import Seal, new_keys, parse
from adapter.store.session import Session
from adapter.store.unit_of_work import SqlStore

ENTRIES = 100_000
SCHEDULES = 50
FACILITY = "bench"
NOW = datetime(2026, 4, 21, 6, 0, tzinfo=UTC)
PERSON = EntryPerson("P", "Anna", "Wzorcowa", Pesel("00690100011"), address="Prosta 1", phone="+48000000000")
COPIED = 2_000
"""Entries that are held while the register is filled."""
TARGET_SECONDS = 60


class Ehr:
    """An EHR that tells nothing of people."""

    def read(self, facility: str, resource_type: str, resource_id: str) -> None:
        """There is none."""


class Held:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        """Nobody waits."""


def entry(number: int) -> StoredEntry:
    """One entry; every hundred of them are a register as it may stand."""
    schedule = AdmissionSchedule(f"000000927722-01-{number % SCHEDULES:04d}", Care.HOSPITAL, "4106", "001")
    turn = number % 100
    entered = datetime(2026, 1, 5, 8, 0, tzinfo=UTC) + timedelta(minutes=number // 10)
    one = Entry(
        id=f"E{number}",
        schedule=schedule,
        person=replace(PERSON, key=f"P{number}"),
        reported_at=entered,
        entered_at=entered,
        entered_by="Jan Testowy",
        category=Category.WAITING,
        criterion=Criterion.STABLE,
        number=number // SCHEDULES + 1,
        term=DayTerm(date(2026, 5, 4) + timedelta(days=number % 300)),
        diagnosis="I10",
        referral=EntryReferral("1.2/3", ReferralWay.KEY, noted=True),
    )
    stored = StoredEntry(one, f"E{number}", f"P{number}", f"R{number}")
    if turn < 4:
        return replace(stored, entry=replace(one, term=WeekTerm(2026, 20 + turn)))
    if turn < 7:
        paper = EntryReferral("", ReferralWay.PAPER)
        late = datetime(2026, 4, 1, 8, 0, tzinfo=UTC) + timedelta(hours=turn)
        return replace(stored, entry=replace(one, referral=paper, reported_at=late, entered_at=late))
    if turn < 10:
        missed = replace(stored, entry=replace(one, term=DayTerm(date(2026, 4, 20))))
        return replace(missed, no_show_confirmed_by="clerk") if number % 1000 == 7 else missed
    if number % 1000 == 11:
        return replace(stored, entry=replace(one, person=replace(one.person, deceased_on=date(2026, 4, 19))))
    return stored


def fill(database: Database, seal: Seal, first: int, last: int) -> None:
    """Entries by COPY, as rows that the store would write."""
    columns = ("facility", "id", *rows.WRITTEN)
    copying = f"COPY register_entry ({', '.join(columns)}) FROM STDIN"
    with database.engine.connect() as connection, psycopg.connect(database.url) as raw:
        session = Session(connection, seal, Held())
        for start in range(first, last, COPIED):
            with raw.cursor() as cursor, cursor.copy(copying) as copy:
                for number in range(start, min(start + COPIED, last)):
                    row = rows.row_of(session, FACILITY, entry(number), oncology=False, steps=0)
                    copy.write_row([row[name] for name in columns])
        raw.commit()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE register_entry")


def visits(store: SqlStore, first: int, last: int) -> None:
    """Appointments of those whose day was yesterday: nobody came."""
    with store.unit_of_work() as work:
        for number in (one for one in range(first, last) if 7 <= one % 100 < 10):
            one = entry(number)
            starts = datetime(2026, 4, 20, 9, 0, tzinfo=UTC)
            work.calendar.put_visit(
                FACILITY,
                Visit(
                    one.visit_id,
                    VisitState.BOOKED,
                    one.patient_id,
                    one.entry.reported_at,
                    starts=starts,
                    ends=starts + timedelta(minutes=30),
                    referral_id=one.referral_id,
                ),
            )
        work.commit()


def equipment(store: SqlStore) -> Equipment:
    """What the day needs; nobody is called."""
    authority: Any = None
    hospital: Any = Ehr()
    return Equipment(
        store=store,
        registry=authority,
        referrals=authority,
        hospital=hospital,
        clock=Held(),
        tables=load_tables(resources.mappings()),
        facilities=(FACILITY,),
    )


def mebibytes() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_all(store: SqlStore) -> int:
    """Every entry read and unsealed, and dropped."""
    with store.unit_of_work() as work:
        return sum(1 for _ in work.register.listed(FACILITY))


def run() -> list[Figure]:
    """Seconds for the first run of a day and for a second one, and what memory grows by from 10,000 to 100,000."""
    return list(figures())


def figures() -> Iterator[Figure]:
    """Take them, one after the other, on one register that grows."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(folder=Path(folder) / "data", temporary=True))
        try:
            upgrade(database.engine)
            seal = parse(new_keys(), "benchmark")
            store = SqlStore(database.engine, seal, Held(), facilities=[FACILITY], defer_jobs=False)
            with store.unit_of_work():
                pass
            eq = equipment(store)
            small = ENTRIES // 10
            fill(database, seal, 0, small)
            visits(store, 0, small)
            run_day(eq, FACILITY)
            before = mebibytes()
            fill(database, seal, small, ENTRIES)
            visits(store, small, ENTRIES)
            reading = seconds(lambda: read_all(store))
            filled = mebibytes()
            began, used = time.perf_counter(), time.process_time()
            done = run_day(eq, FACILITY)
            first, used = time.perf_counter() - began, time.process_time() - used
            again = seconds(lambda: run_day(eq, FACILITY))
            acted = float(sum(done.acted.values()))
            detail = {"target": TARGET_SECONDS, "raised": float(done.raised), "acted": acted, "own_cpu": used}
            yield Figure("R2", f"nightly work, {ENTRIES} entries", first, "s", reading, detail)
            yield Figure("R2", "the same again, nothing to do", again, "s", reading)
            yield Figure("R2", "memory of the work beyond reading", max(mebibytes() - filled, 0.0), "MiB", before)
        finally:
            database.close()
