"""A patient books, moves, cancels, is served or does not come, and the referral follows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clinic_site import Site

from adapter.cli.demo.clinic import cancelled, ended
from adapter.ports.register import EntryStanding
from adapter.ports.store import Action, InboxState, MessageState

LIS0, LIS1 = ("dr-lis", 3, 0), ("dr-lis", 3, 1)


@pytest.fixture(autouse=True)
def _published(site: Site) -> None:
    site.open_day()


def test_a_booking_accepts_the_referral_and_saves_one_visit(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    assert visit["state"] == "saved"
    assert site.referral_state(0) == "with-provider"
    assert {"system": "https://pomost.example/fhir/identifier/national-visit", "value": visit["id"]} in site.ehr(
        "Appointment", "visit-1"
    )["identifier"]


def test_the_access_code_with_the_pesel_opens_the_referral_and_its_number_comes_back(site: Site) -> None:
    site.book("visit-1", 1, LIS0, by_code=True)
    assert site.referral_state(1) == "with-provider"
    number = next(one for one in site.ehr("ServiceRequest", "referral-2")["identifier"] if ".4.1" in one["system"])
    assert number["value"] == site.clinic.world["referrals"][1]["number"]


def test_the_same_version_and_our_own_write_back_change_nothing(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.sync()
    site.sync()
    assert len(site.visits("visit-1")) == 1
    assert not site.messages(MessageState.REFUSED)


def test_a_moved_visit_keeps_its_id_and_its_referral(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (before,) = site.visits("visit-1")
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    (after,) = site.visits("visit-1")
    assert after["id"] == before["id"]
    assert after["slot"] != before["slot"]
    assert site.slot_state("dr-lis-d03-s0") == "open"
    assert site.referral_history(0).count("accept") == 1


@pytest.mark.parametrize(
    ("reason", "removal", "state"),
    [
        pytest.param("pat", "", "issued", id="resignation releases the referral (R-05)"),
        pytest.param("prov", "OTHER", "with-provider", id="the provider's own cancellation does not"),
        pytest.param(
            "prov", "PROVIDER_STOPPED", "issued", id="unless the contract ended: the register's reason counts"
        ),
        pytest.param("maint", "OTHER", "with-provider", id="nor does a broken machine"),
    ],
)
def test_the_reason_of_a_cancellation_decides_whether_the_referral_is_released(
    site: Site, reason: str, removal: str, state: str
) -> None:
    site.book("visit-1", 0, LIS0)
    said = (ended(removal),) if removal else ()
    more = {**cancelled(reason), "comment": "the clinic is closed"}
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=more, said=said))
    (visit,) = site.visits("visit-1")
    assert visit["state"] == "cancelled"
    assert site.referral_state(0) == state
    assert site.slot_state("dr-lis-d03-s0") == "open"


def test_a_released_referral_can_be_used_again_here(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat")))
    site.says(site.clinic.appointment("visit-2", 0, site.now(), place=LIS1))
    assert site.referral_state(0) == "with-provider"
    assert [visit["state"] for visit in site.visits("visit-2")] == ["saved"]


def test_a_served_visit_finishes_the_referral(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="fulfilled", place=LIS0))
    assert [visit["state"] for visit in site.visits("visit-1")] == ["served"]
    assert site.referral_state(0) == "completed"


def test_a_no_show_is_recorded_and_gives_the_referral_back(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="noshow", place=LIS0))
    assert [visit["state"] for visit in site.visits("visit-1")] == ["no-show"]
    assert site.referral_state(0) == "issued"


def test_a_reopened_visit_is_refused_by_the_table_of_transitions(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat")))
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    assert site.rules() == {"X-TRANSITION": 1}
    assert [visit["state"] for visit in site.visits("visit-1")] == ["cancelled"]


def test_waiting_then_booked_leaves_the_waiting_room(site: Site) -> None:
    site.says(
        site.clinic.patient(2),
        site.clinic.referral(2),
        site.clinic.appointment("entry-1", 2, site.now(), status="waitlist"),
    )
    (entry,) = site.admin.state()["waiting_room"]
    assert entry["reference"] == "entry-1"
    assert site.referral_state(2) == "with-provider"
    site.says(site.clinic.appointment("entry-1", 2, site.now(), place=LIS0))
    assert [visit["state"] for visit in site.visits("entry-1")] == ["saved"]
    assert not [one for one in site.admin.state()["waiting_room"] if one["open"]]
    assert site.referral_history(2).count("accept") == 1


def test_a_referral_that_p1_refuses_refuses_the_visit(site: Site) -> None:
    """R-04: the entry is made by setting the status; when P1 says no there is no entry."""
    site.book("visit-1", 0, LIS0)
    gone, why = cancelled("prov") | {"comment": "remont"}, (ended("OTHER"),)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=gone, said=why))
    assert site.referral_state(0) == "with-provider"
    other = site.clinic.referral(0) | {"id": "referral-copy"}
    site.says(
        other,
        site.clinic.appointment("visit-2", 0, site.now(), place=LIS1)
        | {"basedOn": [{"reference": "ServiceRequest/referral-copy"}]},
    )
    refused = {message.action for message in site.messages(MessageState.REFUSED)}
    assert refused == {Action.ACCEPT_REFERRAL, Action.SAVE_VISIT}
    assert not site.visits("visit-2")
    with site.eq.store.unit_of_work() as work:
        (entry,) = (one for one in work.register.listed("demo", open_only=False) if one.visit_id == "visit-2")
        assert [one.task.code for one in work.tasks.listed("demo", subject="entry/visit-2")] == ["E-R-P1"]
        assert [one.what for one in work.register.steps("demo", "visit-2")] == ["entered", "rejected"]
    assert (entry.standing, entry.entry.number) == (EntryStanding.REJECTED, 2)


def test_a_booking_without_credentials_is_refused_by_rule(site: Site) -> None:
    referral = site.clinic.referral(0)
    referral["identifier"] = []
    site.says(
        site.clinic.patient(0),
        referral,
        site.clinic.appointment("visit-1", 0, site.now(), place=LIS0),
    )
    assert site.rules() == {"R-01": 1}  # the number of a referral that is not open is not asked for (said_once)
    assert not site.visits()


def test_an_unknown_patient_quarantines_the_visit_and_a_replay_takes_it(site: Site) -> None:
    done = site.says(site.clinic.patient(0), site.clinic.appointment("visit-1", 0, site.now(), place=LIS0))
    assert done.taken.quarantined == 1
    site.export(site.clinic.referral(0))
    with site.eq.store.unit_of_work() as work:
        (entry,) = work.inbox.find(states=[InboxState.QUARANTINED])
        work.inbox.replay(entry.id)
        work.commit()
    site.sync()
    assert len(site.visits("visit-1")) == 1


@pytest.mark.parametrize(
    ("category", "verified", "place", "rules"),
    [
        pytest.param("privileged", True, ("dr-lis", 3, 6), {}, id="a privileged slot in time"),
        pytest.param("privileged", True, ("dr-lis", 3, 0), {}, id="a stable slot in time is allowed too (V-07)"),
        pytest.param("privileged", False, ("dr-lis", 3, 6), {"V-06": 1, "C-02": 1}, id="nobody verified the right"),
        pytest.param("waiting", True, ("dr-lis", 3, 6), {"I-07": 1}, id="a privileged slot for somebody else"),
        pytest.param("waiting", True, ("dr-lis", 3, 4), {"I-07": 1}, id="an urgent slot for a stable patient"),
    ],
)
def test_the_privileged_are_booked_as_the_law_says(
    site: Site, category: str, verified: bool, place: tuple[str, int, int], rules: dict[str, int]
) -> None:
    visit = site.clinic.appointment("visit-1", 12, site.now(), place=place, category=category)
    if not verified:
        for extension in visit["extension"]:
            if extension["url"].endswith("/entitlement"):
                extension["extension"] = extension["extension"][::3]
    site.says(site.clinic.patient(12), site.clinic.referral(12), visit)
    assert site.rules() == rules
    assert len(site.visits("visit-1")) == (0 if rules else 1)


def test_a_privileged_visit_after_seven_working_days_is_refused(site: Site) -> None:
    long_ago = site.now() - timedelta(days=30)
    site.book("visit-1", 12, ("dr-lis", 3, 6), category="privileged", at=long_ago)
    assert site.rules() == {"V-03": 1}
    assert not site.visits()


def test_a_privileged_patient_with_a_waiver_may_wait(site: Site) -> None:
    entry = site.clinic.appointment("entry-1", 12, site.now(), status="waitlist", category="privileged")
    site.says(site.clinic.patient(12), site.clinic.referral(12), entry)
    assert site.rules() == {"V-04": 1}
    entry["extension"].append(
        {
            "url": "https://pomost.example/fhir/StructureDefinition/privilege-waiver",
            "extension": [
                {"url": "given-at", "valueDateTime": site.now().isoformat()},
                {"url": "noted-by", "valueString": "staff-07"},
                {"url": "reason", "valueString": "wants another doctor"},
            ],
        }
    )
    site.says(entry)
    assert [one["reference"] for one in site.admin.state()["waiting_room"]] == ["entry-1"]


def test_a_mended_patient_counts_when_the_booking_leaves(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat")))
    mended = site.clinic.patient(0)
    mended["telecom"][0]["value"] = "+48600999888"
    site.says(mended, site.clinic.appointment("visit-2", 0, site.now(), place=LIS1))
    with site.eq.store.unit_of_work() as work:
        kept = work.calendar.patient("demo", "patient-1")
    assert kept is not None
    assert kept.phone == "+48600999888"
    assert [visit["state"] for visit in site.visits("visit-2")] == ["saved"]


def test_a_new_appointment_made_before_the_old_one_is_cancelled_is_saved_after_it(site: Site) -> None:
    """CeR allows a patient one open first visit for a service: the second is refused until the first is gone.

    The register would not let it come so far (U-01); here it is kept elsewhere.
    """
    site.clinic.declares_register = False
    site.says(*site.clinic.schedules())
    site.book("visit-1", 0, LIS0)
    site.says(site.clinic.appointment("visit-2", 0, site.now(), place=LIS1))
    assert not site.visits("visit-2")
    site.says(
        site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("prov"))
    )
    site.until_quiet()
    assert [visit["state"] for visit in site.visits("visit-2")] == ["saved"]
    assert site.referral_state(0) == "with-provider"


def test_a_reason_that_is_corrected_after_the_end_gives_the_referral_back_once(site: Site) -> None:
    """R-05: it was the patient who cancelled, not the clinic. The register is kept elsewhere."""
    site.clinic.declares_register = False
    site.says(*site.clinic.schedules())
    site.book("visit-1", 0, LIS0)

    def ends(reason: str) -> None:
        gone = cancelled(reason)
        site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=gone))

    ends("prov")
    assert site.referral_state(0) == "with-provider"
    ends("pat")
    ends("pat-lt")
    assert site.referral_state(0) == "issued"
    assert site.referral_history(0) == ["accept", "give-back"]
