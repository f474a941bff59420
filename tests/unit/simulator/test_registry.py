"""CeR's rules on slots and visits, as tables (cer.md 1.3 to 1.8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from adapter.simulator.answers import Refusal
from adapter.simulator.clock import MovableClock
from adapter.simulator.registry import FACILITY, PATIENT, SYSTEM, Put, Registry, RegistryRules, Slot
from adapter.simulator.world import Person

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
AT = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
OURS, THEIRS = "000000927722", "000000792087"
ANNA, JAN = Person("1.2", "1", "Anna", "Testowa"), Person("1.2", "2", "Jan", "Testowy")


def registry(**rules: object) -> Registry:
    return Registry(MovableClock(NOW), RegistryRules(**rules))  # type: ignore[arg-type]


def offer(
    reference: str = "a",
    *,
    state: str = "open",
    kind: str = "stable",
    capacity: int = 1,
    minutes: int = 30,
    starts: datetime = AT,
    service: str = "1100",
) -> Put:
    return Put(reference, "s1", "001", service, starts, starts + timedelta(minutes=minutes), kind, state, capacity)


def minor(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.minor.rpartition(":")[2]


def slot_of(reg: Registry, **options: object) -> Slot:
    return reg.put(OURS, offer(**options))  # type: ignore[arg-type]


BOOKING = [
    ("open", "stable", FACILITY, None, "a free term"),
    ("open", "urgent", FACILITY, None, "the facility books on all four kinds: urgent"),
    ("open", "privileged", FACILITY, None, "the facility books on all four kinds: privileged"),
    ("open", "continuation", FACILITY, None, "the facility books on all four kinds: continuation"),
    ("open", "stable", PATIENT, None, "patients book stable terms"),
    ("open", "urgent", PATIENT, None, "patients book urgent terms"),
    ("open", "privileged", PATIENT, "NieprawidloweDane", "a patient cannot take a privileged term"),
    ("open", "continuation", PATIENT, "NieprawidloweDane", "a patient cannot book a follow-up"),
    ("open", "privileged", SYSTEM, "NieprawidloweDane", "nor can the waiting room"),
    ("blocked", "stable", FACILITY, "SlotZablokowany", "a blocked term takes no visit from the facility"),
    ("blocked", "stable", PATIENT, "SlotZablokowany", "a blocked term takes no visit from a patient"),
    ("taken", "stable", FACILITY, None, "first load: the facility brings the visit to a term it called taken"),
    ("taken", "stable", PATIENT, "SlotZajety", "a patient cannot book what the facility called taken"),
]


@pytest.mark.parametrize(("state", "kind", "origin", "refusal"), [r[:4] for r in BOOKING], ids=[r[4] for r in BOOKING])
def test_who_may_book_what(state: str, kind: str, origin: str, refusal: str | None) -> None:
    reg = registry()
    slot = slot_of(reg, state=state, kind=kind)
    if refusal is None:
        assert reg.save_visit(slot, ANNA, origin).state == "saved"
        assert reg.state_of(slot) == "taken"
        return
    with pytest.raises(Refusal) as refused:
        reg.save_visit(slot, ANNA, origin)
    assert minor(refused) == refusal
    assert not reg.visits
    assert not reg.feed


def test_a_taken_slot_refuses_and_says_so() -> None:
    reg = registry()
    slot = slot_of(reg)
    reg.save_visit(slot, ANNA, FACILITY)
    with pytest.raises(Refusal) as refused:
        reg.save_visit(slot, JAN, FACILITY)
    assert minor(refused) == "SlotZajety"


def test_capacity_counts_standing_visits() -> None:
    reg = registry()
    slot = slot_of(reg, capacity=2)
    first = reg.save_visit(slot, ANNA, FACILITY)
    assert reg.state_of(slot) == "open"
    reg.save_visit(slot, JAN, FACILITY)
    assert reg.state_of(slot) == "taken"
    reg.cancel(first, FACILITY, "PACJENT")
    assert reg.state_of(slot) == "open"


def test_the_same_reference_twice_makes_two_visits() -> None:
    """CeR knows no idempotency key: a bad client's duplicate must be seen."""
    reg = registry(one_first_visit_per_service=False)
    slot = slot_of(reg, capacity=2)
    ids = {reg.save_visit(slot, ANNA, FACILITY, reference="r").id for _ in range(2)}
    assert len(ids) == 2


