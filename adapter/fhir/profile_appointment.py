"""What an Appointment must say (docs/fhir-profile.md, Appointment), with FHIR's invariants app-1 to app-4.

app-4 is written anew: FHIR's own expression tests ``no-show`` where the code is ``noshow`` (fhir.md 1.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir import names
from adapter.fhir.bindings import (
    APPOINTMENT_STATUS,
    PARTICIPANT_REQUIRED,
    PARTICIPANT_STATUS,
    code_outside,
    missing,
    people_codes,
    pointed_type,
    wrong_targets,
)
from adapter.fhir.element import Element
from adapter.fhir.extensions import has_code, only, repeated, uncoded, untyped, zoneless
from adapter.fhir.problems import Problem
from adapter.fhir.reference import target
from adapter.fhir.rules import problem

TIMELESS = frozenset({"proposed", "cancelled", "waitlist"})
"""States in which start and end may be missing (app-3)."""

REASONED = frozenset({"cancelled", "noshow"})
"""States that may have a cancelation reason (app-4)."""

LOOSE = frozenset({"proposed", "cancelled", "entered-in-error"})
"""States in which slot and category are not asked for: nothing is to be told to CeR but an end."""


def check_appointment(appointment: Element) -> Iterator[Problem]:
    """All problems of an Appointment beyond its shape."""
    yield from missing(appointment, "status", "participant")
    yield from code_outside(appointment, "status", APPOINTMENT_STATUS, "FHIR-APPOINTMENT-01")
    yield from wrong_targets(appointment, "Appointment")
    yield from people_codes(appointment)
    yield from _participants(appointment)
    yield from _times(appointment)
    yield from _place(appointment)
    yield from _reason(appointment)
    yield from _registration(appointment)
    yield from _category(appointment)
    yield from _entitlement(appointment)
    yield from _waiver(appointment)


def _participants(appointment: Element) -> Iterator[Problem]:
    patients = 0
    for one in appointment.children("participant"):
        yield from missing(one, "status")
        yield from code_outside(one, "status", PARTICIPANT_STATUS, "FHIR-APPOINTMENT-02")
        yield from code_outside(one, "required", PARTICIPANT_REQUIRED)
        yield from wrong_targets(one, "Appointment.participant")
        if not one.has("type") and not one.has("actor"):
            yield problem("FHIR-APP-1", one.path)
        actor = one.child("actor")
        if actor is not None and pointed_type(actor) == "Patient":
            patients += 1
            if target(actor.text("reference") or "") is None:
                yield problem("POMOST-ANY-04", actor.at("reference"))
    if patients != 1:
        yield problem("POMOST-APPOINTMENT-01", appointment.at("participant"))


def _times(appointment: Element) -> Iterator[Problem]:
    begins, finishes = appointment.has("start"), appointment.has("end")
    if begins != finishes:
        yield problem("FHIR-APP-2", appointment.at("end" if begins else "start"))
    if not (begins and finishes) and appointment.text("status") not in TIMELESS:
        yield problem("FHIR-APP-3", appointment.at("start"))
    starts, ends = appointment.moment("start"), appointment.moment("end")
    if starts is not None and ends is not None and ends <= starts:
        yield problem("POMOST-APPOINTMENT-03", appointment.at("end"))


def _place(appointment: Element) -> Iterator[Problem]:
    schedule = only(appointment, names.EXT_SCHEDULE)
    yield from repeated(appointment, names.EXT_SCHEDULE)
    yield from untyped(schedule, "valueReference")
    inside = schedule.child("valueReference") if schedule is not None else None
    if inside is not None:
        if pointed_type(inside) not in {"Schedule", ""}:
            yield problem("FHIR-REF-01", inside.at("reference"))
        if target(inside.text("reference") or "") is None:
            yield problem("POMOST-ANY-04", inside.at("reference"))
    slots = list(appointment.children("slot"))
    referrals = list(appointment.children("basedOn"))
    for reference in (*slots, *referrals):
        if target(reference.text("reference") or "") is None:
            yield problem("POMOST-ANY-04", reference.at("reference"))
    if not slots and schedule is None and appointment.text("status") not in LOOSE:
        yield problem("POMOST-APPOINTMENT-02", appointment.at("slot"))
    if len(referrals) > 1:
        yield problem("POMOST-APPOINTMENT-07", appointment.at("basedOn"))


def _reason(appointment: Element) -> Iterator[Problem]:
    reason = appointment.child("cancelationReason")
    status = appointment.text("status")
    if appointment.has("cancelationReason") and status not in REASONED:
        yield problem("FHIR-APP-4", appointment.at("cancelationReason"))
    if status == "cancelled" and (reason is None or not any(has_code(one) for one in reason.children("coding"))):
        yield problem("POMOST-APPOINTMENT-06", appointment.at("cancelationReason"))


def _registration(appointment: Element) -> Iterator[Problem]:
    reported = only(appointment, names.EXT_REPORTED_AT)
    yield from repeated(appointment, names.EXT_REPORTED_AT)
    yield from zoneless(reported)
    if reported is None and appointment.text("created") is None:
        yield problem("POMOST-APPOINTMENT-05", appointment.at("created"))


def _category(appointment: Element) -> Iterator[Problem]:
    category = only(appointment, names.EXT_CATEGORY)
    criterion = only(appointment, names.EXT_CRITERION)
    yield from repeated(appointment, names.EXT_CATEGORY)
    yield from repeated(appointment, names.EXT_CRITERION)
    yield from uncoded(category, names.PATIENT_CATEGORY)
    yield from uncoded(criterion, names.MEDICAL_CRITERION)
    if category is None and appointment.text("status") not in LOOSE:
        yield problem("POMOST-APPOINTMENT-04", appointment.at("extension"))


def _entitlement(appointment: Element) -> Iterator[Problem]:
    right = only(appointment, names.EXT_ENTITLEMENT)
    yield from repeated(appointment, names.EXT_ENTITLEMENT)
    if right is None:
        return
    yield from repeated(right, names.ENTITLEMENT_CODE)
    code = only(right, names.ENTITLEMENT_CODE)
    who = only(right, names.ENTITLEMENT_VERIFIED_BY)
    when = only(right, names.ENTITLEMENT_VERIFIED_AT)
    yield from uncoded(code, names.ENTITLEMENT)
    yield from zoneless(when)
    said = who is not None and who.text("valueString") is not None
    if code is None or said != (when is not None):
        yield problem("POMOST-APPOINTMENT-08", right.path)


def _waiver(appointment: Element) -> Iterator[Problem]:
    waiver = only(appointment, names.EXT_WAIVER)
    yield from repeated(appointment, names.EXT_WAIVER)
    if waiver is None:
        return
    given = only(waiver, names.WAIVER_GIVEN_AT)
    yield from zoneless(given)
    texts = (only(waiver, names.WAIVER_NOTED_BY), only(waiver, names.WAIVER_REASON))
    if given is None or any(one is None or not (one.text("valueString") or "").strip() for one in texts):
        yield problem("POMOST-APPOINTMENT-09", waiver.path)
