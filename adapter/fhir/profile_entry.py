"""The term of an entry: what an Appointment without a time must say where its register is kept (P-01, P-02).

Asked only of Appointments whose schedule declares its admission schedule; elsewhere ``requestedPeriod`` is a wish.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from adapter.fhir import names
from adapter.fhir.day import full_day
from adapter.fhir.element import Element
from adapter.fhir.extensions import code
from adapter.fhir.problems import Problem
from adapter.fhir.rules import problem

WEEK = "week"
_SUNDAY_AFTER_MONDAY = timedelta(days=6)


class Days(NamedTuple):
    """The days of a term: one and the same, or a week's Monday and Sunday."""

    first: date
    last: date
    week: bool


def check_term(appointment: Element) -> Iterator[Problem]:
    """Problems of the term of an entry without a time."""
    if appointment.has("start"):
        return
    periods = list(appointment.children("requestedPeriod"))
    if len(periods) > 1:
        yield problem("POMOST-APPOINTMENT-12", periods[1].path)
    for period in periods:
        if term_days(period) is None:
            yield problem("POMOST-APPOINTMENT-11", period.path)


def term_days(period: Element) -> Days | None:
    """The day or week that a Period names in whole days, None when it is neither."""
    first, last = full_day(period.text("start")), full_day(period.text("end"))
    if first is None or last is None:
        return None
    if code(period, names.EXT_TERM_PRECISION) == WEEK:
        whole = first.isoweekday() == 1 and last - first == _SUNDAY_AFTER_MONDAY
        return Days(first, last, True) if whole else None
    return Days(first, last, False) if first == last else None