SECOND = [
    ("stable", "1100", True, True, "a second first visit of the same service"),
    ("urgent", "1100", True, True, "of another kind, same service"),
    ("continuation", "1100", True, False, "a follow-up beside the first visit"),
    ("stable", "1104", True, False, "another service"),
    ("stable", "1100", False, False, "the rule switched off"),
]


@pytest.mark.parametrize(("kind", "service", "rule", "refused"), [r[:4] for r in SECOND], ids=[r[4] for r in SECOND])
def test_one_patient_and_two_terms(kind: str, service: str, rule: bool, refused: bool) -> None:
    reg = registry(one_first_visit_per_service=rule)
    reg.save_visit(slot_of(reg), ANNA, FACILITY)
    second = slot_of(reg, reference="b", kind=kind, service=service)
    if not refused:
        reg.save_visit(second, ANNA, FACILITY)
        return
    with pytest.raises(Refusal):
        reg.save_visit(second, ANNA, FACILITY)
    reg.save_visit(second, JAN, FACILITY)


def test_a_cancelled_first_visit_makes_room_for_another() -> None:
    reg = registry()
    reg.cancel(reg.save_visit(slot_of(reg), ANNA, FACILITY), PATIENT, "PACJENT")
    assert reg.save_visit(slot_of(reg, reference="b"), ANNA, FACILITY).state == "saved"


def test_put_again_changes_the_slot_and_keeps_its_id() -> None:
    reg = registry()
    first = slot_of(reg)
    again = slot_of(reg, kind="urgent", starts=AT + timedelta(days=1))
    assert (again.id, again.kind, len(reg.slots)) == (first.id, "urgent", 1)
    assert reg.listed(OURS, "s1", date(2026, 12, 1)) == []
    assert [slot.id for slot in reg.listed(OURS, "s1", date(2026, 12, 2))] == [first.id]


BAD_PUTS = [
    (offer(kind="other"), "a kind nobody knows"),
    (offer(state="other"), "a state nobody knows"),
    (offer(minutes=0), "no length"),
    (offer(minutes=-30), "it ends before it starts"),
]


@pytest.mark.parametrize("put", [r[0] for r in BAD_PUTS], ids=[r[1] for r in BAD_PUTS])
def test_a_slot_that_makes_no_sense_is_refused(put: Put) -> None:
    with pytest.raises(Refusal) as refused:
        registry().put(OURS, put)
    assert minor(refused) == "NieprawidloweDane"


def test_overlaps_are_refused_only_when_told_to() -> None:
    """Surplus terms stay bookable: CeR is not known to compare them (cer.md 7.8)."""
    lax, strict = registry(), registry(refuse_overlaps=True)
    for reg in (lax, strict):
        slot_of(reg)
    assert slot_of(lax, reference="b", starts=AT + timedelta(minutes=15)).id
    with pytest.raises(Refusal) as refused:
        slot_of(strict, reference="b", starts=AT + timedelta(minutes=15))
    assert minor(refused) == "SlotNakladaSie"
    assert slot_of(strict, reference="b", starts=AT + timedelta(minutes=30)).id, "one after the other is no overlap"
    assert slot_of(strict, minutes=20).id, "a slot does not overlap itself"


def test_a_block_stops_further_visits_and_keeps_the_one_there() -> None:
    reg = registry()
    slot = slot_of(reg, capacity=2)
    visit = reg.save_visit(slot, ANNA, FACILITY)
    reg.edit(OURS, slot.id, state="blocked")
    assert (reg.state_of(slot), slot.blocked_at, visit.state) == ("blocked", NOW, "saved")
    with pytest.raises(Refusal):
        reg.save_visit(slot, JAN, FACILITY)
    reg.edit(OURS, slot.id, state="open")
    assert (reg.state_of(slot), slot.blocked_at) == ("open", None)


def test_a_block_of_a_slot_with_a_visit_may_be_forbidden() -> None:
    reg = registry(block_with_visit=False)
    slot = slot_of(reg)
    reg.save_visit(slot, ANNA, FACILITY)
    with pytest.raises(Refusal) as refused:
        reg.edit(OURS, slot.id, state="blocked")
    assert minor(refused) == "SlotMaWizyte"


