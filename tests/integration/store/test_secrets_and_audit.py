"""Nothing of a person is readable in the tables, and the audit shows what was done to it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import text
from store_fixtures import HeldClock

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Entitlement, Waiver
from adapter.domain.identifiers import AccessByCode, AccessCode, PersonDocument, Pesel, ReferralKey, ReferralNumber
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral, ReferralState
from adapter.errors import Refused
from adapter.ports import Received
from adapter.ports.store import Action, AuditRecord, Destination, InboxState, NewMessage, ReferralRecord
from adapter.store.engine import Database
from adapter.store.unit_of_work import SqlStore

PESEL = "00610100006"
KEY = "1234" * 11
CODE = "9731"
CODE_ALONE = re.compile(rf"(?<![\w.+/-]){CODE}(?![\w+/-])")
"""Four digits stand somewhere in random bytes by chance, so the code is looked for as a word of its own."""
AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
NUMBER = ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.3", "0000000000000000000001")


def secret_store(store: SqlStore) -> None:
    """Store everything that may hold a person."""
    person = Patient("P1", Pesel(PESEL), "Zdzisława", "Wymyślona", "+48600000000", "z@example.org")
    by_code = AccessByCode(AccessCode(CODE), Pesel(PESEL))
    with store.unit_of_work() as work:
        work.calendar.put_patient("demo", person)
        work.calendar.put_patient("demo", Patient("P2", PersonDocument("XY99887766", "urn:x"), "Jan", "Wymyślony"))
        work.calendar.put_referral("demo", ReferralRecord(Referral("R1", "P1", access=ReferralKey(KEY))))
        work.calendar.put_referral("demo", ReferralRecord(Referral("R2", "P1", access=by_code)))
        work.calendar.put_visit(
            "demo",
            Visit(
                "A1",
                VisitState.WAITING,
                "P1",
                AT,
                category=Category.PRIVILEGED,
                entitlement=Entitlement("47C-7", "Wymyślona", AT),
                waiver=Waiver(AT, "Wymyślona", "asked for it"),
            ),
        )
        work.inbox.put("demo", Received("file", "Patient", "P1", "1", f'{{"pesel":"{PESEL}"}}'.encode()), AT)
        work.outbox.add(
            NewMessage("demo", Destination.CER, Action.SAVE_VISIT, ("visit:A1",), "C1", {}, {"person": PESEL})
        )
        work.commit()


def dump(database: Database) -> str:
    """Every row of every table as text, bytes both in hexadecimal and as they are."""
    said = []
    with psycopg.connect(database.url) as session:
        tables = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = session.execute(f"SELECT row_to_json(t)::text FROM {table} t".encode()).fetchall()
            said += [row[0] for row in rows]
    plain = "\n".join(said)
    return plain + "\n" + plain.replace("\\\\x", "")


def test_no_secret_is_readable_in_the_tables(store: SqlStore, database: Database) -> None:
    secret_store(store)
    seen = dump(database)
    assert "visit:A1" in seen, "the dump shows what is there"
    for secret in (PESEL, KEY, "Wymyślon", "Zdzis", "600000000", "XY99887766", "47C-7", "asked for it"):
        assert secret not in seen
        assert secret.encode().hex() not in seen
    assert not CODE_ALONE.search(seen)
    assert CODE.encode().hex() not in seen
    assert CODE_ALONE.search(f'{{"code": "{CODE}"}}'), "it would be seen"


def test_everything_sealed_comes_back(store: SqlStore) -> None:
    secret_store(store)
    with store.unit_of_work() as work:
        patient = work.calendar.patient("demo", "P1")
        assert patient is not None
        assert patient.identifier == Pesel(PESEL)
        assert (patient.given, patient.phone) == ("Zdzisława", "+48600000000")
        document = work.calendar.patient("demo", "P2")
        assert document is not None
        assert document.identifier == PersonDocument("XY99887766", "urn:x")
        one, two = work.calendar.referral("demo", "R1"), work.calendar.referral("demo", "R2")
        assert one is not None
        assert two is not None
        assert one.referral.access == ReferralKey(KEY)
        assert two.referral.access == AccessByCode(AccessCode(CODE), Pesel(PESEL))
        visit = work.calendar.visit("demo", "A1")
        assert visit is not None
        assert visit.entitlement == Entitlement("47C-7", "Wymyślona", AT)
        assert visit.waiver == Waiver(AT, "Wymyślona", "asked for it")
        (entry,) = work.inbox.find()
        assert PESEL.encode() in entry.received.raw


def test_a_person_is_found_by_identifier_when_it_is_clear_who(store: SqlStore) -> None:
    secret_store(store)
    with store.unit_of_work() as work:
        digest = work.calendar.identifier_digest(Pesel(PESEL))
        assert work.calendar.patient_by_identifier("demo", digest) == "P1"
        assert work.calendar.patient_by_identifier("north", digest) is None
        work.calendar.put_patient("demo", Patient("P9", Pesel(PESEL), "Zdzisława", "Wymyślona"))
        assert work.calendar.patient_by_identifier("demo", digest) is None, "two records: nobody guesses"


def test_a_referral_keeps_what_is_known_of_it(store: SqlStore) -> None:
    record = ReferralRecord(Referral("R1", "P1", number=NUMBER), ReferralState.WITH_PROVIDER, NUMBER, held=True)
    with store.unit_of_work() as work:
        work.calendar.put_referral("demo", record)
        assert work.calendar.referral("demo", "R1") == record
        assert work.calendar.referral("demo", "R2") is None


def received(kind: str, identity: str, version: str) -> Received:
    return Received("https://ehr.example", kind, identity, version, b"{}")


def test_the_inbox_keeps_a_version_once_and_hands_versions_out_in_order(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        first = work.inbox.put("demo", received("Slot", "S1", "1"), AT)
        assert work.inbox.put("demo", received("Slot", "S1", "1"), AT) is None
        second = work.inbox.put("demo", received("Slot", "S1", "2"), AT)
        broken = [work.inbox.put("demo", received("Slot", "", f"digest{n}"), AT) for n in range(2)]
        work.commit()
    assert first is not None
    with store.unit_of_work() as work, store.unit_of_work() as other:
        assert [entry.id for entry in work.inbox.take("demo", "Slot", 10)] == [first, *broken]
        assert other.inbox.take("demo", "Slot", 10) == [], "locked, and the second version waits for the first"
        work.inbox.settle(first, InboxState.TAKEN)
        assert [entry.id for entry in work.inbox.take("demo", "Slot", 1)] == [second]


def test_a_referral_that_was_taken_leaves_no_code_behind(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        entry = work.inbox.put("demo", received("ServiceRequest", "R1", "1"), AT)
        assert entry is not None
        work.inbox.settle(entry, InboxState.QUARANTINED)
        work.inbox.replay(entry)
        work.inbox.settle(entry, InboxState.TAKEN)
        kept = work.inbox.get(entry)
        assert kept is not None
        assert kept.received.raw == b""
        with pytest.raises(Refused, match="erased"):
            work.inbox.replay(entry)


def test_what_was_quarantined_before_leaves_no_code_behind_either(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        bad = work.inbox.put("demo", received("ServiceRequest", "R1", "1"), AT)
        other = work.inbox.put("demo", received("ServiceRequest", "R2", "1"), AT)
        slot = work.inbox.put("demo", received("Slot", "R1", "1"), AT)
        good = work.inbox.put("demo", received("ServiceRequest", "R1", "2"), AT)
        assert None not in (bad, other, slot, good)
        for entry in (bad, other, slot):
            work.inbox.settle(entry, InboxState.QUARANTINED)
        work.inbox.settle(good, InboxState.TAKEN)
        found = {entry: work.inbox.get(entry) for entry in (bad, other, slot)}
        assert {entry for entry, kept in found.items() if kept and kept.received.raw} == {other, slot}


def write(store: SqlStore, *subjects: str, facility: str = "demo") -> None:
    with store.unit_of_work() as work:
        work.audit.write(
            *(AuditRecord(AT, "job:deliver", "deliver", facility, one, "C1", {"n": 1, "ą": [1.5]}) for one in subjects)
        )
        work.commit()


def test_the_chain_is_whole_and_per_facility(store: SqlStore) -> None:
    write(store, "slot:1", "slot:2")
    write(store, "slot:3", facility="north")
    write(store, "console", facility="")
    write(store, "slot:4")
    with store.unit_of_work() as work:
        assert work.audit.verify() is None
        assert len(work.audit.find(correlation_id="C1")) == 5
        assert {record.facility for record in work.audit.find()} == {"demo", "north", ""}


def test_what_was_rolled_back_is_not_in_the_audit(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        work.audit.write(AuditRecord(AT, "job:deliver", "deliver", "demo", "slot:1", "C1"))
    with store.unit_of_work() as work:
        assert work.audit.find() == []


@pytest.mark.parametrize("sql", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_audit_can_only_grow(store: SqlStore, database: Database, sql: str) -> None:
    write(store, "slot:1")
    with psycopg.connect(database.url) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(sql.encode())


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        pytest.param("UPDATE audit SET actor = 'nobody' WHERE position = 2", "record 2 .* was changed", id="changed"),
        pytest.param("DELETE FROM audit WHERE position = 2", "lacks record 2", id="taken out"),
        pytest.param("DELETE FROM audit WHERE position = 3", "ends at record 2", id="cut off"),
        pytest.param("DELETE FROM audit_head", "lost its head", id="head gone"),
        pytest.param("UPDATE audit SET previous = hash WHERE position = 2", "does not follow", id="chained wrongly"),
    ],
)
def test_whoever_gets_round_the_guard_is_seen(store: SqlStore, database: Database, sql: str, said: str) -> None:
    write(store, "slot:1", "slot:2", "slot:3")
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        connection.execute(text(sql))
    with store.unit_of_work() as work:
        found = work.audit.verify()
    assert found is not None
    assert re.search(said, found)


def test_cursors_are_kept(store: SqlStore, held_clock: HeldClock) -> None:
    with store.unit_of_work() as work:
        assert work.cursors.get("demo", "visits") == ""
        work.cursors.set("demo", "visits", "17")
        work.cursors.set("demo", "visits", "18")
        assert work.cursors.get("demo", "visits") == "18"
        assert work.cursors.get("north", "visits") == ""
