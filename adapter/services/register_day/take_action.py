"""What Pomost does by itself about an entry: ends it, takes a removal back, sets a status (AUTO of docs/law.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry, Removal
from adapter.domain.rules.contract_end import close_all
from adapter.domain.rules.daily import Day
from adapter.domain.rules.reasons import NO_PAPER_REFERRAL
from adapter.domain.rules.release import ReferralEffect, on_removal
from adapter.domain.rules.removal import Ending, death_ending, no_show_ending
from adapter.domain.rules.verdict import Verdict
from adapter.ports.register import StoredEntry
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.notices.plan_notice import tell_contract_ends
from adapter.services.register.end_entry import end_entry
from adapter.services.register.follow import entry_subject, follow
from adapter.services.register_day.restore_entry import may_return, restore_entry
from adapter.services.register_day.set_status import set_status

ACTOR = "job:register-day"
"""Who did it, in the history and in the audit, where no person did."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: ``what`` is the code of the verdict. ``ended``: the entry is removed now."""

    what: str
    ended: bool = False
    tasks: tuple[NewTask, ...] = ()


def take_action(desk: Desk, stored: StoredEntry, verdict: Verdict, day: Day) -> Done | None:
    """Do what a verdict of the day says; None when it is nothing that a job does.

    Raises:
        AdapterError: whatever stands in the way of the ending; nothing may be kept then.
    """
    if verdict.code == "AUTO-R-PAPER-UNDO":
        barred = may_return(desk, stored)
        if barred.refused:  # two entries of one patient: a person asks which one stays
            follow(desk, entry_subject(stored.entry.id), [barred])
            return None
        return Done(verdict.code, tasks=restore_entry(desk, stored, verdict, ACTOR))
    if verdict.code == "AUTO-R-SYNC":
        return Done(verdict.code) if set_status(desk, stored) else None
    ending = ENDINGS.get(verdict.code)
    if ending is None:
        return None
    removal, referral = ending(desk, stored, day)
    ended = end_entry(desk, stored, removal, verdicts=[verdict, referral])
    if verdict.code == "AUTO-E-CLOSE":
        tell_contract_ends(desk, ended)
    return Done(verdict.code, ended=True)


def when(desk: Desk, entry: Entry) -> datetime:
    """Now, and not before anything that happened to the entry: clocks of an EHR may run ahead of ours."""
    touched = [one.at for one in entry.term_changes]
    touched += [one.at for one in entry.category_changes]
    touched += [one.at for one in entry.restorings]
    return max(desk.eq.clock.now(), entry.entered_at, *touched)


def _ending(desk: Desk, entry: Entry, how: Ending, by: str = ACTOR) -> tuple[Removal, Verdict]:
    return Removal(how.on, how.reason, when(desk, entry), by), how.referral


def _death(desk: Desk, stored: StoredEntry, day: Day) -> tuple[Removal, Verdict]:
    """X-07: as of the day of death."""
    return _ending(desk, stored.entry, death_ending(stored.entry, day.today))


def _no_show(desk: Desk, stored: StoredEntry, day: Day) -> tuple[Removal, Verdict]:
    """X-05: as of the day of the confirmation, by whom confirmed it."""
    how = no_show_ending(stored.entry, day.today)
    return _ending(desk, stored.entry, how, stored.no_show_confirmed_by or ACTOR)


def _no_paper(desk: Desk, stored: StoredEntry, day: Day) -> tuple[Removal, Verdict]:
    """R-02, X-06: as of today, when the grace is over or somebody confirmed that nothing will come."""
    removal = Removal(day.today, NO_PAPER_REFERRAL, when(desk, stored.entry), ACTOR)
    return removal, on_removal(stored.entry, ReferralEffect.NONE)


def _contract(desk: Desk, stored: StoredEntry, day: Day) -> tuple[Removal, Verdict]:
    """E-03: as of the last day of the contract; of who was entered later (inferred): as of the day of the entry."""
    entry = stored.entry
    ends_on = day.contract_ends_on[entry.schedule.id]
    (closing,) = close_all([entry], ends_on, desk.eq.clock.now(), ACTOR)
    on = max(closing.removal.on, warsaw_day(entry.entered_at))
    return replace(closing.removal, on=on, at=when(desk, entry)), closing.referral


ENDINGS: Mapping[str, Callable[[Desk, StoredEntry, Day], tuple[Removal, Verdict]]] = {
    "AUTO-X-DECEASED": _death,
    "AUTO-X-NOSHOW": _no_show,
    "AUTO-R-PAPER-REMOVE": _no_paper,
    "AUTO-E-CLOSE": _contract,
}
"""Code of a verdict -> the removal that it means, and what becomes of the referral."""
