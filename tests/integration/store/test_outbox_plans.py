"""Claims and settlements touch what they are about, however much waits and however old the statistics are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from store_fixtures import HeldClock

from adapter.ports.store import Action, Destination, NewMessage
from adapter.store import outbox_rows
from adapter.store.session import rows_of
from adapter.store.unit_of_work import SqlStore

WAITING = 1200
BATCH = 50
TOUCHED_MAX = 4 * BATCH
"""Rows that one node of a plan may take up or throw away: those of the batch, and some that are no longer theirs."""
WHOLE = "Seq Scan outbox_message"
"""A table of so few pages is rightly read whole; what must not be is to go by the index of a state."""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def touched(connection: psycopg.Connection[Any], sql: str, **values: object) -> list[tuple[str, float]]:
    """(node, rows) of each node that took up or threw away more rows than a batch explains."""
    explained = connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", values).fetchone()
    assert explained is not None
    found = []
    for node in nodes(explained[0][0]["Plan"]):
        dropped = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
        rows = (node["Actual Rows"] + dropped) * node["Actual Loops"]
        if rows > TOUCHED_MAX:
            found.append((f"{node['Node Type']} {node.get('Index Name') or node.get('Relation Name', '')}", rows))
    return found


@pytest.fixture
def crowded(store: SqlStore, held_clock: HeldClock, database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to an outbox where much waits and the statistics say that nothing does."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for _ in range(2):
            connection.execute("ANALYZE outbox_message, outbox_line")
            with store.unit_of_work() as work:
                work.outbox.add_all(
                    [
                        NewMessage(
                            "demo", Destination.CER, Action.PUT_SLOT, (f"slot:S{number}",), "C1", {"slot_id": "S"}
                        )
                        for number in range(WAITING)
                    ]
                )
                work.commit()
            if connection.execute("SELECT count(*) FROM outbox_message").fetchone() == (WAITING,):
                connection.execute("UPDATE outbox_message SET state = 'delivered'")
                connection.execute("UPDATE outbox_line SET open = false")
        yield connection


def test_a_claim_does_not_go_through_the_write_backs_that_wait(
    crowded: psycopg.Connection[Any], held_clock: HeldClock
) -> None:
    crowded.execute("UPDATE outbox_message SET destination = 'ehr' WHERE id % 12 <> 0")
    claimed = {"worker": 1, "nonce": "n", "now": held_clock.now(), "limit": BATCH, "write_backs": 0, "facility": None}
    assert touched(crowded, outbox_rows.CLAIM, **claimed) == []
    sent = crowded.execute(
        "SELECT DISTINCT destination, count(*) FROM outbox_message WHERE state = 'sending' GROUP BY 1"
    )
    assert sent.fetchall() == [("cer", BATCH)]


def test_claims_and_settlements_look_at_their_own_messages(
    crowded: psycopg.Connection[Any], held_clock: HeldClock
) -> None:
    now = held_clock.now()
    claimed = {"worker": 1, "nonce": "n", "now": now, "limit": BATCH, "write_backs": BATCH, "facility": None}
    assert touched(crowded, outbox_rows.CLAIM, **claimed) == []
    sent = crowded.execute("SELECT id, message_id FROM outbox_message WHERE state = 'sending'").fetchall()
    assert len({message_id for _, message_id in sent}) == BATCH
    told = {"state": "delivered", "at": now, "result_code": "ok", "problem": "", "sent": True}
    ended = rows_of({"id": one, "message_id": message, **told} for one, message in sent)
    by_state = [each for each in touched(crowded, outbox_rows.SETTLE, rows=ended) if each[0] != WHOLE]
    assert by_state == []
    done = crowded.execute("SELECT count(*) FROM outbox_message WHERE answered_at IS NOT NULL").fetchone()
    assert done == (BATCH,)


def test_a_message_that_names_a_subject_twice_stands_in_its_line_once(store: SqlStore, database_url: str) -> None:
    messages = [
        NewMessage("demo", Destination.CER, Action.PUT_SLOT, subjects, "C1")
        for subjects in (("slot:A",), ("slot:A", "slot:B", "slot:A"))
    ]
    with store.unit_of_work() as work:
        ids = work.outbox.add_all(messages)
        work.commit()
    with psycopg.connect(database_url) as connection:
        lines = connection.execute("SELECT subject, message FROM outbox_line ORDER BY 1, 2").fetchall()
    assert lines == [("slot:A", ids[0]), ("slot:A", ids[1]), ("slot:B", ids[1])]
