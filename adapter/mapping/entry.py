"""FHIR Appointment <-> what it says of the register (docs/fhir-profile.md, An entry in the register).

The calendar's part of the same Appointment is :mod:`adapter.mapping.appointment`'s; what both read is read there.
"""

from __future__ import annotations

from datetime import date

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.moments import warsaw_day
from adapter.domain.register import DiloCard, Offer, TermChangeCause
from adapter.domain.rules.terms import DECLINED, NO_CONTACT
from adapter.domain.statement import (
    EntryStatement,
    StatedPlan,
    StatedReinstatement,
    StatedRemoval,
    StatedTermChange,
)
from adapter.domain.term import DayTerm, Term, WeekTerm
from adapter.fhir import names
from adapter.fhir.diagnosis import diagnoses, well_formed
from adapter.fhir.element import Element
from adapter.fhir.extensions import code, coding, day, flag, moment, only, words
from adapter.fhir.need import need
from adapter.fhir.profile_appointment import check_appointment
from adapter.fhir.profile_entry import WEEK, check_term, term_days
from adapter.fhir.reference import local_id
from adapter.mapping.appointment import visit_to_fhir
from adapter.mapping.body_area import area_from_coding, area_to_coding
from adapter.mapping.code_table import CodeTable
from adapter.mapping.extension_parts import Json, code_part, coded, kept_of, mark, nested, part, pointing
from adapter.mapping.problems import Problems, Resource, element_of
from adapter.mapping.tables import Tables

ENDING_STATES = frozenset({VisitState.CANCELLED, VisitState.NO_SHOW, VisitState.VOID})
"""States in which Appointment.comment explains why the entry ends."""

ANSWERS = {"accepted": "accepted", "declined": DECLINED, "no-contact": NO_CONTACT}
"""Code of the profile's list of answers -> our word for it."""
_ANSWER_CODES = {ours: theirs for theirs, ours in ANSWERS.items()}


def entry_from_fhir(resource: Resource, tables: Tables, on: date, *, visit: Visit) -> EntryStatement:
    """Read what an Appointment says of the register; ``on`` is the Warsaw day whose mappings hold.

    ``visit`` is the same Appointment as :func:`adapter.mapping.appointment.appointment_from_fhir` read it.

    Raises:
        ProblemsFound: the profile or a code table refuses it; all problems are in it.
    """
    appointment = element_of(resource, "Appointment")
    problems = Problems([*check_appointment(appointment), *check_term(appointment)])
    term_change = _term_change(appointment, tables, on, problems)
    removal = _removal(appointment, visit, tables, on, problems)
    dilo = _dilo(appointment, tables, on, problems)
    problems.refuse_if_any()
    area = coding(appointment, names.EXT_BODY_AREA)
    return EntryStatement(
        visit=visit,
        entered_by=words(appointment, names.EXT_ENTERED_BY),
        entered_at=moment(appointment, names.EXT_ENTERED_AT),
        category_stated=only(appointment, names.EXT_CATEGORY) is not None,
        criterion_stated=only(appointment, names.EXT_CRITERION) is not None,
        criterion_confirmed_by=words(appointment, names.EXT_CRITERION_CONFIRMED),
        term=_term(appointment, visit),
        offer=_offer(appointment),
        reserved=flag(appointment, names.EXT_RESERVED) or False,
        diagnosis=next((found for one in diagnoses(appointment) if (found := well_formed(one))), ""),
        reason=_reason(appointment),
        body_area=area_from_coding(area) if area is not None else "",
        dilo=dilo,
        plan=_plan(appointment),
        emergency=_emergency(appointment),
        service_started=moment(appointment, names.EXT_SERVICE_STARTED),
        offline=flag(appointment, names.EXT_OFFLINE) or False,
        not_today=words(appointment, names.EXT_NOT_TODAY),
        from_service_abroad=flag(appointment, names.EXT_SERVICE_ABROAD) or False,
        justification=words(appointment, names.EXT_TERM_JUSTIFICATION),
        override=words(appointment, names.EXT_CATEGORY_JUSTIFICATION),
        order_reason=words(appointment, names.EXT_ORDER_REASON),
        term_change=term_change,
        removal=removal,
        reinstatement=_reinstatement(appointment),
        original_report_date=day(appointment, names.EXT_ORIGINAL_REPORT),
        prior_provider_date_used=flag(appointment, names.EXT_PRIOR_DATE_USED) or False,
        no_show_excused=words(appointment, names.EXT_NO_SHOW_EXCUSED),
    )


