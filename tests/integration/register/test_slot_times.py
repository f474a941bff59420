"""The EHR moves a slot on which a visit stands: CeR, the patient and the register hear of it, or a person is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.register_front import FACILITY, SECOND, Front

from adapter.cli.demo.clinic import cancelled, term_change
from adapter.domain.national import NationalVisitState, Origin, SlotEdit, VisitChange
from adapter.domain.rules.notices import N01
from adapter.ports import CallContext
from adapter.ports.notices import NoticeKind
from adapter.ports.store import Action, Destination, MessageState
from adapter.services.bring_visit import brought_to
from adapter.services.effects import apply_effects
from adapter.services.mirror_visit import mirror_cancellation
from adapter.services.outcome import NOT_NEEDED, Done
from adapter.services.send_slots import edit_slot

SLOT = "dr-lis-d03-s0"
MOVED, TIME = "TASK-N-SLOT-MOVED", "TASK-N-TIME"
LATER, NEXT_DAY = timedelta(hours=5), timedelta(days=1, hours=5)


def shifted(resource: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """The same at another time."""
    times = {name: (datetime.fromisoformat(resource[name]) + by).isoformat() for name in ("start", "end")}
    return resource | times


def slot(front: Front, by: timedelta = LATER) -> dict[str, Any]:
    return shifted(front.clinic.slot("dr-lis", 3, 0, "busy"), by)


def visit(front: Front, by: timedelta = LATER, **more: Any) -> dict[str, Any]:
    return shifted(front.visit(**more), by)


def asked(front: Front) -> list[str]:
    """Codes of the open tasks of N-01."""
    return sorted(one.task.code for one in front.tasks() if one.task.rule == N01.id)


def times_told(front: Front) -> list[str]:
    """The beginnings that CeR was told for the slot, in order, as Warsaw's own hours."""
    done = [one for one in front.messages(MessageState.DELIVERED) if one.action is Action.EDIT_SLOT]
    told = [one for one in done if "starts" in one.payload and one.result_code != "not-needed"]
    return [str(one.payload["starts"]) for one in told if one.payload["slot_id"] == SLOT]


@pytest.fixture
def booked(front: Front) -> Front:
    """visit-1 stands on the first slot, in CeR too."""
    front.book()
    front.says(front.clinic.slot("dr-lis", 3, 0, "busy"))
    front.deliver()
    return front


def test_a_slot_without_a_visit_goes_to_cer_at_once(front: Front) -> None:
    front.says(slot(front))
    front.deliver()
    assert len(times_told(front)) == 1
    assert asked(front) == []


def test_a_longer_slot_moves_nobody(booked: Front) -> None:
    longer = slot(booked, timedelta())
    longer["end"] = shifted(longer, timedelta(minutes=10))["end"]
    booked.says(longer)
    booked.deliver()
    assert (len(times_told(booked)), asked(booked)) == (1, [])


def test_while_the_visit_says_another_time_cer_keeps_it_and_a_person_is_asked(booked: Front) -> None:
    for _ in range(2):
        booked.says(slot(booked))
    booked.deliver()
    assert times_told(booked) == []
    (task,) = [one.task for one in booked.tasks()]
    assert (task.code, task.subject) == (MOVED, "entry/visit-1")
    booked.says(slot(booked, timedelta()))
    booked.deliver()
    assert asked(booked) == [], "the change was taken back"


ORDERS = [
    (["slot"], ["visit"], "the slot first"),
    (["slot", "visit"], [], "both together"),
    (["visit"], ["slot"], "the visit first"),
]


@pytest.mark.parametrize(("first", "then", "why"), ORDERS, ids=[row[-1] for row in ORDERS])
def test_when_the_visit_follows_cer_has_it_and_the_patient_is_told(
    booked: Front, first: list[str], then: list[str], why: str
) -> None:
    said = {"slot": slot(booked), "visit": visit(booked)}
    booked.says(*(said[one] for one in first))
    if then:
        booked.says(*(said[one] for one in then))
    booked.deliver()
    (told,) = times_told(booked)
    assert datetime.fromisoformat(told) == datetime.fromisoformat(said["slot"]["start"])
    assert asked(booked) == [TIME]
    booked.says(said["visit"])
    booked.deliver()
    assert (len(times_told(booked)), asked(booked)) == (1, [TIME]), "once"


def test_another_day_needs_its_reason_and_is_told_by_a_notice(booked: Front) -> None:
    booked.says(slot(booked, NEXT_DAY), visit(booked, NEXT_DAY))
    booked.deliver()
    assert booked.refused() == [("M-01", "E-M-REASON")]
    assert (times_told(booked), asked(booked)) == ([], [MOVED])
    booked.says(visit(booked, NEXT_DAY, said=(term_change("UNFORESEEN"),)))
    booked.deliver()
    assert (len(times_told(booked)), asked(booked)) == (1, [])
    assert NoticeKind.TERM_CHANGED in {one.notice.kind for one in booked.notices()}


