"""The figures of a month: who is on a register, who left it, changes of category, the average wait (Z-05 to Z-08)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.moments import add_months, days_between, warsaw_day
from adapter.domain.register import Entry, Removal, TermChangeCause
from adapter.domain.rules.changes import planned_when_asked
from adapter.domain.rules.reasons import SERVICE_DONE
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict

PERSON_FIELDS = frozenset({"given", "family", "pesel", "document"})
"""Z-07: what a row may say of the person."""
ROW_FIELDS = PERSON_FIELDS | {"criterion", "category_before", "category_after", "mark"}
"""Z-07: what a row may say at all."""
ON_LIST = frozenset({Category.WAITING, Category.ONCOLOGY})

Z05 = Rule(
    "Z-05",
    "Wiersze raportu miesięcznego",
    "Rows of the monthly report",
    "art. 23 ust. 1 ustawy z 27.08.2004; § 8 ust. 4 rozporządzenia z 26.06.2019",
    (Action.REPORT,),
)
Z06 = Rule(
    "Z-06",
    "Zmiany kategorii w okresie sprawozdawczym",
    "Changes of category in the period",
    "art. 23 ust. 1 pkt 2 ustawy z 27.08.2004; § 8 ust. 4 pkt 2 rozporządzenia z 26.06.2019",
    (Action.REPORT,),
)
Z07 = Rule(
    "Z-07",
    "Dane osobowe w raporcie: tylko imię, nazwisko i PESEL osób z kategorii 2",
    "Personal data in the report: name and PESEL of category 2 only",
    "art. 23 ust. 1 pkt 2 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-Z-DATA",),
)
Z08 = Rule(
    "Z-08",
    "Średni czas oczekiwania z trzech miesięcy",
    "The average wait of three months",
    "zał. 6 rozporządzenia z 26.06.2019",
    (Action.REPORT,),
)
RULES = (Z05, Z06, Z07, Z08)


def category_on(entry: Entry, day: date) -> Category | None:
    """The category at the end of ``day``: later changes are taken back. None when none was given."""
    category = entry.category
    for change in sorted(entry.category_changes, key=lambda one: one.at, reverse=True):
        if warsaw_day(change.at) <= day:
            break
        category = change.before
    return category


def criterion_on(entry: Entry, day: date) -> Criterion | None:
    """The medical criterion at the end of ``day``; a change that does not touch it is passed over."""
    criterion = entry.criterion
    for change in sorted(entry.category_changes, key=lambda one: one.at, reverse=True):
        if warsaw_day(change.at) <= day:
            break
        if (change.criterion_before, change.criterion_after) != (None, None):
            criterion = change.criterion_before
    return criterion


def _absences(entry: Entry) -> Iterator[tuple[Removal, date | None]]:
    """Every removal with the day on which it was taken back (E-06, R-02); None for the one that stands."""
    for back in entry.restorings:
        yield back.removal, warsaw_day(back.at)
    if entry.removal is not None:
        yield entry.removal, None


def open_on(entry: Entry, day: date) -> bool:
    """Whether the entry stands in the register at the end of ``day``."""
    away = any(gone.on <= day and (back is None or day < back) for gone, back in _absences(entry))
    return warsaw_day(entry.entered_at) <= day and not away


def _removed_in(entry: Entry, first: date, last: date) -> Removal | None:
    """The removal of the period that still stands at its end. One that was taken back in it is none."""
    for gone, back in _absences(entry):
        if first <= gone.on <= last and (back is None or back > last):
            return gone
    return None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Z-05 d: one who waits: the entry, whose person names it, and the criterion."""

    entry: str
    person: str
    criterion: Criterion | None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """Z-05 for one register: counts by category, and of its waiting list.

    ``privileged`` counts category 4 by the code of the right; ``moved_to_freed`` the persons, by criterion, whose date
    changed through a freed date (art. 20 ust. 9a).
    """

    first: date
    last: date
    standing: Mapping[Category, int] = field(default_factory=dict)
    privileged: Mapping[str, int] = field(default_factory=dict)
    removed: Mapping[Category, int] = field(default_factory=dict)
    served: Mapping[Category, int] = field(default_factory=dict)
    waiting: tuple[WaitingRow, ...] = ()
    moved_to_freed: Mapping[Criterion, int] = field(default_factory=dict)


def month_bounds(year: int, month: int) -> tuple[date, date]:
    """First and last day of a month."""
    first = date(year, month, 1)
    return first, date.fromordinal(add_months(first, 1).toordinal() - 1)


