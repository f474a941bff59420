"""Recognise other FHIR versions, so that they are refused by name and not by a riddle.

A resource does not say its version. Signs are elements, or shapes of elements, that R5 or STU3 has and
R4 does not (source: handbook fhir.md 1.4, checked against the R4B, R5 and STU3 models).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapter.fhir.element import Element
from adapter.fhir.problems import Problem
from adapter.fhir.rules import problem

_R5 = "FHIR-READ-09"
_STU3 = "FHIR-READ-10"

_ONLY_STU3 = frozenset(
    {"ReferralRequest", "ProcedureRequest", "BodySite", "Sequence", "DataElement", "ServiceDefinition"}
)
_ONLY_R5 = frozenset(
    {
        "ActorDefinition",
        "ArtifactAssessment",
        "BiologicallyDerivedProductDispense",
        "ConditionDefinition",
        "DeviceAssociation",
        "DeviceDispense",
        "DeviceUsage",
        "EncounterHistory",
        "FormularyItem",
        "GenomicStudy",
        "ImagingSelection",
        "InventoryItem",
        "InventoryReport",
        "NutritionIntake",
        "Permission",
        "RequestOrchestration",
        "Requirements",
        "TestPlan",
        "Transport",
    }
)


def _present(_: object) -> bool:
    return True


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _codeable_references(value: object) -> bool:
    """A list (or one) of R5's CodeableReference, which has concept and reference."""
    many = value if isinstance(value, list) else [value]
    return any(isinstance(one, Mapping) and ("concept" in one or "reference" in one) for one in many)


_Sign = tuple[str, Callable[[object], bool], str]

_SIGNS: Mapping[str, tuple[_Sign, ...]] = {
    "Slot": (
        ("appointmentType", _is_list, _R5),
        ("serviceType", _codeable_references, _R5),
        ("serviceCategory", _is_object, _STU3),
    ),
    "Schedule": (
        ("name", _is_text, _R5),
        ("serviceType", _codeable_references, _R5),
        ("serviceCategory", _is_object, _STU3),
    ),
    "Appointment": (
        ("cancellationReason", _is_object, _R5),
        ("cancellationDate", _present, _R5),
        ("reason", _codeable_references, _R5),
        ("note", _is_list, _R5),
        ("class", _is_list, _R5),
        ("replaces", _is_list, _R5),
        ("virtualService", _is_list, _R5),
        ("previousAppointment", _is_object, _R5),
        ("originatingAppointment", _is_object, _R5),
        ("account", _is_list, _R5),
        ("subject", _is_object, _R5),
        ("recurrenceId", _present, _R5),
        ("recurrenceTemplate", _present, _R5),
        ("occurrenceChanged", _is_flag, _R5),
        ("priority", _is_object, _R5),
        ("serviceType", _codeable_references, _R5),
        ("indication", _is_list, _STU3),
        ("incomingReferral", _is_list, _STU3),
        ("serviceCategory", _is_object, _STU3),
        ("reason", _is_list, _STU3),
    ),
    "ServiceRequest": (
        ("code", _codeable_references, _R5),
        ("reason", _is_list, _R5),
        ("location", _is_list, _R5),
        ("focus", _is_list, _R5),
        ("bodyStructure", _is_object, _R5),
    ),
    "Patient": (("animal", _is_object, _STU3),),
}


def foreign_version(resource_type: str, resource: Element) -> Problem | None:
    """The problem that names the other version and the element that gives it away; None for R4 or R4B."""
    if resource_type in _ONLY_STU3:
        return problem(_STU3, resource.path)
    if resource_type in _ONLY_R5:
        return problem(_R5, resource.path)
    for name, says_so, rule in _SIGNS.get(resource_type, ()):
        if resource.has(name) and says_so(resource.content[name]):
            return problem(rule, resource.at(name))
    for index, participant in enumerate(resource.children("participant")):
        if resource_type == "Appointment" and isinstance(participant.content.get("required"), bool):
            return problem(_R5, resource.at(f"participant[{index}].required"))
    return None
