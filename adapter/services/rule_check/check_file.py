"""What the rule book says of a file: a FHIR Bundle (or one resource), or a document of sections."""

from __future__ import annotations

from adapter.fhir.decode import DOCUMENT, faults, json_of, text_of
from adapter.fhir.problems import ProblemsFound
from adapter.fhir.rules import problem
from adapter.services.rule_check.ask import Answer, RuleBook, ask
from adapter.services.rule_check.bundle import check_bundle


def check_content(raw: bytes, book: RuleBook) -> tuple[Answer, ...]:
    """Every rule's word on the content of a file.

    Raises:
        ProblemsFound: it is no JSON object, or its fields cannot be read; all of them are named.
        BadInput: it asks nothing.
    """
    value = json_of(text_of(raw))
    if isinstance(value, dict) and "resourceType" in value:
        return check_bundle(raw, book)
    if not isinstance(value, dict):
        raise ProblemsFound([problem("FHIR-READ-07", DOCUMENT)])
    wrong = [one for one in faults(value, DOCUMENT) if one.rule != "FHIR-SHAPE-08"]
    if wrong:
        raise ProblemsFound(wrong)
    return ask(value, book)
