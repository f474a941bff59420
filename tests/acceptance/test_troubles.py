"""The other side misbehaves: nothing is lost, nothing is done twice, nothing is believed without proof."""

from __future__ import annotations

from typing import Any

import pytest
from clinic_site import Site

from adapter.cli.demo.clinic import cancelled
from adapter.cli.demo.stage import FACILITY
from adapter.ports.store import Action, MessageState
from adapter.services.deliver import deliver
from adapter.services.settle_doubts import settle_doubts

LIS0, LIS1 = ("dr-lis", 3, 0), ("dr-lis", 3, 1)

BROKEN = [
    pytest.param("reply-lost", id="the answer is lost after CeR did it"),
    pytest.param("request-lost", id="the message is lost before CeR did it"),
    pytest.param("malformed-reply", id="the answer is cut in the middle"),
    pytest.param("unsigned-reply", id="the answer is not signed"),
    pytest.param("tampered-reply", id="the answer was changed on its way"),
    pytest.param("fault-after", id="CeR did it and answers with a fault"),
    pytest.param("unavailable", id="HTTP 503"),
    pytest.param("reply-twice", id="the answer comes twice"),
]


@pytest.fixture(autouse=True)
def _published(site: Site) -> None:
    site.open_day()


def test_an_in_doubt_visit_holds_its_slot_back_until_it_is_settled(site: Site) -> None:
    site.admin.trouble("reply-lost", operation="save_visit")
    site.book("visit-1", 0, LIS0)
    assert [message.action for message in site.messages(MessageState.IN_DOUBT)] == [Action.SAVE_VISIT]
    site.export(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    assert len(site.visits("visit-1")) == 1
    site.sync()
    site.until_quiet()
    (visit,) = site.visits("visit-1", "saved")
    assert site.slot_state("dr-lis-d03-s1") == "taken"
    assert visit["slot"] == next(one["id"] for one in site.admin.slots() if one["reference"] == "dr-lis-d03-s1")


@pytest.mark.parametrize("trouble", BROKEN)
def test_a_booking_survives_and_is_saved_once(site: Site, trouble: str) -> None:
    site.admin.trouble(trouble, operation="save_visit")
    site.book("visit-1", 0, LIS0)
    site.until_quiet()
    assert len(site.visits("visit-1", "saved")) == 1
    assert not site.messages(MessageState.REFUSED)


@pytest.mark.parametrize("trouble", BROKEN)
def test_an_acceptance_survives_and_is_done_once(site: Site, trouble: str) -> None:
    site.admin.trouble(trouble, system="p1", operation="accept")
    site.book("visit-1", 0, LIS0)
    site.until_quiet()
    assert site.referral_history(0) == ["accept"]
    assert len(site.visits("visit-1", "saved")) == 1


def _moved(site: Site) -> dict[str, Any]:
    return site.clinic.appointment("visit-1", 0, site.now(), place=LIS1)


def _cancelled(site: Site) -> dict[str, Any]:
    return site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat"))


def _served(site: Site) -> dict[str, Any]:
    return site.clinic.appointment("visit-1", 0, site.now(), status="fulfilled", place=LIS0)


@pytest.mark.parametrize(
    ("system", "operation", "change", "state", "history"),
    [
        pytest.param("cer", "move_visit", _moved, "saved", ["accept"], id="move"),
        pytest.param("cer", "cancel_visit", _cancelled, "cancelled", ["accept", "give-back"], id="cancel"),
        pytest.param("cer", "record_attendance", _served, "served", ["accept", "finish"], id="attendance"),
        pytest.param("p1", "give_back", _cancelled, "cancelled", ["accept", "give-back"], id="give back"),
        pytest.param("p1", "finish", _served, "served", ["accept", "finish"], id="finish"),
    ],
)
@pytest.mark.parametrize("trouble", ["reply-lost", "request-lost", "unsigned-reply"])
def test_every_write_survives_a_lost_answer(
    site: Site, system: str, operation: str, change: Any, state: str, history: list[str], trouble: str
) -> None:
    site.book("visit-1", 0, LIS0)
    site.admin.trouble(trouble, system=system, operation=operation)
    site.says(change(site))
    site.until_quiet()
    assert [visit["state"] for visit in site.visits("visit-1")] == [state]
    assert site.referral_history(0) == history
    assert not site.messages(MessageState.REFUSED)


@pytest.mark.parametrize("trouble", ["reply-lost", "request-lost"])
@pytest.mark.parametrize("operation", ["put_slots", "edit_slot", "delete_slot"])
def test_every_slot_message_survives_a_lost_answer(site: Site, operation: str, trouble: str) -> None:
    site.admin.trouble(trouble, operation=operation)
    status = {"put_slots": "free", "edit_slot": "busy-unavailable", "delete_slot": "entered-in-error"}[operation]
    number = 0 if operation != "put_slots" else 1
    day = 3 if operation != "put_slots" else 4
    site.says(site.clinic.slot("dr-lis", day, number, status))
    site.until_quiet()
    slots = {slot["reference"]: slot for slot in site.admin.slots()}
    if operation == "delete_slot":
        assert "dr-lis-d03-s0" not in slots
    elif operation == "edit_slot":
        assert slots["dr-lis-d03-s0"]["state"] == "blocked"
    else:
        assert [slot["reference"] for slot in site.admin.slots()].count("dr-lis-d04-s1") == 1


def test_p1_down_the_patient_is_entered_at_once_and_statuses_follow_in_order(site: Site) -> None:
    """R-07, R-08."""
    site.admin.trouble("refused", system="p1", count=None)
    site.book("visit-1", 0, LIS0)
    site.book("visit-2", 1, LIS1)
    assert len(site.visits("visit-1")) == 1
    assert len(site.visits("visit-2")) == 1
    assert site.referral_state(0) == site.referral_state(1) == "issued"
    site.admin.clear_troubles()
    site.eq.clock.sleep(1.1)
    site.until_quiet()
    accepted = [
        message for message in site.messages(MessageState.DELIVERED) if message.action is Action.ACCEPT_REFERRAL
    ]
    assert [message.payload["referral_id"] for message in accepted] == ["referral-1", "referral-2"]
    assert accepted[0].answered_at is not None
    assert accepted[1].answered_at is not None
    assert accepted[0].answered_at <= accepted[1].answered_at


def test_cer_down_loses_nothing(site: Site) -> None:
    site.admin.trouble("refused", system="cer", count=None)
    done = site.book("visit-1", 0, LIS0)
    assert done.problems["pull"].exit_code == 4
    assert site.referral_state(0) == "with-provider"
    site.admin.clear_troubles()
    site.eq.clock.sleep(1.1)
    site.until_quiet()
    assert len(site.visits("visit-1", "saved")) == 1


def test_a_slow_authority_is_waited_for(site: Site) -> None:
    site.admin.trouble("slow", operation="save_visit", seconds=0.5)
    site.book("visit-1", 0, LIS0)
    assert len(site.visits("visit-1", "saved")) == 1


def test_a_wrong_context_is_a_matter_for_an_operator_and_nothing_is_lost(site: Site) -> None:
    site.admin.trouble("fault", operation="save_visit", major="bladAutoryzacji")
    done = site.book("visit-1", 0, LIS0)
    assert done.delivered[0].misconfigured
    with site.eq.store.unit_of_work() as work:
        told = [one.detail["told"] for one in work.audit.find(limit=1000) if one.action == Action.SAVE_VISIT]
    assert "operator" in told
    site.until_quiet()
    assert len(site.visits("visit-1", "saved")) == 1


def test_the_next_worker_asks_before_it_sends_what_a_dead_one_left(site: Site) -> None:
    """A claim without a settlement is in doubt, never back in line."""
    site.admin.trouble("refused", system="cer", count=None)
    site.book("visit-1", 0, LIS0)
    site.admin.clear_troubles()
    site.eq.clock.sleep(1.1)
    with site.eq.store.worker() as worker, site.eq.store.unit_of_work() as work:
        claimed = work.outbox.claim(worker, site.now(), 100)
        work.commit()
    assert Action.SAVE_VISIT in {message.action for message in claimed}
    assert deliver(site.eq, FACILITY).recovered == len(claimed)
    assert settle_doubts(site.eq, FACILITY).not_happened == len(claimed)
    site.until_quiet()
    assert len(site.visits("visit-1", "saved")) == 1


def test_no_message_and_no_problem_shows_a_person(site: Site) -> None:
    site.admin.trouble("fault", operation="save_visit")
    site.book("visit-1", 0, LIS0)
    person = site.clinic.world["people"][0]
    shown = repr(site.messages())
    with site.eq.store.unit_of_work() as work:
        shown += repr(work.audit.find(limit=1000)) + repr(work.inbox.find(limit=1000))
    referral = site.clinic.world["referrals"][0]
    for secret in (person["pesel"], person["family"], person["phone"], referral["key"]):
        assert secret not in shown
