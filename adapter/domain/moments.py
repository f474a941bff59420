"""Days and terms as Polish law counts them. The only place where an instant becomes a Warsaw day.

* A working day is Monday to Friday and no statutory day off (T-01, T-02).
* The day of the event is not counted (T-03); the event may fall on any day (T-04).
* A term in calendar days that ends on a Saturday or a day off ends on the next day that is neither (T-05).
* A term in months ends on the same day of the month, or on its last day (T-06).

``extra`` is the site's list of days off that a regulation added (art. 1a of the act on days off).
Sources: act of 18.01.1951 on days off as amended (24 December from 1 February 2025), Civil Code
art. 111, 112, 115, act of 27.08.2004 art. 20, 23 and 47c; docs/law.md.
"""

from __future__ import annotations

import calendar
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

WARSAW = ZoneInfo("Europe/Warsaw")

SATURDAY = 5
SUNDAY = 6
CHRISTMAS_EVE_OFF_FROM_YEAR = 2025
WORKING_DAYS_MAX = 2500
"""No term of the law is longer; a larger number is a mistake of the caller."""
MONTHS_MAX = 240
CALENDAR_DAYS_MAX = 3660

WEEK_PRECISION_AFTER_MONTHS = 6
"""P-02: a term may be given as a week only beyond this many months."""
FIX_DATE_BEFORE_DAYS = 14
"""P-03: a term given as a week gets its date at least this many days before."""
FREED_WINDOW_DAYS = (7, 30)
"""N-03: first and last day, counted from the freed date, of the terms whose patients may be offered it."""
MONTHLY_REPORT_DAY = 10
"""Z-03: the monthly report is due on this day of the next month."""

NO_DAYS: frozenset[date] = frozenset()


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone has no Warsaw day")
    return instant


def warsaw_day(instant: datetime) -> date:
    """The day in Warsaw at that instant (aware)."""
    return _aware(instant).astimezone(WARSAW).date()


