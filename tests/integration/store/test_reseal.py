"""After a rotation everything is sealed with the newest key, and the old one is not needed any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, text
from store_fixtures import FACILITIES, KEYS, HeldClock

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Waiver
from adapter.domain.identifiers import AccessCode, Pesel, ReferralKey, ReferralNumber
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral, Verification
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral
from adapter.errors import Misconfigured
from adapter.ports import Received
from adapter.ports.referral_book import CheckedWhen, Issued, StoredCheck
from adapter.ports.register import Step, StoredEntry
from adapter.ports.store import Action, Destination, NewMessage, ReferralRecord
from adapter.ports.wiretap import Exchange, Opening, Outcome
from adapter.store import calendar_tables, register_tables, sealing, wiretap_tables
from adapter.store.engine import Database
from adapter.store.reseal import COLUMNS, reseal
from adapter.store.unit_of_work import SqlStore

NEW = f"newer:{'A' * 43}="
NOT_SEALED = {("audit", "hash"), ("audit", "previous"), ("audit_head", "hash"), ("wiretap", "request")}
NOT_SEALED |= {("wiretap", "reply")}


def stored_with(database: Database, clock: HeldClock, keys: str) -> SqlStore:
    seal = sealing.parse(keys, "tests")
    return SqlStore(database.engine, seal, clock, facilities=FACILITIES, defer_jobs=False)


def fill(store: SqlStore, clock: HeldClock, number: int) -> None:
    with store.unit_of_work() as work:
        for n in range(number):
            work.calendar.put_patient("demo", Patient(f"P{n}", Pesel("00610100006"), "Zdzisława", "Wymyślona"))
            work.inbox.put("demo", Received("file", "Patient", f"P{n}", "1", b'{"name": "Z"}'), clock.now())
        work.commit()


def one_of_each(store: SqlStore, clock: HeldClock) -> None:
    """A sealed value in every column."""
    at, number = clock.now(), ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.3", "0000000000000000000001")
    key = ReferralKey("1003" + "7" * 40)
    visit = Visit("A1", VisitState.WAITING, "P1", at, waiver=Waiver(at, "Wymyślona", "asked for it"))
    said = Exchange(
        *("demo", "cer", "save_visit", "correlation", "message", (1,), at, at, 200, Outcome.ANSWERED, "", "<a/>", 4),
        *("<b/>", 4, b"<a>1</a>", b"<b>2</b>"),
    )
    with store.unit_of_work() as work:
        work.calendar.put_patient("demo", Patient("P1", Pesel("00610100006"), "Zdzisława", "Wymyślona"))
        work.calendar.put_referral("demo", ReferralRecord(Referral("R1", "P1", access=key, diagnosis="I10")))
        work.calendar.put_visit("demo", visit)
        work.inbox.put("demo", Received("file", "Patient", "P1", "1", b"{}"), at)
        work.outbox.add(
            NewMessage("demo", Destination.CER, Action.SAVE_VISIT, ("visit:A1",), "C1", {}, {"person": "1"})
        )
        work.referrals.put_check("demo", StoredCheck(number, CheckedWhen.READ, at, Verification(True)))
        work.referrals.put_issued("demo", Issued(number, at, key, AccessCode("0042")))
        work.wiretap.open(Opening("demo", "ticket", "person:anna", at, at + timedelta(hours=1)))
        work.wiretap.keep([said])
        schedule = AdmissionSchedule("S1", Care.AMBULATORY, "1100")
        entry = Entry("A1", schedule, EntryPerson("P1"), at, at, referral=EntryReferral("number"))
        work.register.put("demo", StoredEntry(entry, "A1", "P1"), [Step("A1", "entered", at, "anna", "C1")])
        work.commit()


def test_a_value_of_every_column_is_sealed_anew_and_opens(
    store: SqlStore, database: Database, held_clock: HeldClock
) -> None:
    one_of_each(store, held_clock)
    found = list(reseal(database.engine, sealing.parse(f"{NEW} {KEYS}", "tests")))
    assert [(each.done, each.failed, each.problem) for each in found] == [(1, 0, "")] * len(COLUMNS)


def test_every_column_of_bytes_is_known_to_be_sealed_or_not() -> None:
    assert calendar_tables.metadata is wiretap_tables.metadata is register_tables.metadata
    bytes_ = {
        (table.name, column.name)
        for table in wiretap_tables.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert bytes_ == {(each.table, each.column) for each in COLUMNS} | NOT_SEALED


def test_all_is_under_the_newest_key_and_a_second_run_finds_nothing(
    store: SqlStore, database: Database, held_clock: HeldClock
) -> None:
    fill(store, held_clock, 7)
    both, lookup = f"{NEW} {KEYS}", next(line for line in KEYS.split() if line.startswith("lookup:"))
    seal = sealing.parse(both, "tests")
    runs = reseal(database.engine, seal, batch_rows=3)
    assert next(runs).done == 7
    runs.close()
    done = {
        (each.table, each.column): (each.done, each.failed) for each in reseal(database.engine, seal, batch_rows=3)
    }
    assert done.pop(("patient", "sealed")) == (7, 0)
    assert set(done.values()) == {(0, 0)}
    alone = stored_with(database, held_clock, f"{NEW} {lookup}")
    with alone.unit_of_work() as work:
        assert work.calendar.patient("demo", "P6") is not None
        entries = work.inbox.find(facility="demo")
        assert {each.received.raw for each in entries} == {b'{"name": "Z"}'}


def test_a_value_that_does_not_open_is_counted_and_its_neighbours_go_on(
    store: SqlStore, database: Database, held_clock: HeldClock
) -> None:
    fill(store, held_clock, 4)
    with database.engine.begin() as connection:
        moved = "UPDATE patient SET sealed = (SELECT sealed FROM patient WHERE id = 'P1') WHERE id = 'P0'"
        connection.execute(text(moved))
    seal = sealing.parse(f"{NEW} {KEYS}", "tests")
    found = {each.table: each for each in reseal(database.engine, seal, batch_rows=1)}
    assert (found["patient"].done, found["patient"].failed) == (3, 1)
    assert "does not open" in found["patient"].problem
    with store.unit_of_work() as work, pytest.raises(Misconfigured, match="which is not configured"):
        work.calendar.patient("demo", "P1")
