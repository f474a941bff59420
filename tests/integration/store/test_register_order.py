"""Order, places and who is overtaken: the database says what the rules say of the same list; nobody's number twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from depth import EXAMPLES
from fakes.register_cases import AT, DAYS, SCHEDULE, entry, lists, of, stored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import Entry
from adapter.domain.rules import position
from adapter.domain.term import DayTerm
from adapter.errors import Unavailable
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.ports.store import UnitOfWork
from adapter.store.engine import Database
from adapter.store.unit_of_work import SqlStore

ON_ONE_STORE = settings(max_examples=EXAMPLES // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Examples share a database: each is rolled back."""


def listed(entries: list[StoredEntry], *, oncology: bool) -> list[Entry]:
    """Those of one list that the rules would be given: what P1 refused is not in the register."""
    return [
        one.entry
        for one in entries
        if (one.entry.category is Category.ONCOLOGY) is oncology and one.standing is not EntryStanding.REJECTED
    ]


def ids(entries: object) -> list[str]:
    return [one.id for one in entries]  # type: ignore[attr-defined]


@given(entries=lists(), first=DAYS, days=st.integers(0, 9))
@ON_ONE_STORE
def test_the_database_orders_as_the_rules_do(
    store: SqlStore, entries: list[StoredEntry], first: date, days: int
) -> None:
    last = first + timedelta(days=days)
    with store.unit_of_work() as work:
        for one in entries:
            work.register.put("demo", one, [])
            work.register.put("north", replace(one, patient_id="P2"), [])
        for oncology in (False, True):
            alike = listed(entries, oncology=oncology)
            waiting = position.waiting_order(alike)
            found = work.register.waiting("demo", SCHEDULE.id, oncology=oncology)
            assert [one.entry for one in found] == list(waiting)
            for each in alike:
                agree(work, each, alike)
        found = work.register.window("demo", SCHEDULE.id, first, last)
        both = [each for oncology in (False, True) for each in listed(entries, oncology=oncology)]
        within = [each for each in position.waiting_order(both) if each.term and first <= each.term.first <= last]
        assert sorted(one.entry.id for one in found) == sorted(ids(within))
        terms = [one.entry.term.first for one in found if one.entry.term]
        assert terms == sorted(terms)


def agree(work: UnitOfWork, one: Entry, alike: list[Entry]) -> None:
    """Place and overtaken of an entry, and of one that is not put yet."""
    for asked in (one, replace(one, id="new", number=None)):
        assert work.register.position("demo", asked) == position.position(asked, alike)
        found = work.register.overtaken("demo", asked)
        expected = sorted(position.overtaken(asked, alike), key=position.place_key)
        assert ids(found) == ids(expected)
        assert [position.place_key(each) for each in found] == [position.place_key(each) for each in expected]
        assert [each.term for each in found] == [each.term for each in expected]
        assert ids(position.overtaken(asked, found)) == ids(expected), "the rule sees in them what the database saw"
        assert all((each.person.family, each.referral) == ("", None) for each in found), "without people's data"


def test_no_more_are_named_than_asked_for_the_first_ones(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        for number in range(1, 6):
            work.register.put("demo", stored(f"A{number}", number=number), [])
        early = entry("B", number=9, term=DayTerm(date(2026, 4, 1)))
        assert ids(work.register.overtaken("demo", early, limit=3)) == ["A1", "A2", "A3"]
        assert ids(work.register.overtaken("demo", replace(early, term=None))) == []
        urgent = replace(early, criterion=Criterion.URGENT)
        assert ids(work.register.overtaken("demo", urgent)) == []
        assert work.register.position("demo", urgent) == 1
        assert ids(work.register.overtaken("north", early)) == []


def test_two_sessions_never_give_one_number_and_do_not_block_for_good(database: Database, store: SqlStore) -> None:
    """Sessions enter on both lists at once, and change and remove entries of their own and of each other."""
    rounds, sessions = 12, 4
    start = Barrier(sessions)
    with store.unit_of_work() as work:
        for number in range(1, 4):
            work.register.put("demo", stored(f"S{number}", number=number), [])
        work.commit()

    def enter(who: int) -> None:
        start.wait(30)
        for turn in range(rounds):
            oncology = (who + turn) % 2 == 0
            category = Category.ONCOLOGY if oncology else Category.WAITING
            with store.unit_of_work() as work:
                shared = work.register.entry("demo", f"S{turn % 3 + 1}")
                assert shared is not None
                work.register.put("demo", replace(shared, correlation_id=f"{who}"), [])
                work.register.lock_list("demo", SCHEDULE.id)
                number = work.register.next_number("demo", SCHEDULE.id, oncology=oncology)
                new = entry(f"{who}-{turn}", number=number, category=category, reported_at=AT + timedelta(hours=turn))
                work.register.put("demo", of(new), [])
                if turn % 4 != 3:
                    work.commit()

    with ThreadPoolExecutor(sessions) as pool:
        list(pool.map(enter, range(sessions)))
    with database.engine.connect() as connection:
        given = connection.exec_driver_sql(
            "SELECT numbered_oncology, array_agg(number ORDER BY number), count(*) FROM register_entry "
            "GROUP BY numbered_oncology ORDER BY numbered_oncology"
        ).all()
    assert [(oncology, numbers) for oncology, numbers, _ in given] == [
        (oncology, list(range(1, count + 1))) for oncology, _, count in given
    ], "no number twice, and none lost to who gave up"
    assert sum(count for _, _, count in given) == 3 + sessions * rounds * 3 // 4


WAITS_FOR_A_LOCK = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def test_who_did_not_lock_the_list_tries_again_rather_than_have_the_number_of_another(
    store: SqlStore, database: Database
) -> None:
    def put_blindly(entry_id: str, number: int) -> None:
        with store.unit_of_work() as work:
            work.register.put("demo", stored(entry_id, number=number), [])
            work.commit()

    with store.unit_of_work() as first, ThreadPoolExecutor(1) as pool:
        number = first.register.next_number("demo", SCHEDULE.id, oncology=False)
        first.register.put("demo", stored(number=number), [])
        second = pool.submit(put_blindly, "A2", number)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as look:
            while not second.done() and not look.exec_driver_sql(WAITS_FOR_A_LOCK).scalar_one():
                pass
        first.commit()
        with pytest.raises(Unavailable, match="try again"):
            second.result(30)
    with pytest.raises(ValueError, match="another entry's"):
        put_blindly("A2", number)
    with store.unit_of_work() as work:
        assert work.register.entry("demo", "A2") is None
