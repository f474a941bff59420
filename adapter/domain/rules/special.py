"""Special services: dental appliances, AP-KOLCE services, transplants, children in cells for adults (S-01 to S-04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from adapter.domain.register import AdmissionSchedule, Entry, Removal, Route, Speciality
from adapter.domain.rules.reasons import SERVICE_DONE
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.verdict import Verdict

AGE_BANDS = ("0-3", "4-9", "10-15", "16-18")
"""S-04: the age bands that are told (years)."""

S01 = Rule(
    "S-01",
    "Aparat ortodontyczny i proteza: dzień skreślenia to dzień pobrania wycisków",
    "Orthodontics and prosthetics: removed on the day the impressions were taken",
    "SEED-002; zał. 8 rozporządzenia z 26.06.2019",
    (Action.ERROR,),
    ("E-S-DENTAL",),
)
S02 = Rule(
    "S-02",
    "Harmonogram w AP-KOLCE w czasie rzeczywistym, bez .klx",
    "Kept in AP-KOLCE in real time, not in the monthly file",
    "§ 8 ust. 3 i zał. 9 rozporządzenia z 26.06.2019; SEED-002",
    (Action.WARN,),
    ("W-S-ROUTE",),
)
S03 = Rule(
    "S-03",
    "Przeszczepy poza harmonogramem",
    "Transplants are outside the register",
    "art. 24 ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-S-OUTSIDE",),
)
S04 = Rule(
    "S-04",
    "Dzieci w komórce dla dorosłych: grupy wieku; znieczulenie przy endoskopii",
    "Children in a cell for adults: age bands; anaesthesia in endoscopy",
    "§ 8 ust. 4 pkt 5 i 6 rozporządzenia z 26.06.2019",
    (Action.WARN,),
    ("W-S-AGE", "W-S-ANAESTHESIA"),
)
RULES = (S01, S02, S03, S04)


def impressions_day(entry: Entry, removal: Removal, impressions_on: date | None, settled_on: date | None) -> Verdict:
    """S-01: the procedure counts as done on the day of the impressions, not when it is handed over or billed.

    ``settled_on`` is the day of settlement with the Fund, None while there is none.
    """
    if not entry.schedule.has(Speciality.DENTAL_APPLIANCE) or removal.reason != SERVICE_DONE:
        return S01.allow()
    began = impressions_on
    if began is not None and removal.on != began and removal.on == settled_on:
        return S01.refuse(
            "E-S-DENTAL",
            f"za dzień skreślenia przyjmij dzień pobrania wycisków ({began.isoformat()}), nie dzień rozliczenia",
            f"remove on the day the impressions were taken ({began.isoformat()}), not on the day of settlement",
        )
    return S01.allow()


@dataclass(frozen=True, slots=True)
class RealTimeService:
    """A row of the dated table of services kept in AP-KOLCE: code of a service, cell or procedure, and its days."""

    code: str
    valid_from: date
    valid_to: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the row is in force on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def in_real_time(schedule: AdmissionSchedule, day: date, services: Iterable[RealTimeService]) -> bool:
    """S-02: whether the schedule's service, cell or procedure is kept in AP-KOLCE on ``day``."""
    codes = {schedule.service, schedule.cell, schedule.procedure} - {""}
    return any(row.code in codes and row.holds(day) for row in services)


def route_right(schedule: AdmissionSchedule, day: date, services: Iterable[RealTimeService]) -> Verdict:
    """S-02: such a schedule set to the monthly file is shown. One that CeR keeps now is left to I-02."""
    if schedule.route is Route.KLX and in_real_time(schedule, day, services):
        return S02.warn(
            "W-S-ROUTE",
            "ten harmonogram prowadzi się na bieżąco w AP-KOLCE: zmień ustawienie harmonogramu, bez raportu .klx",
            "this schedule is kept in AP-KOLCE in real time: change its setting; it has no monthly file",
        )
    return S02.allow()


def transplant(entry: Entry) -> Verdict:
    """S-03: art. 19-23 do not apply to a person on a national transplant list; the entry is not sent on."""
    if entry.schedule.has(Speciality.TRANSPLANT):
        return S03.act(
            "AUTO-S-OUTSIDE",
            "lista przeszczepowa: wpis poza harmonogramem, nic nie jest wysyłane",
            "a transplant list: outside the register, nothing is sent",
        )
    return S03.allow()


def age_bands(schedule: AdmissionSchedule) -> Verdict:
    """S-04: a cell coded for adults that treats children tells their age bands."""
    if not schedule.has(Speciality.ADULT_CELL_WITH_CHILDREN):
        return S04.allow()
    if not schedule.age_bands or not set(schedule.age_bands) <= set(AGE_BANDS):
        return S04.warn(
            "W-S-AGE",
            f"komórka dla dorosłych przyjmuje dzieci: podaj grupy wieku ({', '.join(AGE_BANDS)})",
            f"a cell for adults treats children: give the age bands ({', '.join(AGE_BANDS)})",
        )
    return S04.allow()


def anaesthesia_told(schedule: AdmissionSchedule) -> Verdict:
    """S-04: a schedule of gastroscopy or colonoscopy says whether it is also done under anaesthesia."""
    if schedule.has(Speciality.ENDOSCOPY) and schedule.under_anaesthesia is None:
        return S04.warn(
            "W-S-ANAESTHESIA",
            "gastroskopia lub kolonoskopia: podaj, czy badanie jest także w znieczuleniu",
            "gastroscopy or colonoscopy: say whether it is also done under anaesthesia",
        )
    return S04.allow()
