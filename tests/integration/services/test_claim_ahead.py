"""While a batch of slots is sent, the next one is claimed: no failure reaches it, and none of it is forgotten."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from store_fixtures import HeldClock

from adapter import resources
from adapter.bootstrap.hospitals import Hospitals
from adapter.domain.identifiers import CellCode
from adapter.domain.national import SlotOffer, SlotReceipt
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import AdapterError, InDoubt, Rejected, Unavailable
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.ports.store import Action, Destination, MessageState, NewMessage
from adapter.services.deliver import deliver
from adapter.services.equipment import Equipment, Limits
from adapter.store.unit_of_work import SqlStore

FACILITY = "demo"
BATCH = 2
SLOTS = 3 * BATCH
STARTS = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)
PATIENCE_SECONDS = 30.0
ENDS: list[AdapterError | None] = [
    Unavailable("nobody answers", code="EXCHANGE_NOT_SENT"),
    InDoubt("the answer was lost"),
    Rejected("no", code="REFUSED"),
    None,
]


@dataclass
class Authority:
    """CeR that answers a batch only when the next one is in the same worker's hands."""

    store: SqlStore
    batches: int = SLOTS // BATCH
    """How many are to come."""
    errors: list[AdapterError | None] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)

    def put_slots(self, context: CallContext, offers: Sequence[SlotOffer]) -> list[SlotReceipt]:
        self.heard.append([offer.reference for offer in offers])
        self.ahead.append(self._claimed_ahead() if len(self.heard) < self.batches else 0)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return [SlotReceipt(offer.reference, f"CER-{offer.reference}", "urn:ok") for offer in offers]

    def _claimed_ahead(self) -> int:
        """How many are in hand beside those that are being sent, once there are any."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with self.store.unit_of_work() as work:
                sending = work.outbox.find(facility=FACILITY, states=[MessageState.SENDING])
            further = {str(one.payload["slot_id"]) for one in sending} - {one for each in self.heard for one in each}
            if further:
                return len(further)
        return 0


@pytest.fixture
def eq(store: SqlStore, held_clock: HeldClock) -> Equipment:
    with store.unit_of_work() as work:
        work.calendar.put_schedule(FACILITY, Schedule("C1", CellCode("000000927722", "001"), "1100"), in_scope=True)
        for number in range(SLOTS):
            start = STARTS + number * timedelta(minutes=20)
            slot = Slot(f"s{number}", "C1", start, start + timedelta(minutes=20), SlotState.FREE, SlotKind.STABLE)
            work.calendar.put_slot(FACILITY, slot)
            work.outbox.add(
                NewMessage(
                    FACILITY, Destination.CER, Action.PUT_SLOT, (f"slot:s{number}",), "c", {"slot_id": f"s{number}"}
                )
            )
        work.commit()
    return Equipment(
        store=store,
        registry=cast(Any, Authority(store)),
        referrals=cast(Any, None),
        hospital=Hospitals({}),
        clock=held_clock,
        tables=load_tables(resources.mappings()),
        facilities=(FACILITY,),
        limits=Limits(claim_batch_max=BATCH, put_batch_max=BATCH),
        write_back_types=frozenset(),
    )


def states(eq: Equipment) -> dict[str, tuple[MessageState, int]]:
    """State and tries of each slot's message."""
    with eq.store.unit_of_work() as work:
        found = work.outbox.find(facility=FACILITY)
    return {str(one.payload["slot_id"]): (one.state, one.attempts) for one in found}


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
def test_what_becomes_of_a_batch_is_nothing_to_the_one_claimed_meanwhile(
    eq: Equipment, error: AdapterError | None
) -> None:
    """CeR out of reach rests: what was claimed ahead is put off, and that was no try. Else it is sent in its turn."""
    authority = cast(Authority, eq.registry)
    authority.errors = [error]
    first = {
        "Unavailable": MessageState.WAITING,
        "InDoubt": MessageState.IN_DOUBT,
        "Rejected": MessageState.REFUSED,
        "NoneType": MessageState.DELIVERED,
    }[type(error).__name__]
    done = deliver(eq, FACILITY)
    out_of_reach = isinstance(error, Unavailable)
    others = (MessageState.WAITING, 0) if out_of_reach else (MessageState.DELIVERED, 1)
    assert states(eq) == {f"s{n}": (first, 1) if n < BATCH else others for n in range(SLOTS)}
    assert authority.ahead == ([BATCH] if out_of_reach else [BATCH, BATCH, 0])
    assert authority.heard == [["s0", "s1"]] if out_of_reach else [["s0", "s1"], ["s2", "s3"], ["s4", "s5"]]
    assert (done.put_off, done.delivered) == ((2 * BATCH, 0) if out_of_reach else (0, 2 * BATCH + BATCH * (not error)))


def test_no_more_is_claimed_than_was_allowed(eq: Equipment) -> None:
    """A claim that nobody would send must not be left in the hands of a worker that is gone."""
    cast(Authority, eq.registry).batches = 2
    done = deliver(eq, FACILITY, rounds_max=2)
    assert done.delivered == 2 * BATCH
    assert Counter(state for state, _ in states(eq).values()) == {
        MessageState.DELIVERED: 2 * BATCH,
        MessageState.WAITING: BATCH,
    }


def test_an_answer_that_our_store_cannot_take_leaves_what_was_claimed_ahead_to_be_asked_about(
    eq: Equipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker gives up with its error; the next one finds both batches and loses none."""

    def broken(*_: object) -> None:
        raise Unavailable("the database is gone")

    with monkeypatch.context() as during:
        during.setattr("adapter.services.deliver.settle_all", broken)
        with pytest.raises(Unavailable):
            deliver(eq, FACILITY)
    assert deliver(eq, FACILITY).recovered >= 2 * BATCH
    assert {state for state, _ in states(eq).values()} <= {MessageState.IN_DOUBT, MessageState.DELIVERED}
