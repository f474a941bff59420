"""The outbox keeps its promises: order within a subject, nothing lost, doubts hold, refusals fall through."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from store_fixtures import FACILITIES, KEYS, HeldClock

from adapter.errors import BadInput, Misconfigured, Refused
from adapter.ports.store import Action, Destination, Message, MessageState, NewMessage, Settlement
from adapter.store import sealing
from adapter.store.engine import Database
from adapter.store.outbox_rows import WRITE_BACKS_BESIDE_MAX, WRITE_BACKS_CLAIMED_MAX
from adapter.store.unit_of_work import SqlStore

LATER = timedelta(minutes=5)


def new(subject: str = "slot:S1", *more: str, **changes: object) -> NewMessage:
    values: dict[str, object] = {
        "facility": "demo",
        "destination": Destination.CER,
        "action": Action.EDIT_SLOT,
        "subjects": (subject, *more),
        "correlation_id": "C1",
    }
    return NewMessage(**values | changes)  # type: ignore[arg-type]


def add(store: SqlStore, *messages: NewMessage) -> list[int]:
    with store.unit_of_work() as work:
        ids = [work.outbox.add(message) for message in messages]
        work.commit()
    return ids


def claim(
    store: SqlStore, clock: HeldClock, worker: int = 1, limit: int = 10, *, national_only: bool = False
) -> list[Message]:
    with store.unit_of_work() as work:
        claimed = list(work.outbox.claim(worker, clock.now(), limit, national_only=national_only))
        work.commit()
    return claimed


def settle(store: SqlStore, clock: HeldClock, message: Message, state: MessageState, **more: object) -> frozenset[int]:
    with store.unit_of_work() as work:
        changed = work.outbox.settle([Settlement(message, state, clock.now(), **more)])  # type: ignore[arg-type]
        work.commit()
    return changed


def state_of(store: SqlStore, identity: int) -> MessageState:
    with store.unit_of_work() as work:
        found = work.outbox.get(identity)
    assert found is not None
    return found.state


def test_what_is_not_committed_is_not_there(store: SqlStore, held_clock: HeldClock) -> None:
    with store.unit_of_work() as work:
        work.outbox.add(new())
    assert claim(store, held_clock) == []


def test_messages_of_one_subject_go_one_at_a_time_in_order(store: SqlStore, held_clock: HeldClock) -> None:
    first, second, other = add(store, new("slot:S1"), new("slot:S1", "visit:A1"), new("slot:S2"))
    claimed = claim(store, held_clock)
    assert [message.id for message in claimed] == [first, other]
    assert claim(store, held_clock) == []
    settle(store, held_clock, claimed[0], MessageState.DELIVERED)
    assert [message.id for message in claim(store, held_clock)] == [second]


def test_the_same_subject_in_another_facility_does_not_wait(store: SqlStore, held_clock: HeldClock) -> None:
    ids = add(store, new(), new(facility="north"))
    assert [message.id for message in claim(store, held_clock)] == ids


def test_every_try_has_a_new_message_id_and_counts(store: SqlStore, held_clock: HeldClock) -> None:
    add(store, new())
    (first,) = claim(store, held_clock)
    settle(store, held_clock, first, MessageState.WAITING, not_before=held_clock.now() + LATER, problem="down")
    assert claim(store, held_clock) == []
    held_clock.sleep(LATER.total_seconds())
    (second,) = claim(store, held_clock)
    assert (first.attempts, second.attempts) == (1, 2)
    assert first.message_id != second.message_id


def test_what_goes_to_the_authorities_goes_before_write_backs_and_few_of_those_are_in_hand(
    store: SqlStore, held_clock: HeldClock
) -> None:
    back = {"destination": Destination.EHR, "action": Action.WRITE_BACK}
    backs = add(store, *(new(f"ehr:Slot/{n}", **back) for n in range(WRITE_BACKS_CLAIMED_MAX + 3)))
    slots = add(store, *(new(f"slot:S{n}") for n in range(4)))
    assert claim(store, held_clock, limit=1, national_only=True)[0].id == slots[0]
    first, second = claim(store, held_clock, limit=2), claim(store, held_clock, limit=100)
    assert [one.id for one in first] == slots[1:3]
    assert [one.id for one in second] == [slots[3], *backs[:WRITE_BACKS_BESIDE_MAX]]
    assert claim(store, held_clock, limit=100, national_only=True) == []
    third = claim(store, held_clock, limit=100)
    assert [one.id for one in third] == backs[WRITE_BACKS_BESIDE_MAX:][:WRITE_BACKS_CLAIMED_MAX]


def test_a_settlement_of_an_earlier_try_changes_nothing(store: SqlStore, held_clock: HeldClock) -> None:
    add(store, new())
    (first,) = claim(store, held_clock)
    settle(store, held_clock, first, MessageState.WAITING)
    (second,) = claim(store, held_clock)
    assert settle(store, held_clock, first, MessageState.REFUSED) == frozenset()
    assert state_of(store, second.id) is MessageState.SENDING


def test_a_late_delivery_saves_a_second_sending(store: SqlStore, held_clock: HeldClock) -> None:
    add(store, new())
    (message,) = claim(store, held_clock)
    settle(store, held_clock, message, MessageState.WAITING)
    assert settle(store, held_clock, message, MessageState.DELIVERED) == {message.id}
    assert claim(store, held_clock) == []


def test_one_in_doubt_holds_its_subjects_until_asked(store: SqlStore, held_clock: HeldClock) -> None:
    add(store, new("slot:S1", "visit:A1"), new("visit:A1"))
    (message,) = claim(store, held_clock)
    settle(store, held_clock, message, MessageState.IN_DOUBT, not_before=held_clock.now() + LATER)
    assert claim(store, held_clock) == []
    with store.unit_of_work() as work:
        assert work.outbox.doubts_due(held_clock.now(), 10) == []
        (doubt,) = work.outbox.doubts_due(held_clock.now() + LATER, 10)
    assert settle(store, held_clock, doubt, MessageState.DELIVERED) == {message.id}
    assert settle(store, held_clock, doubt, MessageState.WAITING) == frozenset()
    assert len(claim(store, held_clock)) == 1


def test_a_refusal_refuses_all_that_follow(store: SqlStore, held_clock: HeldClock) -> None:
    (accept,) = add(store, new("referral:R1", destination=Destination.P1))
    (visit,) = add(store, new("visit:A1", after=accept, sealed={"pesel": "secret"}))
    (back,) = add(store, new("appointment:A1", after=visit))
    claimed = claim(store, held_clock)
    assert [message.id for message in claimed] == [accept]
    settle(store, held_clock, claimed[0], MessageState.REFUSED, problem="no")
    assert [state_of(store, one) for one in (visit, back)] == [MessageState.REFUSED] * 2
    with store.unit_of_work() as work:
        found = work.outbox.get(visit)
    assert found is not None
    assert found.sealed is None
    assert add(store, new("visit:A1")) != []
    assert len(claim(store, held_clock)) == 1, "a refused message frees its subjects"


def test_following_one_that_is_refused_already_is_refused(store: SqlStore, held_clock: HeldClock) -> None:
    (accept,) = add(store, new("referral:R1"))
    settle(store, held_clock, claim(store, held_clock)[0], MessageState.REFUSED)
    (late,) = add(store, new("visit:A1", after=accept))
    assert state_of(store, late) is MessageState.REFUSED


def test_a_follower_goes_ahead_while_the_other_side_of_the_first_is_out_of_reach(
    store: SqlStore, held_clock: HeldClock
) -> None:
    (accept,) = add(store, new("referral:R1", destination=Destination.P1))
    (visit,) = add(store, new("visit:A1", after=accept))
    with store.unit_of_work() as work:
        work.outbox.pause("demo", Destination.P1, held_clock.now() + LATER, "P1 is down")
        work.commit()
    assert [message.id for message in claim(store, held_clock)] == [visit]
    held_clock.sleep(LATER.total_seconds())
    assert [message.id for message in claim(store, held_clock)] == [accept]


def test_a_long_outage_keeps_the_order(store: SqlStore, held_clock: HeldClock) -> None:
    with store.unit_of_work() as work:
        ids = work.outbox.add_all([new(f"referral:R{n}", destination=Destination.P1) for n in range(50)])
        work.outbox.pause("demo", Destination.P1, held_clock.now() + LATER, "down")
        work.outbox.pause("demo", Destination.P1, held_clock.now() + LATER, "down")
        assert work.outbox.failures("demo", Destination.P1) == 2
        work.commit()
    assert claim(store, held_clock, limit=100) == []
    with store.unit_of_work() as work:
        work.outbox.resume("demo", Destination.P1)
        assert work.outbox.failures("demo", Destination.P1) == 0
        work.commit()
    assert [message.id for message in claim(store, held_clock, limit=20)] == ids[:20]
    assert [message.id for message in claim(store, held_clock, limit=100)] == ids[20:]


@pytest.mark.parametrize("state", [MessageState.DELIVERED, MessageState.REFUSED])
def test_an_end_erases_what_was_sealed(store: SqlStore, held_clock: HeldClock, state: MessageState) -> None:
    add(store, new(sealed={"person": "somebody"}))
    (message,) = claim(store, held_clock)
    assert message.sealed == {"person": "somebody"}
    settle(store, held_clock, message, state)
    with store.unit_of_work() as work:
        found = work.outbox.get(message.id)
    assert found is not None
    assert found.sealed is None


def test_a_person_retries_what_was_refused(store: SqlStore, held_clock: HeldClock) -> None:
    plain, personal = add(store, new("slot:S1"), new("slot:S2", sealed={"a": 1}))
    for message in claim(store, held_clock):
        settle(store, held_clock, message, MessageState.REFUSED)
    with store.unit_of_work() as work:
        work.outbox.retry(plain, "person:anna", "mapping mended")
        with pytest.raises(Refused, match="erased"):
            work.outbox.retry(personal, "person:anna", "mapping mended")
        with pytest.raises(Refused, match="waiting"):
            work.outbox.retry(plain, "person:anna", "again")
        with pytest.raises(BadInput):
            work.outbox.retry(10**9, "person:anna", "no such one")
        work.commit()
    assert [message.id for message in claim(store, held_clock)] == [plain]
    with store.unit_of_work() as work:
        (note,) = work.audit.find(correlation_id="C1")
    assert (note.actor, note.action, note.detail) == ("person:anna", "outbox.retry", {"reason": "mapping mended"})


def test_a_person_drops_what_waits(store: SqlStore, held_clock: HeldClock) -> None:
    first, second = add(store, new("slot:S1", sealed={"a": 1}), new("slot:S1"))
    with store.unit_of_work() as work:
        work.outbox.drop(first, "person:anna", "made by mistake")
        work.commit()
    assert state_of(store, first) is MessageState.DROPPED
    assert [message.id for message in claim(store, held_clock)] == [second]
    with store.unit_of_work() as work, pytest.raises(Refused, match="sending"):
        work.outbox.drop(second, "person:anna", "too late")


def test_finding_and_counting(store: SqlStore, held_clock: HeldClock) -> None:
    first, second, third = add(store, new("slot:S1"), new("slot:S1", "visit:A1"), new("slot:S2", facility="north"))
    with store.unit_of_work() as work:
        assert [one.id for one in work.outbox.find()] == [third, second, first]
        assert [one.id for one in work.outbox.find(subject="slot:S1", limit=1)] == [second]
        assert [one.id for one in work.outbox.find(facility="north", states=[MessageState.WAITING])] == [third]
        assert work.outbox.find(actions=[Action.SAVE_VISIT]) == []
        assert work.outbox.counts("demo") == {(Destination.CER, Action.EDIT_SLOT, MessageState.WAITING): 2}


def test_a_living_worker_is_left_alone(store: SqlStore, held_clock: HeldClock) -> None:
    add(store, new())
    with store.worker() as worker:
        (message,) = claim(store, held_clock, worker)
        with store.unit_of_work() as work:
            assert work.outbox.recover(held_clock.now(), held_clock.now()) == 0
    with store.unit_of_work() as work:
        assert work.outbox.recover(held_clock.now(), held_clock.now() + LATER) == 1
        work.commit()
    assert state_of(store, message.id) is MessageState.IN_DOUBT


WORKER = """
    import sys
    from store_fixtures import HeldClock, KEYS
    from adapter.store import sealing
    from adapter.store.engine import DatabaseSettings, connect
    from adapter.store.unit_of_work import SqlStore
    engine = connect(DatabaseSettings(url=sys.argv[1])).engine
    store = SqlStore(engine, sealing.parse(sys.argv[2], "test"), HeldClock())
