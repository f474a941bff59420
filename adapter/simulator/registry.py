"""What CeR remembers of slots and visits, and what it allows.

Facts: cer.md 1.3 (slots: four kinds, a blocked slot takes no visit, a slot with a visit cannot be deleted),
1.5 (visits; no two terms of one person for the same service), 1.7 (privileged kind: the facility only),
1.8 (a cancelled term returns to the pool). Where sources are silent the choice is ours and configurable.
CeR does not compare terms with each other unless told to: surplus slots stay bookable (cer.md 7.8).
Words here are ours; national names stand in :mod:`adapter.simulator.cer`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from adapter.simulator.answers import Refusal
from adapter.simulator.clock import WARSAW, MovableClock
from adapter.simulator.sentinels import slot_refused
from adapter.simulator.world import Person

REFUSED = "urn:pomost:reconstruction:kod:major:Odmowa"
_MINOR = "urn:pomost:reconstruction:kod:minor:"

OPEN, TAKEN, BLOCKED = "open", "taken", "blocked"
SLOT_STATES = frozenset({OPEN, TAKEN, BLOCKED})
STABLE, URGENT, PRIVILEGED, CONTINUATION = "stable", "urgent", "privileged", "continuation"
SLOT_KINDS = frozenset({STABLE, URGENT, PRIVILEGED, CONTINUATION})
PATIENT_KINDS = frozenset({STABLE, URGENT})
"""Kinds on which patients book themselves (cer.md 1.3, inferred from SEED-000 and S5)."""
SAVED, CANCELLED, SERVED, NO_SHOW = "saved", "cancelled", "served", "no-show"
FACILITY, PATIENT, SYSTEM = "facility", "patient", "system"
PRIVILEGED_CATEGORY = 4


def refuse(minor: str, description: str) -> Refusal:
    """A business refusal with one of our own minor codes (no source names CeR's)."""
    return Refusal(REFUSED, description, minor=_MINOR + minor)


@dataclass(frozen=True, slots=True)
class RegistryRules:
    """What sources leave open about CeR, as switches.

    ``batch_max``: slots in one batch. ``page_size``: changes on one page of the feed. ``list_page_size``: slots on one
    page of a list, where a contract has pages.
    """

    batch_max: int = 1000
    page_size: int = 100
    list_page_size: int = 100
    refuse_overlaps: bool = False
    one_first_visit_per_service: bool = True
    block_with_visit: bool = True
    """Whether a slot that has a visit may be blocked (the visit stays)."""


@dataclass(slots=True)
class Visit:
    """A visit on a slot. ``person`` is invented, yet treated as a secret: it is in no text form."""

    id: str
    podmiot: str
    slot_id: str
    state: str
    origin: str
    saved_at: datetime
    person: Person = field(repr=False)
    reference: str | None = None
    referral: tuple[str, str] | None = None
    category: int = 2
    reason: str | None = None


@dataclass(slots=True)
class Slot:
    """A slot. ``declared`` is the state last told by the facility; :meth:`Registry.state_of` adds the visits."""

    id: str
    podmiot: str
    schedule: str
    cell: str
    service: str
    starts: datetime
    ends: datetime
    kind: str
    declared: str
    capacity: int
    changed_at: datetime
    reference: str | None = None
    practitioner: tuple[str, str] | None = None
    blocked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed: the visit as it was then."""

    sequence: int
    podmiot: str
    visit_id: str
    slot_id: str
    state: str
    origin: str
    changed_at: datetime
    reference: str | None
    person: Person = field(repr=False)
    referral: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """A slot as a facility puts it."""

    reference: str
    schedule: str
    cell: str
    service: str
    starts: datetime
    ends: datetime
    kind: str
    state: str
    capacity: int
    practitioner: tuple[str, str] | None = None


class Registry:
    """Slots, visits and the change feed. Not thread-safe by itself: the simulator holds one lock."""

    def __init__(self, clock: MovableClock, rules: RegistryRules) -> None:
        self.clock = clock
        self.rules = rules
        self.slots: dict[str, Slot] = {}
        self.visits: dict[str, Visit] = {}
        self.feed: list[Change] = []
        self._by_reference: dict[tuple[str, str], str] = {}
        self._by_day: dict[tuple[str, str, date], set[str]] = {}
        self._visits_of: dict[str, list[str]] = {}
        self._visits_by: dict[tuple[str, str], list[str]] = {}
        self._next = {"slot": 1, "visit": 1}

    # -- slots

    def put(self, podmiot: str, offer: Put) -> Slot:
        """Save a slot, or change the one already known by that reference. Raises Refusal."""
        if (wished := slot_refused(offer.reference)) is not None:
            raise wished
        if offer.kind not in SLOT_KINDS or offer.state not in SLOT_STATES:
            raise refuse("NieprawidloweDane", "the slot's kind or state is not known")
        if offer.ends <= offer.starts:
            raise refuse("NieprawidloweDane", "the slot ends before it starts")
        known = self._by_reference.get((podmiot, offer.reference))
        self._check_overlap(podmiot, offer.schedule, offer.starts, offer.ends, known)
        now = self.clock.now()
        slot = Slot(
            id=known or self._new_id("slot"),
            podmiot=podmiot,
            schedule=offer.schedule,
            cell=offer.cell,
            service=offer.service,
            starts=offer.starts,
            ends=offer.ends,
            kind=offer.kind,
            declared=offer.state,
            capacity=offer.capacity,
            changed_at=now,
            reference=offer.reference,
            practitioner=offer.practitioner,
            blocked_at=now if offer.state == BLOCKED else None,
        )
        if known:
            before = self.slots[known]
            self._forget_day(before)
            slot.blocked_at = before.blocked_at if offer.state == before.declared else slot.blocked_at
        self.slots[slot.id] = slot
        self._by_reference[(podmiot, offer.reference)] = slot.id
        self._days(slot).add(slot.id)
        return slot

    def slot(self, podmiot: str, slot_id: str) -> Slot:
        """A facility's slot. Raises Refusal when there is none or it is another facility's."""
        slot = self.slots.get(slot_id)
        if slot is None:
            raise refuse("SlotNieZnaleziony", "there is no such slot")
        if slot.podmiot != podmiot:
            raise refuse("CudzyObiekt", "the slot is another facility's")
        return slot

    def listed(self, podmiot: str, schedule: str, day: date) -> list[Slot]:
        """A schedule's slots that start on a Warsaw day, by start and id."""
        ids = self._by_day.get((podmiot, schedule, day), ())
        return sorted((self.slots[i] for i in ids), key=lambda slot: (slot.starts, slot.id))

    def state_of(self, slot: Slot) -> str:
        """Open, taken or blocked: what a list of slots shows."""
        if slot.declared == BLOCKED:
            return BLOCKED
        full = len(self.standing(slot.id)) >= slot.capacity
        return TAKEN if full or slot.declared == TAKEN else OPEN

    def edit(
        self,
        podmiot: str,
        slot_id: str,
        *,
        state: str | None = None,
        kind: str | None = None,
        starts: datetime | None = None,
        ends: datetime | None = None,
        apply: bool = True,
    ) -> None:
        """Change a slot; None leaves a value. ``apply`` False acknowledges without doing it. Raises Refusal."""
        slot = self.slot(podmiot, slot_id)
        if (state is not None and state not in SLOT_STATES) or (kind is not None and kind not in SLOT_KINDS):
            raise refuse("NieprawidloweDane", "the slot's kind or state is not known")
        new_starts, new_ends = starts or slot.starts, ends or slot.ends
        if new_ends <= new_starts:
            raise refuse("NieprawidloweDane", "the slot ends before it starts")
        if state == BLOCKED and self.standing(slot_id) and not self.rules.block_with_visit:
            raise refuse("SlotMaWizyte", "a slot with a visit cannot be blocked")
        self._check_overlap(podmiot, slot.schedule, new_starts, new_ends, slot_id)
        if not apply:
            return
        self._forget_day(slot)
        slot.starts, slot.ends, slot.kind = new_starts, new_ends, kind or slot.kind
        self._days(slot).add(slot.id)
        slot.changed_at = self.clock.now()
        if state is not None:
            slot.blocked_at = (slot.blocked_at or slot.changed_at) if state == BLOCKED else None
            slot.declared = state

    def delete(self, podmiot: str, slot_id: str) -> None:
        """Delete a slot that has no visit (cer.md 1.3). Raises Refusal."""
        slot = self.slot(podmiot, slot_id)
        if self.standing(slot_id):
            raise refuse("SlotMaWizyte", "a slot with a visit cannot be deleted")
        self._forget_day(slot)
        del self.slots[slot_id]
        if slot.reference is not None:
            self._by_reference.pop((podmiot, slot.reference), None)

    # -- visits

    def visits_on(self, slot_id: str) -> list[Visit]:
        """All visits that stand or stood on a slot, oldest first."""
        return [self.visits[i] for i in self._visits_of.get(slot_id, ())]

    def standing(self, slot_id: str) -> list[Visit]:
        """Visits that take up a slot: not cancelled."""
        return [visit for visit in self.visits_on(slot_id) if visit.state != CANCELLED]

    def visits_by(self, person: Person) -> list[Visit]:
        """All visits of a person, oldest first."""
        return [self.visits[i] for i in self._visits_by.get(person.key, ())]

    def save_visit(
        self,
        slot: Slot,
        person: Person,
        origin: str,
        *,
        reference: str | None = None,
        referral: tuple[str, str] | None = None,
        category: int = 2,
        ignore_block: bool = False,
        ignore_capacity: bool = False,
    ) -> Visit:
        """Save a visit. The same reference twice makes two visits: CeR knows no idempotency key. Raises Refusal."""
        self._check_bookable(slot, origin, ignore_block=ignore_block, ignore_capacity=ignore_capacity)
        if self.rules.one_first_visit_per_service and slot.kind != CONTINUATION and not ignore_capacity:
            self._check_single(slot, person)
        visit = Visit(
            id=self._new_id("visit"),
            podmiot=slot.podmiot,
            slot_id=slot.id,
            state=SAVED,
            origin=origin,
            saved_at=self.clock.now(),
            person=person,
            reference=reference,
            referral=referral,
            category=category,
        )
        self.visits[visit.id] = visit
        self._visits_of.setdefault(slot.id, []).append(visit.id)
        self._visits_by.setdefault(person.key, []).append(visit.id)
        self._publish(visit, origin)
        return visit

    def visit(self, podmiot: str, visit_id: str) -> Visit:
        """A facility's visit. Raises Refusal when there is none or it is another facility's."""
        visit = self.visits.get(visit_id)
        if visit is None:
            raise refuse("WizytaNieZnaleziona", "there is no such visit")
        if visit.podmiot != podmiot:
            raise refuse("CudzyObiekt", "the visit is another facility's")
        return visit

    def move(self, visit: Visit, slot: Slot, origin: str, *, ignore_block: bool = False) -> None:
        """Put a standing visit on another slot. Raises Refusal."""
        _must_be_saved(visit)
        if slot.id == visit.slot_id:
            return
        self._check_bookable(slot, origin, ignore_block=ignore_block)
        old = visit.slot_id
        self._visits_of[old].remove(visit.id)
        self._free(old)
        visit.slot_id = slot.id
        self._visits_of.setdefault(slot.id, []).append(visit.id)
        self._publish(visit, origin)

    def cancel(self, visit: Visit, origin: str, reason: str) -> None:
        """Cancel a visit: its term returns to the pool (cer.md 1.8). Raises Refusal."""
        _must_be_saved(visit)
        visit.state, visit.reason = CANCELLED, reason
        self._free(visit.slot_id)
        self._publish(visit, origin)

    def attend(self, visit: Visit, *, served: bool) -> None:
        """Mark that the patient was served or did not come. Raises Refusal."""
        _must_be_saved(visit)
        visit.state = SERVED if served else NO_SHOW
        self._publish(visit, FACILITY)

    def changes(self, podmiot: str, after: int) -> tuple[list[Change], bool]:
        """One page of a facility's changes after a sequence number, and whether there are more."""
        newer = [change for change in self.feed[max(after, 0) :] if change.podmiot == podmiot]
        return newer[: self.rules.page_size], len(newer) > self.rules.page_size

    # -- inside

    def _check_bookable(
        self, slot: Slot, origin: str, *, ignore_block: bool = False, ignore_capacity: bool = False
    ) -> None:
        if slot.declared == BLOCKED and not ignore_block:
            raise refuse("SlotZablokowany", "the slot is blocked")
        if origin != FACILITY and slot.kind not in PATIENT_KINDS:
            raise refuse("NieprawidloweDane", "only the facility books on a slot of this kind")
        full = len(self.standing(slot.id)) >= slot.capacity
        if (full or (slot.declared == TAKEN and origin != FACILITY)) and not ignore_capacity:
            raise refuse("SlotZajety", "the slot is taken")

    def _check_single(self, slot: Slot, person: Person) -> None:
        for visit in self.visits_by(person):
            if visit.state != SAVED:
                continue
            other = self.slots[visit.slot_id]
            if other.service == slot.service and other.kind != CONTINUATION:
                raise refuse("NieprawidloweDane", "the person has a term for this service already")

    def _check_overlap(self, podmiot: str, schedule: str, starts: datetime, ends: datetime, known: str | None) -> None:
        if not self.rules.refuse_overlaps:
            return
        for slot in self._same_days(podmiot, schedule, (starts, ends)):
            if slot.id != known and slot.starts < ends and starts < slot.ends:
                raise refuse("SlotNakladaSie", "the slot overlaps another one of its schedule")

    def _same_days(self, podmiot: str, schedule: str, instants: Iterable[datetime]) -> list[Slot]:
        days = {instant.astimezone(WARSAW).date() for instant in instants}
        return [slot for day in days for slot in self.listed(podmiot, schedule, day)]

    def _free(self, slot_id: str) -> None:
        slot = self.slots[slot_id]
        if slot.declared == TAKEN:
            slot.declared, slot.changed_at = OPEN, self.clock.now()

    def _publish(self, visit: Visit, origin: str) -> None:
        self.feed.append(
            Change(
                sequence=len(self.feed) + 1,
                podmiot=visit.podmiot,
                visit_id=visit.id,
                slot_id=visit.slot_id,
                state=visit.state,
                origin=origin,
                changed_at=self.clock.now(),
                reference=visit.reference,
                person=visit.person,
                referral=visit.referral,
            )
        )

    def _new_id(self, kind: str) -> str:
        number = self._next[kind]
        self._next[kind] += 1
        return f"CER-{kind[0].upper()}-{number:08d}"

    def _days(self, slot: Slot) -> set[str]:
        day = slot.starts.astimezone(WARSAW).date()
        return self._by_day.setdefault((slot.podmiot, slot.schedule, day), set())

    def _forget_day(self, slot: Slot) -> None:
        self._days(slot).discard(slot.id)


def _must_be_saved(visit: Visit) -> None:
    if visit.state != SAVED:
        raise refuse("WizytaNiewlasciwyStatus", "the visit is not open any more")