def entry_to_fhir(statement: EntryStatement, tables: Tables, on: date) -> Json:
    """The Appointment that says all of a statement: reading it gives the statement again.

    What says nothing (a removal or a change of the term without any of its facts) is left out.

    Raises:
        BadInput: a code of the visit has no FHIR code in its table.
    """
    resource = visit_to_fhir(
        statement.visit, tables, on, category=statement.category_stated, criterion=statement.criterion_stated
    )
    extensions = resource.setdefault("extension", [])
    if isinstance(extensions, list):
        extensions += kept_of((*_simple_parts(statement), *_nested_parts(statement)))
    if not extensions:
        del resource["extension"]
    reason: Json = {}
    if statement.diagnosis:
        reason["coding"] = [{"system": names.ICD_10, "code": statement.diagnosis}]
    if statement.reason:
        reason["text"] = statement.reason
    if reason:
        resource["reasonCode"] = [reason]
    if statement.emergency:
        resource["appointmentType"] = {"coding": [{"system": names.HL7_APPOINTMENT_TYPE, "code": names.EMERGENCY}]}
    if statement.removal is not None and statement.removal.text:
        resource["comment"] = statement.removal.text
    if statement.visit.starts is None and statement.term is not None:
        resource["requestedPeriod"] = [_period(statement.term)]
    return resource


def _ours(parent: Element | None, url: str, table: CodeTable, on: date, problems: Problems) -> str:
    """Our code in a coding whose system is ours: the table's key itself; empty when there is none."""
    found = coding(parent, url)
    if found is None:
        return ""
    return problems.mapped(found.at("code"), lambda: table.row(found.text("code") or "", on)[table.key]) or ""


def _term(appointment: Element, visit: Visit) -> Term | None:
    """The day of the visit, else the day or week of the requested period."""
    if visit.starts is not None:
        return DayTerm(warsaw_day(visit.starts))
    for period in appointment.children("requestedPeriod"):
        days = need(term_days(period), period.path)
        if days.week:
            year, week, _ = days.first.isocalendar()
            return WeekTerm(year, week)
        return DayTerm(days.first)
    return None


def _period(term: Term) -> Json:
    period: Json = {"start": term.first.isoformat(), "end": term.last.isoformat()}
    if isinstance(term, WeekTerm):
        period["extension"] = [{"url": names.EXT_TERM_PRECISION, "valueCode": WEEK}]
    return period


def _offer(appointment: Element) -> Offer | None:
    offer = only(appointment, names.EXT_OFFERED_TERM)
    if offer is None:
        return None
    return Offer(
        offered=need(day(offer, names.OFFER_OFFERED), offer.path),
        chosen=day(offer, names.OFFER_CHOSEN),
        answer=ANSWERS.get(code(offer, names.OFFER_ANSWER) or "", ""),
    )


def _reason(appointment: Element) -> str:
    for concept in appointment.children("reasonCode"):
        text = (concept.text("text") or "").strip()
        if text:
            return text
    return (appointment.text("description") or "").strip()


def _dilo(appointment: Element, tables: Tables, on: date, problems: Problems) -> DiloCard | None:
    card = only(appointment, names.EXT_DILO_CARD)
    stage = _ours(card, names.DILO_CARD_STAGE, tables.dilo_stages, on, problems)
    return DiloCard(words(card, names.DILO_NUMBER), stage) if card is not None else None


def _plan(appointment: Element) -> StatedPlan | None:
    continuing = only(appointment, names.EXT_CONTINUING)
    if continuing is None:
        return None
    plan = only(continuing, names.CONTINUING_PLAN)
    inside = plan.child("valueReference") if plan is not None else None
    reference = ""
    if inside is not None:
        reference = f"CarePlan/{local_id(inside.text('reference') or '', 'CarePlan', field=inside.at('reference'))}"
    return StatedPlan(reference, day(continuing, names.CONTINUING_ENDS_ON))


def _emergency(appointment: Element) -> bool:
    kind = appointment.child("appointmentType")
    wanted = (names.HL7_APPOINTMENT_TYPE, names.EMERGENCY)
    return kind is not None and any(
        (one.text("system"), one.text("code")) == wanted for one in kind.children("coding")
    )


def _term_change(appointment: Element, tables: Tables, on: date, problems: Problems) -> StatedTermChange | None:
    change = only(appointment, names.EXT_TERM_CHANGE)
    if change is None:
        return None
    cause = code(change, names.CHANGE_CAUSE)
    known = {one.value for one in TermChangeCause}
    return StatedTermChange(
        reason=_ours(change, names.CHANGE_REASON, tables.term_change_reasons, on, problems),
        cause=TermChangeCause(cause) if cause in known else None,
        justification=words(change, names.CHANGE_JUSTIFICATION),
        asked_on=day(change, names.CHANGE_ASKED_ON),
    )