def test_an_edit_acknowledged_but_not_applied_changes_nothing() -> None:
    reg = registry()
    slot = slot_of(reg)
    reg.edit(OURS, slot.id, state="blocked", apply=False)
    assert reg.state_of(slot) == "open"


def test_a_slot_is_deleted_only_without_a_standing_visit() -> None:
    reg = registry()
    slot = slot_of(reg)
    visit = reg.save_visit(slot, ANNA, FACILITY)
    with pytest.raises(Refusal) as refused:
        reg.delete(OURS, slot.id)
    assert minor(refused) == "SlotMaWizyte"
    reg.cancel(visit, FACILITY, "PACJENT")
    reg.delete(OURS, slot.id)
    assert reg.listed(OURS, "s1", date(2026, 12, 1)) == []
    assert reg.visit(OURS, visit.id).state == "cancelled", "what was is remembered"


ENDED = ["cancelled", "served", "no-show"]


@pytest.mark.parametrize("ended", ENDED)
def test_nothing_happens_to_an_ended_visit(ended: str) -> None:
    reg = registry()
    visit = reg.save_visit(slot_of(reg), ANNA, FACILITY)
    other = slot_of(reg, reference="b")
    if ended == "cancelled":
        reg.cancel(visit, FACILITY, "PACJENT")
    else:
        reg.attend(visit, served=ended == "served")
    assert visit.state == ended
    for change in (
        lambda: reg.cancel(visit, FACILITY, "PACJENT"),
        lambda: reg.move(visit, other, FACILITY),
        lambda: reg.attend(visit, served=True),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert minor(refused) == "WizytaNiewlasciwyStatus"


def test_a_move_frees_the_old_term_and_keeps_the_visit() -> None:
    reg = registry()
    old, new = slot_of(reg, state="taken"), slot_of(reg, reference="b")
    visit = reg.save_visit(old, ANNA, FACILITY)
    reg.move(visit, new, PATIENT)
    assert (reg.state_of(old), reg.state_of(new), visit.slot_id) == ("open", "taken", new.id)
    assert [(c.visit_id, c.slot_id, c.origin) for c in reg.feed] == [
        (visit.id, old.id, FACILITY),
        (visit.id, new.id, PATIENT),
    ]


@pytest.mark.parametrize("state", ["blocked", "full"])
def test_a_move_to_a_term_that_cannot_be_booked_is_refused(state: str) -> None:
    reg = registry()
    visit = reg.save_visit(slot_of(reg), ANNA, FACILITY)
    new = slot_of(reg, reference="b", state="blocked" if state == "blocked" else "open")
    if state == "full":
        reg.save_visit(new, JAN, FACILITY)
    with pytest.raises(Refusal):
        reg.move(visit, new, FACILITY)
    assert visit.slot_id != new.id


def test_a_facility_sees_and_touches_only_its_own() -> None:
    reg = registry()
    slot = slot_of(reg)
    visit = reg.save_visit(slot, ANNA, FACILITY)
    for touch in (
        lambda: reg.slot(THEIRS, slot.id),
        lambda: reg.visit(THEIRS, visit.id),
        lambda: reg.delete(THEIRS, slot.id),
        lambda: reg.edit(THEIRS, slot.id, state="blocked"),
    ):
        with pytest.raises(Refusal) as refused:
            touch()
        assert minor(refused) == "CudzyObiekt"
    assert reg.changes(THEIRS, 0) == ([], False)
    assert reg.listed(THEIRS, "s1", date(2026, 12, 1)) == []


def test_the_feed_is_paged_and_its_numbers_grow() -> None:
    reg = registry(page_size=2, one_first_visit_per_service=False)
    for n in range(5):
        reg.save_visit(slot_of(reg, reference=str(n)), ANNA, FACILITY)
    seen, after, more = [], 0, True
    while more:
        page, more = reg.changes(OURS, after)
        seen += [change.sequence for change in page]
        after = page[-1].sequence
    assert seen == [1, 2, 3, 4, 5]
    assert reg.changes(OURS, 5) == ([], False)


def test_days_are_warsaw_days() -> None:
    reg = registry()
    slot_of(reg, starts=datetime(2026, 12, 1, 23, 30, tzinfo=UTC))
    assert reg.listed(OURS, "s1", date(2026, 12, 1)) == []
    assert len(reg.listed(OURS, "s1", date(2026, 12, 2))) == 1
