"""A resource that another one refers to comes later than that one, or was not told when it was asked for."""

from __future__ import annotations

from fakes.register_front import FACILITY, Front

from adapter.ports.register import EntryStanding
from adapter.ports.store import InboxState
from adapter.services.take_in import take_in


def aside(front: Front) -> list[tuple[str, list[str]]]:
    """What lies in quarantine, and what each lacks; oldest first."""
    with front.store.unit_of_work() as work:
        found = work.inbox.find(facility=FACILITY, states=[InboxState.QUARANTINED])
    return [(one.received.resource_id, [each.code for each in one.problems]) for one in reversed(found)]


def test_whoever_waits_for_a_resource_is_taken_with_it(front: Front) -> None:
    front.says(front.visit(), front.visit(visit="visit-2", person=1))
    assert aside(front) == [("visit-1", ["Patient/patient-1"]), ("visit-2", ["Patient/patient-2"])]
    front.says(front.clinic.patient(0), front.clinic.patient(5))
    assert aside(front) == [("visit-1", ["ServiceRequest/referral-1"]), ("visit-2", ["Patient/patient-2"])]
    front.says(front.clinic.referral(0))
    front.deliver()
    assert aside(front) == [("visit-2", ["Patient/patient-2"])]
    assert front.entry("visit-1").standing is EntryStanding.FINAL
    assert "save-visit visit:visit-1" in front.national()


def test_a_version_that_was_put_aside_does_not_undo_a_newer_one(front: Front) -> None:
    front.says(front.visit(place=("dr-lis", 3, 1)))
    front.says(front.clinic.referral(0), front.visit())
    assert [one for one, _ in aside(front)] == ["visit-1", "referral-1", "visit-1"]
    front.says(front.clinic.patient(0))
    front.deliver()
    assert not aside(front)
    with front.store.unit_of_work() as work:
        visit = work.calendar.visit(FACILITY, "visit-1")
    assert visit is not None
    assert visit.slot_ids == ("dr-lis-d03-s0",)


def test_what_the_ehr_did_not_tell_when_asked_is_asked_for_again_by_night(front: Front) -> None:
    """The EHR was out of reach for a moment, and tells of the person only when asked."""
    front.says(front.clinic.referral(0), front.visit())
    assert len(aside(front)) == 2
    front.ehr.people["patient-1"] = front.clinic.patient(0)
    front.run()
    take_in(front.eq, FACILITY)
    assert not aside(front)
    assert front.entry("visit-1").entry.open
