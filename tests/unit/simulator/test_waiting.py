"""The waiting room: who may enter, how long is searched, who is booked first (cer.md 1.6, 1.7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.simulator.answers import Refusal
from adapter.simulator.clock import MovableClock
from adapter.simulator.registry import FACILITY, PATIENT, Put, Registry, RegistryRules, Slot
from adapter.simulator.waiting import WaitingRoom
from adapter.simulator.world import Person

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
OURS = "000000927722"
ANNA, JAN, EWA = (Person("1.2", str(n), name, "Testowa") for n, name in enumerate(("Anna", "Jan", "Ewa")))


class Room:
    """A waiting room with its calendar, and people who are privileged."""

    def __init__(self, *privileged: Person) -> None:
        self.clock = MovableClock(NOW)
        self.registry = Registry(self.clock, RegistryRules())
        self.room = WaitingRoom(self.clock, self.registry, lambda person: person in privileged)

    def slot(self, reference: str = "a", day: int = 5, kind: str = "stable", state: str = "open") -> Slot:
        starts = NOW + timedelta(days=day)
        put = Put(reference, "s1", "001", "1100", starts, starts + timedelta(minutes=30), kind, state, 1)
        return self.registry.put(OURS, put)

    def join(self, person: Person, **options: object) -> str:
        return self.room.join(OURS, "001", str(options.pop("service", "1100")), person, **options).id  # type: ignore[arg-type]


WINDOWS = [("1100", date(2026, 12, 31), "visits: 40 days"), ("mammography", date(2027, 2, 19), "tests: 90 days")]


@pytest.mark.parametrize(("service", "until"), [row[:2] for row in WINDOWS], ids=[row[2] for row in WINDOWS])
def test_how_long_is_searched(service: str, until: date) -> None:
    room = Room()
    entry = room.room.read(OURS, room.join(ANNA, service=service))
    assert entry.searched_until == until


def test_the_search_ends_with_its_last_day() -> None:
    room = Room()
    entry = room.room.read(OURS, room.join(ANNA))
    room.clock.set(datetime(2026, 12, 31, 20, 0, tzinfo=UTC))
    room.clock.set(datetime(2026, 12, 31, 20, 0, tzinfo=UTC), hold=True)
    room.room.run_matcher()
    assert entry.open
    room.clock.advance(timedelta(hours=4))
    room.slot(day=60)
    assert room.room.run_matcher() == []
    assert not entry.open


def test_a_privileged_patient_does_not_enter_without_a_waiver() -> None:
    room = Room(ANNA)
    with pytest.raises(Refusal) as refused:
        room.join(ANNA)
    assert refused.value.minor.endswith("UprzywilejowanyWPoczekalni")
    assert room.join(ANNA, waived=True)


def test_a_patient_with_a_visit_out_of_turn_does_not_enter_either() -> None:
    room = Room()
    room.registry.save_visit(room.slot(kind="privileged"), JAN, FACILITY, category=4)
    with pytest.raises(Refusal):
        room.join(JAN, service="1104")


def test_nobody_waits_twice_for_one_service() -> None:
    room = Room()
    first = room.join(ANNA)
    with pytest.raises(Refusal) as refused:
        room.join(ANNA)
    assert refused.value.minor.endswith("JuzWPoczekalni")
    room.join(ANNA, service="1104")
    room.room.leave(OURS, first, "PACJENT")
    assert room.join(ANNA) != first


def test_an_entry_is_left_once() -> None:
    room = Room()
    entry = room.join(ANNA)
    assert not room.room.leave(OURS, entry, "PACJENT").open
    with pytest.raises(Refusal):
        room.room.leave(OURS, entry, "PACJENT")
    with pytest.raises(Refusal):
        room.room.leave("000000792087", entry, "PACJENT")


def test_urgent_before_stable_then_first_come_first_served() -> None:
    room = Room()
    for person, criterion in ((ANNA, "stable"), (JAN, "stable"), (EWA, "urgent")):
        room.join(person, criterion=criterion)
        room.clock.advance(timedelta(minutes=1))
    first, second = room.slot("a", day=3), room.slot("b", day=4)
    made = room.room.run_matcher()
    assert [(visit.person, visit.slot_id) for visit in made] == [(EWA, first.id), (ANNA, second.id)]
    assert {change.origin for change in room.registry.feed} == {"system"}


MATCHES = [
    ({"kind": "stable"}, {}, True, "a stable term for a stable case"),
    ({"kind": "urgent"}, {}, False, "an urgent term for a stable case"),
    ({"kind": "urgent"}, {"criterion": "urgent"}, True, "an urgent term for an urgent case"),
    ({"kind": "privileged"}, {}, False, "a privileged term"),
    ({"kind": "continuation"}, {}, False, "a follow-up term"),
    ({"state": "blocked"}, {}, False, "a blocked term"),
    ({"state": "taken"}, {}, False, "a term the facility called taken"),
    ({"day": -1}, {}, False, "a term of yesterday"),
    ({}, {"not_before": date(2026, 11, 27)}, False, "a term before the patient's earliest day"),
    ({}, {"not_before": date(2026, 11, 26)}, True, "a term on the patient's earliest day"),
    ({}, {"service": "1104"}, False, "a term of another service"),
]


@pytest.mark.parametrize(("slot", "entry", "booked"), [row[:3] for row in MATCHES], ids=[row[3] for row in MATCHES])
def test_which_term_is_given(slot: dict, entry: dict, booked: bool) -> None:
    room = Room()
    room.slot(**slot)
    waiting = room.room.read(OURS, room.join(ANNA, reference="r", **entry))
    made = room.room.run_matcher()
    assert (len(made) == 1) is booked
    assert waiting.open is not booked
    if booked:
        assert (waiting.visit_id, made[0].reference) == (made[0].id, "r")


def test_a_cancelled_term_goes_to_whoever_waits() -> None:
    room = Room()
    visit = room.registry.save_visit(room.slot(), ANNA, FACILITY)
    room.join(JAN)
    assert room.room.run_matcher() == []
    room.registry.cancel(visit, PATIENT, "PACJENT")
    assert [v.person for v in room.room.run_matcher()] == [JAN]


def test_an_entry_is_found_by_the_facilitys_reference() -> None:
    room = Room()
    entry = room.join(ANNA, reference="ours")
    found = room.room.find(OURS, "ours")
    assert found is not None
    assert found.id == entry
    assert room.room.find(OURS, "other") is None
    assert room.room.find("000000792087", "ours") is None
