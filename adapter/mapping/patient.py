"""FHIR Patient <-> our Patient (docs/fhir-profile.md, Patient). Everything in it is a secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapter.domain.identifiers import IdentifierError, PersonDocument, PersonIdentifier, Pesel
from adapter.domain.moments import warsaw_day
from adapter.domain.national import VisitChange
from adapter.domain.patient import Patient
from adapter.errors import BadInput
from adapter.fhir import names
from adapter.fhir.day import full_day
from adapter.fhir.element import Element, aware_moment
from adapter.fhir.extensions import flag
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
        email=next((value for system, value in _telecoms(patient) if system == "email" and "@" in value), None),
        address=_address(patient),
        no_address_in_poland=flag(patient, names.EXT_NO_ADDRESS) or False,
        other_contact=_other_contact(patient),
        deceased=patient.content.get("deceasedBoolean") is True or patient.has("deceasedDateTime"),
        deceased_on=_day_of_death(patient),
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


def _telecoms(person: Element) -> Iterator[tuple[str, str]]:
    """(system, value) of every way to reach a person that still holds."""
    for one in person.children("telecom"):
        value = (one.text("value") or "").strip()
        if value and one.text("use") != "old":
            yield one.text("system") or "", value


def _address(patient: Element) -> str:
    """The address in one line: one at home first, an old one or one for bills only never."""
    usable = [one for one in patient.children("address") if one.text("use") not in {"old", "billing"} and _line(one)]
    usable.sort(key=lambda one: one.text("use") != "home")
    return _line(usable[0]) if usable else ""


def _line(address: Element) -> str:
    """Its text, else its parts: street, postal code and town, country."""
    text = " ".join((address.text("text") or "").split())
    if text:
        return text
    lines = address.content.get("line")
    parts = [one.strip() for one in lines if isinstance(one, str)] if isinstance(lines, list) else []
    town = " ".join(filter(None, (address.text("postalCode"), address.text("city"))))
    return ", ".join(part for part in (*parts, town, address.text("country") or "") if part)


def _other_contact(patient: Element) -> str:
    """Another way to the patient or the guardian: a contact person, else an e-mail or the like (D-01 lit. h)."""
    for contact in patient.children("contact"):
        ways = [value for _, value in _telecoms(contact)]
        where = contact.child("address")
        if where is not None and _line(where):
            ways.append(_line(where))
        if ways:
            return ": ".join(filter(None, (_called(contact), ", ".join(ways))))
    others = (value for system, value in _telecoms(patient) if system != "phone" or one_number(value) is None)
    return next(others, "")


def _called(contact: Element) -> str:
    """Name and relationship of a contact person, as far as they are told."""
    name = contact.child("name")
    parts = [] if name is None else [name.text("text") or " ".join((*_given(name), name.text("family") or ""))]
    parts += [concept.text("text") or "" for concept in contact.children("relationship")]
    return ", ".join(part.strip() for part in parts if part.strip())


def _day_of_death(patient: Element) -> date | None:
    """The Warsaw day of death; None when it is not told, or only its month."""
    told = patient.text("deceasedDateTime")
    moment = aware_moment(told)
    return warsaw_day(moment) if moment is not None else full_day(told)
