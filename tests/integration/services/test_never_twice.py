"""A write goes out a second time only after its first try is known not to have happened; limits stop and are seen.

The authority is a stub with state: it raises what the real judges make of a row, and counts. Time is held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import pytest
from fakes.outbox_fake import MemoryOutbox, MemoryStore
from hypothesis import given
from hypothesis import strategies as st
from store_fixtures import HeldClock

from adapter import resources
from adapter.bootstrap.hospitals import Hospitals
from adapter.domain.identifiers import CellCode
from adapter.domain.national import SlotListing
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import AdapterError, Misconfigured, Unavailable
from adapter.mapping.refusals import Refusal, load_refusals
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.ports.store import Action, Destination, Message, MessageState, NewMessage, Store
from adapter.services.deliver import deliver
from adapter.services.equipment import Equipment, Limits
from adapter.services.settle_doubts import settle_doubts
from adapter.soap import faults
from adapter.soap.wire import FaultDetail
from adapter.store.unit_of_work import SqlStore

FACILITY = "demo"
TABLES = load_tables(resources.mappings())
ROWS = [row for row in load_refusals(resources.mappings()).rows if row.outcome_write != "success"]
DAY = timedelta(days=1)
SILENT = Unavailable("nobody answers", code="EXCHANGE_NOT_SENT")


def error_of(row: Refusal, *, write: bool) -> AdapterError:
    """What the judges make of a row."""
    channel = "cer" if row.channel == "any" else row.channel
    match row.source:
        case "result-major" | "result-minor":
            major, minor = ("urn:x", row.code) if row.source == "result-minor" else (row.code, "")
            with pytest.raises(AdapterError) as caught:
                faults.judge_result(TABLES.refusals, channel=channel, major=major, minor=minor, text="", write=write)
            return caught.value
        case "http":
            status = {"other": 799}.get(row.code) or int(row.code.replace("xx", "98"))
            return faults.http_error(TABLES.refusals, channel=channel, status=status, write=write)
        case "transport":
            return faults.transport_error(TABLES.refusals, channel=channel, code=row.code, reason="x", write=write)
        case _:
            details = {
                "fault-code": [],
                "fault-major": [FaultDetail(row.code)],
                "fault-minor": [FaultDetail("urn:x", row.code)],
            }[row.source]
            return faults.fault_error(
                TABLES.refusals, channel=channel, fault_code=row.code, details=details, write=write, authenticated=True
            )


@dataclass
class Authority:
    """CeR as two calls see it: deletions fail as told; its list is empty of the slot, or cannot be read."""

    clock: HeldClock
    writes: list[AdapterError | None] = field(default_factory=list)
    reads: list[AdapterError | None] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def delete_slot(self, context: CallContext, slot_id: str) -> str:
        return self._call("write", self.writes, context) or slot_id

    def list_slots(self, context: CallContext, schedule: str, day: object) -> SlotListing:
        self._call("read", self.reads, context)
        return SlotListing(slots=(standing(),), fetched_at=self.clock.now(), digest="0" * 64)

    def _call(self, kind: str, errors: list[AdapterError | None], context: CallContext) -> str:
        """The next error told, the last one again and again."""
        error = errors.pop(0) if len(errors) > 1 else errors[0] if errors else None
        self.calls.append(kind if error is None else f"{kind} failed")
        if error is not None:
            error.correlation_id, error.message_id = context.correlation_id, context.message_id
            raise error
        return ""


def standing() -> Any:
    """The slot still stands in CeR: the deletion did not happen."""
    from adapter.domain.national import NationalSlot, NationalSlotState

    return NationalSlot(
        id="CER-1",
        reference="s1",
        schedule="C1",
        starts=STARTS,
        ends=STARTS + timedelta(minutes=20),
        state=NationalSlotState.OPEN,
        kind=SlotKind.STABLE,
        capacity=1,
    )


STARTS = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)
Site = tuple[Equipment, Authority]


def equipment(store: Store, authority: Authority, clock: HeldClock) -> Equipment:
    return Equipment(
        store=store,
        registry=cast(Any, authority),
        referrals=cast(Any, None),
        hospital=Hospitals({}),
        clock=clock,
        tables=TABLES,
        facilities=(FACILITY,),
        limits=Limits(),
    )


@pytest.fixture
def site(store: SqlStore, held_clock: HeldClock) -> Site:
    authority = Authority(held_clock)
    with store.unit_of_work() as work:
        work.calendar.put_schedule(FACILITY, Schedule("C1", CellCode("000000927722", "001"), "1100"), in_scope=True)
        slot = Slot("s1", "C1", STARTS, STARTS + timedelta(minutes=20), SlotState.WITHDRAWN, SlotKind.STABLE)
        work.calendar.put_slot(FACILITY, slot)
        work.links.put(FACILITY, "slot", "s1", "CER-1")
        work.commit()
    return equipment(store, authority, held_clock), authority


def asked(eq: Equipment) -> int:
    with eq.store.unit_of_work() as work:
        message = NewMessage(
            FACILITY, Destination.CER, Action.DELETE_SLOT, ("slot:s1",), "correlation-1", {"slot_id": "s1"}
        )
        number = work.outbox.add(message)
        work.commit()
    return number


def message(eq: Equipment, number: int) -> Message:
    with eq.store.unit_of_work() as work:
        found = work.outbox.get(number)
    assert found is not None
    return found


def rounds(eq: Equipment, clock: HeldClock, many: int, *, pause: timedelta = DAY) -> None:
    """Workers come by again and again, long after every wait is over."""
    for _ in range(many):
        deliver(eq, FACILITY)
        settle_doubts(eq, FACILITY)
        clock.sleep(pause.total_seconds())


UNREAD = {"transport server-certificate", "transport client-certificate"}
"""Rows that are our fault, and by which nobody can have read what was sent."""
READS = [SILENT, None, *(error_of(row, write=False) for row in ROWS)]
"""What a read-back may meet: silence, an answer, any row."""


def sends_of(writes: list[AdapterError | None], reads: list[AdapterError | None], many: int) -> list[str]:
    """What the authority heard of one message, in order."""
    clock = HeldClock()
    authority = Authority(clock, list(writes), list(reads))
    slot = Slot("s1", "C1", STARTS, STARTS + timedelta(minutes=20), SlotState.WITHDRAWN, SlotKind.STABLE)
    eq = equipment(cast(Any, MemoryStore(MemoryOutbox(clock.now()), slot)), authority, clock)
    asked(eq)
    rounds(eq, clock, many)
    return authority.calls


def never_twice(calls: list[str], rows: list[Refusal]) -> bool:
    """Between two sends there is an answered read-back, or the first met a row by which nothing can have happened."""
    sends = [place for place, call in enumerate(calls) if call.startswith("write")]
    return all(
        row.outcome_write == "unavailable" or row.key in UNREAD or "read" in calls[first:second]
        for row, (first, second) in zip(rows, pairwise(sends), strict=False)
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.channel} {row.key.rpartition(':')[2]}")
def test_no_row_sends_a_write_twice_unless_nothing_can_have_happened(row: Refusal) -> None:
    write, read = error_of(row, write=True), error_of(row, write=False)
    for reads in ([SILENT], [SILENT, None], [None], [read], [read, None]):
        calls = sends_of([write], reads, 2 * row.attempts_max + 2 if row.attempts_max < 30 else 6)
        assert never_twice(calls, [row] * len(calls)), calls
        if row.outcome_write == "rejected":
            assert calls == ["write failed"]
        assert calls.count("write failed") <= row.attempts_max


@given(
    rows=st.lists(st.sampled_from(ROWS), min_size=1, max_size=5), reads=st.lists(st.sampled_from(READS), min_size=1)
)
def test_whatever_comes_in_whatever_order_nothing_is_sent_twice(
    rows: list[Refusal], reads: list[AdapterError | None]
) -> None:
    calls = sends_of([error_of(row, write=True) for row in rows], reads, 8)
    assert never_twice(calls, [*rows, *[rows[-1]] * 8]), calls


# ------------------------------------------------------------------ limits


def row_of(source: str, code: str) -> Refusal:
    return next(row for row in ROWS if row.source == source and row.code.rpartition(":")[2] == code)


LIMITED = [
    pytest.param("fault-major", "bladWewnetrzny", [None], "waiting", id="in doubt, read back, not happened"),
    pytest.param("fault-major", "niepoprawnyKomunikat", [None], "waiting", id="our fault, read back, not happened"),
    pytest.param("fault-minor", "kontoPodmiotuTymczasowoZablokowane", [None], "waiting", id="nothing happened"),
]


@pytest.mark.parametrize(("source", "code", "reads", "state"), LIMITED)
def test_a_message_whose_tries_are_used_up_stops_and_whoever_the_row_names_is_told(
    site: Site, held_clock: HeldClock, source: str, code: str, reads: list[AdapterError | None], state: str
) -> None:
    eq, authority = site
    row = row_of(source, code)
    authority.writes, authority.reads = [error_of(row, write=True)], reads
    number = asked(eq)
    rounds(eq, held_clock, 2 * row.attempts_max + 5)
    stopped = message(eq, number)
    assert authority.calls.count("write failed") == row.attempts_max
    assert (stopped.state, stopped.stopped, stopped.attempts) == (state, True, row.attempts_max)
    assert f"stopped after {row.attempts_max} tries" in stopped.problem
    assert stopped.problem.endswith(f"; told: {row.told}")
    with eq.store.unit_of_work() as work:
        assert [one.id for one in work.outbox.find(stopped=True)] == [number]
        told = [one for one in work.audit.find(limit=500) if one.detail.get("outcome") == "stopped"]
    assert [(one.detail["told"], one.detail["result_code"]) for one in told] == [(row.told, row.key)]


def test_what_has_stopped_holds_its_line_until_a_person_puts_it_back(site: Site, held_clock: HeldClock) -> None:
    eq, authority = site
    row = row_of("fault-major", "bladWewnetrzny")
    authority.writes, authority.reads = [error_of(row, write=True)], [None]
    first, second = asked(eq), asked(eq)
    rounds(eq, held_clock, 2 * row.attempts_max + 5)
    assert (message(eq, first).stopped, message(eq, second).attempts) == (True, 0)
    authority.writes = [None]
    with eq.store.unit_of_work() as work:
        work.outbox.retry(first, "person:anna", "CeR works again")
        work.commit()
    assert (message(eq, first).stopped, message(eq, first).attempts) == (False, 0)
    rounds(eq, held_clock, 1)
    assert {message(eq, number).state for number in (first, second)} == {MessageState.DELIVERED}


def test_a_question_that_is_refused_stops_in_doubt_and_is_asked_again_when_put_back(
    site: Site, held_clock: HeldClock
) -> None:
    """HTTP 400 on a read says nothing about whether the write happened: neither refused nor sent again."""
    eq, authority = site
    authority.writes = [error_of(row_of("transport", "timeout"), write=True)]
    authority.reads = [error_of(row_of("http", "400"), write=False)]
    number = asked(eq)
    rounds(eq, held_clock, 3)
    stopped = message(eq, number)
    assert (stopped.state, stopped.stopped) == (MessageState.IN_DOUBT, True)
    assert stopped.problem.endswith("; told: engineer")
    assert authority.calls == ["write failed", "read failed"]
    authority.writes, authority.reads = [None], [None]
    with eq.store.unit_of_work() as work:
        work.outbox.retry(number, "person:anna", "proxy mended")
        work.commit()
    rounds(eq, held_clock, 2)
    assert message(eq, number).state is MessageState.DELIVERED
    assert authority.calls[2:] == ["read", "write"]


# ------------------------------------------------------------------ waits


def test_rests_grow_as_the_row_says_and_end_with_an_answer(site: Site, held_clock: HeldClock) -> None:
    eq, authority = site
    row = row_of("http", "503")
    authority.writes = [error_of(row, write=True)]
    asked(eq)
    waited = []
    for _ in range(8):
        deliver(eq, FACILITY)
        with eq.store.unit_of_work() as work:
            resting = work.outbox.resting(FACILITY, Destination.CER)
        assert resting is not None
        waited.append((resting.until - held_clock.now()).total_seconds())
        held_clock.sleep(waited[-1] - 1)
        sends = len(authority.calls)
        deliver(eq, FACILITY)
        assert len(authority.calls) == sends
        held_clock.sleep(1)
    assert waited == [30, 60, 120, 240, 480, 900, 900, 900]
    authority.writes = [None]
    deliver(eq, FACILITY)
    with eq.store.unit_of_work() as work:
        assert work.outbox.resting(FACILITY, Destination.CER) is None


# asked for     rests      why
RETRY_AFTER = [
    (None, 60.0, "the row's own first wait"),
    (5.0, 60.0, "less than the row waits"),
    (1800.0, 1800.0, "more than the row waits"),
    (10.0**9, 86_400.0, "no server makes us rest for ever"),
]


@pytest.mark.parametrize(("wanted", "rests", "why"), RETRY_AFTER, ids=[row[2] for row in RETRY_AFTER])
def test_retry_after_is_heeded_within_reason(
    site: Site, held_clock: HeldClock, wanted: float | None, rests: float, why: str
) -> None:
    eq, authority = site
    error = faults.http_error(TABLES.refusals, channel="cer", status=429, write=True, retry_after_seconds=wanted)
    authority.writes = [error]
    asked(eq)
    deliver(eq, FACILITY)
    with eq.store.unit_of_work() as work:
        resting = work.outbox.resting(FACILITY, Destination.CER)
    assert resting is not None
    assert resting.until - held_clock.now() == timedelta(seconds=rests), why


def test_messages_that_were_put_off_lose_no_try(site: Site, held_clock: HeldClock) -> None:
    """Only the first of a batch reached the authority; the others were claimed and not sent."""
    eq, authority = site
    authority.writes = [error_of(row_of("http", "503"), write=True)]
    with eq.store.unit_of_work() as work:
        numbers = [
            work.outbox.add(
                NewMessage(
                    FACILITY, Destination.CER, Action.DELETE_SLOT, (f"slot:{name}",), "c", {"national_slot_id": name}
                )
            )
            for name in ("a", "b")
        ]
        work.commit()
    rounds(eq, held_clock, 3)
    assert [message(eq, number).attempts for number in numbers] == [3, 0]


NOBODY_READ_IT: dict[str, Callable[[], AdapterError]] = {
    "our certificate is expired": lambda: Misconfigured("the certificate is expired", code="CERTIFICATE_EXPIRED"),
    "we do not trust the server": lambda: error_of(row_of("transport", "server-certificate"), write=True),
    "the server does not trust us": lambda: error_of(row_of("transport", "client-certificate"), write=True),
}


@pytest.mark.parametrize("made", NOBODY_READ_IT.values(), ids=NOBODY_READ_IT.keys())
def test_what_nobody_can_have_read_is_sent_again_without_asking(
    site: Site, held_clock: HeldClock, made: Callable[[], AdapterError]
) -> None:
    """It is no doubt either: who looks sees that it waits, and why."""
    eq, authority = site
    authority.writes = [made(), None]
    number = asked(eq)
    done = deliver(eq, FACILITY)
    assert (done.in_doubt, done.put_off, bool(done.misconfigured)) == (0, 1, True)
    assert message(eq, number).state is MessageState.WAITING
    rounds(eq, held_clock, 2)
    assert message(eq, number).state is MessageState.DELIVERED
    assert "read" not in authority.calls


# ------------------------------------------------------------------ ids

KINDS: list[tuple[str, str, str]] = [
    ("result-minor", "SlotZajety", "rejected"),
    ("http", "503", "unavailable"),
    ("transport", "timeout", "in doubt"),
    ("fault-major", "bladAutoryzacji", "misconfigured"),
]


@pytest.mark.parametrize(("source", "code", "kind"), KINDS, ids=[row[2] for row in KINDS])
def test_both_ids_of_a_call_are_in_the_audit_and_in_the_text(site: Site, source: str, code: str, kind: str) -> None:
    del kind
    eq, authority = site
    authority.writes = [error_of(row_of(source, code), write=True)]
    number = asked(eq)
    done = deliver(eq, FACILITY)
    stored = message(eq, number)
    with eq.store.unit_of_work() as work:
        (noted,) = [one for one in work.audit.find(limit=50) if one.detail.get("message") == number]
    assert (noted.correlation_id, noted.detail["message_id"]) == ("correlation-1", stored.message_id)
    assert f"[correlation correlation-1, message {stored.message_id}]" in stored.problem
    said = [*done.problems.values(), *done.out_of_reach.values(), done.misconfigured]
    assert any(stored.message_id in text for text in said)
