"""What happens to an entry after it was made: changes of term and category, reservation, removal, restoring.

Each function returns a new entry; the record of what happened is only ever added to (G-03). They hold no law: the
rules are asked before. A record that does not fit the entry is a mistake of the caller (ValueError).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.register import CategoryChange, Entry, Removal, Restoring, TermChange
from adapter.domain.term import Term

FIRST_NUMBER = 1
LISTED = frozenset({Category.WAITING, Category.ONCOLOGY})


def next_number(numbers: Iterable[int]) -> int:
    """D-03: the running number of the next entry on a list, from all numbers ever given on it, removed ones too."""
    return max(numbers, default=FIRST_NUMBER - 1) + 1


def with_number(entry: Entry, numbers: Iterable[int]) -> Entry:
    """D-03: the entry with a running number when it is on a waiting list and has none.

    ``numbers`` are all that were ever given on the list. A number once given is kept, also off the list, so that
    nobody else gets it.
    """
    if entry.number is not None or not entry.on_waiting_list:
        return entry
    return replace(entry, number=next_number(numbers))


def _last(entry: Entry) -> datetime:
    """When the entry was last touched."""
    times = [entry.entered_at]
    times += [one.at for one in entry.term_changes]
    times += [one.at for one in entry.category_changes]
    times += [one.at for one in entry.restorings]
    return max(times)


def _may_change(entry: Entry, at: datetime) -> None:
    if not entry.open:
        raise ValueError("a removed entry does not change")
    if at < _last(entry):
        raise ValueError("a change cannot come before the one that was made last")


def with_term_change(entry: Entry, change: TermChange) -> Entry:
    """M-01: the entry with its new term, and the change in its history.

    Raises:
        ValueError: the entry is removed, its term is not the one that the change starts from, or time runs backwards.
    """
    _may_change(entry, change.at)
    if change.before != entry.term:
        raise ValueError("the change does not start from the entry's term")
    return replace(entry, term=change.after, term_changes=(*entry.term_changes, change))


def with_category_change(entry: Entry, change: CategoryChange) -> Entry:
    """C-08, M-02: the entry with its new category and criterion, and the change in its history.

    An entry that joins the list by it gets its number from :func:`with_number`.

    Raises:
        ValueError: the entry is removed, has another category or criterion than the change starts from, or time runs
            backwards.
    """
    _may_change(entry, change.at)
    if change.before is not entry.category or change.criterion_before != entry.criterion:
        raise ValueError("the change does not start from the entry's category and criterion")
    return replace(
        entry,
        category=change.after,
        criterion=change.criterion_after,
        category_changes=(*entry.category_changes, change),
    )


def with_reservation(entry: Entry) -> Entry:
    """P-06, P-07: the entry as a reservation; its term stays.

    Raises:
        ValueError: the entry is removed.
    """
    if not entry.open:
        raise ValueError("a removed entry does not change")
    return replace(entry, reserved=True)


def removed(entry: Entry, removal: Removal) -> Entry:
    """X-01: the entry with its end. Everything else stays, its number too.

    Raises:
        ValueError: it was removed before, or time runs backwards.
    """
    _may_change(entry, removal.at)
    return replace(entry, removal=removal)


def restored(entry: Entry, at: datetime, by: str, *, report_date: date | None = None) -> Entry:
    """E-06, R-02: the entry open again, with its number; the removal that was taken back stays in its history.

    ``report_date`` is given for a reinstatement: the report that decides the place. A letter that was posted in time
    changes nothing about the place.

    Raises:
        ValueError: the entry is open, or time runs backwards.
    """
    if entry.removal is None:
        raise ValueError("only a removed entry is restored")
    if at < entry.removal.at:
        raise ValueError("an entry is not restored before it was removed")
    back = replace(entry, removal=None, restorings=(*entry.restorings, Restoring(entry.removal, at, by)))
    return back if report_date is None else replace(back, original_report_date=report_date, reinstated=True)


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step of an entry's history: what, when (aware), by whom; before and after as texts. G-03."""

    what: str
    at: datetime
    by: str
    before: str = ""
    after: str = ""
    reason: str = ""


def _told(value: Term | Category | Criterion | None) -> str:
    if isinstance(value, Category):
        return str(value.value)
    return "" if value is None else str(value)


def history(entry: Entry) -> tuple[HistoryStep, ...]:
    """G-03: everything that happened to an entry, first to last: who, when, before, after."""
    steps = [HistoryStep("entered", entry.entered_at, entry.entered_by)]
    steps += [
        HistoryStep("term", moved.at, moved.by, _told(moved.before), _told(moved.after), moved.reason)
        for moved in entry.term_changes
    ]
    for turned in entry.category_changes:
        if turned.before is not turned.after:
            steps.append(HistoryStep("category", turned.at, turned.by, _told(turned.before), _told(turned.after)))
        if turned.criterion_before != turned.criterion_after:
            before, after = _told(turned.criterion_before), _told(turned.criterion_after)
            steps.append(HistoryStep("criterion", turned.at, turned.by, before, after))
    for taken_back in entry.restorings:
        steps += [_ended(taken_back.removal), HistoryStep("restored", taken_back.at, taken_back.by)]
    if entry.removal is not None:
        steps.append(_ended(entry.removal))
    return tuple(sorted(steps, key=lambda step: step.at))


def _ended(end: Removal) -> HistoryStep:
    return HistoryStep("removed", end.at, end.by, after=end.on.isoformat(), reason=end.reason)
