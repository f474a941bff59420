"""The paper original of a referral: when it was posted, by what, when it came, where it lies (R-02, R-03, T-07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PostingChannel(StrEnum):
    """By what a document was handed in. Which of them count as delivery is T-07's matter."""

    DESIGNATED_OPERATOR = "designated-operator"
    """A Polish post office of the designated operator."""
    EU_UNIVERSAL_OPERATOR = "eu-universal-operator"
    UNIT_COMMAND = "unit-command"
    """A soldier at the command of the unit."""
    PRISON = "prison"
    SHIP_CAPTAIN = "ship-captain"
    COURIER = "courier"
    IN_PERSON = "in-person"


@dataclass(frozen=True, slots=True)
class PaperReferral:
    """Dates of one paper original. ``ground`` says why paper was lawful (R-11), ``location`` where it is kept."""

    received_on: date | None = None
    posted_on: date | None = None
    channel: PostingChannel | None = None
    location: str = ""
    ground: str = ""
    confirmed_missing_by: str = ""
    """Who confirmed that it will not come (R-02), empty while nobody did."""
