# ruff: noqa: E501 -- a table of cases is read by columns
"""FHIR Appointment <-> EntryStatement: every fact of the profile, unmapped codes refused, and there and back again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.mapping import samples

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion, Entitlement, EntitlementDocument, Waiver
from adapter.domain.moments import warsaw_day
from adapter.domain.register import DiloCard, Offer, TermChangeCause
from adapter.domain.statement import (
    EntryStatement,
    StatedPlan,
    StatedReinstatement,
    StatedRemoval,
    StatedTermChange,
)
from adapter.domain.term import DayTerm, Term, WeekTerm
from adapter.fhir.problems import ProblemsFound
from adapter.fhir.read import read_value
from adapter.mapping.appointment import appointment_from_fhir
from adapter.mapping.code_table import CodeTable, Row
from adapter.mapping.entry import entry_from_fhir, entry_to_fhir
from adapter.mapping.tables import Tables

Make = Callable[..., dict[str, Any]]
ON = date(2026, 11, 2)
EXT = samples.DEFINITION
CODES = f"{samples.BASE}/CodeSystem"


def ext(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"{EXT}/{name}", **value}


def parts(name: str, **values: Any) -> dict[str, Any]:
    """An extension with parts: ``on={"valueDate": ...}``; underscores become dashes."""
    return ext(name, extension=[{"url": part.replace("_", "-"), **value} for part, value in values.items()])


@pytest.fixture(scope="session")
def staged(tables: Tables) -> Tables:
    """The shipped tables with one stage of the oncology card, which no public source names."""
    from dataclasses import replace

    row = Row(5, {"ours": "7", "title_pl": "etap próbny", "title_en": "a stage", "status": "INFERRED"}, None, None)
    return replace(tables, dilo_stages=CodeTable("dilo_stages", "ours", [row]))


def statement_of(resource: dict[str, Any], tables: Tables) -> EntryStatement:
    return entry_from_fhir(resource, tables, ON, visit=appointment_from_fhir(resource, tables, ON))


@pytest.fixture
def waiting(appointment: Make) -> Make:
    """An entry that waits: no slot, no time."""

    def make(*extensions: dict[str, Any], **changes: Any) -> dict[str, Any]:
        place = ext("appointment-schedule", valueReference={"reference": "Schedule/D1"})
        return appointment(
            **{
                "status": "waitlist",
                "slot": None,
                "start": None,
                "end": None,
                "extension": [samples.category("waiting"), place, *extensions],
                **changes,
            }
        )

    return make


# period                                                                                        term
TERMS: list[tuple[dict[str, Any], Term]] = [
    ({"start": "2027-06-09", "end": "2027-06-09"}, DayTerm(date(2027, 6, 9))),
    ({"start": "2027-06-07", "end": "2027-06-13", "extension": [ext("term-precision", valueCode="week")]}, WeekTerm(2027, 23)),
    ({"start": "2026-12-28", "end": "2027-01-03", "extension": [ext("term-precision", valueCode="week")]}, WeekTerm(2026, 53)),
]  # fmt: skip


@pytest.mark.parametrize(("period", "term"), TERMS, ids=[str(row[1]) for row in TERMS])
def test_p_01_p_02_the_requested_period_is_the_term(tables: Tables, waiting: Make, period: Any, term: Term) -> None:
    assert statement_of(waiting(requestedPeriod=[period]), tables).term == term


def test_a_visits_own_day_is_its_term_whatever_was_wished(tables: Tables, appointment: Make) -> None:
    late = appointment(
        start="2026-11-09T23:30:00Z", end="2026-11-09T23:50:00Z", requestedPeriod=[{"start": "2026-01-01"}]
    )
    assert statement_of(late, tables).term == DayTerm(date(2026, 11, 10))


def test_a_silent_appointment_states_nothing_but_its_visit(tables: Tables, waiting: Make) -> None:
    found = statement_of(waiting(), tables)
    assert found == EntryStatement(visit=found.visit)
    assert not statement_of(waiting(status="proposed", extension=None), tables).category_stated


def test_all_that_an_entry_may_say_is_read(staged: Tables, waiting: Make) -> None:
    resource = waiting(
        samples.criterion("urgent"),
        ext("entered-by", valueString="Maria Wymyślona"),
        ext("entered-at", valueDateTime="2026-10-30T11:05:00+01:00"),
        ext("criterion-confirmed-by", valueString="7654321"),
        parts("dilo-card", number={"valueString": "DILO-1"}, stage={"valueCoding": {"system": f"{CODES}/dilo-stage", "code": "7"}}),
        parts("continuing-treatment", plan={"valueReference": {"reference": "CarePlan/C1"}}, ends_on={"valueDate": "2026-12-30"}),
        parts("offered-term", offered={"valueDate": "2026-11-12"}, chosen={"valueDate": "2026-12-01"}, answer={"valueCode": "no-contact"}),
        parts("term-change", reason={"valueCoding": {"system": f"{CODES}/term-change-reason", "code": "PATIENT_REQUEST"}}, cause={"valueCode": "earlier-offer"}, justification={"valueString": "bliżej domu"}, asked_on={"valueDate": "2026-10-31"}),
        parts("removal", reason={"valueCoding": {"system": f"{CODES}/removal-reason", "code": "RESIGNED"}}, on={"valueDate": "2026-11-01"}, impressions_on={"valueDate": "2026-10-30"}, settled_on={"valueDate": "2026-10-31"}),
        parts("reinstatement-request", requested_on={"valueDate": "2026-10-20"}, cause_ended_on={"valueDate": "2026-10-19"}, plausible={"valueBoolean": True}),
        ext("body-area", valueCoding={"system": f"{CODES}/body-area", "code": "knee-left"}),
        ext("reserved", valueBoolean=True),
        ext("offline-entry", valueBoolean=True),
        ext("service-abroad", valueBoolean=True),
        ext("prior-provider-date-used", valueBoolean=True),
        ext("original-report-date", valueDate="2025-06-10"),
        ext("service-started", valueDateTime="2026-11-02T09:00:00+01:00"),
        ext("not-served-today-cause", valueString="brak wolnego terminu"),
        ext("term-justification", valueString="pierwszy wolny termin"),
        ext("category-justification", valueString="zrzekł się"),
        ext("order-reason", valueString="stan zdrowia"),
        ext("no-show-excused", valueString="wypadek"),
        comment=" zrezygnował telefonicznie ",
        reasonCode=[{"coding": [{"system": "http://his.example", "code": "x"}, {"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}]}, {"text": "kontrola"}],
        appointmentType={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0276", "code": "EMERGENCY"}]},
        requestedPeriod=[TERMS[0][0]],
    )  # fmt: skip
    assert read_value(resource, b"").accepted
    visit = appointment_from_fhir(resource, staged, ON)
    assert entry_from_fhir(resource, staged, ON, visit=visit) == EntryStatement(
        visit=visit,
        entered_by="Maria Wymyślona",
        entered_at=datetime(2026, 10, 30, 10, 5, tzinfo=UTC),
        criterion_stated=True,
        criterion_confirmed_by="7654321",
        term=TERMS[0][1],
        offer=Offer(date(2026, 11, 12), date(2026, 12, 1), "no_contact"),
        reserved=True,
        diagnosis="I10",
        reason="kontrola",
        body_area="knee-left",
        dilo=DiloCard("DILO-1", "7"),
        plan=StatedPlan("CarePlan/C1", date(2026, 12, 30)),
        emergency=True,
        service_started=datetime(2026, 11, 2, 8, 0, tzinfo=UTC),
        offline=True,
        not_today="brak wolnego terminu",
        from_service_abroad=True,
        justification="pierwszy wolny termin",
        override="zrzekł się",
        order_reason="stan zdrowia",
        term_change=StatedTermChange(
            "PATIENT_REQUEST", TermChangeCause.EARLIER_OFFER, "bliżej domu", date(2026, 10, 31)
        ),
        removal=StatedRemoval(
            "RESIGNED", date(2026, 11, 1), "zrezygnował telefonicznie", date(2026, 10, 30), date(2026, 10, 31)
        ),
        reinstatement=StatedReinstatement(date(2026, 10, 20), date(2026, 10, 19), True),
        original_report_date=date(2025, 6, 10),
        prior_provider_date_used=True,
        no_show_excused="wypadek",
    )


def test_the_comment_of_a_visit_that_ends_explains_the_removal(tables: Tables, appointment: Make) -> None:
    ended = appointment(status="cancelled", cancelationReason=samples.reason("pat"), comment="choroba")
    assert statement_of(ended, tables).removal == StatedRemoval(text="choroba")
    mistaken = appointment(status="entered-in-error", comment="pomyłka")
    assert statement_of(mistaken, tables).removal == StatedRemoval(text="pomyłka")
    assert statement_of(appointment(comment="proszę przyjść na czczo"), tables).removal is None


def test_the_reason_in_words_may_stand_in_the_description(tables: Tables, appointment: Make) -> None:
    assert statement_of(appointment(description="kontrola po roku"), tables).reason == "kontrola po roku"


def test_a_diagnosis_that_is_no_icd_10_code_is_not_used(tables: Tables, appointment: Make) -> None:
    said = [
        {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code} for code in ("nadciśnienie", "I11.0")]}
    ]
    assert statement_of(appointment(reasonCode=said), tables).diagnosis == "I11.0"


# extension                                                                                        table to fill
UNMAPPED = [
    (parts("dilo-card", number={"valueString": "1"}, stage={"valueCoding": {"system": f"{CODES}/dilo-stage", "code": "9"}}), "dilo_stages"),
    (parts("removal", reason={"valueCoding": {"system": f"{CODES}/removal-reason", "code": "4"}}), "removal_reasons"),
    (parts("term-change", reason={"valueCoding": {"system": f"{CODES}/term-change-reason", "code": "99"}}), "term_change_reasons"),
]  # fmt: skip


@pytest.mark.parametrize(("extension", "table"), UNMAPPED, ids=[row[1] for row in UNMAPPED])
def test_an_unmapped_code_refuses_and_names_the_table_to_fill(
    tables: Tables, waiting: Make, extension: dict[str, Any], table: str
) -> None:
    with pytest.raises(ProblemsFound) as refusal:
        statement_of(waiting(extension), tables)
    (told,) = refusal.value.problems
    assert told.rule == "POMOST-MAP-01"
    assert f"mappings/{table}.csv" in told.text_en
    assert told.path.startswith("Appointment.extension[2].extension")


def test_all_that_is_wrong_with_an_entry_is_told_at_once(tables: Tables, waiting: Make) -> None:
    good = waiting()
    bad = waiting(UNMAPPED[1][0], requestedPeriod=[{"start": "2027-06"}])
    with pytest.raises(ProblemsFound) as refusal:
        entry_from_fhir(bad, tables, ON, visit=appointment_from_fhir(good, tables, ON))
    assert [one.rule for one in refusal.value.problems] == ["POMOST-APPOINTMENT-11", "POMOST-MAP-01"]


# --- there and back again ---------------------------------------------------------------------------
WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
IDS = st.from_regex(r"[A-Za-z0-9\-.]{1,12}", fullmatch=True)
DAYS = st.dates(date(2025, 1, 1), date(2035, 12, 31))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
YES = st.booleans()
SAYING = {
    VisitState.WAITING,
    VisitState.PENDING,
    VisitState.BOOKED,
    VisitState.ARRIVED,
    VisitState.CHECKED_IN,
    VisitState.SERVED,
    VisitState.NO_SHOW,
}
"""States in which the profile asks for a category and a place."""
ENDED = {VisitState.CANCELLED, VisitState.NO_SHOW, VisitState.VOID}


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    state = draw(st.sampled_from(VisitState))
    timeless = state in {VisitState.PROPOSED, VisitState.CANCELLED, VisitState.WAITING} and draw(YES)
    starts = None if timeless else draw(MOMENTS)
    verified = draw(st.none() | st.tuples(WORDS, MOMENTS))
    document = maybe(st.builds(EntitlementDocument, WORDS, st.just("") | WORDS, maybe(DAYS), maybe(DAYS)))
    right = st.builds(
        Entitlement,
        st.sampled_from(["47CC", "47CZ", "24BŻ"]),
        st.just(verified[0] if verified else None),
        st.just(verified[1] if verified else None),
        document,
    )
    reason = None
    if state is VisitState.CANCELLED:
        reason = draw(st.sampled_from(["pat", "prov", "resigned", "deceased"]))
    if state is VisitState.NO_SHOW:
        reason = "no-show"
    schedule = draw(maybe(IDS))
    slots = tuple(draw(st.lists(IDS, max_size=2, unique=True)))
    return Visit(
        id=draw(IDS),
        state=state,
        patient_id=draw(IDS),
        reported_at=draw(MOMENTS),
        slot_ids=slots,
        starts=starts,
        ends=None if starts is None else starts.replace(year=2036),
        referral_id=draw(maybe(IDS)),
        schedule_id=schedule if slots or schedule or state not in SAYING else "D1",
        category=draw(st.sampled_from(Category)),
        criterion=draw(st.sampled_from(Criterion)),
        entitlement=draw(maybe(right)),
        waiver=draw(maybe(st.builds(Waiver, MOMENTS, WORDS, WORDS))),
        end_reason=reason,
        changed_at=draw(maybe(MOMENTS)),
        national_id=draw(maybe(IDS)),
    )


@st.composite
def statements(draw: st.DrawFn) -> EntryStatement:
    visit = draw(visits())
    stated = visit.state in SAYING or visit.category is not Category.WAITING or draw(YES)
    term: Term | None = None
    if visit.starts is not None:
        term = DayTerm(warsaw_day(visit.starts))
    elif draw(YES):
        week = st.builds(WeekTerm, st.integers(2025, 2035), st.integers(1, 52))
        term = draw(st.builds(DayTerm, DAYS) | week)
    ends = visit.state in ENDED
    removal = draw(
        maybe(
            st.builds(
                StatedRemoval,
                st.sampled_from(["SERVICE_DONE", "RESIGNED", "OTHER"])
                if not ends
                else st.just("NO_SHOW") | st.just(""),
                maybe(DAYS),
                WORDS,
                maybe(DAYS),
                maybe(DAYS),
            )
        )
    )
    some_words = st.just("") | WORDS
    change = st.builds(StatedTermChange, st.just("") | st.just("UNFORESEEN"), maybe(st.sampled_from(TermChangeCause)), WORDS, maybe(DAYS))  # fmt: skip
    return EntryStatement(
        visit=visit,
        entered_by=draw(some_words),
        entered_at=draw(maybe(MOMENTS)),
        category_stated=stated,
        criterion_stated=draw(YES),
        criterion_confirmed_by=draw(some_words),
        term=term,
        offer=draw(
            maybe(st.builds(Offer, DAYS, maybe(DAYS), st.sampled_from(["", "accepted", "declined", "no_contact"])))
        ),
        reserved=draw(YES),
        diagnosis=draw(st.sampled_from(["", "I10", "C50.1", "M17.0"])),
        reason=draw(some_words),
        body_area=draw(st.sampled_from(["", "knee-left", "http://snomed.info/sct|6757004"])),
        dilo=draw(maybe(st.builds(DiloCard, WORDS, st.sampled_from(["", "7"])))),
        plan=draw(maybe(st.builds(StatedPlan, st.just("") | IDS.map(lambda one: f"CarePlan/{one}"), maybe(DAYS)))),
        emergency=draw(YES),
        service_started=draw(maybe(MOMENTS)),
        offline=draw(YES),
        not_today=draw(some_words),
        from_service_abroad=draw(YES),
        justification=draw(some_words),
        override=draw(some_words),
        order_reason=draw(some_words),
        term_change=draw(maybe(change)),
        removal=removal,
        reinstatement=draw(maybe(st.builds(StatedReinstatement, DAYS, DAYS, YES))),
        original_report_date=draw(maybe(DAYS)),
        prior_provider_date_used=draw(YES),
        no_show_excused=draw(some_words),
    )


@given(statement=statements())
def test_what_is_written_as_fhir_is_accepted_and_reads_as_the_same_statement(
    staged: Tables, statement: EntryStatement
) -> None:
    resource = entry_to_fhir(statement, staged, ON)
    reading = read_value(resource, b"")
    assert reading.accepted, reading.problems
    visit = appointment_from_fhir(resource, staged, ON, referral_criterion=statement.visit.criterion)
    assert visit == statement.visit
    assert entry_from_fhir(resource, staged, ON, visit=visit) == statement
