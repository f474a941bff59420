# ruff: noqa: E501 -- a table of cases is read by columns
"""Every rule of the profile refuses exactly what it says, at the path it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from adapter.fhir.element import Element
from adapter.fhir.profile_entry import check_term
from adapter.fhir.read import Reading, read
from adapter.fhir.rules import RULES

PL = "urn:oid:2.16.840.1.113883.3.4424"
BASE = "https://pomost.example/fhir"
SLOT, SCHEDULE, PATIENT = "Slot/slot-1", "Schedule/cardio-1", "Patient/patient-1"
VISIT, ENTRY, CANCELLED, REFERRAL = (
    "Appointment/visit-1",
    "Appointment/entry-1",
    "Appointment/visit-2",
    "ServiceRequest/referral-1",
)
GONE = object()
Good = Callable[[str], dict[str, Any]]


def extension(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"{BASE}/StructureDefinition/{name}", **value}


def capacity(value: Any) -> list[dict[str, Any]]:
    return [extension("slot-capacity", valueInteger=value)]


CELL = {"system": f"{PL}.2.3.3", "value": "000000927722-001"}
LICENCE = {"system": f"{PL}.1.6.2", "value": "1234567"}
KIND = {"system": f"{BASE}/CodeSystem/slot-kind", "code": "stable"}
PERSON = {"actor": {"reference": "Patient/patient-1"}, "status": "accepted"}
CATEGORY = extension(
    "patient-category", valueCoding={"system": f"{BASE}/CodeSystem/patient-category", "code": "waiting"}
)
RIGHT = {"url": "code", "valueCoding": {"system": f"{BASE}/CodeSystem/entitlement", "code": "47"}}
WEEK = extension("term-precision", valueCode="week")
RIGHT_WITH_BARE_DOCUMENT = extension(
    "entitlement", extension=[RIGHT, {"url": "document", "extension": [{"url": "number", "valueString": "1"}]}]
)
REASON = {"coding": [{"system": f"{BASE}/CodeSystem/cancellation-reason", "code": "1"}]}

# resource   element             becomes                                     path                                    rule
REFUSED = [
    (SLOT, "status", "blocked", "Slot.status", "FHIR-SLOT-01"),
    (SLOT, "status", GONE, "Slot.status", "FHIR-SHAPE-01"),
    (SLOT, "schedule", {"reference": "Location/1"}, "Slot.schedule.reference", "FHIR-REF-01"),
    (SLOT, "schedule", {"type": "Location", "reference": "urn:uuid:00000000-0000-0000-0000-000000000000"}, "Slot.schedule.reference", "FHIR-REF-01"),
    (SLOT, "schedule", {"display": "his calendar"}, "Slot.schedule.reference", "POMOST-ANY-04"),
    (SLOT, "schedule", {"reference": "#one"}, "Slot.schedule.reference", "POMOST-ANY-04"),
    (SLOT, "id", GONE, "Slot.id", "POMOST-ANY-01"),
    (SLOT, "modifierExtension", [{"url": "http://x.example/y", "valueBoolean": True}], "Slot.modifierExtension", "POMOST-ANY-02"),
    (SLOT, "implicitRules", "http://x.example/rules", "Slot.implicitRules", "POMOST-ANY-03"),
    (SLOT, "appointmentType", GONE, "Slot.appointmentType", "POMOST-SLOT-01"),
    (SLOT, "appointmentType", {"coding": [{"code": "stable"}]}, "Slot.appointmentType", "POMOST-SLOT-01"),
    (SLOT, "end", "2026-12-01T07:00:00Z", "Slot.end", "POMOST-SLOT-02"),
    (SLOT, "start", "2026-12-01T08:00:00", "Slot.start", "FHIR-SHAPE-04"),
    (SLOT, "start", "2026-12-01", "Slot.start", "FHIR-SHAPE-04"),
    (SLOT, "extension", capacity(0), "Slot.extension[0].valueInteger", "POMOST-SLOT-03"),
    (SLOT, "extension", capacity(101), "Slot.extension[0].valueInteger", "POMOST-SLOT-03"),
    (SLOT, "extension", [extension("slot-capacity", valueString="2")], "Slot.extension[0]", "POMOST-ANY-06"),
    (SLOT, "extension", capacity(1) * 2, "Slot.extension[1]", "POMOST-ANY-05"),
    (SLOT, "identifier", [{"use": "mine", "value": "1"}], "Slot.identifier[0].use", "FHIR-CODE-01"),
    (SLOT, "colour", "red", "Slot.colour", "FHIR-SHAPE-02"),
    (SLOT, "overbooked", "maybe", "Slot.overbooked", "FHIR-SHAPE-03"),
    (SLOT, "extension", [{"url": "http://x.example/y", "valueString": "a", "valueInteger": 1}], "Slot.extension[0]", "FHIR-SHAPE-07"),
    (SLOT, "extension", [{"url": "http://x.example/y", "_valueString": {"id": "a"}}], "Slot.extension[0]._valueString", "FHIR-SHAPE-05"),
    (SLOT, "contained", [{"resourceType": "Nothing"}], "Slot.contained[0]", "FHIR-SHAPE-06"),
    (SCHEDULE, "actor", GONE, "Schedule.actor", "FHIR-SHAPE-01"),
    (SCHEDULE, "actor", [{"reference": "Organization/1", "identifier": CELL}], "Schedule.actor[0].reference", "FHIR-REF-01"),
    (SCHEDULE, "actor", [{"reference": "Location/1"}], "Schedule.actor", "POMOST-SCHEDULE-01"),
    (SCHEDULE, "actor", [{"identifier": CELL}, {"identifier": {**CELL, "value": "000000927722-002"}}], "Schedule.actor", "POMOST-SCHEDULE-01"),
    (SCHEDULE, "actor", [{"identifier": {**CELL, "value": "927722-001"}}], "Schedule.actor[0].identifier.value", "POMOST-SCHEDULE-02"),
    (SCHEDULE, "specialty", GONE, "Schedule.specialty", "POMOST-SCHEDULE-03"),
    (SCHEDULE, "specialty", [{"coding": [{"system": f"{PL}.11.2.4", "code": code} for code in ("1100", "1102")]}], "Schedule.specialty", "POMOST-SCHEDULE-03"),
    (SCHEDULE, "actor", [{"identifier": CELL}, {"reference": "Practitioner/1"}], "Schedule.actor[1]", "POMOST-SCHEDULE-04"),
    (SCHEDULE, "actor", [{"identifier": CELL}, {"identifier": LICENCE}, {"identifier": {**LICENCE, "value": "7654321"}}], "Schedule.actor", "POMOST-SCHEDULE-04"),
    (SCHEDULE, "actor", [{"identifier": CELL}, {"identifier": {**LICENCE, "value": "12 34"}}], "Schedule.actor[1].identifier.value", "POMOST-SCHEDULE-05"),
    (SCHEDULE, "extension", [extension("schedule-cell", valueString="x")], "Schedule.extension[0]", "POMOST-ANY-06"),
    (VISIT, "status", "blocked", "Appointment.status", "FHIR-APPOINTMENT-01"),
    (VISIT, "participant", [{**PERSON, "status": "maybe"}], "Appointment.participant[0].status", "FHIR-APPOINTMENT-02"),
    (VISIT, "participant", [{**PERSON, "required": "yes"}], "Appointment.participant[0].required", "FHIR-CODE-01"),
    (VISIT, "participant", [PERSON, {"status": "accepted"}], "Appointment.participant[1]", "FHIR-APP-1"),
    (VISIT, "participant", [PERSON, PERSON], "Appointment.participant", "POMOST-APPOINTMENT-01"),
    (VISIT, "participant", [{"actor": {"reference": "Practitioner/1"}, "status": "accepted"}], "Appointment.participant", "POMOST-APPOINTMENT-01"),
    (VISIT, "participant", [{"actor": {"type": "Patient"}, "status": "accepted"}], "Appointment.participant[0].actor.reference", "POMOST-ANY-04"),
    (VISIT, "participant", [PERSON, {"actor": {"reference": "Slot/1"}, "status": "accepted"}], "Appointment.participant[1].actor.reference", "FHIR-REF-01"),
    (VISIT, "participant", [{**PERSON, "modifierExtension": [{"url": "http://x.example/y", "valueBoolean": True}]}], "Appointment.participant[0].modifierExtension", "POMOST-ANY-02"),
    (VISIT, "end", GONE, "Appointment.end", "FHIR-APP-2"),
    (VISIT, "start", GONE, "Appointment.start", "FHIR-APP-2"),
    (VISIT, "start", GONE, "Appointment.start", "FHIR-APP-3"),
    (VISIT, "cancelationReason", REASON, "Appointment.cancelationReason", "FHIR-APP-4"),
    (CANCELLED, "cancelationReason", GONE, "Appointment.cancelationReason", "POMOST-APPOINTMENT-06"),
    (CANCELLED, "cancelationReason", {"text": "ill"}, "Appointment.cancelationReason", "POMOST-APPOINTMENT-06"),
    (VISIT, "slot", GONE, "Appointment.slot", "POMOST-APPOINTMENT-02"),
    (VISIT, "slot", [{"reference": "Schedule/1"}], "Appointment.slot[0].reference", "FHIR-REF-01"),
    (VISIT, "end", "2026-12-01T08:00:00+01:00", "Appointment.end", "POMOST-APPOINTMENT-03"),
    (VISIT, "extension", GONE, "Appointment.extension", "POMOST-APPOINTMENT-04"),
    (VISIT, "extension", [extension("patient-category", valueCode="waiting")], "Appointment.extension[0].valueCoding", "POMOST-ANY-06"),
    (VISIT, "created", GONE, "Appointment.created", "POMOST-APPOINTMENT-05"),
    (VISIT, "extension", [CATEGORY, extension("reported-at", valueDateTime="2026-11-01")], "Appointment.extension[1].valueDateTime", "POMOST-APPOINTMENT-10"),
    (VISIT, "basedOn", [{"reference": f"ServiceRequest/{n}"} for n in (1, 2)], "Appointment.basedOn", "POMOST-APPOINTMENT-07"),
    (VISIT, "basedOn", [{"reference": "CarePlan/1"}], "Appointment.basedOn[0].reference", "FHIR-REF-01"),
    (VISIT, "extension", [CATEGORY, extension("entitlement", extension=[])], "Appointment.extension[1]", "POMOST-APPOINTMENT-08"),
    (VISIT, "extension", [CATEGORY, extension("entitlement", extension=[RIGHT, {"url": "verified-by", "valueString": "staff-17"}])], "Appointment.extension[1]", "POMOST-APPOINTMENT-08"),
    (VISIT, "extension", [CATEGORY, extension("privilege-waiver", extension=[{"url": "reason", "valueString": "later"}])], "Appointment.extension[1]", "POMOST-APPOINTMENT-09"),
    (ENTRY, "extension", [CATEGORY], "Appointment.slot", "POMOST-APPOINTMENT-02"),
    (ENTRY, "extension", [CATEGORY, extension("appointment-schedule", valueReference={"reference": "Slot/1"})], "Appointment.extension[1].valueReference.reference", "FHIR-REF-01"),
    (VISIT, "extension", [CATEGORY, extension("dilo-card", extension=[{"url": "stage", "valueCoding": {"system": f"{BASE}/CodeSystem/dilo-stage", "code": "1"}}])], "Appointment.extension[1]", "POMOST-ANY-07"),
    (VISIT, "extension", [CATEGORY, extension("removal", extension=[])], "Appointment.extension[1]", "POMOST-ANY-07"),
    (VISIT, "extension", [CATEGORY, RIGHT_WITH_BARE_DOCUMENT], "Appointment.extension[1].extension[1]", "POMOST-ANY-07"),
    (VISIT, "extension", [CATEGORY, extension("term-change", extension=[{"url": "cause", "valueCode": "weather"}])], "Appointment.extension[1].extension[0].valueCode", "POMOST-ANY-08"),
    (VISIT, "extension", [CATEGORY, extension("removal", extension=[{"url": "one", "valueDate": "2026-12-01"}, {"url": "on", "valueDate": "2026-12-01"}])], "Appointment.extension[1].extension[0]", "POMOST-ANY-09"),
    (VISIT, "extension", [CATEGORY, extension("removal", extension=[{"url": "on", "valueDate": "2026-12"}])], "Appointment.extension[1].extension[0].valueDate", "POMOST-ANY-10"),
    (VISIT, "extension", [CATEGORY, extension("continuing-treatment", extension=[{"url": "plan", "valueReference": {"reference": "Goal/1"}}])], "Appointment.extension[1].extension[0].valueReference.reference", "FHIR-REF-01"),
    (VISIT, "extension", [CATEGORY, extension("continuing-treatment", extension=[{"url": "ends-on", "valueDate": "2026-12-01"}, {"url": "open-ended", "valueBoolean": True}])], "Appointment.extension[1]", "POMOST-APPOINTMENT-13"),
    (VISIT, "extension", [CATEGORY, extension("service-started", valueDateTime="2026-12-01")], "Appointment.extension[1].valueDateTime", "POMOST-APPOINTMENT-10"),
    (VISIT, "extension", [CATEGORY, extension("entered-by", valueString=" ")], "Appointment.extension[1]", "POMOST-ANY-06"),
    (VISIT, "extension", [CATEGORY, *[extension("reserved", valueBoolean=yes) for yes in (True, False)]], "Appointment.extension[2]", "POMOST-ANY-05"),
    (VISIT, "requestedPeriod", [{"start": "2026-12-01", "extension": [extension("term-precision", valueCode="month")]}], "Appointment.requestedPeriod[0].extension[0].valueCode", "POMOST-ANY-08"),
    (SCHEDULE, "extension", [extension("admission-schedule", extension=[{"url": "id", "valueString": "a-b-c"}])], "Schedule.extension[0]", "POMOST-ANY-07"),
    (PATIENT, "extension", [extension("no-address-in-poland", valueCode="BD")], "Patient.extension[0]", "POMOST-ANY-06"),
    (REFERRAL, "extension", [extension("referral-form", valueCode="electronic"), extension("paper-referral", extension=[{"url": "location", "valueString": "binder 3"}])], "ServiceRequest.extension[1]", "POMOST-SERVICEREQUEST-09"),
    (REFERRAL, "status", "open", "ServiceRequest.status", "FHIR-SERVICEREQUEST-01"),
    (REFERRAL, "intent", "wish", "ServiceRequest.intent", "FHIR-SERVICEREQUEST-02"),
    (REFERRAL, "priority", "high", "ServiceRequest.priority", "FHIR-SERVICEREQUEST-03"),
    (REFERRAL, "doNotPerform", True, "ServiceRequest.doNotPerform", "POMOST-SERVICEREQUEST-01"),
    (REFERRAL, "intent", "proposal", "ServiceRequest.intent", "POMOST-SERVICEREQUEST-02"),
    (REFERRAL, "priority", "stat", "ServiceRequest.priority", "POMOST-SERVICEREQUEST-03"),
    (REFERRAL, "identifier", [{"system": f"{PL}.2.7.999.4.1", "value": "123"}], "ServiceRequest.identifier[0].value", "POMOST-SERVICEREQUEST-05"),
    (REFERRAL, "identifier", [{"system": f"{BASE}/identifier/referral-key", "value": "1" * 43}], "ServiceRequest.identifier[0].value", "POMOST-SERVICEREQUEST-06"),
    (REFERRAL, "identifier", [{"system": f"{BASE}/identifier/referral-access-code", "value": "12"}], "ServiceRequest.identifier[0].value", "POMOST-SERVICEREQUEST-07"),
    (REFERRAL, "identifier", [{"system": f"{BASE}/identifier/referral-access-code", "value": "1234"}] * 2, "ServiceRequest.identifier", "POMOST-SERVICEREQUEST-08"),
    (REFERRAL, "subject", {"reference": "Group/1"}, "ServiceRequest.subject.reference", "POMOST-ANY-04"),
    (REFERRAL, "subject", {"reference": "Encounter/1"}, "ServiceRequest.subject.reference", "FHIR-REF-01"),
    (PATIENT, "identifier", GONE, "Patient.identifier", "POMOST-PATIENT-01"),
    (PATIENT, "identifier", [{"system": f"{PL}.1.1.616", "value": "05631201238"}], "Patient.identifier[0].value", "POMOST-PATIENT-02"),
    (PATIENT, "identifier", [{"system": f"{PL}.1.1.616", "value": "05631201239", "use": "old"}], "Patient.identifier", "POMOST-PATIENT-01"),
    (PATIENT, "identifier", [{"system": f"{BASE}/identifier/person-document", "value": "a-1"}], "Patient.identifier[0].value", "POMOST-PATIENT-03"),
    (PATIENT, "name", [{"family": "Zmyślona"}], "Patient.name", "POMOST-PATIENT-04"),
    (PATIENT, "name", [{"use": "old", "family": "Zmyślona", "given": ["Alina"]}], "Patient.name", "POMOST-PATIENT-04"),
    (PATIENT, "gender", "F", "Patient.gender", "FHIR-CODE-01"),
    (PATIENT, "telecom", [{"system": "telegraph", "value": "1"}], "Patient.telecom[0].system", "FHIR-CODE-01"),
]  # fmt: skip

# resource   element            becomes                                       why it is good
ACCEPTED = [
    (SLOT, "status", "busy-unavailable", "a block"),
    (SLOT, "appointmentType", {"coding": [{"system": "http://his.example/kind", "code": "X"}, KIND]}, "a site's own code beside ours"),
    (SLOT, "extension", [{"url": "http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity", "valueInteger": 100}], "SMART's capacity"),
    (SLOT, "schedule", {"reference": "https://ehr.example/fhir/Schedule/1/_history/2"}, "an absolute reference with a version"),
    (SLOT, "extension", [{"url": "http://x.example/y", "valueString": "a"}], "an extension that we do not know"),
    (SLOT, "start", "2026-12-01T06:59:59.999999999Z", "an instant with nanoseconds"),
    (SLOT, "serviceType", [], "an empty list: a warning"),
    (SLOT, "modifierExtension", [], "an empty list of modifiers modifies nothing"),
    (SCHEDULE, "actor", [{"reference": "Location/1", "identifier": CELL}], "a room's schedule"),
    (SCHEDULE, "specialty", [{"coding": [{"system": f"{BASE}/CodeSystem/programme", "code": "mammography"}]}], "a programme"),
    (VISIT, "status", "noshow", "no reason is needed"),
    (VISIT, "participant", [PERSON, {"type": [{"text": "helper"}], "status": "accepted"}], "a type without an actor (app-1)"),
    (ENTRY, "status", "waitlist", "no times and no slot, but a schedule"),
    (VISIT, "requestedPeriod", [{"start": "2026-12-01", "end": "2026-12-31"}, {"start": "2027-01-01"}], "a wish, where no register is kept"),
    (VISIT, "extension", [CATEGORY, extension("removal", extension=[{"url": "on", "valueDate": "2026-12-01"}, {"url": "http://his.example/ward", "valueString": "a"}])], "others' parts in an extension of ours"),
    (CANCELLED, "cancelationReason", REASON, "no times when cancelled (app-3)"),
    (REFERRAL, "doNotPerform", False, "false forbids nothing"),
    (REFERRAL, "identifier", GONE, "a referral whose number is not known yet"),
    (REFERRAL, "priority", GONE, "FHIR says that missing is routine: a warning"),
    (PATIENT, "telecom", [{"system": "phone", "value": "600100200, 600100201"}], "two numbers in a field: a warning"),
]  # fmt: skip


def changed(resource: dict[str, Any], element: str, value: Any) -> Reading:
    """Read the resource with one element changed or gone."""
    if value is GONE:
        resource.pop(element, None)
    else:
        resource[element] = value
    return read(json.dumps(resource).encode())


@pytest.mark.parametrize("case", REFUSED, ids=[f"{row[4]} {row[3]}" for row in REFUSED])
def test_a_broken_rule_is_reported_at_its_path(good: Good, case: tuple[str, str, Any, str, str]) -> None:
    name, element, value, path, rule = case
    reading = changed(good(name), element, value)
    assert not reading.accepted
    assert reading.resource is None
    assert (path, rule) in [(one.path, one.rule) for one in reading.problems]


@pytest.mark.parametrize(("name", "element", "value", "why"), ACCEPTED, ids=[row[3] for row in ACCEPTED])
def test_what_the_profile_allows_is_accepted(good: Good, name: str, element: str, value: Any, why: str) -> None:
    reading = changed(good(name), element, value)
    assert [one for one in reading.problems if one.severity == "error"] == [], why
    assert reading.accepted


WARNINGS = [
    (REFERRAL, "priority", GONE, "ServiceRequest.priority", "POMOST-SERVICEREQUEST-04"),
    (
        PATIENT,
        "telecom",
        [{"system": "phone", "value": "600100200, 600100201"}],
        "Patient.telecom[0].value",
        "POMOST-PATIENT-05",
    ),
    (SLOT, "serviceType", [], "Slot.serviceType", "FHIR-SHAPE-08"),
    (
        REFERRAL,
        "reasonCode",
        [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "i10"}]}],
        "ServiceRequest.reasonCode[0].coding[0].code",
        "POMOST-ANY-11",
    ),
]


@pytest.mark.parametrize("case", WARNINGS, ids=[row[4] for row in WARNINGS])
def test_a_warning_is_shown_and_the_resource_is_used(good: Good, case: tuple[str, str, Any, str, str]) -> None:
    name, element, value, path, rule = case
    reading = changed(good(name), element, value)
    assert reading.accepted
    assert [(one.path, one.rule, one.severity) for one in reading.problems] == [(path, rule, "warning")]


def test_a_no_show_with_a_reason_is_good_though_fhirs_own_app_4_refuses_it(good: Good) -> None:
    visit = {**good(VISIT), "cancelationReason": REASON}
    assert changed(visit, "status", "noshow").accepted


def test_all_problems_are_reported_at_once(good: Good) -> None:
    slot = {**good(SLOT), "status": "blocked", "colour": "red", "start": "yesterday", "schedule": {"reference": "#x"}}
    slot.pop("appointmentType")
    rules = {one.rule for one in read(json.dumps(slot).encode()).problems}
    assert rules == {"FHIR-SLOT-01", "FHIR-SHAPE-02", "FHIR-SHAPE-04", "POMOST-ANY-04", "POMOST-SLOT-01"}


def test_a_text_never_repeats_a_value_of_the_resource(good: Good) -> None:
    patient = {**good(PATIENT), "05631201239": "x", "gender": "05631201239"}
    patient["identifier"] = [{"system": f"{PL}.1.1.616", "value": "05631201239 Zmyślona"}]
    reading = read(json.dumps(patient).encode())
    told = " ".join(f"{one.path} {one.text_pl} {one.text_en}" for one in reading.problems) + repr(reading)
    assert not reading.accepted
    assert "05631201239" not in told
    assert "Zmyślona" not in told


# requestedPeriod                                                       why
WRONG_TERMS = [
    ([{"start": "2026-12-01", "end": "2026-12-02"}], "POMOST-APPOINTMENT-11", "two days"),
    ([{"start": "2026-12-01"}], "POMOST-APPOINTMENT-11", "no end"),
    ([{"start": "2026-12", "end": "2026-12"}], "POMOST-APPOINTMENT-11", "a month"),
    ([{"start": "2026-12-01T08:00:00+01:00", "end": "2026-12-01T08:00:00+01:00"}], "POMOST-APPOINTMENT-11", "a time"),
    ([{"start": "2026-11-30", "end": "2026-12-06"}], "POMOST-APPOINTMENT-11", "a week that is not said to be one"),
    (
        [{"start": "2026-12-01", "end": "2026-12-07", "extension": [WEEK]}],
        "POMOST-APPOINTMENT-11",
        "a week from Tuesday",
    ),
    ([{"start": "2026-11-30", "end": "2026-12-05", "extension": [WEEK]}], "POMOST-APPOINTMENT-11", "to Saturday"),
    ([{"start": "2026-12-01", "end": "2026-12-01"}] * 2, "POMOST-APPOINTMENT-12", "two terms"),
]


@pytest.mark.parametrize(("periods", "rule", "why"), WRONG_TERMS, ids=[row[2] for row in WRONG_TERMS])
def test_the_term_of_an_entry_is_a_day_or_a_week(good: Good, periods: list[Any], rule: str, why: str) -> None:
    entry = {**good(ENTRY), "requestedPeriod": periods}
    assert rule in {one.rule for one in check_term(Element("Appointment", entry))}, why


def test_a_visit_with_a_time_needs_no_requested_period(good: Good) -> None:
    visit = {**good(VISIT), "requestedPeriod": WRONG_TERMS[0][0]}
    assert list(check_term(Element("Appointment", visit))) == []


def test_every_rule_has_a_case_here_or_in_the_tests_of_reading() -> None:
    here = {row[4] for row in REFUSED} | {row[4] for row in WARNINGS} | {row[1] for row in WRONG_TERMS}
    elsewhere = {rule for rule in RULES if rule.startswith(("FHIR-READ-", "FHIR-BUNDLE-", "POMOST-BUNDLE-"))}
    assert here | elsewhere == set(RULES)
