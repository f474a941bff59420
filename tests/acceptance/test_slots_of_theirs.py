"""A slot that only CeR has is edited by its national id; after a lost answer it is read back, not edited again."""

from __future__ import annotations

import pytest
from clinic_site import Site

from adapter.cli.demo.stage import FACILITY
from adapter.domain.moments import warsaw_day
from adapter.ports.store import Action, Destination, MessageState, NewMessage


@pytest.mark.parametrize("trouble", ["reply-lost", "request-lost"])
def test_it_is_asked_about_before_it_is_edited_again(site: Site, trouble: str) -> None:
    site.open_day()
    theirs = next(slot for slot in site.admin.slots() if slot["reference"] == "dr-lis-d03-s0")
    with site.eq.store.unit_of_work() as work:
        ours = work.calendar.slot(FACILITY, "dr-lis-d03-s0")
        assert ours is not None
        where = {"schedule_id": ours.schedule_id, "day": warsaw_day(ours.starts).isoformat()}
        payload = {"national_slot_id": theirs["id"], "state": "blocked", **where}
        subjects = (f"slot:{theirs['id']}",)
        work.outbox.add(NewMessage(FACILITY, Destination.CER, Action.EDIT_SLOT, subjects, "c-1", payload))
        work.commit()
    site.admin.trouble(trouble, operation="edit_slot")
    site.until_quiet()
    assert site.slot_state("dr-lis-d03-s0") == "blocked"
    assert site.asked("edit_slot") == 1
    assert not site.messages(MessageState.REFUSED)
