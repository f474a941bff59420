"""One entry, with everything that is known of it now: what the day asks, and what Pomost does about it.

The rows are locked in the order in which a visit is taken in: visit, referral, entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapter.domain.rules.daily import Day, judge_day
from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.register.follow import entry_subject, new_tasks
from adapter.services.register.steps import changed
from adapter.services.register_day.due import due_days
from adapter.services.register_day.facts import facts_of, refreshed
from adapter.services.register_day.take_action import ACTOR, Done, take_action


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one entry: the tasks that the day asks for, and what Pomost did (None: nothing)."""

    tasks: tuple[NewTask, ...] = ()
    done: Done | None = None


def look_closer(desk: Desk, found: StoredEntry, day: Day) -> Looked:
    """Ask the rules of the day about an entry, do what they say, and tell which tasks remain.

    ``found`` is the entry as it was listed; what counts is how it stands now.
    """
    calendar, facility = desk.work.calendar, desk.facility
    visit = calendar.visit(facility, found.visit_id)
    record = calendar.referral(facility, found.referral_id) if found.referral_id is not None else None
    known = desk.work.register.entry(facility, found.entry.id)
    if known is None or known.standing is EntryStanding.REJECTED:
        return Looked()
    stored = refreshed(desk, known, record)
    if stored is not known:
        desk.work.register.put(facility, stored, [_corrected(desk, known, stored)])
    came = visit.state if visit is not None else None
    facts = facts_of(stored, came, record.state if record is not None else None)
    verdicts = judge_day(stored.entry, replace(day, facts={stored.entry.id: facts}))
    return _do(desk, stored, verdicts, day)


def _do(desk: Desk, stored: StoredEntry, verdicts: Sequence[Verdict], day: Day) -> Looked:
    """The first thing that Pomost does by itself; an entry that ended asks for nothing else."""
    done = None
    for verdict in verdicts:
        if verdict.outcome is Outcome.DO_THIS:
            done = take_action(desk, stored, verdict, day)
            break
    if done is not None and done.ended:
        return Looked(done.tasks, done)
    asked = new_tasks(entry_subject(stored.entry.id), verdicts, due_days(stored.entry, day.settings))
    return Looked((*asked, *(done.tasks if done is not None else ())), done)


def _corrected(desk: Desk, before: StoredEntry, after: StoredEntry) -> Step:
    """What the EHR said since of death and paper."""
    was, now = changed(before.entry, after.entry)
    return Step(
        entry_id=after.entry.id,
        what="corrected",
        at=desk.eq.clock.now(),
        by=ACTOR,
        correlation_id=desk.correlation_id,
        before=was,
        after=now,
    )
