"""Slots that change while they are on their way to CeR, and batches that CeR answers in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clinic_site import Site

from adapter.cli.demo.stage import FACILITY
from adapter.domain.national import SlotOffer, SlotReceipt
from adapter.ports import CallContext, Registry
from adapter.ports.store import Action, MessageState
from adapter.services.deliver import deliver
from adapter.services.receive import receive
from adapter.services.send_slots import NOT_NEEDED
from adapter.services.settle_doubts import settle_doubts
from adapter.services.take_in import take_in

SLOT = "dr-lis-d03-s0"


def _taken_in(site: Site, *resources: dict[str, object]) -> None:
    """The EHR's exports are taken in; nothing is delivered yet."""
    site.export(*resources)
    receive(site.eq, FACILITY)
    take_in(site.eq, FACILITY)


def test_a_slot_withdrawn_before_it_was_published_makes_no_noise(site: Site) -> None:
    _taken_in(site, *site.clinic.schedules(), site.clinic.slot("dr-lis", 3, 0))
    _taken_in(site, site.clinic.slot("dr-lis", 3, 0, "busy-unavailable"))
    _taken_in(site, site.clinic.slot("dr-lis", 3, 0, "entered-in-error"))
    done = deliver(site.eq, FACILITY)
    assert (done.refused, done.problems) == (0, {})
    assert {one.result_code for one in site.messages()} == {NOT_NEEDED}
    assert site.admin.slots() == []


def test_a_withdrawn_slot_that_comes_back_under_its_visit_is_not_opened(site: Site) -> None:
    """CeR kept the slot because of the visit; the EHR's "free" is older than the patient's booking."""
    site.open_day()
    site.admin.patient_books(SLOT, site.person(4))
    site.sync()
    site.says(site.clinic.slot("dr-lis", 3, 0, "entered-in-error"))
    assert site.messages(MessageState.REFUSED)[0].action is Action.DELETE_SLOT
    site.says(site.clinic.slot("dr-lis", 3, 0, "free"))
    (edit,) = [one for one in site.messages() if one.action is Action.EDIT_SLOT]
    assert (edit.payload["state"], edit.payload["unless_visited"]) == ("open", True)
    assert edit.result_code == NOT_NEEDED
    assert site.slot_state(SLOT) == "taken"


def test_a_batch_over_the_authoritys_limit_is_cut_and_every_slot_arrives_once(site: Site) -> None:
    rules = site.simulator.state.registry.rules
    site.simulator.state.registry.rules = site.simulator.state.rules = replace(rules, batch_max=3)
    try:
        site.open_day()
        assert sorted(slot["reference"] for slot in site.admin.slots()) == [f"dr-lis-d03-s{n}" for n in range(8)]
        sent = site.asked("put_slots")
        site.says(*(site.clinic.slot("dr-lis", 4, number) for number in range(6)))
    finally:
        site.simulator.state.registry.rules = site.simulator.state.rules = rules
    assert len(site.admin.slots()) == 14
    assert not site.messages(MessageState.REFUSED, MessageState.IN_DOUBT)
    again = site.asked("put_slots")
    assert again - sent == 3, "the size that fits is remembered: six slots by two"


@dataclass
class Forgetful:
    """CeR as it is, but its answer leaves two of the slots out: one that it took, one that it never saw."""

    real: Registry
    forgotten: frozenset[str]
    lost: frozenset[str]

    def put_slots(self, context: CallContext, offers: Sequence[SlotOffer]) -> list[SlotReceipt]:
        told = iter(self.real.put_slots(context, [one for one in offers if one.reference not in self.lost]))
        silent = self.forgotten | self.lost
        receipts = [SlotReceipt(one.reference) if one.reference in self.lost else next(told) for one in offers]
        return [
            SlotReceipt(one.reference, doubt="said nothing") if one.reference in silent else one for one in receipts
        ]

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


def test_one_slot_in_doubt_is_read_back_and_its_neighbours_are_settled(site: Site) -> None:
    _taken_in(site, *site.clinic.schedules(), *(site.clinic.slot("dr-lis", 3, number) for number in range(8)))
    forgetful = Forgetful(site.eq.registry, frozenset({SLOT}), frozenset({"dr-lis-d03-s1"}))
    done = deliver(replace(site.eq, registry=forgetful), FACILITY)
    in_doubt = site.messages(MessageState.IN_DOUBT)
    assert (done.in_doubt, [one.payload["slot_id"] for one in in_doubt]) == (2, [SLOT, "dr-lis-d03-s1"])
    assert len(site.admin.slots()) == 7
    settled = settle_doubts(site.eq, FACILITY)
    assert (settled.happened, settled.not_happened) == (1, 1)
    site.until_quiet()
    assert sorted(slot["reference"] for slot in site.admin.slots()) == [f"dr-lis-d03-s{n}" for n in range(8)]
    assert not site.messages(MessageState.REFUSED)
