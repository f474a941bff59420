"""The work of a day on the register of one facility: every entry, every schedule, the notices that wait.

Entries are read in portions and judged as they are read. What only asks for a task is raised portion by portion, a
transaction each. An entry about which Pomost does something itself is locked, looked at again with all that is known
of it, and changed. A crash loses a portion at most, and the next run does it again: what was done once is not done
twice, however often a day is run.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from uuid import uuid4

from adapter.domain.referral import ReferralState
from adapter.domain.rules.daily import NO_FACTS, Day, EntryFacts, judge_day
from adapter.domain.rules.removal import X05
from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.errors import AdapterError, Misconfigured, Unavailable
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.refusal import REFERENCE_RULE
from adapter.services.register.follow import entry_subject, new_tasks
from adapter.services.register_day.ask_after import ask_after, expected_soon
from adapter.services.register_day.check_schedules import check_schedules
from adapter.services.register_day.due import ENTRY_CODES, due_days
from adapter.services.register_day.facts import day_of, facts_of
from adapter.services.register_day.lapse_offers import RESERVED, lapse_offers
from adapter.services.register_day.look_closer import Looked, look_closer
from adapter.services.register_day.reachable import note_reachability
from adapter.services.register_day.release_batch import release_batch
from adapter.services.register_day.take_action import ACTOR
from adapter.services.register_day.void_offers import void_offers

log = logging.getLogger(__name__)

PORTION = 1000
"""Entries judged together; their tasks are one transaction."""
CLOSER_PORTION = 50
"""Entries that are locked and changed in one transaction."""
LOOK_BACK_DAYS = 60
"""Entries removed so long ago are still asked about: their tasks end, an original posted in time may come (R-02)."""
LACKING_MAX = 1000
"""Inbox entries whose reference led nowhere, newest first, that the next pass tries again: the EHR may have been out
of reach when it was asked for what they refer to. What comes by itself wakes them at once (``take_in``)."""


@dataclass(slots=True)
class DayDone:
    """What a day's work did: ``entries`` judged, tasks ``raised`` (new) and ``ended``, notices ``released``.

    ``asked_after``: people whom the EHR was asked about. ``acted`` counts entries by the code of what Pomost did
    itself; ``problems`` name the entries it could not change.
    """

    entries: int = 0
    raised: int = 0
    ended: int = 0
    released: int = 0
    asked_after: int = 0
    acted: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def run_day(eq: Equipment, facility: str) -> DayDone:
    """Do the day's work of a facility.

    Raises:
        Unavailable, Misconfigured: the store fails; portions that were done before are kept.
    """
    done = DayDone()
    with eq.store.unit_of_work() as work:
        note_reachability(work, facility, eq.clock.now())
        work.commit()
        day = day_of(eq, work, facility)
    with eq.store.unit_of_work() as reading:
        annulled = reading.calendar.referrals_in(facility, ReferralState.ANNULLED)
        entries = reading.register.listed(facility, since=day.today - timedelta(days=LOOK_BACK_DAYS))
        people: list[str] = []
        for portion in _portions(entries, PORTION):
            _take_portion(eq, facility, replace(day, facts=_facts(portion, annulled)), portion, done)
            people += [one.patient_id for one in portion if expected_soon(one, day.today)]
    done.asked_after = ask_after(eq, facility, people)
    void_offers(eq, facility)
    done.acted.update([RESERVED] * lapse_offers(eq, facility))
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        raised, ended = check_schedules(desk, day)
        done.raised, done.ended, done.released = done.raised + raised, done.ended + ended, release_batch(desk)
        work.inbox.wake_lacking(facility, REFERENCE_RULE, LACKING_MAX)
        desk.audit(ACTOR, "register-day", "facility", _said(done))
        work.commit()
    return done


def _said(done: DayDone) -> dict[str, object]:
    return {
        "entries": done.entries,
        "raised": done.raised,
        "ended": done.ended,
        "released": done.released,
        "asked_after": done.asked_after,
        "acted": dict(done.acted),
        "problems": len(done.problems),
    }


def _portions(entries: Iterable[StoredEntry], size: int) -> Iterator[list[StoredEntry]]:
    rest = iter(entries)
    while portion := list(islice(rest, size)):
        yield portion


def _facts(portion: Sequence[StoredEntry], annulled: frozenset[str]) -> dict[str, EntryFacts]:
    """What is known of entries without asking for each; of most there is nothing to know."""
    return {
        one.entry.id: facts_of(one, None, ReferralState.ANNULLED if one.referral_id in annulled else None)
        for one in portion
        if one.no_show_confirmed_by or one.no_show_excused or one.referral_id in annulled
    }


def _take_portion(eq: Equipment, facility: str, day: Day, portion: Sequence[StoredEntry], done: DayDone) -> None:
    said = _judged(eq, facility, day, portion)
    asked: list[NewTask] = []
    closer: list[StoredEntry] = []
    for stored, verdicts in said:
        if any(verdict.outcome is Outcome.DO_THIS for verdict in verdicts):
            closer.append(stored)
        else:
            asked += new_tasks(entry_subject(stored.entry.id), verdicts, due_days(stored.entry, day.settings))
    for group in _portions(closer, CLOSER_PORTION):
        asked += _look_at(eq, facility, day, group, done)
    with eq.store.unit_of_work() as work:
        done.raised += work.tasks.raise_(facility, asked) if asked else 0
        keep = [(one.rule, one.code, one.subject) for one in asked]
        subjects = [entry_subject(one.entry.id) for one in portion]
        done.ended += work.tasks.gone(facility, subjects, keep=keep, codes=ENTRY_CODES)
        work.commit()
    done.entries += len(portion)


Judged = tuple[StoredEntry, Sequence[Verdict]]


def _judged(eq: Equipment, facility: str, day: Day, portion: Sequence[StoredEntry]) -> list[Judged]:
    """The entries of which the day asks something. Whether somebody came is asked of all of them at once (X-05)."""
    said: list[Judged] = []
    missed: list[StoredEntry] = []
    for stored in portion:
        if stored.standing is EntryStanding.REJECTED:
            continue
        verdicts = judge_day(stored.entry, day)
        if any(verdict.rule == X05.id for verdict in verdicts):
            missed.append(stored)
        elif verdicts:
            said.append((stored, verdicts))
    if missed:
        with eq.store.unit_of_work() as work:
            states = work.calendar.visit_states(facility, [one.visit_id for one in missed])
        facts = dict(day.facts)
        for one in missed:
            before = facts.get(one.entry.id, NO_FACTS)
            facts[one.entry.id] = facts_of(one, states.get(one.visit_id), before.referral)
        known = replace(day, facts=facts)
        said += [(one, judge_day(one.entry, known)) for one in missed]
    return said


def _look_at(eq: Equipment, facility: str, day: Day, group: Sequence[StoredEntry], done: DayDone) -> Sequence[NewTask]:
    """Entries in one transaction; when one of them cannot be changed, each in its own: its neighbours go on."""
    try:
        looked = _together(eq, facility, day, group)
    except Misconfigured:
        raise
    except (AdapterError, ValueError) as error:
        if len(group) > 1:
            return [task for one in group for task in _look_at(eq, facility, day, [one], done)]
        if isinstance(error, Unavailable):
            raise
        subject = entry_subject(group[0].entry.id)
        said = f"{error.text} [{error.code}]" if isinstance(error, AdapterError) else "its history does not allow it"
        log.warning("%s of %s could not be changed: %s", subject, facility, said)
        done.problems.append(f"{subject}: {said}")
        return ()
    done.acted.update(one.done.what for one in looked if one.done is not None)
    return [task for one in looked for task in one.tasks]


def _together(eq: Equipment, facility: str, day: Day, group: Sequence[StoredEntry]) -> list[Looked]:
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        looked = [look_closer(desk, one, day) for one in group]
        work.commit()
    return looked
