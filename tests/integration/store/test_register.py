"""The register: what is put comes back sealed and whole, numbers stay, nothing goes away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes.register_cases import AT, FULL, RESIGNED, SCHEDULE, entry, of, stored
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import Pesel
from adapter.domain.patient import Patient
from adapter.domain.register import Care, EntryReferral, Speciality
from adapter.domain.rules.duplicates import KnownEntry
from adapter.domain.term import DayTerm, WeekTerm
from adapter.errors import Misconfigured
from adapter.ports.notices import NewNotice, NoticeKind
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.ports.store import UnitOfWork
from adapter.store import register
from adapter.store.engine import Database
from adapter.store.register_document import entry_document
from adapter.store.unit_of_work import SqlStore


def step(what: str, entry_id: str = "A1", **more: object) -> Step:
    return Step(entry_id, what, AT, "anna", "C1", **more)  # type: ignore[arg-type]


def put(work: UnitOfWork, *entries: StoredEntry) -> None:
    for one in entries:
        work.register.put("demo", one, [])


def ids(entries: object) -> list[str]:
    return [one.entry.id for one in entries]  # type: ignore[attr-defined]


def test_an_entry_and_its_steps_come_back_and_lie_sealed(store: SqlStore, database: Database) -> None:
    first = replace(stored(number=1, term=WeekTerm(2026, 30)), no_show_confirmed_by="ewa", no_show_excused=True)
    moved = replace(first, entry=replace(first.entry, term=DayTerm(date(2026, 5, 4))), correlation_id="C2")
    entered = step("entered", after={"family": "Wymyślona"}, rules=("D-01", "G-05"))
    term = step("term", before={"term": "2026-W30"}, after={"term": "2026-05-04"}, reason="PATIENT_ASKED")
    with store.unit_of_work() as work:
        work.register.put("demo", first, [entered])
        assert work.register.entry("demo", "A1") == first
        work.register.put("demo", moved, [term, step("reserved")])
        assert work.register.steps("demo", "A1") == [entered, term, step("reserved")]
        assert work.register.steps_of("demo", ["A1", "A9"]) == {"A1": [entered, term, step("reserved")]}
        assert work.register.steps_of("north", ["A1"]) == {}
        work.commit()
    with store.unit_of_work() as work:
        assert work.register.entry("demo", "A1") == moved
        assert work.register.entry("north", "A1") is None
        assert work.register.steps("north", "A1") == []
        with pytest.raises(ValueError, match="step"):
            work.register.put("demo", moved, [step("term", "A2")])
    with database.engine.connect() as connection:
        raw = str(connection.exec_driver_sql("SELECT * FROM register_entry, register_step").all())
    assert not [secret for secret in ("Wymyślona", "Zmyślona", "SK0000000001") if secret in raw]


def texts(value: object) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def test_of_a_full_entry_only_codes_and_days_lie_open(store: SqlStore, database: Database) -> None:
    plain = {"NO_SHOW", "89.00", "1100", "knee-left", "urgent"}
    with store.unit_of_work() as work:
        work.register.put("demo", of(FULL), [step("entered", after=entry_document(FULL))])
        assert work.register.entry("demo", "A1") == of(FULL)
        work.commit()
    with database.engine.connect() as connection:
        raw = str(connection.exec_driver_sql("SELECT * FROM register_entry JOIN register_step ON entry_id = id").all())
    told = {one for one in texts(entry_document(FULL)) if len(one) > 3 and one[:2] != "20"}
    assert "najbliższy" in told
    assert {one for one in told if one in raw} == plain | {"anna"}, "and who wrote the step"


def test_a_facility_that_nobody_registered_keeps_no_register(store: SqlStore) -> None:
    for one in (stored(), stored(number=1)):
        with pytest.raises(Misconfigured, match="not registered"), store.unit_of_work() as work:
            work.register.put("nowhere", one, [])


def test_schedules_are_kept_as_they_were_last_told(store: SqlStore) -> None:
    other = replace(SCHEDULE, id="B", care=Care.HOSPITAL, specialities=frozenset(Speciality), age_bands=("0-17",))
    with store.unit_of_work() as work:
        work.register.put_schedule("demo", SCHEDULE)
        work.register.put_schedule("demo", other)
        work.register.put_schedule("demo", replace(SCHEDULE, service="1200"))
        assert work.register.schedules("demo") == [replace(SCHEDULE, service="1200"), other]
        assert work.register.schedules("north") == []


def test_a_number_is_given_once_and_both_lists_count_for_themselves(store: SqlStore) -> None:
    oncology = {"category": Category.ONCOLOGY, "criterion": Criterion.URGENT}
    with store.unit_of_work() as work:
        numbers = work.register
        assert numbers.next_number("demo", SCHEDULE.id, oncology=False) == 1
        assert numbers.next_number("demo", SCHEDULE.id, oncology=False) == 1, "none is taken before it is put"
        put(work, stored(number=1), stored("A2", number=7), stored("A3", number=3), stored("B1", number=1, **oncology))
        assert numbers.next_number("demo", SCHEDULE.id, oncology=False) == 8
        assert numbers.next_number("demo", SCHEDULE.id, oncology=True) == 2
        put(work, stored("A2", number=7, removal=RESIGNED))
        assert numbers.next_number("demo", SCHEDULE.id, oncology=False) == 8, "nobody gets it again"
        assert numbers.next_number("demo", "other", oncology=False) == 1
        assert numbers.next_number("north", SCHEDULE.id, oncology=False) == 1
        with pytest.raises(ValueError, match="another entry's"):
            put(work, stored("A4", number=3))
        put(work, stored("A3", number=3, **oncology))
        assert numbers.next_number("demo", SCHEDULE.id, oncology=True) == 2, "who changes lists keeps the number"


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 2},
        {"number": None},
        {"schedule": replace(SCHEDULE, id="other")},
    ],
    ids=lambda changed: f"{changed}"[:14],
)
def test_a_running_number_never_changes(store: SqlStore, changed: dict[str, object]) -> None:
    with store.unit_of_work() as work:
        put(work, stored(number=1))
        with pytest.raises(ValueError, match="keeps its running number"):
            put(work, stored(**{"number": 1, **changed}))


def test_an_entry_off_the_list_may_get_its_number_later(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        put(work, stored(category=Category.PRIVILEGED))
        assert work.register.position("demo", entry(category=Category.PRIVILEGED)) is None
        put(work, stored(number=work.register.next_number("demo", SCHEDULE.id, oncology=False)))
        assert work.register.next_number("demo", SCHEDULE.id, oncology=False) == 2


FORGETTING = {
    "nothing of the register is deleted": [
        "DELETE FROM register_entry",
        "DELETE FROM register_step",
        "DELETE FROM register_list",
        "DELETE FROM register_schedule",
        "DELETE FROM notice",
        "TRUNCATE register_step",
        "TRUNCATE register_entry CASCADE",
        "TRUNCATE register_list",
        "TRUNCATE register_schedule",
        "TRUNCATE notice",
    ],
    "history of an entry is append-only": [
        "UPDATE register_step SET by = 'nobody'",
        "UPDATE register_step SET rules = '{}'",
        "UPDATE register_step SET at = at + interval '1 day'",
    ],
    "an entry keeps its id, its running number": [
        "UPDATE register_entry SET number = 2",
        "UPDATE register_entry SET number = NULL, numbered_oncology = NULL",
        "UPDATE register_entry SET numbered_oncology = true",
        "UPDATE register_entry SET schedule_id = 'other'",
        "UPDATE register_entry SET id = 'A2'",
        "UPDATE register_entry SET steps = 0",
    ],
    "violates": [
        "UPDATE register_entry SET open = false",
        "UPDATE register_entry SET removed_on = '2026-03-03'",
        "INSERT INTO register_step SELECT facility, 'A2', position, what, at, by, '', '', '{}', '' FROM register_step",
    ],
}


@pytest.mark.parametrize("said", FORGETTING)
def test_the_database_itself_refuses_to_forget(store: SqlStore, database: Database, said: str) -> None:
    with store.unit_of_work() as work:
        work.register.put_schedule("demo", SCHEDULE)
        work.register.put("demo", stored(number=1), [step("entered", rules=("D-01",))])
        work.notices.add("demo", [NewNotice("A1", NoticeKind.ENTERED)])
        work.commit()
    for statement in FORGETTING[said]:
        with database.engine.begin() as connection, pytest.raises(DBAPIError, match=said):
            connection.execute(text(statement))


def test_entries_are_found_by_visit_patient_and_referral(store: SqlStore) -> None:
    served = stored("A1", number=1, removal=replace(RESIGNED, reason="SERVICE_DONE"))
    plan = stored("A1.k", category=Category.CONTINUING, criterion=None)
    older = stored("A0", category=Category.CONTINUING, entered_at=AT - timedelta(days=9))
    other = stored("B1", patient="P2", category=Category.CONTINUING)
    with store.unit_of_work() as work:
        put(work, served, plan, other, older)
        entries = work.register
        assert entries.entry_of_visit("demo", "A1") == plan
        assert entries.entry_of_visit("demo", "Z") is None
        assert ids(entries.entries_of_patient("demo", "P1")) == ["A0", "A1", "A1.k"]
        assert ids(entries.entries_of_referral("demo", "R1")) == ["A0", "A1", "A1.k", "B1"]
        assert entries.open_continuing("demo", "P1", SCHEDULE.id) == older, "the one put last"
        assert entries.open_continuing("demo", "P1", "other") is None
        assert entries.open_continuing("demo", "P3", SCHEDULE.id) is None
        put(work, replace(served, entry=replace(served.entry, removal=None)))
        assert entries.entry_of_visit("demo", "A1") == plan, "the one made last, whichever was written last"


def test_rules_of_double_entries_see_open_entries_as_they_are(store: SqlStore) -> None:
    rehabilitation = replace(SCHEDULE, id="R", procedure="93.1", specialities=frozenset({Speciality.REHABILITATION}))
    told = entry("A2", schedule=rehabilitation, body_area="knee-left", category=None, referral=EntryReferral())
    with store.unit_of_work() as work:
        put(work, stored(), of(told), stored("A3", removal=RESIGNED), stored("B1", patient="P2"))
        put(work, of(entry("A4"), standing=EntryStanding.REJECTED))
        assert work.register.known_of_patient("demo", "P1", "00092") == [
            KnownEntry.of(entry(), "00092"),
            KnownEntry.of(told, "00092"),
        ]


def test_a_person_whom_the_ehr_knows_twice_is_one_person(store: SqlStore) -> None:
    pesel, other = Pesel("00610100006"), Pesel("00690100011")
    with store.unit_of_work() as work:
        put(work, stored("A1", patient="P1"), stored("A2", patient="P2"), stored("A3", patient="P3"))
        for patient_id, identifier in (("P1", pesel), ("P2", pesel), ("P3", other)):
            work.calendar.put_patient("demo", Patient(patient_id, identifier, "Zdzisława", "Wymyślona"))
        work.calendar.put_patient("north", Patient("P1", other, "Zdzisława", "Wymyślona"))
        for patient_id in ("P1", "P2"):
            assert [one.id for one in work.register.known_of_patient("demo", patient_id, "X")] == ["A1", "A2"]
        assert [one.id for one in work.register.known_of_patient("demo", "P3", "X")] == ["A3"]
        assert work.register.known_of_patient("north", "P1", "X") == []


def test_what_p1_refused_never_came_to_be_but_is_kept(store: SqlStore) -> None:
    refused, awaited = of(entry("A1", number=1), standing=EntryStanding.REJECTED), stored("A2", number=2)
    with store.unit_of_work() as work:
        put(work, replace(awaited, standing=EntryStanding.AWAITING), of(entry("A1", number=1)))
        assert work.register.position("demo", awaited.entry) == 2
        put(work, refused)
        assert work.register.position("demo", awaited.entry) == 1
        assert work.register.position("demo", refused.entry) is None
        assert work.register.position("demo", replace(refused.entry, id="A3")) == 1
        assert ids(work.register.unsettled("demo")) == ["A2"]
        assert ids(work.register.waiting("demo", SCHEDULE.id)) == ["A2"]
        assert ids(work.register.listed("demo")) == ["A2"]
        assert ids(work.register.listed("demo", since=date(2026, 1, 1))) == ["A2"]
        assert ids(work.register.listed("demo", open_only=False)) == ["A1", "A2"]
        assert work.register.entry("demo", "A1") == refused
        assert work.register.next_number("demo", SCHEDULE.id, oncology=False) == 3


def test_lists_are_read_by_schedule_and_report(store: SqlStore) -> None:
    later, north = {"reported_at": AT + timedelta(hours=1)}, replace(SCHEDULE, id="0")
    gone = replace(RESIGNED, on=date(2026, 2, 1))
    with store.unit_of_work() as work:
        put(work, stored("A3", **later), stored("A2"), stored("A1"), stored("S1", schedule=north, **later))
        put(work, stored("G1", removal=RESIGNED), stored("G2", removal=gone))
        entries = work.register
        assert ids(entries.listed("demo")) == ["S1", "A1", "A2", "A3"]
        assert ids(entries.listed("demo", SCHEDULE.id)) == ["A1", "A2", "A3"]
        assert ids(entries.listed("demo", since=RESIGNED.on)) == ["S1", "A1", "A2", "G1", "A3"]
        assert ids(entries.listed("demo", SCHEDULE.id, open_only=False)) == ["A1", "A2", "G1", "G2", "A3"]
        assert ids(entries.listed("north")) == []


@pytest.mark.parametrize("count", [13, 14, 15])
def test_a_long_list_is_read_in_portions_that_a_commit_does_not_end(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(register, "PORTION_ROWS", 7)
    with store.unit_of_work() as work:
        for number in range(count):
            put(work, stored(f"A{number:05d}", number=number + 1, reported_at=AT + timedelta(minutes=number // 3)))
        work.commit()
    with store.unit_of_work() as work:
        seen = []
        for one in work.register.listed("demo"):
            seen.append(one.entry.id)
            if len(seen) % 5 == 0:
                put(work, replace(one, correlation_id="again"))
                work.commit()
    assert seen == [f"A{number:05d}" for number in range(count)]
