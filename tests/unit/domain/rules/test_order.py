"""The order in which rules are asked, and what a booking, a waiting entry and a cancellation come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion, Waiver
from adapter.domain.referral import Referral
from adapter.domain.rules import (
    EndReason,
    judge_booking,
    judge_cancel,
    judge_waiting,
    refusals,
    require,
    warnings,
)
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import RuleBroken

MakeVisit = Callable[..., Visit]
TODAY = date(2026, 3, 2)


def slot_for(visit: Visit, kind: SlotKind) -> Slot:
    starts = visit.starts or datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    return Slot("S1", "D1", starts, starts + timedelta(minutes=20), SlotState.FREE, kind)


def test_a_lawful_privileged_booking_is_asked_six_rules(privileged_visit: MakeVisit, referral: Referral) -> None:
    visit = privileged_visit(term="2026-03-11")
    verdicts = judge_booking(visit, slot_for(visit, SlotKind.PRIVILEGED), None, referral, TODAY)
    assert [one.rule for one in verdicts] == ["C-05", "V-03", "V-06", "V-07", "I-07", "R-01"]
    assert not refusals(verdicts)
    assert not warnings(verdicts)
    require(verdicts)


def test_v_07_a_stable_slot_within_and_after_the_limit(privileged_visit: MakeVisit, referral: Referral) -> None:
    within, after = privileged_visit(term="2026-03-11"), privileged_visit(term="2026-03-12")
    assert not refusals(judge_booking(within, slot_for(within, SlotKind.STABLE), None, referral, TODAY))
    (refusal,) = refusals(judge_booking(after, slot_for(after, SlotKind.STABLE), None, referral, TODAY))
    assert refusal.code == "E-PRIV-7WD"


def test_v_03_has_no_number_of_days_in_hospital_care(privileged_visit: MakeVisit, referral: Referral) -> None:
    visit = privileged_visit(term="2026-06-01")
    slot = slot_for(visit, SlotKind.PRIVILEGED)
    assert not refusals(judge_booking(visit, slot, None, referral, TODAY, ambulatory=False))


def test_all_refusals_are_named_not_the_first(privileged_visit: MakeVisit) -> None:
    visit = privileged_visit(term="2026-03-12", entitlement=None)
    slot = slot_for(visit, SlotKind.PRIVILEGED)
    verdicts = judge_booking(visit, slot, None, None, TODAY, by_patient=True)
    assert [one.code for one in refusals(verdicts)] == ["E-PRIV-BASIS", "E-PRIV-7WD", "E-PRIV-SELF", "E-R-ACCESS"]
    with pytest.raises(RuleBroken) as broken:
        require(verdicts, correlation_id="c-1")
    assert (broken.value.rule, broken.value.code, broken.value.correlation_id) == ("C-05", "E-PRIV-BASIS", "c-1")
    assert all(rule in broken.value.message for rule in ("C-05", "V-03", "V-06", "R-01"))
    assert all(rule in broken.value.message_pl for rule in ("C-05", "V-03", "V-06", "R-01"))


def test_a_waived_privilege_is_judged_as_category_2(privileged_visit: MakeVisit, referral: Referral) -> None:
    waiver = Waiver(datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "clerk-1", "wants another doctor")
    visit = privileged_visit(term="2026-06-01", waiver=waiver)
    stable, privileged = slot_for(visit, SlotKind.STABLE), slot_for(visit, SlotKind.PRIVILEGED)
    assert not refusals(judge_booking(visit, stable, None, referral, TODAY))
    (refusal,) = refusals(judge_booking(visit, privileged, None, referral, TODAY))
    assert refusal.code == "E-CER-KIND"


def test_the_kind_may_be_given_without_a_slot(waiting_visit: MakeVisit, referral: Referral) -> None:
    visit = waiting_visit(criterion=Criterion.URGENT)
    assert not refusals(judge_booking(visit, None, SlotKind.URGENT, referral, TODAY))
    assert refusals(judge_booking(visit, None, SlotKind.STABLE, referral, TODAY))[0].rule == "I-07"
    assert [one.rule for one in judge_booking(visit, None, None, referral, TODAY)] == ["R-01"]


def test_prevention_programmes_need_no_referral(waiting_visit: MakeVisit) -> None:
    visit = waiting_visit()
    slot = slot_for(visit, SlotKind.STABLE)
    assert not refusals(judge_booking(visit, slot, None, None, TODAY, referral_needed=False))


def test_the_waiting_room_refuses_the_privileged_and_takes_the_rest(
    privileged_visit: MakeVisit, waiting_visit: MakeVisit, referral: Referral
) -> None:
    refused = judge_waiting(privileged_visit(term=None), referral, TODAY)
    assert [one.rule for one in refusals(refused)] == ["V-04"]
    assert not refusals(judge_waiting(waiting_visit(term=None), referral, TODAY))
    dilo = waiting_visit(term=None, category=Category.ONCOLOGY)
    assert not refusals(judge_waiting(dilo, referral, TODAY))
    continuing = waiting_visit(term=None, category=Category.CONTINUING)
    assert [one.code for one in refusals(judge_waiting(continuing, referral, TODAY))] == ["E-K-LIST"]
    assert [one.rule for one in refusals(judge_waiting(waiting_visit(term=None), None, TODAY))] == ["R-01"]


def test_a_cancellation_by_the_privileged_patient_is_shown(privileged_visit: MakeVisit) -> None:
    cancelled = replace(privileged_visit(), state=VisitState.CANCELLED)
    by_patient = EndReason("pat", "patient", releases_referral=True)
    by_clinic = EndReason("prov", "provider", releases_referral=False)
    assert [one.code for one in warnings(judge_cancel(cancelled, by_patient, TODAY))] == ["W-PRIV-LOST"]
    assert not warnings(judge_cancel(cancelled, by_clinic, TODAY))
    assert [one.code for one in refusals(judge_cancel(cancelled, None, TODAY))] == ["E-X-REASON"]


def test_every_refusal_and_warning_has_an_article_and_both_texts(
    privileged_visit: MakeVisit, waiting_visit: MakeVisit
) -> None:
    visits = [
        privileged_visit(term="2026-03-12", entitlement=None),
        waiting_visit(category=Category.CONTINUING),
        waiting_visit(category=Category.EMERGENCY),
        waiting_visit(state=VisitState.CANCELLED),
        privileged_visit(state=VisitState.CANCELLED),
    ]
    by_patient = EndReason("pat", "patient", releases_referral=True)
    verdicts = [
        one
        for visit in visits
        for kind in SlotKind
        for one in (
            *judge_booking(visit, None, kind, None, TODAY, by_patient=True),
            *judge_waiting(visit, None, TODAY),
            *judge_cancel(visit, None, TODAY),
            *judge_cancel(visit, by_patient, TODAY),
        )
    ]
    told = [one for one in verdicts if one.refused or one.warned]
    assert {one.rule for one in told} >= {"C-05", "V-03", "V-04", "V-06", "V-07", "V-09", "I-07", "U-04", "R-01"}
    assert all(one.article and one.code and one.text_pl and one.text_en for one in told)
    assert all(one.text_pl != one.text_en for one in told)
    assert all(one.article and not one.code for one in verdicts if not (one.refused or one.warned))
