"""The term of an entry: a day, or a week where the law lets a term be that vague (P-01, P-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from adapter.domain.moments import week_monday

WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, order=True)
class DayTerm:
    """A term given as day, month and year (Warsaw)."""

    day: date

    @property
    def first(self) -> date:
        """First day that the term may mean."""
        return self.day

    @property
    def last(self) -> date:
        """Last day that the term may mean."""
        return self.day

    def __str__(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True, order=True)
class WeekTerm:
    """A term given as ISO week and year, for example 2026-W30."""

    year: int
    week: int

    def __post_init__(self) -> None:
        week_monday(self.year, self.week)

    @property
    def first(self) -> date:
        """Its Monday."""
        return week_monday(self.year, self.week)

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=WEEK_DAYS - 1)

    def __str__(self) -> str:
        return f"{self.year}-W{self.week:02d}"


Term = DayTerm | WeekTerm


def covers(promised: Term, day: date) -> bool:
    """Whether ``day`` keeps the promise (P-04)."""
    return promised.first <= day <= promised.last
