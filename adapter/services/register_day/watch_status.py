"""R-08: offline entries whose e-referral still has no status in P1, looked at some times an hour.

The outbox sends by itself as soon as P1 answers; here somebody is told when it does not within the hour.
"""

from __future__ import annotations

from uuid import uuid4

from adapter.domain.rules.offline import sync_due
from adapter.domain.rules.verdict import Outcome
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.ports.store import Action
from adapter.ports.tasks import NewTask
from adapter.services.desk import UNFINISHED, Desk
from adapter.services.equipment import Equipment
from adapter.services.register.follow import entry_subject, new_tasks
from adapter.services.register_day.reachable import note_reachability

RULE, CODE = "R-08", "W-R-SYNC-LATE"
LOOKED_AT_MAX = 5000
"""Acceptances on their way that are looked at in one go, newest first."""


def watch_status(eq: Equipment, facility: str) -> int:
    """Note whether P1 answers; raise an alarm for each status that is late, end the others; how many are new."""
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        since = note_reachability(work, facility, eq.clock.now())
        asked: list[NewTask] = []
        for stored in _offline(desk):
            verdict = sync_due(stored.entry, since, eq.clock.now(), eq.rules)
            if verdict.outcome is Outcome.WARNED:
                asked += new_tasks(entry_subject(stored.entry.id), [verdict])
        raised = work.tasks.raise_(facility, asked) if asked else 0
        stand = [one.task.subject for one in work.tasks.listed(facility, rule=RULE) if one.task.code == CODE]
        keep = [(one.rule, one.code, one.subject) for one in asked]
        if stand:
            work.tasks.gone(facility, stand, keep=keep, codes=[CODE])
        work.commit()
    return raised


def _offline(desk: Desk) -> list[StoredEntry]:
    """Open offline entries whose acceptance is on its way."""
    coming = desk.work.outbox.find(
        facility=desk.facility, states=UNFINISHED, actions=[Action.ACCEPT_REFERRAL], limit=LOOKED_AT_MAX
    )
    found = {}
    for referral_id in sorted({str(message.payload["referral_id"]) for message in coming}):
        for stored in desk.work.register.entries_of_referral(desk.facility, referral_id):
            if stored.standing is EntryStanding.OFFLINE and stored.entry.open:
                found[stored.entry.id] = stored
    return list(found.values())
