"""When the Fund's reports are due, what is in them, and what the Fund publishes and asks (Z-01 to Z-04, Z-09, Z-10).

The figures themselves are in ``figures.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapter.domain.moments import (
    first_free_date_state,
    monthly_report_due,
    warsaw_day,
    warsaw_time,
    working_day_on_or_before,
)
from adapter.domain.register import AdmissionSchedule, Route
from adapter.domain.rules.oncology import ListKind, left_out
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.terms import may_be_undated
from adapter.domain.rules.verdict import Verdict

Z01 = Rule(
    "Z-01",
    "Pierwszy wolny termin: każdego dnia roboczego",
    "The first free date, each working day",
    "art. 23 ust. 4 ustawy z 27.08.2004; § 8 ust. 4 pkt 4, ust. 5 pkt 2 i ust. 6 rozporządzenia z 26.06.2019",
    (Action.AUTO, Action.WARN, Action.REPORT),
    ("AUTO-Z-FFD", "W-Z-FFD", "REPORT-Z-FFD-OVERDUE"),
)
Z02 = Rule(
    "Z-02",
    "Pierwszy wolny termin raz w tygodniu tylko za zgodą",
    "The first free date once a week only with the Fund's consent",
    "art. 23 ust. 4a ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-Z-CONSENT",),
)
Z03 = Rule(
    "Z-03",
    "Raport miesięczny do 10. dnia następnego miesiąca",
    "The monthly report by the 10th of the next month",
    "§ 8 ust. 5 pkt 1 rozporządzenia z 26.06.2019; SEED-002",
    (Action.AUTO, Action.WARN, Action.REPORT),
    ("AUTO-Z-MONTH", "W-Z-MONTH", "REPORT-Z-MONTH-OVERDUE"),
)
Z04 = Rule(
    "Z-04",
    "Harmonogramy w AP-KOLCE bez raportu miesięcznego",
    "Schedules kept in AP-KOLCE have no monthly report",
    "art. 23 ust. 11 ustawy z 27.08.2004; SEED-002",
    (Action.REPORT,),
)
Z09 = Rule(
    "Z-09",
    "Fundusz publikuje liczbę oczekujących i średni czas",
    "The Fund publishes how many wait and how long",
    "art. 23 ust. 2, 5, 8, 9 i 10 ustawy z 27.08.2004",
    (Action.REPORT,),
    ("REPORT-PUBLICATION-DIFF",),
)
Z10 = Rule(
    "Z-10",
    "Informacja na uzasadnione żądanie Funduszu: niezwłocznie",
    "Information on the Fund's reasoned request: at once",
    "art. 23 ust. 6 ustawy z 27.08.2004",
    (Action.TASK,),
    ("TASK-Z-EXPORT",),
)
RULES = (Z01, Z02, Z03, Z04, Z09, Z10)


def reports_first_free_date(schedule: AdmissionSchedule, kind: ListKind) -> bool:
    """Z-01, O-03: whether a list is in the report: not the oncology list, not the services without a date (P-05)."""
    return kind is not ListKind.NONE and not left_out(kind) and not may_be_undated(schedule)


def weekly_consented(settings: RuleSettings) -> Verdict:
    """Z-02: the weekly mode names the Fund's consent."""
    if settings.first_free_date_weekly and not settings.first_free_date_consent.strip():
        return Z02.refuse(
            "E-Z-CONSENT",
            "raport raz w tygodniu wymaga zgody Funduszu: wpisz numer zgody albo wróć do raportu codziennego",
            "the weekly report needs the Fund's consent: give its reference or go back to the daily one",
        )
    return Z02.allow()


def state_day(today: date, settings: RuleSettings = DEFAULT_SETTINGS) -> date | None:
    """Z-01, Z-02: as of which day the report of ``today`` speaks; None when none is due today.

    A weekly report whose weekday is a day off goes out on the working day before. Without a consent the report stays
    daily.
    """
    if not settings.first_free_date_reported:
        return None
    if settings.first_free_date_weekly and not weekly_consented(settings).refused:
        wanted = today + timedelta(days=(settings.first_free_date_weekday - today.weekday()) % 7)
        if working_day_on_or_before(wanted, settings.extra_days_off) != today:
            return None
    return first_free_date_state(today, settings.extra_days_off)


