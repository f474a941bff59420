"""An extension of the profile as a StructureDefinition, made of the table that checks it."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.fhir import names
from adapter.fhir.extension_rule import Extension, Value
from adapter.fhir.profile_slot import CAPACITY_MAX
from adapter.mapping.published.constraint import constraint
from adapter.mapping.published.terminology import Json, bound_to, head, pascal

_TYPES = {
    Value.CODING: "Coding",
    Value.CODE: "code",
    Value.TEXT: "string",
    Value.DAY: "date",
    Value.MOMENT: "dateTime",
    Value.FLAG: "boolean",
    Value.REFERENCE: "Reference",
    Value.IDENTIFIER: "Identifier",
    Value.COUNT: "positiveInt",
    Value.NUMBER: "integer",
}
_HL7 = "http://hl7.org/fhir/StructureDefinition"

OWN_CONSTRAINTS = {
    names.EXT_ENTITLEMENT: (
        "POMOST-APPOINTMENT-08",
        "extension.where(url = 'verified-by').exists() = extension.where(url = 'verified-at').exists()",
    ),
    names.EXT_CONTINUING: (
        "POMOST-APPOINTMENT-13",
        "extension.where(url = 'ends-on').empty() or extension.where(url = 'open-ended' and value = true).empty()",
    ),
}
"""What the parts of one extension must be together: rule and FHIRPath."""


def extension_definition(extension: Extension) -> Json:
    """The StructureDefinition of an extension with an absolute URL."""
    name = extension.url.rsplit("/", 1)[1]
    made = head(
        "StructureDefinition",
        extension.url,
        pascal(name),
        extension.title_en,
        f"{extension.title_en} / {extension.title_pl}",
    )
    root: Json = {
        "id": "Extension",
        "path": "Extension",
        "short": extension.title_en,
        "definition": f"{extension.title_en} / {extension.title_pl}",
    }
    if extension.url in OWN_CONSTRAINTS:
        root["constraint"] = [constraint(*OWN_CONSTRAINTS[extension.url])]
    made |= {
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": one} for one in extension.on],
        "type": "Extension",
        "baseDefinition": f"{_HL7}/Extension",
        "derivation": "constraint",
        "differential": {"element": [root, *_inside(extension, "Extension", "Extension")]},
    }
    return made


def _inside(extension: Extension, identity: str, path: str) -> Iterator[Json]:
    """The elements of an extension or of a part: its parts, its URL, its value."""
    where: Json = {"id": f"{identity}.extension", "path": f"{path}.extension"}
    if extension.parts:
        known = " | ".join(f"'{part.url}'" for part in extension.parts)
        yield where | {
            "slicing": {"discriminator": [{"type": "value", "path": "url"}], "ordered": False, "rules": "open"},
            "min": max(1, sum(part.required for part in extension.parts)),
            "constraint": [constraint("POMOST-ANY-09", f"url.contains(':') or url in ({known})")],
        }
        for part in extension.parts:
            yield from _slice(part, identity, path)
    else:
        yield where | {"max": "0"}
    yield {"id": f"{identity}.url", "path": f"{path}.url", "fixedUri": extension.url}
    if extension.parts:
        yield {"id": f"{identity}.value[x]", "path": f"{path}.value[x]", "max": "0"}
    else:
        yield from _value(extension, identity, path)


def _slice(part: Extension, identity: str, path: str) -> Iterator[Json]:
    here, there = f"{identity}.extension:{part.url}", f"{path}.extension"
    yield {
        "id": here,
        "path": there,
        "sliceName": part.url,
        "short": part.title_en,
        "definition": f"{part.title_en} / {part.title_pl}",
        "min": int(part.required),
        "max": "*" if part.many else "1",
    }
    yield from _inside(part, here, there)


def _value(extension: Extension, identity: str, path: str) -> Iterator[Json]:
    element: Json = {"id": f"{identity}.value[x]", "path": f"{path}.value[x]", "min": 1}
    element["type"] = [_type(extension, value) for value in extension.values]
    system = extension.systems[0] if extension.systems else ""
    if extension.codes is not None:
        system = f"{names.BASE}/CodeSystem/{extension.codes.name}"
    binding = bound_to(system)
    if binding is not None:
        element["binding"] = {"strength": binding[0], "valueSet": binding[1]}
    said = _said(extension)
    if said is not None:
        element["constraint"] = [constraint(*said)]
    yield element
    if Value.CODING in extension.values:
        yield from _system_and_code(system, identity, path)


def _type(extension: Extension, value: Value) -> Json:
    made: Json = {"code": _TYPES[value]}
    if extension.targets:
        made["targetProfile"] = [f"{_HL7}/{one}" for one in extension.targets]
    return made


def _said(extension: Extension) -> tuple[str, str] | None:
    """What FHIR's type alone does not say of the value."""
    if Value.DAY in extension.values:
        return "POMOST-ANY-10", "toString().length() = 10"
    if Value.MOMENT in extension.values:
        return "POMOST-APPOINTMENT-10", "toString().matches('^.+T.+(Z|[+-][0-9]{2}:[0-9]{2})$')"
    if Value.COUNT in extension.values:
        return "POMOST-SLOT-03", f"$this >= 1 and $this <= {CAPACITY_MAX}"
    if extension.targets:
        kinds = "|".join(extension.targets)
        return (
            "POMOST-ANY-04",
            f"reference.matches('^(urn:uuid:.+|(https?://.+/)?({kinds})/[^/]+(/_history/[^/]+)?)$')",
        )
    if Value.TEXT in extension.values:
        return "POMOST-ANY-06", "trim().length() > 0"
    return None


def _system_and_code(system: str, identity: str, path: str) -> Iterator[Json]:
    here, there = f"{identity}.value[x]", f"{path}.value[x]"
    stated: Json = {"id": f"{here}.system", "path": f"{there}.system", "min": 1}
    if system:
        stated["fixedUri"] = system
    yield stated
    yield {"id": f"{here}.code", "path": f"{there}.code", "min": 1}
