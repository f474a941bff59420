"""Verdicts of the rule book as a FHIR OperationOutcome: rule id, code and article in each issue."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.fhir.names import BASE
from adapter.fhir.outcome import SYSTEM

CODE_SYSTEM = f"{BASE}/CodeSystem/rule-code"
"""Code system of our codes (``E-PRIV-7WD``)."""
ARTICLE = f"{BASE}/StructureDefinition/article"
"""Extension of an issue: the article that the rule stands on."""
SEVERITIES = {
    Outcome.REFUSED: ("error", "business-rule"),
    Outcome.WARNED: ("warning", "business-rule"),
    Outcome.NEEDS_PERSON: ("warning", "informational"),
    Outcome.DO_THIS: ("information", "informational"),
    Outcome.ALLOWED: ("information", "informational"),
}


def verdict_outcome(verdicts: Sequence[Verdict], path: str = "") -> dict[str, object]:
    """An OperationOutcome (R4, as JSON): an issue for each verdict that says something; one where none does."""
    said = [one for one in verdicts if one.outcome is not Outcome.ALLOWED]
    if not said:
        issue: dict[str, object] = {"severity": "information", "code": "informational", "diagnostics": "allowed"}
        return {"resourceType": "OperationOutcome", "issue": [issue]}
    return {"resourceType": "OperationOutcome", "issue": [_issue(one, path) for one in said]}


def _issue(verdict: Verdict, path: str) -> dict[str, object]:
    severity, code = SEVERITIES[verdict.outcome]
    issue: dict[str, object] = {
        "extension": [{"url": ARTICLE, "valueString": verdict.article}],
        "severity": severity,
        "code": code,
        "details": {
            "coding": [{"system": SYSTEM, "code": verdict.rule}, {"system": CODE_SYSTEM, "code": verdict.code}],
            "text": f"{verdict.text_pl} ({verdict.article})",
        },
        "diagnostics": verdict.text_en,
    }
    if path:
        issue["expression"] = [path]
    return issue
