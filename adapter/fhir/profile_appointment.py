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
from adapter.fhir.diagnosis import wrong_diagnoses
from adapter.fhir.element import Element
from adapter.fhir.extension_table import check_own
from adapter.fhir.extensions import flag, has_code, only
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
    yield from check_own(appointment, "Appointment")
    for period in appointment.children("requestedPeriod"):
        yield from check_own(period, "Appointment.requestedPeriod")
    yield from _participants(appointment)
    yield from _times(appointment)
    yield from _place(appointment)
    yield from _reason(appointment)
    yield from _registration(appointment)
    yield from _category(appointment)
    yield from _entitlement(appointment)
    yield from _plan(appointment)
    yield from wrong_diagnoses(appointment)


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
    if reported is None and appointment.text("created") is None:
        yield problem("POMOST-APPOINTMENT-05", appointment.at("created"))


def _category(appointment: Element) -> Iterator[Problem]:
    if only(appointment, names.EXT_CATEGORY) is None and appointment.text("status") not in LOOSE:
        yield problem("POMOST-APPOINTMENT-04", appointment.at("extension"))


def _entitlement(appointment: Element) -> Iterator[Problem]:
    right = only(appointment, names.EXT_ENTITLEMENT)
    if right is None:
        return
    who = only(right, names.ENTITLEMENT_VERIFIED_BY)
    when = only(right, names.ENTITLEMENT_VERIFIED_AT)
    if (who is None) != (when is None):
        yield problem("POMOST-APPOINTMENT-08", right.path)


def _plan(appointment: Element) -> Iterator[Problem]:
    plan = only(appointment, names.EXT_CONTINUING)
    if plan is None:
        return
    if only(plan, names.CONTINUING_ENDS_ON) is not None and flag(plan, names.CONTINUING_OPEN_ENDED):
        yield problem("POMOST-APPOINTMENT-13", plan.path)
