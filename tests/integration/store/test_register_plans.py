"""Every question about the register is answered by an index, also when there are thousands of entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from fakes.register_cases import AT, SCHEDULE, stored

from adapter.store import register
from adapter.store.engine import Database
from adapter.store.unit_of_work import SqlStore

COPIES = 4_000
MANY = f"""
INSERT INTO register_entry (facility, id, schedule_id, visit_id, patient_id, referral_id, person, category, criterion,
    number, numbered_oncology, reported_at, entered_at, counted_report_at, term_first, term_last, reserved, service,
    procedure, cell, rehabilitation, body_area, open, removed_on, removal_reason, standing, offline,
    no_show_confirmed_by, no_show_excused, correlation_id, steps, sealed)
SELECT facility, 'C' || n, schedule_id, 'C' || n, 'P' || n, 'R' || n, person, category, criterion, n + 1,
    numbered_oncology, reported_at + n * interval '1 minute', entered_at, counted_report_at + n * interval '1 minute',
    term_first + mod(n, 400), term_last + mod(n, 400), reserved, service, procedure, cell, rehabilitation, body_area,
    mod(n, 4) > 0,
    CASE WHEN mod(n, 4) = 0 THEN term_first END, CASE WHEN mod(n, 4) = 0 THEN 'SERVICE_DONE' END, standing, offline,
    no_show_confirmed_by, no_show_excused, correlation_id, steps, sealed
FROM register_entry, generate_series(1, {COPIES}) AS n WHERE id = 'A1'
"""
PLACE = {"schedule": SCHEDULE.id, "oncology": False, "rank": 1, "counted": AT, "number": 9, "id": "C9"}
AFTER = {"last_schedule": SCHEDULE.id, "last_report": AT, "last_id": "C9"}
PORTION = register._PORTION.format
ASKED: dict[str, tuple[str, Mapping[str, object], str]] = {
    "entry": (register._ENTRY, {"id": "C9"}, "pkey"),
    "of a visit": (register._OF_VISIT, {"visit": "C9"}, "visit_idx"),
    "continuing": (register._CONTINUING, {"patient": "P9", "schedule": SCHEDULE.id, "category": 5}, "patient_idx"),
    "of a patient": (register._OF_PATIENT, {"patient": "P9"}, "patient_idx"),
    "known": (register._KNOWN, {"patient": "P9"}, "patient_idx"),
    "of a referral": (register._OF_REFERRAL, {"referral": "R9"}, "referral_idx"),
    "number taken": (register._TAKE_NUMBER, {"schedule": SCHEDULE.id, "oncology": False, "number": 9}, "number_idx"),
    "place": (register._POSITION, PLACE, "place_idx"),
    "overtaken": (register._OVERTAKEN, {**PLACE, "first": AT.date(), "limit": 100}, "place_idx"),
    "who waits": (register._WAITING + " LIMIT 10", {"schedule": SCHEDULE.id, "oncology": False}, "place_idx"),
    "window": (
        register._WINDOW,
        {"schedule": SCHEDULE.id, "first": date(2026, 6, 1), "last": date(2026, 6, 3)},
        "term_idx",
    ),
    "a portion of who is open": (
        PORTION(of="true", which=register._OPEN, after=register._AFTER),
        {**AFTER, "limit": 50},
        "open_idx",
    ),
    "a portion of all": (
        PORTION(of="schedule_id = %(schedule)s", which=register._ALL, after=register._AFTER),
        {**AFTER, "schedule": SCHEDULE.id, "limit": 50},
        "listed_idx",
    ),
}


@pytest.fixture
def crowded(store: SqlStore, database: Database) -> Database:
    """A list of thousands."""
    with store.unit_of_work() as work:
        work.register.put("demo", stored(number=1), [])
        work.commit()
    with database.engine.begin() as connection:
        connection.exec_driver_sql(MANY)
        connection.exec_driver_sql("ANALYZE register_entry")
    return database


def test_no_question_reads_the_whole_register(crowded: Database) -> None:
    plans = {}
    with crowded.engine.connect() as connection:
        for name, (sql, asked, _) in ASKED.items():
            said = connection.exec_driver_sql(f"EXPLAIN {sql}", {"facility": "demo", **asked})
            plans[name] = "\n".join(line for (line,) in said)
    assert not {name: plan for name, plan in plans.items() if "Seq Scan on register_entry" in plan}
    assert not {
        name: plans[name] for name, (*_, index) in ASKED.items() if f"register_entry_{index}" not in plans[name]
    }
