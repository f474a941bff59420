"""A store and a CeR in memory, as far as reconciling, mending and reporting need them. Both keep state."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from adapter.domain.appointment import Visit
from adapter.domain.discrepancy import (
    BlockView,
    Discrepancy,
    HospitalSlotView,
    HospitalVisitView,
    NationalSlotView,
    SlotPair,
)
from adapter.domain.national import NationalSlot, SlotListing, UnreadableRow
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.errors import AdapterError, Refused
from adapter.ports import CallContext
from adapter.ports.store import (
    Action,
    AuditRecord,
    BlockProof,
    Destination,
    Message,
    MessageState,
    NewMessage,
    Rest,
    StoredDiscrepancy,
)

WARSAW = ZoneInfo("Europe/Warsaw")


def warsaw_day(moment: datetime) -> date:
    return moment.astimezone(WARSAW).date()


@dataclass
class HeldClock:
    """A clock that stands still until it is moved."""

    at: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class FakeRegistry:
    """CeR's slot lists by schedule; ``troubles`` are raised for (schedule, day), ``unreadable`` rows added."""

    slots: dict[str, list[NationalSlot]] = field(default_factory=dict)
    troubles: dict[tuple[str, date], AdapterError] = field(default_factory=dict)
    unreadable: dict[tuple[str, date], tuple[UnreadableRow, ...]] = field(default_factory=dict)
    asked: list[tuple[str, date]] = field(default_factory=list)
    clock: HeldClock = field(default_factory=HeldClock)

    def list_slots(self, context: CallContext, schedule: str, day: date) -> SlotListing:
        self.asked.append((schedule, day))
        if (schedule, day) in self.troubles:
            raise self.troubles[schedule, day]
        found = tuple(slot for slot in self.slots.get(schedule, []) if warsaw_day(slot.starts) == day)
        digest = f"{hash(found) & (2**64 - 1):064x}"
        return SlotListing(
            found,
            self.clock.now(),
            digest,
            self.clock.now() + timedelta(seconds=1),
            self.unreadable.get((schedule, day), ()),
        )


@dataclass
class State:
    """Everything that the fake store keeps."""

    schedules: dict[str, Schedule] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    blocks: dict[str, BlockProof] = field(default_factory=dict)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    listings: dict[tuple[str, date], SlotListing] = field(default_factory=dict)
    discrepancies: list[StoredDiscrepancy] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    rests: dict[tuple[str, Destination], Rest] = field(default_factory=dict)
    audit: list[AuditRecord] = field(default_factory=list)


class FakeCalendar:
    def __init__(self, state: State) -> None:
        self.state = state

    def schedules(self, facility: str, *, in_scope: bool = True) -> Sequence[Schedule]:
        return [self.state.schedules[key] for key in sorted(self.state.schedules)]

    def schedule(self, facility: str, schedule_id: str) -> Schedule | None:
        return self.state.schedules.get(schedule_id)

    def slot(self, facility: str, slot_id: str) -> Slot | None:
        return self.state.slots.get(slot_id)

    def visit(self, facility: str, visit_id: str) -> Visit | None:
        return self.state.visits.get(visit_id)


class FakeLinks:
    def __init__(self, state: State) -> None:
        self.state = state

    def theirs(self, facility: str, kind: str, ours: str) -> str | None:
        return self.state.links.get((kind, ours))

    def ours(self, facility: str, kind: str, theirs: str) -> str | None:
        return next((key[1] for key, value in self.state.links.items() if (key[0], value) == (kind, theirs)), None)


