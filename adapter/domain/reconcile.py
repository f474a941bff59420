"""What a difference between both sides of one term means (discrepancies.md; handbook cer.md 4, law.md I-05, I-06).

``judge`` is pure: the store finds the pairs that differ (D9), this names them.

The three questions, in this order:

1. Does the term exist on both sides? If not: MISSING_SLOT, SURPLUS_SLOT_EMPTY, SURPLUS_SLOT_BOOKED.
2. Is it blocked in the hospital? Then every visit in CeR is placed in time against the block:

       asked ---- answered ---- proven by read-back ----> time, on CeR's clock
         before  |    unknown order    |  while blocked

   Only the right-hand side is CeR's to explain (BOOKED_WHILE_BLOCKED, the one class that goes to CeZ as
   "booked although blocked"); the left is the hospital's own conflict (BOOKED_BEFORE_BLOCK); whatever
   lies between, or cannot be placed, is BLOCK_UNPROVEN.
3. Do the visits agree? VISIT_ONLY_IN_CER, VISIT_ONLY_IN_HOSPITAL, VISIT_STATE_MISMATCH, DOUBLE_BOOKED.

Two things to know before changing it: a visit of CeR is named once under questions 1 and 2 (its class
there is the one people act on; ``visits_unknown_here`` in the evidence says that the EHR lacks it, and the
remedy brings it), while DOUBLE_BOOKED may be added to anything. And busy without an Appointment is legal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.domain import evidence as seen
from adapter.domain.appointment import VisitState
from adapter.domain.discrepancy import (
    BlockView,
    Discrepancy,
    DiscrepancyClass,
    HospitalVisitView,
    NationalSlotView,
    SlotPair,
)
from adapter.domain.national import NationalSlotState, NationalVisit, NationalVisitState
from adapter.domain.slot import SlotState

STANDING_IN_CER = frozenset({NationalVisitState.SAVED, NationalVisitState.SERVED})
"""States in which a visit takes up its slot in CeR."""

DUE_IN_CER = frozenset({VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN, VisitState.SERVED})
"""States in which the hospital's visit must be in CeR (law.md I-02); a pending one is not booked yet."""


class Order(StrEnum):
    """Where a visit lies in time against the block of its slot."""

    BEFORE = "before"
    AFTER = "after"
    UNKNOWN = "unknown"


_BY_ORDER = {
    Order.AFTER: DiscrepancyClass.BOOKED_WHILE_BLOCKED,
    Order.BEFORE: DiscrepancyClass.BOOKED_BEFORE_BLOCK,
    Order.UNKNOWN: DiscrepancyClass.BLOCK_UNPROVEN,
}


@dataclass(frozen=True, slots=True)
class Matched:
    """The visits of a pair, each placed once.

    ``standing``: visits that take up the slot in CeR. ``unknown_here``: those of them without any record
    in the hospital. ``mismatched``: (CeR's visit, the hospital's record) where only one of the two stands
    on this slot. ``only_here``: the hospital's visits that should be in CeR and are not. ``local``: the
    hospital's active visits that CeR never had.
    """

    standing: tuple[NationalVisit, ...]
    unknown_here: tuple[NationalVisit, ...]
    mismatched: tuple[tuple[NationalVisit, HospitalVisitView], ...]
    only_here: tuple[HospitalVisitView, ...]
    local: tuple[HospitalVisitView, ...]


def judge(pair: SlotPair, tolerance: timedelta) -> list[Discrepancy]:
    """Every discrepancy of one pair, in a fixed order; an empty list when both sides agree.

    ``tolerance`` (zero or more) is how far two moments may lie apart and still count as "order unknown".
    """
    visits = match_visits(pair)
    found: list[Discrepancy] = []
    hospital, national = pair.hospital, pair.national
    if hospital is not None and hospital.state is SlotState.WITHDRAWN:
        hospital = None
    if national is None:
        if hospital is not None:
            found.append(_named(pair, DiscrepancyClass.MISSING_SLOT))
    elif hospital is None:
        found += _surplus(pair, national, visits)
    elif hospital.state is SlotState.BLOCKED:
        found += _blocked(pair, national, visits, tolerance)
    else:
        found += [_only_in_cer(pair, visit) for visit in visits.unknown_here]
    found += [_mismatch(pair, ours, theirs) for theirs, ours in visits.mismatched]
    found += [_only_in_hospital(pair, visit) for visit in visits.only_here]
    found += _double_booked(pair, visits)
    return found


