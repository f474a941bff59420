"""What the law says of an entry that goes on: its order, its category, its plan, its contract, its return."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fakes.register_front import Front

from adapter.domain.entitlement import Category

SKIN = "skin"


@pytest.fixture
def skin(front: Front) -> Front:
    """A clinic outside of CeR; two people and their referrals are known."""
    known = [one for person in range(2) for one in (front.clinic.patient(person), front.clinic.referral(person))]
    front.says(front.declares(SKIN), *known)
    return front


def entered(front: Front, name: str, person: int, starts: str) -> None:
    front.says(front.stated(name, person, on=SKIN, starts=starts))
    front.deliver()


def test_a_term_given_with_a_reason_overtakes_nobody_without_one(skin: Front) -> None:
    """G-05: the warning is of a term without a reason code, also when the EHR says the entry again later."""
    entered(skin, "A1", 0, "2026-04-20T09:00")
    entered(skin, "A2", 1, "2026-04-21T09:00")
    earlier: dict[str, Any] = {"on": SKIN, "starts": "2026-04-10T09:00"}
    skin.says(skin.stated("A2", 1, **earlier, term_change={"reason": "PATIENT_REQUEST"}))
    assert (skin.steps("A2")[-1], skin.codes()) == ("term", [])
    skin.says(skin.stated("A2", 1, **earlier, diagnosis="L40"))
    assert (skin.steps("A2")[-1], skin.codes()) == ("corrected", [])


def test_a_waiting_patient_becomes_an_emergency(skin: Front) -> None:
    """C-08: the category changes and stays on record; the number is kept and puts nobody on the list (D-03, U-04)."""
    entered(skin, "A1", 0, "2026-04-20T09:00")
    skin.says(skin.stated("A1", 0, on=SKIN, starts="2026-04-20T09:00", visit={"category": 6}, emergency=True))
    assert not skin.refused()
    entry = skin.entry("A1").entry
    assert (entry.category, entry.number, entry.on_waiting_list) == (Category.EMERGENCY, 1, False)
    assert [(one.before, one.after) for one in entry.category_changes] == [(Category.WAITING, Category.EMERGENCY)]


def test_the_end_of_a_year_is_not_the_next_ones_when_the_plan_is_told_again(skin: Front) -> None:
    """K-02: served on 30 December, told on 4 January, and told again."""
    skin.at("2026-12-21")
    entered(skin, "A1", 0, "2026-12-30T09:00")
    skin.at("2027-01-04")
    for _ in range(2):
        plan = {"reference": "CarePlan/plan-1"}
        skin.says(skin.stated("A1", 0, on=SKIN, starts="2026-12-30T09:00", visit={"state": "served"}, plan=plan))
        assert not skin.refused()
        assert str(skin.entry("A1.k").entry.term) == "2026-12-31"
    assert skin.steps("A1.k") == ["entered"]


def test_who_is_dated_to_the_last_day_of_a_contract_is_served_on_it(skin: Front) -> None:
    """E-03: the night before it ends those whose term will not come; the others are ended a week later at most."""
    entered(skin, "A1", 0, "2026-03-31T10:00")
    entered(skin, "A2", 1, "2026-04-21T10:00")
    skin.ends_on = {SKIN: date(2026, 3, 31)}
    skin.at("2026-03-31", 3)
    assert skin.run().acted == {"AUTO-E-CLOSE": 1}
    assert (skin.removal("A1"), skin.removal("A2")) == (None, ("2026-03-31", "PROVIDER_STOPPED"))
    skin.at("2026-04-01", 3)
    assert skin.run().acted == {}
    skin.says(skin.stated("A1", 0, on=SKIN, starts="2026-03-31T10:00", visit={"state": "served"}))
    assert skin.removal("A1") == ("2026-03-31", "SERVICE_DONE")


def test_who_was_entered_anew_is_not_reinstated_beside_that(skin: Front) -> None:
    """E-06, U-01."""
    entered(skin, "A1", 0, "2026-03-04T09:00")
    skin.at("2026-03-05")
    missed: dict[str, Any] = {"on": SKIN, "starts": "2026-03-04T09:00", "visit": {"state": "no-show"}}
    skin.says(skin.stated("A1", 0, **missed))
    skin.deliver()
    entered(skin, "A2", 0, "2026-03-20T09:00")
    asked = {"requested_on": "2026-03-05", "cause_ended_on": "2026-03-05", "plausible": True}
    skin.says(skin.stated("A1", 0, **missed, reinstatement=asked))
    assert skin.refused() == [("U-01", "E-U-DUP")]
    assert not skin.entry("A1").entry.open


def test_an_appointment_entered_in_error_ends_its_entry(skin: Front) -> None:
    """X-01, X-02: FHIR gives it no reason; its state is one. Of the referral a person decides."""
    entered(skin, "A1", 0, "2026-04-20T09:00")
    skin.says(skin.stated("A1", 0, on=SKIN, starts="2026-04-20T09:00", visit={"state": "void"}))
    assert not skin.refused()
    end = skin.entry("A1").entry.removal
    assert end is not None
    assert (end.on.isoformat(), end.reason, end.text) == ("2026-03-02", "OTHER", "pomyłka")
    assert (skin.codes(), skin.coming()) == (["TASK-R-DECIDE"], [])
