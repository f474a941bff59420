"""A register in memory: entries, their steps and the numbers of lists, kept as the store keeps them.

What needs a whole list is answered by the pure functions of ``adapter/domain/rules/position.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from adapter.domain.entitlement import Category
from adapter.domain.register import AdmissionSchedule, Entry, EntryPerson
from adapter.domain.rules import position
from adapter.domain.rules.duplicates import KnownEntry
from adapter.ports.register import EntryStanding, Step, StoredEntry

Key = tuple[str, str]
"""(facility, id)."""


@dataclass
class MemoryRegister:
    """Everything is in insertion order; an entry that is put again keeps its place."""

    kept: dict[Key, StoredEntry] = field(default_factory=dict)
    done: dict[Key, list[Step]] = field(default_factory=dict)
    known_schedules: dict[Key, AdmissionSchedule] = field(default_factory=dict)
    given: dict[tuple[str, str, bool], dict[int, str]] = field(default_factory=dict)
    """Numbers that a list gave, and to whom."""
    locked: list[str] = field(default_factory=list)

    def put_schedule(self, facility: str, schedule: AdmissionSchedule) -> None:
        self.known_schedules[facility, schedule.id] = schedule

    def schedules(self, facility: str) -> Sequence[AdmissionSchedule]:
        return [one for (whose, _), one in sorted(self.known_schedules.items()) if whose == facility]

    def lock_list(self, facility: str, schedule_id: str) -> None:
        self.locked.append(schedule_id)

    def next_number(self, facility: str, schedule_id: str, *, oncology: bool) -> int:
        return max(self.given.get((facility, schedule_id, oncology), {}), default=0) + 1

    def put(self, facility: str, stored: StoredEntry, steps: Sequence[Step]) -> None:
        entry = stored.entry
        if any(step.entry_id != entry.id for step in steps):
            raise ValueError("a step is put with the entry that it is of")
        before = self.kept.get((facility, entry.id))
        numbered = before is not None and before.entry.number is not None
        if before is not None and numbered and _line(before.entry) != _line(entry):
            raise ValueError("an entry keeps its running number and the list of that number")
        if entry.number is not None and not numbered:
            line = self.given.setdefault((facility, entry.schedule.id, entry.category is Category.ONCOLOGY), {})
            if line.setdefault(entry.number, entry.id) != entry.id:
                raise ValueError("the running number is another entry's")
        self.kept[facility, entry.id] = stored
        self.done.setdefault((facility, entry.id), []).extend(steps)

    def entry(self, facility: str, entry_id: str) -> StoredEntry | None:
        return self.kept.get((facility, entry_id))

    def entry_of_visit(self, facility: str, visit_id: str) -> StoredEntry | None:
        found = [one for one in self._of(facility) if one.visit_id == visit_id]
        return found[-1] if found else None

    def entry_id_of_visit(self, facility: str, visit_id: str) -> str | None:
        found = self.entry_of_visit(facility, visit_id)
        return None if found is None else found.entry.id

    def open_continuing(self, facility: str, patient_id: str, schedule_id: str) -> StoredEntry | None:
        found = [
            one
            for one in self._of(facility)
            if one.patient_id == patient_id
            and one.entry.schedule.id == schedule_id
            and one.entry.category is Category.CONTINUING
            and _stands(one)
        ]
        return found[-1] if found else None

    def entries_of_patient(self, facility: str, patient_id: str) -> Sequence[StoredEntry]:
        return _oldest_first(one for one in self._of(facility) if one.patient_id == patient_id)

    def known_of_patient(self, facility: str, patient_id: str, provider: str) -> Sequence[KnownEntry]:
        everyone = self._of(facility)
        own = {one.entry.person.identifier for one in everyone if one.patient_id == patient_id} - {None}
        return [
            KnownEntry.of(one.entry, provider)
            for one in _oldest_first(everyone)
            if _stands(one) and (one.patient_id == patient_id or one.entry.person.identifier in own)
        ]

    def entries_of_referral(self, facility: str, referral_id: str) -> Sequence[StoredEntry]:
        return _oldest_first(one for one in self._of(facility) if one.referral_id == referral_id)

    def overtaken(self, facility: str, entry: Entry, limit: int = 100) -> Sequence[Entry]:
        found = position.overtaken(entry, self._list(facility, entry))
        return [replace(one, person=EntryPerson(one.person.key)) for one in found[:limit]]

    def places(
        self,
        facility: str,
        *,
        entry_id: str | None = None,
        patient_id: str | None = None,
        referral_id: str | None = None,
    ) -> Sequence[tuple[str, str | None]]:
        found = {
            (one.visit_id, one.referral_id)
            for one in self._of(facility)
            if entry_id in (None, one.entry.id)
            and patient_id in (None, one.patient_id)
            and referral_id in (None, one.referral_id)
        }
        return sorted(found, key=lambda one: (one[0], one[1] or ""))

    def unsettled(self, facility: str) -> Iterator[StoredEntry]:
        asking = {EntryStanding.AWAITING, EntryStanding.OFFLINE}
        yield from _oldest_first(one for one in self._of(facility) if one.entry.open and one.standing in asking)

    def position(self, facility: str, entry: Entry) -> int | None:
        known = self.kept.get((facility, entry.id))
        if known is not None and known.standing is EntryStanding.REJECTED:
            return None
        return position.position(entry, self._list(facility, entry))

    def waiting(self, facility: str, schedule_id: str, *, oncology: bool = False) -> Sequence[StoredEntry]:
        category = Category.ONCOLOGY if oncology else Category.WAITING
        found = [
            one
            for one in self._of(facility)
            if one.entry.schedule.id == schedule_id and one.entry.category is category and _stands(one)
        ]
        return sorted(found, key=lambda one: position.place_key(one.entry))

    def listed(
        self, facility: str, schedule_id: str | None = None, *, open_only: bool = True, since: date | None = None
    ) -> Iterator[StoredEntry]:
        whole = sorted(
            self._of(facility), key=lambda one: (one.entry.schedule.id, one.entry.reported_at, one.entry.id)
        )
        for one in whole:
            end = one.entry.removal
            refused = one.standing is EntryStanding.REJECTED
            late = since is not None and end is not None and end.on >= since and not refused
            everything = since is None and not open_only
            if schedule_id in {None, one.entry.schedule.id} and (_stands(one) or late or everything):
                yield one

    def count_listed(self, facility: str, *, since: date | None = None) -> int:
        return len(list(self.listed(facility, open_only=False, since=since)))

    def window(self, facility: str, schedule_id: str, first: date, last: date) -> Sequence[StoredEntry]:
        found = [
            (one.entry.term.first, position.place_key(one.entry), one)
            for one in self._of(facility)
            if one.entry.schedule.id == schedule_id
            and one.entry.on_waiting_list
            and _stands(one)
            and one.entry.term is not None
            and first <= one.entry.term.first <= last
        ]
        return [one for _, _, one in sorted(found, key=lambda one: one[:2])]

    def steps(self, facility: str, entry_id: str) -> Sequence[Step]:
        return tuple(self.done.get((facility, entry_id), ()))

    def steps_of(self, facility: str, entry_ids: Sequence[str]) -> Mapping[str, Sequence[Step]]:
        return {one: found for one in entry_ids if (found := self.steps(facility, one))}

    def _of(self, facility: str) -> list[StoredEntry]:
        return [one for (whose, _), one in self.kept.items() if whose == facility]

    def _list(self, facility: str, entry: Entry) -> list[Entry]:
        """Those on the list of ``entry``: its schedule's, or that schedule's oncology list."""
        oncology = entry.category is Category.ONCOLOGY
        return [one.entry for one in self.waiting(facility, entry.schedule.id, oncology=oncology)]


def _stands(stored: StoredEntry) -> bool:
    return stored.entry.open and stored.standing is not EntryStanding.REJECTED


def _line(entry: Entry) -> tuple[str, int | None]:
    return entry.schedule.id, entry.number


def _oldest_first(entries: Iterable[StoredEntry]) -> list[StoredEntry]:
    """By the time of entering; those of one instant as they were put."""
    return sorted(entries, key=lambda one: one.entry.entered_at)
