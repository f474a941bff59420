"""R1: what the rules say of one new entry of a register of 100,000, its context read from the store."""

from __future__ import annotations

import random
import statistics
import tempfile
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import psycopg
from measure import Figure, seconds

from adapter import resources
from adapter.clock import SystemClock
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay, Removal
from adapter.domain.rules import EntryContext, judge_entry
from adapter.domain.term import DayTerm
from adapter.mapping import register_tables
from adapter.mapping.tables import Tables, load_tables
from adapter.ports.register import StoredEntry
from adapter.ports.store import UnitOfWork
from adapter.store.engine import Database, DatabaseSettings, connect
from adapter.store.register_rows import WRITTEN, row_of
from adapter.store.schema import upgrade
from adapter.store.sealing import Seal, new_keys, parse
from adapter.store.session import Session
from adapter.store.unit_of_work import SqlStore

FACILITY = "bench"
PROVIDER = "000000927722"
ENTRIES = 100_000
ASKED = 200
PATIENTS = 40_000
LISTS = 20
"""Schedules of the usual register; the other one has everybody on one list."""
TARGET_MS = 20
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
COPIED = 5_000
SEED = 59


def schedules(count: int) -> list[AdmissionSchedule]:
    """As many registers of ambulatory care."""
    return [
        AdmissionSchedule(f"{PROVIDER}-{number:02d}", Care.AMBULATORY, f"{1100 + number}", f"{number:03d}")
        for number in range(count)
    ]


def entries(kept: list[AdmissionSchedule], count: int) -> Iterator[Entry]:
    """Entries in the order of their reports, over three years; one in five has ended, one in seven is urgent."""
    draw = random.Random(SEED)
    numbers = dict.fromkeys((one.id for one in kept), 0)
    for index in range(count):
        schedule = kept[index % len(kept)]
        numbers[schedule.id] += 1
        reported = NOW - timedelta(days=1000) + index * timedelta(days=1000) / count
        term = reported.date() + timedelta(days=draw.randint(60, 900))
        ended = term < TODAY or draw.random() < 0.2
        yield Entry(
            id=f"entry-{index:06d}",
            schedule=schedule,
            person=EntryPerson(f"patient-{index % PATIENTS}", "Zdzisława", "Wymyślona", address="Zmyślona 1"),
            reported_at=reported,
            entered_at=reported,
            entered_by="anna",
            category=Category.WAITING,
            criterion=Criterion.URGENT if draw.random() < 1 / 7 else Criterion.STABLE,
            number=numbers[schedule.id],
            term=DayTerm(term),
            reserved=draw.random() < 0.05,
            diagnosis="I10",
            referral=EntryReferral(f"referral-{index}", ReferralWay.KEY),
            removal=Removal(min(term, TODAY), "SERVICE_DONE", NOW, "anna") if ended else None,
        )


def fill(database: Database, seal: Seal, found: Iterator[Entry]) -> None:
    """Entries by COPY, as rows that the store would write; their lists; what autovacuum would do."""
    columns = ("facility", "id", *WRITTEN)
    last: dict[str, int] = {}
    with database.engine.connect() as connection, psycopg.connect(database.url) as raw:
        session = Session(connection, seal, SystemClock())
        raw.execute("SET synchronous_commit = on")  # VACUUM passes over what is not on disk yet
        while portion := list(islice(found, COPIED)):
            with raw.cursor() as cursor, cursor.copy(f"COPY register_entry ({', '.join(columns)}) FROM STDIN") as copy:
                for entry in portion:
                    row = row_of(session, FACILITY, stored(entry), oncology=False, steps=0)
                    copy.write_row([row[name] for name in columns])
                    last[entry.schedule.id] = entry.number or 0
        for schedule, number in last.items():
            raw.execute("INSERT INTO register_list VALUES (%s, %s, %s, 0)", (FACILITY, schedule, number))
        raw.commit()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE register_entry")


def stored(entry: Entry) -> StoredEntry:
    """An entry as it is stored."""
    return StoredEntry(entry, entry.id, entry.person.key, f"request-{entry.id}")


def asked(kept: list[AdmissionSchedule]) -> Iterator[Entry]:
    """New entries of today: people who are known and who are not, urgent and stable.

    Half of them get a term before others, half one at the end of the list, as it should be.
    """
    draw = random.Random(SEED + 1)
    for number, entry in enumerate(entries(kept, ASKED)):
        term = TODAY + timedelta(days=draw.randint(1, 600) if draw.random() < 0.5 else draw.randint(880, 930))
        person = replace(entry.person, key=f"patient-{draw.randrange(2 * PATIENTS)}")
        new = replace(entry, id=f"new-{number}", person=person, reported_at=NOW, entered_at=NOW, number=None)
        yield replace(new, term=DayTerm(term), removal=None, referral=EntryReferral(f"new-{number}", ReferralWay.KEY))


def judge(work: UnitOfWork, tables: Tables, entry: Entry) -> None:
    """The context from the store and the tables, and every rule of an entry: what is in the way of a write."""
    register = work.register
    context = EntryContext(
        now=NOW,
        waiting=tuple(register.overtaken(FACILITY, entry)),
        known=tuple(register.known_of_patient(FACILITY, entry.person.key, PROVIDER)),
        provider=PROVIDER,
        rights=register_tables.rights(tables, TODAY),
        removal_reasons=register_tables.removal_reasons(tables, TODAY),
    )
    verdicts = judge_entry(entry, context)
    assert len(verdicts) > 20


def place(work: UnitOfWork, entry: Entry) -> None:
    """The number that the entry would get and its place with it: asked of the store when a patient is told."""
    register = work.register
    number = register.next_number(FACILITY, entry.schedule.id, oncology=False)
    found = register.position(FACILITY, replace(entry, number=number))
    assert found
    assert found > 0


def once(count: int, lists: int) -> tuple[list[float], list[float], float]:
    """Seconds of each new entry's verdicts, of its place, and how many bytes reading all took at most."""
    kept, tables = schedules(lists), load_tables(resources.mappings())
    seal = parse(new_keys(), "benchmark")
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(folder=Path(folder), temporary=True))
        try:
            upgrade(database.engine)
            store = SqlStore(database.engine, seal, SystemClock(), facilities=[FACILITY], defer_jobs=False)
            store.register(FACILITY)
            fill(database, seal, entries(kept, count))
            with store.unit_of_work() as work:
                both = [
                    (seconds(partial(judge, work, tables, entry)), seconds(partial(place, work, entry)))
                    for entry in asked(kept)
                ]
                tracemalloc.start()
                read = sum(1 for _ in work.register.listed(FACILITY, open_only=False))
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
            assert read == count
        finally:
            database.close()
    return [verdicts for verdicts, _ in both], [placed for _, placed in both], peak


def run(full: bool = False) -> list[Figure]:
    """R1: milliseconds for one new entry, against its target."""
    found = []
    for name, lists in (("20 lists", LISTS), ("one list", 1)):
        judged, placed, peak = once(ENTRIES, lists)
        ordered = sorted(map(sum, zip(judged, placed, strict=True)))
        detail = {
            "slowest of 20": ordered[len(ordered) * 19 // 20] * 1000,
            "verdicts alone": statistics.median(judged) * 1000,
            "place alone": statistics.median(placed) * 1000,
            "MB to read all": peak / 1_000_000,
        }
        median = statistics.median(ordered) * 1000
        found.append(Figure("R1", f"new entry judged, {name} of 100,000", median, "ms", TARGET_MS, detail))
    return found
