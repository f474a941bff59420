"""FHIR Patient <-> our Patient (docs/fhir-profile.md, Patient). Everything in it is a secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapter.domain.identifiers import IdentifierError, PersonDocument, PersonIdentifier, Pesel
from adapter.domain.national import VisitChange
from adapter.domain.patient import Patient
from adapter.errors import BadInput
from adapter.fhir import names
from adapter.fhir.element import Element
from adapter.fhir.need import need
from adapter.fhir.problems import ProblemsFound
from adapter.fhir.profile_patient import check_patient, current, name_to_use, one_number
from adapter.mapping.problems import VALUE_REFUSED, Problems, Resource, element_of
from adapter.mapping.tables import Tables


def patient_from_fhir(resource: Resource, tables: Tables, on: date) -> Patient:
    """Read a FHIR Patient into the domain.

    A person with a PESEL is known by it; a document counts only without one. A phone field with two
    numbers gives no number at all: the reminder would go to nobody, or to somebody else (PB-4).
    ``tables`` and ``on`` are there because every mapping takes them; a person has no codes of ours.

    Raises:
        ProblemsFound: the profile refuses it; all problems are in it.
    """
    patient = element_of(resource, "Patient")
    problems = Problems(check_patient(patient))
    problems.refuse_if_any()
    identifier = _identifier(patient, problems)
    if identifier is None:
        raise ProblemsFound(problems.found)
    name = need(name_to_use(patient), patient.at("name"))
    return Patient(
        id=need(patient.text("id"), patient.at("id")),
        identifier=identifier,
        given=" ".join(_given(name)),
        family=need(name.text("family"), name.at("family")).strip(),
        phone=phone_of(patient),
        email=next((value for value in _values(patient, "email") if "@" in value), None),
    )


def patient_to_fhir(change: VisitChange, tables: Tables) -> dict[str, object]:
    """A Patient to be made in the EHR for a person who booked in CeR and is not known there.

    Raises:
        BadInput: CeR did not say who it is.
    """
    if change.person is None or not change.family or not change.given:
        raise BadInput("CeR did not say who this visit is for", field="person", code="NO_PERSON")
    system, value = person_to_fhir(change.person, tables)
    resource: dict[str, object] = {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": value}],
        "active": True,
        "name": [{"use": "official", "family": change.family, "given": change.given.split()}],
    }
    phone = one_number(change.phone) if change.phone else None
    if phone is not None:
        resource["telecom"] = [{"system": "phone", "value": phone, "use": "mobile"}]
    return resource


def person_to_fhir(person: PersonIdentifier, tables: Tables) -> tuple[str, str]:
    """A person's identifier as FHIR system and value. The value is a secret."""
    if isinstance(person, Pesel):
        return tables.identifier_systems.row("pesel")["fhir_system"], person.reveal()
    return person.system or tables.identifier_systems.row("person-document")["fhir_system"], person.reveal()


def phone_of(patient: Element) -> str | None:
    """One number in E.164 form: a mobile first, an old one never, None when no field holds exactly one."""
    phones = [one for one in patient.children("telecom") if one.text("system") == "phone" and one.text("use") != "old"]
    phones.sort(key=lambda one: (one.text("use") != "mobile", one.number("rank") or 1000))
    numbers = (one_number(one.text("value") or "") for one in phones)
    return next((number for number in numbers if number is not None), None)


def _identifier(patient: Element, problems: Problems) -> PersonIdentifier | None:
    numbers = current(patient, frozenset({names.PESEL}))
    papers = current(patient, names.PASSPORT) + current(patient, frozenset({names.PERSON_DOCUMENT}))
    try:
        if numbers:
            return Pesel(numbers[0].text("value") or "")
        return PersonDocument(papers[0].text("value") or "", papers[0].text("system") or "")
    except IdentifierError:
        problems.add(VALUE_REFUSED, patient.at("identifier"))
        return None


def _given(name: Element) -> Iterator[str]:
    given = name.content.get("given")
    for part in given if isinstance(given, list) else ():
        if isinstance(part, str) and part.strip():
            yield part.strip()


def _values(patient: Element, system: str) -> Iterator[str]:
    for one in patient.children("telecom"):
        if one.text("system") == system and one.text("use") != "old":
            yield (one.text("value") or "").strip()
