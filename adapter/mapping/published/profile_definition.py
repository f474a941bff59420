"""A profile of a resource as a StructureDefinition: its rules, its restrictions and the extensions that it knows."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir import names
from adapter.fhir.extension_rule import Extension
from adapter.fhir.extension_table import EXTENSIONS
from adapter.mapping.published.constraint import constraint
from adapter.mapping.published.resource_profile import ResourceProfile, Restriction
from adapter.mapping.published.terminology import Json, head, pascal

EVERYWHERE = frozenset({"POMOST-ANY-04", "FHIR-REF-01"})
"""Rules of references, which stand in several places of one resource."""

_HL7 = "http://hl7.org/fhir/StructureDefinition"


def profile_url(identity: str) -> str:
    """The canonical URL of a profile of ours."""
    return f"{names.BASE}/StructureDefinition/{identity}"


def profile_definition(profile: ResourceProfile) -> Json:
    """The StructureDefinition of a profile."""
    text = f"{profile.title_en} / {profile.title_pl}"
    made = head("StructureDefinition", profile_url(profile.id), pascal(profile.id), profile.title_en, text)
    root: Json = {"id": profile.type, "path": profile.type, "short": profile.title_en, "definition": text}
    root["constraint"] = [constraint(*rule) for rule in profile.rules]
    made |= {
        "fhirVersion": "4.0.1",
        "kind": "resource",
        "abstract": False,
        "type": profile.type,
        "baseDefinition": profile_url(profile.base) if profile.base else f"{_HL7}/{profile.type}",
        "derivation": "constraint",
        "differential": {"element": [root, *_elements(profile)]},
    }
    return made


def _elements(profile: ResourceProfile) -> Iterator[Json]:
    """In the order of FHIR: what every resource has, our extensions, then its own elements."""
    first = [one for one in profile.restrictions if one.path in {"id", "implicitRules"}]
    for one in first:
        yield _restricted(profile, one)
    if not profile.base:
        yield from _extensions(profile.type, profile.type)
    for one in profile.restrictions:
        if one in first:
            continue
        yield _restricted(profile, one)
    if profile.type == "Appointment" and not profile.base:
        yield from _extensions("Appointment.requestedPeriod", "Appointment.requestedPeriod")


def _restricted(profile: ResourceProfile, one: Restriction) -> Json:
    element: Json = {"id": f"{profile.type}.{one.path}", "path": f"{profile.type}.{one.path}"}
    if one.least is not None:
        element["min"] = one.least
    if one.most:
        element["max"] = one.most
    if one.rules:
        element["constraint"] = [
            constraint(rule, expression, one.path if rule in EVERYWHERE else "") for rule, expression in one.rules
        ]
    return element


def _extensions(where: str, path: str) -> Iterator[Json]:
    """The slices of ``extension`` of an element that extensions of ours stand on."""
    known = [one for one in EXTENSIONS if where in one.on]
    if not known:
        return
    yield {
        "id": f"{path}.extension",
        "path": f"{path}.extension",
        "slicing": {"discriminator": [{"type": "value", "path": "url"}], "ordered": False, "rules": "open"},
    }
    for one in known:
        yield _slice(one, path)


def _slice(extension: Extension, path: str) -> Json:
    name = extension.url.rsplit("/", 1)[1]
    return {
        "id": f"{path}.extension:{name}",
        "path": f"{path}.extension",
        "sliceName": name,
        "short": extension.title_en,
        "min": 0,
        "max": "*" if extension.many else "1",
        "type": [{"code": "Extension", "profile": [extension.url]}],
    }
