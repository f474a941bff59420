"""What patients did in CeR, and what a hospital renamed, is taken as it is: the register follows, people see to it."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.register_front import FIRST, NO, SECOND, Front

from adapter.cli.demo.clinic import coding
from adapter.domain.appointment import VisitState
from adapter.domain.term import DayTerm
from adapter.fhir import names
from adapter.ports.notices import NoticeKind
from adapter.ports.register import EntryStanding
from adapter.ports.store import Action

ENTRY = "visit-1"
LATER = ("dr-lis", 4, 0)


def made_in_cer(front: Front, **more: Any) -> dict[str, Any]:
    """The Appointment of a visit that the patient made in CeR: it carries CeR's id, and no reason of anything."""
    booked = front.visit(visit="visit-2", **more)
    booked["identifier"] = [{"system": names.NATIONAL_VISIT, "value": "cer-theirs"}]
    booked["extension"] = [one for one in booked["extension"] if one["url"] != names.EXT_ENTERED_BY]
    return booked


def test_a_new_term_that_an_excused_patient_takes_in_cer_is_taken_over(front: Front) -> None:
    """E-05: the entry waits for a new date; the patient gives it himself. Its reason is for a person (M-01)."""
    front.says(front.clinic.slot(*LATER))
    front.book()
    front.deliver()
    excuse = {"coding": [coding("https://pomost.example/fhir/CodeSystem/cancellation-reason", "force-majeure")]}
    front.says(front.visit(status="noshow", more={"cancelationReason": excuse, "comment": "a flood"}))
    assert front.codes() == ["TASK-E-NEW-DATE"]
    front.says(made_in_cer(front, place=LATER))
    assert not front.refused()
    stored = front.entry(ENTRY)
    assert (stored.visit_id, stored.entry.open, stored.entry.number) == ("visit-2", True, 1)
    assert stored.entry.term == DayTerm(front.clinic.days[4])
    assert "E-M-REASON" in front.codes()
    assert "TASK-E-NEW-DATE" not in front.codes(), "he has one"
    assert NoticeKind.TERM_CHANGED not in [one.notice.kind for one in front.notices()], "no cause, no letter"


def renamed(front: Front, *doctors: str) -> list[dict[str, Any]]:
    """The Schedules of these doctors under another register's id."""
    found = [one for one in front.clinic.schedules() if one["id"] in doctors]
    for one in found:
        one["extension"][0]["extension"][0]["valueString"] += "-2"
    return found


MOVES = [
    (("dr-lis",), SECOND, [], "another term of the same doctor"),
    (("dr-lis", "dr-sowa"), ("dr-sowa", 3, 0), [], "another doctor of the same register, renamed with it"),
    (("dr-sowa",), ("dr-sowa", 3, 0), [("POMOST-REGISTER-01", "")], "a doctor of another register"),
]


@pytest.mark.parametrize(("schedules", "place", "refused", "why"), MOVES, ids=[row[-1] for row in MOVES])
def test_a_register_that_is_renamed_moves_nobody(
    front: Front, schedules: tuple[str, ...], place: tuple[str, int, int], refused: list[tuple[str, str]], why: str
) -> None:
    front.says(front.clinic.slot("dr-sowa", 3, 0))
    front.book()
    front.deliver()
    entered = front.entry(ENTRY).entry
    front.says(*renamed(front, *schedules))
    front.says(front.visit(place=place))
    assert front.refused() == refused, why
    assert front.coming() == ([] if refused else ["move-visit visit:visit-1"])
    assert (front.entry(ENTRY).entry.schedule, front.entry(ENTRY).entry.number) == (entered.schedule, 1)


def test_who_leaves_a_schedule_that_declares_nothing_any_more_does_not_take_the_entry_along(front: Front) -> None:
    """Both Schedules declare nothing: that does not make them one list."""
    front.says(front.clinic.slot("dr-sowa", 3, 0))
    front.book()
    front.deliver()
    front.says(*({**one, "extension": []} for one in front.clinic.schedules()))
    front.says(front.visit(place=("dr-sowa", 3, 0)))
    assert front.refused() == [("POMOST-REGISTER-01", "")]
    front.says(front.visit(place=SECOND))
    assert front.entry(ENTRY).standing is EntryStanding.FINAL
    with front.store.unit_of_work() as work:
        moved = work.calendar.visit("demo", ENTRY)
    assert moved is not None
    assert (moved.state, moved.slot_ids) == (VisitState.BOOKED, ("dr-lis-d03-s1",))


def test_what_was_told_of_a_service_stands_in_the_history_of_its_end(front: Front) -> None:
    """G-03: when the service began is a fact of the entry, and who told it stands beside it."""
    front.book()
    front.deliver()
    front.at(front.clinic.days[3].isoformat())
    front.says(front.visit(place=FIRST, status="fulfilled"))
    with front.store.unit_of_work() as work:
        end = work.register.steps("demo", ENTRY)[-1]
    assert end.what == "removed"
    assert end.before.get("service_started") is None
    assert str(end.after["service_started"]).startswith("2026-03-04")


def test_of_an_entry_that_p1_refused_nobody_is_asked_for_data(front: Front) -> None:
    """R-04: there is no entry. What its person lacks is asked when he is entered."""
    front.answers[Action.ACCEPT_REFERRAL, "referral:referral-1"] = NO
    front.book()
    front.deliver()
    before = front.codes()
    assert front.entry(ENTRY).standing is EntryStanding.REJECTED
    front.says(front.clinic.patient(0) | {"address": []})
    assert front.codes() == before
    assert front.entry(ENTRY).entry.person.address == "", "somebody may ask P1 once more"


@pytest.mark.parametrize(("status", "reason"), [("fulfilled", "SERVICE_DONE"), ("noshow", "NO_SHOW")])
def test_of_a_visit_that_was_over_and_is_a_mistake_a_clerk_is_asked(front: Front, status: str, reason: str) -> None:
    """The entry has ended and P1 was told: nothing is taken back by itself, and not in silence (X-03, X-05)."""
    front.book()
    front.deliver()
    front.says(front.visit(status=status))
    front.deliver()
    assert front.codes() == []
    for _ in range(2):
        front.says(front.visit(status="entered-in-error"))
    front.deliver()
    end = front.entry(ENTRY).entry.removal
    assert end is not None
    assert (end.reason, front.codes()) == (reason, ["TASK-X-MISTAKE"])
    front.run()
    assert front.codes() == ["TASK-X-MISTAKE"], "it stands until a person has done it"


def test_of_a_visit_under_a_plan_that_is_a_mistake_too(front: Front) -> None:
    """K-01: the first visit set a plan, so the patient is entered as continuing; now there was no visit."""
    front.book()
    front.deliver()
    inside = [
        {"url": names.CONTINUING_PLAN, "valueReference": {"reference": "CarePlan/plan-1"}},
        {"url": names.CONTINUING_ENDS_ON, "valueDate": "2026-03-27"},
    ]
    front.says(front.visit(status="fulfilled", said=({"url": names.EXT_CONTINUING, "extension": inside},)))
    front.says(front.visit(status="entered-in-error"))
    assert front.entry(f"{ENTRY}.k").entry.open
    assert front.codes() == ["TASK-X-MISTAKE"]
