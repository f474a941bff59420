"""FHIR Appointment <-> our Visit (docs/fhir-profile.md, Appointment).

The other direction is for what patients do in CeR: a visit that only CeR knows becomes an
Appointment in the EHR, with CeR's id as its identifier.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion, Entitlement, EntitlementDocument, Waiver
from adapter.domain.moments import instant_in_warsaw, warsaw_day
from adapter.domain.national import NationalVisitState, VisitChange
from adapter.domain.rules.release import NO_SHOW_REASON, EndReason
from adapter.domain.slot import Slot, SlotKind
from adapter.domain.transitions import Transitions
from adapter.errors import BadInput
from adapter.fhir import names
from adapter.fhir.element import Element, aware_moment
from adapter.fhir.extensions import day, only, words
from adapter.fhir.need import need
from adapter.fhir.profile_appointment import check_appointment
from adapter.fhir.reference import local_id
from adapter.mapping.code_table import CodeTable
from adapter.mapping.extension_parts import Json, coded, kept_of, nested, part, pointing
from adapter.mapping.problems import (
    AMBIGUOUS,
    COMMENT_NEEDED,
    MOMENT_UNUSABLE,
    UNMAPPED,
    Problems,
    Resource,
    codings,
    element_of,
)
from adapter.mapping.tables import Tables
from adapter.mapping.write_back import visit_status_to_fhir

KIND_IS_FOR: Mapping[SlotKind, tuple[Category, Criterion]] = {
    SlotKind.STABLE: (Category.WAITING, Criterion.STABLE),
    SlotKind.URGENT: (Category.WAITING, Criterion.URGENT),
    SlotKind.PRIVILEGED: (Category.PRIVILEGED, Criterion.STABLE),
    SlotKind.CONTINUATION: (Category.CONTINUING, Criterion.STABLE),
}
"""Whom a kind of term is for: I-07 read backwards."""


def appointment_from_fhir(
    resource: Resource, tables: Tables, on: date, *, referral_criterion: Criterion | None = None
) -> Visit:
    """Read a FHIR Appointment into the domain; ``on`` is the Warsaw day whose mappings hold.

    ``referral_criterion`` is used where the appointment states no criterion of its own (the
    referral's priority decides, C-04); without it such a visit is taken as stable.

    Raises:
        ProblemsFound: the profile or a code table refuses it; all problems are in it.
    """
    appointment = element_of(resource, "Appointment")
    problems = Problems(check_appointment(appointment))
    state = None
    if not any(one.path == appointment.at("status") for one in problems.found):
        state = problems.mapped(
            appointment.at("status"), lambda: tables.visit_state.from_fhir(None, appointment.text("status"), on)
        )
    category = _extension_code(only(appointment, names.EXT_CATEGORY), tables.category, on, problems)
    criterion = _extension_code(only(appointment, names.EXT_CRITERION), tables.criterion, on, problems)
    entitlement = _entitlement(appointment, tables, on, problems)
    end_reason = _end_reason(appointment, tables, on, problems, state)
    reported_at = _reported_at(appointment, problems)
    problems.refuse_if_any()
    meta = appointment.child("meta")
    return Visit(
        id=need(appointment.text("id"), appointment.at("id")),
        state=VisitState(need(state, appointment.at("status"))),
        patient_id=_patient_id(appointment),
        reported_at=need(reported_at, appointment.at("created")),
        slot_ids=tuple(
            dict.fromkeys(
                local_id(one.text("reference") or "", "Slot", field=one.at("reference"))
                for one in appointment.children("slot")
            )
        ),
        starts=appointment.moment("start"),
        ends=appointment.moment("end"),
        referral_id=appointment_referral_id(appointment.content),
        schedule_id=_schedule_id(appointment),
        category=Category(int(category)) if category is not None else Category.WAITING,
        criterion=Criterion(criterion) if criterion is not None else referral_criterion or Criterion.STABLE,
        entitlement=entitlement,
        waiver=_waiver(appointment),
        end_reason=end_reason,
        changed_at=meta.moment("lastUpdated") if meta is not None else None,
        national_id=_national_id(appointment),
    )


def appointment_referral_id(resource: Resource) -> str | None:
    """The EHR's id of the referral that the appointment is based on, so that it can be looked up first."""
    appointment = element_of(resource, "Appointment")
    for one in appointment.children("basedOn"):
        return local_id(one.text("reference") or "", "ServiceRequest", field=one.at("reference"))
    return None


def appointment_to_fhir(
    change: VisitChange, slot: Slot, patient_id: str, tables: Tables, *, referral_id: str | None = None
) -> dict[str, object]:
    """The Appointment for a visit that a patient (or CeR itself) made in CeR.

    The day of registration is when CeR saved the visit. Category and criterion are those that the
    kind of the slot is for (I-07): a patient books himself on stable and urgent terms only (V-06).

    Raises:
        BadInput: the visit is not a saved one; only those are created.
    """
    if change.state is not NationalVisitState.SAVED:
        raise BadInput("only a visit that stands in CeR becomes an Appointment", code="VISIT_NOT_SAVED")
    on = warsaw_day(change.changed_at)
    category, criterion = KIND_IS_FOR[slot.kind]
    resource: dict[str, object] = {
        "resourceType": "Appointment",
        "identifier": [{"system": names.NATIONAL_VISIT, "value": change.visit_id}],
        "status": visit_status_to_fhir(change.state, tables, on),
        "start": slot.starts.isoformat(),
        "end": slot.ends.isoformat(),
        "slot": [{"reference": f"Slot/{slot.id}"}],
        "created": change.changed_at.isoformat(),
        "participant": [
            {"actor": {"reference": f"Patient/{patient_id}"}, "required": "required", "status": "accepted"},
        ],
        "extension": [
            coded(names.EXT_CATEGORY, tables.category.to_fhir(str(category.value), on)),
            coded(names.EXT_CRITERION, (names.MEDICAL_CRITERION, criterion.value)),
            {"url": names.EXT_REPORTED_AT, "valueDateTime": change.changed_at.isoformat()},
        ],
    }
    if referral_id is not None:
        resource["basedOn"] = [{"reference": f"ServiceRequest/{referral_id}"}]
    return resource


def visit_to_fhir(
    visit: Visit, tables: Tables, on: date, *, category: bool = True, criterion: bool = True
) -> dict[str, object]:
    """The Appointment that says all of a visit: reading it gives the visit again.

    Without ``category`` and ``criterion`` the Appointment leaves them to the reader's defaults. A reason that needs
    an explanation is not complete without ``Appointment.comment``, which is not the visit's.

    Raises:
        BadInput: a code has no FHIR code in its table.
    """
    extensions = kept_of(
        (
            coded(names.EXT_CATEGORY, tables.category.to_fhir(str(visit.category.value), on) if category else None),
            coded(names.EXT_CRITERION, (names.MEDICAL_CRITERION, visit.criterion.value) if criterion else None),
            pointing(names.EXT_SCHEDULE, f"Schedule/{visit.schedule_id}" if visit.schedule_id else None),
            part(names.EXT_REPORTED_AT, visit.reported_at),
            _entitlement_to_fhir(visit.entitlement, tables, on),
            _waiver_to_fhir(visit.waiver),
        )
    )
    resource: dict[str, object] = {
        "resourceType": "Appointment",
        "id": visit.id,
        "extension": extensions,
        "status": tables.visit_state.to_fhir(visit.state.value, on)[1],
        "participant": [{"actor": {"reference": f"Patient/{visit.patient_id}"}, "status": "accepted"}],
    }
    if visit.changed_at is not None:
        resource["meta"] = {"lastUpdated": visit.changed_at.isoformat()}
    if visit.national_id is not None:
        resource["identifier"] = [{"system": names.NATIONAL_VISIT, "value": visit.national_id}]
    if visit.end_reason is not None and visit.state in {VisitState.CANCELLED, VisitState.NO_SHOW}:
        system, code = tables.cancellation_reasons.to_fhir(visit.end_reason, on)
        resource["cancelationReason"] = {"coding": [{"system": system, "code": code}]}
    if visit.slot_ids:
        resource["slot"] = [{"reference": f"Slot/{one}"} for one in visit.slot_ids]
    if visit.referral_id is not None:
        resource["basedOn"] = [{"reference": f"ServiceRequest/{visit.referral_id}"}]
    if visit.starts is not None and visit.ends is not None:
        resource |= {"start": visit.starts.isoformat(), "end": visit.ends.isoformat()}
    return resource


def transitions(tables: Tables, on: date) -> Transitions:
    """The permitted changes of a visit's state on a day."""
    return Transitions(
        frozenset(
            (VisitState(row["state"]), VisitState(row["next_state"]))
            for row in tables.visit_transitions
            if row.valid(on)
        )
    )


def end_reasons(tables: Tables, on: date) -> Mapping[str, EndReason]:
    """The reasons why a visit ends without service, by our code."""
    return {
        row["ours"]: EndReason(row["ours"], row["by"], row.says("releases_referral"), row.says("comment_mandatory"))
        for row in tables.cancellation_reasons
        if row.valid(on)
    }


def _extension_code(extension: Element | None, table: CodeTable, on: date, problems: Problems) -> str | None:
    """Our code for the extension's ``valueCoding``; None when there is none or it is not mapped."""
    coding = extension.child("valueCoding") if extension is not None else None
    if coding is None or coding.text("code") is None:
        return None
    return problems.mapped(coding.at("code"), lambda: table.from_fhir(coding.text("system"), coding.text("code"), on))


def _entitlement(appointment: Element, tables: Tables, on: date, problems: Problems) -> Entitlement | None:
    right = only(appointment, names.EXT_ENTITLEMENT)
    if right is None:
        return None
    code = _extension_code(only(right, names.ENTITLEMENT_CODE), tables.entitlements, on, problems)
    if code is None:
        return None
    who, when = only(right, names.ENTITLEMENT_VERIFIED_BY), only(right, names.ENTITLEMENT_VERIFIED_AT)
    return Entitlement(
        code,
        who.text("valueString") if who is not None else None,
        when.moment("valueDateTime") if when is not None else None,
        _document(only(right, names.ENTITLEMENT_DOCUMENT)),
    )


def _document(document: Element | None) -> EntitlementDocument | None:
    if document is None:
        return None
    return EntitlementDocument(
        words(document, names.DOCUMENT_KIND),
        words(document, names.DOCUMENT_NUMBER),
        day(document, names.DOCUMENT_ISSUED_ON),
        day(document, names.DOCUMENT_VALID_UNTIL),
    )


def _entitlement_to_fhir(right: Entitlement | None, tables: Tables, on: date) -> Json | None:
    if right is None:
        return None
    document = right.document
    shown = (
        part(names.DOCUMENT_KIND, document.kind if document is not None else None),
        part(names.DOCUMENT_NUMBER, document.number if document is not None else None),
        part(names.DOCUMENT_ISSUED_ON, document.issued_on if document is not None else None),
        part(names.DOCUMENT_VALID_UNTIL, document.valid_until if document is not None else None),
    )
    parts = (
        coded(names.ENTITLEMENT_CODE, tables.entitlements.to_fhir(right.code, on)),
        part(names.ENTITLEMENT_VERIFIED_BY, right.verified_by),
        part(names.ENTITLEMENT_VERIFIED_AT, right.verified_at),
        nested(names.ENTITLEMENT_DOCUMENT, shown),
    )
    return nested(names.EXT_ENTITLEMENT, parts)


def _waiver_to_fhir(waiver: Waiver | None) -> Json | None:
    if waiver is None:
        return None
    parts = (
        part(names.WAIVER_GIVEN_AT, waiver.given_at),
        part(names.WAIVER_NOTED_BY, waiver.noted_by),
        part(names.WAIVER_REASON, waiver.reason),
    )
    return nested(names.EXT_WAIVER, parts)


def _waiver(appointment: Element) -> Waiver | None:
    waiver = only(appointment, names.EXT_WAIVER)
    if waiver is None:
        return None
    given = need(only(waiver, names.WAIVER_GIVEN_AT), waiver.path)
    noted = need(only(waiver, names.WAIVER_NOTED_BY), waiver.path)
    reason = need(only(waiver, names.WAIVER_REASON), waiver.path)
    return Waiver(
        given_at=need(given.moment("valueDateTime"), given.path),
        noted_by=need(noted.text("valueString"), noted.path),
        reason=need(reason.text("valueString"), reason.path),
    )


def _end_reason(appointment: Element, tables: Tables, on: date, problems: Problems, state: str | None) -> str | None:
    """The reason's code; a missed visit without one has the reason no-show."""
    given = codings(appointment.child("cancelationReason"))
    path = appointment.at("cancelationReason")
    found: set[str] = set()
    unmapped = ""
    for coding in given:
        try:
            found.add(tables.cancellation_reasons.from_fhir(coding.text("system"), coding.text("code"), on))
        except BadInput as error:
            unmapped = error.message
    if len(found) > 1:
        problems.add(AMBIGUOUS, path)
        return None
    if given and not found:
        problems.add(UNMAPPED, path, unmapped)
        return None
    if not found:
        return NO_SHOW_REASON if state == VisitState.NO_SHOW.value else None
    code = found.pop()
    if tables.cancellation_reasons.row(code, on).says("comment_mandatory") and not appointment.text("comment"):
        problems.add(COMMENT_NEEDED, appointment.at("comment"))
    return code


def _reported_at(appointment: Element, problems: Problems) -> datetime | None:
    """The day of registration: the extension, else ``created``; a bare date is a Warsaw day's midnight."""
    reported = only(appointment, names.EXT_REPORTED_AT)
    if reported is not None:
        return reported.moment("valueDateTime")
    created = appointment.text("created")
    if created is None:
        return None
    found = aware_moment(created)
    if found is None:
        try:
            found = (
                instant_in_warsaw(date.fromisoformat(created), time()) if len(created) == len("2026-03-02") else None
            )
        except ValueError:
            found = None
    if found is None:
        problems.add(MOMENT_UNUSABLE, appointment.at("created"))
    return found


def _patient_id(appointment: Element) -> str:
    for participant in appointment.children("participant"):
        actor = participant.child("actor")
        reference = actor.text("reference") if actor is not None else None
        if actor is None or reference is None:
            continue
        stated = actor.text("type")
        if stated == "Patient" or "Patient/" in reference:
            return local_id(reference, "Patient", field=actor.at("reference"))
    raise BadInput("the appointment has no patient", field="Appointment.participant", code="POMOST-APPOINTMENT-01")


def _schedule_id(appointment: Element) -> str | None:
    extension = only(appointment, names.EXT_SCHEDULE)
    inside = extension.child("valueReference") if extension is not None else None
    if inside is None:
        return None
    return local_id(inside.text("reference") or "", "Schedule", field=inside.at("reference"))


def _national_id(appointment: Element) -> str | None:
    for one in appointment.children("identifier"):
        if one.text("system") == names.NATIONAL_VISIT:
            return one.text("value")
    return None
