"""What a file may ask of the rule book: one section, one question.

A section is a field of :class:`Document`; its own fields are those of the domain value it stands for. Sections about
an act (``term_change``, ``removal``...) are judged against ``entry`` as it stands before the act.
docs/operations/rules.md describes the format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from adapter.domain.appointment import Visit
from adapter.domain.entitlement import Category
from adapter.domain.register import CategoryChange, Entry, Removal, TermChange
from adapter.domain.rules.central import WayOut
from adapter.domain.rules.changes import HealthReport
from adapter.domain.rules.duplicates import KnownEntry
from adapter.domain.rules.offline import StatusAnswer
from adapter.domain.slot import SlotKind
from adapter.domain.term import Term


@dataclass(frozen=True, slots=True)
class Access:
    """How an e-referral is opened; only the form is judged (R-09), and nothing of it is shown."""

    key: str = field(default="", repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules need beside the entry; the fields of ``EntryContext`` that no table fills."""

    waiting: tuple[Entry, ...] = ()
    known: tuple[KnownEntry, ...] = ()
    provider: str = ""
    waiting_room: bool = False
    free_today: bool = False
    not_today: str = ""
    order_reason: str = ""
    override: str = ""
    from_service_abroad: bool = False
    e_referral_service: bool = True
    impressions_on: date | None = None
    settled_on: date | None = None


@dataclass(frozen=True, slots=True)
class StatedReturn:
    """A request to be put back on the list after a no-show (E-06)."""

    cause_ended_on: date
    requested_on: date
    plausible: bool = False


@dataclass(frozen=True, slots=True)
class StatedReEntry:
    """The first visit and the plan that was set at it (K-01)."""

    first_visit: date
    plan: str
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Unforeseen:
    """The provider moves the term because of something unforeseen (M-06)."""

    before: Term
    after: Term
    cause: str = ""
    declined: bool = False


@dataclass(frozen=True, slots=True)
class ProviderCancels:
    """The provider cancels (G-06)."""

    reason: str = ""
    new_term: Term | None = None


@dataclass(frozen=True, slots=True)
class ReferralPatch:
    """A request to change what a referral says; only the names of the fields (R-10)."""

    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A visit that is booked on a term, or put in CeR's waiting room.

    ``service``: code of ``mappings/cells_in_scope.csv``; ``through_cer`` whether it was booked in CeR (I-02),
    ``channel`` how the report came (I-03).
    """

    visit: Visit
    access: Access = Access()
    person_identified: bool = False
    kind: SlotKind | None = None
    waiting_room: bool = False
    by_patient: bool = False
    first_visit: bool = True
    ambulatory: bool = True
    referral_needed: bool = True
    referral_held: bool = False
    service: str = ""
    through_cer: bool = True
    channel: str = "in_person"


@dataclass(frozen=True, slots=True)
class SurplusSlot:
    """A surplus slot in CeR and what shall become of it (I-06)."""

    way: WayOut
    has_visit: bool = False


@dataclass(frozen=True, slots=True)
class StatedNotice:
    """A notice to a patient: its text (N-05); ``cause`` of a change, None where nothing changed (N-01)."""

    text: str = field(repr=False)
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class StatedReport:
    """A row of the monthly report by the names of its fields, and the mode of the first free date (Z-02, Z-07)."""

    fields: tuple[str, ...] = ()
    category: Category = Category.WAITING
    weekly: bool = False
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that asks. ``now``: as of when; absent: the clock, or the day of ``--on``."""

    now: datetime | None = None
    entry: Entry | None = None
    access: Access = Access()
    context: Surroundings = Surroundings()
    term_change: TermChange | None = None
    category_change: CategoryChange | None = None
    removal: Removal | None = None
    reinstatement: StatedReturn | None = None
    re_entry: StatedReEntry | None = None
    p1_answer: StatusAnswer | None = None
    daily: bool = False
    health_report: HealthReport | None = None
    unforeseen: Unforeseen | None = None
    provider_cancels: ProviderCancels | None = None
    referral_patch: ReferralPatch | None = None
    deletion: bool = False
    booking: Booking | None = None
    surplus_slot: SurplusSlot | None = None
    notice: StatedNotice | None = None
    report: StatedReport | None = None
