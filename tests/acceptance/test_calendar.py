"""The hospital's calendar stands in CeR as the EHR says it: published, changed, blocked, deleted."""

from __future__ import annotations

from clinic_site import Site

from adapter.cli.demo.stage import FACILITY
from adapter.ports.store import Action, MessageState
from adapter.services.prove_blocks import prove_blocks


def test_every_slot_of_the_day_is_published_with_its_kind(site: Site) -> None:
    site.open_day()
    slots = {slot["reference"]: slot for slot in site.admin.slots()}
    assert len(slots) == 8
    assert {slot["state"] for slot in slots.values()} == {"open"}
    assert [slots[f"dr-lis-d03-s{number}"]["kind"] for number in (0, 4, 6, 7)] == [
        "stable",
        "urgent",
        "privileged",
        "continuation",
    ]


def test_the_ehr_learns_the_national_id_of_a_slot(site: Site) -> None:
    site.open_day()
    national = next(slot["id"] for slot in site.admin.slots() if slot["reference"] == "dr-lis-d03-s0")
    assert {"system": "https://pomost.example/fhir/identifier/national-slot", "value": national} in site.ehr(
        "Slot", "dr-lis-d03-s0"
    )["identifier"]


def test_a_second_pass_without_changes_sends_nothing(site: Site) -> None:
    site.open_day()
    site.sync()
    before = len(site.messages())
    site.sync()
    assert len(site.messages()) == before


def test_a_block_counts_only_when_cer_is_seen_to_hold_it(site: Site) -> None:
    site.open_day()
    done = site.says(site.clinic.slot("dr-lis", 3, 0, "busy-unavailable"))
    assert (done.proven.proven, done.proven.missing) == (1, 0)
    assert site.slot_state("dr-lis-d03-s0") == "blocked"
    with site.eq.store.unit_of_work() as work:
        proof = work.calendar.block(FACILITY, "dr-lis-d03-s0")
    assert proof is not None
    assert proof.proven_at is not None
    assert proof.listing_digest


def test_a_block_that_cer_acknowledged_and_did_not_apply_stays_unproven(site: Site) -> None:
    site.open_day()
    site.admin.trouble("block-not-applied")
    done = site.says(site.clinic.slot("dr-lis", 3, 0, "busy-unavailable"))
    assert (done.proven.proven, done.proven.missing) == (0, 1)
    assert site.slot_state("dr-lis-d03-s0") == "open"
    assert prove_blocks(site.eq, FACILITY).missing == 1


def test_an_opened_slot_loses_its_block(site: Site) -> None:
    site.open_day()
    site.says(site.clinic.slot("dr-lis", 3, 0, "busy-unavailable"))
    site.says(site.clinic.slot("dr-lis", 3, 0, "free"))
    assert site.slot_state("dr-lis-d03-s0") == "open"
    with site.eq.store.unit_of_work() as work:
        assert work.calendar.block(FACILITY, "dr-lis-d03-s0") is None


def test_a_withdrawn_slot_is_deleted(site: Site) -> None:
    site.open_day()
    site.says(site.clinic.slot("dr-lis", 3, 0, "entered-in-error"))
    assert "dr-lis-d03-s0" not in {slot["reference"] for slot in site.admin.slots()}


def test_a_withdrawn_slot_with_a_visit_is_not_deleted_and_the_refusal_is_kept(site: Site) -> None:
    site.open_day()
    site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.says(site.clinic.slot("dr-lis", 3, 0, "entered-in-error"))
    assert "dr-lis-d03-s0" in {slot["reference"] for slot in site.admin.slots()}
    refused = site.messages(MessageState.REFUSED)
    assert [message.action for message in refused] == [Action.DELETE_SLOT]


def test_busy_in_the_ehr_does_not_open_or_take_a_term_that_a_visit_holds(site: Site) -> None:
    site.open_day()
    site.admin.patient_books("dr-lis-d03-s0", site.person(4))
    site.sync()
    assert site.ehr("Slot", "dr-lis-d03-s0")["status"] == "busy"
    site.says(site.clinic.slot("dr-lis", 3, 0, "free"))
    assert site.slot_state("dr-lis-d03-s0") == "taken"


def test_a_bad_slot_among_good_ones_is_quarantined_alone(site: Site) -> None:
    bad = site.clinic.slot("dr-lis", 3, 1)
    bad["end"] = bad["start"]
    unmapped = site.clinic.slot("dr-lis", 3, 2)
    unmapped["appointmentType"]["coding"][0]["code"] = "WALKIN"
    done = site.says(*site.clinic.schedules(), site.clinic.slot("dr-lis", 3, 0), bad, unmapped)
    assert done.taken.quarantined == 2
    assert [slot["reference"] for slot in site.admin.slots()] == ["dr-lis-d03-s0"]


def test_what_is_no_resource_at_all_is_quarantined_and_shown(site: Site) -> None:
    site.open_day()
    (site.clinic.folder / "broken.json").write_text('{"resourceType": "Slot", "id": "x', encoding="utf-8")
    done = site.says(site.clinic.slot("dr-lis", 4, 0))
    assert done.taken.quarantined == 1
    assert "dr-lis-d04-s0" in {slot["reference"] for slot in site.admin.slots()}
