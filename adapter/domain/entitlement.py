"""Category of a patient (art. 19a ust. 4 pkt 3) and the right to be served out of turn (art. 47c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum


class Category(IntEnum):
    """The six categories of the admission schedule, numbered as SEED-002 numbers them (law.md C-01)."""

    SAME_DAY = 1
    WAITING = 2
    ONCOLOGY = 3
    """Waiting with a DILO card."""
    PRIVILEGED = 4
    """Right to be served out of turn."""
    CONTINUING = 5
    EMERGENCY = 6


class Criterion(StrEnum):
    """Medical criterion of a waiting patient (przypadek stabilny / pilny)."""

    STABLE = "stable"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class EntitlementDocument:
    """The document that shows the right (V-10): its kind, number and days. The number is never shown.

    ``valid_until`` is its last day, None where the document names none.
    """

    kind: str
    number: str = field(default="", repr=False)
    issued_on: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Right to be served out of turn: its code (law.md V-01), who verified it when (V-06), and by which document.

    A right that nobody verified has ``verified_by`` and ``verified_at`` None.
    """

    code: str
    verified_by: str | None = None
    verified_at: datetime | None = None
    document: EntitlementDocument | None = None

    @property
    def verified(self) -> bool:
        """Whether the facility checked the document."""
        return self.verified_by is not None and self.verified_at is not None


@dataclass(frozen=True, slots=True)
class Waiver:
    """The patient's own waiver of the privilege (law.md V-05): when, who noted it, why."""

    given_at: datetime
    noted_by: str
    reason: str
