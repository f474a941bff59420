"""R-10: an entry goes on with another referral. P1 has each of them with us or not, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fakes.register_front import FACILITY, NO, Front

from adapter.cli.demo.clinic import cancelled
from adapter.domain.rules.reasons import SERVICE_DONE
from adapter.fhir import names
from adapter.ports.notices import NoticeKind
from adapter.ports.register import EntryStanding
from adapter.ports.store import Action
from adapter.services.handle_referral import Asker, accept
from adapter.services.take_in import take_in

ENTRY = "visit-1"
ACCEPT_NEW = (Action.ACCEPT_REFERRAL, "referral:referral-new")


def another(front: Front, name: str = "referral-new", of: int = 1) -> dict[str, Any]:
    """A second referral of the first person; its key is another one's."""
    return front.clinic.referral(of) | {"id": name, "subject": {"reference": "Patient/patient-1"}}


def on(name: str = "referral-new") -> dict[str, Any]:
    return {"basedOn": [{"reference": f"ServiceRequest/{name}"}]}


def plan(front: Front) -> dict[str, Any]:
    """A plan of treatment for three weeks."""
    inside = [
        {"url": names.CONTINUING_PLAN, "valueReference": {"reference": "CarePlan/plan-1"}},
        {"url": names.CONTINUING_ENDS_ON, "valueDate": "2026-03-27"},
    ]
    return {"url": names.EXT_CONTINUING, "extension": inside}


@pytest.mark.parametrize("goes_on", [False, True], ids=["served", "served and going on by a plan (K-01)"])
def test_who_is_served_on_another_referral_has_that_one_finished(front: Front, goes_on: bool) -> None:
    front.book()
    front.deliver()
    said = (plan(front),) if goes_on else ()
    front.says(another(front), front.visit(status="fulfilled", more=on(), said=said))
    front.deliver()
    stored = front.entry(ENTRY)
    assert stored.entry.removal is not None
    assert (stored.entry.removal.reason, stored.referral_id) == (SERVICE_DONE, "referral-new")
    assert stored.standing is EntryStanding.FINAL
    assert front.national()[3:] == ["accept-referral referral:referral-new", "finish-referral referral:referral-new"]
    assert front.codes() == ["TASK-R-CER", "TASK-R-DECIDE"], "the former one is still with us, and under it the visit"
    assert not front.refused()


def test_a_new_referral_that_nobody_can_open_is_not_what_the_patient_was_served_on(front: Front) -> None:
    front.book()
    front.deliver()
    closed = another(front)
    del closed["identifier"]
    front.says(closed, front.visit(status="fulfilled", more=on()))
    assert front.refused() == [("R-01", "E-R-ACCESS")]
    assert front.entry(ENTRY).entry.open


def test_p1_refuses_the_new_one_before_it_answered_for_the_former(front: Front) -> None:
    """The former one makes the entry: it keeps its place, its visit stands, and people look at all of it."""
    front.book()
    front.says(another(front), front.visit(more=on()))
    front.answers[ACCEPT_NEW] = NO
    front.deliver()
    stored = front.entry(ENTRY)
    assert (stored.standing, stored.entry.number, stored.entry.open) == (EntryStanding.OFFLINE, 1, True)
    assert front.codes() == ["TASK-R-CER", "TASK-R-DECIDE", "TASK-R-DUPLICATE"]
    assert [one.notice.kind for one in front.notices()] == [NoticeKind.ENTERED], "he is told of his place, once"


def test_back_to_the_former_one_there_is_nothing_to_ask_of_p1_any_more(front: Front) -> None:
    front.book()
    front.deliver()
    front.answers[ACCEPT_NEW] = NO
    front.says(another(front), front.visit(more=on()))
    front.deliver()
    assert {"TASK-R-DECIDE", "TASK-R-DUPLICATE"} <= set(front.codes())
    front.says(front.visit())
    assert (front.entry(ENTRY).standing, front.entry(ENTRY).referral_id) == (EntryStanding.FINAL, "referral-1")
    assert front.codes() == ["TASK-R-CER"]


def test_the_former_one_is_not_forgotten_when_the_next_one_was_wrong_too(front: Front) -> None:
    front.book()
    front.deliver()
    front.answers[ACCEPT_NEW] = NO
    front.says(another(front), front.visit(more=on()))
    front.deliver()
    front.says(another(front, "referral-right", 2), front.visit(more=on("referral-right")))
    front.deliver()
    assert front.entry(ENTRY).standing is EntryStanding.FINAL
    assert front.codes() == ["TASK-R-CER", "TASK-R-DECIDE"]
    front.says(front.visit(status="fulfilled", more=on("referral-right")))
    assert front.codes() == ["TASK-R-CER", "TASK-R-DECIDE"], "nor when the patient was served"


