"""The rules of counting (T-01 to T-06) as the site reads them; the counting itself is in ``domain/moments.py``.

Whoever counts "dni robocze" of art. 20 or 47c counts here, so that a site's choice about Saturdays and its own days
off hold for every term. Terms of art. 23 and of the Civil Code name their days themselves: only days off count there.
"""

from __future__ import annotations

from datetime import date

from adapter.domain import moments
from adapter.domain.rules.rule import Rule, Standing
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings

T01 = Rule(
    "T-01",
    "Dzień roboczy: od poniedziałku do piątku, poza dniami wolnymi od pracy",
    "A working day: Monday to Friday, no statutory day off",
    "art. 23 ust. 4 ustawy z 27.08.2004",
)
T02 = Rule(
    "T-02",
    "Dni wolne od pracy",
    "Statutory days off",
    "art. 1 ustawy z 18.01.1951 o dniach wolnych od pracy (Wigilia od 1.02.2025: Dz.U. 2024 poz. 1965)",
)
T03 = Rule(
    "T-03",
    "Dnia zdarzenia nie liczy się do terminu",
    "The day of the event is not counted",
    "art. 111 Kodeksu cywilnego",
)
T04 = Rule(
    "T-04",
    "Zdarzenie w dniu wolnym: termin biegnie od następnego dnia roboczego",
    "An event on a day off: counting begins with the next working day",
    "art. 111 Kodeksu cywilnego; art. 19a ust. 8 ustawy z 27.08.2004",
    standing=Standing.INFERRED,
)
T05 = Rule(
    "T-05",
    "Koniec terminu w sobotę lub dzień wolny przesuwa się naprzód",
    "A term that ends on a Saturday or a day off ends on the next day that is neither",
    "art. 115 Kodeksu cywilnego",
)
T06 = Rule(
    "T-06",
    "Termin w miesiącach: ten sam dzień albo ostatni dzień miesiąca",
    "A term in months: the same day, or the last day of the month",
    "art. 112 Kodeksu cywilnego",
)
RULES = (T01, T02, T03, T04, T05, T06)


def working_day(day: date, settings: RuleSettings = DEFAULT_SETTINGS) -> bool:
    """T-01, T-02: whether ``day`` counts in a term of working days."""
    return moments.is_working_day(day, settings.extra_days_off, saturdays=settings.saturday_is_working)


def end_of_working_days(event: date, count: int, settings: RuleSettings = DEFAULT_SETTINGS) -> date:
    """T-01, T-03, T-04: the last day of ``count`` working days; the day of the event is not counted."""
    return moments.add_working_days(event, count, settings.extra_days_off, saturdays=settings.saturday_is_working)


def end_of_days(event: date, count: int, settings: RuleSettings = DEFAULT_SETTINGS) -> date:
    """T-03, T-05: the last day of ``count`` calendar days; Saturdays and days off push it forward."""
    return moments.add_calendar_days(event, count, settings.extra_days_off)


def end_of_months(event: date, count: int) -> date:
    """T-06: the same day ``count`` months later, or the last day of that month."""
    return moments.add_months(event, count)
