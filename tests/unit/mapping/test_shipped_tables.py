"""What the shipped tables say: the law's and the leaflet's facts, and agreement with the contracts and names."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from adapter.domain.discrepancy import DiscrepancyClass
from adapter.domain.slot import SlotState
from adapter.fhir import names
from adapter.fhir.bindings import APPOINTMENT_STATUS, SLOT_STATUS
from adapter.mapping.appointment import end_reasons
from adapter.mapping.slot import slot_state_to_registry
from adapter.mapping.tables import TABLES, Tables

TOP = Path(__file__).parents[3]
ON = date(2026, 11, 2)
SCHEMA = "{http://www.w3.org/2001/XMLSchema}"

# table                 ours           national           status
CONFIRMED = [
    ("national_slot_state", "blocked", "ZABLOKOWANY"),
    ("slot_kind", "stable", "STABILNY"),
    ("slot_kind", "urgent", "PILNY"),
    ("slot_kind", "privileged", "UPRZYWILEJOWANY"),
    ("slot_kind", "continuation", "KONTYNUACJA"),
    ("referral_state", "issued", "WYSTAWIONE"),
    ("referral_state", "with-provider", "U_REALIZATORA"),
    ("referral_state", "completed", "ZREALIZOWANE"),
    ("referral_state", "annulled", "ANULOWANE"),
    ("finding_severity", "warning", "urn:csioz:p1:kodWynikuWeryfikacji:ostrzezenie"),
]


@pytest.mark.parametrize(("name", "ours", "national"), CONFIRMED)
def test_confirmed_national_codes(tables: Tables, name: str, ours: str, national: str) -> None:
    assert tables[name].to_national(ours, ON) == national
    assert tables[name].from_national(national, ON) == ours
    assert tables[name].row(ours, ON)["status"] == "CONFIRMED"


@pytest.mark.parametrize("name", ["national_slot_state", "national_visit_state", "visit_origin", "payer"])
def test_what_nobody_published_says_that_it_is_a_reconstruction(tables: Tables, name: str) -> None:
    confirmed = {row["national"] for row in tables[name] if row["status"] == "CONFIRMED"}
    assert confirmed <= {"ZABLOKOWANY"}
    assert all(row["status"] in {"CONFIRMED", "RECONSTRUCTION"} for row in tables[name])


NOT_OBTAINED = {"dilo_stages"}
"""Shipped without rows: the law's table was not obtained, and nothing is invented."""


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_row_has_a_source(tables: Tables, name: str) -> None:
    assert bool(tables[name].rows) is (name not in NOT_OBTAINED)
    assert all(row["source"].strip() for row in tables[name])


def test_every_fhir_status_has_a_meaning(tables: Tables) -> None:
    assert {row["fhir_code"] for row in tables.slot_state} == SLOT_STATUS
    assert {row["fhir_code"] for row in tables.visit_state} == APPOINTMENT_STATUS


def test_a_blocked_slot_is_blocked_in_cer_and_a_withdrawn_one_is_not_there(tables: Tables) -> None:
    stands = {state.value: slot_state_to_registry(state, tables, ON) for state in SlotState}
    assert stands == {"free": "open", "busy": "taken", "held": "taken", "blocked": "blocked", "withdrawn": None}


# code            releases  why
RELEASES = [
    ("resigned", True, "R-05: resignation"),
    ("pat", True, "R-05: the patient cancelled"),
    ("no-show", True, "R-05: no-show"),
    ("provider-stopped", True, "R-05: end of the provider's contract"),
    ("prov", False, "G-06: the provider owes a new date"),
    ("moved", False, "M-01: a change of date"),
    ("pat-swl", False, "an earlier term from the waiting list"),
    ("deceased", False, "X-07: death"),
    ("pat-dec", False, "X-07: death"),
    ("force-majeure", False, "X-05: not removed"),
    ("other", False, "not known: never by itself"),
]