def test_an_entry_made_while_p1_was_away_stays_where_it_is(front: Front) -> None:
    """R-07: position and time are final, whatever P1 says of the referral that it goes on with."""
    front.answers[Action.ACCEPT_REFERRAL, "referral:referral-1"] = NO
    front.book(more={"extension": offline(front)})
    front.deliver()
    assert front.entry(ENTRY).standing is EntryStanding.OFFLINE
    front.answers[ACCEPT_NEW] = NO
    front.says(another(front), front.visit(more=on()))
    front.deliver()
    assert (front.entry(ENTRY).standing, front.entry(ENTRY).entry.open) == (EntryStanding.OFFLINE, True)
    assert "TASK-R-DUPLICATE" in front.codes()


def offline(front: Front) -> list[dict[str, Any]]:
    """What a registrar says of an entry made while P1 is away."""
    return [*front.visit()["extension"], {"url": names.EXT_OFFLINE, "valueBoolean": True}]


def test_held_elsewhere_is_not_over_because_the_patient_was_served(front: Front) -> None:
    """G-02, R-04: P1 said that another provider holds the referral; a person settles it also afterwards."""
    code = front.eq.tables.national_result.row("held-elsewhere")["national"]
    front.answers[Action.ACCEPT_REFERRAL, "referral:referral-1"] = type(NO)("held elsewhere", code)
    front.book()
    front.deliver()
    assert front.codes() == ["E-U-DUP"]
    front.says(front.visit(status="fulfilled"))
    assert front.codes() == ["E-U-DUP"]


def test_a_dropped_acceptance_is_made_good_by_hand(front: Front) -> None:
    """``pomost referrals accept`` after ``pomost outbox drop``: the entry comes to be."""
    front.book()
    (asked,) = [one for one in front.messages() if one.action is Action.ACCEPT_REFERRAL]
    front.desk(lambda desk: desk.work.outbox.drop(asked.id, "person:anna", "the portal has it"))
    front.deliver()
    assert front.entry(ENTRY).standing is EntryStanding.AWAITING
    front.desk(lambda desk: accept(desk, "referral-1", Asker("person:anna")))
    front.deliver()
    assert front.entry(ENTRY).standing is EntryStanding.FINAL


def both_refused(front: Front) -> None:
    """P1 has neither referral for us, and refused the visit with the first one: it is not in CeR."""
    front.answers |= {(Action.ACCEPT_REFERRAL, "referral:referral-1"): NO, ACCEPT_NEW: NO}
    front.book()
    front.says(another(front), front.visit(more=on()))
    front.deliver()
    assert front.entry(ENTRY).entry.open
    assert "TASK-R-DUPLICATE" in front.codes()
    assert front.national() == []
    front.answers.clear()


def accept_by_hand(front: Front) -> None:
    """``pomost referrals accept``."""
    front.desk(lambda desk: accept(desk, "referral-new", Asker("person:anna")))


def name_a_third(front: Front) -> None:
    """The right referral in the EHR's appointment."""
    front.says(another(front, "referral-right", 2), front.visit(more=on("referral-right")))


@pytest.mark.parametrize("way", [accept_by_hand, name_a_third])
def test_a_clerk_brings_an_entry_out_of_two_refusals(front: Front, way: Callable[[Front], None]) -> None:
    both_refused(front)
    way(front)
    front.deliver()
    take_in(front.eq, FACILITY)
    front.deliver()
    assert front.entry(ENTRY).standing is EntryStanding.FINAL
    assert "TASK-R-DUPLICATE" not in front.codes()
    assert front.national()[-1] == "save-visit visit:visit-1", "the visit is in CeR by itself"
    told = len(front.national())
    take_in(front.eq, FACILITY)
    front.deliver()
    assert len(front.national()) == told


def test_or_ends_it(front: Front) -> None:
    both_refused(front)
    front.says(front.visit(status="cancelled", more=cancelled("pat") | on()))
    front.deliver()
    assert front.entry(ENTRY).entry.removal is not None
    assert "TASK-R-DUPLICATE" not in front.codes()
    assert front.national() == []


def test_an_acceptance_after_a_refusal_brings_the_entry_and_its_visit(front: Front) -> None:
    """R-04: there was no entry; with P1's acceptance there is one, and the visit that fell with it is saved."""
    front.answers[Action.ACCEPT_REFERRAL, "referral:referral-1"] = NO
    front.book()
    front.deliver()
    assert (front.entry(ENTRY).standing, front.codes()) == (EntryStanding.REJECTED, ["E-R-P1"])
    front.answers.clear()
    front.desk(lambda desk: accept(desk, "referral-1", Asker("person:anna")))
    front.deliver()
    take_in(front.eq, FACILITY)
    front.deliver()
    assert (front.entry(ENTRY).standing, front.codes()) == (EntryStanding.FINAL, [])
    assert front.national() == ["accept-referral referral:referral-1", "save-visit visit:visit-1"]