def match_visits(pair: SlotPair) -> Matched:
    """Place the visits of both sides against each other, by link or by our own reference.

    Where several fit, the one whose national id we hold goes first, whatever the order of the lists.
    """
    on_slot = pair.hospital.visits if pair.hospital is not None else ()
    listed = pair.national.visits if pair.national is not None else ()
    standing = tuple(sorted((v for v in listed if v.state in STANDING_IN_CER), key=lambda v: v.id))
    records = (*on_slot, *pair.known_visits)
    here = {visit.id for visit in on_slot if visit.active}
    unknown_here: list[NationalVisit] = []
    mismatched: list[tuple[NationalVisit, HospitalVisitView]] = []
    for theirs in standing:
        own = sorted(
            (ours for ours in records if _same(ours, theirs)), key=lambda v: (v.national_id != theirs.id, v.id)
        )
        if not own:
            unknown_here.append(theirs)
        elif all(ours.id not in here for ours in own):
            mismatched.append((theirs, own[0]))
    only_here: list[HospitalVisitView] = []
    local: list[HospitalVisitView] = []
    for ours in sorted((v for v in on_slot if v.active), key=lambda v: v.id):
        theirs_all = sorted((v for v in listed if _same(ours, v)), key=lambda v: (v.id != ours.national_id, v.id))
        if any(theirs.state in STANDING_IN_CER for theirs in theirs_all):
            continue
        if theirs_all:
            mismatched.append((theirs_all[0], ours))
        else:
            if ours.national_id is None:
                local.append(ours)
            if ours.state in DUE_IN_CER:
                only_here.append(ours)
    return Matched(standing, tuple(unknown_here), tuple(mismatched), tuple(only_here), tuple(local))


def order_in_time(
    saved_at: datetime | None, block: BlockView | None, now: NationalSlotState, tolerance: timedelta
) -> Order:
    """Where a visit saved at ``saved_at`` (CeR's clock) lies against the block of its slot.

    ``now`` is the slot's state in the listing. A block that was never confirmed leaves the visit before it,
    unless CeR shows a block that we cannot prove. A proven block that CeR no longer shows may have been
    lifted before the visit was saved, so the order is unknown. Between CeR's answer and the read-back the
    block may already have been in force: unknown, too.
    """
    if block is None or block.proven_at is None:
        return Order.UNKNOWN if now is NationalSlotState.BLOCKED else Order.BEFORE
    if saved_at is None:
        return Order.UNKNOWN
    if saved_at > block.proven_at + tolerance:
        return Order.UNKNOWN if now is NationalSlotState.OPEN else Order.AFTER
    if saved_at < _in_force_from(block, block.proven_at) - tolerance:
        return Order.BEFORE
    return Order.UNKNOWN


def _in_force_from(block: BlockView, proven_at: datetime) -> datetime:
    """The earliest moment, on CeR's clock, at which CeR may have held the block: its answer, else the proof.

    ``clock_offset_seconds`` is CeR's clock minus ours.
    """
    if block.answered_at is None:
        return proven_at
    return min(block.answered_at + timedelta(seconds=block.clock_offset_seconds or 0.0), proven_at)


def _same(ours: HospitalVisitView, theirs: NationalVisit) -> bool:
    return ours.national_id == theirs.id or theirs.reference == ours.id


def _named(
    pair: SlotPair,
    kind: DiscrepancyClass,
    *,
    ours: Iterable[str] = (),
    theirs: Iterable[str] = (),
    more: Mapping[str, object] | None = None,
) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        facility=pair.facility,
        schedule_id=pair.schedule_id,
        day=pair.day,
        hospital_slot_id=pair.hospital.id if pair.hospital is not None else None,
        national_slot_id=pair.national.id if pair.national is not None else None,
        hospital_visit_ids=tuple(sorted(ours)),
        national_visit_ids=tuple(sorted(theirs)),
        evidence={**seen.of_slots(pair), **(more or {})},
    )


