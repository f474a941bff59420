"""Our profile of FHIR R4: everything a resource must say before Pomost may use it (D8).

Rules stand in ``rules.py``, one module for each type in ``profile_*.py``. All problems are reported, not
the first one. Types that we do not use are checked by shape only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from adapter.fhir.element import Element
from adapter.fhir.problems import Problem
from adapter.fhir.profile_appointment import check_appointment
from adapter.fhir.profile_patient import check_patient
from adapter.fhir.profile_referral import check_referral
from adapter.fhir.profile_schedule import check_schedule
from adapter.fhir.profile_slot import check_slot
from adapter.fhir.reference import ID
from adapter.fhir.rules import problem

CHECKS: Mapping[str, Callable[[Element], Iterator[Problem]]] = {
    "Slot": check_slot,
    "Schedule": check_schedule,
    "Appointment": check_appointment,
    "ServiceRequest": check_referral,
    "Patient": check_patient,
}
"""The types that Pomost uses."""


def check_profile(resource_type: str, resource: Element) -> Iterator[Problem]:
    """All problems of a resource beyond its shape; none for a type that we do not use."""
    check = CHECKS.get(resource_type)
    if check is None:
        return
    if not ID.fullmatch(resource.text("id") or ""):
        yield problem("POMOST-ANY-01", resource.at("id"))
    if resource.has("implicitRules"):
        yield problem("POMOST-ANY-03", resource.at("implicitRules"))
    yield from _modifiers(resource)
    yield from check(resource)


def _modifiers(resource: Element) -> Iterator[Problem]:
    """Modifier extensions, on the resource and on its participants: we know none."""
    for element in (resource, *resource.children("participant")):
        if element.has("modifierExtension"):
            yield problem("POMOST-ANY-02", element.at("modifierExtension"))
