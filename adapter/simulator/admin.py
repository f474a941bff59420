"""What a tester may do to the simulator: look, reset, move the clock, act as a patient, ask for troubles.

The same verbs are Python methods here and routes in :mod:`adapter.simulator.admin_api`. Words are ours (``blocked``,
``saved``), operations go by our verb (``save_visit``) or by their national name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from adapter.errors import BadInput
from adapter.simulator.clock import MovableClock
from adapter.simulator.https import Endpoint
from adapter.simulator.referrals import Referral
from adapter.simulator.registry import CONTINUATION, PATIENT, PRIVILEGED_CATEGORY, SAVED, Slot, Visit
from adapter.simulator.state import State, known_person
from adapter.simulator.trouble import SYSTEMS, Trouble, check
from adapter.simulator.waiting import Entry
from adapter.simulator.world import World, load

IKP = "ikp"
"""The operation name of what a patient does, for troubles of the calendar."""


class Admin:
    """Verbs of the tester. All are thread-safe; refusals of the rules are raised as they are."""

    def __init__(
        self,
        state: State,
        clock: MovableClock,
        endpoints: Mapping[str, Endpoint],
        first_world: Callable[[], World],
        verbs: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._state = state
        self._clock = clock
        self._endpoints = endpoints
        self._first_world = first_world
        self._verbs = verbs

    # -- the world

    def reset(self) -> None:
        """Back to the seed; troubles are cleared. The clock stays."""
        self.clear_troubles()
        self._state.reset(self._first_world())

    def seed(self, seed: Path | Mapping[str, Any]) -> None:
        """Add facilities, people, referrals, slots and visits. Raises BadInput."""
        self._state.add(load(seed))

    def now(self) -> datetime:
        """The calendar's time."""
        return self._clock.now()

    def advance_clock(self, by: timedelta) -> datetime:
        """Move the calendar's time and let the waiting room be looked through."""
        with self._state.lock:
            self._clock.advance(by)
            self._state.waiting.run_matcher()
            return self._clock.now()

    def set_clock(self, instant: datetime, *, hold: bool = False) -> datetime:
        """Set the calendar's time (aware), standing still with ``hold``; the waiting room is looked through."""
        with self._state.lock:
            self._clock.set(instant, hold=hold)
            self._state.waiting.run_matcher()
            return self._clock.now()

    def run_matcher(self) -> list[dict[str, Any]]:
        """Book whoever waits and can be booked; returns the visits made."""
        with self._state.lock:
            return [self._visit(visit) for visit in self._state.waiting.run_matcher()]

    # -- a patient in IKP

    def patient_books(self, slot: str, person: Mapping[str, Any], *, referral: tuple[str, str] | None = None) -> str:
        """A patient books a slot (CeR's id, or the facility's reference); returns the visit's id.

        ``person``: ``pesel`` of a known person, or ``pesel, given, family, phone``. ``referral``: (root, extension).

        Raises:
            Refusal: CeR's rules forbid it. BadInput: there is no such slot or person.
        """
        with self._state.lock:
            who = known_person(self._state, dict(person))
            return self._state.book(self._slot_of(slot), who, PATIENT, IKP, referral=referral).id

    def patient_cancels(self, visit_id: str) -> str | None:
        """A patient cancels. A privileged patient's first visit: the privilege is lost and the waiting room entered
        (cer.md 1.7, 6); then the entry's id is returned.
        """
        with self._state.lock:
            visit = self._visit_of(visit_id)
            slot = self._state.registry.slots[visit.slot_id]
            self._state.registry.cancel(visit, PATIENT, "PACJENT")
            privileged = visit.category == PRIVILEGED_CATEGORY or self._state.is_privileged(visit.person)
            if not privileged or slot.kind == CONTINUATION:
                return None
            if (known := self._state.world.people.get(visit.person.key)) is not None:
                known.privileged = False
            entry = self._state.waiting.join(
                slot.podmiot, slot.cell, slot.service, visit.person, waived=True, referral=visit.referral
            )
            return entry.id

    def patient_moves(self, visit_id: str, slot: str) -> None:
        """A patient moves a visit to another slot."""
        with self._state.lock:
            self._state.registry.move(self._visit_of(visit_id), self._slot_of(slot), PATIENT)

    def patient_joins(
        self,
        podmiot: str,
        cell: str,
        service: str,
        person: Mapping[str, Any],
        *,
        criterion: str = "stable",
        not_before: date | None = None,
    ) -> str:
        """A patient enters the waiting room; returns the entry's id. Raises Refusal."""
        with self._state.lock:
            who = known_person(self._state, dict(person))
            return self._state.waiting.join(podmiot, cell, service, who, criterion=criterion, not_before=not_before).id

    # -- troubles

    def trouble(
        self,
        kind: str,
        *,
        system: str = "cer",
        operation: str | None = None,
        count: int | None = 1,
        seconds: float = 0.0,
        major: str = "bladWewnetrzny",
        minor: str = "",
    ) -> int:
        """Ask for a trouble (:data:`adapter.simulator.trouble.KINDS`); returns its id (0 for dropped
        connections, which count themselves). Raises BadInput.

        ``count`` None goes on until :meth:`clear_troubles`. ``operation``: our verb, a national name, or ``ikp``.
        """
        if system not in SYSTEMS:
            raise BadInput("the system is cer or p1", field="system")
        name = None
        if operation is not None:
            name = self._verbs[system].get(operation, operation)
            if name not in {*self._verbs[system].values(), IKP}:
                raise BadInput(f"{system} has no operation {operation!r}", field="operation")
        wanted = Trouble(kind, system, name, count, seconds, major, minor)
        if kind == "refused" and count is not None:
            check(wanted)
            self._endpoints[system].drop_connections(count)
            return 0
        added = self._state.troubles.add(wanted)
        if kind == "refused":
            self._endpoints[system].stop()
        return added.id

    def clear_troubles(self) -> None:
        """All is well again; closed ports open."""
        self._state.troubles.clear()
        for endpoint in self._endpoints.values():
            endpoint.drop_connections(0)
            if endpoint.started_once:
                endpoint.start()

    def troubles(self) -> list[dict[str, Any]]:
        """What is still asked for."""
        return [asdict(trouble) for trouble in self._state.troubles.listed()]

    # -- looking

    def state(self) -> dict[str, Any]:
        """Everything, for people and programs. People appear by identifier: they are invented."""
        with self._state.lock:
            return {
                "now": self._clock.now().isoformat(),
                "slots": self.slots(),
                "visits": self.visits(),
                "waiting_room": [self._entry(entry) for entry in self._state.waiting.entries.values()],
                "referrals": self.referrals(),
                "feed": [
                    {
                        "sequence": change.sequence,
                        "visit": change.visit_id,
                        "slot": change.slot_id,
                        "state": change.state,
                        "origin": change.origin,
                        "reference": change.reference,
                        "at": change.changed_at.isoformat(),
                    }
                    for change in self._state.registry.feed
                ],
                "counters": self.counters(),
                "troubles": self.troubles(),
            }

    def slots(self) -> list[dict[str, Any]]:
        """All slots, by start."""
        with self._state.lock:
            slots = sorted(self._state.registry.slots.values(), key=lambda slot: (slot.starts, slot.id))
            return [self._slot(slot) for slot in slots]

    def visits(self) -> list[dict[str, Any]]:
        """All visits, oldest first."""
        with self._state.lock:
            return [self._visit(visit) for visit in self._state.registry.visits.values()]

    def referrals(self) -> list[dict[str, Any]]:
        """All referrals, without key and code."""
        with self._state.lock:
            return [self._referral(referral) for referral in self._state.referrals.by_number.values()]

    def counters(self) -> dict[str, dict[str, int]]:
        """Messages by operation: ``received`` (accepted for processing) and ``done``; ``faults`` by code."""
        with self._state.lock:
            return {
                "received": dict(self._state.received),
                "done": dict(self._state.done),
                "faults": dict(self._state.faults),
            }

    # -- inside

    def _slot_of(self, name: str) -> Slot:
        slots = self._state.registry.slots
        found = slots.get(name) or next((slot for slot in slots.values() if slot.reference == name), None)
        if found is None:
            raise BadInput("there is no such slot", field="slot")
        return found

    def _visit_of(self, visit_id: str) -> Visit:
        visit = self._state.registry.visits.get(visit_id)
        if visit is None:
            raise BadInput("there is no such visit", field="visit")
        return visit

    def _slot(self, slot: Slot) -> dict[str, Any]:
        standing = self._state.registry.standing(slot.id)
        return {
            "id": slot.id,
            "reference": slot.reference,
            "podmiot": slot.podmiot,
            "schedule": slot.schedule,
            "cell": slot.cell,
            "service": slot.service,
            "starts": slot.starts.isoformat(),
            "ends": slot.ends.isoformat(),
            "kind": slot.kind,
            "state": self._state.registry.state_of(slot),
            "capacity": slot.capacity,
            "blocked_at": slot.blocked_at.isoformat() if slot.blocked_at else None,
            "visits": [visit.id for visit in standing],
        }

    def _visit(self, visit: Visit) -> dict[str, Any]:
        return {
            "id": visit.id,
            "slot": visit.slot_id,
            "state": visit.state,
            "origin": visit.origin,
            "reference": visit.reference,
            "referral": visit.referral,
            "category": visit.category,
            "saved_at": visit.saved_at.isoformat(),
            "reason": visit.reason,
            "person": visit.person.id_extension,
            "open": visit.state == SAVED,
        }

    def _referral(self, referral: Referral) -> dict[str, Any]:
        return {
            "root": referral.root,
            "number": referral.extension,
            "state": referral.state,
            "holder": referral.holder,
            "issuer": referral.issuer,
            "person": referral.person_extension,
            "visit_at": referral.visit_at.isoformat() if referral.visit_at else None,
            "comments": [comment.text for comment in referral.comments],
            "history": [{"what": what, "by": by} for what, by in referral.history],
        }

    def _entry(self, entry: Entry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "reference": entry.reference,
            "open": entry.open,
            "service": entry.service,
            "criterion": entry.criterion,
            "searched_until": entry.searched_until.isoformat(),
            "visit": entry.visit_id,
            "reason": entry.reason,
            "person": entry.person.id_extension,
        }
