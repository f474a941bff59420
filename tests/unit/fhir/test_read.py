# ruff: noqa: E501 -- a table of cases is read by columns
"""Reading never raises, names the culprit, and one bad entry never sinks another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from depth import DEEPER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.errors import BadInput
from adapter.fhir import decode
from adapter.fhir.bundle import entries, entry, line_pieces
from adapter.fhir.need import need
from adapter.fhir.outcome import outcome
from adapter.fhir.problems import ProblemsFound
from adapter.fhir.read import read
from adapter.fhir.reference import local_id
from adapter.fhir.rules import RULES

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "fhir"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "fhir-profile.md"
Good = Callable[[str], dict[str, Any]]

# bytes                                         path                      rule            why
DOCUMENTS = [
    (b"", "$", "FHIR-READ-01", "nothing at all"),
    (b'{"resourceType": "Slot"', "$", "FHIR-READ-01", "cut short"),
    (b'{"resourceType": "Slot", "a": NaN}', "$", "FHIR-READ-01", "NaN is no JSON"),
    (b"9" * 5000, "$", "FHIR-READ-01", "a number too long for anyone"),
    (b"  <Slot/>", "$", "FHIR-READ-02", "XML"),
    (b"\xef\xbb\xbf<Slot/>", "$", "FHIR-READ-02", "XML behind a byte order mark"),
    ('{"resourceType": "Slot"}'.encode("utf-16"), "$", "FHIR-READ-03", "UTF-16"),
    (b'{"resourceType": "Slot", "id": "\xb3"}', "$", "FHIR-READ-03", "Windows-1250"),
    (b'{"resourceType": "Slot", "comment": "\\ud800"}', "Slot.comment", "FHIR-READ-03", "half of a surrogate pair"),
    (b'{"resourceType": "Slot", "\\ud800": 1}', "Slot", "FHIR-READ-03", "half of a surrogate pair in a name"),
    (b"[" * 100_000, "$", "FHIR-READ-05", "deeper than the parser goes"),
    (b'{"resourceType": "Slot", "a": ' + b"[" * 70 + b"]" * 70 + b"}", "Slot", "FHIR-READ-05", "deeper than FHIR needs"),
    (b'{"resourceType": "Slot", "id": "a", "id": "b"}', "Slot", "FHIR-READ-06", "two ids"),
    (b'{"resourceType": "Slot", "meta": {"a": 1, "a": 1}}', "Slot.meta", "FHIR-READ-06", "a name twice, deeper"),
    (b"[]", "$", "FHIR-READ-07", "a list"),
    (b'"Slot"', "$", "FHIR-READ-07", "a text"),
    (b'{"resourceType": 5}', "$", "FHIR-READ-07", "a type that is no text"),
    (b'[{"op": "replace", "path": "/status", "value": "free"}]', "$", "FHIR-READ-07", "a JSON Patch is no resource"),
    (b'{"resourceType": "Booking"}', "Resource.resourceType", "FHIR-READ-08", "no FHIR type"),
    (b'{"resourceType": "HumanName"}', "Resource.resourceType", "FHIR-READ-08", "a data type is no resource"),
    (b'{"resourceType": "DomainResource"}', "Resource.resourceType", "FHIR-READ-08", "an abstract type"),
    (b'{"resourceType": "../secret"}', "Resource.resourceType", "FHIR-READ-08", "a path is no type"),
    (b'{"resourceType": "ReferralRequest"}', "Resource", "FHIR-READ-10", "a type of STU3"),
    (b'{"resourceType": "Transport"}', "Resource", "FHIR-READ-09", "a type of R5"),
    (b'{"resourceType": "Slot", "appointmentType": [{}]}', "Slot.appointmentType", "FHIR-READ-09", "R5 has a list"),
    (b'{"resourceType": "Slot", "serviceType": [{"concept": {}}]}', "Slot.serviceType", "FHIR-READ-09", "R5 CodeableReference"),
    (b'{"resourceType": "Slot", "serviceCategory": {"text": "x"}}', "Slot.serviceCategory", "FHIR-READ-10", "STU3 has one"),
    (b'{"resourceType": "Schedule", "name": "x"}', "Schedule.name", "FHIR-READ-09", "R5 named schedules"),
    (b'{"resourceType": "Appointment", "cancellationReason": {"text": "x"}}', "Appointment.cancellationReason", "FHIR-READ-09", "two l since R5"),
    (b'{"resourceType": "Appointment", "participant": [{"required": true}]}', "Appointment.participant[0].required", "FHIR-READ-09", "R5 flag"),
    (b'{"resourceType": "Appointment", "incomingReferral": [{}]}', "Appointment.incomingReferral", "FHIR-READ-10", "STU3 basedOn"),
    (b'{"resourceType": "ServiceRequest", "code": {"concept": {"text": "x"}}}', "ServiceRequest.code", "FHIR-READ-09", "R5 CodeableReference"),
    (b'{"resourceType": "Patient", "animal": {"species": {}}}', "Patient.animal", "FHIR-READ-10", "STU3 animals"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "path", "rule", "why"), DOCUMENTS, ids=[row[3] for row in DOCUMENTS])
def test_what_cannot_be_read_is_named(raw: bytes, path: str, rule: str, why: str) -> None:
    reading = read(raw)
    assert (path, rule) in [(one.path, one.rule) for one in reading.problems], why
    with pytest.raises(ProblemsFound) as refusal:
        reading.checked()
    assert refusal.value.problems == reading.problems


def test_another_version_is_one_clear_problem(good: Good) -> None:
    slot = good("Slot/slot-1")
    slot["appointmentType"] = [slot["appointmentType"]]
    assert [one.rule for one in read(json.dumps(slot).encode()).problems] == ["FHIR-READ-09"]


def test_a_byte_order_mark_is_passed_over(good: Good) -> None:
    assert read(b"\xef\xbb\xbf" + json.dumps(good("Slot/slot-1")).encode()).accepted


def test_a_document_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b'{"resourceType": "Bundle", "entry": [' + b" " * decode.DOCUMENT_BYTES_MAX + b"]}"
    assert [one.rule for one in read(raw).problems] == ["FHIR-READ-04"]


def test_the_version_is_the_servers_or_a_digest(good: Good) -> None:
    slot = good("Slot/slot-1")
    unversioned = read(json.dumps(slot).encode())
    assert unversioned.version.startswith("sha256:")
    assert unversioned.version != read(json.dumps(slot, indent=1).encode()).version
    assert read(json.dumps({**slot, "meta": {"versionId": "7"}}).encode()).version == "7"


def test_a_type_that_we_do_not_use_is_checked_by_shape_only() -> None:
    assert read(b'{"resourceType": "Location", "name": "Room 1"}').accepted
    assert [one.rule for one in read(b'{"resourceType": "Location", "colour": 1}').problems] == ["FHIR-SHAPE-02"]


def test_good_entries_go_on_beside_bad_ones() -> None:
    found = list(entries((FIXTURES / "bad" / "mixed.json").read_bytes(), "mixed.json"))
    assert [(one.source, one.reading.accepted) for one in found] == [
        ("mixed.json#entry[0]", True),
        ("mixed.json#entry[1]", False),
        ("mixed.json#entry[2]", False),
        ("mixed.json#entry[3]", False),
        ("mixed.json#entry[4]", False),
        ("mixed.json#entry[5]", True),
    ]


BUNDLES = [
    ({"entry": {}}, ["FHIR-BUNDLE-01"], "no list"),
    ({"entry": [5]}, ["FHIR-BUNDLE-01"], "no object"),
    ({"entry": [{}]}, ["FHIR-BUNDLE-02"], "no resource"),
    ({"entry": [{"resource": {"resourceType": "Bundle"}}]}, ["FHIR-BUNDLE-03"], "a Bundle inside"),
    (
        {"entry": [{"fullUrl": "urn:uuid:6a1f2c1e-0000-4000-8000-000000000001", "resource": {"resourceType": "Basic", "id": "x"}}]},
        ["POMOST-BUNDLE-01"],
        "fullUrl and id differ",
    ),
    ({"entry": [{"search": {"mode": "outcome"}, "resource": {"resourceType": "OperationOutcome"}}]}, [], "a remark of the search"),
    ({}, [], "an empty Bundle"),
]  # fmt: skip


@pytest.mark.parametrize(("bundle", "rules", "why"), BUNDLES, ids=[row[2] for row in BUNDLES])
def test_what_is_wrong_around_a_resource(bundle: dict[str, Any], rules: list[str], why: str) -> None:
    found = list(entries(json.dumps({"resourceType": "Bundle", **bundle}).encode(), "b.json"))
    assert [one.rule for each in found for one in each.reading.problems] == rules, why


def test_a_name_that_stands_twice_sinks_its_own_entry_only() -> None:
    raw = b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Basic", "id": "a", "id": "b", "code": {}}}, {"resource": {"resourceType": "Location"}}]}'
    assert [one.reading.accepted for one in entries(raw, "b")] == [False, True]
    twice = b'{"resourceType": "Bundle", "entry": [], "entry": []}'
    assert [one.rule for each in entries(twice, "b") for one in each.reading.problems] == ["FHIR-READ-06"]


def test_an_entry_keeps_its_own_bytes() -> None:
    raw = b'{"entry" : [ {"resource" :{"resourceType":"Location" , "position": {"longitude": 1.50, "latitude": 2.00}}} ,{"fullUrl":"x","resource":{"resourceType":"Basic"}}],"resourceType":"Bundle"}'
    assert [one.raw for one in entries(raw, "b")] == [
        b'{"resourceType":"Location" , "position": {"longitude": 1.50, "latitude": 2.00}}',
        b'{"resourceType":"Basic"}',
    ]


def test_ndjson_is_read_line_by_line() -> None:
    rows = [
        b'{"resourceType": "Location"}\n',
        b"\n",
        b"{broken\n",
        b'{"resourceType": "Bundle"}\n',
        b'{"resourceType": "Location"}',
    ]
    found = [entry(piece) for piece in line_pieces(rows, "a.ndjson")]
    assert [(one.source, [each.rule for each in one.reading.problems]) for one in found] == [
        ("a.ndjson#line[1]", []),
        ("a.ndjson#line[3]", ["FHIR-READ-01"]),
        ("a.ndjson#line[4]", ["FHIR-BUNDLE-03"]),
        ("a.ndjson#line[5]", []),
    ]


# --- always / never -------------------------------------------------------------------------------
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
_names = st.sampled_from(
    ["id", "meta", "status", "start", "end", "schedule", "reference", "extension", "url", "valueCoding", "coding", "participant", "actor", "identifier", "contained", "resourceType", "system", "value", "name", "given", "telecom", "link", "text", "_status"]
) | st.text(max_size=5)  # fmt: skip
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=5), max_leaves=20
)
_types = st.sampled_from(
    ["Slot", "Schedule", "Appointment", "ServiceRequest", "Patient", "Location", "Bundle", "Parameters"]
)
QUICK = settings(
    max_examples=50 * DEEPER,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@QUICK
@given(st.binary(max_size=200))
def test_reading_any_bytes_never_raises(raw: bytes) -> None:
    assert all(one.reading.problems for one in entries(raw, "x"))


@QUICK
@given(_json)
def test_reading_any_json_never_raises(value: Any) -> None:
    for one in entries(json.dumps(value).encode(), "x"):
        assert one.reading.accepted or one.reading.problems


@QUICK
@given(_types, st.dictionaries(_names, _json, max_size=8))
def test_reading_any_object_that_claims_a_type_never_raises(kind: str, content: dict[str, Any]) -> None:
    for one in entries(json.dumps({**content, "resourceType": kind}).encode(), "x"):
        assert one.reading.accepted or one.reading.problems
        assert {each.rule for each in one.reading.problems} <= set(RULES)


@QUICK
@given(st.sampled_from(["Slot/slot-1", "Schedule/cardio-1", "Appointment/entry-1", "ServiceRequest/referral-1", "Patient/patient-1"]), _names, _json)  # fmt: skip
def test_an_accepted_resource_always_reads_the_same_again(good: Good, name: str, element: str, value: Any) -> None:
    first = read(json.dumps({**good(name), element: value}).encode())
    if first.resource is not None and not any(one.rule == "FHIR-SHAPE-08" for one in first.problems):
        again = read(first.resource.model_dump_json().encode())
        assert again.resource == first.resource


# --- small verbs ----------------------------------------------------------------------------------
REFERENCES = [
    ("Slot/1", "1"),
    ("Slot/a-b.c/_history/3", "a-b.c"),
    ("https://ehr.example/fhir/Slot/1", "1"),
    ("urn:uuid:6a1f2c1e-0000-4000-8000-000000000001", "6a1f2c1e-0000-4000-8000-000000000001"),
]
NO_REFERENCES = ["", "#slot", "Slot/", "Slot", "Schedule/1", "Slot?identifier=x|1", "Slot/1/2", "ftp://x/Slot/1", "https://other.example/fhir/Slot/1"]  # fmt: skip


@pytest.mark.parametrize(("reference", "expected"), REFERENCES)
def test_a_reference_gives_the_id(reference: str, expected: str) -> None:
    assert local_id(reference, "Slot", base_url="https://ehr.example/fhir/") == expected


@pytest.mark.parametrize("reference", NO_REFERENCES)
def test_a_reference_that_cannot_be_followed_is_refused(reference: str) -> None:
    with pytest.raises(BadInput) as refusal:
        local_id(reference, "Slot", base_url="https://ehr.example/fhir", field="Appointment.slot[0]")
    assert refusal.value.field == "Appointment.slot[0]"


def test_need_names_the_field() -> None:
    assert need(0, "Slot.start") == 0
    with pytest.raises(BadInput) as refusal:
        need(None, "Slot.start")
    assert refusal.value.field == "Slot.start"


def test_problems_become_an_operation_outcome(good: Good) -> None:
    slot = {**good("Slot/slot-1"), "status": "blocked"}
    made = outcome(read(json.dumps(slot).encode()).problems)
    assert read(json.dumps(made).encode()).accepted
    issue = made["issue"][0]  # type: ignore[index]
    assert (issue["severity"], issue["code"], issue["expression"]) == ("error", "code-invalid", ["Slot.status"])
    assert read(json.dumps(outcome([])).encode()).accepted


def test_every_rule_is_in_the_documentation_with_its_text() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [rule for rule, one in RULES.items() if f"| `{rule}` | {one.severity} | {one.text_en} |" not in text]
    assert missing == []


def test_every_name_of_the_profile_is_in_the_documentation() -> None:
    from adapter.fhir import names

    text = DOCS.read_text(encoding="utf-8").replace("{base}", names.BASE).replace("{pl}", names.POLISH_ROOT)
    said = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    assert [value for value in sorted(said) if value not in text and value != names.OID_URI] == []
