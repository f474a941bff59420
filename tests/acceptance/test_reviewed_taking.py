"""What an EHR says at a bad moment, or in a bad shape, harms nobody: neither the visit nor its neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from clinic_site import Site

from adapter.cli.demo.clinic import cancelled
from adapter.cli.demo.stage import FACILITY
from adapter.domain.identifiers import AccessByCode, ReferralKey
from adapter.fhir import names
from adapter.ports.store import Action, InboxState, MessageState
from adapter.services import take_in
from adapter.services.pull_visits import pull_visits

LIS0, LIS1, LIS2 = ("dr-lis", 3, 0), ("dr-lis", 3, 1), ("dr-lis", 3, 2)


@pytest.fixture(autouse=True)
def _published(site: Site) -> None:
    site.open_day()


def _slot_of(site: Site, reference: str) -> str:
    """Our id of the slot on which CeR has the one standing visit of this reference."""
    (visit,) = site.visits(reference, "saved")
    return next(str(one["reference"]) for one in site.admin.slots() if one["id"] == visit["slot"])


def _entry(site: Site, person: int, **more: Any) -> dict[str, Any]:
    return dict(site.clinic.appointment("entry-1", person, site.now(), status="waitlist", **more))


def _waits(site: Site, person: int = 2) -> None:
    site.says(site.clinic.patient(person), site.clinic.referral(person), _entry(site, person))


# -- the EHR does not know yet what a patient did


def test_an_edit_from_before_the_ehr_learned_of_a_patients_move_does_not_undo_it(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s1")
    pull_visits(site.eq, FACILITY)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS0, more={"description": "a note"}))
    site.sync()
    assert _slot_of(site, "visit-1") == "dr-lis-d03-s1"
    assert not [message for message in site.messages() if message.action is Action.MOVE_VISIT]
    assert site.ehr("Appointment", "visit-1")["slot"] == [{"reference": "Slot/dr-lis-d03-s1"}]
    assert site.ehr("Appointment", "visit-1")["description"] == "a note"


def test_once_the_ehr_knows_of_the_patients_move_its_own_move_counts(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s1")
    site.sync()
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    assert _slot_of(site, "visit-1") == "dr-lis-d03-s0"


def test_an_edit_of_a_waiting_entry_that_cer_has_booked_does_not_cancel_the_visit(site: Site) -> None:
    _waits(site)
    site.admin.run_matcher()
    pull_visits(site.eq, FACILITY)
    site.says(_entry(site, 2, more={"description": "prefers mornings"}))
    site.sync()
    assert [visit["state"] for visit in site.visits("entry-1")] == ["saved"]
    assert site.ehr("Appointment", "entry-1")["status"] == "booked"


def test_an_edit_from_before_a_cancellation_in_ikp_is_no_anomaly(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_cancels(visit["id"])
    pull_visits(site.eq, FACILITY)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    site.sync()
    assert site.rules() == {}
    assert [visit["state"] for visit in site.visits("visit-1")] == ["cancelled"]
    assert site.ehr("Appointment", "visit-1")["status"] == "cancelled"


# -- one bad entry stops nobody


def _with_national_id(appointment: dict[str, Any], value: str) -> dict[str, Any]:
    return {**appointment, "identifier": [{"system": names.NATIONAL_VISIT, "value": value}]}


@pytest.mark.parametrize("status", ["cancelled", "waitlist", "fulfilled"])
def test_a_visit_first_seen_at_its_end_and_without_a_slot_stops_nobody(site: Site, status: str) -> None:
    more = cancelled("prov") if status == "cancelled" else {}
    first = site.clinic.appointment("visit-old", 1, site.now(), status=status, place=LIS1, more=more)
    if status == "fulfilled":
        first["extension"].append({"url": names.EXT_SCHEDULE, "valueReference": {"reference": "Schedule/dr-lis"}})
    else:
        first = site.clinic.appointment("visit-old", 1, site.now(), status=status, more=more)
    first.pop("slot", None)
    site.export(site.clinic.patient(1), site.clinic.referral(1), _with_national_id(first, "CER-V-99999999"))
    site.book("visit-1", 0, LIS0)
    site.until_quiet()
    assert _slot_of(site, "visit-1") == "dr-lis-d03-s0"


def test_another_national_id_on_a_known_visit_changes_no_link_and_stops_nobody(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.export(_with_national_id(site.clinic.appointment("visit-1", 0, site.now(), place=LIS0), "CER-V-99999999"))
    site.book("visit-2", 1, LIS1)
    assert len(site.visits("visit-2", "saved")) == 1
    with site.eq.store.unit_of_work() as work:
        assert work.links.theirs(FACILITY, "visit", "visit-1") == visit["id"]


def test_what_nobody_foresaw_is_set_aside_and_its_neighbours_go_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest: Callable[..., Any] = take_in.HANDLERS["Appointment"]

    def broken(desk: Any, reading: Any) -> Any:
        if reading.checked().id == "visit-1":
            raise LookupError("Kowalska")
        return honest(desk, reading)

    monkeypatch.setitem(take_in.HANDLERS, "Appointment", broken)
    site.export(
        site.clinic.patient(0),
        site.clinic.referral(0),
        site.clinic.appointment("visit-1", 0, site.now(), place=LIS0),
    )
    done = site.book("visit-2", 1, LIS1)
    assert len(site.visits("visit-2", "saved")) == 1
    assert done.taken.quarantined == 1
    with site.eq.store.unit_of_work() as work:
        (entry,) = work.inbox.find(states=[InboxState.QUARANTINED])
    assert entry.received.resource_id == "visit-1"
    assert "Kowalska" not in repr(entry.problems)


# -- a referral that serves another visit by now


def _next_visit(site: Site, visit: str, person: int, place: tuple[str, int, int], **more: Any) -> None:
    site.says(site.clinic.appointment(visit, person, site.now(), place=place, **more))


def test_a_later_edit_of_an_entry_that_cer_booked_and_the_patient_cancelled_releases_nothing(site: Site) -> None:
    _waits(site)
    site.admin.run_matcher()
    site.sync()
    (visit,) = site.visits("entry-1")
    site.admin.patient_cancels(visit["id"])
    site.sync()
    assert site.referral_state(2) == "issued"
    _next_visit(site, "visit-2", 2, LIS1)
    assert site.referral_state(2) == "with-provider"
    ended = site.ehr("Appointment", "entry-1") | {"description": "a note"}
    site.says(ended)
    assert site.referral_state(2) == "with-provider"
    assert not site.messages(MessageState.REFUSED)


def test_a_visit_that_both_sides_cancelled_releases_its_referral_once(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_cancels(visit["id"])
    ended = site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat"))
    site.says(ended)
    site.sync()
    _next_visit(site, "visit-2", 0, LIS1)
    before = len(site.messages())
    site.says(ended)
    assert len(site.messages()) == before
    assert site.referral_state(0) == "with-provider"


def test_a_cancelled_visit_does_not_release_the_referral_of_another_one(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    _next_visit(site, "visit-2", 0, ("dr-lis", 3, 7), category="continuing")
    assert len(site.visits("visit-2", "saved")) == 1
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat")))
    assert site.referral_state(0) == "with-provider"
    site.says(
        site.clinic.appointment(
            "visit-2",
            0,
            site.now(),
            status="cancelled",
            place=("dr-lis", 3, 7),
            category="continuing",
            more=cancelled("pat"),
        )
    )
    assert site.referral_state(0) == "issued"


def test_a_referral_whose_acceptance_was_refused_is_not_given_back(site: Site) -> None:
    """The same e-referral under a second id: giving that one back would take it from the first visit."""
    site.book("visit-1", 0, LIS0)
    number = next(one for one in site.ehr("ServiceRequest", "referral-1")["identifier"] if ".4.1" in one["system"])
    copy = site.clinic.referral(0) | {"id": "referral-copy"}
    copy["identifier"] = [*copy["identifier"], number]
    based = {"basedOn": [{"reference": "ServiceRequest/referral-copy"}]}
    site.export(copy, site.clinic.appointment("visit-2", 0, site.now(), place=LIS1, more=based))
    site.says(
        site.clinic.appointment(
            "visit-2", 0, site.now(), status="cancelled", place=LIS1, more=based | cancelled("pat")
        )
    )
    site.until_quiet()
    assert site.referral_state(0) == "with-provider"


def test_a_continuing_patient_is_booked_when_the_referral_is_finished(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="fulfilled", place=LIS0))
    assert site.referral_state(0) == "completed"
    _next_visit(site, "visit-2", 0, ("dr-lis", 3, 7), category="continuing")
    assert len(site.visits("visit-2", "saved")) == 1
    assert not site.messages(MessageState.REFUSED)


def test_an_acceptance_refused_after_an_outage_is_asked_again_with_the_next_version(site: Site) -> None:
    """R-07, R-08: the patient was entered while P1 was away, and the key turned out wrong."""
    referral = site.clinic.referral(0)
    wrong = referral | {"identifier": [{"system": names.REFERRAL_KEY, "value": "9" * 44}]}
    site.admin.trouble("refused", system="p1", count=None)
    site.says(site.clinic.patient(0), wrong, site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    site.admin.clear_troubles()
    site.eq.clock.sleep(1.1)
    site.until_quiet()
    assert [one.action for one in site.messages(MessageState.REFUSED)] == [Action.ACCEPT_REFERRAL]
    site.says(referral, site.clinic.appointment("visit-1", 0, site.now(), place=LIS0, more={"description": "mended"}))
    assert site.referral_state(0) == "with-provider"
    assert len(site.visits("visit-1")) == 1


def test_an_access_code_is_not_kept_after_the_referral_was_finished(site: Site) -> None:
    site.book("visit-1", 1, LIS0, by_code=True)
    site.says(site.clinic.appointment("visit-1", 1, site.now(), status="fulfilled", place=LIS0))
    site.says(site.clinic.referral(1, by_code=True))
    with site.eq.store.unit_of_work() as work:
        record = work.calendar.referral(FACILITY, "referral-2")
    assert record is not None
    assert not isinstance(record.referral.access, AccessByCode)


def test_a_code_said_again_while_the_acceptance_is_in_doubt_does_not_replace_the_key(site: Site) -> None:
    site.admin.trouble("reply-lost", system="p1", operation="accept")
    site.book("visit-1", 1, LIS0, by_code=True)
    site.says(site.clinic.referral(1, by_code=True))
    site.until_quiet()
    with site.eq.store.unit_of_work() as work:
        record = work.calendar.referral(FACILITY, "referral-2")
    assert record is not None
    assert isinstance(record.referral.access, ReferralKey)


# -- moves, waiting rooms, scopes


def test_who_waits_keeps_waiting_when_the_term_turns_out_taken(site: Site) -> None:
    _waits(site)
    site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.says(site.clinic.appointment("entry-1", 2, site.now(), place=LIS0))
    assert [message.action for message in site.messages(MessageState.REFUSED)] == [
        Action.SAVE_VISIT,
        Action.LEAVE_WAITING_ROOM,
    ]
    assert [one["open"] for one in site.admin.state()["waiting_room"]] == [True]
    site.says(site.clinic.appointment("entry-1", 2, site.now(), place=LIS1))
    assert _slot_of(site, "entry-1") == "dr-lis-d03-s1"
    assert [one["open"] for one in site.admin.state()["waiting_room"]] == [False]


def test_a_refused_move_is_tried_again_with_the_next_version(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    taken = site.admin.patient_books("dr-lis-d03-s1", site.person(4))
    moved = site.clinic.appointment("visit-1", 0, site.now(), place=LIS1)
    site.says(moved)
    assert [message.action for message in site.messages(MessageState.REFUSED)] == [Action.MOVE_VISIT]
    site.admin.patient_cancels(taken)
    site.says(moved | {"description": "once more"})
    assert _slot_of(site, "visit-1") == "dr-lis-d03-s1"


def test_a_visit_moved_before_its_save_was_refused_is_saved_on_the_new_slot(site: Site) -> None:
    site.admin.trouble("refused", system="cer", count=None)
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    site.admin.clear_troubles()
    site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.eq.clock.sleep(1.1)
    site.until_quiet()
    assert _slot_of(site, "visit-1") == "dr-lis-d03-s1"
    assert site.ehr("Appointment", "visit-1")["identifier"]


def test_a_move_of_a_visit_whose_referral_p1_refused_saves_nothing(site: Site) -> None:
    wrong = site.clinic.referral(0) | {"identifier": [{"system": names.REFERRAL_KEY, "value": "9" * 44}]}
    site.export(site.clinic.patient(0), wrong, site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    site.until_quiet()
    assert not site.visits("visit-1")


def test_the_hospital_may_move_a_visit_that_was_booked_in_ikp(site: Site) -> None:
    visit = site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.sync()
    appointment = site.ehr_appointment_of(visit)
    assert appointment is not None
    start = site.clinic.start_of(3, 1)
    appointment |= {
        "slot": [{"reference": "Slot/dr-lis-d03-s1"}],
        "start": start.isoformat(),
        "end": (start + (site.clinic.start_of(3, 2) - start)).isoformat(),
    }
    site.says(appointment)
    assert site.rules() == {}
    (after,) = site.visits()
    assert after["slot"] == next(one["id"] for one in site.admin.slots() if one["reference"] == "dr-lis-d03-s1")


def _closed(site: Site) -> dict[str, Any]:
    schedule = next(one for one in site.clinic.schedules() if one["id"] == "dr-lis")
    return {**schedule, "active": False}


def test_visits_of_a_schedule_that_closed_are_still_cancelled_in_cer(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(_closed(site))
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat")))
    assert [visit["state"] for visit in site.visits("visit-1")] == ["cancelled"]
    assert site.referral_state(0) == "issued"


def test_a_visit_moved_out_of_the_national_calendar_leaves_it(site: Site) -> None:
    """To another, closed schedule: CeR must not go on inviting the patient to the old term."""
    site.book("visit-1", 0, LIS0)
    sowa = next(one for one in site.clinic.schedules() if one["id"] == "dr-sowa") | {"active": False}
    site.says(
        sowa,
        site.clinic.slot("dr-sowa", 3, 0),
        site.clinic.appointment("visit-1", 0, site.now(), place=("dr-sowa", 3, 0)),
    )
    assert [visit["state"] for visit in site.visits("visit-1")] == ["cancelled"]
    assert site.referral_state(0) == "with-provider"


def test_a_booked_visit_that_waits_nowhere_is_asked_about_and_keeps_its_term(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    nowhere = site.clinic.appointment("visit-1", 0, site.now(), status="waitlist", place=LIS0)
    for name in ("slot", "start", "end"):
        del nowhere[name]
    site.says(nowhere)
    assert _slot_of(site, "visit-1") == "dr-lis-d03-s0"
    with site.eq.store.unit_of_work() as work:
        assert len(work.inbox.find(states=[InboxState.QUARANTINED])) == 1


def test_a_visit_on_its_way_into_the_ehr_keeps_its_term_taken(site: Site) -> None:
    site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    pull_visits(site.eq, FACILITY)
    site.says(site.clinic.slot("dr-lis", 3, 0) | {"comment": "window seat"})
    codes = [
        message.result_code for message in site.messages(MessageState.DELIVERED) if message.action is Action.EDIT_SLOT
    ]
    assert codes == ["not-needed"]


def test_the_rules_are_asked_before_the_frame_is_changed(site: Site) -> None:
    """A move that a rule refuses leaves the visit where it was, here and there."""
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=("dr-lis", 3, 6)))
    assert site.rules() == {"I-07": 1}
    with site.eq.store.unit_of_work() as work:
        kept = work.calendar.visit(FACILITY, "visit-1")
    assert kept is not None
    assert kept == replace(kept, slot_ids=("dr-lis-d03-s0",))
    assert _slot_of(site, "visit-1") == "dr-lis-d03-s0"
