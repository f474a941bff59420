"""What CeR says: slots, visits, changes and receipts, in the words of the domain.

CeR's own names are in ``wsdl/`` and ``mappings/``; an unknown national code never becomes one of
these values (D10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from adapter.domain.identifiers import CellCode, OidPair, PersonIdentifier
from adapter.domain.slot import SlotKind


class NationalSlotState(StrEnum):
    """State of a slot in CeR."""

    OPEN = "open"
    TAKEN = "taken"
    BLOCKED = "blocked"


class NationalVisitState(StrEnum):
    """State of a visit in CeR."""

    SAVED = "saved"
    CANCELLED = "cancelled"
    SERVED = "served"
    NO_SHOW = "no-show"


class Origin(StrEnum):
    """Who made a change in CeR."""

    FACILITY = "facility"
    PATIENT = "patient"
    """In IKP, by SMS or by phone to the central line."""
    SYSTEM = "system"
    """CeR itself, from the waiting room."""


@dataclass(frozen=True, slots=True)
class NationalVisit:
    """A visit as a slot list shows it: no person in it.

    ``reference`` is our own id sent when the visit was saved, None for a visit not ours.
    """

    id: str
    slot_id: str
    state: NationalVisitState
    saved_at: datetime | None = None
    reference: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class NationalSlot:
    """A slot as CeR lists it. ``reference`` is our slot id sent when it was put, None if not ours."""

    id: str
    schedule: str
    starts: datetime
    ends: datetime
    state: NationalSlotState
    kind: SlotKind
    reference: str | None = None
    capacity: int = 1
    changed_at: datetime | None = None
    visits: tuple[NationalVisit, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A national row that could not be read: where it stood and why. Reported, never dropped (D10)."""

    position: str
    problem: str


@dataclass(frozen=True, slots=True)
class SlotListing:
    """One fetched list of slots.

    ``fetched_at`` is our clock when the answer came, ``server_time`` the authority's clock in it
    (None if it does not say), ``digest`` SHA-256 of the answer's bytes in hexadecimal.
    """

    slots: tuple[NationalSlot, ...]
    fetched_at: datetime
    digest: str
    server_time: datetime | None = None
    unreadable: tuple[UnreadableRow, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotOffer:
    """A slot to be put in CeR.

    ``reference`` is our slot id; ``schedule`` our schedule id; ``cell``, ``service`` and
    ``practitioner`` say whose calendar it is.
    """

    reference: str
    schedule: str
    cell: CellCode
    service: str
    practitioner: OidPair | None
    starts: datetime
    ends: datetime
    kind: SlotKind
    state: NationalSlotState
    capacity: int = 1


@dataclass(frozen=True, slots=True)
class SlotEdit:
    """A change of a slot in CeR: ``slot_id`` is CeR's id; None leaves a value as it is."""

    slot_id: str
    state: NationalSlotState | None = None
    kind: SlotKind | None = None
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class SlotReceipt:
    """The answer for one slot of a batch: CeR's id, or why it was refused (one bad slot sinks no other).

    ``doubt`` says why the answer proves nothing for this slot: it must be read back before it is sent again.
    """

    reference: str
    slot_id: str | None = None
    result_code: str = ""
    refusal: str | None = None
    doubt: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether CeR took this slot."""
        return self.refusal is None and self.doubt is None


@dataclass(frozen=True, slots=True, repr=False)
class VisitOrder:
    """A visit to be saved on a slot. ``reference`` is our appointment id; the person is a secret."""

    reference: str
    slot_id: str
    person: PersonIdentifier
    given: str
    family: str
    phone: str | None = None
    referral_number: OidPair | None = None
    category: int = 2

    def __repr__(self) -> str:
        return f"VisitOrder(reference={self.reference!r}, slot_id={self.slot_id!r}, ***)"


@dataclass(frozen=True, slots=True)
class VisitReceipt:
    """CeR saved, moved, cancelled or marked the visit ``visit_id``."""

    visit_id: str
    result_code: str = ""
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class VisitChange:
    """One change of a visit in CeR, from the change feed. ``person`` is a secret.

    ``sequence`` orders changes and makes them unique; ``slot_id`` is where the visit is now.
    """

    sequence: int
    visit_id: str
    slot_id: str
    state: NationalVisitState
    origin: Origin
    changed_at: datetime
    reference: str | None = None
    person: PersonIdentifier | None = None
    given: str = ""
    family: str = ""
    phone: str | None = None
    referral_number: OidPair | None = None

    def __repr__(self) -> str:
        return f"VisitChange(sequence={self.sequence}, visit_id={self.visit_id!r}, state={self.state.value!r}, ***)"


@dataclass(frozen=True, slots=True)
class VisitChanges:
    """A page of changes; ``cursor`` is where the next page starts, ``more`` whether there is one now."""

    changes: tuple[VisitChange, ...]
    cursor: str
    more: bool = False
    unreadable: tuple[UnreadableRow, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class WaitingRoomOrder:
    """A request to put a person in the waiting room (Poczekalnia) of a service."""

    reference: str
    cell: CellCode
    service: str
    person: PersonIdentifier
    given: str
    family: str
    phone: str | None = None
    referral_number: OidPair | None = None
    criterion: str = "stable"
    privilege_waived: bool = False
    not_before: date | None = None

    def __repr__(self) -> str:
        return f"WaitingRoomOrder(reference={self.reference!r}, ***)"


@dataclass(frozen=True, slots=True)
class WaitingRoomEntry:
    """An entry of the waiting room: its id, whether it is still open, until when CeR searches."""

    entry_id: str
    open: bool
    reference: str | None = None
    searched_until: date | None = None
    visit_id: str | None = None
    """The visit that CeR made of it, if any."""
