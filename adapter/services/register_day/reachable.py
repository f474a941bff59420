"""Since when P1 answers again (R-08): noted whenever somebody looks, for a rest leaves no trace once it is over.

An outage that begins and ends between two looks is not seen; then the time before it counts. No alarm is early for
it: the hour of R-08 never begins before the entry itself.
"""

from __future__ import annotations

from datetime import datetime

from adapter.ports.store import Destination, UnitOfWork

CURSOR = "p1:answers-since"
"""Name of the cursor: an instant, empty while P1 is out of reach."""


def reachable_since(work: UnitOfWork, facility: str, now: datetime) -> datetime | None:
    """When P1 answered again, as far as anybody noticed; None while it is out of reach. Nothing is written."""
    if work.outbox.resting(facility, Destination.P1) is not None:
        return None
    noted = work.cursors.get(facility, CURSOR)
    return datetime.fromisoformat(noted) if noted else now


def note_reachability(work: UnitOfWork, facility: str, now: datetime) -> datetime | None:
    """The same, and written down for the next look."""
    since = reachable_since(work, facility, now)
    said = since.isoformat() if since is not None else ""
    if said != work.cursors.get(facility, CURSOR):
        work.cursors.set(facility, CURSOR, said)
    return since
