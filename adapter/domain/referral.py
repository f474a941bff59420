"""An e-referral (e-skierowanie) and its state in the national system."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from adapter.domain.entitlement import Criterion
from adapter.domain.identifiers import AccessCode, OidPair, ReferralAccess, ReferralKey, ReferralNumber
from adapter.domain.paper_referral import PaperReferral


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
    paper: PaperReferral | None = None
    """Dates of the paper original where the referral is one of paper (R-01, R-02)."""
    printout_only: bool = False
    """Only the information sheet was shown (R-13)."""
    noted: bool = False
    """The data of art. 59b ust. 1 were written down while P1 was out of reach (R-07)."""
    diagnosis: str = ""
    """ICD-10 code that the referral shows, empty when it shows none."""
    body_area: str = ""
    """Code of the body area, empty when none is named (U-06)."""


TOO_MANY_FOUND = "too-many-found"
"""Code of ours (``mappings/national_result.csv``): a search found more than P1 is willing to list."""

HELD_ELSEWHERE = "held-elsewhere"
"""Code of ours (``mappings/national_result.csv``): another entity holds the referral."""

COMMENT_CHARACTERS_MIN = 5
"""A comment has at least so many characters (a commercial wrapper of P1 asks for them; p1.md 3.1)."""
COMMENT_CHARACTERS_MAX = 1000
"""Longest comment that we send; ours, as no limit is public."""


class Severity(StrEnum):
    """What P1 made of one verification rule."""

    POSITIVE = "positive"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One verification rule's result on a referral (REG.WER.*), kept and shown (p1.md 3.3).

    ``text`` is P1's own description. It may name people or other referrals (REG.WER.3804 lists
    numbers): sealed in the store, never in a log or an error. ``place`` is an XPath in the document.
    """

    code: str
    severity: Severity
    text: str = field(default="", repr=False)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """All that P1's rules said about a document at one time.

    ``accepted`` is False when it was refused. ``verified_at`` (aware, UTC) and ``rule_set`` as P1 says, if it does.
    """

    accepted: bool
    findings: tuple[RuleFinding, ...] = ()
    verified_at: datetime | None = None
    rule_set: str = ""
    result_code: str = ""

    def of(self, severity: Severity) -> tuple[RuleFinding, ...]:
        """Findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)


def named(findings: Iterable[RuleFinding], severity: Severity) -> str:
    """Codes of the findings of one severity, each once, in order: safe to show. Empty when there is none."""
    return ", ".join(dict.fromkeys(finding.code for finding in findings if finding.severity is severity))


@dataclass(frozen=True, slots=True)
class ReferralComment:
    """A comment that P1 keeps with a referral: by whom, when (aware, UTC), what. The text may name people."""

    text: str = field(repr=False)
    written_at: datetime | None = None
    author: OidPair | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ReferralReading:
    """What P1 answered when a referral was read.

    ``key`` is present only when read for realisation. ``document`` is the CDA as received.
    """

    state: ReferralState
    number: ReferralNumber | None
    document: bytes = b""
    key: ReferralAccess | None = None
    verification: Verification = Verification(accepted=True)
    comments: tuple[ReferralComment, ...] = ()

    @property
    def findings(self) -> tuple[RuleFinding, ...]:
        """What the rules said."""
        return self.verification.findings

    def __repr__(self) -> str:
        return f"ReferralReading(state={self.state.value!r}, number={self.number!r}, ***)"


@dataclass(frozen=True, slots=True, repr=False)
class IssueReceipt:
    """What P1 answered when a referral document was saved.

    ``key`` and ``code`` are the patient's secrets; None when the document was refused.
    """

    verification: Verification
    key: ReferralKey | None = None
    code: AccessCode | None = None

    def __repr__(self) -> str:
        return f"IssueReceipt(accepted={self.verification.accepted!r}, ***)"


@dataclass(frozen=True, slots=True)
class DateWindow:
    """Days from ``since`` to ``until``, both included."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ValueError("a window of days ends before it starts")

    @property
    def days(self) -> int:
        """How many days, at least 1."""
        return (self.until - self.since).days + 1

    def halves(self) -> tuple[DateWindow, DateWindow]:
        """The older and the newer half; together they are the window, and no day is in both.

        Raises:
            ValueError: one day has no halves.
        """
        if self.days == 1:
            raise ValueError("one day has no halves")
        middle = date.fromordinal(self.since.toordinal() + self.days // 2)
        return DateWindow(self.since, date.fromordinal(middle.toordinal() - 1)), DateWindow(middle, self.until)


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What P1 answered to one search.

    ``too_many``: it found more than it lists and listed nothing (p1.md 3.1). ``unreadable`` says of each hit
    that could not be read where it stood and why.
    """

    found: tuple[FoundReferral, ...] = ()
    too_many: bool = False
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundReferral:
    """One hit of a search. Neither search returns the key: it cannot be accepted from here (p1.md 3.2).

    ``issuer`` is the entity, ``author`` the person who issued it; only the search for a patient's tells them,
    and their names.
    """

    number: ReferralNumber
    state: ReferralState
    issued_on: date
    issuer: OidPair | None = None
    author: OidPair | None = None
    issuer_name: str = ""
    author_name: str = field(default="", repr=False)