def month_figures(entries: Iterable[Entry], year: int, month: int) -> MonthFigures:
    """Z-05: the figures of one register for a month. ``entries`` are all of it, removed ones too.

    An entry without a category is not counted: E-CAT-NONE keeps it out of the register.
    """
    first, last = month_bounds(year, month)
    standing: Counter[Category] = Counter()
    privileged: Counter[str] = Counter()
    removed: Counter[Category] = Counter()
    served: Counter[Category] = Counter()
    moved: Counter[Criterion] = Counter()
    waiting = []
    for entry in entries:
        if open_on(entry, last) and (category := category_on(entry, last)) is not None:
            standing[category] += 1
            if category is Category.PRIVILEGED and entry.entitlement is not None:
                privileged[entry.entitlement.code] += 1
            if category is Category.WAITING:
                waiting.append(WaitingRow(entry.id, entry.person.key, criterion_on(entry, last)))
        elif (gone := _removed_in(entry, first, last)) and (category := category_on(entry, gone.on)) is not None:
            removed[category] += 1
            if gone.reason == SERVICE_DONE:
                served[category] += 1
        if _moved_to_freed(entry, first, last) and (criterion := criterion_on(entry, last)) is not None:
            moved[criterion] += 1
    return MonthFigures(first, last, standing, privileged, removed, served, tuple(waiting), moved)


def _moved_to_freed(entry: Entry, first: date, last: date) -> bool:
    return any(
        change.cause is TermChangeCause.EARLIER_OFFER and first <= warsaw_day(change.at) <= last
        for change in entry.term_changes
    )


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """Z-06: one who came on a waiting list, or left it, by a change of category. ``mark`` is BK or empty (V-11)."""

    entry: str
    person: str
    before: Category
    after: Category
    mark: str = ""


def category_rows(
    entries: Iterable[Entry], first: date, last: date, marks: Mapping[str, str]
) -> tuple[CategoryRow, ...]:
    """Z-06: a row for each change in the period that brings a person on the list or takes one off.

    ``marks`` gives the extra mark by entry id (V-11).
    """
    return tuple(
        CategoryRow(entry.id, entry.person.key, change.before, change.after, marks.get(entry.id, ""))
        for entry in entries
        for change in entry.category_changes
        if first <= warsaw_day(change.at) <= last
        and change.before is not change.after
        and (change.before in ON_LIST or change.after in ON_LIST)
    )


def row_lawful(fields: Collection[str], category: Category) -> Verdict:
    """Z-07: a row names only persons of category 2, by name and PESEL or document; no diagnosis, nothing else."""
    beyond = set(fields) - ROW_FIELDS
    if beyond or (category is not Category.WAITING and PERSON_FIELDS & set(fields)):
        named = ", ".join(sorted(beyond or PERSON_FIELDS & set(fields)))
        return Z07.refuse(
            "E-Z-DATA",
            f"raport zawiera dane, których przepis nie przewiduje ({named}): usuń je z wiersza",
            f"the row holds data that the act does not provide for ({named}): take them out",
        )
    return Z07.allow()


@dataclass(frozen=True, slots=True)
class AverageWait:
    """Z-08: days and persons, the mean with the kept decimals, and the whole number that is shown. None: nobody."""

    days: int
    persons: int
    mean: Decimal | None
    shown: int | None


def three_months(last: date) -> date:
    """Z-08: the first day of the three months that end with the month of ``last``."""
    return add_months(date(last.year - 1, last.month, 1), 10)


def waited_days(entry: Entry, patient_side: AbstractSet[str]) -> int | None:
    """Z-08: days from the entry to the start of the service; None for who is not counted.

    Counted: removed as served from category 2, not reserved. After a change that the patient asked for (its reason is
    one of the ``patient_side`` codes), to the date planned on the day of asking (M-04).
    """
    if entry.removal is None or entry.removal.reason != SERVICE_DONE or entry.reserved:
        return None
    if entry.category is not Category.WAITING or entry.criterion is None:
        return None
    planned = planned_when_asked(entry, patient_side)
    if planned is not None:
        end = planned.term.first
    else:
        end = warsaw_day(entry.service_started) if entry.service_started is not None else entry.removal.on
    return days_between(warsaw_day(entry.entered_at), end)


def average_wait(
    entries: Iterable[Entry],
    last: date,
    patient_side: AbstractSet[str],
    settings: RuleSettings = DEFAULT_SETTINGS,
) -> dict[Criterion, AverageWait]:
    """Z-08: our check value for one cell or procedure, by criterion, over the three months that end with ``last``'s.

    The Fund computes the figure that counts. The oncology list is left out (O-03).
    """
    first, end = three_months(last), month_bounds(last.year, last.month)[1]
    days: Counter[Criterion] = Counter()
    persons: Counter[Criterion] = Counter()
    for entry in entries:
        if entry.removal is None or entry.criterion is None or not first <= entry.removal.on <= end:
            continue
        waited = waited_days(entry, patient_side)
        if waited is not None:
            days[entry.criterion] += waited
            persons[entry.criterion] += 1
    return {criterion: _average(days[criterion], persons[criterion], settings) for criterion in Criterion}


def _average(days: int, persons: int, settings: RuleSettings) -> AverageWait:
    if not persons:
        return AverageWait(days, 0, None, None)
    exact = Decimal(days) / Decimal(persons)
    mean = exact.quantize(Decimal(1).scaleb(-settings.average_decimals), ROUND_HALF_UP)
    return AverageWait(days, persons, mean, int(exact.quantize(Decimal(1), ROUND_HALF_UP)))
