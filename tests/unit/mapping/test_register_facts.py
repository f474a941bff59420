# ruff: noqa: E501 -- a table of cases is read by columns
"""What Schedule, ServiceRequest and Patient say for the register: declared schedules, paper, address, contact, death."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.mapping.samples import BASE, DEFINITION, PL

from adapter.domain.entitlement import Criterion
from adapter.domain.identifiers import AccessByCode, AccessCode, CellCode, OidPair, Pesel, ReferralKey, ReferralNumber
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.referral import Referral
from adapter.domain.register import AdmissionSchedule, Care, Route, Speciality
from adapter.domain.schedule import Schedule
from adapter.fhir.extension_rule import Extension
from adapter.fhir.extension_table import EXTENSIONS
from adapter.fhir.read import read_value
from adapter.mapping.patient import patient_from_fhir
from adapter.mapping.referral import referral_from_fhir, referral_to_fhir
from adapter.mapping.schedule import schedule_from_fhir, schedule_to_fhir
from adapter.mapping.tables import Tables

Make = Callable[..., dict[str, Any]]
FIXTURES = Path(__file__).parents[3] / "fixtures" / "fhir"
CELL = "000000927722-001"


def ext(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"{DEFINITION}/{name}", **value}


def parts(name: str, *values: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return ext(name, extension=[{"url": url, **value} for url, value in values])


def test_a_schedule_without_the_extension_keeps_no_register(tables: Tables, schedule: Make, today: date) -> None:
    assert schedule_from_fhir(schedule(), tables, today).register is None


def test_a_declared_register_has_the_schedules_service_and_cell(tables: Tables, schedule: Make, today: date) -> None:
    declared = parts("admission-schedule", ("id", {"valueString": "9-001-A"}), ("care", {"valueCode": "ambulatory"}))
    found = schedule_from_fhir(schedule(extension=[declared]), tables, today).register
    assert found == AdmissionSchedule("9-001-A", Care.AMBULATORY, "1100", CELL)


def test_all_that_a_register_may_declare_is_read(tables: Tables, schedule: Make, today: date) -> None:
    declared = parts(
        "admission-schedule",
        ("id", {"valueString": "9-001-A"}),
        ("care", {"valueCode": "hospital"}),
        ("service", {"valueCoding": {"system": "http://his.example/service", "code": "ENDO"}}),
        ("procedure", {"valueCoding": {"system": f"{PL}.11.2.6", "code": "81.54"}}),
        ("speciality", {"valueCode": "transplant"}),
        ("speciality", {"valueCode": "defence"}),
        ("route", {"valueCode": "ap-kolce"}),
        ("referral-needed", {"valueBoolean": False}),
        ("age-band", {"valueString": "0-3"}),
        ("age-band", {"valueString": "4-9"}),
        ("under-anaesthesia", {"valueBoolean": False}),
    )
    assert schedule_from_fhir(schedule(extension=[declared]), tables, today).register == AdmissionSchedule(
        "9-001-A",
        Care.HOSPITAL,
        "ENDO",
        CELL,
        "81.54",
        frozenset({Speciality.TRANSPLANT, Speciality.DEFENCE}),
        Route.AP_KOLCE,
        referral_needed=False,
        age_bands=("0-3", "4-9"),
        under_anaesthesia=False,
    )


ORIGINAL = parts(
    "paper-referral",
    ("received-on", {"valueDate": "2026-03-25"}),
    ("posted-on", {"valueDate": "2026-03-20"}),
    ("channel", {"valueCode": "designated-operator"}),
    ("location", {"valueString": " binder 3 "}),
    ("ground", {"valueString": "P1 down"}),
    ("confirmed-missing-by", {"valueString": "clerk-1"}),
)
FORM = ext("referral-form", valueCode="paper")

# extensions                                              paper                                          printout
FORMS = [
    ([], None, False),
    ([ext("referral-form", valueCode="electronic")], None, False),
    ([FORM], PaperReferral(), False),
    ([ORIGINAL], PaperReferral(date(2026, 3, 25), date(2026, 3, 20), PostingChannel.DESIGNATED_OPERATOR, "binder 3", "P1 down", "clerk-1"), False),
    ([FORM, parts("paper-referral", ("location", {"valueString": "binder 3"}))], PaperReferral(location="binder 3"), False),
    ([ext("referral-form", valueCode="information-sheet")], None, True),
]  # fmt: skip


@pytest.mark.parametrize(("extensions", "paper", "printout"), FORMS)
def test_r_01_r_13_the_form_of_a_referral_is_read(
    tables: Tables, request_: Make, today: date, extensions: list[Any], paper: PaperReferral | None, printout: bool
) -> None:
    found = referral_from_fhir(request_(extension=extensions), tables, today)
    assert (found.paper, found.printout_only) == (paper, printout)


def test_r_07_data_that_were_written_down_are_noted(tables: Tables, request_: Make, today: date) -> None:
    assert referral_from_fhir(request_(extension=[ext("noted-data", valueBoolean=True)]), tables, today).noted
    assert not referral_from_fhir(request_(extension=[ext("noted-data", valueBoolean=False)]), tables, today).noted


def test_the_referral_shows_its_first_icd_10_diagnosis(tables: Tables, request_: Make, today: date) -> None:
    shown = [
        {"coding": [{"system": "http://snomed.info/sct", "code": "1"}]},
        {
            "coding": [
                {"system": "urn:oid:2.16.840.1.113883.6.3", "code": code}
                for code in ("zawał", "I21.0!", "I21.0", "I10")
            ]
        },
    ]
    assert referral_from_fhir(request_(reasonCode=shown), tables, today).diagnosis == "I21.0"
    assert referral_from_fhir(request_(), tables, today).diagnosis == ""


SNOMED = "http://snomed.info/sct"
OWN = f"{BASE}/CodeSystem/body-area"

# bodySite                                                                  area
SITES = [
    ([], ""),
    ([{"coding": [{"system": SNOMED, "code": "1"}, {"system": OWN, "code": "knee-left"}]}], f"{SNOMED}|1"),
    ([{"coding": [{"system": OWN, "code": "knee-left"}]}], "knee-left"),
    ([{"text": "knee"}, {"coding": [{"code": "knee-left"}]}], "knee-left"),
    ([{"coding": [{"system": OWN, "code": code}]} for code in ("knee-right", "knee-left")], "knee-left+knee-right"),
]


@pytest.mark.parametrize(("sites", "area"), SITES)
def test_u_06_the_body_sites_of_a_referral_are_one_area(
    tables: Tables, request_: Make, today: date, sites: list[Any], area: str
) -> None:
    assert referral_from_fhir(request_(bodySite=sites), tables, today).body_area == area


HOME = {"use": "home", "line": ["ul. Zmyślona 1", " m. 2 "], "postalCode": "00-001", "city": "Warszawa"}

# address                                                                           in one line
ADDRESSES = [
    ([], ""),
    ([HOME], "ul. Zmyślona 1, m. 2, 00-001 Warszawa"),
    ([{"city": "Lwów", "country": "UA"}], "Lwów, UA"),
    ([{"text": "ul. Inna 2,\n00-002  Warszawa", "city": "Nigdzie"}], "ul. Inna 2, 00-002 Warszawa"),
    ([{"use": "work", "text": "Praca 1"}, HOME], "ul. Zmyślona 1, m. 2, 00-001 Warszawa"),
    ([{**HOME, "use": "old"}, {"use": "billing", "text": "Skrytka 1"}], ""),
]


@pytest.mark.parametrize(("addresses", "line"), ADDRESSES)
def test_d_01_an_address_is_one_line(
    tables: Tables, patient: Make, today: date, addresses: list[Any], line: str
) -> None:
    assert patient_from_fhir(patient(address=addresses), tables, today).address == line


def test_d_01_no_address_in_poland_is_told_beside_any_address(tables: Tables, patient: Make, today: date) -> None:
    abroad = patient(extension=[ext("no-address-in-poland", valueBoolean=True)], address=[HOME])
    found = patient_from_fhir(abroad, tables, today)
    assert found.no_address_in_poland
    assert found.address
    assert not patient_from_fhir(patient(), tables, today).no_address_in_poland


MOTHER = {"relationship": [{"text": "matka"}], "name": {"family": "Wymyślona", "given": ["Ewa"]}}

# changes                                                                                                  contact
CONTACTS = [
    ({}, "anna@example.org"),
    ({"telecom": [{"system": "phone", "value": "600700800"}]}, ""),
    ({"telecom": [{"system": "phone", "value": "600700800, 600700801"}]}, "600700800, 600700801"),
    ({"telecom": [{"system": "email", "value": "a@example.org", "use": "old"}]}, ""),
    ({"contact": [MOTHER]}, "anna@example.org"),
    ({"contact": [{**MOTHER, "telecom": [{"system": "phone", "value": "600 300 400"}]}]}, "Ewa Wymyślona, matka: 600 300 400"),
    ({"contact": [{**MOTHER, "telecom": [{"system": "phone", "value": "600 300 400", "use": "old"}]}]}, "anna@example.org"),
    ({"contact": [{"address": {"text": "DPS, ul. Cicha 1"}}]}, "DPS, ul. Cicha 1"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "contact"), CONTACTS)
def test_d_01_another_way_to_the_patient_or_guardian(
    tables: Tables, patient: Make, today: date, changes: dict[str, Any], contact: str
) -> None:
    assert patient_from_fhir(patient(**changes), tables, today).other_contact == contact


# deceased[x]                                           dead   on
DEATHS = [
    ({}, False, None),
    ({"deceasedBoolean": False}, False, None),
    ({"deceasedBoolean": True}, True, None),
    ({"deceasedDateTime": "2026-03-04"}, True, date(2026, 3, 4)),
    ({"deceasedDateTime": "2026-03-04T23:30:00Z"}, True, date(2026, 3, 5)),
    ({"deceasedDateTime": "2026-03"}, True, None),
]


@pytest.mark.parametrize(("told", "dead", "on"), DEATHS)
def test_x_07_a_death_is_read(
    tables: Tables, patient: Make, today: date, told: dict[str, Any], dead: bool, on: date | None
) -> None:
    found = patient_from_fhir(patient(**told), tables, today)
    assert (found.deceased, found.deceased_on) == (dead, on)


# --- there and back again ---------------------------------------------------------------------------
WORDS = st.just("") | st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
IDS = st.from_regex(r"[A-Za-z0-9\-.]{1,12}", fullmatch=True)
DAYS = st.none() | st.dates(date(2025, 1, 1), date(2035, 12, 31))
PERSON = Pesel("00690100011")
PAPERS = st.builds(PaperReferral, DAYS, DAYS, st.none() | st.sampled_from(PostingChannel), WORDS, WORDS, WORDS)
FORMS_OF_REFERRALS = st.tuples(st.none() | PAPERS, st.just(False)) | st.tuples(st.none(), st.booleans())
REFERRALS = st.builds(
    lambda form, **rest: Referral(paper=form[0], printout_only=form[1], **rest),
    FORMS_OF_REFERRALS,
    id=IDS,
    patient_id=IDS,
    criterion=st.sampled_from(Criterion),
    number=st.none() | st.just(ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.4.1", "0" * 22)),
    access=st.sampled_from([None, ReferralKey("1" * 44), AccessByCode(AccessCode("0042"), PERSON)]),
    service=st.none() | st.just("1100"),
    noted=st.booleans(),
    diagnosis=st.sampled_from(["", "I10", "M17.0"]),
    body_area=st.sampled_from(["", "knee-left", "hip-left+knee-left", "http://snomed.info/sct|6757004"]),
)
REGISTERS = st.builds(
    AdmissionSchedule,
    id=WORDS.filter(bool),
    care=st.sampled_from(Care),
    service=st.sampled_from(["1100", "ENDO"]),
    cell=st.just(CELL),
    procedure=st.sampled_from(["", "81.54"]),
    specialities=st.frozensets(st.sampled_from(Speciality), max_size=3),
    route=st.sampled_from(Route),
    referral_needed=st.booleans(),
    age_bands=st.lists(st.sampled_from(["0-3", "4-9"]), max_size=2).map(tuple),
    under_anaesthesia=st.none() | st.booleans(),
)
SCHEDULES = st.builds(
    Schedule,
    id=IDS,
    cell=st.just(CellCode.parse(CELL)),
    service=st.sampled_from(["1100", "mammography"]),
    practitioner=st.none() | st.just(OidPair("2.16.840.1.113883.3.4424.1.6.2", "1234567")),
    active=st.booleans(),
    register=st.none() | REGISTERS,
)


@given(referral=REFERRALS)
def test_a_referral_written_as_fhir_reads_as_the_same(tables: Tables, referral: Referral) -> None:
    resource = referral_to_fhir(referral, tables, date(2026, 11, 2))
    assert read_value(resource, b"").accepted
    assert referral_from_fhir(resource, tables, date(2026, 11, 2), person=PERSON) == referral


@given(schedule=SCHEDULES)
def test_a_schedule_written_as_fhir_reads_as_the_same(tables: Tables, schedule: Schedule) -> None:
    resource = schedule_to_fhir(schedule)
    assert read_value(resource, b"").accepted
    assert schedule_from_fhir(resource, tables, date(2026, 11, 2)) == schedule


def urls(value: Any) -> set[str]:
    """URLs of all extensions in some JSON, those of parts after their extension's."""
    if isinstance(value, list):
        return set().union(*map(urls, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found = set().union(*(urls(one) for name, one in value.items() if name != "extension"))
    for one in value.get("extension", []):
        inner = urls({name: part for name, part in one.items() if name != "url"})
        found |= {one["url"]} | {f"{one['url']} {part}" for part in inner}
    return found


def paths(extension: Extension) -> set[str]:
    return {extension.url} | {f"{extension.url} {path}" for part in extension.parts for path in paths(part)}


def test_the_examples_use_every_extension_and_every_part_of_one() -> None:
    shown = set().union(
        *(urls(json.loads((FIXTURES / name).read_text("utf-8"))) for name in ("clinic.json", "register.json"))
    )
    unknown = f"{DEFINITION}/dilo-card stage"
    assert set().union(*map(paths, EXTENSIONS)) - shown == {unknown}, "no public source names a stage"
