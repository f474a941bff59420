"""An e-referral (e-skierowanie) and its state in the national system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.entitlement import Criterion
from adapter.domain.identifiers import ReferralAccess, ReferralNumber


class ReferralState(StrEnum):
    """State of an e-referral in P1 (p1.md 4)."""

    ISSUED = "issued"
    WITH_PROVIDER = "with-provider"
    COMPLETED = "completed"
    ANNULLED = "annulled"


class Payer(StrEnum):
    """How the patient realises the referral: reimbursed by NFZ or fully paid."""

    REIMBURSED = "reimbursed"
    PAID_IN_FULL = "paid-in-full"


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as the hospital knows it (FHIR ServiceRequest).

    ``id`` is the EHR's id. ``access`` is how it can be opened: key, or code with the person's
    identifier; None when the hospital has neither (yet). ``number`` is None until known.
    """

    id: str
    patient_id: str
    criterion: Criterion = Criterion.STABLE
    number: ReferralNumber | None = None
    access: ReferralAccess | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One verification rule's result on a referral (REG.WER.*), kept and shown (p1.md 3.3)."""

    code: str
    severity: str
    """``positive``, ``warning`` or ``error``."""
    text: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class ReferralReading:
    """What P1 answered when a referral was read.

    ``key`` is present only when read for realisation. ``document`` is the CDA as received.
    """

    state: ReferralState
    number: ReferralNumber | None
    document: bytes = b""
    key: ReferralAccess | None = None
    findings: tuple[RuleFinding, ...] = ()

    def __repr__(self) -> str:
        return f"ReferralReading(state={self.state.value!r}, number={self.number!r}, ***)"
