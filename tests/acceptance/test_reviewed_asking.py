"""What CeR says late, twice, in pieces or not at all is understood as it was meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from clinic_site import Site

from adapter.cli.demo.clinic import cancelled, ended
from adapter.cli.demo.stage import FACILITY
from adapter.domain.national import VisitChanges
from adapter.ports import CallContext
from adapter.ports.store import Action, MessageState
from adapter.services.deliver import deliver
from adapter.services.pull_visits import CURSOR, bring_one, pull_visits
from adapter.services.receive import receive
from adapter.services.settle_doubts import settle_doubts
from adapter.services.take_in import take_in
from adapter.simulator.registry import FACILITY as BY_FACILITY
from adapter.simulator.registry import SYSTEM
from adapter.simulator.state import known_person

LIS0, LIS1 = ("dr-lis", 3, 0), ("dr-lis", 3, 1)


@pytest.fixture(autouse=True)
def _published(site: Site) -> Iterator[None]:
    site.open_day()
    rules = site.simulator.state.registry.rules
    yield
    site.simulator.state.registry.rules = rules


def _one_change_a_page(site: Site) -> None:
    registry = site.simulator.state.registry
    registry.rules = replace(registry.rules, page_size=1)


def _national_slot(site: Site, reference: str) -> str:
    return next(str(one["id"]) for one in site.admin.slots() if one["reference"] == reference)


def _link(site: Site, visit: str) -> str | None:
    with site.eq.store.unit_of_work() as work:
        return work.links.theirs(FACILITY, "visit", visit)


# -- the change feed


def test_a_visit_brought_later_is_brought_to_where_it_stands_now(site: Site) -> None:
    """The remedy for VISIT_ONLY_IN_CER reads the feed again: its last word counts, not its first."""
    visit = site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.admin.patient_moves(visit, "dr-lis-d03-s1")
    _one_change_a_page(site)
    assert bring_one(site.eq, FACILITY, visit)
    deliver(site.eq, FACILITY)
    appointment = site.ehr_appointment_of(visit)
    assert appointment is not None
    assert appointment["slot"] == [{"reference": "Slot/dr-lis-d03-s1"}]


def test_a_visit_that_was_cancelled_since_is_not_brought(site: Site) -> None:
    visit = site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.admin.patient_cancels(visit)
    _one_change_a_page(site)
    assert not bring_one(site.eq, FACILITY, visit)


def test_an_old_change_of_a_visit_that_we_ended_does_not_raise_it(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s1")
    gone, why = cancelled("prov") | {"comment": "remont"}, (ended("OTHER"),)
    site.export(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=gone, said=why))
    _one_change_a_page(site)
    site.sync()
    site.sync()
    assert _link(site, "visit-1") is None
    with site.eq.store.unit_of_work() as work:
        work.cursors.set(FACILITY, CURSOR, "")
        work.commit()
    before = len(site.messages())
    site.sync()
    assert _link(site, "visit-1") is None
    assert len(site.messages()) == before


def test_a_visit_that_another_facility_booked_on_our_term_comes_into_the_ehr(site: Site) -> None:
    """cer.md 1.1: a facility may book its patient on another facility's term."""
    state = site.simulator.state
    with state.lock:
        slot = state.registry.slots[_national_slot(site, "dr-lis-d03-s0")]
        visit = state.registry.save_visit(slot, known_person(state, site.person(4)), BY_FACILITY)
    site.sync()
    appointment = site.ehr_appointment_of(visit.id)
    assert appointment is not None
    assert appointment["status"] == "booked"


def test_a_cancellation_by_cer_itself_is_not_the_patients_and_releases_nothing(site: Site) -> None:
    """R-05: other reasons do not release by themselves; V-09 is about the patient's own act."""
    site.book("visit-1", 12, ("dr-lis", 3, 6), category="privileged")
    (visit,) = site.visits("visit-1")
    state = site.simulator.state
    with state.lock:
        state.registry.cancel(state.registry.visits[visit["id"]], SYSTEM, "DUPLIKAT")
    site.sync()
    appointment = site.ehr("Appointment", "visit-1")
    assert appointment["status"] == "cancelled"
    assert appointment["cancelationReason"]["coding"][0]["code"] == "registry"
    assert site.referral_history(12) == ["accept"]
    with site.eq.store.unit_of_work() as work:
        assert not [one for one in work.audit.find(limit=500) if one.detail.get("rule") == "V-09"]
    done = site.says(appointment)
    assert (done.taken.refused, done.taken.quarantined) == (0, 0)


# -- lost answers


def _two_in_doubt(site: Site) -> None:
    site.admin.trouble("reply-lost", operation="save_visit", count=2)
    site.export(
        site.clinic.patient(0), site.clinic.referral(0), site.clinic.appointment("visit-1", 0, site.now(), place=LIS0)
    )
    site.book("visit-2", 1, LIS1)
    assert len(site.messages(MessageState.IN_DOUBT)) == 2


def test_a_visit_saved_and_moved_by_its_patient_before_we_asked_is_not_saved_again(site: Site) -> None:
    site.admin.trouble("reply-lost", operation="save_visit")
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s1")
    site.until_quiet()
    site.sync()
    site.sync()
    assert [one["id"] for one in site.visits("visit-1")] == [visit["id"]]
    assert site.ehr("Appointment", "visit-1")["slot"] == [{"reference": "Slot/dr-lis-d03-s1"}]
    assert not site.messages(MessageState.REFUSED)


