"""The shape of a resource: what the R4B models accept, each problem with its FHIRPath.

R4 and R4B agree on all the types that we read (handbook fhir.md 1.4). The models do not enforce code
lists, reference targets or invariants: ``profile.py`` does. Their messages quote values, so ours replace them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.fhirresourcemodel import FHIRResourceModel
from pydantic import ValidationError

from adapter.fhir.decode import safe_name
from adapter.fhir.element import Element
from adapter.fhir.problems import Problem
from adapter.fhir.rules import problem

_ABSTRACT = frozenset({"Resource", "DomainResource", "Base", "Element", "BackboneElement"})
_INSTANTS = frozenset({"start", "end", "lastUpdated", "issued", "when", "timestamp"})
"""Names of instant elements in the types that we read; start and end are dateTimes only inside a Period."""

_INSTANT_OWNERS = frozenset({"Slot", "Appointment"})


def model_class(resource_type: str) -> type[FHIRResourceModel] | None:
    """The R4B model of a resource type, None when R4B has no such resource."""
    if resource_type in _ABSTRACT or not resource_type.isidentifier():
        return None
    try:
        found = get_fhir_model_class(resource_type)
    except (ValueError, KeyError, ImportError, AttributeError):
        return None
    if not (isinstance(found, type) and issubclass(found, FHIRResourceModel)):
        return None
    return found


def _path(resource_type: str, location: tuple[int | str, ...]) -> str:
    """FHIRPath of a pydantic location; the marker ``root`` at its end names no element."""
    parts = list(location)
    if parts and parts[-1] == "root":
        parts.pop()
    path = resource_type
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{safe_name(part)}"
    return path


def _rule(resource_type: str, detail: Mapping[str, Any]) -> str:
    """The rule that a pydantic error breaks."""
    kind = str(detail["type"])
    location = detail["loc"]
    last = location[-1] if location else ""
    if kind in {"missing", "model_field_validation.missing"}:
        return "FHIR-SHAPE-01"
    if kind == "extra_forbidden":
        return "FHIR-SHAPE-05" if str(last).startswith("_value") else "FHIR-SHAPE-02"
    message = str(detail["msg"])
    if "got multiple" in message:
        return "FHIR-SHAPE-07"
    if "Expect any of field value" in message:
        return "FHIR-SHAPE-01"
    if last == "lastUpdated" or (last in _INSTANTS and len(location) == 1 and resource_type in _INSTANT_OWNERS):
        return "FHIR-SHAPE-04"
    return "FHIR-SHAPE-03"


def _contained(resource: Element) -> Iterator[Problem]:
    """Contained things that the model would trip over instead of reporting."""
    inside = resource.content.get("contained")
    if not isinstance(inside, list):
        return
    for index, one in enumerate(inside):
        kind = one.get("resourceType") if isinstance(one, Mapping) else None
        if not isinstance(kind, str) or model_class(kind) is None:
            yield problem("FHIR-SHAPE-06", resource.at(f"contained[{index}]"))


def check_shape(
    resource_type: str, model: type[FHIRResourceModel], resource: Element
) -> tuple[FHIRResourceModel | None, list[Problem]]:
    """The model and no problems, or no model and all that is wrong with the shape."""
    inside = list(_contained(resource))
    if inside:
        return None, inside
    try:
        return model.model_validate(dict(resource.content)), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [problem(_rule(resource_type, one), _path(resource_type, one["loc"])) for one in details]
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        # The models raise these themselves, out of validators, for a few malformed values.
        return None, [problem("FHIR-SHAPE-03", resource.path)]