@pytest.mark.parametrize(("code", "releases", "why"), RELEASES, ids=[f"{row[0]}: {row[2]}" for row in RELEASES])
def test_r_05_which_reasons_release_the_referral(tables: Tables, code: str, releases: bool, why: str) -> None:
    assert end_reasons(tables, ON)[code].releases_referral is releases, why


def test_r_05_no_reason_of_the_provider_or_of_nobody_releases_but_the_end_of_the_contract(tables: Tables) -> None:
    assert {one.code for one in end_reasons(tables, ON).values() if one.releases_referral and not one.by_patient} == {
        "provider-stopped"
    }


def test_x_02_only_the_three_causes_of_the_act_release(tables: Tables) -> None:
    effects = {row["ours"]: row["effect"] for row in tables.removal_reasons}
    assert {code for code, effect in effects.items() if effect == "release"} == {
        "RESIGNED",
        "PROVIDER_STOPPED",
        "NO_SHOW",
    }
    assert effects["SERVICE_DONE"] == "finish"


def test_x_02_unchecked_numbers_are_sent_nowhere(tables: Tables) -> None:
    assert {row["status"] for row in tables.removal_reasons} == {"UNCHECKED"}
    assert {row["use"] for row in tables.removal_reasons} == {"in"}


# service        day           in scope  why
SCOPE = [
    ("1100", "2026-03-02", True, "I-01: cardiology"),
    ("1105", "2026-03-02", True, "I-01: hypertension, children"),
    ("mammography", "2026-03-02", True, "I-01: mammography"),
    ("hpv-cytology", "2026-03-02", True, "I-01: HPV or cytology"),
    ("1200", "2026-03-02", False, "dermatology"),
    ("1100", "2025-12-31", False, "before the act"),
]


@pytest.mark.parametrize(("service", "on", "scoped", "why"), SCOPE, ids=[row[3] for row in SCOPE])
def test_i_01_what_is_kept_in_cer(tables: Tables, service: str, on: str, scoped: bool, why: str) -> None:
    assert (service in tables.cells_in_scope.codes(date.fromisoformat(on))) is scoped, why


def test_i_02_and_i_04_the_days_of_the_law_and_of_the_search(tables: Tables) -> None:
    rows = list(tables.cells_in_scope)
    assert {row["mandatory_from"] for row in rows} == {"2026-07-01"}
    assert {(row["form"], row["searched_days"], row["referral_needed"]) for row in rows} == {
        ("visit", "40", "yes"),
        ("examination", "90", "no"),
    }


def test_every_detected_class_and_every_class_of_the_guide_is_in_the_table(tables: Tables) -> None:
    listed = {row["class"] for row in tables.discrepancies}
    assert {kind.value for kind in DiscrepancyClass} <= listed
    assert len(listed) == 24


def test_software_mends_by_itself_only_what_harms_no_patient(tables: Tables) -> None:
    """No visit in CeR is changed: two classes change slots without a visit, two tell the EHR what CeR says."""
    alone = {row["class"] for row in tables.discrepancies if row["auto"] == "yes"}
    assert alone == {"BLOCK_NOT_SENT", "MISSING_SLOT", "VISIT_ONLY_IN_CER", "VISIT_STATE_MISMATCH"}
    told = {row["class"]: row["to_cez"] for row in tables.discrepancies if row["to_cez"] != "no"}
    assert told == {
        "BOOKED_WHILE_BLOCKED": "yes",
        "DOUBLE_BOOKED": "if-cer-saved-both",
        "VISIT_PATIENT_MISMATCH": "yes",
    }


SYSTEMS = {
    "pesel": names.PESEL,
    "person-document": names.PERSON_DOCUMENT,
    "podmiot": names.FACILITY,
    "cell": names.CELL,
    "cell-specialty": names.CELL_SPECIALTY,
    "referral-key": names.REFERRAL_KEY,
    "access-code": names.ACCESS_CODE,
    "national-slot": names.NATIONAL_SLOT,
    "national-visit": names.NATIONAL_VISIT,
    "national-waiting-entry": names.NATIONAL_WAITING_ENTRY,
    "programme": names.PROGRAMME,
    **names.LICENCES,
}


