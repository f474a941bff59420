"""What happens to a visit while an earlier message about it, or about its patient, is still on its way."""

from __future__ import annotations

import pytest
from clinic_site import Site

from adapter.cli.demo.clinic import cancelled, ended
from adapter.ports.store import MessageState
from adapter.services.pull_visits import pull_visits

LIS0, LIS1 = ("dr-lis", 3, 0), ("dr-lis", 3, 1)


@pytest.fixture(autouse=True)
def _published(site: Site) -> None:
    site.open_day()


def until_all_agree(site: Site) -> None:
    for _ in range(2):
        site.until_quiet()
        site.sync()
    site.until_quiet()
    assert not site.messages(MessageState.REFUSED)


def test_a_visit_that_the_patient_cancels_before_we_know_it_was_saved_is_not_saved_again(site: Site) -> None:
    site.admin.trouble("reply-lost", operation="save_visit")
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_cancels(visit["id"])
    until_all_agree(site)
    assert [one["state"] for one in site.visits("visit-1")] == ["cancelled"]
    assert site.ehr("Appointment", "visit-1")["status"] == "cancelled"
    assert site.referral_history(0) == ["accept", "give-back"]


def test_a_cancellation_pulled_before_the_saving_is_settled_is_not_lost(site: Site) -> None:
    site.admin.trouble("reply-lost", operation="save_visit")
    site.book("visit-1", 0, LIS0)
    site.admin.patient_cancels(site.visits("visit-1")[0]["id"])
    pull_visits(site.eq, "demo")
    until_all_agree(site)
    assert [one["state"] for one in site.visits("visit-1")] == ["cancelled"]
    assert site.ehr("Appointment", "visit-1")["status"] == "cancelled"


def test_a_visit_that_the_patient_moves_before_we_know_it_was_saved_is_not_saved_again(site: Site) -> None:
    site.admin.trouble("reply-lost", operation="save_visit")
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s1")
    until_all_agree(site)
    assert [one["id"] for one in site.visits("visit-1")] == [visit["id"]]
    assert site.ehr("Appointment", "visit-1")["slot"] == [{"reference": "Slot/dr-lis-d03-s1"}]


def test_a_booking_waits_for_the_cancellation_of_the_same_patients_earlier_visit(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.admin.trouble("request-lost", operation="cancel_visit")
    gone, why = cancelled("prov") | {"comment": "remont"}, (ended("OTHER"),)
    site.export(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=gone, said=why))
    site.says(site.clinic.appointment("visit-2", 0, site.now(), place=LIS1))
    until_all_agree(site)
    assert [one["state"] for one in site.visits("visit-2")] == ["saved"]


def test_an_entry_booked_before_it_was_sent_is_made_and_left(site: Site) -> None:
    site.export(
        site.clinic.patient(0),
        site.clinic.referral(0),
        site.clinic.appointment("visit-1", 0, site.now(), status="waitlist"),
    )
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    until_all_agree(site)
    assert [entry["open"] for entry in site.admin.state()["waiting_room"]] == [False]
    assert [one["state"] for one in site.visits("visit-1")] == ["saved"]