def warsaw_time(instant: datetime) -> datetime:
    """The instant (aware) on a Warsaw clock."""
    return _aware(instant).astimezone(WARSAW)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First instant of a Warsaw day and first of the next, in UTC: 24 hours apart, 23 or 25 at a clock change."""
    first = datetime.combine(day, time(), WARSAW)
    last = datetime.combine(day + timedelta(days=1), time(), WARSAW)
    return first.astimezone(UTC), last.astimezone(UTC)


def instant_in_warsaw(day: date, clock: time, *, second: bool = False) -> datetime:
    """The instant (UTC) when Warsaw clocks show ``clock`` on ``day``.

    In the hour that comes twice in October, ``second`` picks its second coming.

    Raises:
        ValueError: the clock never shows it (the hour left out in March), or ``clock`` has a zone.
    """
    if clock.tzinfo is not None:
        raise ValueError("a time on the Warsaw clock has no zone of its own")
    local = datetime.combine(day, clock.replace(fold=1 if second else 0), WARSAW)
    instant = local.astimezone(UTC)
    if instant.astimezone(WARSAW).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"{day.isoformat()} {clock.isoformat('minutes')} does not exist: the clocks go forward")
    return instant


@lru_cache(maxsize=256)
def _public_holidays(year: int) -> frozenset[date]:
    days = set(holidays.country_holidays("PL", years=year).keys())
    christmas_eve = date(year, 12, 24)
    days.discard(christmas_eve)
    if year >= CHRISTMAS_EVE_OFF_FROM_YEAR:
        days.add(christmas_eve)
    return frozenset(days)


def is_day_off(day: date, extra: AbstractSet[date] = NO_DAYS) -> bool:
    """Statutory day off: public holidays and Sundays (T-02)."""
    return day.weekday() == SUNDAY or day in _public_holidays(day.year) or day in extra


def is_working_day(day: date, extra: AbstractSet[date] = NO_DAYS, *, saturdays: bool = False) -> bool:
    """Monday to Friday and no statutory day off (T-01); ``saturdays`` lets them count where a site reads it so."""
    return (saturdays or day.weekday() < SATURDAY) and not is_day_off(day, extra)


def add_working_days(start: date, count: int, extra: AbstractSet[date] = NO_DAYS, *, saturdays: bool = False) -> date:
    """The last day of a term of ``count`` working days; ``start`` is not counted (T-01, T-03, T-04)."""
    if not 1 <= count <= WORKING_DAYS_MAX:
        raise ValueError(f"a term has 1 to {WORKING_DAYS_MAX} working days")
    day = start
    while count:
        day += timedelta(days=1)
        if is_working_day(day, extra, saturdays=saturdays):
            count -= 1
    return day


def working_day_on_or_before(day: date, extra: AbstractSet[date] = NO_DAYS) -> date:
    """The day itself, or the last working day before it."""
    while not is_working_day(day, extra):
        day -= timedelta(days=1)
    return day


def rolled_forward(day: date, extra: AbstractSet[date] = NO_DAYS) -> date:
    """The day itself, or the next that is neither a Saturday nor a day off (T-05)."""
    while not is_working_day(day, extra):
        day += timedelta(days=1)
    return day


def add_calendar_days(start: date, count: int, extra: AbstractSet[date] = NO_DAYS) -> date:
    """The last day of a term of ``count`` calendar days, rolled forward (T-03, T-05)."""
    if not 0 <= count <= CALENDAR_DAYS_MAX:
        raise ValueError(f"a term has 0 to {CALENDAR_DAYS_MAX} calendar days")
    return rolled_forward(start + timedelta(days=count), extra)


def add_months(start: date, count: int) -> date:
    """The same day ``count`` months later, or the last day of that month (T-06)."""
    if not 0 <= count <= MONTHS_MAX:
        raise ValueError(f"a term has 0 to {MONTHS_MAX} months")
    year, month0 = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month0 + 1, min(start.day, calendar.monthrange(year, month0 + 1)[1]))


def days_between(first: date, last: date) -> int:
    """Calendar days from ``first`` to ``last``, negative when ``last`` comes before."""
    return (last - first).days


def week_monday(iso_year: int, iso_week: int) -> date:
    """Monday of an ISO week. Raises ValueError when the year has no such week."""
    return date.fromisocalendar(iso_year, iso_week, 1)


def _week_day(iso_year: int, iso_week: int, from_sunday: bool) -> date:
    return week_monday(iso_year, iso_week) + timedelta(days=SUNDAY if from_sunday else 0)


def week_precision_allowed(entered: date, iso_year: int, iso_week: int, *, from_sunday: bool = False) -> bool:
    """Whether a term may be given as this week: its Monday is more than six months after the entry (P-02).

    ``from_sunday`` counts to the week's Sunday instead, where a site reads it so.
    """
    return _week_day(iso_year, iso_week, from_sunday) > add_months(entered, WEEK_PRECISION_AFTER_MONTHS)


def fix_date_by(
    iso_year: int, iso_week: int, extra: AbstractSet[date] = NO_DAYS, *, from_sunday: bool = False
) -> tuple[date, date]:
    """For a term given as a week: last day to fix its date, and the working day to warn on (P-03).

    A term "at least 14 days before" is never moved later (T-05).
    """
    last = _week_day(iso_year, iso_week, from_sunday) - timedelta(days=FIX_DATE_BEFORE_DAYS)
    return last, working_day_on_or_before(last, extra)


def freed_window(freed: date) -> tuple[date, date]:
    """First and last planned date of the patients who may be offered a freed date (N-03), both included."""
    first, last = FREED_WINDOW_DAYS
    return freed + timedelta(days=first), freed + timedelta(days=last)


def monthly_report_due(year: int, month: int, extra: AbstractSet[date] = NO_DAYS) -> tuple[date, date]:
    """Our own due day and the legal last day of the report on a month (Z-03)."""
    tenth = add_months(date(year, month, 1), 1).replace(day=MONTHLY_REPORT_DAY)
    return working_day_on_or_before(tenth, extra), rolled_forward(tenth, extra)


def first_free_date_state(day: date, extra: AbstractSet[date] = NO_DAYS) -> date | None:
    """As of which day the first-free-date report sent on ``day`` speaks; None when none is due (Z-01)."""
    return day - timedelta(days=1) if is_working_day(day, extra) else None


def waiting_room_end(entered: date, searched_days: int) -> date:
    """Until when CeR searches from the waiting room: information only (I-04)."""
    if not 0 <= searched_days <= CALENDAR_DAYS_MAX:
        raise ValueError(f"a search lasts 0 to {CALENDAR_DAYS_MAX} days")
    return entered + timedelta(days=searched_days)
