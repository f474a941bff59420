"""What of an appointment, its patient and its referral becomes the entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.register_cases import AT, SCHEDULE, stored

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion, Waiver
from adapter.domain.identifiers import AccessByCode, AccessCode, Pesel, ReferralKey, ReferralNumber
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral, ReferralState
from adapter.domain.register import Entry, EntryReferral, ReferralWay, Speciality
from adapter.domain.statement import EntryStatement, StatedPlan
from adapter.domain.term import DayTerm
from adapter.ports.store import ReferralRecord
from adapter.services.register.case import Case
from adapter.services.register.compose import compose, person_of, referral_of
from adapter.services.register.steps import changed

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
PATIENT = Patient("P1", Pesel("51710233123"), "Anna", "Testowa", phone="+48600000001", address="Zmyślona 1")
REFERRAL = Referral("R1", "P1")
RECORD = ReferralRecord(REFERRAL)
DAY = DayTerm(date(2026, 5, 4))
DRUGS = replace(SCHEDULE, specialities=frozenset({Speciality.DRUG_PROGRAMME}))


def made(
    *, known: Entry | None = None, category: Category = Category.WAITING, visit: dict[str, object] | None = None,
    schedule: object = SCHEDULE, record: ReferralRecord | None = RECORD, **said: object,
) -> Entry:  # fmt: skip
    booked = Visit("A1", VisitState.BOOKED, "P1", AT, category=category, **(visit or {}))  # type: ignore[arg-type]
    kept = stored() if known is not None else None
    case = Case(
        EntryStatement(booked, **{"entered_by": "Ewa", "term": DAY, **said}),  # type: ignore[arg-type]
        schedule,  # type: ignore[arg-type]
        PATIENT,
        NOW,
        record=record,
        known=replace(kept, entry=known) if kept is not None and known is not None else None,
    )
    return compose(case)


def test_a_new_entry_is_entered_now_unless_the_hospital_says_when() -> None:
    assert made().entered_at == NOW
    assert made(entered_at=AT).entered_at == AT
    assert made().reported_at == AT


def test_what_a_later_version_does_not_say_again_stays() -> None:
    first = replace(
        made(diagnosis="I10", reason="kontrola", justification="dlatego", criterion_confirmed_by="dr"), number=7
    )
    again = made(known=first, entered_by="Jan", entered_at=NOW)
    assert again == first
    assert made(known=first, diagnosis="I11").diagnosis == "I11"


@pytest.mark.parametrize(
    ("said", "criterion"),
    [
        pytest.param({}, Criterion.STABLE, id="a referral without a mark proposes stable (R-12)"),
        pytest.param({"visit": {"criterion": Criterion.URGENT}}, Criterion.URGENT, id="one with the mark, urgent"),
        pytest.param({"record": None}, None, id="nothing proposes any: E-CRIT-MISSING"),
        pytest.param({"category": Category.PRIVILEGED}, None, id="only those who wait have one"),
        pytest.param(
            {"category": Category.ONCOLOGY, "criterion_stated": True}, Criterion.STABLE, id="stated: E-CRIT-ONCO"
        ),
        pytest.param(
            {"known": replace(stored().entry, criterion=Criterion.URGENT)}, Criterion.URGENT, id="a known one stays"
        ),
    ],
)
def test_the_criterion_is_stated_known_or_proposed(said: dict[str, object], criterion: Criterion | None) -> None:
    assert made(**said).criterion is criterion  # type: ignore[arg-type]


def test_a_category_that_nobody_states_is_the_known_one_or_none() -> None:
    assert made(category_stated=False).category is None
    waits = replace(stored().entry, category=Category.PRIVILEGED)
    assert made(known=waits, category_stated=False).category is Category.PRIVILEGED


def test_who_gave_the_privilege_up_waits() -> None:
    waiver = Waiver(AT, "staff-07", "another doctor")
    assert made(category=Category.PRIVILEGED, visit={"waiver": waiver}).category is Category.WAITING


@pytest.mark.parametrize(
    ("said", "term"),
    [
        pytest.param({"plan": StatedPlan("CarePlan/1", date(2026, 9, 1))}, date(2026, 9, 1), id="the plan's last day"),
        pytest.param({"plan": StatedPlan("CarePlan/1")}, date(2026, 12, 31), id="not known: the year's end (K-02)"),
        pytest.param({}, DAY.day, id="no plan is named: the visit's day, and W-K-NOPLAN"),
        pytest.param(
            {"plan": StatedPlan("CarePlan/1", date(2026, 9, 1)), "schedule": DRUGS}, DAY.day, id="each time (K-04)"
        ),
    ],
)
def test_the_term_of_who_continues_is_the_end_of_the_plan(said: dict[str, object], term: date) -> None:
    entry = made(category=Category.CONTINUING, visit={"slot_ids": ("S1",)}, **said)  # type: ignore[arg-type]
    assert entry.term == DayTerm(term)


KEY, CODE = ReferralKey("1" * 44), AccessByCode(AccessCode("0042"), Pesel("51710233123"))


@pytest.mark.parametrize(
    ("record", "way"),
    [
        pytest.param(ReferralRecord(replace(REFERRAL, access=KEY)), ReferralWay.KEY, id="key"),
        pytest.param(ReferralRecord(replace(REFERRAL, access=CODE)), ReferralWay.CODE, id="code with the PESEL"),
        pytest.param(ReferralRecord(replace(REFERRAL, paper=PaperReferral())), ReferralWay.PAPER, id="paper"),
        pytest.param(ReferralRecord(replace(REFERRAL, printout_only=True)), ReferralWay.PRINTOUT, id="a printout"),
        pytest.param(ReferralRecord(replace(REFERRAL, noted=True)), ReferralWay.PRINTOUT, id="its data noted (R-07)"),
        pytest.param(ReferralRecord(REFERRAL, ReferralState.WITH_PROVIDER, held=True), ReferralWay.CODE, id="used up"),
        pytest.param(ReferralRecord(REFERRAL), ReferralWay.NONE, id="nothing"),
    ],
)
def test_how_the_referral_was_shown(record: ReferralRecord, way: ReferralWay) -> None:
    found = referral_of(record, None)
    assert found is not None
    assert found.way is way
    assert found.noted is (record.referral.noted or record.referral.access is not None)


def test_the_way_and_the_number_of_a_referral_are_not_forgotten() -> None:
    known = EntryReferral("1.2/0000000000SK0000000001", ReferralWay.KEY, noted=True)
    assert referral_of(ReferralRecord(REFERRAL), known) == known
    number = ReferralNumber("1.2", "0000000000SK0000000002")
    told = referral_of(ReferralRecord(REFERRAL, number=number), known)
    assert told is not None
    assert told.number == "1.2/0000000000SK0000000002"


def test_a_death_without_a_day_counts_from_when_it_is_known() -> None:
    assert person_of(replace(PATIENT, deceased=True), NOW.date()).deceased_on == NOW.date()
    assert person_of(replace(PATIENT, deceased=True, deceased_on=date(2026, 3, 1)), NOW.date()).deceased_on == date(
        2026, 3, 1
    )


def test_a_step_says_what_differs_as_plain_values() -> None:
    before = made()
    after = replace(before, term=DayTerm(date(2026, 5, 5)), reported_at=AT + timedelta(hours=1))
    was, now = changed(before, after)
    assert (was, now) == (
        {"term": "2026-05-04", "reported_at": AT.isoformat()},
        {"term": "2026-05-05", "reported_at": (AT + timedelta(hours=1)).isoformat()},
    )
    nothing, everything = changed(None, before)
    assert not nothing
    assert everything["person"]["identifier"] == PATIENT.identifier.reveal()  # type: ignore[index]
    assert "removal" not in everything
