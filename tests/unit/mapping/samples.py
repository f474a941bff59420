"""Parts of resources that the mapping tests put together. Nobody in them exists."""

from __future__ import annotations

import copy
from typing import Any

BASE = "https://pomost.example/fhir"
PL = "urn:oid:2.16.840.1.113883.3.4424"
DEFINITION = f"{BASE}/StructureDefinition"
HL7_REASON = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"


def changed(resource: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with elements set; None removes one."""
    made = copy.deepcopy(resource)
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def category(code: str) -> dict[str, Any]:
    """The extension patient-category."""
    coding = {"system": f"{BASE}/CodeSystem/patient-category", "code": code}
    return {"url": f"{DEFINITION}/patient-category", "valueCoding": coding}


def criterion(code: str) -> dict[str, Any]:
    """The extension medical-criterion."""
    coding = {"system": f"{BASE}/CodeSystem/medical-criterion", "code": code}
    return {"url": f"{DEFINITION}/medical-criterion", "valueCoding": coding}


def entitlement(code: str, *, verified: bool = True) -> dict[str, Any]:
    """The extension entitlement."""
    nested: list[dict[str, Any]] = [
        {"url": "code", "valueCoding": {"system": f"{BASE}/CodeSystem/entitlement", "code": code}}
    ]
    if verified:
        nested += [
            {"url": "verified-by", "valueString": "clerk-1"},
            {"url": "verified-at", "valueDateTime": "2026-10-30T11:00:00+01:00"},
        ]
    return {"url": f"{DEFINITION}/entitlement", "extension": nested}


def waiver() -> dict[str, Any]:
    """The extension privilege-waiver."""
    return {
        "url": f"{DEFINITION}/privilege-waiver",
        "extension": [
            {"url": "given-at", "valueDateTime": "2026-10-30T11:00:00+01:00"},
            {"url": "noted-by", "valueString": "clerk-1"},
            {"url": "reason", "valueString": "wants another doctor"},
        ],
    }


def reason(code: str, system: str = HL7_REASON) -> dict[str, Any]:
    """A cancelation reason."""
    return {"coding": [{"system": system, "code": code}]}