def first_free_date(now: datetime, settings: RuleSettings = DEFAULT_SETTINGS, *, sent: bool = False) -> Verdict:
    """Z-01: what the report of today asks for at ``now`` (aware): built at 06:00, shown at 09:30, overdue at 10:00."""
    clock = warsaw_time(now)
    if sent or state_day(clock.date(), settings) is None or clock.time() < settings.first_free_date_build_at:
        return Z01.allow()
    if clock.time() >= settings.first_free_date_due_at:
        return Z01.act(
            "REPORT-Z-FFD-OVERDUE",
            "raport o pierwszym wolnym terminie po godzinie: wyślij go teraz",
            "the report of first free dates is overdue: send it now",
        )
    if clock.time() >= settings.first_free_date_warn_at:
        return Z01.warn(
            "W-Z-FFD",
            f"raport o pierwszym wolnym terminie niewysłany, czas do {settings.first_free_date_due_at:%H:%M}",
            f"the report of first free dates is not sent, it is due at {settings.first_free_date_due_at:%H:%M}",
        )
    return Z01.act(
        "AUTO-Z-FFD",
        "zbuduj i wyślij raport o pierwszym wolnym terminie według stanu z dnia poprzedniego",
        "build and send the report of first free dates, as of the day before",
    )


def monthly(today: date, settings: RuleSettings = DEFAULT_SETTINGS, *, sent: bool = False) -> Verdict:
    """Z-03: what the report on the month before ``today`` asks for: shown from our due day, then overdue."""
    last_of_month = today.replace(day=1) - timedelta(days=1)
    own, legal = monthly_report_due(last_of_month.year, last_of_month.month, settings.extra_days_off)
    if sent:
        return Z03.allow()
    month = f"{last_of_month:%Y-%m}"
    if today > legal:
        return Z03.act(
            "REPORT-Z-MONTH-OVERDUE",
            f"raport za {month} po terminie ({legal.isoformat()}): wyślij go teraz",
            f"the report on {month} is overdue since {legal.isoformat()}: send it now",
        )
    if today >= own:
        return Z03.warn(
            "W-Z-MONTH",
            f"raport za {month} niewysłany, ostatni dzień to {legal.isoformat()}",
            f"the report on {month} is not sent, the last day is {legal.isoformat()}",
        )
    return Z03.act("AUTO-Z-MONTH", f"przygotuj raport za {month}", f"prepare the report on {month}")


def in_monthly_file(schedule: AdmissionSchedule, settings: RuleSettings = DEFAULT_SETTINGS) -> bool:
    """Z-04: whether a schedule has a row: not when kept in AP-KOLCE; of CeR's schedules a setting says."""
    if schedule.route is Route.AP_KOLCE:
        return False
    return schedule.route is not Route.CER or settings.monthly_report_for_cer


@dataclass(frozen=True, slots=True)
class Published:
    """Figures of one list and month: how many wait, how many were removed, the average in days. None: not told."""

    waiting: int | None = None
    removed: int | None = None
    average_days: int | None = None


@dataclass(frozen=True, slots=True)
class PublicationDifference:
    """Z-09: one figure that the Fund publishes otherwise than we count it."""

    list_id: str
    figure: str
    ours: int
    published: int
    verdict: Verdict


def publication_differences(
    ours: Mapping[str, Published], published: Mapping[str, Published]
) -> tuple[PublicationDifference, ...]:
    """Z-09: a row for each figure that both sides know and that differs, by list id."""
    found = []
    for list_id in sorted(ours.keys() & published.keys()):
        for figure in ("waiting", "removed", "average_days"):
            here, there = getattr(ours[list_id], figure), getattr(published[list_id], figure)
            if here is not None and there is not None and here != there:
                verdict = Z09.act(
                    "REPORT-PUBLICATION-DIFF",
                    f"Fundusz publikuje {there}, harmonogram ma {here}: sprawdź wysłany raport",
                    f"the Fund publishes {there}, the register has {here}: check the report that was sent",
                )
                found.append(PublicationDifference(list_id, figure, here, there, verdict))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class FundRequest:
    """A reasoned request of the Fund (or of a control body): when it came (aware), when it was answered."""

    received_at: datetime
    answered_at: datetime | None = None

    @property
    def due_on(self) -> date:
        """The same Warsaw day."""
        return warsaw_day(self.received_at)


def request_open(request: FundRequest) -> Verdict:
    """Z-10: an open request is a task of the same day: the export of the register (G-03)."""
    if request.answered_at is not None:
        return Z10.allow()
    return Z10.ask_person(
        "TASK-Z-EXPORT",
        f"żądanie Funduszu z {request.due_on.isoformat()}: przekaż eksport harmonogramu jeszcze tego dnia",
        f"the Fund's request of {request.due_on.isoformat()}: hand the export of the register over the same day",
    )
