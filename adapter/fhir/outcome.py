"""Problems as a FHIR OperationOutcome, for whoever sent the resource."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.fhir.problems import Problem

SYSTEM = "https://pomost.example/fhir/CodeSystem/rule"
"""Code system of our rule ids."""

_KINDS = (
    ("FHIR-READ-", "structure"),
    ("FHIR-SHAPE-01", "required"),
    ("FHIR-SHAPE-", "structure"),
    ("FHIR-BUNDLE-", "structure"),
    ("FHIR-CODE-", "code-invalid"),
    ("FHIR-APP-", "invariant"),
    ("FHIR-REF-", "value"),
    ("FHIR-", "code-invalid"),
    ("POMOST-", "business-rule"),
)


def _kind(rule: str) -> str:
    """FHIR's issue type for a rule (value set issue-type, R4)."""
    return next((kind for start, kind in _KINDS if rule.startswith(start)), "invalid")


def outcome(problems: Sequence[Problem]) -> dict[str, object]:
    """An OperationOutcome (R4, as JSON) with one issue for each problem; one for success when there is none."""
    if not problems:
        return {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "information", "code": "informational", "diagnostics": "accepted"}],
        }
    return {"resourceType": "OperationOutcome", "issue": [_issue(one) for one in problems]}


def _issue(one: Problem) -> dict[str, object]:
    issue: dict[str, object] = {
        "severity": one.severity,
        "code": _kind(one.rule),
        "details": {"coding": [{"system": SYSTEM, "code": one.rule}], "text": one.text_pl},
        "diagnostics": one.text_en,
    }
    if not one.path.startswith("$"):
        issue["expression"] = [one.path]
    return issue
