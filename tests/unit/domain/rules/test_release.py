"""Which ends give the referral back (R-05) and that an end has a reason (X-01)."""

from __future__ import annotations

import pytest

from adapter.domain.appointment import VisitState
from adapter.domain.rules.release import EndReason, finishes_referral, reason_given, releases_referral

RESIGNED = EndReason("resigned", "patient", releases_referral=True)
ILL_DOCTOR = EndReason("prov", "provider", releases_referral=False)

# state                  reason      released  why
ENDS = [
    (VisitState.CANCELLED, RESIGNED, True, "resignation"),
    (VisitState.NO_SHOW, RESIGNED, True, "did not come"),
    (VisitState.CANCELLED, ILL_DOCTOR, False, "the provider owes a new date"),
    (VisitState.CANCELLED, None, False, "an unknown reason never releases"),
    (VisitState.SERVED, RESIGNED, False, "a served visit finishes the referral"),
    (VisitState.BOOKED, RESIGNED, False, "the visit still stands"),
    (VisitState.VOID, RESIGNED, False, "entered in error"),
]


@pytest.mark.parametrize(("state", "reason", "released", "why"), ENDS, ids=[row[3] for row in ENDS])
def test_r_05_which_ends_release(state: VisitState, reason: EndReason | None, released: bool, why: str) -> None:
    assert releases_referral(state, reason) is released, why


@pytest.mark.parametrize("state", list(VisitState))
def test_no_end_both_releases_and_finishes(state: VisitState) -> None:
    assert not (releases_referral(state, RESIGNED) and finishes_referral(state))
    assert finishes_referral(state) is (state is VisitState.SERVED)


@pytest.mark.parametrize("state", list(VisitState))
def test_x_01_an_end_without_service_has_a_reason(state: VisitState) -> None:
    ended = state in {VisitState.CANCELLED, VisitState.NO_SHOW}
    assert reason_given(state, None).code == ("E-X-REASON" if ended else "")
    assert not reason_given(state, RESIGNED).refused