def _removal(appointment: Element, visit: Visit, tables: Tables, on: date, problems: Problems) -> StatedRemoval | None:
    """The removal that is stated; its text is Appointment.comment, of a visit that ends also without the extension."""
    removal = only(appointment, names.EXT_REMOVAL)
    ends = removal is not None or visit.state in ENDING_STATES
    text = (appointment.text("comment") or "").strip() if ends else ""
    if removal is None and not text:
        return None
    return StatedRemoval(
        reason=_ours(removal, names.REMOVAL_WHY, tables.removal_reasons, on, problems),
        on=day(removal, names.REMOVAL_ON),
        text=text,
        impressions_on=day(removal, names.REMOVAL_IMPRESSIONS_ON),
        settled_on=day(removal, names.REMOVAL_SETTLED_ON),
    )


def _reinstatement(appointment: Element) -> StatedReinstatement | None:
    request = only(appointment, names.EXT_REINSTATEMENT)
    if request is None:
        return None
    return StatedReinstatement(
        requested_on=need(day(request, names.REINSTATEMENT_REQUESTED_ON), request.path),
        cause_ended_on=need(day(request, names.REINSTATEMENT_CAUSE_ENDED_ON), request.path),
        plausible=flag(request, names.REINSTATEMENT_PLAUSIBLE) or False,
    )


def _simple_parts(statement: EntryStatement) -> tuple[Json | None, ...]:
    area = area_to_coding(statement.body_area) if statement.body_area else None
    return (
        part(names.EXT_ENTERED_BY, statement.entered_by),
        part(names.EXT_ENTERED_AT, statement.entered_at),
        part(names.EXT_CRITERION_CONFIRMED, statement.criterion_confirmed_by),
        mark(names.EXT_RESERVED, stands=statement.reserved),
        coded(names.EXT_BODY_AREA, (area["system"], area["code"]) if area is not None else None),
        part(names.EXT_SERVICE_STARTED, statement.service_started),
        mark(names.EXT_OFFLINE, stands=statement.offline),
        part(names.EXT_NOT_TODAY, statement.not_today),
        mark(names.EXT_SERVICE_ABROAD, stands=statement.from_service_abroad),
        part(names.EXT_TERM_JUSTIFICATION, statement.justification),
        part(names.EXT_CATEGORY_JUSTIFICATION, statement.override),
        part(names.EXT_ORDER_REASON, statement.order_reason),
        part(names.EXT_ORIGINAL_REPORT, statement.original_report_date),
        mark(names.EXT_PRIOR_DATE_USED, stands=statement.prior_provider_date_used),
        part(names.EXT_NO_SHOW_EXCUSED, statement.no_show_excused),
    )


def _nested_parts(statement: EntryStatement) -> tuple[Json | None, ...]:
    found: list[Json | None] = []
    if (offer := statement.offer) is not None:
        parts = (
            part(names.OFFER_OFFERED, offer.offered),
            part(names.OFFER_CHOSEN, offer.chosen),
            code_part(names.OFFER_ANSWER, _ANSWER_CODES.get(offer.answer)),
        )
        found.append(nested(names.EXT_OFFERED_TERM, parts))
    if (card := statement.dilo) is not None:
        stage = (names.DILO_STAGE, card.stage) if card.stage else None
        number = part(names.DILO_NUMBER, card.number)
        found.append(nested(names.EXT_DILO_CARD, (number, coded(names.DILO_CARD_STAGE, stage))))
    if (plan := statement.plan) is not None:
        parts = (
            pointing(names.CONTINUING_PLAN, plan.reference),
            part(names.CONTINUING_ENDS_ON, plan.ends_on),
            mark(names.CONTINUING_OPEN_ENDED, stands=plan.ends_on is None),
        )
        found.append(nested(names.EXT_CONTINUING, parts))
    if (change := statement.term_change) is not None:
        reason = (names.TERM_CHANGE_REASON, change.reason) if change.reason else None
        change_parts = (
            coded(names.CHANGE_REASON, reason),
            code_part(names.CHANGE_CAUSE, change.cause.value if change.cause is not None else None),
            part(names.CHANGE_JUSTIFICATION, change.justification),
            part(names.CHANGE_ASKED_ON, change.asked_on),
        )
        found.append(nested(names.EXT_TERM_CHANGE, change_parts))
    if (removal := statement.removal) is not None:
        why = (names.REMOVAL_REASON, removal.reason) if removal.reason else None
        removal_parts = (
            coded(names.REMOVAL_WHY, why),
            part(names.REMOVAL_ON, removal.on),
            part(names.REMOVAL_IMPRESSIONS_ON, removal.impressions_on),
            part(names.REMOVAL_SETTLED_ON, removal.settled_on),
        )
        found.append(nested(names.EXT_REMOVAL, removal_parts))
    if (request := statement.reinstatement) is not None:
        request_parts = (
            part(names.REINSTATEMENT_REQUESTED_ON, request.requested_on),
            part(names.REINSTATEMENT_CAUSE_ENDED_ON, request.cause_ended_on),
            mark(names.REINSTATEMENT_PLAUSIBLE, stands=request.plausible),
        )
        found.append(nested(names.EXT_REINSTATEMENT, request_parts))
    return tuple(found)
