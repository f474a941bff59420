"""FHIR's required code lists and reference targets for the types that we read (HL7 FHIR R4, 4.0.1).

The R4B models enforce neither (handbook fhir.md 1.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapter.fhir.element import Element
from adapter.fhir.problems import Problem
from adapter.fhir.reference import target
from adapter.fhir.rules import problem

SLOT_STATUS = frozenset({"busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"})
APPOINTMENT_STATUS = frozenset(
    {
        "proposed",
        "pending",
        "booked",
        "arrived",
        "fulfilled",
        "cancelled",
        "noshow",
        "entered-in-error",
        "checked-in",
        "waitlist",
    }
)
PARTICIPANT_STATUS = frozenset({"accepted", "declined", "tentative", "needs-action"})
PARTICIPANT_REQUIRED = frozenset({"required", "optional", "information-only"})
REQUEST_STATUS = frozenset({"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"})
REQUEST_ORDER_INTENT = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
REQUEST_INTENT = REQUEST_ORDER_INTENT | {"proposal", "plan", "directive", "option"}
REQUEST_PRIORITY = frozenset({"routine", "urgent", "asap", "stat"})
GENDER = frozenset({"male", "female", "other", "unknown"})
LINK_TYPE = frozenset({"replaced-by", "replaces", "refer", "seealso"})
IDENTIFIER_USE = frozenset({"usual", "official", "temp", "secondary", "old"})
NAME_USE = frozenset({"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"})
TELECOM_SYSTEM = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})
TELECOM_USE = frozenset({"home", "work", "temp", "old", "mobile"})

_ACTORS = frozenset(
    {"Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Device", "HealthcareService", "Location"}
)
_PERFORMERS = frozenset(
    {
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "CareTeam",
        "HealthcareService",
        "Patient",
        "Device",
        "RelatedPerson",
    }
)

TARGETS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "Slot": {"schedule": frozenset({"Schedule"})},
    "Schedule": {"actor": _ACTORS},
    "Appointment": {
        "reasonReference": frozenset({"Condition", "Procedure", "Observation", "ImmunizationRecommendation"}),
        "slot": frozenset({"Slot"}),
        "basedOn": frozenset({"ServiceRequest"}),
    },
    "Appointment.participant": {"actor": _ACTORS},
    "ServiceRequest": {
        "basedOn": frozenset({"CarePlan", "ServiceRequest", "MedicationRequest"}),
        "replaces": frozenset({"ServiceRequest"}),
        "subject": frozenset({"Patient", "Group", "Location", "Device"}),
        "encounter": frozenset({"Encounter"}),
        "requester": frozenset(
            {"Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson", "Device"}
        ),
        "performer": _PERFORMERS,
        "locationReference": frozenset({"Location"}),
        "reasonReference": frozenset({"Condition", "Observation", "DiagnosticReport", "DocumentReference"}),
        "insurance": frozenset({"Coverage", "ClaimResponse"}),
        "specimen": frozenset({"Specimen"}),
        "relevantHistory": frozenset({"Provenance"}),
    },
    "Patient": {
        "generalPractitioner": frozenset({"Organization", "Practitioner", "PractitionerRole"}),
        "managingOrganization": frozenset({"Organization"}),
    },
}
"""Element -> reference element -> types it may point to. Elements with any target are not listed."""


def code_outside(element: Element, name: str, codes: frozenset[str], rule: str = "FHIR-CODE-01") -> Iterator[Problem]:
    """A problem when the code is there and not in the list."""
    code = element.text(name)
    if code is not None and code not in codes:
        yield problem(rule, element.at(name))


def missing(element: Element, *names: str) -> Iterator[Problem]:
    """A problem for each required element that is not there.

    The models stop at the first kind of problem, and take ``_status`` for ``status``: so it is looked at again.
    """
    for name in names:
        if not element.has(name):
            yield problem("FHIR-SHAPE-01", element.at(name))


def pointed_type(reference: Element) -> str:
    """The type that a Reference states or that its literal reference shows; empty when it does neither."""
    stated = reference.text("type")
    if stated is not None:
        return stated
    literal = reference.text("reference")
    found = target(literal) if literal is not None else None
    return found.type if found is not None else ""


def _types(reference: Element) -> Iterator[str]:
    stated = reference.text("type")
    if stated is not None:
        yield stated
    found = target(reference.text("reference") or "")
    if found is not None and found.type:
        yield found.type


def wrong_targets(element: Element, owner: str) -> Iterator[Problem]:
    """A problem for each reference of ``element`` (named ``owner`` in TARGETS) that points to a wrong type."""
    for name, allowed in TARGETS[owner].items():
        one = element.child(name)
        for reference in [one] if one is not None else element.children(name):
            if any(kind not in allowed for kind in _types(reference)):
                where = "reference" if reference.has("reference") else "type"
                yield problem("FHIR-REF-01", reference.at(where))


def people_codes(element: Element) -> Iterator[Problem]:
    """Required codes of Identifier, HumanName and ContactPoint lists."""
    for identifier in element.children("identifier"):
        yield from code_outside(identifier, "use", IDENTIFIER_USE)
    for name in element.children("name"):
        yield from code_outside(name, "use", NAME_USE)
    for telecom in element.children("telecom"):
        yield from code_outside(telecom, "system", TELECOM_SYSTEM)
        yield from code_outside(telecom, "use", TELECOM_USE)
