"""The data of an entry: D-01 to D-04. Each missing field is told, all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapter.domain.entitlement import Category
from adapter.domain.identifiers import PersonDocument
from adapter.domain.register import AdmissionSchedule, Care, DiloCard, Entry, EntryPerson, EntryReferral, Speciality
from adapter.domain.rules import entry_data
from adapter.domain.rules.verdict import Outcome

MakeEntry = Callable[..., Entry]
NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
NAIVE = datetime(2026, 3, 2, 12)  # noqa: DTZ001


def codes(entry: Entry) -> list[str]:
    return [one.code for one in entry_data.data_complete(entry, NOW) if one.refused]


def test_d_01_a_complete_entry_is_allowed_once(new_entry: MakeEntry) -> None:
    (verdict,) = entry_data.data_complete(new_entry(), NOW)
    assert (verdict.rule, verdict.outcome) == ("D-01", Outcome.ALLOWED)


# what of the person                                   codes             why
PERSON = [
    ({"given": ""}, ["E-D-NAME"], "no given name"),
    ({"family": " "}, ["E-D-NAME"], "a blank family name"),
    ({"identifier": None}, ["E-D-ID"], "no PESEL, no document"),
    ({"identifier": PersonDocument("AA1234567")}, [], "no PESEL, passport given"),
    ({"address": ""}, ["E-D-ADDR"], "no address"),
    ({"address": "", "no_address_in_poland": True}, [], "BD, the rest blank"),
    ({"no_address_in_poland": True}, ["E-D-ADDR"], "BD with an address beside it"),
    ({"phone": ""}, ["E-D-CONTACT"], "no way to reach the patient"),
    ({"phone": "", "other_contact": "opiekun: +48000000001"}, [], "the guardian's number"),
]


@pytest.mark.parametrize(("change", "expected", "why"), PERSON, ids=[row[2] for row in PERSON])
def test_d_01_the_person(new_entry: MakeEntry, change: dict[str, object], expected: list[str], why: str) -> None:
    entry = new_entry()
    assert codes(replace(entry, person=replace(entry.person, **change))) == expected, why  # type: ignore[arg-type]


PHYSIO = AdmissionSchedule(
    "000000927722-01-0002", Care.AMBULATORY, "1310", specialities=frozenset({Speciality.AMBULATORY_PHYSIOTHERAPY})
)
NO_DIAGNOSIS_SHOWN = EntryReferral("REF0000000000000000001", shows_diagnosis=False)

# what of the entry                                                    codes               why
FIELDS = [
    ({"entered_at": NOW + timedelta(seconds=1)}, ["E-D-ENTRYTS"], "an entry in the future"),
    ({"entered_at": datetime(2026, 3, 2, 10, 59, tzinfo=UTC)}, ["E-D-ENTRYTS"], "an entry before the report"),
    ({"entered_at": NOW}, [], "an entry of this very moment"),
    ({"entered_at": NAIVE}, ["E-D-ENTRYTS"], "an entry without a zone"),
    ({"diagnosis": ""}, ["E-D-DX"], "the referral shows a diagnosis"),
    ({"diagnosis": "", "reason": "ból w klatce"}, ["E-D-DX"], "a reason does not replace a shown diagnosis"),
    ({"diagnosis": "", "reason": "kontrola", "referral": NO_DIAGNOSIS_SHOWN}, [], "a reason where none is shown"),
    ({"diagnosis": "", "referral": NO_DIAGNOSIS_SHOWN}, ["E-D-DX"], "neither diagnosis nor reason"),
    ({"schedule": PHYSIO, "diagnosis": "M54.5"}, [], "physiotherapy with ICD-10"),
    ({"schedule": PHYSIO, "diagnosis": "ból pleców"}, ["E-D-ICD"], "physiotherapy with words"),
    ({"schedule": PHYSIO, "diagnosis": ""}, ["E-D-DX", "E-D-ICD"], "physiotherapy without"),
    ({"entered_by": ""}, ["E-D-AUTHOR"], "nobody made it"),
    ({"category": Category.PRIVILEGED, "term": None}, ["E-D-DATE"], "off the list without a term"),
    ({"category": Category.WAITING, "term": None}, [], "on the list P-01 asks"),
    ({"schedule": AdmissionSchedule("", Care.AMBULATORY, "1100")}, ["E-D-SCHED"], "no id of the register"),
    ({"schedule": AdmissionSchedule("000000927722-01", Care.AMBULATORY, "1100")}, ["E-D-SCHED"], "no agreed code"),
    ({"schedule": AdmissionSchedule("000000927722--01", Care.AMBULATORY, "1100")}, ["E-D-SCHED"], "two parts"),
    ({"schedule": AdmissionSchedule("927722-01-", Care.AMBULATORY, "1100")}, ["E-D-SCHED"], "an empty part"),
]


@pytest.mark.parametrize(("change", "expected", "why"), FIELDS, ids=[row[2] for row in FIELDS])
def test_d_01_the_fields(new_entry: MakeEntry, change: dict[str, object], expected: list[str], why: str) -> None:
    assert codes(new_entry(**change)) == expected, why


def test_d_01_a_long_term_schedule_needs_no_term(new_entry: MakeEntry) -> None:
    nursing = AdmissionSchedule(
        "000000927722-01-0003", Care.STATIONARY, "5160", specialities=frozenset({Speciality.LONG_TERM_NURSING})
    )
    assert codes(new_entry(term=None, category=Category.PRIVILEGED, schedule=nursing)) == []


def test_d_01_every_failing_field_is_told_at_once_and_no_text_repeats_a_value(new_entry: MakeEntry) -> None:
    entry = new_entry(
        term=None,
        category=Category.EMERGENCY,
        person=EntryPerson("P1", given="Anna", address="Prosta 1", no_address_in_poland=True),
        diagnosis="",
        entered_by="",
        entered_at=NOW + timedelta(days=1),
        schedule=replace(PHYSIO, id="x"),
    )
    found = entry_data.data_complete(entry, NOW)
    assert {one.code for one in found} == set(entry_data.D01.codes)
    assert all(one.article and one.text_pl and one.text_en for one in found)
    assert not any("Anna" in one.text_pl + one.text_en or "Prosta" in one.text_pl + one.text_en for one in found)


# card                     code        why
CARDS = [
    (None, "E-D-DILO", "cat 3 without a card"),
    (DiloCard(""), "E-D-DILO", "cat 3 without card number"),
    (DiloCard("D-0001"), "E-D-DILO", "cat 3 without the stage"),
    (DiloCard("D-0001", "2"), "E-D-DILO", "cat 3 with a stage that the table does not hold"),
    (DiloCard("D-0001", "1"), "", "number and stage"),
]


@pytest.mark.parametrize(("card", "code", "why"), CARDS, ids=[row[2] for row in CARDS])
def test_d_02_an_oncology_entry_holds_its_card(
    new_entry: MakeEntry, card: DiloCard | None, code: str, why: str
) -> None:
    entry = new_entry(category=Category.ONCOLOGY, criterion=None, dilo=card)
    assert entry_data.oncology_card(entry, {"1"}).code == code, why
    assert not entry_data.oncology_card(replace(entry, category=Category.WAITING), {"1"}).refused


def test_d_03_only_who_joins_a_waiting_list_gets_a_number(new_entry: MakeEntry) -> None:
    joined = entry_data.numbered_next(new_entry(number=None), 4)
    assert (joined.rule, joined.code) == ("D-03", "AUTO-NUMBER")
    assert "4" in joined.text_pl
    assert entry_data.numbered_next(new_entry(number=2), 4).outcome is Outcome.ALLOWED
    assert entry_data.numbered_next(new_entry(number=None, category=Category.CONTINUING), 4).outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("44051401359", ""),
        ("44051401358", "E-D-PESEL"),
        ("00690100011", ""),
        ("0069010001", "E-D-PESEL"),
        ("", "E-D-PESEL"),
        ("4405140135x", "E-D-PESEL"),
    ],
)
def test_d_04_the_pesel_has_its_check_digit(text: str, code: str) -> None:
    verdict = entry_data.pesel_form(text)
    assert (verdict.rule, verdict.code) == ("D-04", code)
    assert not text or text not in verdict.text_pl + verdict.text_en
