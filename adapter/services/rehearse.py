"""What a synchronisation would do, without doing it: nothing is written, nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from adapter.ports import Received
from adapter.ports.store import InboxState, StoredProblem
from adapter.services.equipment import Equipment
from adapter.services.receive import POLLED_TYPES, ours, poll_from
from adapter.services.take_in import FETCHES_MAX, ORDER, take_entry


@dataclass(slots=True)
class Rehearsal:
    """How many resources would be taken, refused and quarantined; ``problems`` by source."""

    taken: int = 0
    refused: int = 0
    quarantined: int = 0
    problems: dict[str, list[str]] = field(default_factory=dict)


def rehearse(eq: Equipment, facility: str) -> Rehearsal:
    """Judge everything new from the EHR in one transaction and roll it back.

    Resources that a poll does not bring (new patients) are read when something refers to them, then all is
    judged again: while the transaction holds its locks nothing is asked of the EHR. What is new is
    held in memory.

    Raises:
        Unavailable, Misconfigured: the EHR cannot be asked.
    """
    new = _changes(eq, facility)
    polled = {(one.resource_type, one.resource_id) for one in new}
    asked: set[tuple[str, str]] = set()
    for _ in range(FETCHES_MAX):
        result, lacking = _judge(eq, facility, new, asked - polled)
        unknown = [one for one in lacking if one not in asked]
        asked.update(unknown)
        found = [eq.hospital.read(facility, resource_type, resource_id) for resource_type, resource_id in unknown]
        if not any(found):
            break
        new += [one for one in found if one is not None]
    return result


def _changes(eq: Equipment, facility: str) -> list[Received]:
    with eq.store.unit_of_work() as work:
        starts = {name: poll_from(eq, work, facility, name) for name in POLLED_TYPES}
    found = [
        received
        for resource_type, (cursor, since) in starts.items()
        for page in eq.hospital.changes(facility, resource_type, cursor, since)
        for received in page.resources
    ]
    with eq.store.unit_of_work() as work:
        return ours(work, facility, found)


def _judge(
    eq: Equipment, facility: str, new: Sequence[Received], uncounted: AbstractSet[tuple[str, str]]
) -> tuple[Rehearsal, list[tuple[str, str]]]:
    """What would become of it all, and what is referred to that nobody has: (type, id), each once.

    ``uncounted`` was read only because something refers to it.
    """
    result = Rehearsal()
    lacking: dict[tuple[str, str], None] = {}
    with eq.store.unit_of_work() as work:  # never committed
        for received in new:
            work.inbox.put(facility, received, eq.clock.now())
        for resource_type in ORDER:
            while entries := work.inbox.take(facility, resource_type, eq.limits.take_batch_max):
                for entry in entries:
                    state, problems, missing = take_entry(eq, work, facility, entry)
                    work.inbox.settle(entry.id, state, problems)
                    if missing is not None:
                        lacking[missing.resource_type, missing.resource_id] = None
                    if (resource_type, entry.received.resource_id) not in uncounted:
                        _count(result, entry.received.source, state, problems)
    return result, list(lacking)


def _count(result: Rehearsal, source: str, state: InboxState, problems: tuple[StoredProblem, ...]) -> None:
    if state is InboxState.REFUSED:
        result.refused += 1
    elif state is InboxState.QUARANTINED:
        result.quarantined += 1
    else:
        result.taken += 1
        return
    result.problems[source] = [f"{one.path} {one.rule}: {one.text_en}" for one in problems]
