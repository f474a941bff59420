"""FHIR Patient and ServiceRequest: identity, one phone number, and credentials that cannot be confused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fhir.resources.R4B.patient import Patient as FhirPatient
from fhir.resources.R4B.servicerequest import ServiceRequest

from adapter.domain.entitlement import Criterion
from adapter.domain.identifiers import (
    AccessByCode,
    PersonDocument,
    PersonIdentifier,
    Pesel,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.national import NationalVisitState, Origin, VisitChange
from adapter.errors import BadInput
from adapter.fhir.problems import ProblemsFound
from adapter.fhir.read import read_value
from adapter.mapping.patient import patient_from_fhir, patient_to_fhir
from adapter.mapping.referral import referral_from_fhir, referral_patient_id
from adapter.mapping.tables import Tables

Make = Callable[..., dict[str, Any]]
PESEL = Pesel("00690100011")
PL = "urn:oid:2.16.840.1.113883.3.4424"
BASE = "https://pomost.example/fhir/identifier"
KEY = {"system": f"{BASE}/referral-key", "value": "1" * 44}
CODE = {"system": f"{BASE}/referral-access-code", "value": "0042"}
NUMBER = {"system": f"{PL}.2.7.999.4.1", "value": "0000000000SK1607436862"}
PASSPORT = {"system": "http://hl7.org/fhir/sid/passport-UKR", "value": "AA1234567"}


def test_a_patient_is_read_from_a_model_and_from_json_alike(tables: Tables, patient: Make, today: date) -> None:
    found = patient_from_fhir(patient(), tables, today)
    assert patient_from_fhir(FhirPatient.model_validate(patient()), tables, today) == found
    assert (found.id, found.identifier, found.family, found.given) == ("P1", PESEL, "Wymyślona", "Anna Maria")
    assert found.email == "anna@example.org"
    assert found.phone == "+48600700800"
    assert "00690100011" not in repr(found)
    assert "Wymyślona" not in repr(found)


# telecom                                                                    phone            why
PHONES = [
    ([("600 700 800", "mobile")], "+48600700800", "nine digits are Polish"),
    ([("+49 151 23456789", "mobile")], "+4915123456789", "a foreign number"),
    ([("0048600700800", "mobile")], "+48600700800", "00 starts a country"),
    ([("600700800, 601701801", "mobile")], None, "PB-4: two numbers in one field"),
    ([("600700800/601701801", "mobile")], None, "PB-4: two numbers and a slash"),
    ([("600700800 601701801", "mobile")], None, "PB-4: two numbers and a blank"),
    ([("600700800;601701801", "mobile"), ("221234567", "home")], "+48221234567", "another field helps"),
    ([("600700800", "old")], None, "an old number"),
    ([("221234567", "home"), ("600700800", "mobile")], "+48600700800", "the mobile first"),
    ([("600 700 800 w. 12", "work")], None, "an extension"),
    ([], None, "none"),
]


@pytest.mark.parametrize(("given", "phone", "why"), PHONES, ids=[row[2] for row in PHONES])
def test_exactly_one_phone_number_or_none(
    tables: Tables, patient: Make, today: date, *, given: list[tuple[str, str]], phone: str | None, why: str
) -> None:
    telecom = [{"system": "phone", "value": value, "use": use} for value, use in given] or None
    assert patient_from_fhir(patient(telecom=telecom), tables, today).phone == phone, why


def test_two_numbers_in_one_field_are_told(patient: Make) -> None:
    reading = read_value(patient(telecom=[{"system": "phone", "value": "600700800, 601701801"}]), b"")
    assert [(one.rule, one.severity) for one in reading.problems] == [("POMOST-PATIENT-05", "warning")]


def test_a_document_counts_only_without_a_pesel(tables: Tables, patient: Make, today: date) -> None:
    without = patient_from_fhir(patient(identifier=[PASSPORT]), tables, today).identifier
    assert without == PersonDocument("AA1234567", "http://hl7.org/fhir/sid/passport-UKR")
    both = patient(identifier=[PASSPORT, {"system": f"{PL}.1.1.616", "value": "00690100011"}])
    assert patient_from_fhir(both, tables, today).identifier == PESEL


def test_a_wrong_pesel_is_named_without_its_value(tables: Tables, patient: Make, today: date) -> None:
    made = patient(identifier=[{"system": f"{PL}.1.1.616", "value": "00690100012"}], name=None)
    with pytest.raises(ProblemsFound) as found:
        patient_from_fhir(made, tables, today)
    assert {one.rule for one in found.value.problems} == {"POMOST-PATIENT-02", "POMOST-PATIENT-04"}
    told = found.value.message + "".join(one.text_pl + one.text_en for one in found.value.problems)
    assert "00690100012" not in told


def change(person: PersonIdentifier | None = PESEL, **more: object) -> VisitChange:
    values: dict[str, Any] = {
        "sequence": 7,
        "visit_id": "W-7",
        "slot_id": "C-1",
        "state": NationalVisitState.SAVED,
        "origin": Origin.PATIENT,
        "changed_at": datetime(2026, 11, 2, 10, 0, tzinfo=UTC),
        "person": person,
        "given": "Anna Maria",
        "family": "Wymyślona",
        "phone": "600700800",
        **more,
    }
    return VisitChange(**values)


@pytest.mark.parametrize(
    "person", [PESEL, PersonDocument("AA1234567", PASSPORT["system"]), PersonDocument("BB7654321")]
)
def test_a_person_from_cer_becomes_a_patient_that_we_can_read_back(
    tables: Tables, today: date, person: PersonIdentifier
) -> None:
    made = patient_to_fhir(change(person), tables)
    FhirPatient.model_validate(made)
    back = patient_from_fhir({**made, "id": "P9"}, tables, today)
    system = BASE + "/person-document" if person == PersonDocument("BB7654321") else ""
    assert back.identifier == (PersonDocument("BB7654321", system) if system else person)
    assert (back.family, back.given, back.phone) == ("Wymyślona", "Anna Maria", "+48600700800")


@pytest.mark.parametrize("missing", [{"person": None}, {"family": ""}, {"given": ""}])
def test_nobody_is_invented(tables: Tables, missing: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="who this visit is for"):
        patient_to_fhir(change(**missing), tables)


def test_a_referral_is_read_from_a_model_and_from_json_alike(tables: Tables, request_: Make, today: date) -> None:
    found = referral_from_fhir(request_(), tables, today)
    assert referral_from_fhir(ServiceRequest.model_validate(request_()), tables, today) == found
    assert (found.id, found.patient_id, found.service) == ("R1", "P1", "1100")
    assert found.criterion is Criterion.URGENT
    assert found.number == ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.4.1", "0000000000SK1607436862")
    assert found.access == ReferralKey("1" * 44)
    assert "1111" not in repr(found)
    assert referral_patient_id(request_()) == "P1"


def test_r_01_a_code_needs_the_patients_identifier(tables: Tables, request_: Make, today: date) -> None:
    made = request_(identifier=[NUMBER, CODE])
    found = referral_from_fhir(made, tables, today, person=PESEL)
    assert isinstance(found.access, AccessByCode)
    assert (found.access.code.reveal(), found.access.person) == ("0042", PESEL)
    with pytest.raises(ProblemsFound) as refused:
        referral_from_fhir(made, tables, today)
    assert [(one.rule, one.path) for one in refused.value.problems] == [
        ("POMOST-MAP-04", "ServiceRequest.identifier[1]")
    ]


def test_the_key_is_preferred_to_the_code(tables: Tables, request_: Make, today: date) -> None:
    both = request_(identifier=[CODE, KEY])
    assert referral_from_fhir(both, tables, today, person=PESEL).access == ReferralKey("1" * 44)
    assert referral_from_fhir(both, tables, today).access == ReferralKey("1" * 44)


# identifiers                                        rule                         why
CONFUSED = [
    ([{**NUMBER, "value": "1" * 44}], "POMOST-SERVICEREQUEST-05", "a key under the number's system"),
    ([{**KEY, "value": NUMBER["value"]}], "POMOST-SERVICEREQUEST-06", "a number under the key's system"),
    ([{**KEY, "value": "0042"}], "POMOST-SERVICEREQUEST-06", "a code under the key's system"),
    ([{**CODE, "value": "1" * 44}], "POMOST-SERVICEREQUEST-07", "a key under the code's system"),
    ([{**KEY, "value": "1" * 43}], "POMOST-SERVICEREQUEST-06", "43 digits"),
    ([{**CODE, "value": "12a4"}], "POMOST-SERVICEREQUEST-07", "a letter in the code"),
    ([KEY, {**KEY, "value": "2" * 44}], "POMOST-SERVICEREQUEST-08", "two keys"),
]


@pytest.mark.parametrize(("identifiers", "rule", "why"), CONFUSED, ids=[row[2] for row in CONFUSED])
def test_r_09_number_key_and_code_are_never_confused(
    tables: Tables, request_: Make, today: date, *, identifiers: list[dict[str, str]], rule: str, why: str
) -> None:
    with pytest.raises(ProblemsFound) as found:
        referral_from_fhir(request_(identifier=identifiers), tables, today, person=PESEL)
    assert rule in {one.rule for one in found.value.problems}, why
    told = found.value.message + "".join(one.text_pl + one.text_en for one in found.value.problems)
    assert not any(one["value"] in told for one in identifiers)


def test_an_identifier_of_another_system_is_no_credential(tables: Tables, request_: Make, today: date) -> None:
    found = referral_from_fhir(
        request_(identifier=[{"system": "http://ehr.example/id", "value": "1" * 44}]), tables, today
    )
    assert found.access is None
    assert found.number is None


# priority   criterion           why
PRIORITIES = [
    ("routine", Criterion.STABLE, "stable"),
    ("urgent", Criterion.URGENT, "R-12: urgent"),
    (None, Criterion.STABLE, "R-12: FHIR's default"),
]


@pytest.mark.parametrize(("priority", "criterion", "why"), PRIORITIES, ids=[row[2] for row in PRIORITIES])
def test_r_12_the_priority_gives_the_criterion(
    tables: Tables, request_: Make, today: date, *, priority: str | None, criterion: Criterion, why: str
) -> None:
    assert referral_from_fhir(request_(priority=priority), tables, today).criterion is criterion, why


# change                                      rule
UNUSABLE = [
    ({"priority": "stat"}, "POMOST-MAP-01"),
    ({"priority": "asap"}, "POMOST-SERVICEREQUEST-03"),
    ({"status": "revoked"}, "POMOST-MAP-05"),
    ({"status": "draft"}, "POMOST-MAP-05"),
    ({"status": "entered-in-error"}, "POMOST-MAP-05"),
    ({"intent": "plan"}, "POMOST-SERVICEREQUEST-02"),
    ({"doNotPerform": True}, "POMOST-SERVICEREQUEST-01"),
    ({"subject": {"reference": "Organization/O1"}}, "FHIR-REF-01"),
    ({"subject": {"reference": "Group/G1"}}, "POMOST-ANY-04"),
]


@pytest.mark.parametrize(("changes", "rule"), UNUSABLE, ids=[str(row[0]) for row in UNUSABLE])
def test_what_is_no_usable_referral_is_refused(
    tables: Tables, request_: Make, today: date, *, changes: dict[str, Any], rule: str
) -> None:
    with pytest.raises(ProblemsFound) as found:
        referral_from_fhir(request_(**changes), tables, today)
    assert rule in {one.rule for one in found.value.problems}
