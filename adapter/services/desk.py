"""One piece of work in one transaction: for which facility, under which correlation id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from adapter.domain.moments import warsaw_day
from adapter.ports.store import (
    Action,
    AuditRecord,
    Destination,
    Message,
    MessageState,
    NewMessage,
    StoredProblem,
    UnitOfWork,
)
from adapter.services.equipment import Equipment

UNFINISHED = (MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT)
"""States of a message that is still to be settled."""
UNFINISHED_MAX = 1000
"""Unfinished messages of one subject that are looked at."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a use case works: ports and tables, an open unit of work, a facility, a correlation id."""

    eq: Equipment
    work: UnitOfWork
    facility: str
    correlation_id: str
    notes: list[StoredProblem] = field(default_factory=list)
    """Warnings of rules about the entry at hand."""

    @property
    def today(self) -> date:
        """The Warsaw day."""
        return warsaw_day(self.eq.clock.now())

    def send(
        self,
        destination: Destination,
        action: Action,
        subjects: Sequence[str],
        payload: Mapping[str, object],
        *,
        sealed: Mapping[str, object] | None = None,
        after: int | None = None,
    ) -> int:
        """Append a message to the outbox; returns its id."""
        return self.work.outbox.add(
            NewMessage(
                facility=self.facility,
                destination=destination,
                action=action,
                subjects=tuple(dict.fromkeys(subjects)),
                correlation_id=self.correlation_id,
                payload=payload,
                sealed=sealed,
                after=after,
            )
        )

    def pending(self, subject: str, actions: Sequence[Action]) -> Message | None:
        """The last unfinished message of these kinds on a subject, None when there is none."""
        found = self.unfinished(subject, actions, limit=1)
        return found[0] if found else None

    def unfinished(self, subject: str, actions: Sequence[Action], *, limit: int = UNFINISHED_MAX) -> Sequence[Message]:
        """Unfinished messages of these kinds on a subject, newest first."""
        return self.work.outbox.find(
            facility=self.facility, states=UNFINISHED, actions=actions, subject=subject, limit=limit
        )

    def newest(self, subject: str, actions: Sequence[Action]) -> Message | None:
        """The newest message of these kinds on a subject in any state, None when there is none."""
        found = self.work.outbox.find(facility=self.facility, actions=actions, subject=subject, limit=1)
        return found[0] if found else None

    def audit(self, actor: str, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """Write one line of the audit; ``detail`` holds ids and codes only."""
        self.work.audit.write(
            AuditRecord(
                at=self.eq.clock.now(),
                actor=actor,
                action=action,
                facility=self.facility,
                subject=subject,
                correlation_id=self.correlation_id,
                detail=detail,
            )
        )
