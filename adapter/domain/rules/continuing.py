"""Patients who continue treatment (category 5): entered again, the end of the plan, drug programmes (K-01 to K-05)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day, working_day_on_or_before
from adapter.domain.register import Entry, Removal, Speciality
from adapter.domain.rules.reasons import SERVICE_DONE
from adapter.domain.rules.release import ReferralEffect, on_removal
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import DayTerm

DECEMBER = 12

K01 = Rule(
    "K-01",
    "Plan leczenia: skreślenie z dniem pierwszej wizyty i ponowny wpis w kategorii 5",
    "A plan of treatment: removal on the day of the first visit and a new entry of category 5",
    "SEED-002; art. 19a ust. 2 pkt 2 i ust. 4 ustawy z 27.08.2004",
    (Action.AUTO, Action.ERROR),
    ("AUTO-K-REENTER", "E-K-REENTER"),
)
K02 = Rule(
    "K-02",
    "Nieznany koniec leczenia: 31 grudnia",
    "An unknown end of treatment: 31 December",
    "SEED-002",
    (Action.AUTO, Action.WARN),
    ("AUTO-K-YEAREND", "W-K-YEAREND"),
)
K03 = Rule(
    "K-03",
    "Koniec leczenia: najpierw popraw datę, potem skreśl jako wykonane",
    "End of treatment: first correct the date, then remove as done",
    "SEED-002",
    (Action.ERROR, Action.TASK),
    ("E-K-ENDDATE", "TASK-K-YEAREND"),
)
K04 = Rule(
    "K-04",
    "Program lekowy: za każdym razem wpis w kategorii 5",
    "A drug programme: an entry of category 5 each time",
    "SEED-002",
    (Action.ERROR,),
    ("E-K-DRUG",),
)
K05 = Rule(
    "K-05",
    "Termin kontynuującego leczenie wynika z planu leczenia",
    "The date of a continuing patient comes from the plan",
    "art. 19a ust. 2 pkt 2 ustawy z 27.08.2004",
    (Action.WARN,),
    ("W-K-NOPLAN", "W-K-OFFPLAN"),
    Standing.INFERRED,
)
RULES = (K01, K02, K03, K04, K05)


@dataclass(frozen=True, slots=True)
class PlanEnd:
    """The last day of care that an entry of category 5 is dated to, and what is to be said of it."""

    day: date
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ReEntry:
    """K-01: both halves of one act; ``act`` is its id in the audit. None where the act is refused.

    ``verdicts`` say what is done, what the end of the plan is (K-02) and that the referral is finished (R-04).
    """

    act: str
    closed: Entry | None
    opened: Entry | None
    verdicts: tuple[Verdict, ...]


def plan_end(entered: date, ends_on: date | None) -> PlanEnd:
    """K-02: the end of the plan; not known yet: 31 December of the year of the entry, shown in December."""
    if ends_on is not None:
        return PlanEnd(ends_on, K02.allow())
    placeholder = date(entered.year, 12, 31)
    if entered.month == DECEMBER:
        return PlanEnd(
            placeholder,
            K02.warn(
                "W-K-YEAREND",
                f"koniec leczenia nieznany, jest grudzień: wpisano {placeholder.isoformat()}, popraw w porę",
                f"the end is not known and it is December: dated {placeholder.isoformat()}, correct it in time",
            ),
        )
    return PlanEnd(
        placeholder,
        K02.act(
            "AUTO-K-YEAREND",
            f"koniec leczenia nieznany: data {placeholder.isoformat()}, do poprawienia przy zakończeniu",
            f"the end is not known: dated {placeholder.isoformat()}, to be corrected at the end",
        ),
    )


def is_placeholder(day: date | None) -> bool:
    """K-02: whether a plan's last day is the one that stands for an end that nobody knows."""
    return day is not None and (day.month, day.day) == (DECEMBER, 31)


