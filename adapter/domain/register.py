"""The register (harmonogram przyjęć) and its entries, as the act of 27.08.2004 art. 19a and 20 describe them.

A schedule of admissions (:class:`AdmissionSchedule`) belongs to one service at one place. Everybody who reports is
entered with exactly one category; categories 2 and 3 are on its waiting list (lista oczekujących), which is a part of
the register. Nothing is ever deleted (G-03): an entry ends by a :class:`Removal`, a change leaves a record.

People's data in an entry never show in ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from adapter.domain.entitlement import Category, Criterion, Entitlement, Waiver
from adapter.domain.identifiers import PersonIdentifier
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.term import Term


class Care(StrEnum):
    """Kind of care of a schedule. The first three keep a register (G-01)."""

    HOSPITAL = "hospital"
    AMBULATORY = "ambulatory"
    """Specialist ambulatory care (AOS)."""
    STATIONARY = "stationary"
    """Other stationary round-the-clock care."""
    PRIMARY = "primary"
    """POZ: keeps no register."""
    OTHER = "other"


class Speciality(StrEnum):
    """What makes a service special for some rule; a schedule has any number of these."""

    LONG_TERM_NURSING = "long-term-nursing"
    PSYCHIATRIC_NURSING = "psychiatric-nursing"
    """Nursing-and-care and care-and-treatment services in psychiatric and addiction care (CF-3)."""
    PALLIATIVE = "palliative"
    PALLIATIVE_AMBULATORY = "palliative-ambulatory"
    PALLIATIVE_PERINATAL = "palliative-perinatal"
    DRUG_PROGRAMME = "drug-programme"
    DENTAL_APPLIANCE = "dental-appliance"
    """Orthodontics 10000, prosthetics 10001 (S-01)."""
    AMBULATORY_PHYSIOTHERAPY = "ambulatory-physiotherapy"
    REHABILITATION = "rehabilitation"
    TRANSPLANT = "transplant"
    DEFENCE = "defence"
    """Given by a facility of the Ministry of National Defence (V-01 pts 13, 14)."""
    ADULT_CELL_WITH_CHILDREN = "adult-cell-with-children"
    ENDOSCOPY = "endoscopy"
    """Gastroscopy or colonoscopy (S-04)."""


class Route(StrEnum):
    """Where the schedule's figures go (S-02, Z-04)."""

    KLX = "klx"
    AP_KOLCE = "ap-kolce"
    CER = "cer"


@dataclass(frozen=True, slots=True)
class AdmissionSchedule:
    """One register: whose, where, for what.

    ``id`` is provider id + place id + agreed code (R24 par. 8 ust. 1 pkt 1); ``service`` the code of the service,
    ``procedure`` the ICD-9 code where the list is one for a procedure (U-05), ``cell`` the cell that does it.
    """

    id: str
    care: Care
    service: str
    cell: str = ""
    procedure: str = ""
    specialities: frozenset[Speciality] = frozenset()
    route: Route = Route.KLX
    referral_needed: bool = True
    age_bands: tuple[str, ...] = ()
    under_anaesthesia: bool | None = None
    """Whether an endoscopy is also done under anaesthesia (S-04); None: not told."""

    def has(self, *wanted: Speciality) -> bool:
        """Whether the schedule has any of these."""
        return any(one in self.specialities for one in wanted)


class ReferralWay(StrEnum):
    """How the referral opened the entry (R-01)."""

    NONE = "none"
    KEY = "key"
    CODE = "code"
    PAPER = "paper"
    PRINTOUT = "printout"
    """Only the information sheet of art. 59b: it is not the referral (R-13)."""


@dataclass(frozen=True, slots=True)
class EntryReferral:
    """The referral as the register knows it.

    ``number`` is its identifier (R-14). ``way`` says how it was shown; ``person_identified`` whether the code came
    with a PESEL or document; ``noted`` whether the data of art. 59b ust. 1 were written down while P1 was away.
    """

    number: str = ""
    way: ReferralWay = ReferralWay.NONE
    person_identified: bool = False
    noted: bool = False
    urgent: bool = False
    shows_diagnosis: bool = False
    paper: PaperReferral | None = None


