"""The inbox keeps each version once, and knows which one is the newest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapter.ports import Received
from adapter.ports.store import InboxState, UnitOfWork
from adapter.store.unit_of_work import SqlStore

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
BLOCKED, FREE, GONE = "sha256:b10c", "sha256:f4ee", "sha256:60e1"


def one(version: str, *, minutes: int | None = None, identity: str = "S1", kind: str = "Slot") -> Received:
    told = None if minutes is None else AT + timedelta(minutes=minutes)
    return Received("file", kind, identity, version, version.encode(), told)


def take(work: UnitOfWork, kind: str = "Slot") -> list[str]:
    """Take everything that is new, in the order in which it is handed out."""
    taken = []
    while entries := work.inbox.take("demo", kind, 100):
        for entry in entries:
            taken.append(entry.received.version)
            work.inbox.settle(entry.id, InboxState.TAKEN)
    return taken


@pytest.mark.parametrize("together", [True, False], ids=["in pages", "one by one"])
@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ([[FREE], [FREE]], [FREE]),
        ([[FREE], [BLOCKED], [FREE], [BLOCKED], [BLOCKED]], [FREE, BLOCKED, FREE, BLOCKED]),
        ([[FREE], [BLOCKED], [GONE], [FREE]], [FREE, BLOCKED, GONE, FREE]),
        ([["1"], ["2"], ["1"]], ["1", "2"]),
    ],
    ids=["twice", "there and back", "back to the first", "numbered by the EHR"],
)
def test_bytes_said_again_after_others_are_a_new_version(
    store: SqlStore, said: list[list[str]], taken: list[str], together: bool
) -> None:
    found = []
    for versions in said:
        with store.unit_of_work() as work:
            if together:
                work.inbox.put_all("demo", [one(version) for version in versions], AT)
            else:
                for version in versions:
                    work.inbox.put("demo", one(version), AT)
            found += take(work)
            work.commit()
    assert found == taken


def test_said_and_said_back_before_anybody_took_it(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        assert work.inbox.put_all("demo", [one(FREE), one(BLOCKED), one(FREE)], AT) == 3
        assert work.inbox.put_all("demo", [one(BLOCKED)], AT) == 1
        assert take(work) == [FREE, BLOCKED]


@pytest.mark.parametrize("growth", [[], [GONE]], ids=["the same", "and more"])
def test_a_history_that_is_told_once_more_ends_with_its_last_word(store: SqlStore, growth: list[str]) -> None:
    """A file that only grows is read anew as a whole: nobody is told for a moment that the slot is free."""
    with store.unit_of_work() as work:
        work.inbox.put_all("demo", [one(FREE), one(BLOCKED)], AT)
        assert take(work) == [FREE, BLOCKED]
        work.inbox.put_all("demo", [one(version) for version in (FREE, BLOCKED, *growth)], AT)
        assert take(work) == growth


def test_what_has_no_id_is_no_version_of_anything(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        assert work.inbox.put_all("demo", [one(FREE, identity=""), one(GONE, identity="")], AT) == 2
        assert work.inbox.put_all("demo", [one(FREE, identity=""), one(GONE, identity="")], AT) == 0


def test_the_versions_of_one_resource_are_handed_out_in_their_order_and_nobody_elses(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        work.inbox.put_all("demo", [one("1", identity="S0"), one("1"), one("2"), one("1", kind="Patient")], AT)
        work.commit()
    with store.unit_of_work() as work:
        assert [each.received.version for each in work.inbox.take("demo", "Slot", 100, resource_id="S1")] == ["1"]
        with store.unit_of_work() as other:
            assert other.inbox.take("demo", "Slot", 100, resource_id="S1") == [], "the later one waits for its turn"
            assert [each.received.resource_id for each in other.inbox.take("demo", "Slot", 100)] == ["S0"]
    with store.unit_of_work() as work:
        versions = []
        while entries := work.inbox.take("demo", "Slot", 100, resource_id="S1"):
            versions += [each.received.version for each in entries]
            work.inbox.settle(entries[0].id, InboxState.TAKEN)
        assert versions == ["1", "2"]
