"""X-07: a patient dies while nobody knows what became of a message. Whatever is found out, the visit is given up."""

from __future__ import annotations

import pytest
from fakes.register_front import NO, Front, Outcome, done

from adapter.ports.register import EntryStanding
from adapter.ports.store import Action
from adapter.services.outcome import Doubtful

ENTRY, LOST = "visit-1", Doubtful("the answer was lost")
SAVED, REFERRAL = (Action.SAVE_VISIT, "visit:visit-1"), (Action.ACCEPT_REFERRAL, "referral:referral-1")


def dies(front: Front) -> None:
    front.says(front.clinic.patient(0) | {"deceasedDateTime": "2026-03-02"})
    assert front.removal(ENTRY) == ("2026-03-02", "DECEASED")
    front.sent_out.clear()
    front.deliver()
    assert front.national() == [], "while one is in doubt, the later ones wait"


FOUND = [
    ("it was saved", True, ["cancel-visit visit:visit-1"]),
    ("it was not", False, ["save-visit visit:visit-1", "cancel-visit visit:visit-1"]),
]


@pytest.mark.parametrize(("why", "saved", "told"), FOUND, ids=[row[0] for row in FOUND])
def test_a_visit_in_doubt_is_given_up_in_cer(front: Front, why: str, saved: bool, told: list[str]) -> None:
    front.answers[SAVED] = LOST
    front.book()
    front.deliver()
    dies(front)
    (message,) = [one for one in front.messages() if one.action is Action.SAVE_VISIT]
    front.find_out(Action.SAVE_VISIT, done(message) if saved else None)
    front.clock.sleep(front.eq.limits.ask_after.total_seconds())
    front.deliver()
    assert front.national() == told, why
    with front.store.unit_of_work() as work:
        assert work.links.theirs("demo", "visit", ENTRY) is None
    assert front.codes() == []


ANSWERS = [
    ("P1 took it", EntryStanding.FINAL, ["save-visit visit:visit-1", "cancel-visit visit:visit-1"]),
    ("P1 refused it", EntryStanding.REJECTED, ["cancel-visit visit:visit-1"]),
]
"""Whether CeR ever had a visit that is given up, its sender looks."""


@pytest.mark.parametrize(("why", "standing", "told"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_a_referral_in_doubt(front: Front, why: str, standing: EntryStanding, told: list[str]) -> None:
    """Nothing is given back (inferred), nobody is told of an entry, and nobody is asked why P1 refused it."""
    front.answers[REFERRAL] = LOST
    front.book()
    front.deliver()
    dies(front)
    outcome: Outcome = done(front.messages()[0]) if standing is EntryStanding.FINAL else NO
    front.find_out(Action.ACCEPT_REFERRAL, outcome)
    front.deliver()
    assert (front.national(), front.entry(ENTRY).standing) == (told, standing), why
    assert (front.codes(), front.notices()) == ([], [])
