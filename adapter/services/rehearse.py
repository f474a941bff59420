"""What a synchronisation would do, without doing it: nothing is written, nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapter.ports.store import InboxState, StoredProblem
from adapter.services.equipment import Equipment
from adapter.services.receive import POLLED_TYPES
from adapter.services.take_in import ORDER, take_entry


@dataclass(slots=True)
class Rehearsal:
    """How many resources would be taken, refused and quarantined; ``problems`` by source."""

    taken: int = 0
    refused: int = 0
    quarantined: int = 0
    problems: dict[str, list[str]] = field(default_factory=dict)


def rehearse(eq: Equipment, facility: str) -> Rehearsal:
    """Read everything new from the EHR into one transaction, judge it, and roll the transaction back.

    Resources that a poll does not bring (patients) are read when something refers to them.

    Raises:
        Unavailable, Misconfigured: the EHR cannot be asked.
    """
    result = Rehearsal()
    with eq.store.unit_of_work() as work:  # never committed
        for resource_type in POLLED_TYPES:
            cursor = work.cursors.get(facility, f"ehr:{resource_type}")
            for page in eq.hospital.changes(facility, resource_type, cursor):
                for received in page.resources:
                    work.inbox.put(facility, received, eq.clock.now())
        for resource_type in ORDER:
            while entries := work.inbox.take(facility, resource_type, eq.limits.take_batch_max):
                for entry in entries:
                    state, problems, lacking = take_entry(eq, work, facility, entry)
                    if lacking is not None:
                        found = eq.hospital.read(facility, lacking.resource_type, lacking.resource_id)
                        if found is not None and (number := work.inbox.put(facility, found, eq.clock.now())):
                            other = work.inbox.get(number)
                            if other is not None:
                                work.inbox.settle(number, take_entry(eq, work, facility, other)[0])
                                state, problems, _ = take_entry(eq, work, facility, entry)
                    work.inbox.settle(entry.id, state, problems)
                    _count(result, entry.received.source, state, problems)
    return result


def _count(result: Rehearsal, source: str, state: InboxState, problems: tuple[StoredProblem, ...]) -> None:
    if state is InboxState.REFUSED:
        result.refused += 1
    elif state is InboxState.QUARANTINED:
        result.quarantined += 1
    else:
        result.taken += 1
        return
    result.problems[source] = [f"{one.path} {one.rule}: {one.text_en}" for one in problems]
