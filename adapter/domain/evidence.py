"""The evidence that a discrepancy keeps: ids, times, states and codes, never a person.

Values are texts, numbers, yes/no and lists of texts, so that they come back from the database as
they went in. Instants are ISO 8601 texts in UTC. Keys are listed in ``docs/operations/discrepancies.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapter.domain.discrepancy import SlotPair
from adapter.domain.national import NationalVisit


def instant(moment: datetime | None) -> str | None:
    """An aware instant as text in UTC, None for none."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def of_slots(pair: SlotPair) -> dict[str, object]:
    """Both sides of the term as seen, and the fetch in which CeR's side was seen."""
    found: dict[str, object] = {}
    if pair.hospital is not None:
        found |= {
            "hospital_starts": instant(pair.hospital.starts),
            "hospital_ends": instant(pair.hospital.ends),
            "hospital_state": pair.hospital.state.value,
            "hospital_kind": pair.hospital.kind.value,
            "hospital_capacity": pair.hospital.capacity,
            "hospital_changed_at": instant(pair.hospital.changed_at),
        }
    if pair.national is not None:
        found |= {
            "national_starts": instant(pair.national.starts),
            "national_ends": instant(pair.national.ends),
            "national_state": pair.national.state.value,
            "national_kind": pair.national.kind.value,
            "listing_fetched_at": instant(pair.national.fetched_at),
            "listing_digest": pair.national.listing_digest,
        }
    return found


def of_block(pair: SlotPair) -> dict[str, object]:
    """The history of the block: asked, answered, proven. Empty when no block was ever asked for."""
    block = pair.block
    if block is None:
        return {}
    return {
        "block_message_id": block.message_id,
        "block_asked_at": instant(block.asked_at),
        "block_answered_at": instant(block.answered_at),
        "block_result_code": block.result_code,
        "block_proven_at": instant(block.proven_at),
        "block_listing_digest": block.listing_digest,
        "clock_offset_seconds": block.clock_offset_seconds,
    }


def of_visit(visit: NationalVisit) -> dict[str, object]:
    """One visit as CeR lists it."""
    return {
        "visit_state": visit.state.value,
        "visit_saved_at": instant(visit.saved_at),
        "visit_origin": visit.origin.value if visit.origin is not None else None,
    }


def of_visits(visits: Sequence[NationalVisit]) -> dict[str, object]:
    """When each of several visits was saved, as ``id@time`` texts by id."""
    ordered = sorted(visits, key=lambda visit: visit.id)
    return {"visits_saved": [f"{visit.id}@{instant(visit.saved_at) or '?'}" for visit in ordered]}


def seen_times(evidence: Mapping[str, object]) -> tuple[str, str]:
    """Start and end of the term as text, CeR's side first, empty where neither side is there."""
    for side in ("national", "hospital"):
        starts, ends = evidence.get(f"{side}_starts"), evidence.get(f"{side}_ends")
        if isinstance(starts, str) and isinstance(ends, str):
            return starts, ends
    return "", ""