def _stands_on(site: Site, visit: str) -> str:
    """The slot in CeR, after the EHR was told; both name the same."""
    site.until_quiet()
    site.sync()
    site.sync()
    (seen,) = site.visits(visit)
    slot = next(str(one["reference"]) for one in site.admin.slots() if one["id"] == seen["slot"])
    assert site.ehr("Appointment", visit)["slot"] == [{"reference": f"Slot/{slot}"}]
    return slot


@pytest.mark.parametrize(("lost", "pulled"), [("reply-lost", False), ("request-lost", False), ("reply-lost", True)])
def test_a_move_in_doubt_never_undoes_the_patients_own_move(site: Site, lost: str, pulled: bool) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.trouble(lost, operation="move_visit")
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    assert [one.action for one in site.messages(MessageState.IN_DOUBT)] == [Action.MOVE_VISIT]
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s2")
    if pulled:
        pull_visits(site.eq, FACILITY)
    assert _stands_on(site, "visit-1") == "dr-lis-d03-s2"
    assert not site.messages(MessageState.REFUSED)


def test_a_move_that_still_waits_does_not_undo_the_patients_own_move(site: Site) -> None:
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.export(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    receive(site.eq, FACILITY)
    take_in(site.eq, FACILITY)
    assert [one.action for one in site.messages(MessageState.WAITING)] == [Action.MOVE_VISIT]
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s2")
    pull_visits(site.eq, FACILITY)
    assert _stands_on(site, "visit-1") == "dr-lis-d03-s2"


def test_a_move_sent_while_a_page_of_changes_was_read_is_the_last_word(site: Site) -> None:
    """The page still shows the patient's older move; the EHR must not be told of it after CeR left it."""
    site.book("visit-1", 0, LIS0)
    (visit,) = site.visits("visit-1")
    site.admin.patient_moves(visit["id"], "dr-lis-d03-s2")
    site.export(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    receive(site.eq, FACILITY)
    take_in(site.eq, FACILITY)
    registry = site.eq.registry

    class Slow:
        def visit_changes(self, context: CallContext, cursor: str) -> VisitChanges:
            page: VisitChanges = registry.visit_changes(context, cursor)
            deliver(site.eq, FACILITY)
            return page

    pull_visits(replace(site.eq, registry=Slow()), FACILITY)
    assert _stands_on(site, "visit-1") == "dr-lis-d03-s1"


def test_a_cancellation_in_doubt_is_looked_for_wherever_the_visit_may_stand(site: Site) -> None:
    """The move was refused: the EHR has the visit on the new slot, CeR still on the old one."""
    site.book("visit-1", 0, LIS0)
    site.admin.patient_books("dr-lis-d03-s1", site.person(4))
    site.says(site.clinic.appointment("visit-1", 0, site.now(), place=LIS1))
    site.admin.trouble("request-lost", operation="cancel_visit")
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS1, more=cancelled("pat")))
    site.until_quiet()
    assert [one["state"] for one in site.visits("visit-1")] == ["cancelled"]
    assert _link(site, "visit-1") is None


def test_many_slots_of_one_day_in_doubt_are_asked_about_with_one_list(site: Site) -> None:
    site.admin.trouble("reply-lost", operation="put_slots")
    site.says(*(site.clinic.slot("dr-lis", 4, number) for number in range(8)))
    doubts = site.messages(MessageState.IN_DOUBT)
    assert len(doubts) == 8
    before = site.asked("list_slots")
    site.eq.clock.sleep(0.1)
    assert settle_doubts(site.eq, FACILITY).happened == 8
    assert site.asked("list_slots") == before + site.list_pages(8)


def test_what_our_books_refuse_does_not_stop_the_other_doubts(site: Site) -> None:
    _two_in_doubt(site)
    with site.eq.store.unit_of_work() as work:
        work.links.put(FACILITY, "visit", "visit-1", "CER-V-99999999")
        work.commit()
    site.eq.clock.sleep(0.1)
    settle_doubts(site.eq, FACILITY)
    assert not site.messages(MessageState.IN_DOUBT)
    assert _link(site, "visit-2") == site.visits("visit-2")[0]["id"]
    (kept,) = [
        one for one in site.messages() if one.action is Action.SAVE_VISIT and one.payload["visit_id"] == "visit-1"
    ]
    assert "our books disagree" in kept.problem


def test_an_authority_out_of_reach_is_asked_once_and_not_for_every_doubt(site: Site) -> None:
    _two_in_doubt(site)
    site.eq.clock.sleep(0.1)
    site.admin.trouble("unavailable", operation="list_slots", count=None)
    before = site.asked("list_slots")
    assert settle_doubts(site.eq, FACILITY).still_in_doubt == 2
    asked = site.asked("list_slots") - before
    site.admin.clear_troubles()
    site.until_quiet()
    assert asked <= 1
    assert len(site.visits("visit-1")) == len(site.visits("visit-2")) == 1


def test_a_page_of_changes_waits_for_what_is_on_its_way_into_the_ehr(site: Site) -> None:
    visit = site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    pull_visits(site.eq, FACILITY)
    site.admin.patient_cancels(visit)
    pull_visits(site.eq, FACILITY)
    site.sync()
    site.sync()
    appointment = site.ehr_appointment_of(visit)
    assert appointment is not None
    assert appointment["status"] == "cancelled"