"""
CLAIM_AND_HANG = """
    with store.worker() as worker:
        with store.unit_of_work() as work:
            print(len(work.outbox.claim(worker, HeldClock().now(), 10)), flush=True)
            work.commit()
        print("claimed", flush=True)
        sys.stdin.readline()
"""
CLAIM_ALL = """
    with store.worker() as worker:
        print("ready", flush=True)
        sys.stdin.readline()
        while True:
            with store.unit_of_work() as work:
                claimed = work.outbox.claim(worker, HeldClock().now(), 7)
                work.commit()
            if not claimed:
                break
            print(*(message.id for message in claimed), flush=True)
"""


def start(database: Database, code: str) -> subprocess.Popen[str]:
    script = textwrap.dedent(WORKER) + textwrap.dedent(code)
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-c", script, database.url, KEYS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_what_a_killed_worker_was_sending_is_in_doubt_at_once(
    store: SqlStore, database: Database, held_clock: HeldClock
) -> None:
    ids = add(store, new("slot:S1"), new("slot:S2"))
    with start(database, CLAIM_AND_HANG) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "2\n"
        assert child.stdout.readline() == "claimed\n"
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    recovered = 0
    for _ in range(200):  # the server needs a moment to see the broken connection
        with store.unit_of_work() as work:
            recovered += work.outbox.recover(held_clock.now(), held_clock.now() + LATER)
            work.commit()
        if recovered:
            break
    assert recovered == 2
    with store.unit_of_work() as work:
        doubts = work.outbox.doubts_due(held_clock.now() + LATER, 10)
    assert [message.id for message in doubts] == ids


def test_two_processes_share_the_work_and_take_nothing_twice(store: SqlStore, database: Database) -> None:
    with store.unit_of_work() as work:
        ids = work.outbox.add_all([new(f"slot:S{n}") for n in range(300)])
        work.commit()
    with start(database, CLAIM_ALL) as one, start(database, CLAIM_ALL) as two:
        for child in (one, two):
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in (one, two):
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        taken = [child.communicate(timeout=60)[0].split() for child in (one, two)]
    assert sorted(int(word) for words in taken for word in words) == list(ids)


def test_adding_to_a_subject_waits_for_who_adds_to_it_already(store: SqlStore, database: Database) -> None:
    with store.unit_of_work() as work:
        work.outbox.add(new("slot:S1"))
        with database.engine.connect() as other:
            held = other.execute(
                text("SELECT pg_try_advisory_xact_lock(hashtextextended('demo ' || :s, 0))"),
                {"s": "slot:S1"},
            )
            assert held.scalar_one() is False


def test_adding_asks_the_job_engine_once_in_the_same_transaction(database: Database, held_clock: HeldClock) -> None:
    store = SqlStore(database.engine, sealing.parse(KEYS, "tests"), held_clock, facilities=FACILITIES)

    def jobs() -> list[tuple[object, ...]]:
        with database.engine.connect() as connection:
            found = connection.execute(text("SELECT queue_name, task_name, args FROM procrastinate_jobs ORDER BY id"))
            return [tuple(row) for row in found]

    with store.unit_of_work() as work:
        work.outbox.add(new())
    assert jobs() == [], "rolled back together"
    for facility in ("demo", "demo", "north"):
        add(store, new(facility=facility))
    assert jobs() == [
        ("outbox", "pomost.deliver", {"facility": "demo"}),
        ("outbox", "pomost.deliver", {"facility": "north"}),
    ]
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    add(store, new())
    assert len(jobs()) == 3, "a job that runs already may have looked too early"


def test_a_facility_nobody_registered_is_a_matter_of_configuration(store: SqlStore) -> None:
    with pytest.raises(Misconfigured, match="not registered"):
        add(store, new(facility="elsewhere"))
