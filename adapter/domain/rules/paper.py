"""The paper original of a referral: fourteen working days to bring it, and where it is kept (R-02, R-03, R-11).

A letter that was posted in time may come later (T-07), so nobody is removed before a grace of some days has passed,
unless a person confirms that nothing will come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.register import Entry, ReferralWay
from adapter.domain.rules import posting
from adapter.domain.rules.calendar import end_of_working_days
from adapter.domain.rules.reasons import NO_PAPER_REFERRAL
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict

PAPER_WORKING_DAYS = 14
"""R-02: from the day of the entry."""
NOTHING = PaperReferral()

R02 = Rule(
    "R-02",
    "Oryginał skierowania w ciągu 14 dni roboczych od wpisu, inaczej skreślenie",
    "The paper original within 14 working days of the entry, else the removal",
    "art. 20 ust. 2a pkt 1 i ust. 2aa ustawy z 27.08.2004",
    (Action.TASK, Action.WARN, Action.AUTO),
    (
        "TASK-R-PAPER",
        "W-R-PAPER-LAST",
        "W-R-PAPER-OVERDUE",
        "TASK-R-PAPER-LATE",
        "AUTO-R-PAPER-REMOVE",
        "AUTO-R-PAPER-UNDO",
    ),
)
R03 = Rule(
    "R-03",
    "Oryginał skierowania przechowuje się u świadczeniodawcy",
    "The paper original is kept",
    "art. 20 ust. 2 pkt 5 ustawy z 27.08.2004",
    (Action.WARN,),
    ("W-R-PAPER-PLACE",),
)
R11 = Rule(
    "R-11",
    "Skierowanie papierowe zamiast e-skierowania tylko z przyczyn ustawowych",
    "Paper instead of an e-referral only on the grounds of the act",
    "art. 59aa ust. 3 ustawy z 27.08.2004",
    (Action.WARN,),
    ("W-R-PAPER",),
)
RULES = (R02, R03, R11)


@dataclass(frozen=True, slots=True)
class PaperDays:
    """Days of R-02: when somebody is asked to chase the original, the last day, and the last day of the grace."""

    task_on: date
    deadline: date
    grace_until: date


def awaited(entry: Entry) -> bool:
    """Whether a paper original is owed for the entry. Emergencies and follow-ups bring none (R-15, R-01)."""
    return (
        entry.schedule.referral_needed
        and entry.category not in {Category.EMERGENCY, Category.CONTINUING}
        and entry.referral is not None
        and entry.referral.way is ReferralWay.PAPER
    )


def paper_days(entry: Entry, settings: RuleSettings = DEFAULT_SETTINGS) -> PaperDays:
    """R-02: counted from the day of the entry, which is not counted."""
    entered = warsaw_day(entry.entered_at)
    deadline = end_of_working_days(entered, PAPER_WORKING_DAYS, settings)
    return PaperDays(
        end_of_working_days(entered, settings.paper_task_on_working_day, settings),
        deadline,
        deadline + timedelta(days=settings.postal_grace_days),
    )


def _paper(entry: Entry) -> PaperReferral:
    held = entry.referral.paper if entry.referral is not None else None
    return held if held is not None else NOTHING


def original_due(entry: Entry, today: date, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """R-02: what today asks about the original of an entry.

    Until the last day a task, then a warning; after it the entry is overdue. It is removed when the grace is over or
    somebody confirmed that nothing will come. An entry removed for it comes back when a letter posted in time arrives.
    """
    if not awaited(entry):
        return R02.allow()
    days = paper_days(entry, settings)
    if _arrived_in_time(entry, days, today, settings):
        return _undo(entry)
    if not entry.open or today < days.task_on:
        return R02.allow()
    if today <= days.deadline:
        return _reminder(days, last_day=today == days.deadline)
    return _overdue(_paper(entry), days, today, settings)


def _arrived_in_time(entry: Entry, days: PaperDays, today: date, settings: RuleSettings) -> bool:
    paper = _paper(entry)
    return _arrived(paper, today) and posting.in_time(paper, days.deadline, settings)


def _arrived(paper: PaperReferral, today: date) -> bool:
    return paper.received_on is not None and paper.received_on <= today


def _undo(entry: Entry) -> Verdict:
    if entry.removal is None or entry.removal.reason != NO_PAPER_REFERRAL:
        return R02.allow()
    return R02.act(
        "AUTO-R-PAPER-UNDO",
        "oryginał skierowania nadano w terminie: cofnij skreślenie, miejsce na liście bez zmian",
        "the original was posted in time: undo the removal, the place on the list stays",
    )


def _reminder(days: PaperDays, *, last_day: bool) -> Verdict:
    if last_day:
        return R02.warn(
            "W-R-PAPER-LAST",
            "dziś ostatni dzień na oryginał skierowania (liczy się też nadanie na poczcie)",
            "today is the last day for the paper original (posting counts)",
        )
    last = days.deadline.isoformat()
    return R02.ask_person(
        "TASK-R-PAPER",
        f"brak oryginału skierowania; przypomnij pacjentowi, ostatni dzień to {last}",
        f"the paper original is missing; remind the patient, the last day is {last}",
    )


def _overdue(paper: PaperReferral, days: PaperDays, today: date, settings: RuleSettings) -> Verdict:
    last = days.deadline.isoformat()
    if paper.confirmed_missing_by or (
        today > days.grace_until and not posting.in_time(paper, days.deadline, settings)
    ):
        return R02.act(
            "AUTO-R-PAPER-REMOVE",
            f"oryginału skierowania nie dostarczono do {last}: skreślenie z tej przyczyny",
            f"the paper original was not delivered by {last}: removal for that reason",
        )
    if today > days.grace_until or _arrived(paper, today):
        return R02.ask_person(
            "TASK-R-PAPER-LATE",
            f"termin na oryginał minął {last}; sprawdź datę nadania i zdecyduj o skreśleniu",
            f"the original was due on {last}; check the day of posting and decide on the removal",
        )
    return R02.warn(
        "W-R-PAPER-OVERDUE",
        f"termin na oryginał minął {last}; poczekaj na pocztę do {days.grace_until.isoformat()} albo potwierdź brak",
        f"the original was due on {last}; wait for post until {days.grace_until.isoformat()} or confirm it missing",
    )


def place_known(entry: Entry) -> Verdict:
    """R-03: an original that came lies somewhere, and the entry says where."""
    paper = _paper(entry)
    if paper.received_on is not None and not paper.location:
        return R03.warn(
            "W-R-PAPER-PLACE",
            "wpisz miejsce przechowywania oryginału skierowania",
            "write down where the paper original is kept",
        )
    return R03.allow()


def paper_lawful(entry: Entry, *, e_referral_service: bool = True) -> Verdict:
    """R-11: where the service has e-referrals, a paper one needs a ground.

    The grounds are: P1 out of reach, a person of unknown identity, an issuer with temporary cross-border rights.
    """
    if e_referral_service and awaited(entry) and not _paper(entry).ground:
        return R11.warn(
            "W-R-PAPER",
            "skierowanie papierowe zamiast e-skierowania: wpisz przyczynę (np. brak dostępu do P1)",
            "a paper referral where e-referrals are the rule: write down the ground (for example P1 out of reach)",
        )
    return R11.allow()
