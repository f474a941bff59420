"""The diagnosis of a reasonCode: an ICD-10 coding, in Appointment and ServiceRequest alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.fhir import names
from adapter.fhir.element import Element
from adapter.fhir.problems import Problem
from adapter.fhir.rules import problem

SYSTEMS = frozenset({names.ICD_10, names.HL7_ICD_10})
_ICD_10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,3})?", re.ASCII)


def diagnoses(element: Element) -> list[Element]:
    """The ICD-10 codings of ``reasonCode``, in their order; the first is the main diagnosis."""
    return [
        coding
        for concept in element.children("reasonCode")
        for coding in concept.children("coding")
        if coding.text("system") in SYSTEMS and coding.text("code") is not None
    ]


def well_formed(coding: Element) -> str:
    """The code of an ICD-10 coding, empty when it is not written as one."""
    code = coding.text("code") or ""
    return code if _ICD_10.fullmatch(code) else ""


def wrong_diagnoses(element: Element) -> Iterator[Problem]:
    """A problem for each ICD-10 code that is not written as one; it is not used."""
    for coding in diagnoses(element):
        if not well_formed(coding):
            yield problem("POMOST-ANY-11", coding.at("code"))
