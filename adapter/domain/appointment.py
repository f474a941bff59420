"""A visit in the hospital's calendar (FHIR Appointment) in the words of the domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from adapter.domain.entitlement import Category, Criterion, Entitlement, Waiver


class VisitState(StrEnum):
    """State of a visit; permitted transitions are data (``mappings/visit_transitions.csv``)."""

    PROPOSED = "proposed"
    PENDING = "pending"
    WAITING = "waiting"
    """On the waiting list (FHIR waitlist): a date is still to be found."""
    BOOKED = "booked"
    ARRIVED = "arrived"
    CHECKED_IN = "checked-in"
    SERVED = "served"
    CANCELLED = "cancelled"
    NO_SHOW = "no-show"
    VOID = "void"
    """Entered in error."""


ACTIVE_STATES = frozenset(
    {VisitState.PENDING, VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN, VisitState.SERVED}
)
"""States in which a visit takes up its slot (fhir.md 1.2, the joint truth table)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A patient's visit or waiting-list entry as the hospital states it.

    ``id``, ``slot_ids``, ``patient_id`` and ``referral_id`` are the EHR's ids (Appointment, Slot,
    Patient, ServiceRequest). ``starts``/``ends`` are None only for a waiting entry without a term.
    ``reported_at`` is the day of registration from which the law counts. ``end_reason`` is the code
    of ``mappings/cancellation_reasons.csv``; None unless cancelled or no-show.
    """

    id: str
    state: VisitState
    patient_id: str
    reported_at: datetime
    slot_ids: tuple[str, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    referral_id: str | None = None
    schedule_id: str | None = None
    category: Category = Category.WAITING
    criterion: Criterion = Criterion.STABLE
    entitlement: Entitlement | None = None
    waiver: Waiver | None = None
    end_reason: str | None = None
    changed_at: datetime | None = None
    national_id: str | None = field(default=None)
    """The visit's id in CeR as the EHR knows it, None before it was saved there."""

    def __post_init__(self) -> None:
        if (self.starts is None) != (self.ends is None):
            raise ValueError("a visit has both start and end, or neither")
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            raise ValueError("a visit ends after it starts")

    @property
    def active(self) -> bool:
        """Whether the visit takes up its slot."""
        return self.state in ACTIVE_STATES
