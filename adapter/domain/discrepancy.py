"""A difference between the two banks, and the pairs it is judged from (docs/operations/discrepancies.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from adapter.domain.appointment import ACTIVE_STATES, VisitState
from adapter.domain.national import NationalSlotState, NationalVisit
from adapter.domain.slot import SlotKind, SlotState


class DiscrepancyClass(StrEnum):
    """Classes that are detected; severity, owner and remedy are in ``mappings/discrepancies.csv``."""

    BOOKED_WHILE_BLOCKED = "BOOKED_WHILE_BLOCKED"
    BLOCK_NOT_SENT = "BLOCK_NOT_SENT"
    BOOKED_BEFORE_BLOCK = "BOOKED_BEFORE_BLOCK"
    BLOCK_UNPROVEN = "BLOCK_UNPROVEN"
    DOUBLE_BOOKED = "DOUBLE_BOOKED"
    SURPLUS_SLOT_EMPTY = "SURPLUS_SLOT_EMPTY"
    SURPLUS_SLOT_BOOKED = "SURPLUS_SLOT_BOOKED"
    MISSING_SLOT = "MISSING_SLOT"
    VISIT_ONLY_IN_CER = "VISIT_ONLY_IN_CER"
    VISIT_ONLY_IN_HOSPITAL = "VISIT_ONLY_IN_HOSPITAL"
    VISIT_STATE_MISMATCH = "VISIT_STATE_MISMATCH"


class DiscrepancyState(StrEnum):
    """Life of a stored discrepancy: open -> acknowledged | remedied | reported | closed.

    ``closed`` is also reached by itself, when a later comparison no longer finds the difference.
    """

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """Somebody, or a remedy on its way, looks after it."""
    REMEDIED = "remedied"
    REPORTED = "reported"
    """It went to CeZ in a filed package."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class HospitalVisitView:
    """A visit on the hospital's side of a pair; ``national_id`` from the link table or the EHR."""

    id: str
    state: VisitState
    national_id: str | None = None

    @property
    def active(self) -> bool:
        """Whether the visit takes up its slot."""
        return self.state in ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class HospitalSlotView:
    """A slot on the hospital's side of a pair, with its active visits."""

    id: str
    starts: datetime
    ends: datetime
    state: SlotState
    kind: SlotKind
    capacity: int = 1
    changed_at: datetime | None = None
    visits: tuple[HospitalVisitView, ...] = ()


@dataclass(frozen=True, slots=True)
class NationalSlotView:
    """A slot on CeR's side of a pair, with its active visits and the fetch it was seen in."""

    id: str
    starts: datetime
    ends: datetime
    state: NationalSlotState
    kind: SlotKind
    visits: tuple[NationalVisit, ...] = ()
    fetched_at: datetime | None = None
    listing_digest: str = ""
    capacity: int = 1


@dataclass(frozen=True, slots=True)
class BlockView:
    """The history of a block on the slot of a pair, None where nothing was asked or answered."""

    message_id: str
    asked_at: datetime
    answered_at: datetime | None = None
    result_code: str = ""
    proven_at: datetime | None = None
    clock_offset_seconds: float | None = None
    listing_digest: str = ""


@dataclass(frozen=True, slots=True)
class SlotPair:
    """Both sides of one term. At least one of ``hospital`` and ``national`` is there.

    ``known_visits`` are the hospital's own records of CeR's visits of this pair that are not among
    ``hospital.visits``: cancelled, moved to another slot, or on a slot the hospital withdrew.
    """

    facility: str
    schedule_id: str
    day: date
    hospital: HospitalSlotView | None
    national: NationalSlotView | None
    block: BlockView | None = None
    known_visits: tuple[HospitalVisitView, ...] = ()

    def __post_init__(self) -> None:
        if self.hospital is None and self.national is None:
            raise ValueError("a pair has at least one side")


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One named difference. ``evidence`` holds ids, times and codes only: never a person.

    ``key`` makes the same difference found again the same row: class, slot and visit ids.
    """

    kind: DiscrepancyClass
    facility: str
    schedule_id: str
    day: date
    hospital_slot_id: str | None
    national_slot_id: str | None
    hospital_visit_ids: tuple[str, ...] = ()
    national_visit_ids: tuple[str, ...] = ()
    evidence: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Identity of the difference."""
        visits = self.national_visit_ids or self.hospital_visit_ids
        if self.kind is DiscrepancyClass.VISIT_STATE_MISMATCH:  # two of ours may claim one of theirs
            visits = (*self.national_visit_ids, *self.hospital_visit_ids)
        parts = (
            self.kind.value,
            self.schedule_id,
            self.hospital_slot_id or "-",
            self.national_slot_id or "-",
            ",".join(sorted(visits)),
        )
        return "|".join(parts)
