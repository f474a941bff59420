"""Receive what changed in the EHR and take it in; Slots that come by the page while the next page is received.

Only Slots, and only by full pages (a first load): Schedules are all received before the first of them. Everything
else waits until all is received, so that nothing is judged by an older version of what it refers to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from adapter.errors import AdapterError
from adapter.services.equipment import Equipment
from adapter.services.receive import receive_pages
from adapter.services.settle_behind import Behind
from adapter.services.take_in import ORDER, TakenIn, take_in_types

EARLY = ("Schedule", "Slot")
"""What is taken in while more of the last of them is received."""


@dataclass(slots=True)
class BroughtIn:
    """How many versions were new, what became of the entries, and why not all could be received."""

    received: int = 0
    taken: TakenIn = field(default_factory=TakenIn)
    problem: AdapterError | None = None


def bring_in(eq: Equipment, facility: str) -> BroughtIn:
    """Receive and take in. That the EHR cannot be asked is noted: what came before is taken in.

    Raises:
        Unavailable, Misconfigured: by taking in.
    """
    result = BroughtIn()
    pages = receive_pages(eq, facility)
    with Behind() as behind:
        while True:
            try:
                resource_type, stored = next(pages, ("", 0))
            except AdapterError as error:
                result.problem = error
                break
            if not resource_type:
                break
            result.received += stored
            if resource_type == EARLY[-1] and stored >= eq.limits.take_batch_max:
                behind.do(partial(take_in_types, eq, facility, EARLY, result.taken))
    take_in_types(eq, facility, ORDER, result.taken)
    return result
