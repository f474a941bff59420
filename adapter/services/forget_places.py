"""Where the last change of a visit stands in CeR's feed is forgotten when no change came for long.

It is kept so that a change that is read twice is acted on once. A page is read twice in the overlap of two pulls,
which is minutes, or because it is held for rows that nobody could read. As long as a page is held, nothing is
forgotten that was set after it was first read, nor in as long a time before.
"""

from __future__ import annotations

from datetime import timedelta

from adapter.ports import Clock
from adapter.ports.store import Store
from adapter.services.change_feed import PLACE, load_place

BATCH_ROWS = 1000
"""Rows of one transaction."""


def forget_places(store: Store, clock: Clock, facility: str, *, after: timedelta) -> int:
    """Forget the places of visits of which CeR told nothing for ``after``; how many."""
    forgotten = 0
    while True:
        with store.unit_of_work() as work:
            held = (page.since for page in load_place(work, facility).held.values())
            before = min([clock.now(), *held]) - after
            found = work.cursors.forget(facility, PLACE, before, limit=BATCH_ROWS)
            work.commit()
        forgotten += found
        if not found:
            return forgotten
