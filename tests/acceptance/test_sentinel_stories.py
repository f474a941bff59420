"""An integrator rehearses by hand: sentinel values of the simulator, through the whole adapter."""

from __future__ import annotations

from typing import Any

import pytest
from clinic_site import Site

from adapter.cli.demo.stage import FACILITY
from adapter.ports.store import Action, MessageState
from adapter.services.deliver import deliver
from adapter.simulator.sentinels import SENTINELS, Sentinel

LIS1 = ("dr-lis", 3, 1)


def named(code: str) -> Sentinel:
    """The sentinel of a code, by its last part."""
    return next(each for each in SENTINELS if each.code.rpartition(":")[2] == code)


def _slot(site: Site, identity: str) -> dict[str, Any]:
    return site.clinic.slot("dr-lis", 3, 0) | {"id": identity}


def test_a_slot_that_is_refused_leaves_its_neighbours_alone_and_is_shown(site: Site) -> None:
    sentinel = named("SlotNakladaSie")
    site.says(*site.clinic.schedules(), _slot(site, sentinel.id), site.clinic.slot("dr-lis", 3, 1))
    (refused,) = site.messages(MessageState.REFUSED)
    assert refused.payload["slot_id"] == sentinel.id
    assert refused.problem
    assert [slot["reference"] for slot in site.admin.slots()] == ["dr-lis-d03-s1"]


@pytest.mark.parametrize("code", ["504", "lost", "500", "503", "request-lost"])
def test_a_slot_in_trouble_comes_to_rest_by_itself_and_stands_once(site: Site, code: str) -> None:
    sentinel = named(code)
    site.says(*site.clinic.schedules(), _slot(site, sentinel.id))
    site.until_quiet(100)
    assert [slot["reference"] for slot in site.admin.slots()] == [sentinel.id]
    assert not site.messages(MessageState.REFUSED)


def test_a_slot_whose_edit_is_refused_is_put_all_the_same(site: Site) -> None:
    identity = f"{named('SlotMaWizyte').id}.edit-slot"
    site.says(*site.clinic.schedules(), _slot(site, identity))
    assert site.slot_state(identity) == "open"
    site.says(_slot(site, identity) | {"status": "busy-unavailable"})
    assert [one.action for one in site.messages(MessageState.REFUSED)] == [Action.EDIT_SLOT]
    assert site.slot_state(identity) == "open"


def test_an_appointment_with_a_sentinels_id_is_in_doubt_and_saved_once(site: Site) -> None:
    site.open_day()
    visit = f"{named('reply-lost').id}.save-visit"
    site.book(visit, 0, LIS1)
    assert len(site.messages(MessageState.IN_DOUBT)) == 1
    site.until_quiet(100)
    assert len(site.visits(visit, "saved")) == 1


def test_an_operators_trouble_puts_the_line_to_rest_and_loses_nothing(site: Site) -> None:
    sentinel = named("bladKontekstu")
    site.export(*site.clinic.schedules(), _slot(site, sentinel.id))
    done = site.sync()
    assert any(each.misconfigured for each in done.delivered)
    assert deliver(site.eq, FACILITY).delivered == 0, "the destination rests"
    site.until_quiet(100)
    assert [slot["reference"] for slot in site.admin.slots()] == [sentinel.id]
