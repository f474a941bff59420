"""What a hospital says of a person's place in its register in one version of an appointment.

The EHR states how things are now (:class:`EntryStatement`); which act of the register that is (an entry, a change of
the term or the category, a removal, a reinstatement) follows from how the entry was known before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from adapter.domain.appointment import Visit
from adapter.domain.register import DiloCard, Offer, TermChangeCause
from adapter.domain.term import Term


@dataclass(frozen=True, slots=True)
class StatedTermChange:
    """Why the term is another one than before (M-01 to M-04). ``reason``: our code of the table of reasons."""

    reason: str = ""
    cause: TermChangeCause | None = None
    justification: str = field(default="", repr=False)
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class StatedRemoval:
    """Why and as of which day the entry ends (X-01). ``reason``: our code of ``mappings/removal_reasons.csv``.

    ``impressions_on`` and ``settled_on`` are asked of dental appliances (S-01).
    """

    reason: str = ""
    on: date | None = None
    text: str = field(default="", repr=False)
    impressions_on: date | None = None
    settled_on: date | None = None


@dataclass(frozen=True, slots=True)
class StatedPlan:
    """A plan of treatment with this provider (K-01, K-05): the CarePlan's reference and the last day of care.

    ``ends_on`` is None while nobody knows it (K-02).
    """

    reference: str = ""
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class StatedReinstatement:
    """A request to be put back on the list after a no-show (E-06)."""

    requested_on: date
    cause_ended_on: date
    plausible: bool = False


@dataclass(frozen=True, slots=True)
class EntryStatement:
    """One appointment as the register reads it.

    ``visit`` is the same appointment as the calendar reads it: state, times, category, criterion, right and waiver.
    ``category_stated`` and ``criterion_stated`` say whether the EHR named them (a default is no statement).
    ``term`` is the day of the visit, or the day or week of the requested period. ``diagnosis`` is an ICD-10 code.
    ``justification`` is why this term (D-05); ``override`` why another category than the one that follows (C-02),
    also the justification of a change of category (M-03); ``order_reason`` why before who ranks higher (G-05).
    ``original_report_date`` comes from another provider's certificate (E-02) and counts only with its flag.
    """

    visit: Visit
    entered_by: str = ""
    entered_at: datetime | None = None
    category_stated: bool = True
    criterion_stated: bool = False
    criterion_confirmed_by: str = ""
    term: Term | None = None
    offer: Offer | None = None
    reserved: bool = False
    diagnosis: str = ""
    reason: str = field(default="", repr=False)
    body_area: str = ""
    dilo: DiloCard | None = None
    plan: StatedPlan | None = None
    emergency: bool = False
    service_started: datetime | None = None
    offline: bool = False
    """Written down while P1 was out of reach, on the data of art. 59b ust. 1 (R-07)."""
    not_today: str = ""
    """Why a privileged patient was not served on the day of report (V-02)."""
    from_service_abroad: bool = False
    """Injured or ill from service abroad (V-12)."""
    justification: str = field(default="", repr=False)
    override: str = field(default="", repr=False)
    order_reason: str = ""
    term_change: StatedTermChange | None = None
    removal: StatedRemoval | None = None
    reinstatement: StatedReinstatement | None = None
    original_report_date: date | None = None
    prior_provider_date_used: bool = False
    no_show_excused: str = field(default="", repr=False)
    """What was shown of a cause beyond the patient's control (E-05); empty: nothing."""