@pytest.mark.parametrize("kind", sorted(SYSTEMS))
def test_the_table_of_systems_agrees_with_the_profiles_names(tables: Tables, kind: str) -> None:
    row = tables.identifier_systems.row(kind)
    assert row["fhir_system"] == SYSTEMS[kind]
    assert not row["oid"] or row["fhir_system"] == f"urn:oid:{row['oid']}"


def test_patterns_of_systems_agree_with_the_profiles_names(tables: Tables) -> None:
    number = tables.identifier_systems.row("referral-number")["fhir_system"]
    assert names.REFERRAL_NUMBER.fullmatch(number.replace("*", "999"))
    assert names.PASSPORT.fullmatch(tables.identifier_systems.row("passport")["fhir_system"].replace("*", "POL"))


def test_every_secret_identifier_is_marked(tables: Tables) -> None:
    secret = {row["ours"] for row in tables.identifier_systems if row.says("secret")}
    assert secret == {"pesel", "person-document", "passport", "referral-key", "access-code"}


CODE_SYSTEMS = {
    "slot_kind": names.SLOT_KIND,
    "category": names.PATIENT_CATEGORY,
    "entitlements": names.ENTITLEMENT,
}


@pytest.mark.parametrize("name", sorted(CODE_SYSTEMS))
def test_our_code_systems_agree_with_the_profiles_names(tables: Tables, name: str) -> None:
    assert {row["fhir_system"] for row in tables[name]} == {CODE_SYSTEMS[name]}


def bindings() -> list[dict[str, str]]:
    """The rows of the bindings that name a code table."""
    found = []
    for path in sorted((TOP / "mappings" / "bindings").glob("*.csv")):
        lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
        found += [row for row in csv.DictReader(lines) if row["table"]]
    return found


def test_every_binding_names_a_table_that_is_there(tables: Tables) -> None:
    rows = bindings()
    assert len(rows) > 10
    assert not {row["table"] for row in rows} - set(TABLES)


def test_every_bound_table_can_be_said_nationally(tables: Tables) -> None:
    for name in sorted({row["table"] for row in bindings()}):
        for code in tables[name].codes(ON):
            assert tables[name].to_national(code, ON)


# schema               type                  table
TYPES = [
    ("cer/cer.xsd", "StatusSlotuMT", "national_slot_state"),
    ("cer/cer.xsd", "TypSlotuMT", "slot_kind"),
    ("cer/cer.xsd", "StatusWizytyMT", "national_visit_state"),
    ("cer/cer.xsd", "ZrodloZmianyMT", "visit_origin"),
    ("cer/cer.xsd", "PrzyczynaMT", "cancellation_reasons"),
    ("cer/cer.xsd", "KryteriumMedyczneMT", "criterion"),
    ("p1/skierowanie.xsd", "StatusSkierowaniaMT", "referral_state"),
    ("p1/skierowanie.xsd", "TrybRealizacjiMT", "payer"),
]


@pytest.mark.parametrize(("schema", "type_name", "name"), TYPES, ids=[row[2] for row in TYPES])
def test_every_national_code_satisfies_the_contract_and_every_value_of_the_contract_is_mapped(
    tables: Tables, schema: str, type_name: str, name: str
) -> None:
    tree = etree.parse(TOP / "wsdl" / schema)
    restriction = tree.find(f"{SCHEMA}simpleType[@name='{type_name}']/{SCHEMA}restriction")
    assert restriction is not None
    listed = {one.get("value") for one in restriction.findall(f"{SCHEMA}enumeration")}
    patterns = [str(one.get("value")) for one in restriction.findall(f"{SCHEMA}pattern")]
    ours = {row["national"] for row in tables[name] if row["national"]}
    assert listed or patterns
    assert not listed or ours == listed
    assert all(re.fullmatch(pattern, code) for pattern in patterns for code in ours)
