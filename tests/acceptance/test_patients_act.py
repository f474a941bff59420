"""What patients do in IKP comes into the EHR, once, with the national ids."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from clinic_site import Site

from adapter.cli.demo.clinic import cancelled
from adapter.cli.demo.stage import FACILITY
from adapter.ports.store import MessageState
from adapter.services.pull_visits import CURSOR

LIS0 = "dr-lis-d03-s0"


@pytest.fixture(autouse=True)
def _published(site: Site) -> None:
    site.open_day()


def test_a_booking_in_ikp_becomes_an_appointment_with_its_patient(site: Site) -> None:
    visit = site.admin.patient_books(LIS0, site.person(4))
    site.sync()
    appointment = site.ehr_appointment_of(visit)
    assert appointment is not None
    assert appointment["status"] == "booked"
    assert appointment["slot"] == [{"reference": f"Slot/{LIS0}"}]
    patient = appointment["participant"][0]["actor"]["reference"].partition("/")[2]
    assert site.ehr("Patient", patient)["identifier"][0]["value"] == site.person(4)["pesel"]
    assert site.ehr("Slot", LIS0)["status"] == "busy"


def test_a_patient_whom_the_ehr_knows_is_not_made_again(site: Site) -> None:
    site.book("visit-1", 0, ("dr-lis", 3, 1))
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="fulfilled", place=("dr-lis", 3, 1)))
    visit = site.admin.patient_books(LIS0, site.person(0))
    site.sync()
    appointment = site.ehr_appointment_of(visit)
    assert appointment is not None
    assert appointment["participant"][0]["actor"]["reference"] == "Patient/patient-1"


def test_what_we_brought_is_never_saved_in_cer_a_second_time(site: Site) -> None:
    site.admin.patient_books(LIS0, site.person(4))
    for _ in range(3):
        site.sync()
    assert len(site.visits()) == 1


def test_the_feed_read_again_from_the_beginning_changes_nothing(site: Site) -> None:
    visit = site.admin.patient_books(LIS0, site.person(4))
    site.sync()
    before = len(site.messages())
    with site.eq.store.unit_of_work() as work:
        work.cursors.set(FACILITY, CURSOR, "")
        work.commit()
    site.sync()
    assert len(site.messages()) == before
    assert site.ehr_appointment_of(visit) is not None


def test_a_cancellation_in_ikp_cancels_the_appointment_frees_the_slot_and_gives_back(site: Site) -> None:
    site.book("visit-1", 0, ("dr-lis", 3, 0))
    (visit,) = site.visits("visit-1")
    site.admin.patient_cancels(visit["id"])
    site.sync()
    assert site.ehr("Appointment", "visit-1")["status"] == "cancelled"
    assert site.referral_state(0) == "issued"
    site.sync()
    assert site.referral_history(0).count("give-back") <= 1
    assert len(site.visits("visit-1")) == 1


def test_booked_and_cancelled_between_two_passes_leaves_no_booked_appointment(site: Site) -> None:
    visit = site.admin.patient_books(LIS0, site.person(4))
    site.admin.patient_cancels(visit)
    site.sync()
    site.sync()
    appointment = site.ehr_appointment_of(visit)
    assert appointment is None or appointment["status"] == "cancelled"


def test_a_move_in_ikp_moves_the_appointment(site: Site) -> None:
    site.book("visit-1", 0, ("dr-lis", 3, 0))
    (visit,) = site.visits("visit-1")
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s1")
    site.sync()
    appointment = site.ehr("Appointment", "visit-1")
    assert appointment["slot"] == [{"reference": "Slot/dr-lis-d03-s1"}]
    assert appointment["start"] == site.clinic.start_of(3, 1).isoformat() or appointment["start"]
    site.sync()
    assert len(site.visits("visit-1")) == 1


def test_a_waiting_patient_whom_cer_books_gets_his_entry_booked(site: Site) -> None:
    site.says(
        site.clinic.patient(2),
        site.clinic.referral(2),
        site.clinic.appointment("entry-1", 2, site.now(), status="waitlist"),
    )
    site.admin.run_matcher()
    site.sync()
    assert site.ehr("Appointment", "entry-1")["status"] == "booked"
    site.sync()
    assert len(site.visits()) == 1


def test_a_privileged_patient_who_cancels_loses_the_privilege(site: Site) -> None:
    """V-09."""
    site.book("visit-1", 12, ("dr-lis", 3, 6), category="privileged")
    (visit,) = site.visits("visit-1")
    site.admin.patient_cancels(visit["id"])
    site.sync()
    with site.eq.store.unit_of_work() as work:
        kept = work.calendar.visit(FACILITY, "visit-1")
        noted = [one for one in work.audit.find(limit=500) if one.detail.get("rule") == "V-09"]
    assert kept is not None
    assert kept.entitlement is None
    assert len(noted) == 1


def test_a_visit_booked_in_ikp_under_a_referral_that_is_known_is_based_on_it(site: Site) -> None:
    """Known to the EHR: P1 told its number when the patient was booked before. Another's number is nobody's here."""
    place = ("dr-lis", 3, 0)
    site.book("visit-1", 0, place)
    site.says(
        site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=place, more=cancelled("pat"))
    )
    referral = next(one for one in site.admin.referrals() if one["person"] == site.person(0)["pesel"])
    number = (str(referral["root"]), str(referral["number"]))
    mine = site.admin.patient_books("dr-lis-d03-s1", site.person(0), referral=number)
    others = site.admin.patient_books("dr-lis-d03-s2", site.person(4), referral=number)
    site.sync()
    appointment, stranger = site.ehr_appointment_of(mine), site.ehr_appointment_of(others)
    assert appointment is not None
    assert stranger is not None
    assert appointment["basedOn"] == [{"reference": "ServiceRequest/referral-1"}]
    assert "basedOn" not in stranger
    site.sync()
    assert not site.messages(MessageState.REFUSED)


def test_who_booked_a_time_that_the_hospital_was_about_to_change_is_told_of_it(site: Site) -> None:
    """CeR had the patient's visit before it had the new time of its slot: nobody is sent to the old one in silence."""
    slot = site.clinic.slot("dr-lis", 3, 2)
    for name in ("start", "end"):
        slot[name] = (datetime.fromisoformat(slot[name]) + timedelta(hours=6)).isoformat()
    site.admin.patient_books(slot["id"], site.person(4))
    site.says(slot)
    (visit,) = site.visits(state="saved")
    made = site.ehr_appointment_of(visit["id"])
    assert made is not None
    (told,) = [one for one in site.admin.slots() if one["reference"] == slot["id"]]
    assert datetime.fromisoformat(made["start"]) == datetime.fromisoformat(str(told["starts"]))
    with site.eq.store.unit_of_work() as work:
        asked = {one.task.code for one in work.tasks.listed(FACILITY)}
    assert "TASK-N-TIME" in asked
