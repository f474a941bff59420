"""Which ends give the referral back (R-05, R-06) and that an end has a reason (X-01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.register import Entry, EntryReferral, ReferralWay, Removal
from adapter.domain.rules import release
from adapter.domain.rules.release import EndReason, ReferralEffect, finishes_referral, reason_given, releases_referral

MakeEntry = Callable[..., Entry]

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


# effect                     e-referral           paper that came        why
EFFECTS = [
    (ReferralEffect.RELEASE, "AUTO-R-RELEASE", "TASK-R-RETURN-PAPER", "resigned, did not come, provider stopped"),
    (ReferralEffect.FINISH, "AUTO-R-FINISH", "", "served: none of the release kind"),
    (ReferralEffect.KEEP, "", "", "moved to another list here"),
    (ReferralEffect.NONE, "", "", "death, no paper"),
    (ReferralEffect.PERSON, "TASK-R-DECIDE", "TASK-R-DECIDE", "another reason"),
]


@pytest.mark.parametrize(("effect", "electronic", "paper", "why"), EFFECTS, ids=[row[3] for row in EFFECTS])
def test_r_05_what_a_removal_does(
    new_entry: MakeEntry, effect: ReferralEffect, electronic: str, paper: str, why: str
) -> None:
    came = EntryReferral(way=ReferralWay.PAPER, paper=PaperReferral(received_on=date(2026, 3, 12)))
    assert release.on_removal(new_entry(), effect).code == electronic, why
    assert release.on_removal(new_entry(referral=came), effect).code == paper, why
    assert not release.on_removal(new_entry(referral=None), effect).code


def test_r_05_nothing_to_give_back(new_entry: MakeEntry) -> None:
    """Paper that never came is not returned; a status that was never set is not released."""
    owed = EntryReferral(way=ReferralWay.PAPER)
    assert not release.on_removal(new_entry(referral=owed), ReferralEffect.RELEASE).code
    assert not release.on_removal(new_entry(offline_pending=True), ReferralEffect.RELEASE).code
    for effect in ReferralEffect:
        assert not release.on_removal(new_entry(category=Category.CONTINUING, number=None), effect).code


def test_r_06_only_a_released_referral_loses_our_lock(new_entry: MakeEntry) -> None:
    removal = Removal(date(2026, 4, 21), "NO_SHOW", datetime(2026, 4, 21, 9, tzinfo=UTC), "clerk-1")
    removed = replace(new_entry(), removal=removal)
    assert release.usable_again(removed, ReferralEffect.RELEASE).code == "AUTO-R-UNLOCK"
    assert not release.usable_again(removed, ReferralEffect.FINISH).code
    assert not release.usable_again(new_entry(), ReferralEffect.RELEASE).code
