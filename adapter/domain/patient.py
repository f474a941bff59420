"""A patient as far as a booking needs one. Everything in it is a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.domain.identifiers import PersonIdentifier


@dataclass(frozen=True, slots=True, repr=False)
class Patient:
    """Identity and contact of a person.

    ``id`` is the EHR's id (safe to show); the rest is never shown. ``phone`` holds one number in
    E.164 form (cer.md PB-4: two numbers in one field break the central system).
    """

    id: str
    identifier: PersonIdentifier
    given: str
    family: str
    phone: str | None = None
    email: str | None = None
    address: str = ""
    """In one line, as the register keeps it (D-01 lit. g)."""
    no_address_in_poland: bool = False
    """Neither lives nor stays in Poland: reported as ``BD``."""
    other_contact: str = ""
    """Another way to reach the patient or the guardian (D-01 lit. h)."""
    deceased: bool = False
    deceased_on: date | None = None
    """The day of death where it is told; ``deceased`` may be known without it (X-07)."""

    def __repr__(self) -> str:
        return f"Patient(id={self.id!r}, ***)"