class FakeOutbox:
    def __init__(self, state: State) -> None:
        self.state = state

    def add(self, message: NewMessage) -> int:
        number = len(self.state.messages) + 1
        self.state.messages.append(
            Message(
                number,
                message.facility,
                message.destination,
                message.action,
                message.subjects,
                message.correlation_id,
                f"M{number}",
                message.payload,
                None,
                MessageState.WAITING,
                0,
                datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            )
        )
        return number

    def find(
        self,
        *,
        facility: str | None = None,
        states: Sequence[MessageState] = (),
        actions: Sequence[Action] = (),
        subject: str | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        return [
            message
            for message in reversed(self.state.messages)
            if (not states or message.state in states)
            and (not actions or message.action in actions)
            and (subject is None or subject in message.subjects)
        ][:limit]

    def pause(self, facility: str, destination: Destination, until: datetime, problem: str) -> None:
        failures = self.failures(facility, destination) + 1
        self.state.rests[facility, destination] = Rest(until, failures, problem)

    def resume(self, facility: str, destination: Destination) -> None:
        self.state.rests.pop((facility, destination), None)

    def failures(self, facility: str, destination: Destination) -> int:
        last = self.resting(facility, destination)
        return 0 if last is None else last.failures

    def resting(self, facility: str, destination: Destination) -> Rest | None:
        return self.state.rests.get((facility, destination))


class FakeDifferences:
    def __init__(self, state: State) -> None:
        self.state = state

    def load_listing(self, facility: str, schedule_id: str, day: date, listing: SlotListing) -> bool:
        before = self.state.listings.get((schedule_id, day))
        self.state.listings[schedule_id, day] = listing
        return before is None or before.digest != listing.digest

    def compare(self, facility: str, schedule_id: str | None, first: date, last: date) -> Iterator[SlotPair]:
        for (schedule, day), listing in sorted(self.state.listings.items()):
            if schedule_id in {None, schedule} and first <= day <= last:
                yield from self._pairs(facility, schedule, day, listing)

    def _pairs(self, facility: str, schedule: str, day: date, listing: SlotListing) -> Iterator[SlotPair]:
        rest = {slot.id: slot for slot in listing.slots}
        for slot in self.state.slots.values():
            if slot.schedule_id != schedule or warsaw_day(slot.starts) != day:
                continue
            linked = self.state.links.get(("slot", slot.id))
            match = next((s for s in rest.values() if s.id == linked or s.reference == slot.id), None)
            theirs = None if match is None else self._theirs(rest.pop(match.id), listing)
            proof = self.state.blocks.get(slot.id)
            block = None
            if proof is not None:
                block = BlockView(
                    proof.message_id,
                    proof.asked_at,
                    proof.answered_at,
                    proof.result_code,
                    proof.proven_at,
                    proof.clock_offset_seconds,
                    proof.listing_digest,
                )
            yield SlotPair(facility, schedule, day, self._ours(slot), theirs, block)
        for left in rest.values():
            yield SlotPair(facility, schedule, day, None, self._theirs(left, listing))

    def _ours(self, slot: Slot) -> HospitalSlotView:
        visits = tuple(
            HospitalVisitView(visit.id, visit.state, self.state.links.get(("visit", visit.id)))
            for visit in self.state.visits.values()
            if slot.id in visit.slot_ids and visit.active
        )
        return HospitalSlotView(
            slot.id, slot.starts, slot.ends, slot.state, slot.kind, slot.capacity, slot.changed_at, visits
        )

    def _theirs(self, slot: NationalSlot, listing: SlotListing) -> NationalSlotView:
        return NationalSlotView(
            slot.id,
            slot.starts,
            slot.ends,
            slot.state,
            slot.kind,
            slot.visits,
            listing.fetched_at,
            listing.digest,
            slot.capacity,
        )

    def record(self, facility: str, found: Sequence[Discrepancy], at: datetime) -> None:
        for one in found:
            known = [
                n
                for n, old in enumerate(self.state.discrepancies)
                if old.found.key == one.key and old.state != "closed"
            ]
            if known:
                old = self.state.discrepancies[known[0]]
                self.state.discrepancies[known[0]] = replace(old, found=one, last_seen=at)
            else:
                number = len(self.state.discrepancies) + 1
                self.state.discrepancies.append(StoredDiscrepancy(number, facility, one, at, at, "open"))

    def close_missing(self, facility: str, schedule_id: str | None, first: date, last: date, at: datetime) -> int:
        closed = 0
        for n, old in enumerate(self.state.discrepancies):
            same = old.found.schedule_id == schedule_id and first <= old.found.day <= last
            if same and old.last_seen != at and old.state != "closed":
                entry = {
                    "at": at.isoformat(),
                    "who": "system:reconcile",
                    "state": "closed",
                    "note": "not found any more",
                }
                self.state.discrepancies[n] = replace(old, state="closed", history=(*old.history, entry))
                closed += 1
        return closed

    def find(
        self,
        *,
        facility: str | None = None,
        first: date | None = None,
        last: date | None = None,
        states: Sequence[str] = (),
        classes: Sequence[str] = (),
        limit: int = 1000,
    ) -> Sequence[StoredDiscrepancy]:
        return [
            one
            for one in sorted(self.state.discrepancies, key=lambda one: (one.found.day, one.id))
            if (facility is None or one.facility == facility)
            and (first is None or one.found.day >= first)
            and (last is None or one.found.day <= last)
            and (not states or one.state in states)
            and (not classes or one.found.kind.value in classes)
        ][:limit]

    def get(self, discrepancy_id: int) -> StoredDiscrepancy | None:
        return next((one for one in self.state.discrepancies if one.id == discrepancy_id), None)

    def mark(self, discrepancy_id: int, state: str, who: str, note: str, at: datetime) -> None:
        for n, old in enumerate(self.state.discrepancies):
            if old.id == discrepancy_id:
                if old.state == "closed" and state != "reported":
                    raise Refused(f"discrepancy {discrepancy_id} is closed", code="DISCREPANCY_CLOSED")
                entry: Mapping[str, object] = {"at": at.isoformat(), "who": who, "state": state, "note": note}
                kept = "closed" if old.state == "closed" else state
                self.state.discrepancies[n] = replace(old, state=kept, history=(*old.history, entry))


class FakeAudit:
    def __init__(self, state: State) -> None:
        self.state = state

    def write(self, *records: AuditRecord) -> None:
        self.state.audit.extend(records)


class FakeWork:
    """One transaction: what it did is kept only by ``commit``."""

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.state = copy.deepcopy(store.state)
        self.calendar = FakeCalendar(self.state)
        self.links = FakeLinks(self.state)
        self.outbox = FakeOutbox(self.state)
        self.differences = FakeDifferences(self.state)
        self.audit = FakeAudit(self.state)

    def commit(self) -> None:
        self.store.state = copy.deepcopy(self.state)


@dataclass
class FakeStore:
    """The store; tests put things into ``state`` and read it afterwards."""

    state: State = field(default_factory=State)

    @contextmanager
    def unit_of_work(self) -> Iterator[FakeWork]:
        yield FakeWork(self)
