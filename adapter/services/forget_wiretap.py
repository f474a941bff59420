"""The wiretap forgets: exchanges whose time is over are deleted, what is unmasked is erased sooner."""

from __future__ import annotations

from datetime import timedelta

from adapter.ports import Clock
from adapter.ports.store import Store

BATCH_ROWS = 1000
"""Rows of one transaction: a first load leaves tens of thousands."""


def forget_wiretap(store: Store, clock: Clock, facility: str, *, masked: timedelta, unmasked: timedelta) -> int:
    """Delete and erase for one facility; how many rows it touched.

    ``masked`` is how long an exchange is kept, ``unmasked`` how long what is unmasked of it (never longer).
    """
    now, touched = clock.now(), 0
    while True:
        with store.unit_of_work() as work:
            found = work.wiretap.forget(
                facility,
                masked_before=now - masked,
                clear_before=now - min(masked, unmasked),
                limit=BATCH_ROWS,
            )
            work.commit()
        touched += found
        if not found:
            return touched
