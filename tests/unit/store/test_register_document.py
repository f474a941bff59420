"""An entry comes back from its document as it was, whatever is in it; documents of the past are read as they were."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta, timezone
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson
import pytest
from fakes.register_cases import FULL, THEN
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain import register as r
from adapter.domain.identifiers import PersonDocument, Pesel
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.term import DayTerm, Term, WeekTerm
from adapter.store.register_document import (
    VERSION,
    entry_document,
    entry_of,
    paper_document,
    paper_of,
    schedule_document,
    schedule_of,
    term_of,
)

ZONES = st.integers(-12 * 60, 12 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DAYS = st.dates(date(1000, 1, 1), date(9000, 1, 1))
TERMS = DAYS.map(DayTerm) | DAYS.map(lambda day: WeekTerm(*day.isocalendar()[:2]))
DRAWN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    bool: st.booleans(),
    int: st.integers(1, 2**31 - 1),
    date: DAYS,
    datetime: st.datetimes(datetime(1900, 1, 2), datetime(2300, 1, 1), timezones=ZONES),  # noqa: DTZ001  # hypothesis adds it
    DayTerm: DAYS.map(DayTerm),
    WeekTerm: DAYS.map(lambda day: WeekTerm(*day.isocalendar()[:2])),
    Pesel: st.sampled_from(["00610100006", "00690100011"]).map(Pesel),
    PersonDocument: st.builds(PersonDocument, st.sampled_from(["AB1234567", "XYZ"]), st.sampled_from(["", "urn:x"])),
}


def drawn(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type, also where a field of it has a default."""
    if kind in DRAWN:
        return DRAWN[kind]
    if get_origin(kind) in {Union, UnionType}:
        return st.one_of(st.none() if part is NoneType else drawn(part) for part in get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(drawn(get_args(kind)[0]), max_size=2).map(tuple)
    if get_origin(kind) is frozenset:
        return st.frozensets(drawn(get_args(kind)[0]), max_size=3)
    if is_dataclass(kind):
        DRAWN[kind] = st.builds(kind, **{name: drawn(hint) for name, hint in get_type_hints(kind).items()})
        return DRAWN[kind]
    return st.sampled_from(list(kind))


FIRST_VERSION = (
    '{"version":1,"id":"A1","schedule":{"id":"S1","care":"ambulatory","service":"1100","cell":"001",'
    '"procedure":"89.00","specialities":["defence","transplant"],"route":"cer","referral_needed":false,'
    '"age_bands":["0-17","18+"]},"person":{"key":"P1","given":"Zdzisława","family":"Wymyślona",'
    '"identifier":{"pesel":"00610100006"},"address":"ul. Zmyślona 1","no_address_in_poland":true,'
    '"phone":"+48600000000","other_contact":"brat","deceased_on":"2226-01-01"},'
    '"reported_at":"2026-03-02T09:30:00.000005+00:00","entered_at":"2026-03-02T09:30:00.000005+00:00",'
    '"entered_by":"anna","category":4,"criterion":"urgent","criterion_confirmed_by":"dr","number":7,'
    '"term":"2026-W30","reserved":true,"offer":{"offered":"2026-05-01","chosen":"2026-06-01","answer":"declined"},'
    '"diagnosis":"I10","reason":"ból","referral":{"number":"number","way":"paper","person_identified":true,'
    '"noted":true,"urgent":true,"shows_diagnosis":true,"paper":{"received_on":"2026-03-03","posted_on":"2026-03-02",'
    '"channel":"prison","location":"szafa","ground":"no-p1","confirmed_missing_by":"ewa"}},'
    '"entitlement":{"code":"47CK","verified_by":"anna","verified_at":"2026-03-02T09:30:00.000005+00:00",'
    '"document":{"kind":"card","number":"12","issued_on":"2020-01-01","valid_until":"2030-01-01"}},'
    '"waiver":{"given_at":"2026-03-02T09:30:00.000005+00:00","noted_by":"anna","reason":"another doctor"},'
    '"dilo":{"number":"D1","stage":"1"},"body_area":"knee-left","plan":"CarePlan/1","plan_day":"2026-12-31",'
    '"service_started":"2026-03-02T09:30:00.000005+00:00","emergency":true,"offline_pending":true,'
    '"original_report_date":"2025-01-01","prior_provider_date_used":true,"reinstated":true,'
    '"term_changes":[{"before":null,"after":"2026-05-01","at":"2026-03-02T09:30:00.000005+00:00","by":"anna",'
    '"cause":"earlier-offer","reason":"freed","justification":"wolny termin","asked_on":"2026-03-03"}],'
    '"category_changes":[{"before":2,"after":4,"at":"2026-03-02T09:30:00.000005+00:00","by":"anna",'
    '"criterion_before":"stable","criterion_after":"urgent","justification":"pogorszenie","term_moved":true}],'
    '"removal":{"on":"2026-04-03","reason":"NO_SHOW","at":"2026-03-02T09:30:00.000005+00:00","by":"anna",'
    '"text":"did not come"},"restorings":[{"removal":{"on":"2026-04-03","reason":"NO_SHOW",'
    '"at":"2026-03-02T09:30:00.000005+00:00","by":"anna","text":"did not come"},'
    '"at":"2026-03-02T09:30:00.000005+00:00","by":"ewa"}],"term_justification":"najbliższy"}'
)
"""What is in databases. It never changes; a later version gets a text of its own."""
BEFORE = replace(FULL, schedule=replace(FULL.schedule, under_anaesthesia=None))
"""The full entry as it was written before its schedule told of anaesthesia."""


def empty(value: Any) -> bool:
    """Whether a value, or a part of it, says nothing."""
    if is_dataclass(value):
        return any(empty(getattr(value, one.name)) for one in fields(value) if not nullable_change(value, one.name))
    if isinstance(value, tuple | frozenset):
        return not value or any(map(empty, value))
    return value is None or value == ""


def nullable_change(value: object, name: str) -> bool:
    """The full entry's change of term starts from none, and its schedule needs no referral."""
    return isinstance(value, r.TermChange) and name == "before"


def test_a_document_of_the_first_version_is_read_as_it_was() -> None:
    assert not empty(FULL), "a new field: add it to FULL, and let the old text still be read"
    assert entry_of(orjson.loads(FIRST_VERSION)) == BEFORE


def test_a_document_is_written_as_its_version_says() -> None:
    assert VERSION == 1
    assert orjson.dumps(entry_document(BEFORE)).decode() == FIRST_VERSION
    now = FIRST_VERSION.replace('"18+"]', '"18+"],"under_anaesthesia":false')
    assert orjson.dumps(entry_document(FULL)).decode() == now


@given(drawn(r.Entry))
def test_every_entry_comes_back(entry: r.Entry) -> None:
    assert entry_of(orjson.loads(orjson.dumps(entry_document(entry)))) == entry


@given(drawn(r.AdmissionSchedule), drawn(PaperReferral), TERMS)
def test_every_schedule_paper_and_term_comes_back(
    schedule: r.AdmissionSchedule, paper: PaperReferral, term: Term
) -> None:
    assert schedule_of(orjson.loads(orjson.dumps(schedule_document(schedule)))) == schedule
    assert paper_of(orjson.loads(orjson.dumps(paper_document(paper)))) == paper
    assert term_of(str(term)) == term


def test_an_entry_that_says_little_is_a_short_document() -> None:
    bare = r.Entry("A1", r.AdmissionSchedule("S1", r.Care.HOSPITAL, "4100"), r.EntryPerson("P1"), THEN, THEN)
    said = entry_document(bare)
    assert sorted(said) == ["entered_at", "id", "person", "reported_at", "schedule", "version"]
    assert entry_of(said) == bare


def test_a_field_that_is_no_more_is_passed_over_and_a_newer_document_is_refused() -> None:
    said = entry_document(FULL)
    assert entry_of(said | {"shoe_size": 42}) == FULL
    with pytest.raises(ValueError, match="version 1"):
        entry_of(said | {"version": 2})
