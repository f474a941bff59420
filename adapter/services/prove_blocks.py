"""A block counts as done only when CeR is seen to hold it: read back every block that was answered.

Without this proof CeZ answers "the slot was available" (cer.md 4; law.md I-05).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import uuid4

from adapter.domain.moments import warsaw_day
from adapter.domain.national import NationalSlotState, SlotListing
from adapter.errors import AdapterError
from adapter.ports import CallContext
from adapter.ports.store import AuditRecord, Destination
from adapter.services.equipment import Equipment
from adapter.services.rest import reading

ACTOR = "job:prove-blocks"


@dataclass(slots=True)
class Proven:
    """How many blocks were seen in CeR, how many were not, and which lists could not be read."""

    proven: int = 0
    missing: int = 0
    problems: list[str] = field(default_factory=list)


def prove_blocks(eq: Equipment, facility: str) -> Proven:
    """Read back the blocks of a facility that CeR acknowledged and nobody has seen yet; past days are left alone.

    One list is fetched for each schedule and day. A block that is not there stays unproven: the next
    comparison names it BLOCK_NOT_SENT (or worse, when a visit stands on it).
    """
    with eq.store.unit_of_work() as work:
        unproven = work.calendar.unproven_blocks(facility)
    wanted: dict[tuple[str, date], list[str]] = defaultdict(list)
    today = warsaw_day(eq.clock.now())
    for slot_id, schedule_id, day in unproven:
        if day >= today:
            wanted[schedule_id, day].append(slot_id)
    result = Proven()
    for (schedule_id, day), slot_ids in sorted(wanted.items()):
        correlation = str(uuid4())
        context = CallContext(facility, correlation, str(uuid4()))
        try:
            with reading(eq, context, Destination.CER, ACTOR):
                listing = eq.registry.list_slots(context, schedule_id, day)
        except AdapterError as error:
            result.problems.append(f"schedule {schedule_id}, {day.isoformat()}: {error.text}")
            continue
        proven = _note(eq, facility, slot_ids, listing, correlation)
        result.proven += proven
        result.missing += len(slot_ids) - proven
    return result


def _note(eq: Equipment, facility: str, slot_ids: list[str], listing: SlotListing, correlation: str) -> int:
    """Write the proofs down; returns how many of the slots CeR holds blocked."""
    proven = 0
    blocked = {slot.id for slot in listing.slots if slot.state is NationalSlotState.BLOCKED}
    seen_at = listing.server_time or listing.fetched_at
    offset = (listing.server_time - listing.fetched_at).total_seconds() if listing.server_time else None
    with eq.store.unit_of_work() as work:
        for slot_id in slot_ids:
            proof = work.calendar.block(facility, slot_id)
            theirs = work.links.theirs(facility, "slot", slot_id)
            if proof is None or proof.proven_at is not None:
                continue
            held = theirs in blocked
            if held:
                work.calendar.put_block(
                    facility,
                    replace(proof, proven_at=seen_at, clock_offset_seconds=offset, listing_digest=listing.digest),
                )
                proven += 1
            work.audit.write(
                AuditRecord(
                    at=eq.clock.now(),
                    actor=ACTOR,
                    action="prove-block",
                    facility=facility,
                    subject=f"slot:{slot_id}",
                    correlation_id=correlation,
                    detail={"held": held, "listing": listing.digest, "message_id": proof.message_id},
                )
            )
        work.commit()
    return proven
