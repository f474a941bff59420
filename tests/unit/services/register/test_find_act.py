"""Which act of the register a version of an appointment is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from fakes.register_cases import AT, SCHEDULE, stored

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category
from adapter.domain.identifiers import Pesel
from adapter.domain.patient import Patient
from adapter.domain.register import Removal, Speciality
from adapter.domain.statement import EntryStatement, StatedPlan, StatedReinstatement, StatedRemoval
from adapter.domain.term import DayTerm
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.register.case import Case
from adapter.services.register.find_act import Act, find_act, under_plan

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
PATIENT = Patient("P1", Pesel("51710233123"), "Anna", "Testowa")
OPEN = stored()
GONE = stored(removal=Removal(date(2026, 3, 9), "RESIGNED", AT, "anna"))
MISSED = stored(removal=Removal(date(2026, 3, 9), "NO_SHOW", AT, "anna"))
CARE = stored(
    "A1.k", category=Category.CONTINUING, criterion=None, term=DayTerm(date(2026, 12, 31)), plan="CarePlan/1"
)
COMES = stored(category=Category.CONTINUING, criterion=None)
DRUGS = replace(SCHEDULE, specialities=frozenset({Speciality.DRUG_PROGRAMME}))
EACH_TIME = stored(category=Category.CONTINUING, schedule=DRUGS, plan="CarePlan/1")
PLAN = StatedPlan("CarePlan/1", date(2026, 12, 31))
ASKED = StatedReinstatement(date(2026, 3, 12), date(2026, 3, 10), plausible=True)
TOLD = StatedRemoval("OTHER", date(2026, 3, 20), "moved away")


def case(
    state: VisitState,
    known: StoredEntry | None = None,
    before: VisitState | None = None,
    category: Category = Category.WAITING,
    **said: object,
) -> Case:
    visit = Visit("A1", state, "P1", AT, category=category)
    was = replace(visit, state=before) if before is not None else None
    schedule = known.entry.schedule if known is not None else SCHEDULE
    return Case(EntryStatement(visit, **said), schedule, PATIENT, NOW, known=known, before=was)  # type: ignore[arg-type]


BOOKED, WAITING, SERVED = VisitState.BOOKED, VisitState.WAITING, VisitState.SERVED
NO_SHOW, CANCELLED, VOID = VisitState.NO_SHOW, VisitState.CANCELLED, VisitState.VOID


@pytest.mark.parametrize(
    ("given", "act"),
    [
        pytest.param(case(BOOKED), Act.ENTER, id="a first booking"),
        pytest.param(case(WAITING), Act.ENTER, id="a first waiting entry"),
        pytest.param(case(VisitState.PROPOSED), Act.NOTHING, id="a proposal enters nobody"),
        pytest.param(case(VisitState.PENDING), Act.NOTHING, id="nor does a request"),
        pytest.param(case(BOOKED, replace(OPEN, standing=EntryStanding.REJECTED)), Act.ENTER, id="P1 said no: again"),
        pytest.param(case(BOOKED, OPEN), Act.CHANGE, id="a known entry changes"),
        pytest.param(case(VisitState.ARRIVED, OPEN, BOOKED), Act.CHANGE, id="or is corrected on arrival"),
        pytest.param(case(BOOKED, GONE), Act.NOTHING, id="a removed one does not"),
        pytest.param(case(BOOKED, MISSED), Act.NOTHING, id="nor a missed one that nobody asks back"),
        pytest.param(case(BOOKED, MISSED, reinstatement=ASKED), Act.RESTORE, id="asked back with a new visit (E-06)"),
        pytest.param(case(NO_SHOW, MISSED, NO_SHOW, reinstatement=ASKED), Act.RESTORE, id="or with the missed one"),
        pytest.param(case(NO_SHOW, GONE, NO_SHOW, reinstatement=ASKED), Act.NOTHING, id="who resigned is not"),
        pytest.param(case(SERVED), Act.ENTER_SERVED, id="heard of when served (G-02)"),
        pytest.param(case(SERVED, before=SERVED), Act.NOTHING, id="served before there was a register"),
        pytest.param(case(SERVED, OPEN, BOOKED), Act.SERVE, id="served"),
        pytest.param(case(SERVED, OPEN, BOOKED, plan=PLAN), Act.RE_ENTER, id="served, and a plan was set (K-01)"),
        pytest.param(
            case(SERVED, stored(category=Category.EMERGENCY), BOOKED, plan=PLAN), Act.SERVE, id="no K-01 for 6"
        ),
        pytest.param(case(SERVED, CARE, BOOKED), Act.NOTHING, id="a visit under a plan ends nothing"),
        pytest.param(case(SERVED, CARE, BOOKED, plan=PLAN), Act.CHANGE, id="it may tell the plan's end"),
        pytest.param(case(SERVED, CARE, SERVED, removal=TOLD), Act.SERVE, id="the treatment ended (K-03)"),
        pytest.param(case(NO_SHOW, CARE, BOOKED), Act.NOTHING, id="nor does a missed one"),
        pytest.param(case(CANCELLED, CARE, BOOKED), Act.NOTHING, id="nor a cancelled one"),
        pytest.param(case(CANCELLED, CARE, BOOKED, removal=TOLD), Act.END, id="unless its end is said"),
        pytest.param(case(SERVED, EACH_TIME, BOOKED), Act.SERVE, id="a drug programme: each time (K-04)"),
        pytest.param(case(SERVED, COMES, BOOKED), Act.SERVE, id="who continues without a plan comes once"),
        pytest.param(case(NO_SHOW, OPEN, BOOKED), Act.MISS, id="a no-show"),
        pytest.param(case(NO_SHOW), Act.NOTHING, id="of somebody nobody entered"),
        pytest.param(case(CANCELLED, OPEN, BOOKED), Act.END, id="a cancelled visit"),
        pytest.param(case(VOID, OPEN, BOOKED), Act.END, id="entered in error"),
        pytest.param(case(CANCELLED, OPEN, CANCELLED), Act.NOTHING, id="told again"),
        pytest.param(case(CANCELLED, OPEN, CANCELLED, removal=TOLD), Act.END, id="told again, now with the reason"),
        pytest.param(case(CANCELLED, GONE, BOOKED), Act.NOTHING, id="over already"),
    ],
)
def test_the_act_follows_from_what_was_known(given: Case, act: Act) -> None:
    assert find_act(given) is act


@pytest.mark.parametrize(
    ("category", "continuing", "under"),
    [
        pytest.param(Category.CONTINUING, CARE, True, id="a later visit of who continues"),
        pytest.param(Category.WAITING, CARE, False, id="another illness"),
        pytest.param(Category.CONTINUING, COMES, False, id="no plan was named: an entry of its own"),
        pytest.param(Category.CONTINUING, EACH_TIME, False, id="a drug programme enters each time (K-04)"),
        pytest.param(Category.CONTINUING, None, False, id="nothing is open"),
    ],
)
def test_a_later_visit_is_under_the_open_plan(category: Category, continuing: StoredEntry | None, under: bool) -> None:
    assert (under_plan(case(BOOKED, category=category), continuing) is not None) is under