@dataclass(frozen=True, slots=True, repr=False)
class EntryPerson:
    """Who is entered (D-01 c-h). ``key`` is our id of the person: safe to show; the rest is not."""

    key: str
    given: str = ""
    family: str = ""
    identifier: PersonIdentifier | None = None
    address: str = ""
    no_address_in_poland: bool = False
    phone: str = ""
    other_contact: str = ""
    deceased_on: date | None = None

    def __repr__(self) -> str:
        return f"EntryPerson(key={self.key!r}, ***)"


class TermChangeCause(StrEnum):
    """What moved the term, as far as a rule asks."""

    PATIENT = "patient"
    PROVIDER = "provider"
    CRITERION = "criterion"
    """A new medical criterion (M-02)."""
    CATEGORY = "category"
    """A change of category (M-03)."""
    EARLIER_OFFER = "earlier-offer"
    """A freed date (art. 20 ust. 9a)."""


@dataclass(frozen=True, slots=True)
class TermChange:
    """A change of the term (M-01): what, when, by whom, why.

    ``reason`` is a code of ``mappings/term_change_reasons.csv``; ``asked_on`` the day the patient asked (M-04).
    """

    before: Term | None
    after: Term | None
    at: datetime
    by: str
    cause: TermChangeCause
    reason: str = ""
    justification: str = field(default="", repr=False)
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """A change of category or criterion (C-08, M-02)."""

    before: Category
    after: Category
    at: datetime
    by: str
    criterion_before: Criterion | None = None
    criterion_after: Criterion | None = None
    justification: str = field(default="", repr=False)
    term_moved: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """The end of an entry (X-01). ``reason`` is a code of ``mappings/removal_reasons.csv``."""

    on: date
    reason: str
    at: datetime
    by: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Restoring:
    """A removal that was taken back, by whom and when: a reinstatement (E-06) or a letter posted in time (R-02)."""

    removal: Removal
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class DiloCard:
    """The oncology card (karta DILO): its unique number and the stage code (R24 table 17, from a mapping)."""

    number: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """The term that was offered and the one the patient chose (P-06), or how an earlier offer ended (P-07)."""

    offered: date
    chosen: date | None = None
    answer: str = ""
    """``accepted``, ``declined`` or ``no_contact``."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person on one schedule.

    ``id`` is ours. ``number`` is the running number on the waiting list (None off it, D-03). ``reported_at`` is the
    report (zgłoszenie), from which the law counts; ``entered_at`` the writing down. ``original_report_date`` takes the
    place on the list where E-02 or E-06 lets an earlier report count.
    """

    id: str
    schedule: AdmissionSchedule
    person: EntryPerson
    reported_at: datetime
    entered_at: datetime
    entered_by: str = ""
    category: Category | None = None
    criterion: Criterion | None = None
    criterion_confirmed_by: str = ""
    number: int | None = None
    term: Term | None = None
    reserved: bool = False
    offer: Offer | None = None
    diagnosis: str = ""
    """ICD-10, or empty when only ``reason`` is known."""
    reason: str = field(default="", repr=False)
    referral: EntryReferral | None = None
    entitlement: Entitlement | None = None
    waiver: Waiver | None = None
    dilo: DiloCard | None = None
    body_area: str = ""
    plan: str = ""
    """Reference of the plan of treatment (CarePlan) of a continuing patient (K-05)."""
    plan_day: date | None = None
    service_started: datetime | None = None
    emergency: bool = False
    offline_pending: bool = False
    """Entered while P1 was out of reach; its status is still to be set (R-07)."""
    original_report_date: date | None = None
    prior_provider_date_used: bool = False
    reinstated: bool = False
    term_changes: tuple[TermChange, ...] = ()
    category_changes: tuple[CategoryChange, ...] = ()
    removal: Removal | None = None
    restorings: tuple[Restoring, ...] = ()
    """Removals that were taken back, in their order."""
    term_justification: str = field(default="", repr=False)
    """Why this term, to be told on demand (D-05)."""

    @property
    def open(self) -> bool:
        """Whether it was not removed."""
        return self.removal is None

    @property
    def on_waiting_list(self) -> bool:
        """Categories 2 and 3, open: on the waiting list (C-01)."""
        return self.removal is None and (self.category is Category.WAITING or self.category is Category.ONCOLOGY)
