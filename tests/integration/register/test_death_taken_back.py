"""X-07: the EHR told of a death by mistake. The law says nothing of it: a person puts the entry back in its place."""

from __future__ import annotations

import pytest
from fakes.register_front import SECOND, Front

from adapter.errors import RuleBroken
from adapter.ports.register import EntryStanding
from adapter.services.register_day.answer_task import Answer, answer_task

ENTRY = "visit-1"


@pytest.fixture
def dead(front: Front) -> Front:
    """The first person is entered, and noted as dead on the same day."""
    front.book()
    front.deliver()
    front.says(front.clinic.patient(0) | {"deceasedDateTime": "2026-03-02"})
    assert front.removal(ENTRY) == ("2026-03-02", "DECEASED")
    front.deliver()
    return front


def alive(front: Front) -> str:
    """A clerk found out that the patient lives; what Pomost did."""
    (task,) = [one.id for one in front.tasks() if one.task.code == "TASK-X-ALIVE"]
    looked = front.desk(lambda desk: answer_task(desk, task, Answer.ALIVE, "clerk", "called at home"))
    return looked.done.what if looked.done is not None else ""


def test_who_lives_is_put_back_in_the_old_place_and_is_given_a_term(dead: Front) -> None:
    dead.says(dead.clinic.patient(0))
    assert dead.codes() == ["TASK-X-ALIVE"]
    assert dead.removal(ENTRY) is not None, "nothing happens by itself"
    assert alive(dead) == "AUTO-X-ALIVE"
    stored = dead.entry(ENTRY)
    assert (stored.entry.open, stored.entry.number, stored.standing) == (True, 1, EntryStanding.FINAL)
    assert dead.steps(ENTRY)[-3:] == ["removed", "corrected", "restored"]
    dead.on("2026-03-09")
    asked = [one.task.code for one in dead.tasks() if one.task.subject == f"entry/{ENTRY}"]
    assert asked == ["AUTO-X-ALIVE"], "his day is past; nobody asks why he did not come"
    assert dead.removal(ENTRY) is None


def test_who_is_given_the_same_term_again_is_asked_about_as_everybody(dead: Front) -> None:
    """X-05: his old term is still to come and free; nothing is left to ask for, until he does not come on it."""
    dead.says(dead.clinic.patient(0))
    alive(dead)
    dead.deliver()
    for status in ("waitlist", "booked"):
        dead.says(dead.visit(status=status))
    assert not dead.refused()
    dead.deliver()
    assert dead.codes() == [], "he has a term"
    assert "TASK-X-NOSHOW" in dead.on(dead.clinic.days[4].isoformat())


def test_a_death_that_is_told_again_asks_nobody(dead: Front) -> None:
    dead.says(dead.clinic.patient(0))
    dead.says(dead.clinic.patient(0) | {"deceasedBoolean": True})
    assert dead.codes() == []


def test_who_has_another_entry_by_now_is_not_entered_twice(dead: Front) -> None:
    """U-01."""
    dead.says(dead.clinic.patient(0), dead.visit(visit="visit-2", place=SECOND))
    assert dead.entry("visit-2").entry.open
    with pytest.raises(RuleBroken) as told:
        alive(dead)
    assert told.value.code == "E-U-DUP"
    assert dead.removal(ENTRY) is not None
