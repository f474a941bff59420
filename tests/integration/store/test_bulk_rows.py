"""Rows that come by the thousand: guarded once a statement, audited in one row (D14)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from adapter.errors import AdapterError
from adapter.ports.store import Action, AuditRecord, Destination, NewMessage
from adapter.store.engine import Database
from adapter.store.session import texts_of
from adapter.store.unit_of_work import SqlStore

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


def send(store: SqlStore, facility: str) -> None:
    with store.unit_of_work() as work:
        work.outbox.add(NewMessage(facility, Destination.CER, Action.PUT_SLOT, ("slot:S1",), "C1", {"slot_id": "S1"}))
        work.commit()


def test_a_row_of_an_unknown_facility_is_refused(store: SqlStore, database: Database) -> None:
    with pytest.raises(AdapterError, match="not registered"):
        send(store, "nowhere")
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox_message")).scalar_one() == 0


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM facility WHERE id = 'demo'",
        "UPDATE facility SET id = 'other' WHERE id = 'demo'",
        "UPDATE outbox_message SET facility = 'north'",
        "UPDATE outbox_line SET facility = 'north'",
    ],
)
def test_a_facility_stays_and_a_row_keeps_its_own(store: SqlStore, database: Database, sql: str) -> None:
    send(store, "demo")
    with pytest.raises(IntegrityError, match="keeps its id"), database.engine.begin() as connection:
        connection.execute(text(sql))


def test_what_was_done_to_many_is_told_of_each_and_stays_in_the_chain(store: SqlStore) -> None:
    common = AuditRecord(AT, "job:deliver", "put-slot", "demo", "", "C1", {"outcome": "delivered"})
    with store.unit_of_work() as work:
        work.audit.write_each(common, [(f"slot:{number}", {"message": number}) for number in range(3)])
        work.audit.write_each(common, [("slot:alone", {"message": 9})])
        work.commit()
    with store.unit_of_work() as work:
        assert work.audit.verify() is None
        found = {one.subject: dict(one.detail) for one in work.audit.find(correlation_id="C1")}
    alone = {"slot:alone": {"outcome": "delivered", "message": 9}}
    assert found == {f"slot:{n}": {"outcome": "delivered", "message": n} for n in range(3)} | alone


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["slot:S1", "slot:S1"],
        ["", " ", "NULL", "null"],
        ["a,b", "{c}", "'d'", "zażółć", "\u2028", "\x7f"],
        ['with "quotes"', "back\\slash", "\\N"],
        ["a tab\t", "a line\n", "\x1f"],
    ],
)
def test_texts_reach_the_database_as_they_are(database: Database, texts: list[str]) -> None:
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT %(given)s::text[]", {"given": texts_of(texts)}).scalar_one()
    assert found == texts