def test_where_the_register_is_kept_elsewhere_a_person_tells_of_another_day_too(front: Front) -> None:
    front.clinic.declares_register = False
    front.says(*front.clinic.schedules())
    front.book()
    front.deliver()
    front.says(slot(front, NEXT_DAY))
    assert [(one.task.code, one.task.subject) for one in front.tasks()] == [(MOVED, "visit/visit-1")]
    front.says(visit(front, NEXT_DAY))
    front.deliver()
    assert (len(times_told(front)), asked(front)) == (1, [TIME])


@pytest.mark.parametrize("how", ["cancelled", "moved"])
def test_when_the_visit_leaves_the_slot_its_times_go_to_cer_after_it(booked: Front, how: str) -> None:
    booked.says(slot(booked))
    booked.deliver()
    assert times_told(booked) == []
    gone = {"status": "cancelled", "more": cancelled("pat")} if how == "cancelled" else {"place": SECOND}
    booked.says(booked.visit(**gone))
    booked.deliver()
    assert (len(times_told(booked)), asked(booked)) == (1, [])
    sent = booked.national()
    left = f"{'cancel' if how == 'cancelled' else 'move'}-visit visit:visit-1"
    assert sent.index(left) < len(sent) - 1 - sent[::-1].index(f"edit-slot slot:{SLOT}")


def test_two_who_share_a_slot_are_asked_about_each_by_himself(booked: Front) -> None:
    """One begins with the slot, one within it; CeR has the new times when both have theirs."""
    within = timedelta(minutes=10)
    booked.says(booked.clinic.patient(1), booked.clinic.referral(1))
    booked.says(shifted(booked.visit(visit="visit-2", person=1), within))
    booked.deliver()
    booked.says(slot(booked))
    assert asked(booked) == [MOVED, MOVED]
    booked.says(shifted(booked.visit(visit="visit-2", person=1), LATER + within))
    booked.deliver()
    assert (times_told(booked), asked(booked)) == ([], [MOVED, TIME])
    booked.says(visit(booked))
    booked.deliver()
    assert (len(times_told(booked)), asked(booked)) == (1, [TIME, TIME])


def test_a_patient_who_cancels_in_cer_lets_the_slot_move(booked: Front) -> None:
    booked.says(slot(booked))
    ended = VisitChange(
        1, "cer-visit-1", f"cer-{SLOT}", NationalVisitState.CANCELLED, Origin.PATIENT, booked.clock.now()
    )
    assert booked.desk(lambda desk: mirror_cancellation(desk, "visit-1", ended))
    booked.deliver()
    assert (len(times_told(booked)), asked(booked)) == (1, [])


def test_what_took_place_at_the_former_time_stays_there(booked: Front) -> None:
    booked.says(slot(booked))
    booked.says(booked.visit(status="fulfilled"))
    booked.deliver()
    assert (times_told(booked), asked(booked)) == ([], [])


def test_a_visit_that_goes_to_a_third_time_is_still_asked_about(booked: Front) -> None:
    booked.says(slot(booked, NEXT_DAY))
    other = visit(booked, NEXT_DAY + timedelta(days=1), said=(term_change("UNFORESEEN"),))
    booked.says(other)
    booked.deliver()
    assert booked.refused() == []
    assert (times_told(booked), asked(booked)) == ([], [MOVED])


@dataclass
class Cer:
    """CeR, as far as a slot is edited there."""

    edits: list[SlotEdit] = field(default_factory=list)

    def edit_slot(self, context: CallContext, edit: SlotEdit) -> str:
        self.edits.append(edit)
        return "ok"


def sends(front: Front) -> tuple[Done, list[SlotEdit]]:
    """The edit of the slot that waits goes out now: what came of it, and what CeR was told."""
    cer: Any = Cer()
    with front.store.unit_of_work() as work:
        (message,) = work.outbox.find(facility=FACILITY, actions=[Action.EDIT_SLOT], states=[MessageState.WAITING])
    done = edit_slot(replace(front.eq, registry=cer), CallContext(FACILITY, "c", "m"), message)
    with front.store.unit_of_work() as work:
        apply_effects(front.eq, work, message, done, front.clock.now())
        work.commit()
    return done, cer.edits


def test_nothing_in_the_way_the_times_go_out(front: Front) -> None:
    front.says(slot(front))
    done, (edit,) = sends(front)
    assert edit.starts == datetime.fromisoformat(slot(front)["start"])
    assert (set(done.sent), asked(front)) == ({"state", "starts", "ends"}, [])


def test_a_visit_that_comes_while_the_times_wait_holds_them_back_and_nothing_else(front: Front) -> None:
    front.says(slot(front))
    front.says(front.clinic.patient(0), front.clinic.referral(0), front.visit())
    done, (edit,) = sends(front)
    assert (edit.starts, edit.ends, set(done.sent)) == (None, None, {"state"})
    assert asked(front) == [MOVED]


def test_one_that_a_patient_made_and_that_is_on_its_way_into_the_ehr_holds_them_back(front: Front) -> None:
    front.says(shifted(front.clinic.slot("dr-lis", 3, 0), LATER))
    body = {"resource_type": "Appointment", "resource_id": None}
    front.desk(lambda desk: desk.send(Destination.EHR, Action.WRITE_BACK, [brought_to(SLOT)], body))
    done, edits = sends(front)
    assert (done.result_code, edits) == (NOT_NEEDED, [])
