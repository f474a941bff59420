"""A person's word on a discrepancy is kept with the person's account, and holds nobody's data."""

from __future__ import annotations

import pytest
from fakes.reconcile_fakes import FakeStore, HeldClock
from fakes.report_cases import MADE, report_store

from adapter.domain.discrepancy import DiscrepancyState
from adapter.errors import BadInput, Refused
from adapter.services.resolve import resolve


@pytest.fixture
def store() -> FakeStore:
    return report_store()


@pytest.mark.parametrize("state", ["acknowledged", "remedied", "closed"])
def test_a_person_sets_the_state_and_the_audit_keeps_who(store: FakeStore, state: str) -> None:
    after = resolve(store, HeldClock(MADE), 1, DiscrepancyState(state), text=" called  the patient ", who="a.nowak")
    assert after.state == state
    assert after.history[0] == {
        "at": MADE.isoformat(),
        "who": "person:a.nowak",
        "state": state,
        "note": "called the patient",
    }
    (audited,) = store.state.audit
    assert (audited.actor, audited.subject, audited.detail["from"], audited.detail["to"]) == (
        "person:a.nowak",
        "discrepancy:1",
        "open",
        state,
    )


WRONG = [
    (1, DiscrepancyState.REPORTED, "x", "filed", "reported comes from filing only"),
    (1, DiscrepancyState.OPEN, "x", "again", "only a comparison opens"),
    (99, DiscrepancyState.CLOSED, "x", "done", "no such number"),
    (1, DiscrepancyState.CLOSED, "x", "  ", "no note"),
    (1, DiscrepancyState.CLOSED, "x", "n" * 501, "too long a note"),
    (1, DiscrepancyState.CLOSED, "x", "patient 02701100018", "a PESEL in the note"),
    (1, DiscrepancyState.CLOSED, "x", "key " + "1" * 44, "a referral key in the note"),
    (1, DiscrepancyState.CLOSED, "", "done", "nobody"),
]


@pytest.mark.parametrize(("number", "state", "who", "text", "why"), WRONG, ids=[row[-1] for row in WRONG])
def test_an_unusable_word_changes_nothing(
    *, store: FakeStore, number: int, state: DiscrepancyState, who: str, text: str, why: str
) -> None:
    with pytest.raises(BadInput):
        resolve(store, HeldClock(MADE), number, state, text=text, who=who)
    assert {one.state for one in store.state.discrepancies} == {"open"}, why
    assert store.state.audit == []


def test_what_is_closed_stays_closed(store: FakeStore) -> None:
    resolve(store, HeldClock(MADE), 1, DiscrepancyState.CLOSED, text="tested", who="a.nowak")
    with pytest.raises(Refused):
        resolve(store, HeldClock(MADE), 1, DiscrepancyState.ACKNOWLEDGED, text="again", who="a.nowak")
