"""R-04, R-08: entries whose e-referral still has no status in P1, looked at some times an hour.

The outbox sends by itself as soon as P1 answers; here somebody is told when it does not within the hour, also when
its message was given up: an entry never awaits an answer that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from uuid import uuid4

from adapter.domain.rules.offline import R04, R08, status_due, sync_due
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
PORTION = 1000
"""Entries that await P1's status which are looked at together; all are, those made first at the top."""
ALARMS_MAX = 10_000
"""Alarms of each rule among which those of entries that await nothing any more are looked for."""


def watch_status(eq: Equipment, facility: str) -> int:
    """Note whether P1 answers; raise an alarm for each status that is late, end the others; how many are new."""
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        since = note_reachability(work, facility, eq.clock.now())
        entries = iter(work.register.unsettled(facility))
        raised, seen = 0, set[str]()
        while portion := list(islice(entries, PORTION)):
            subjects = [entry_subject(one.entry.id) for one in portion]
            asked = _late(desk, portion, since)
            raised += work.tasks.raise_(facility, asked) if asked else 0
            keep = [(one.rule, one.code, one.subject) for one in asked]
            work.tasks.gone(facility, subjects, keep=keep, codes=CODES)
            seen.update(subjects)
        answered = sorted(_alarmed(desk) - seen)
        if answered:
            work.tasks.gone(facility, answered, keep=(), codes=CODES)
        work.commit()
    return raised


def _late(desk: Desk, entries: Sequence[StoredEntry], since: datetime | None) -> list[NewTask]:
    """The alarms that these entries ask for."""
    asked: list[NewTask] = []
    for stored in _unanswered(desk, entries):
        due = status_due if stored.standing is EntryStanding.AWAITING else sync_due
        verdict = due(stored.entry, since, desk.eq.clock.now(), desk.eq.rules)
        if verdict.outcome is Outcome.WARNED:
            asked += new_tasks(entry_subject(stored.entry.id), [verdict])
    return asked


def _alarmed(desk: Desk) -> set[str]:
    """Subjects of the open alarms of these rules."""
    listed = desk.work.tasks.listed
    found = [listed(desk.facility, rule=one.id, kinds=[TaskKind.ALARM], limit=ALARMS_MAX) for one in (R04, R08)]
    return {task.task.subject for some in found for task in some if task.task.code in CODES}


def _unanswered(desk: Desk, entries: Sequence[StoredEntry]) -> Sequence[StoredEntry]:
    """Those that P1 has not answered for; what it refused is a person's matter already (R-08)."""
    found = [one for one in entries if one.referral_id is not None]
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
