"""Which change of a visit's state may follow which."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.appointment import VisitState
from adapter.domain.transitions import Transitions
from adapter.mapping.appointment import transitions
from adapter.mapping.tables import load_tables

TABLE = transitions(load_tables(Path(__file__).parents[3] / "mappings"), date(2026, 11, 2))
V = VisitState

# before          after          permitted  why
CASES = [
    (V.PROPOSED, V.BOOKED, True, "a proposal is accepted"),
    (V.WAITING, V.BOOKED, True, "a date was found"),
    (V.BOOKED, V.WAITING, True, "the date was given up, the patient waits"),
    (V.BOOKED, V.SERVED, True, "an EHR that knows no arrival"),
    (V.BOOKED, V.NO_SHOW, True, "did not come"),
    (V.CHECKED_IN, V.NO_SHOW, False, "who checked in was there"),
    (V.CANCELLED, V.BOOKED, False, "a cancelled visit is not opened again"),
    (V.NO_SHOW, V.SERVED, False, "a missed visit is not served"),
    (V.SERVED, V.BOOKED, False, "a served visit is not opened again"),
    (V.SERVED, V.VOID, True, "anything may have been an error"),
    (V.VOID, V.BOOKED, False, "an error stays one"),
]


@pytest.mark.parametrize(("before", "after", "permitted", "why"), CASES, ids=[row[3] for row in CASES])
def test_permitted_changes(before: VisitState, after: VisitState, permitted: bool, why: str) -> None:
    assert TABLE.permits(before, after) is permitted, why
    assert TABLE.judge(before, after).refused is not permitted


@pytest.mark.parametrize("state", list(V))
def test_any_state_may_be_the_first_and_the_same_again_is_an_update(state: VisitState) -> None:
    assert TABLE.permits(None, state)
    assert TABLE.permits(state, state)


@pytest.mark.parametrize("state", [one for one in V if one is not V.VOID])
def test_every_state_may_turn_out_an_error(state: VisitState) -> None:
    assert TABLE.permits(state, V.VOID)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.sampled_from(list(V)), min_size=1, max_size=8))
def test_what_has_ended_never_takes_up_a_slot_again(path: list[VisitState]) -> None:
    """Follow permitted changes only: after an end no state is active (a served visit stays served)."""
    state, ended = path[0], False
    for after in path[1:]:
        if TABLE.permits(state, after):
            ended = ended or state in {V.CANCELLED, V.NO_SHOW, V.SERVED, V.VOID}
            state = after
        assert not (ended and state in {V.PENDING, V.BOOKED, V.ARRIVED, V.CHECKED_IN, V.WAITING})


def test_a_refused_change_says_which_states() -> None:
    verdict = Transitions(frozenset()).judge(V.CANCELLED, V.BOOKED)
    assert verdict.refused
    assert "cancelled" in verdict.text_en
    assert "booked" in verdict.text_pl
