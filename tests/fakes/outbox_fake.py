"""An outbox in memory, as far as delivery and the settling of doubts see it; the books beside it hold one slot.

Lines, pauses and due times are kept as the store keeps them, so that a million tries take a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from adapter.domain.slot import Slot
from adapter.ports.store import AuditRecord, Destination, Message, MessageState, NewMessage, Rest, Settlement

FOREVER = datetime.max.replace(tzinfo=UTC)
OPEN = {MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT}


@dataclass
class MemoryOutbox:
    """Messages in the order of their ids, and the pauses of destinations."""

    now: datetime
    messages: dict[int, Message] = field(default_factory=dict)
    due: dict[int, datetime] = field(default_factory=dict)
    pauses: dict[tuple[str, Destination], Rest] = field(default_factory=dict)

    def add(self, new: NewMessage) -> int:
        number = len(self.messages) + 1
        self.messages[number] = Message(
            number, new.facility, new.destination, new.action, new.subjects, new.correlation_id, "", new.payload,
            new.sealed, MessageState.WAITING, 0, self.now,
        )  # fmt: skip
        self.due[number] = self.now
        return number

    def _ready(self, state: MessageState, now: datetime) -> list[Message]:
        return [
            one
            for one in self.messages.values()
            if one.state is state
            and self.due[one.id] <= now
            and not ((rest := self.pauses.get((one.facility, one.destination))) and rest.until > now)
        ]

    def claim(
        self, worker: int, now: datetime, limit: int, *, facility: str | None = None, national_only: bool = False
    ) -> Sequence[Message]:
        claimed = []
        for one in self._ready(MessageState.WAITING, now):
            if national_only and one.destination is Destination.EHR:
                continue
            earlier = (each for each in self.messages.values() if each.id < one.id and each.state in OPEN)
            if not any(set(each.subjects) & set(one.subjects) for each in earlier):
                self.messages[one.id] = one._replace(
                    state=MessageState.SENDING, attempts=one.attempts + 1, sent_at=now, message_id=str(uuid4())
                )
                claimed.append(self.messages[one.id])
        return claimed[:limit]

    def doubts_due(self, now: datetime, limit: int, *, facility: str | None = None) -> Sequence[Message]:
        return self._ready(MessageState.IN_DOUBT, now)[:limit]

    def settle(self, settlements: Sequence[Settlement]) -> frozenset[int]:
        changed = set()
        for end in settlements:
            one = self.messages[end.message.id]
            if one.message_id == end.message.message_id and one.state in {MessageState.SENDING, MessageState.IN_DOUBT}:
                self.messages[one.id] = one._replace(
                    state=end.state,
                    result_code=end.result_code,
                    problem=end.problem,
                    stopped=end.stopped,
                    attempts=one.attempts if end.sent else one.attempts - 1,
                )
                self.due[one.id] = FOREVER if end.stopped else end.not_before or self.due[one.id]
                changed.add(one.id)
        return frozenset(changed)

    def pause(self, facility: str, destination: Destination, until: datetime, problem: str) -> None:
        self.pauses[facility, destination] = Rest(until, self.failures(facility, destination) + 1, problem)

    def resume(self, facility: str, destination: Destination) -> None:
        self.pauses.pop((facility, destination), None)

    def failures(self, facility: str, destination: Destination) -> int:
        last = self.pauses.get((facility, destination))
        return last.failures if last else 0

    def resting(self, facility: str, destination: Destination) -> Rest | None:
        return self.pauses.get((facility, destination))

    def recover(self, now: datetime, ask_at: datetime) -> int:
        return 0


@dataclass
class MemoryStore:
    """A store of one outbox, one slot that CeR knows as ``CER-1``, and the audit. Everything is written at once."""

    outbox: MemoryOutbox
    slot: Slot
    audit: list[Any] = field(default_factory=list)

    @contextmanager
    def worker(self) -> Iterator[int]:
        yield 1

    def _write_each(self, common: AuditRecord, each: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        self.audit += [replace(common, subject=subject, detail={**common.detail, **own}) for subject, own in each]

    @contextmanager
    def unit_of_work(self) -> Iterator[Any]:
        yield SimpleNamespace(
            outbox=self.outbox,
            calendar=SimpleNamespace(slot=lambda facility, slot_id: self.slot, visits_on=lambda facility, slot_id: ()),
            links=SimpleNamespace(theirs=lambda facility, kind, ours: "CER-1", remove=lambda *given: None),
            audit=SimpleNamespace(write=self.audit.append, write_each=self._write_each),
            commit=lambda: None,
        )
