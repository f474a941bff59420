"""Everything the simulated authorities remember, behind one lock.

Seeded from :mod:`adapter.simulator.world`; reset to the seed at any time. Counters say how many messages of
each operation were accepted for processing and how many of them were carried out.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import Any

from adapter.errors import BadInput
from adapter.simulator import documents
from adapter.simulator.answers import Refusal
from adapter.simulator.clock import MovableClock
from adapter.simulator.referrals import STATES, WITH_PROVIDER, Referral, Referrals
from adapter.simulator.registry import FACILITY, Put, Registry, RegistryRules, Slot, Visit
from adapter.simulator.sentinels import Met
from adapter.simulator.trouble import Troubles
from adapter.simulator.waiting import TEST_SERVICES, WaitingRoom
from adapter.simulator.world import PESEL_ROOT, Person, World, person_of

REFERRAL_NODE = "2.16.840.1.113883.3.4424.2.7."
DOCTOR_ROOT = "2.16.840.1.113883.3.4424.1.6.2"


class State:
    """One world with its registers. Hold :attr:`lock` around anything that reads or changes them."""

    def __init__(
        self,
        clock: MovableClock,
        world: World,
        rules: RegistryRules,
        *,
        hits_max: int = 50,
        test_services: frozenset[str] = TEST_SERVICES,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.rules = rules
        self.hits_max = hits_max
        self.test_services = test_services
        self.troubles = Troubles()
        self.reset(world)

    def reset(self, world: World) -> None:
        """Forget everything and take ``world``. Raises BadInput when the seed does not fit together."""
        with self.lock:
            self.world = World()
            self.registry = Registry(self.clock, self.rules)
            self.waiting = WaitingRoom(self.clock, self.registry, self.is_privileged, self.test_services)
            self.referrals = Referrals(self.clock, hits_max=self.hits_max)
            self.received: Counter[str] = Counter()
            self.done: Counter[str] = Counter()
            self.faults: Counter[str] = Counter()
            self.met = Met()
            self.add(world)

    def add(self, world: World) -> None:
        """Add a seed to what there is. Raises BadInput when it does not fit."""
        with self.lock:
            self.world.facilities.update(world.facilities)
            self.world.people.update(world.people)
            for row in world.referrals:
                self.referrals.add(self._referral(row))
            for row in world.slots:
                self._slot(row)
            for row in world.visits:
                self._visit(row)

    def is_privileged(self, person: Person) -> bool:
        """Whether the person has a confirmed right to be served out of turn."""
        known = self.world.people.get(person.key)
        return known is not None and known.privileged

    def book(
        self,
        slot: Slot,
        person: Person,
        origin: str,
        operation: str,
        *,
        reference: str | None = None,
        referral: tuple[str, str] | None = None,
        category: int = 2,
        ignore_block: bool = False,
        ignore_capacity: bool = False,
    ) -> Visit:
        """Save a visit, with the calendar's own faults if they were asked for. Raises Refusal."""
        while True:
            try:
                return self.registry.save_visit(
                    slot,
                    person,
                    origin,
                    reference=reference,
                    referral=referral,
                    category=category,
                    ignore_block=ignore_block,
                    ignore_capacity=ignore_capacity,
                )
            except Refusal as refusal:
                if refusal.minor.endswith(":SlotZablokowany"):
                    if self.troubles.take("block-ignored", "cer", operation) is None:
                        raise
                    ignore_block = True
                elif refusal.minor.endswith(":SlotZajety"):
                    if self.troubles.take("capacity-ignored", "cer", operation) is None:
                        raise
                    ignore_capacity = True
                else:
                    raise

    def _referral(self, row: dict[str, Any]) -> Referral:
        person = self.world.person(str(row.get("person")), str(row.get("person_root", PESEL_ROOT)))
        facility = self.world.facilities.get(str(row.get("issuer")))
        if person is None or facility is None:
            raise BadInput("a referral's person and issuer stand in the seed too", field="referrals")
        try:
            author = documents.Author(row.get("author", "5425740"), row.get("author_name", "Lek. Testowy"))
            facts = documents.Facts(
                root=f"{REFERRAL_NODE}{facility.node.rpartition('.')[2]}.4.1",
                extension=row["number"],
                person_root=person.id_root,
                person_extension=person.id_extension,
                given=person.given,
                family=person.family,
                podmiot=facility.podmiot,
                podmiot_name=facility.name,
                author=author,
                issued_on=datetime.fromisoformat(row["issued_on"]).date(),
                diagnosis=row.get("diagnosis", "I10"),
                specialty=row.get("specialty", "1100"),
                urgent=bool(row.get("urgent", False)),
            )
            state = row.get("state", "issued")
            referral = Referral(
                root=facts.root,
                extension=facts.extension,
                key=row["key"],
                code=row["code"],
                person_root=person.id_root,
                person_extension=person.id_extension,
                issuer=facility.podmiot,
                issuer_name=facility.name,
                author=(DOCTOR_ROOT, author.number),
                author_name=author.name,
                issued_on=facts.issued_on,
                document=documents.write(facts),
                state=state,
                holder=row.get("holder"),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise BadInput(f"a referral of the seed is incomplete: {wrong}", field="referrals") from wrong
        if state not in STATES or (state == WITH_PROVIDER) != (referral.holder is not None):
            raise BadInput("a referral of the seed has an unknown state, or no holder", field="referrals")
        if referral.holder:
            referral.history.append(("accept", referral.holder))
        referral.findings = documents.verify(facts, facility.node, ())[0]
        return referral

    def _slot(self, row: dict[str, Any]) -> None:
        try:
            self.registry.put(
                row["podmiot"],
                Put(
                    reference=row["reference"],
                    schedule=row["schedule"],
                    cell=row["cell"],
                    service=row["service"],
                    starts=datetime.fromisoformat(row["starts"]),
                    ends=datetime.fromisoformat(row["ends"]),
                    kind=row["kind"],
                    state=row.get("state", "open"),
                    capacity=int(row.get("capacity", 1)),
                ),
            )
        except (KeyError, TypeError, ValueError, Refusal) as wrong:
            raise BadInput(f"a slot of the seed is wrong: {wrong}", field="slots") from wrong

    def _visit(self, row: dict[str, Any]) -> None:
        slot = next((s for s in self.registry.slots.values() if s.reference == row.get("slot")), None)
        person = self.world.person(str(row.get("person")))
        if slot is None or person is None:
            raise BadInput("a visit's slot and person stand in the seed too", field="visits")
        self.registry.save_visit(slot, person, row.get("origin", FACILITY), reference=row.get("reference"))


def known_person(state: State, row: dict[str, Any]) -> Person:
    """A person named in an admin call: by identifier only when already known. Raises BadInput."""
    extension = str(row.get("id", row.get("pesel", "")))
    known = state.world.person(extension, str(row.get("id_root", PESEL_ROOT)))
    return known if known is not None and "given" not in row else person_of(row, "person")
