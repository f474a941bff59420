"""A rule of the profile as a constraint of a StructureDefinition."""

from __future__ import annotations

from adapter.fhir.rules import RULES
from adapter.mapping.published.terminology import Json


def constraint(rule: str, expression: str, at: str = "") -> Json:
    """The constraint with the rule's id as its key, its text in both languages and a FHIRPath expression.

    ``at`` is the element where a rule that stands in several places holds: one key may have one expression only.
    """
    told = RULES[rule]
    return {
        "key": f"{rule}.{at}" if at else rule,
        "severity": told.severity,
        "human": f"{told.text_en} / {told.text_pl}",
        "expression": expression,
    }