def _records_of(pair: SlotPair, theirs: Iterable[NationalVisit]) -> list[str]:
    on_slot = pair.hospital.visits if pair.hospital is not None else ()
    visits = tuple(theirs)
    return sorted({ours.id for ours in (*on_slot, *pair.known_visits) if any(_same(ours, v) for v in visits)})


def _unknown_ids(visits: Matched, of: Sequence[NationalVisit]) -> list[str]:
    return [visit.id for visit in of if visit in visits.unknown_here]


def _surplus(pair: SlotPair, national: NationalSlotView, visits: Matched) -> list[Discrepancy]:
    """A slot of CeR that is not in the hospital's schedule. An empty one that is blocked does no harm."""
    if visits.standing:
        more = {**seen.of_visits(visits.standing), "visits_unknown_here": _unknown_ids(visits, visits.standing)}
        theirs = [visit.id for visit in visits.standing]
        ours = _records_of(pair, visits.standing)
        return [_named(pair, DiscrepancyClass.SURPLUS_SLOT_BOOKED, ours=ours, theirs=theirs, more=more)]
    if national.state is NationalSlotState.BLOCKED:
        return []
    return [_named(pair, DiscrepancyClass.SURPLUS_SLOT_EMPTY)]


def _blocked(pair: SlotPair, national: NationalSlotView, visits: Matched, tolerance: timedelta) -> list[Discrepancy]:
    """The hospital says the slot is blocked: is it so in CeR, and what stands on it?"""
    if not visits.standing:
        if national.state is NationalSlotState.BLOCKED:
            return []
        return [_named(pair, DiscrepancyClass.BLOCK_NOT_SENT, more=seen.of_block(pair))]
    found = []
    for visit in visits.standing:
        order = order_in_time(visit.saved_at, pair.block, national.state, tolerance)
        more = {
            **seen.of_block(pair),
            **seen.of_visit(visit),
            "order": order.value,
            "tolerance_seconds": tolerance.total_seconds(),
            "visits_unknown_here": _unknown_ids(visits, (visit,)),
        }
        found.append(_named(pair, _BY_ORDER[order], ours=_records_of(pair, (visit,)), theirs=[visit.id], more=more))
    return found


def _only_in_cer(pair: SlotPair, visit: NationalVisit) -> Discrepancy:
    more = {**seen.of_visit(visit), "visits_unknown_here": [visit.id]}
    return _named(pair, DiscrepancyClass.VISIT_ONLY_IN_CER, theirs=[visit.id], more=more)


def _only_in_hospital(pair: SlotPair, visit: HospitalVisitView) -> Discrepancy:
    more = {"hospital_visit_state": visit.state.value, "national_visit_id_known_here": visit.national_id}
    return _named(pair, DiscrepancyClass.VISIT_ONLY_IN_HOSPITAL, ours=[visit.id], more=more)


def _mismatch(pair: SlotPair, ours: HospitalVisitView, theirs: NationalVisit) -> Discrepancy:
    """One side ended or moved the visit: the other still has it, so it is not a visit unknown to anybody."""
    more = {**seen.of_visit(theirs), "hospital_visit_state": ours.state.value}
    return _named(pair, DiscrepancyClass.VISIT_STATE_MISMATCH, ours=[ours.id], theirs=[theirs.id], more=more)


def _double_booked(pair: SlotPair, visits: Matched) -> list[Discrepancy]:
    """More active visits than the capacity: within CeR, within the hospital, or across both (cer.md PB-2, PB-11).

    Across both, a hospital visit counts beside CeR's only if CeR never had it: one that CeR has given up is
    a stale record, not a second patient.
    """
    side = pair.hospital or pair.national
    capacity = side.capacity if side is not None else 1
    active = tuple(visit for visit in (pair.hospital.visits if pair.hospital else ()) if visit.active)
    in_cer, in_hospital, across = len(visits.standing), len(active), len(visits.standing) + len(visits.local)
    if max(in_cer, in_hospital, across) <= capacity:
        return []
    more = {
        **seen.of_visits(visits.standing),
        "capacity": capacity,
        "visits_in_cer": in_cer,
        "visits_in_hospital": in_hospital,
        "cer_saved_both": in_cer > capacity,
    }
    return [
        _named(
            pair,
            DiscrepancyClass.DOUBLE_BOOKED,
            ours=[visit.id for visit in active],
            theirs=[visit.id for visit in visits.standing],
            more=more,
        )
    ]
