"""Both calendars side by side: what is stored comes back, what differs is found, a difference is one row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from store_fixtures import HeldClock

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.discrepancy import Discrepancy, DiscrepancyClass, SlotPair
from adapter.domain.entitlement import Entitlement, EntitlementDocument
from adapter.domain.identifiers import CellCode, OidPair, Pesel
from adapter.domain.national import (
    NationalSlot,
    NationalSlotState,
    NationalVisit,
    NationalVisitState,
    Origin,
    SlotListing,
)
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral
from adapter.domain.register import AdmissionSchedule, Care
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import BadInput, Refused
from adapter.ports.store import BlockProof, ReferralRecord, UnitOfWork
from adapter.store.engine import Database
from adapter.store.unit_of_work import SqlStore

START = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
DAY = date(2026, 10, 5)
STEP = timedelta(minutes=20)
DOCTOR = OidPair("2.16.840.1.113883.3.4424.1.6.2", "9999999")
CARDIOLOGY = Schedule(
    "H1", CellCode("000000927722", "001"), "1100", OidPair("2.16.840.1.113883.3.4424.1.6.2", "9999999")
)


def slot(number: int, state: SlotState = SlotState.FREE, **more: object) -> Slot:
    starts = START + number * STEP
    values = {"schedule_id": "H1", "starts": starts, "ends": starts + STEP, "state": state, "kind": SlotKind.STABLE}
    return Slot(id=f"S{number}", **values | more)  # type: ignore[arg-type]


def national(number: int, state: NationalSlotState = NationalSlotState.OPEN, **more: object) -> NationalSlot:
    starts = START + number * STEP
    values: dict[str, object] = {"schedule": "H1", "starts": starts, "ends": starts + STEP, "state": state}
    values |= {"kind": SlotKind.STABLE, "reference": f"S{number}"}
    return NationalSlot(id=f"N{number}", **values | more)  # type: ignore[arg-type]


def saved(identity: str, number: int, **more: object) -> NationalVisit:
    values: dict[str, object] = {"state": NationalVisitState.SAVED, "saved_at": START, "origin": Origin.PATIENT}
    return NationalVisit(identity, f"N{number}", **values | more)  # type: ignore[arg-type]


def booked(identity: str, number: int, state: VisitState = VisitState.BOOKED, national_id: str | None = None) -> Visit:
    return Visit(identity, state, "P1", START, (f"S{number}",), national_id=national_id)


def listing(*slots: NationalSlot, digest: str = "d1") -> SlotListing:
    return SlotListing(slots, START, digest, START + timedelta(seconds=2))


def lay_out(work: UnitOfWork, ours: list[Slot], theirs: list[NationalSlot], visits: list[Visit] | None = None) -> None:
    work.calendar.put_schedule("demo", CARDIOLOGY, in_scope=True)
    work.calendar.put_slots("demo", ours)
    for visit in visits or []:
        work.calendar.put_visit("demo", visit)
    work.differences.load_listing("demo", "H1", DAY, listing(*theirs))


def compared(work: UnitOfWork) -> list[SlotPair]:
    return list(work.differences.compare("demo", None, DAY, DAY))


def ids(pairs: list[SlotPair]) -> list[tuple[str | None, str | None]]:
    return [(pair.hospital and pair.hospital.id, pair.national and pair.national.id) for pair in pairs]


def test_what_is_put_comes_back(store: SqlStore) -> None:
    late = slot(50, SlotState.HELD, capacity=3, changed_at=START)
    with store.unit_of_work() as work:
        work.calendar.put_schedule("demo", CARDIOLOGY, in_scope=True)
        work.calendar.put_schedule("demo", Schedule("H2", CARDIOLOGY.cell, "1200"), in_scope=False)
        work.calendar.put_slots("demo", [slot(1), late])
        work.calendar.put_slot("demo", slot(1, SlotState.BUSY))
        assert work.calendar.schedules("demo") == [CARDIOLOGY]
        assert [one.id for one in work.calendar.schedules("demo", in_scope=False)] == ["H1", "H2"]
        assert work.calendar.slot("demo", "S1") == slot(1, SlotState.BUSY)
        assert work.calendar.slots("demo", "H1", DAY) == [slot(1, SlotState.BUSY)]
        assert work.calendar.slots("demo", "H1", date(2026, 10, 6)) == [late], "23:40 UTC is the next Warsaw day"
        assert work.calendar.slot("north", "S1") is None


def test_what_a_register_needs_of_a_schedule_a_patient_a_visit_and_a_referral_comes_back(
    store: SqlStore, database: Database
) -> None:
    keeps = replace(CARDIOLOGY, register=AdmissionSchedule("927722-01", Care.AMBULATORY, "1100", age_bands=("18+",)))
    patient = Patient(
        *("P1", Pesel("00610100006"), "Zdzisława", "Wymyślona", None, None, "Zmyślona 1", True, "brat", True),
        date(2226, 1, 2),
    )
    told = Referral("R1", "P1", paper=PaperReferral(DAY, channel=PostingChannel.PRISON), noted=True, diagnosis="I10")
    sheet = Referral("R2", "P1", printout_only=True, body_area="knee-left", paper=PaperReferral())
    shown = EntitlementDocument("card", "12/Z", DAY, None)
    visit = replace(booked("A1", 1), entitlement=Entitlement("47CK", "anna", START, shown))
    with store.unit_of_work() as work:
        work.calendar.put_schedule("demo", keeps, in_scope=True)
        work.calendar.put_patient("demo", patient)
        work.calendar.put_visit("demo", visit)
        for referral in (told, sheet):
            work.calendar.put_referral("demo", ReferralRecord(referral))
        assert work.calendar.schedule("demo", "H1") == keeps
        assert work.calendar.patient("demo", "P1") == patient
        assert work.calendar.visit("demo", "A1") == visit
        assert work.calendar.referral("demo", "R1") == ReferralRecord(told)
        assert work.calendar.referral("demo", "R2") == ReferralRecord(sheet)
        work.commit()
    with psycopg.connect(database.url) as session:
        raw = str([session.execute(f"SELECT * FROM {table}").fetchall() for table in ("patient", "referral", "visit")])
        assert not [secret for secret in ("Zmyślona", "I10", "prison", "12/Z") if secret in raw]
    with store.unit_of_work() as work:
        work.calendar.put_schedule("demo", CARDIOLOGY, in_scope=True)
        assert work.calendar.schedule("demo", "H1") == CARDIOLOGY
        work.calendar.put_referral("demo", ReferralRecord(Referral("R1", "P1")))
        assert work.calendar.referral("demo", "R1") == ReferralRecord(Referral("R1", "P1"))


def test_a_visit_keeps_its_history(store: SqlStore, database: Database) -> None:
    with store.unit_of_work() as work:
        work.calendar.put_visit("demo", booked("A1", 1))
        work.calendar.put_visit("demo", booked("A1", 2, VisitState.CANCELLED))
        assert work.calendar.visits_on("demo", "S1") == []
        assert work.calendar.visits_on("demo", "S2") == [booked("A1", 2, VisitState.CANCELLED)]
        work.commit()
    with psycopg.connect(database.url) as session:
        assert session.execute("SELECT state, slot_ids FROM visit_history").fetchall() == [("booked", ["S1"])]


def test_a_link_has_one_partner_on_each_side(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        work.links.put("demo", "slot", "S1", "N1")
        work.links.put("demo", "slot", "S1", "N1")
        for ours, theirs in (("S1", "N2"), ("S2", "N1")):
            with pytest.raises(Refused, match="linked"):
                work.links.put("demo", "slot", ours, theirs)
        work.links.put("demo", "visit", "S1", "N1")
        assert (work.links.theirs("demo", "slot", "S1"), work.links.ours("demo", "slot", "N1")) == ("N1", "S1")
        work.links.drop("demo", "slot", "S1")
        assert work.links.theirs("demo", "slot", "S1") is None


def test_the_history_of_a_block_ends_when_the_slot_opens(store: SqlStore) -> None:
    asked = BlockProof("S1", "M1", START)
    answered = BlockProof("S1", "M1", START, START + STEP, "OK")
    with store.unit_of_work() as work:
        work.calendar.put_slot("demo", slot(1, SlotState.BLOCKED))
        work.calendar.put_block("demo", asked)
        assert work.calendar.unproven_blocks("demo") == []
        work.calendar.put_block("demo", answered)
        assert work.calendar.unproven_blocks("demo") == [("S1", "H1", DAY)]
        assert work.calendar.block("demo", "S1") == answered
        work.calendar.put_block("demo", BlockProof("S1", "M1", START, START, "OK", START + STEP, 1.5, "d"))
        assert work.calendar.unproven_blocks("demo") == []
        work.calendar.clear_block("demo", "S1")
        assert work.calendar.block("demo", "S1") is None
        work.calendar.put_block("demo", asked)
        assert work.calendar.block("demo", "S1") == asked


def test_sides_that_agree_are_left_out(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        lay_out(
            work,
            [slot(1), slot(2, SlotState.BUSY), slot(3, SlotState.BLOCKED), slot(4, SlotState.WITHDRAWN)],
            [
                national(1),
                national(2, NationalSlotState.TAKEN, visits=(saved("V2", 2),)),
                national(3, NationalSlotState.BLOCKED),
            ],
            [booked("A2", 2, national_id="V2")],
        )
        assert compared(work) == []


BOTH = (saved("V1", 1, reference="A1"), saved("V2", 1, reference="A2"))
# hospital, CeR, visits in the hospital, why
DIFFERENT = [
    ([slot(1)], [], [], "missing in CeR"),
    ([], [national(1)], [], "surplus in CeR"),
    ([slot(1, SlotState.BLOCKED)], [national(1)], [], "block not sent"),
    ([slot(1)], [national(1, kind=SlotKind.URGENT)], [], "another kind"),
    ([slot(1)], [national(1, ends=START + 3 * STEP)], [], "another end"),
    ([slot(1)], [national(1, visits=(saved("V1", 1),))], [], "visit only in CeR"),
    ([slot(1, SlotState.BUSY)], [national(1, NationalSlotState.TAKEN)], [booked("A1", 1)], "visit only here"),
    (
        [slot(1, SlotState.BLOCKED)],
        [national(1, NationalSlotState.BLOCKED, visits=(saved("V1", 1, reference="A1"),))],
        [booked("A1", 1)],
        "booked and blocked, though both know the visit",
    ),
    (
        [slot(1, SlotState.BUSY)],
        [
            national(
                1, NationalSlotState.TAKEN, visits=(saved("V1", 1, reference="A1"), saved("V2", 1, reference="A2"))
            )
        ],
        [booked("A1", 1), booked("A2", 1)],
        "two on one term",
    ),
    (
        [slot(1, SlotState.BUSY), slot(2)],
        [national(1, NationalSlotState.TAKEN, visits=(saved("V1", 1, reference="A1"),)), national(2)],
        [booked("A1", 2)],
        "the hospital moved it",
    ),
]


@pytest.mark.parametrize(("ours", "theirs", "visits", "why"), DIFFERENT, ids=[case[-1] for case in DIFFERENT])
def test_what_differs_is_found(
    store: SqlStore, ours: list[Slot], theirs: list[NationalSlot], visits: list[Visit], why: str
) -> None:
    with store.unit_of_work() as work:
        lay_out(work, ours, theirs, visits)
        assert ("S1" if ours else None, "N1" if theirs else None) in ids(compared(work)), why


def test_a_pair_carries_all_there_is_to_judge(store: SqlStore) -> None:
    visit = saved("V1", 1)
    gone = saved("V0", 1, state=NationalVisitState.CANCELLED)
    proof = BlockProof("S1", "M1", START, START + STEP, "OK", START + 2 * STEP, 0.5, "read-back")
    with store.unit_of_work() as work:
        theirs = national(1, NationalSlotState.BLOCKED, visits=(gone, visit), capacity=2)
        lay_out(work, [slot(1, SlotState.BLOCKED)], [theirs], [booked("A1", 1, VisitState.CANCELLED), booked("A2", 1)])
        work.links.put("demo", "visit", "A1", "V1")
        work.calendar.put_block("demo", proof)
        (pair,) = compared(work)
    assert pair.hospital is not None
    assert pair.national is not None
    assert pair.block is not None
    assert [one.id for one in pair.hospital.visits] == ["A2"]
    assert set(pair.national.visits) == {visit, gone}
    assert (pair.national.capacity, pair.national.listing_digest, pair.national.fetched_at) == (2, "d1", START)
    assert [(one.id, one.state, one.national_id) for one in pair.known_visits] == [("A1", VisitState.CANCELLED, "V1")]
    assert (pair.block.proven_at, pair.block.clock_offset_seconds) == (START + 2 * STEP, 0.5)


def test_partners_are_found_by_link_then_reference_then_start(store: SqlStore) -> None:
    blocked = SlotState.BLOCKED
    with store.unit_of_work() as work:
        lay_out(
            work,
            [slot(1, blocked), slot(2, blocked), slot(3, blocked)],
            [national(7, reference="S3"), national(2), national(3, reference=None), national(1, reference=None)],
        )
        work.links.put("demo", "slot", "S1", "N7")
        assert set(ids(compared(work))) == {("S1", "N7"), ("S2", "N2"), ("S3", "N3"), (None, "N1")}


def test_only_one_of_two_national_slots_is_the_partner(store: SqlStore) -> None:
    twin = national(1, reference="S1")
    with store.unit_of_work() as work:
        lay_out(work, [slot(1)], [twin, NationalSlot("N9", "H1", twin.starts, twin.ends, twin.state, twin.kind, "S1")])
        assert ids(compared(work)) == [(None, "N9")]


def test_lists_that_were_not_read_and_schedules_out_of_scope_are_not_compared(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        lay_out(work, [slot(1), slot(50)], [])
        assert ids(compared(work)) == [("S1", None)]
        assert list(work.differences.compare("demo", "H1", date(2026, 10, 6), date(2026, 10, 6))) == []
        work.calendar.put_schedule("demo", CARDIOLOGY, in_scope=False)
        assert compared(work) == []


def test_a_list_is_loaded_again_only_when_its_digest_changed_or_more_of_it_can_be_read(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        lay_out(work, [], [national(1), national(2)])
        load = work.differences.load_listing
        assert load("demo", "H1", DAY, listing(national(8), national(9), digest="d1")) is False
        assert ids(compared(work)) == [(None, "N1"), (None, "N2")]
        assert load("demo", "H1", DAY, listing(national(1), national(2), national(4), digest="d1")) is True
        assert ids(compared(work)) == [(None, "N1"), (None, "N2"), (None, "N4")]
        assert load("demo", "H1", DAY, listing(national(3), national(3), digest="d2")) is True
        assert ids(compared(work)) == [(None, "N3")]
        assert load("demo", "H1", DAY + timedelta(days=1), listing(digest="d2")) is True, "another day is another list"


def found(kind: DiscrepancyClass = DiscrepancyClass.MISSING_SLOT, identity: str = "S1") -> Discrepancy:
    return Discrepancy(kind, "demo", "H1", DAY, identity, None, ("A1",), (), {"seen": "once"})


def test_the_same_difference_again_is_the_same_row(store: SqlStore, held_clock: HeldClock) -> None:
    later = START + STEP
    with store.unit_of_work() as work:
        work.differences.record("demo", [found(), found(identity="S2")], START)
        work.differences.record("demo", [found(), found()], later)
        one, two = work.differences.find(facility="demo")
        assert (one.found, one.first_seen, one.last_seen, one.state) == (found(), START, later, "open")
        assert two.last_seen == START
        work.differences.mark(one.id, "acknowledged", "person:anna", "on it", later)
        work.differences.record("demo", [found()], later + STEP)
        kept = work.differences.get(one.id)
        assert kept is not None
        assert (kept.state, kept.last_seen) == ("acknowledged", later + STEP)
        assert [entry["who"] for entry in kept.history] == ["person:anna"]


def test_what_is_not_seen_any_more_closes_by_itself_where_cer_was_read(store: SqlStore) -> None:
    later = START + STEP
    with store.unit_of_work() as work:
        work.differences.record("demo", [found(), found(identity="S2")], START)
        work.differences.record("demo", [found()], later)
        assert work.differences.close_missing("demo", "H1", DAY, DAY, later) == 0, "nobody looked at this day"
        work.differences.load_listing("demo", "H1", DAY, listing())
        assert work.differences.close_missing("demo", "H1", DAY, DAY, later) == 1
        (closed,) = work.differences.find(states=["closed"])
        assert closed.found.hospital_slot_id == "S2"
        with pytest.raises(Refused, match="closed"):
            work.differences.mark(closed.id, "remedied", "person:anna", "", later)
        work.differences.record("demo", [found(identity="S2")], later + STEP)
        again = work.differences.find(states=["open"])
        assert [one.found.hospital_slot_id for one in again] == ["S1", "S2"], "it came back as a new row"
        assert again[1].id != closed.id


def test_a_state_that_does_not_exist_is_refused(store: SqlStore) -> None:
    with store.unit_of_work() as work:
        work.differences.record("demo", [found()], START)
        (one,) = work.differences.find(classes=["MISSING_SLOT"], first=DAY, last=DAY)
        with pytest.raises(BadInput, match="never 'solved'"):
            work.differences.mark(one.id, "solved", "person:anna", "", START)
        with pytest.raises(BadInput, match="no discrepancy"):
            work.differences.mark(10**9, "closed", "person:anna", "", START)