def re_enter(
    entry: Entry,
    first_visit: date,
    ends_on: date | None,
    *,
    plan: str,
    new_id: str,
    act: str,
    at: datetime,
    by: str,
) -> ReEntry:
    """K-01: remove ``entry`` as served on the first visit, and enter the patient as continuing until the plan's end.

    Only an open entry of categories 1 to 4 is closed so. The new entry keeps the person, schedule, diagnosis and
    referral, and has no number, criterion or privilege: it is on no waiting list (U-04).
    """
    may = entry.open and entry.category not in {None, Category.CONTINUING, Category.EMERGENCY}
    if not may or first_visit < warsaw_day(entry.reported_at) or (ends_on is not None and ends_on < first_visit):
        refusal = K01.refuse(
            "E-K-REENTER",
            "ponowny wpis jest możliwy dla otwartego wpisu kategorii 1-4, z wizytą nie wcześniejszą niż zgłoszenie i "
            "planem nie krótszym niż do wizyty: popraw dane",
            "only an open entry of categories 1 to 4 is entered again; the visit is not before the report, the plan "
            "does not end before the visit",
        )
        return ReEntry(act, None, None, (refusal,))
    end = plan_end(first_visit, ends_on)
    closed = replace(entry, removal=Removal(first_visit, SERVICE_DONE, at, by))
    opened = Entry(
        id=new_id,
        schedule=entry.schedule,
        person=entry.person,
        reported_at=entry.service_started or at,
        entered_at=at,
        entered_by=by,
        category=Category.CONTINUING,
        term=DayTerm(end.day),
        diagnosis=entry.diagnosis,
        reason=entry.reason,
        referral=entry.referral,
        body_area=entry.body_area,
        plan=plan,
        plan_day=end.day,
    )
    said = K01.act(
        "AUTO-K-REENTER",
        f"skreślenie {first_visit.isoformat()} (wykonano) i wpis w kategorii 5 do {end.day.isoformat()}",
        f"removed {first_visit.isoformat()} as done and entered as continuing until {end.day.isoformat()}, one act",
    )
    return ReEntry(act, closed, opened, (said, end.verdict, on_removal(entry, ReferralEffect.FINISH)))


def ended_on_its_date(entry: Entry, removal: Removal) -> Verdict:
    """K-03: a continuing entry is removed as done on the date it bears: the date is corrected first (M-07)."""
    if entry.category is not Category.CONTINUING or removal.reason != SERVICE_DONE:
        return K03.allow()
    if entry.term != DayTerm(removal.on):
        return K03.refuse(
            "E-K-ENDDATE",
            f"najpierw zmień datę wpisu na dzień zakończenia leczenia ({removal.on.isoformat()}), potem skreśl wpis",
            f"first set the date of the entry to the end of the treatment ({removal.on.isoformat()}), then remove it",
        )
    return K03.allow()


def year_end_day(year: int, settings: RuleSettings = DEFAULT_SETTINGS) -> date:
    """K-03: the last working day of December, on which open placeholders are listed (inferred)."""
    return working_day_on_or_before(date(year, 12, 31), settings.extra_days_off)


def year_end(entry: Entry, today: date, settings: RuleSettings = DEFAULT_SETTINGS) -> Verdict:
    """K-03: an open continuing entry still dated to 31 December, asked about from the last working day on."""
    if not entry.open or entry.category is not Category.CONTINUING or not isinstance(entry.term, DayTerm):
        return K03.allow()
    day = entry.term.day
    if is_placeholder(day) and today >= year_end_day(day.year, settings):
        return K03.ask_person(
            "TASK-K-YEAREND",
            "wpis kontynuującego leczenie ma datę 31 grudnia: wpisz datę zakończenia albo nową datę z planu",
            "a continuing entry is dated 31 December: put in the end of the treatment or the plan's new date",
        )
    return K03.allow()


def drug_programme(entry: Entry) -> Verdict:
    """K-04: who comes for the medicines of a drug programme continues treatment, with an entry each time."""
    if entry.category is Category.SAME_DAY and entry.schedule.has(Speciality.DRUG_PROGRAMME):
        return K04.refuse(
            "E-K-DRUG",
            "program lekowy: wpisz pacjenta w kategorii 5 (kontynuujący leczenie) z datą z planu, nie w kategorii 1",
            "a drug programme: enter the patient as continuing (5) on the plan's date, not as served on the day (1)",
        )
    return K04.allow()


def from_plan(entry: Entry) -> Verdict:
    """K-05: the date of a continuing patient is the one of the plan."""
    if entry.category is not Category.CONTINUING:
        return K05.allow()
    if not entry.plan:
        return K05.warn(
            "W-K-NOPLAN",
            "wpis kontynuującego leczenie nie wskazuje planu leczenia: dołącz plan",
            "the entry of a continuing patient names no plan of treatment: add it",
        )
    if entry.plan_day is not None and entry.term != DayTerm(entry.plan_day):
        return K05.warn(
            "W-K-OFFPLAN",
            f"termin wpisu różni się od planu ({entry.plan_day.isoformat()}): sprawdź datę",
            f"the date of the entry is not the plan's ({entry.plan_day.isoformat()}): check it",
        )
    return K05.allow()
