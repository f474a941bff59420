"""The term of an entry: how exact, when it may be left out, when it is a reservation (P-01 to P-08)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.domain.entitlement import Category
from adapter.domain.moments import fix_date_by, warsaw_day, week_precision_allowed
from adapter.domain.register import AdmissionSchedule, Entry, Offer, Speciality
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import DayTerm, Term, WeekTerm, covers

FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DECLINED, NO_CONTACT = "declined", "no_contact"
"""Answers to an offer of an earlier term that make the old one a reservation (P-07)."""

P01 = Rule(
    "P-01",
    "Termin: dzień, miesiąc i rok",
    "A term is a day, month and year",
    "art. 20 ust. 2 pkt 3 lit. i tiret pierwsze ustawy z 27.08.2004; § 8 ust. 2 pkt 5 lit. a rozporządzenia z "
    "26.06.2019",
    (Action.ERROR,),
    ("E-P-DATE",),
)
P02 = Rule(
    "P-02",
    "Termin z dokładnością do tygodnia tylko powyżej 6 miesięcy",
    "A term given as a week only beyond six months",
    "art. 20 ust. 2 pkt 3 lit. i tiret pierwsze ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-P-PRECISION",),
)
P03 = Rule(
    "P-03",
    "Data najpóźniej 14 dni przed tygodniem, w którym wyznaczono termin",
    "A term given as a week gets its date at least 14 days before",
    "art. 20 ust. 2 pkt 3 lit. i tiret pierwsze ustawy z 27.08.2004",
    (Action.AUTO, Action.TASK, Action.WARN, Action.ERROR),
    ("TASK-P-FIX", "W-P-FIX-SOON", "P-FIX-OVERDUE"),
)
P04 = Rule(
    "P-04",
    "Data poza wyznaczonym tygodniem jest zmianą terminu",
    "A date outside the promised week is a change of the term",
    "art. 20 ust. 2 pkt 3 lit. i tiret czwarte ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-M-REASON",),
)
P05 = Rule(
    "P-05",
    "Świadczenia, dla których nie wpisuje się terminu",
    "Services whose entries need no term",
    "art. 19a ust. 5 ustawy z 27.08.2004; § 8 ust. 1 pkt 6 i ust. 2 pkt 5 lit. a rozporządzenia z 26.06.2019",
)
P06 = Rule(
    "P-06",
    "Rezerwacja: pacjent wybrał termin późniejszy niż wskazany",
    "A reservation: the patient chose a later term than was offered",
    "art. 19a ust. 4 pkt 2 lit. b, art. 20 ust. 2 pkt 3 lit. i tiret drugie ustawy z 27.08.2004",
    (Action.AUTO, Action.ERROR),
    ("AUTO-P-RESERVE", "E-P-RES"),
)
P07 = Rule(
    "P-07",
    "Odmowa wcześniejszego terminu lub brak kontaktu: dotychczasowy termin jest rezerwacją",
    "A declined earlier term, or no contact: the old term becomes a reservation",
    "art. 20 ust. 9b ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-P-RESERVE",),
)
P08 = Rule(
    "P-08",
    "Termin według kategorii: kategoria 1 w dniu zgłoszenia",
    "The term by category: category 1 on the day of report",
    "art. 19a ust. 2 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-P-CATDATE",),
)
RULES = (P01, P02, P03, P04, P05, P06, P07, P08)


def _not_a_date() -> Verdict:
    return P01.refuse(
        "E-P-DATE",
        "podaj pełną datę terminu: dzień, miesiąc i rok",
        "give the term's full date: day, month and year",
    )


def date_form(text: str) -> Verdict:
    """P-01: a planned date as text is a whole ISO date that exists."""
    if not FULL_DATE.fullmatch(text):
        return _not_a_date()
    try:
        date.fromisoformat(text)
    except ValueError:
        return _not_a_date()
    return P01.allow()


def term_given(entry: Entry, *, waiting_room: bool = False) -> Verdict:
    """P-01, P-05: an entry of a waiting list has a term unless its service needs none.

    ``waiting_room``: CeR still searches for one, so there is none yet (I-04; inferred).
    """
    if entry.category not in {Category.WAITING, Category.ONCOLOGY} or entry.term is not None or waiting_room:
        return P01.allow()
    return P05.allow() if may_be_undated(entry.schedule) else _not_a_date()


def may_be_undated(schedule: AdmissionSchedule) -> bool:
    """P-05: long-term nursing, nursing in psychiatric and addiction care, palliative care at home or in a ward.

    Palliative care in a clinic and perinatal palliative care need a term. These have no first free date (Z-01).
    """
    if schedule.has(Speciality.LONG_TERM_NURSING, Speciality.PSYCHIATRIC_NURSING):
        return True
    dated = schedule.has(Speciality.PALLIATIVE_AMBULATORY, Speciality.PALLIATIVE_PERINATAL)
    return schedule.has(Speciality.PALLIATIVE) and not dated


def precise_enough(term: Term | None, entered: date, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """P-02: a week only when it lies more than six months after the entry; an exact date always will do."""
    if not isinstance(term, WeekTerm):
        return P02.allow()
    if week_precision_allowed(entered, term.year, term.week, from_sunday=settings.week_counts_from_sunday):
        return P02.allow()
    return P02.refuse(
        "E-P-PRECISION",
        "termin w ciągu 6 miesięcy od wpisu: podaj dokładną datę zamiast tygodnia",
        "the term is within six months of the entry: give the date, not the week",
    )


@dataclass(frozen=True, slots=True)
class FixDays:
    """P-03: when somebody is asked to fix the date, the day of the warning, the last day."""

    task_on: date
    warn_on: date
    fix_by: date


def fix_days(term: WeekTerm, settings: RuleSettings = DEFAULT_SETTINGS) -> FixDays:
    """P-03: the days of a term given as a week. A term "at least 14 days before" never moves later (T-05)."""
    last, warn = fix_date_by(
        term.year, term.week, settings.extra_days_off, from_sunday=settings.week_counts_from_sunday
    )
    return FixDays(last - timedelta(days=settings.fix_task_before_days), warn, last)


def date_to_fix(entry: Entry, today: date, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """P-03: what today asks about the date of an open entry: a task, then a warning, after the last day a refusal."""
    if not entry.open or not isinstance(entry.term, WeekTerm):
        return P03.allow()
    days = fix_days(entry.term, settings)
    last = days.fix_by.isoformat()
    if today > days.fix_by:
        return P03.refuse(
            "P-FIX-OVERDUE",
            f"daty nie ustalono do {last}: ustal ją teraz i zawiadom pacjenta",
            f"the date was not fixed by {last}: fix it now and tell the patient",
        )
    if today >= days.warn_on:
        return P03.warn(
            "W-P-FIX-SOON",
            f"ustal datę świadczenia, ostatni dzień to {last}",
            f"fix the date of the service, the last day is {last}",
        )
    if today >= days.task_on:
        return P03.ask_person(
            "TASK-P-FIX",
            f"termin podano jako tydzień {entry.term}: ustal datę do {last}",
            f"the term is the week {entry.term}: fix its date by {last}",
        )
    return P03.allow()


def refines(before: Term | None, after: Term | None) -> bool:
    """P-04: whether ``after`` only fixes the day of the promised week: then it is no change of the term."""
    return isinstance(before, WeekTerm) and isinstance(after, DayTerm) and covers(before, after.day)


def date_fixed(promised: WeekTerm, day: date, reason: str = "") -> Verdict:
    """P-04: a date inside the promised week needs no reason, one outside it does (M-01)."""
    if refines(promised, DayTerm(day)) or reason.strip():
        return P04.allow()
    return P04.refuse(
        "E-M-REASON",
        f"data poza wyznaczonym tygodniem {promised} jest zmianą terminu: podaj przyczynę",
        f"a date outside the promised week {promised} is a change of the term: give the reason",
    )


@dataclass(frozen=True, slots=True)
class Reservation:
    """P-06, P-07: whether the term is a reservation, why, and the verdict that says so.

    ``cause`` is ``chosen_later``, ``declined`` or ``no_contact``, empty when it is none.
    """

    reserved: bool
    cause: str
    verdict: Verdict


def _reserved(rule: Rule, cause: str) -> Reservation:
    verdict = rule.act(
        "AUTO-P-RESERVE",
        "termin jest rezerwacją: nie liczy się do średniego czasu oczekiwania",
        "the term is a reservation: it does not count in the average waiting time",
    )
    return Reservation(True, cause, verdict)


def reservation(offer: Offer | None, *, marked: bool = False) -> Reservation:
    """P-06, P-07: what an offer makes of the term. ``marked`` is what the hospital sent.

    Chosen later than offered, or an earlier term declined or nobody reached: reserved, and the old term stays. Marked
    as reserved with a term not later than the offered one: refused. Without an offer the mark stands.
    """
    if offer is not None and offer.answer in {DECLINED, NO_CONTACT}:
        return _reserved(P07, offer.answer)
    if offer is None or offer.chosen is None:
        return Reservation(marked, "", P06.allow())
    if offer.chosen > offer.offered:
        return _reserved(P06, "chosen_later")
    if marked:
        return Reservation(
            False,
            "",
            P06.refuse(
                "E-P-RES",
                "rezerwacja tylko wtedy, gdy pacjent wybrał termin późniejszy niż wskazany: usuń znacznik",
                "a reservation only where the patient chose a later term than was offered: take the mark away",
            ),
        )
    return Reservation(False, "", P06.allow())


def date_by_category(entry: Entry) -> Verdict:
    """P-08: category 1 is served on the day of report. Terms of 4: V-02, V-03; of 2, 3: the list; of 5: the plan."""
    if entry.category is not Category.SAME_DAY or entry.term is None:
        return P08.allow()
    report = warsaw_day(entry.reported_at)
    if entry.term == DayTerm(report):
        return P08.allow()
    return P08.refuse(
        "E-P-CATDATE",
        "kategoria 1 to świadczenie w dniu zgłoszenia: przy późniejszym terminie wybierz kategorię 2",
        "category 1 is served on the day of report: with a later term choose category 2",
    )
