"""Each difference gets the one name under which people know what to do about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.domain.appointment import VisitState
from adapter.domain.discrepancy import (
    BlockView,
    DiscrepancyClass,
    HospitalSlotView,
    HospitalVisitView,
    NationalSlotView,
    SlotPair,
)
from adapter.domain.national import NationalSlotState, NationalVisit, NationalVisitState, Origin
from adapter.domain.reconcile import judge
from adapter.domain.slot import SlotKind, SlotState

DAY = date(2026, 11, 30)
STARTS = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=20)
TOLERANCE = timedelta(seconds=60)
ASKED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANSWERED = ASKED + timedelta(seconds=1)
PROVEN = ASKED + timedelta(seconds=5)

WHILE, BEFORE, UNPROVEN = "BOOKED_WHILE_BLOCKED", "BOOKED_BEFORE_BLOCK", "BLOCK_UNPROVEN"
IN_CER, IN_HOSPITAL, MISMATCH = "VISIT_ONLY_IN_CER", "VISIT_ONLY_IN_HOSPITAL", "VISIT_STATE_MISMATCH"


def hospital(state: SlotState = SlotState.FREE, *visits: HospitalVisitView, capacity: int = 1) -> HospitalSlotView:
    return HospitalSlotView("S1", STARTS, ENDS, state, SlotKind.STABLE, capacity, visits=visits)


def national(
    state: NationalSlotState = NationalSlotState.OPEN, *visits: NationalVisit, capacity: int = 1
) -> NationalSlotView:
    return NationalSlotView("N1", STARTS, ENDS, state, SlotKind.STABLE, visits, PROVEN, "d" * 64, capacity)


def saved(
    visit_id: str = "V1",
    at: datetime | None = ASKED,
    *,
    reference: str | None = None,
    state: NationalVisitState = NationalVisitState.SAVED,
) -> NationalVisit:
    return NationalVisit(visit_id, "N1", state, at, reference, Origin.PATIENT)


def ours(
    visit_id: str = "A1", national_id: str | None = None, state: VisitState = VisitState.BOOKED
) -> HospitalVisitView:
    return HospitalVisitView(visit_id, state, national_id)


def proof(
    proven: datetime | None = PROVEN, *, answered: datetime | None = ANSWERED, offset: float | None = 0.0
) -> BlockView:
    return BlockView("M1", ASKED, answered, "0", proven, offset, "d" * 64)


def pair(
    h: HospitalSlotView | None,
    n: NationalSlotView | None,
    block: BlockView | None = None,
    known: tuple[HospitalVisitView, ...] = (),
) -> SlotPair:
    return SlotPair("demo", "C1", DAY, h, n, block, known)


FREE, BUSY, HELD, BLOCKED, WITHDRAWN = (
    SlotState.FREE,
    SlotState.BUSY,
    SlotState.HELD,
    SlotState.BLOCKED,
    SlotState.WITHDRAWN,
)
OPEN, TAKEN, CLOSED = NationalSlotState.OPEN, NationalSlotState.TAKEN, NationalSlotState.BLOCKED
LATE = PROVEN + timedelta(hours=1)
EARLY = ASKED - timedelta(hours=1)


def blocked_in(state: NationalSlotState, at: datetime | None, block: BlockView | None) -> SlotPair:
    return pair(hospital(BLOCKED), national(state, saved(at=at)), block)


CASES: list[tuple[SlotPair, list[str], str]] = [
    # -- the block in time
    (blocked_in(CLOSED, LATE, proof()), [WHILE], "saved an hour after the proof"),
    (blocked_in(TAKEN, LATE, proof()), [WHILE], "the visit made the blocked slot look taken"),
    (blocked_in(OPEN, LATE, proof()), [UNPROVEN], "the proven block is gone: lifted before or after the visit?"),
    (blocked_in(CLOSED, EARLY, proof()), [BEFORE], "saved before the block was asked for"),
    (blocked_in(CLOSED, PROVEN + TOLERANCE, proof()), [UNPROVEN], "exactly at the tolerance after the proof"),
    (blocked_in(CLOSED, PROVEN + TOLERANCE + timedelta(seconds=1), proof()), [WHILE], "a second past the tolerance"),
    (blocked_in(CLOSED, ANSWERED - TOLERANCE, proof()), [UNPROVEN], "exactly at the tolerance before the answer"),
    (blocked_in(CLOSED, ANSWERED - TOLERANCE - timedelta(seconds=1), proof()), [BEFORE], "a second before that"),
    (blocked_in(CLOSED, None, proof()), [UNPROVEN], "CeR does not say when the visit was saved"),
    (blocked_in(CLOSED, LATE, None), [UNPROVEN], "CeR shows a block that we never asked for"),
    (blocked_in(CLOSED, LATE, proof(None)), [UNPROVEN], "CeR shows the block, no read-back of ours proves when"),
    (blocked_in(OPEN, LATE, proof(None)), [BEFORE], "acknowledged but never applied: no confirmed block"),
    (blocked_in(OPEN, None, None), [BEFORE], "never asked for and not there: the booking was in time"),
    (
        blocked_in(CLOSED, ASKED + timedelta(minutes=30), proof(ASKED + timedelta(hours=1))),
        [UNPROVEN],
        "between the answer and a late read-back the block may have held",
    ),
    (
        blocked_in(CLOSED, ASKED + timedelta(minutes=30), proof(ASKED + timedelta(hours=1), answered=None)),
        [BEFORE],
        "the answer was lost: only the read-back confirms",
    ),
    (
        blocked_in(CLOSED, ANSWERED + timedelta(seconds=480), proof(ASKED + timedelta(hours=1), offset=600.0)),
        [BEFORE],
        "CeR's clock is ten minutes ahead: the answer is later on it",
    ),
    (
        pair(hospital(BLOCKED), national(CLOSED, saved("V1", EARLY), saved("V2", LATE), capacity=2), proof()),
        [BEFORE, WHILE, "DOUBLE_BOOKED"],
        "two visits, one before and one while blocked, on a slot for one",
    ),
    (
        pair(hospital(BLOCKED, ours("A1", "V1")), national(CLOSED, saved("V1", LATE)), proof()),
        [WHILE],
        "known to the hospital by now, still saved while blocked",
    ),
    (pair(hospital(BLOCKED), national(OPEN)), ["BLOCK_NOT_SENT"], "blocked here, open there, nobody booked"),
    (pair(hospital(BLOCKED), national(TAKEN)), ["BLOCK_NOT_SENT"], "taken without a visit is no block either"),
    (pair(hospital(BLOCKED), national(CLOSED)), [], "blocked on both sides"),
    (
        pair(hospital(BLOCKED), national(OPEN, saved(state=NationalVisitState.CANCELLED))),
        ["BLOCK_NOT_SENT"],
        "a cancelled visit does not stand on the slot",
    ),
    (
        pair(hospital(BLOCKED, ours()), national(OPEN)),
        ["BLOCK_NOT_SENT", IN_HOSPITAL],
        "blocked with the hospital's own visit that CeR lacks",
    ),
    (pair(hospital(BLOCKED), None), ["MISSING_SLOT"], "a blocked slot belongs to the schedule, too"),
    # -- presence of the slot
    (pair(hospital(FREE), None), ["MISSING_SLOT"], "not in CeR"),
    (pair(hospital(BUSY, ours()), None), ["MISSING_SLOT", IN_HOSPITAL], "not in CeR, and neither is its visit"),
    (pair(hospital(WITHDRAWN), None), [], "withdrawn and not in CeR"),
    (pair(None, national(OPEN)), ["SURPLUS_SLOT_EMPTY"], "in CeR only"),
    (pair(hospital(WITHDRAWN), national(OPEN)), ["SURPLUS_SLOT_EMPTY"], "withdrawn here, still open there"),
    (pair(None, national(CLOSED)), [], "a surplus slot that is blocked harms nobody"),
    (pair(None, national(TAKEN, saved())), ["SURPLUS_SLOT_BOOKED"], "surplus, and a patient on it"),
    (pair(None, national(CLOSED, saved())), ["SURPLUS_SLOT_BOOKED"], "blocked since, the patient still stands"),
    (
        pair(None, national(TAKEN, saved("V1"), saved("V2"))),
        ["SURPLUS_SLOT_BOOKED", "DOUBLE_BOOKED"],
        "surplus with two patients",
    ),
    (pair(None, national(TAKEN, saved("V1"), saved("V2"), capacity=2)), ["SURPLUS_SLOT_BOOKED"], "surplus group term"),
    # -- visits
    (pair(hospital(FREE), national(OPEN)), [], "free on both sides"),
    (pair(hospital(BUSY), national(TAKEN)), [], "busy without an Appointment is legal"),
    (pair(hospital(BUSY, ours("A1", "V1")), national(TAKEN, saved("V1"))), [], "linked by CeR's id"),
    (pair(hospital(BUSY, ours("A1")), national(TAKEN, saved("V1", reference="A1"))), [], "linked by our reference"),
    (pair(hospital(FREE), national(TAKEN, saved())), [IN_CER], "booked in IKP, not pulled yet"),
    (pair(hospital(BUSY, ours()), national(OPEN)), [IN_HOSPITAL], "booked here only"),
    (
        pair(hospital(BUSY, ours(state=VisitState.PENDING)), national(OPEN)),
        [],
        "a pending visit is not booked yet",
    ),
    (
        pair(hospital(BUSY, ours(state=VisitState.CANCELLED)), national(OPEN)),
        [],
        "cancelled here and not there",
    ),
    (
        pair(hospital(FREE), national(TAKEN, saved("V1")), known=(ours("A1", "V1", VisitState.CANCELLED),)),
        [MISMATCH],
        "cancelled here, still saved in CeR: no new Appointment must be made of it",
    ),
    (
        pair(hospital(FREE), national(TAKEN, saved("V1")), known=(ours("A1", "V1"),)),
        [MISMATCH],
        "our Appointment stands on another slot",
    ),
    (
        pair(hospital(BUSY, ours("A1", "V1")), national(OPEN, saved("V1", state=NationalVisitState.CANCELLED))),
        [MISMATCH],
        "the patient cancelled in IKP",
    ),
    (
        pair(
            hospital(BUSY, ours("A1", "V1", VisitState.NO_SHOW)),
            national(OPEN, saved("V1", state=NationalVisitState.NO_SHOW)),
        ),
        [],
        "both say the patient did not come",
    ),
    (
        pair(
            hospital(BUSY, ours("A1", "V1", VisitState.SERVED)),
            national(TAKEN, saved("V1", state=NationalVisitState.SERVED)),
        ),
        [],
        "served on both sides",
    ),
    (
        pair(hospital(BUSY, ours("A1", "V1")), national(TAKEN, saved("V2"))),
        [IN_CER, IN_HOSPITAL],
        "CeR gave ours up and another patient came: two tasks, not two patients on one term",
    ),
    # -- capacity
    (
        pair(hospital(FREE), national(TAKEN, saved("V1"), saved("V2"))),
        [IN_CER, IN_CER, "DOUBLE_BOOKED"],
        "CeR saved two on one term",
    ),
    (
        pair(hospital(BUSY, ours("A1", "V1"), ours("A2", "V2")), national(TAKEN, saved("V1"), saved("V2"))),
        ["DOUBLE_BOOKED"],
        "both sides agree on two visits, the slot has room for one",
    ),
    (
        pair(
            hospital(BUSY, ours("A1", "V1"), ours("A2", "V2"), capacity=2),
            national(TAKEN, saved("V1"), saved("V2"), capacity=1),
        ),
        [],
        "a group term: the hospital's capacity decides",
    ),
    (
        pair(hospital(BUSY, ours("A1")), national(TAKEN, saved("V1"))),
        [IN_CER, IN_HOSPITAL, "DOUBLE_BOOKED"],
        "by phone here, in IKP there: two patients on one term",
    ),
    (
        pair(hospital(BUSY, ours("A1", "V1"), ours("A2", state=VisitState.PENDING)), national(TAKEN, saved("V1"))),
        ["DOUBLE_BOOKED"],
        "a pending second visit takes the term up as well",
    ),
    (
        pair(hospital(HELD, ours("A1"), ours("A2")), None),
        ["MISSING_SLOT", IN_HOSPITAL, IN_HOSPITAL, "DOUBLE_BOOKED"],
        "the hospital alone put two on one term",
    ),
]


@pytest.mark.parametrize(("given_pair", "expected", "why"), CASES, ids=[case[2] for case in CASES])
def test_each_difference_has_its_name(given_pair: SlotPair, expected: list[str], why: str) -> None:
    assert [found.kind.value for found in judge(given_pair, TOLERANCE)] == expected, why


def test_evidence_of_a_visit_saved_while_blocked_tells_the_whole_story() -> None:
    (found,) = judge(blocked_in(CLOSED, LATE, proof()), TOLERANCE)
    assert (found.hospital_slot_id, found.national_slot_id, found.national_visit_ids) == ("S1", "N1", ("V1",))
    assert found.evidence == {
        "hospital_starts": "2026-11-30T08:00:00+00:00",
        "hospital_ends": "2026-11-30T08:20:00+00:00",
        "hospital_state": "blocked",
        "hospital_kind": "stable",
        "hospital_capacity": 1,
        "hospital_changed_at": None,
        "national_starts": "2026-11-30T08:00:00+00:00",
        "national_ends": "2026-11-30T08:20:00+00:00",
        "national_state": "blocked",
        "national_kind": "stable",
        "listing_fetched_at": "2026-11-23T09:00:05+00:00",
        "listing_digest": "d" * 64,
        "block_message_id": "M1",
        "block_asked_at": "2026-11-23T09:00:00+00:00",
        "block_answered_at": "2026-11-23T09:00:01+00:00",
        "block_result_code": "0",
        "block_proven_at": "2026-11-23T09:00:05+00:00",
        "block_listing_digest": "d" * 64,
        "clock_offset_seconds": 0.0,
        "visit_state": "saved",
        "visit_saved_at": "2026-11-23T10:00:05+00:00",
        "visit_origin": "patient",
        "order": "after",
        "tolerance_seconds": 60.0,
        "visits_unknown_here": ["V1"],
    }


def test_two_visits_saved_by_cer_on_one_slot_are_marked_for_cez_and_a_local_conflict_is_not() -> None:
    by_cer = judge(pair(hospital(FREE), national(TAKEN, saved("V1"), saved("V2"))), TOLERANCE)[-1]
    across = judge(pair(hospital(BUSY, ours("A1")), national(TAKEN, saved("V1"))), TOLERANCE)[-1]
    assert by_cer.evidence["cer_saved_both"] is True
    assert by_cer.national_visit_ids == ("V1", "V2")
    assert across.evidence["cer_saved_both"] is False


# ---------------------------------------------------------------- always and never

moments = st.one_of(st.none(), st.integers(-7200, 7200).map(lambda seconds: PROVEN + timedelta(seconds=seconds)))
visit_ids = st.sampled_from(["V1", "V2", "V3"])
own_ids = st.sampled_from(["A1", "A2", "A3"])
national_visits = st.builds(
    NationalVisit,
    visit_ids,
    st.just("N1"),
    st.sampled_from(NationalVisitState),
    moments,
    st.one_of(st.none(), own_ids),
)
own_visits = st.builds(HospitalVisitView, own_ids, st.sampled_from(VisitState), st.one_of(st.none(), visit_ids))


def unique(visits: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(visits, max_size=3, unique_by=lambda visit: visit.id).map(tuple)


hospitals = st.builds(
    lambda state, visits, capacity: hospital(state, *visits, capacity=capacity),
    st.sampled_from(SlotState),
    unique(own_visits),
    st.integers(1, 3),
)
nationals = st.builds(
    lambda state, visits, capacity: national(state, *visits, capacity=capacity),
    st.sampled_from(NationalSlotState),
    unique(national_visits),
    st.integers(1, 3),
)
blocks = st.one_of(
    st.none(),
    st.builds(
        lambda proven, answered, offset: proof(proven, answered=answered, offset=offset),
        moments,
        moments,
        st.one_of(st.none(), st.floats(-900, 900)),
    ),
)
pairs = (
    st.tuples(st.one_of(st.none(), hospitals), st.one_of(st.none(), nationals), blocks, unique(own_visits))
    .filter(lambda parts: parts[0] is not None or parts[1] is not None)
    .map(lambda parts: pair(*parts))
)


@given(pairs)
def test_judging_never_raises_always_says_the_same_and_never_names_one_difference_twice(given_pair: SlotPair) -> None:
    found = judge(given_pair, TOLERANCE)
    assert found == judge(given_pair, TOLERANCE)
    assert len({one.key for one in found}) == len(found)


@given(pairs)
def test_booked_while_blocked_is_never_said_without_a_proof_before_the_visit(given_pair: SlotPair) -> None:
    for found in judge(given_pair, TOLERANCE):
        if found.kind is DiscrepancyClass.BOOKED_WHILE_BLOCKED:
            proven, at = found.evidence["block_proven_at"], found.evidence["visit_saved_at"]
            assert isinstance(proven, str)
            assert isinstance(at, str)
            assert datetime.fromisoformat(at) - datetime.fromisoformat(proven) > TOLERANCE


@given(pairs)
def test_a_visit_that_the_hospital_has_on_record_is_never_offered_as_unknown_to_it(given_pair: SlotPair) -> None:
    """Otherwise the remedy would make a second Appointment of it."""
    own = (*(given_pair.hospital.visits if given_pair.hospital else ()), *given_pair.known_visits)
    known = {visit.national_id for visit in own}
    for found in judge(given_pair, TOLERANCE):
        offered = found.evidence.get("visits_unknown_here", [])
        assert isinstance(offered, list)
        assert known.isdisjoint(offered)


@given(
    st.sampled_from([(FREE, OPEN), (BUSY, TAKEN), (HELD, TAKEN)]),
    st.integers(0, 3),
    st.integers(3, 5),
    st.sampled_from([(VisitState.BOOKED, NationalVisitState.SAVED), (VisitState.SERVED, NationalVisitState.SERVED)]),
)
def test_two_sides_that_agree_always_give_no_discrepancy(
    states: tuple[SlotState, NationalSlotState],
    count: int,
    capacity: int,
    visit_states: tuple[VisitState, NationalVisitState],
) -> None:
    here = [ours(f"A{n}", f"V{n}", visit_states[0]) for n in range(count)]
    there = [saved(f"V{n}", state=visit_states[1]) for n in range(count)]
    both = pair(hospital(states[0], *here, capacity=capacity), national(states[1], *there))
    assert judge(both, TOLERANCE) == []


@given(pairs)
@example(
    pair(
        hospital(SlotState.FREE, ours("A2", "V2", VisitState.PENDING)),
        national(
            NationalSlotState.OPEN,
            NationalVisit("V1", "N1", NationalVisitState.CANCELLED, None, "A2"),
            NationalVisit("V2", "N1", NationalVisitState.CANCELLED, None, None),
        ),
    )
)
def test_the_order_in_which_visits_are_listed_never_matters(given_pair: SlotPair) -> None:
    def turned(view: object, visits: tuple[object, ...]) -> object:
        from dataclasses import replace

        return replace(view, visits=tuple(reversed(visits)))

    other = pair(
        turned(given_pair.hospital, given_pair.hospital.visits) if given_pair.hospital else None,
        turned(given_pair.national, given_pair.national.visits) if given_pair.national else None,
        given_pair.block,
        given_pair.known_visits,
    )
    assert {one.key for one in judge(other, TOLERANCE)} == {one.key for one in judge(given_pair, TOLERANCE)}
