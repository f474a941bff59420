"""What the jobs of a day ask of entries, schedules and reports: tasks, warnings, and what Pomost does by itself.

    entry      X-07 death -> E-03 contract end -> R-08 status after an outage -> R-10 annulled -> R-02 paper
               -> P-03 fix the date -> X-05 no-show -> K-03 end of the year
    schedule   V-08 room for the privileged -> S-04 age bands
    reports    Z-02 consent -> Z-01 first free date -> Z-03 month
    freed date N-03 who is offered it

Unlike the judges of a new entry these give only what asks for something; silence means that nothing is to be done.
Nobody who died is asked about again, and a removed entry only about a paper original that was posted in time (R-02).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.referral import ReferralState
from adapter.domain.register import AdmissionSchedule, Entry, Speciality
from adapter.domain.rules import (
    continuing,
    contract_end,
    entitled,
    notices,
    offline,
    paper,
    referral,
    removal,
    reports,
    special,
    terms,
)
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.domain.slot import Slot


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What the day knows of one entry beside itself.

    ``arrived``: a visit was noted. ``no_show_confirmed``: a person confirmed that the patient did not come.
    ``excused``: force majeure was made plausible (E-05). ``referral``: its state in P1, None when not asked.
    """

    arrived: bool = False
    no_show_confirmed: bool = False
    excused: bool = False
    referral: ReferralState | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """The day of the jobs, at ``now`` (aware).

    ``reachable_since``: when P1 answered again, None while it does not. ``contract_ends_on`` by schedule id (E-03).
    ``facts`` by entry id; an entry without any is judged by itself.
    """

    now: datetime
    reachable_since: datetime | None = None
    contract_ends_on: Mapping[str, date] = field(default_factory=dict)
    facts: Mapping[str, EntryFacts] = field(default_factory=dict)
    settings: RuleSettings = DEFAULT_SETTINGS
    today: date = field(init=False)
    """The Warsaw day of the jobs."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", warsaw_day(self.now))


NO_FACTS = EntryFacts()


def judge_day(entry: Entry, day: Day) -> tuple[Verdict, ...]:
    """What today asks of an entry. Death and the end of the contract end everything else."""
    ending = _asking((removal.deceased(entry), _contract(entry, day)))
    if ending:
        return ending[:1]
    if entry.person.deceased_on is not None:
        return ()
    if not entry.open:
        return _asking((paper.original_due(entry, day.today, day.settings),))
    return _asking(_open_entry(entry, day, day.facts.get(entry.id, NO_FACTS)))


def _contract(entry: Entry, day: Day) -> Verdict:
    return contract_end.closing_due(entry, day.contract_ends_on.get(entry.schedule.id), day.today)


def _open_entry(entry: Entry, day: Day, facts: EntryFacts) -> Iterator[Verdict]:
    yield offline.sync_due(entry, day.reachable_since, day.now, day.settings)
    if facts.referral is not None:
        yield referral.annulled(entry, facts.referral)
    yield paper.original_due(entry, day.today, day.settings)
    yield terms.date_to_fix(entry, day.today, day.settings)
    if _has_appointment(entry):
        yield removal.no_show(
            entry,
            day.today,
            arrived=facts.arrived or entry.service_started is not None,
            confirmed=facts.no_show_confirmed,
            excused=facts.excused,
            settings=day.settings,
        )
    yield continuing.year_end(entry, day.today, day.settings)


def _has_appointment(entry: Entry) -> bool:
    """Whether the term is a day to come on: a continuing patient's is the end of the care, save in drug programmes."""
    return entry.category is not Category.CONTINUING or entry.schedule.has(Speciality.DRUG_PROGRAMME)


def judge_schedule(schedule: AdmissionSchedule, slots: Iterable[Slot], day: Day) -> tuple[Verdict, ...]:
    """What today asks of a schedule; ``slots`` are its own of the next days."""
    return _asking(
        (
            entitled.capacity(schedule, slots, day.today, day.settings),
            special.age_bands(schedule),
            special.anaesthesia_told(schedule),
        )
    )


def judge_reports(day: Day, *, first_free_date_sent: bool, month_sent: bool) -> tuple[Verdict, ...]:
    """What the reports of a facility ask for now."""
    return _asking(
        (
            reports.weekly_consented(day.settings),
            reports.first_free_date(day.now, day.settings, sent=first_free_date_sent),
            reports.monthly(day.today, day.settings, sent=month_sent),
        )
    )


@dataclass(frozen=True, slots=True)
class FreedDate:
    """N-03: a freed date, who is offered it in which order, and the verdict."""

    day: date
    candidates: tuple[Entry, ...]
    verdict: Verdict


def judge_freed_date(freed: date, entries: Iterable[Entry], day: Day) -> FreedDate:
    """N-03: who of one list is offered a freed date. One that is past, or today, is offered to nobody by software."""
    found = notices.candidates(freed, entries, day.settings) if freed > day.today else ()
    return FreedDate(freed, found, notices.offer(freed, found))


def _asking(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Only what asks for something."""
    return tuple(verdict for verdict in verdicts if verdict.outcome is not Outcome.ALLOWED)
