"""What a Patient must say to be booked (docs/fhir-profile.md, Patient)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.pl import pesel

from adapter.fhir import names
from adapter.fhir.bindings import GENDER, LINK_TYPE, code_outside, missing, people_codes, wrong_targets
from adapter.fhir.element import Element
from adapter.fhir.extension_table import check_own
from adapter.fhir.problems import Problem
from adapter.fhir.rules import problem

_DOCUMENT = re.compile(r"[A-Z0-9]{3,20}")
_PESEL = re.compile(r"[0-9]{11}", re.ASCII)
_ORDER = ("official", "usual", "")
_PHONE = re.compile(r"(\+|00)?[0-9]{9,15}", re.ASCII)
_FILLING = re.compile(r"[\s\-().]")


def check_patient(patient: Element) -> Iterator[Problem]:
    """All problems of a Patient beyond its shape."""
    yield from code_outside(patient, "gender", GENDER)
    yield from people_codes(patient)
    yield from wrong_targets(patient, "Patient")
    yield from check_own(patient, "Patient")
    for link in patient.children("link"):
        yield from missing(link, "other", "type")
        yield from code_outside(link, "type", LINK_TYPE)
    yield from _identity(patient)
    if name_to_use(patient) is None:
        yield problem("POMOST-PATIENT-04", patient.at("name"))
    for telecom in patient.children("telecom"):
        value = telecom.text("value")
        if telecom.text("system") == "phone" and value is not None and one_number(value) is None:
            yield problem("POMOST-PATIENT-05", telecom.at("value"))


def current(patient: Element, systems: frozenset[str] | re.Pattern[str]) -> list[Element]:
    """Identifiers of these systems that are not marked old."""
    return [
        one
        for one in patient.children("identifier")
        if one.text("use") != "old"
        and (
            systems.fullmatch(one.text("system") or "") is not None
            if isinstance(systems, re.Pattern)
            else one.text("system") in systems
        )
    ]


def _identity(patient: Element) -> Iterator[Problem]:
    numbers = current(patient, frozenset({names.PESEL}))
    papers = current(patient, names.PASSPORT) + current(patient, frozenset({names.PERSON_DOCUMENT}))
    for one in numbers:
        value = one.text("value") or ""
        if not _PESEL.fullmatch(value) or not pesel.is_valid(value):
            yield problem("POMOST-PATIENT-02", one.at("value"))
    for one in papers:
        if not _DOCUMENT.fullmatch(one.text("value") or ""):
            yield problem("POMOST-PATIENT-03", one.at("value"))
    if len({one.text("value") for one in numbers}) > 1 or (not numbers and len(papers) != 1):
        yield problem("POMOST-PATIENT-01", patient.at("identifier"))


def name_to_use(patient: Element) -> Element | None:
    """The name with family and given that the profile prefers: official, usual, then one without a use."""
    usable = [
        one
        for one in patient.children("name")
        if one.text("family") is not None
        and isinstance(given := one.content.get("given"), list)
        and any(isinstance(part, str) and part.strip() for part in given)
    ]
    for use in _ORDER:
        for one in usable:
            if (one.text("use") or "") == use:
                return one
    return None


def one_number(text: str) -> str | None:
    """The phone number of a field in E.164 form, None when the field holds none or several.

    Nine digits are a Polish number; ``+`` or ``00`` starts a country's.
    """
    bare = _FILLING.sub("", text)
    if not _PHONE.fullmatch(bare):
        return None
    if bare.startswith("+"):
        return bare
    if bare.startswith("00"):
        return f"+{bare[2:]}"
    return f"+48{bare}" if len(bare) == len("600700800") else None
