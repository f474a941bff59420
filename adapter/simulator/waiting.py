"""The waiting room (Poczekalnia): who waits for a term, until when, and who gets one.

Facts: cer.md 1.6 (search for 40 days for visits, 90 for tests; a matching term is booked automatically; urgent
before stable, then by order of registration), 1.7 (a privileged patient may not enter unless he gave
the privilege up). The matching runs only when asked to, so that a test sees what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from adapter.simulator.answers import Refusal
from adapter.simulator.clock import WARSAW, MovableClock
from adapter.simulator.registry import (
    OPEN,
    PRIVILEGED_CATEGORY,
    SAVED,
    STABLE,
    SYSTEM,
    URGENT,
    Registry,
    Visit,
    refuse,
)
from adapter.simulator.world import Person

VISIT_SEARCH_DAYS = 40
TEST_SEARCH_DAYS = 90
TEST_SERVICES = frozenset({"mammography", "hpv-cytology"})
"""Services searched for 90 days, unless the configuration names others."""
CRITERIA = frozenset({STABLE, URGENT})


@dataclass(slots=True)
class Entry:
    """A place in the waiting room. ``searched_until`` is the last Warsaw day of the search."""

    id: str
    podmiot: str
    cell: str
    service: str
    person: Person = field(repr=False)
    criterion: str
    joined_at: datetime
    searched_until: date
    open: bool = True
    reference: str | None = None
    referral: tuple[str, str] | None = None
    not_before: date | None = None
    visit_id: str | None = None
    reason: str | None = None


class WaitingRoom:
    """Entries and the automatic booking. ``is_privileged`` says whether a person has the right today."""

    def __init__(
        self,
        clock: MovableClock,
        registry: Registry,
        is_privileged: Callable[[Person], bool],
        test_services: frozenset[str] = TEST_SERVICES,
    ) -> None:
        self.clock = clock
        self.registry = registry
        self.is_privileged = is_privileged
        self.test_services = test_services
        self.entries: dict[str, Entry] = {}

    def join(
        self,
        podmiot: str,
        cell: str,
        service: str,
        person: Person,
        *,
        criterion: str = STABLE,
        waived: bool = False,
        reference: str | None = None,
        referral: tuple[str, str] | None = None,
        not_before: date | None = None,
    ) -> Entry:
        """Put a person in the waiting room. Raises Refusal."""
        if criterion not in CRITERIA:
            raise refuse("NieprawidloweDane", "the medical criterion is not known")
        if not waived and (self.is_privileged(person) or self._saved_as_privileged(person)):
            raise refuse("UprzywilejowanyWPoczekalni", "a privileged patient is not put in the waiting room")
        for entry in self.entries.values():
            if entry.open and entry.person.key == person.key and entry.service == service:
                raise refuse("JuzWPoczekalni", "the person waits for this service already")
        now = self.clock.now()
        days = TEST_SEARCH_DAYS if service in self.test_services else VISIT_SEARCH_DAYS
        entry = Entry(
            id=f"CER-P-{len(self.entries) + 1:08d}",
            podmiot=podmiot,
            cell=cell,
            service=service,
            person=person,
            criterion=criterion,
            joined_at=now,
            searched_until=now.astimezone(WARSAW).date() + timedelta(days=days),
            reference=reference,
            referral=referral,
            not_before=not_before,
        )
        self.entries[entry.id] = entry
        return entry

    def leave(self, podmiot: str, entry_id: str, reason: str) -> Entry:
        """Take an open entry out. Raises Refusal."""
        entry = self.read(podmiot, entry_id)
        if not entry.open:
            raise refuse("NieprawidloweDane", "the entry is closed already")
        entry.open, entry.reason = False, reason
        return entry

    def read(self, podmiot: str, entry_id: str) -> Entry:
        """A facility's entry. Raises Refusal."""
        entry = self.entries.get(entry_id)
        if entry is None:
            raise refuse("NieZnaleziono", "there is no such entry")
        if entry.podmiot != podmiot:
            raise refuse("CudzyObiekt", "the entry is another facility's")
        return entry

    def find(self, podmiot: str, reference: str) -> Entry | None:
        """The newest entry saved under the facility's reference, None if there is none."""
        found = [e for e in self.entries.values() if e.podmiot == podmiot and e.reference == reference]
        return found[-1] if found else None

    def run_matcher(self) -> list[Visit]:
        """Close entries whose search is over, then book whoever can be booked; returns the visits made."""
        now = self.clock.now()
        today = now.astimezone(WARSAW).date()
        made = []
        waiting = [entry for entry in self.entries.values() if entry.open]
        for entry in sorted(waiting, key=lambda e: (e.criterion != URGENT, e.joined_at, e.id)):
            if entry.searched_until < today:
                entry.open = False
                continue
            if (visit := self._book(entry, now)) is not None:
                made.append(visit)
        return made

    def _book(self, entry: Entry, now: datetime) -> Visit | None:
        """The earliest open term of the service that fits, taken; None when there is none."""
        kinds = {STABLE, URGENT} if entry.criterion == URGENT else {STABLE}
        for slot in sorted(self.registry.slots.values(), key=lambda s: (s.starts, s.id)):
            day = slot.starts.astimezone(WARSAW).date()
            if slot.service != entry.service or slot.podmiot != entry.podmiot or slot.kind not in kinds:
                continue
            if slot.starts <= now or (entry.not_before and day < entry.not_before):
                continue
            if self.registry.state_of(slot) != OPEN:
                continue
            try:
                visit = self.registry.save_visit(
                    slot, entry.person, SYSTEM, reference=entry.reference, referral=entry.referral
                )
            except Refusal:
                return None
            entry.open, entry.visit_id = False, visit.id
            return visit
        return None

    def _saved_as_privileged(self, person: Person) -> bool:
        return any(
            visit.state == SAVED and visit.category == PRIVILEGED_CATEGORY for visit in self.registry.visits_by(person)
        )
