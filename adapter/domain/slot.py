"""A slot of the hospital's calendar (FHIR Slot) in the words of the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CAPACITY_MAX = 100


class SlotState(StrEnum):
    """What the hospital says of a slot. Source: fhir.md 1.1."""

    FREE = "free"
    BUSY = "busy"
    HELD = "held"
    """Tentatively taken (busy-tentative)."""
    BLOCKED = "blocked"
    """Busy and cannot be scheduled (busy-unavailable)."""
    WITHDRAWN = "withdrawn"
    """Entered in error: it should not exist."""


class SlotKind(StrEnum):
    """The four kinds of term a facility may book on (SEED-000, law.md I-07)."""

    STABLE = "stable"
    URGENT = "urgent"
    PRIVILEGED = "privileged"
    CONTINUATION = "continuation"


@dataclass(frozen=True, slots=True)
class Slot:
    """A term in the hospital's schedule.

    ``id`` and ``schedule_id`` are the EHR's ids. ``starts`` < ``ends``, both aware. ``capacity`` is
    the number of visits that may stand on it at once (1 unless told). ``changed_at`` is when the EHR
    last changed it, None if the EHR does not say.
    """

    id: str
    schedule_id: str
    starts: datetime
    ends: datetime
    state: SlotState
    kind: SlotKind
    capacity: int = 1
    changed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.starts.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("a slot's start and end are aware instants")
        if self.ends <= self.starts:
            raise ValueError("a slot ends after it starts")
        if not 1 <= self.capacity <= CAPACITY_MAX:
            raise ValueError(f"a slot's capacity is 1 to {CAPACITY_MAX}")
