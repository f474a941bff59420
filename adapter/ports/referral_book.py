"""What use cases ask of the book of referrals: what P1's rules said of each, and what was issued from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from adapter.domain.identifiers import AccessCode, ReferralKey, ReferralNumber
from adapter.domain.referral import Verification


class CheckedWhen(StrEnum):
    """On what occasion P1's rules looked at a referral."""

    READ = "read"
    VERIFIED = "verified"
    SAVED = "saved"
    ANNULLED = "annulled"


@dataclass(frozen=True, slots=True)
class StoredCheck:
    """The last word of P1's rules on a referral on one occasion; what they said is sealed at rest."""

    number: ReferralNumber
    occasion: CheckedWhen
    checked_at: datetime
    verification: Verification
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A referral issued from here. Its secrets are kept, sealed, only until they were handed over.

    ``key`` and ``code`` are None after that, or when the answer that held them was lost.
    """

    number: ReferralNumber
    saved_at: datetime
    key: ReferralKey | None = None
    code: AccessCode | None = None
    handed_at: datetime | None = None
    annulled_at: datetime | None = None


class ReferralBook(Protocol):
    """What is known of referrals by their number."""

    def put_check(self, facility: str, check: StoredCheck) -> None:
        """Insert, or replace what was said on the same occasion before."""

    def checks(self, facility: str, number: ReferralNumber) -> Sequence[StoredCheck]:
        """What the rules said, newest first."""

    def put_issued(self, facility: str, issued: Issued) -> None:
        """Insert or replace."""

    def issued(self, facility: str, number: ReferralNumber) -> Issued | None:
        """A referral issued from here, locked until the transaction ends; None when it was not."""
