"""A schedule that the hospital closes receives nobody: its free terms are blocked in CeR, visits are for people."""

from __future__ import annotations

from typing import Any

from clinic_site import Site

from adapter.cli.demo.clinic import cancelled
from adapter.cli.demo.stage import FACILITY
from adapter.domain.discrepancy import DiscrepancyClass
from adapter.ports.store import Action, MessageState
from adapter.services.deliver import deliver
from adapter.services.reconcile import Summary, reconcile
from adapter.services.remedy import remedy

LIS0 = ("dr-lis", 3, 0)


def _schedule(site: Site, *, active: bool) -> dict[str, Any]:
    return site.clinic.schedules()[0] | {"active": active}


def _states(site: Site) -> dict[str, str]:
    return {str(slot["reference"])[-2:]: str(slot["state"]) for slot in site.admin.slots()}


def _compared(site: Site) -> Summary:
    day = site.clinic.days[3]
    eq = site.eq
    return reconcile(eq.store, eq.registry, eq.clock, eq.tables, FACILITY, first=day, last=day)


def test_the_free_terms_of_a_closed_schedule_are_blocked_and_proven_and_open_again_with_it(site: Site) -> None:
    site.open_day()
    site.book("visit-1", 0, LIS0)
    done = site.says(_schedule(site, active=False))
    assert _states(site) == {"s0": "taken", **{f"s{n}": "blocked" for n in range(1, 8)}}
    assert done.proven.proven == 7
    assert [one["state"] for one in site.visits("visit-1")] == ["saved"], "a visit is never deleted"
    assert not site.messages(MessageState.REFUSED)
    found = _compared(site)
    assert found.compared == 3, "a closed schedule is compared as long as CeR has slots of it"
    assert found.counts == {DiscrepancyClass.BOOKED_BEFORE_BLOCK.value: 1}, "the visit is shown to people"
    site.says(_schedule(site, active=True))
    assert _states(site) == {"s0": "taken", **{f"s{n}": "open" for n in range(1, 8)}}
    assert _compared(site).clean


def test_a_term_that_becomes_free_on_a_closed_schedule_is_blocked(site: Site) -> None:
    site.open_day()
    site.book("visit-1", 0, LIS0)
    by_patient = site.admin.patient_books("dr-lis-d03-s1", site.person(4))
    site.sync()
    site.says(_schedule(site, active=False))
    assert (_states(site)["s0"], _states(site)["s1"]) == ("taken", "taken")
    site.says(site.clinic.appointment("visit-1", 0, site.now(), status="cancelled", place=LIS0, more=cancelled("pat")))
    site.admin.patient_cancels(by_patient)
    site.sync()
    site.sync()
    assert (_states(site)["s0"], _states(site)["s1"]) == ("blocked", "blocked")
    assert not site.messages(MessageState.REFUSED)


def test_a_slot_left_open_on_a_closed_schedule_is_found_and_mended(site: Site) -> None:
    """CeR acknowledged a block and did not apply it; a slot that CeR never had is missed by nobody."""
    site.open_day()
    site.admin.trouble("block-not-applied")
    site.says(_schedule(site, active=False))
    site.says(site.clinic.slot("dr-lis", 3, 0) | {"id": "dr-lis-new"})
    left = [slot for slot, state in _states(site).items() if state == "open"]
    assert len(left) == 1
    found = _compared(site)
    assert found.counts == {DiscrepancyClass.BLOCK_NOT_SENT.value: 1}
    eq, day = site.eq, site.clinic.days[3]
    (step,) = remedy(eq.store, eq.clock, eq.tables, FACILITY, first=day, last=day)
    assert step.done
    deliver(site.eq, FACILITY)
    assert set(_states(site).values()) == {"blocked"}
    assert _compared(site).clean


def test_a_slot_that_came_while_the_schedule_was_closed_is_published_when_it_opens(site: Site) -> None:
    site.open_day()
    site.says(_schedule(site, active=False))
    new = site.clinic.slot("dr-lis", 4, 0)
    site.says(new, site.clinic.slot("dr-lis", 3, 7, "entered-in-error"))
    assert len(site.admin.slots()) == 8
    site.says(_schedule(site, active=True))
    references = {slot["reference"] for slot in site.admin.slots()}
    assert new["id"] in references
    assert "dr-lis-d03-s7" not in references, "withdrawn while it was closed: deleted now"
    assert {one.action for one in site.messages(MessageState.DELIVERED)} >= {Action.PUT_SLOT, Action.DELETE_SLOT}
