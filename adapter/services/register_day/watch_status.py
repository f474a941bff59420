"""R-04, R-08: entries whose e-referral still has no status in P1, looked at some times an hour.

The outbox sends by itself as soon as P1 answers; here somebody is told when it does not within the hour, also when
its message was given up: an entry never awaits an answer that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from adapter.domain.rules.offline import status_due, sync_due
from adapter.domain.rules.verdict import Outcome
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.ports.store import Action, MessageState
from adapter.ports.tasks import NewTask, TaskKind
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.register.follow import entry_subject, new_tasks
from adapter.services.register_day.reachable import note_reachability
from adapter.services.take_referral import ALL, subject_of

CODES = ("W-R-STATUS-LATE", "W-R-SYNC-LATE")
LOOKED_AT_MAX = 5000
"""Entries that await P1's status which are looked at in one go, oldest first."""


def watch_status(eq: Equipment, facility: str) -> int:
    """Note whether P1 answers; raise an alarm for each status that is late, end the others; how many are new."""
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        since = note_reachability(work, facility, eq.clock.now())
        asked: list[NewTask] = []
        for stored in _unanswered(desk):
            due = status_due if stored.standing is EntryStanding.AWAITING else sync_due
            verdict = due(stored.entry, since, eq.clock.now(), eq.rules)
            if verdict.outcome is Outcome.WARNED:
                asked += new_tasks(entry_subject(stored.entry.id), [verdict])
        raised = work.tasks.raise_(facility, asked) if asked else 0
        alarms = work.tasks.listed(facility, kinds=[TaskKind.ALARM], limit=LOOKED_AT_MAX)
        stand = [one.task.subject for one in alarms if one.task.code in CODES]
        keep = [(one.rule, one.code, one.subject) for one in asked]
        if stand:
            work.tasks.gone(facility, stand, keep=keep, codes=CODES)
        work.commit()
    return raised


def _unanswered(desk: Desk) -> Sequence[StoredEntry]:
    """Open entries that P1 has not answered for; what it refused is a person's matter already (R-08)."""
    found = [one for one in desk.work.register.unsettled(desk.facility, LOOKED_AT_MAX) if one.referral_id is not None]
    coming = desk.work.outbox.unfinished(
        desk.facility, [subject_of(str(one.referral_id)) for one in found], [Action.ACCEPT_REFERRAL]
    )
    return [one for one in found if subject_of(str(one.referral_id)) in coming or not _refused(desk, one)]


def _refused(desk: Desk, stored: StoredEntry) -> bool:
    """Whether P1 said no when it was last asked for the referral of an entry that was made offline."""
    if stored.standing is not EntryStanding.OFFLINE:
        return False
    last = desk.newest(subject_of(str(stored.referral_id)), ALL)
    return last is not None and last.state is MessageState.REFUSED
