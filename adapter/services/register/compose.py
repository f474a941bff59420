"""Put an entry together from what the EHR says of an appointment, its patient and its referral.

What a version does not say again stays as it was known: a later version that is shorter loses nothing of an entry.
When and by whom it was entered, its running number and its history never come from a version.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import AccessByCode, ReferralKey
from adapter.domain.moments import warsaw_day
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.patient import Patient
from adapter.domain.register import Entry, EntryPerson, EntryReferral, ReferralWay, Speciality
from adapter.domain.rules import continuing, privileged, terms
from adapter.domain.rules.continuing import is_placeholder
from adapter.domain.term import DayTerm, Term
from adapter.ports.store import ReferralRecord
from adapter.services.register.case import Case

NOT_BY_P1 = frozenset({Category.CONTINUING, Category.EMERGENCY})
"""Whose entry no answer of P1 makes (R-15; a continuing patient's referral was realised at the first visit)."""


def compose(case: Case) -> Entry:
    """The entry as this version has it: the one that is known, changed by what is said now; or a new one."""
    said, visit, known = case.statement, case.visit, case.entry
    if known is not None and visit_of_plan(case, known):
        return _planned(case, replace(known, person=person_of(case.patient, case.today)))
    category = _category(case)
    fresh = Entry(
        id=known.id if known is not None else visit.id,
        schedule=case.schedule,
        person=person_of(case.patient, case.today),
        reported_at=known.reported_at if known is not None else visit.reported_at,
        entered_at=known.entered_at if known is not None else said.entered_at or case.now,
        entered_by=known.entered_by if known is not None and known.entered_by else said.entered_by,
        category=category,
        criterion=_criterion(case, category),
        criterion_confirmed_by=said.criterion_confirmed_by or (known.criterion_confirmed_by if known else ""),
        reserved=said.reserved,
        offer=said.offer,
        diagnosis=said.diagnosis or (known.diagnosis if known else ""),
        reason=said.reason or (known.reason if known else ""),
        referral=referral_of(case.record, known.referral if known and not case.relinked else None),
        entitlement=visit.entitlement or (known.entitlement if known else None),
        waiver=visit.waiver or (known.waiver if known else None),
        dilo=said.dilo or (known.dilo if known else None),
        body_area=said.body_area or _area(case.record) or (known.body_area if known else ""),
        service_started=said.service_started or _began(case) or (known.service_started if known else None),
        emergency=said.emergency or category is Category.EMERGENCY,
        original_report_date=said.original_report_date,
        prior_provider_date_used=said.prior_provider_date_used,
        term_justification=said.justification or (known.term_justification if known else ""),
    )
    fresh = _planned(case, fresh)
    if known is not None:
        return _with_history(fresh, known)
    return replace(fresh, offline_pending=case.offline)


def person_of(patient: Patient, today: date) -> EntryPerson:
    """The person as the register keeps him. A death whose day nobody told counts from the day it became known."""
    return EntryPerson(
        key=patient.id,
        given=patient.given,
        family=patient.family,
        identifier=patient.identifier,
        address=patient.address,
        no_address_in_poland=patient.no_address_in_poland,
        phone=patient.phone or "",
        other_contact=patient.other_contact or patient.email or "",
        deceased_on=patient.deceased_on or (today if patient.deceased else None),
    )


def referral_of(record: ReferralRecord | None, known: EntryReferral | None) -> EntryReferral | None:
    """The referral as the register knows it. An access code that was used up stays the way it was shown (R-01)."""
    if record is None:
        return known
    referral, number = record.referral, record.number or record.referral.number
    way = _way(record)
    if way is ReferralWay.NONE and known is not None:
        way = known.way
    opened = referral.access is not None
    return EntryReferral(
        number=f"{number.root}/{number.extension}" if number is not None else (known.number if known else ""),
        way=way,
        person_identified=opened or way is ReferralWay.CODE,
        noted=referral.noted or opened or (known.noted if known else False),
        urgent=referral.criterion is Criterion.URGENT,
        shows_diagnosis=bool(referral.diagnosis),
        paper=paper_of(referral.paper, known.paper if known is not None else None),
    )


def paper_of(told: PaperReferral | None, known: PaperReferral | None) -> PaperReferral | None:
    """The paper original as the EHR tells it; what a clerk said here of one that does not come stays (R-02)."""
    if told is None or known is None:
        return told or known
    missing = known.confirmed_missing_by if told.received_on is None else ""
    return replace(told, confirmed_missing_by=told.confirmed_missing_by or missing)


def _way(record: ReferralRecord) -> ReferralWay:
    referral = record.referral
    if isinstance(referral.access, ReferralKey):
        return ReferralWay.KEY
    if isinstance(referral.access, AccessByCode):
        return ReferralWay.CODE
    if referral.paper is not None:
        return ReferralWay.PAPER
    if record.held or record.state is not None:
        return ReferralWay.CODE  # it was opened by a code, which is never kept after its use
    return ReferralWay.PRINTOUT if referral.printout_only or referral.noted else ReferralWay.NONE


def _area(record: ReferralRecord | None) -> str:
    return record.referral.body_area if record is not None else ""


def _category(case: Case) -> Category | None:
    """The category that is stated; one that nobody states is the known one, or none (C-01). A waiver makes 4 to 2."""
    if not case.statement.category_stated:
        return case.entry.category if case.entry is not None else None
    return privileged.effective_category(case.visit, case.today)


def _criterion(case: Case, category: Category | None) -> Criterion | None:
    """C-03: what is stated; of a waiting patient else what is known, or what the referral proposes (R-12)."""
    said, known = case.statement, case.entry
    if said.criterion_stated:
        return case.visit.criterion
    if category is not Category.WAITING:
        return None
    if known is not None and known.criterion is not None:
        return known.criterion
    return case.visit.criterion if case.record is not None else None


def _began(case: Case) -> datetime | None:
    """When a served visit began, where the EHR does not say it apart: its own start, if that is not to come."""
    starts = case.visit.starts
    served = case.visit.state is VisitState.SERVED
    return starts if served and starts is not None and starts <= case.now else None


def dated_by_plan(entry: Entry) -> bool:
    """Whether the term of an entry is the last day of a plan and not a day to come on (K-01; not a drug programme)."""
    drug = entry.schedule.has(Speciality.DRUG_PROGRAMME)
    return entry.category is Category.CONTINUING and not drug and bool(entry.plan)


def _planned(case: Case, entry: Entry) -> Entry:
    """The term and the plan: a continuing patient's term is the last day of the plan (K-01, K-02)."""
    said, known = case.statement, case.entry
    term: Term | None = said.term
    if entry.category is not Category.CONTINUING:
        stated = said.plan.reference if said.plan is not None and known is None else ""
        return replace(entry, term=term, plan=known.plan if known is not None else stated)
    plan = said.plan.reference if said.plan is not None else ""
    entry = replace(entry, plan=plan or (known.plan if known is not None else ""))
    if not dated_by_plan(entry):
        return replace(entry, term=term)
    if said.plan is None:
        kept = known.plan_day if known is not None else None
        return replace(entry, term=known.term if known is not None else term, plan_day=kept)
    ends_on = said.plan.ends_on or (known.plan_day if known is not None and is_placeholder(known.plan_day) else None)
    end = continuing.plan_end(warsaw_day(entry.entered_at), ends_on)
    apart = term is not None and not case.visit.slot_ids and (known is None or not visit_of_plan(case, known))
    return replace(entry, term=term if apart else DayTerm(end.day), plan_day=end.day)


def visit_of_plan(case: Case, known: Entry) -> bool:
    """Whether the appointment is a visit under a plan and not the entry itself (K-01): the one that was served when
    the plan was set, or a later one. What it says of itself (category, right, term) is not the entry's."""
    return dated_by_plan(known) and known.id != case.visit.id


def marked(entry: Entry) -> Entry:
    """P-06, P-07: a reservation where the patient chose a later term, or one was declined.

    What the EHR marked is judged before (E-P-RES).
    """
    return replace(entry, reserved=terms.reservation(entry.offer, marked=entry.reserved).reserved)


def _with_history(fresh: Entry, known: Entry) -> Entry:
    """What never comes from a version: number, history, how the entry came to be."""
    return replace(
        fresh,
        number=known.number,
        offline_pending=known.offline_pending,
        emergency=fresh.emergency or known.emergency,
        offer=fresh.offer or known.offer,
        reserved=fresh.reserved or known.reserved,
        original_report_date=fresh.original_report_date or known.original_report_date,
        prior_provider_date_used=fresh.prior_provider_date_used or known.prior_provider_date_used,
        reinstated=known.reinstated,
        term_changes=known.term_changes,
        category_changes=known.category_changes,
        removal=known.removal,
        restorings=known.restorings,
    )
