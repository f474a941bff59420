"""By which day a person must have done what the day asks of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from adapter.domain.register import Entry
from adapter.domain.rules.paper import awaited, paper_days
from adapter.domain.rules.removal import no_show_day
from adapter.domain.rules.settings import RuleSettings
from adapter.domain.rules.terms import fix_days
from adapter.domain.term import DayTerm, WeekTerm

ENTRY_CODES = (
    "TASK-P-FIX",
    "W-P-FIX-SOON",
    "P-FIX-OVERDUE",
    "TASK-R-PAPER",
    "W-R-PAPER-LAST",
    "W-R-PAPER-OVERDUE",
    "TASK-R-PAPER-LATE",
    "TASK-R-RELINK",
    "TASK-X-NOSHOW",
    "TASK-K-YEAREND",
    "W-R-SYNC-LATE",
)
"""Codes of the tasks that the day raises about an entry, and ends when nothing asks for them any more."""


def due_days(entry: Entry, settings: RuleSettings) -> Mapping[str, date]:
    """The last day of each task that the day may raise about an entry, by code (P-03, R-02, X-05, K-03)."""
    days: dict[str, date] = {}
    if isinstance(entry.term, WeekTerm):
        days |= dict.fromkeys(("TASK-P-FIX", "W-P-FIX-SOON", "P-FIX-OVERDUE"), fix_days(entry.term, settings).fix_by)
    if isinstance(entry.term, DayTerm):
        days["TASK-K-YEAREND"] = entry.term.day
    asked_from = no_show_day(entry, settings)
    if asked_from is not None:
        days["TASK-X-NOSHOW"] = asked_from
    if awaited(entry):
        paper = paper_days(entry, settings)
        days |= dict.fromkeys(("TASK-R-PAPER", "W-R-PAPER-LAST"), paper.deadline)
        days |= dict.fromkeys(("W-R-PAPER-OVERDUE", "TASK-R-PAPER-LATE"), paper.grace_until)
    return days
