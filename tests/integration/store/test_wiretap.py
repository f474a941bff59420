"""What the wiretap keeps: found by every id, unmasked only while it was open, gone when its time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from store_fixtures import FACILITIES, KEYS, HeldClock

from adapter.errors import BadInput, Misconfigured
from adapter.ports.wiretap import Exchange, Opening, Outcome
from adapter.services.forget_wiretap import forget_wiretap
from adapter.store import sealing
from adapter.store.engine import Database
from adapter.store.unit_of_work import SqlStore

SECRET = b"<pesel>80611512345</pesel>"


def exchange(clock: HeldClock, message: str = "message-1", **more: object) -> Exchange:
    said = Exchange(
        facility="demo",
        destination="cer",
        operation="put_slots",
        correlation_id="correlation-1",
        message_id=message,
        messages=(3, 4),
        asked_at=clock.now(),
        answered_at=clock.now() + timedelta(milliseconds=80),
        http_status=200,
        outcome=Outcome.ANSWERED,
        code="",
        request="<a>[masked]</a>",
        request_bytes=26,
        reply="<b/>",
        reply_bytes=4,
        clear_request=SECRET,
        clear_reply=b"<b/>",
    )
    return replace(said, **more)  # type: ignore[arg-type]


def keep(store: SqlStore, *exchanges: Exchange) -> None:
    with store.unit_of_work() as work:
        work.wiretap.keep(exchanges)
        work.commit()


def open_for(store: SqlStore, clock: HeldClock, hours: int, facility: str = "demo") -> None:
    now = clock.now()
    with store.unit_of_work() as work:
        work.wiretap.open(Opening(facility, "ticket", "person:anna", now, now + timedelta(hours=hours)))
        work.commit()


def everything(database: Database) -> bytes:
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT clear_request, clear_reply FROM wiretap")).all()
    return b"".join(bytes(each) for row in rows for each in row if each is not None)


def test_an_exchange_is_found_by_each_of_its_ids(store: SqlStore, held_clock: HeldClock) -> None:
    first, second = (
        exchange(held_clock),
        exchange(held_clock, "message-2", messages=(4,), reply=None, reply_bytes=None),
    )
    keep(store, first, replace(second, answered_at=None, http_status=None, outcome=Outcome.IN_DOUBT, clear_reply=None))
    with store.unit_of_work() as work:
        find = work.wiretap.find
        assert [each.exchange.message_id for each in find(conversation="correlation-1")] == ["message-1", "message-2"]
        assert [each.exchange.message_id for each in find(conversation="message-2")] == ["message-2"]
        assert [each.exchange.message_id for each in find(message=3)] == ["message-1"]
        assert len(find(message=4)) == 2
        assert (find(message=5), find(conversation="other"), find(facility="north")) == ([], [], [])
        (found,) = find(message=3)
    assert found.exchange == replace(first, clear_request=b"", clear_reply=None)
    assert not found.has_clear


def test_nothing_is_unmasked_but_what_was_asked_while_it_was_open(
    store: SqlStore, database: Database, held_clock: HeldClock
) -> None:
    keep(store, exchange(held_clock, "before"))
    held_clock.sleep(60)
    open_for(store, held_clock, 2)
    keep(store, exchange(held_clock, "during"), exchange(held_clock, "elsewhere", facility="north"))
    held_clock.sleep(2 * 3600)
    keep(store, exchange(held_clock, "expired"))
    open_for(store, held_clock, 1)
    with store.unit_of_work() as work:
        ended = work.wiretap.close("demo", "person:jan", held_clock.now() + timedelta(minutes=1))
        work.commit()
    assert ended is not None
    held_clock.sleep(120)
    keep(store, exchange(held_clock, "closed"))
    with store.unit_of_work() as work:
        found = {each.exchange.message_id: each for each in work.wiretap.find()}
        assert [name for name, each in found.items() if each.has_clear] == ["during"]
        assert work.wiretap.clear(found["during"].id) == (SECRET, b"<b/>")
        with pytest.raises(BadInput, match="was not kept unmasked"):
            work.wiretap.clear(found["before"].id)
    assert SECRET not in everything(database)


def test_what_is_sealed_opens_in_its_own_row_only_and_with_older_keys_too(
    store: SqlStore, database: Database, held_clock: HeldClock
) -> None:
    open_for(store, held_clock, 1)
    keep(store, exchange(held_clock, "one"), exchange(held_clock, "two"))
    newer = sealing.parse(f"newer:{'A' * 43}= {KEYS}", "tests")
    rotated = SqlStore(database.engine, newer, held_clock, facilities=FACILITIES, defer_jobs=False)
    with rotated.unit_of_work() as work:
        one, two = (each.id for each in work.wiretap.find())
        assert work.wiretap.clear(one)[0] == SECRET
    with database.engine.begin() as connection:
        moved = (
            "UPDATE wiretap SET clear_request = (SELECT clear_request FROM wiretap WHERE id = :one) WHERE id = :two"
        )
        connection.execute(text(moved), {"one": one, "two": two})
    with rotated.unit_of_work() as work, pytest.raises(Misconfigured, match="changed or moved"):
        work.wiretap.clear(two)


def test_it_forgets_what_is_unmasked_first_and_all_of_it_in_the_end(
    store: SqlStore, database: Database, held_clock: HeldClock
) -> None:
    masked, unmasked = timedelta(days=30), timedelta(days=7)
    open_for(store, held_clock, 1)
    keep(store, exchange(held_clock), exchange(held_clock, facility="north"))
    assert forget_wiretap(store, held_clock, "demo", masked=masked, unmasked=unmasked) == 0
    held_clock.sleep(8 * 86_400)
    keep(store, exchange(held_clock, "young"))
    assert forget_wiretap(store, held_clock, "demo", masked=masked, unmasked=unmasked) == 1
    assert everything(database) == b""
    held_clock.sleep(23 * 86_400)
    assert forget_wiretap(store, held_clock, "demo", masked=masked, unmasked=unmasked) == 1
    with store.unit_of_work() as work:
        assert [(one.exchange.facility, one.exchange.message_id) for one in work.wiretap.find()] == [
            ("north", "message-1"),
            ("demo", "young"),
        ]
