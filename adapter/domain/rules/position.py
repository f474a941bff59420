"""The order on a waiting list (G-05): urgent before stable, then the report, then the running number.

Where an earlier report counts (a provider that ended its contract, E-02; a reinstated patient, E-06), its date takes
the place of the report. It is a day without a time, so it stands before the reports of that day (inferred).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from adapter.domain.entitlement import Criterion
from adapter.domain.moments import day_bounds
from adapter.domain.register import Entry
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import Term

NO_NUMBER = 2**31
"""Stands for the running number of an entry that has none yet: after all that have one."""

G05 = Rule(
    "G-05",
    "Kolejność zgłoszeń i kryteria medyczne",
    "Order of the reports; medical criteria decide",
    "art. 20 ust. 1, ust. 2 pkt 1, ust. 5 i 6 ustawy z 27.08.2004; § 2 rozporządzenia z 26.09.2005",
    (Action.WARN,),
    ("W-ORDER",),
)
RULES = (G05,)

PlaceKey = tuple[int, datetime, int, str]
"""What entries of one list are ordered by: criterion, report (aware), running number, id."""


def counted_report(entry: Entry) -> datetime:
    """G-05, E-02, E-06: the instant of the report that counts for the place on the list (aware)."""
    if entry.original_report_date is None:
        return entry.reported_at
    return min(day_bounds(entry.original_report_date)[0], entry.reported_at)


def place_key(entry: Entry) -> PlaceKey:
    """G-05: the key of an entry; no two entries of a list have the same."""
    urgent = entry.criterion is Criterion.URGENT
    number = entry.number if entry.number is not None else NO_NUMBER
    return (0 if urgent else 1, counted_report(entry), number, entry.id)


def waiting_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """G-05: who still waits, first to last. Entries are of one list; those not on it are left out."""
    return tuple(sorted((entry for entry in entries if entry.on_waiting_list), key=place_key))


def position(entry: Entry, entries: Iterable[Entry]) -> int | None:
    """G-05: the place of ``entry`` among those who wait on its list, from 1; None when it does not wait.

    ``entries`` are of its list; whether it is among them or not changes nothing.
    """
    if not entry.on_waiting_list:
        return None
    own = place_key(entry)
    return 1 + sum(1 for one in entries if one.id != entry.id and one.on_waiting_list and place_key(one) < own)


def next_in_order(entry: Entry, entries: Iterable[Entry], earlier: Term) -> Entry | None:
    """M-06: who is offered ``earlier`` after ``entry`` declined it: the next in order whose term is later.

    Those who reserved a later term by wish are passed over (P-07 made them reserved, or P-06).
    """
    own = place_key(entry)
    for one in waiting_order(entries):
        later = one.term is not None and one.term.first > earlier.last
        if place_key(one) > own and later and not one.reserved:
            return one
    return None


def overtaken(entry: Entry, waiting: Iterable[Entry]) -> Sequence[Entry]:
    """G-05: who of the list ranks before ``entry``, still waits, and has a later term.

    Who chose a later term himself (reserved), or has no term, is not overtaken (inferred).
    """
    if entry.term is None or not entry.on_waiting_list:
        return ()
    own, first = place_key(entry), entry.term.first
    return [
        one
        for one in waiting
        if one.id != entry.id
        and one.on_waiting_list
        and not one.reserved
        and one.term is not None
        and one.term.first > first
        and place_key(one) < own
    ]


def in_order(entry: Entry, waiting: Iterable[Entry], reason: str = "") -> Verdict:
    """G-05: a term earlier than that of a higher-ranked patient who still waits needs a reason code."""
    passed = 0 if reason.strip() else len(overtaken(entry, waiting))
    if not passed:
        return G05.allow()
    return G05.warn(
        "W-ORDER",
        f"termin wyprzedza osoby z wyższym miejscem na liście (liczba: {passed}): podaj przyczynę albo zmień termin",
        f"the term comes before those of patients who rank higher ({passed}): give the reason or change the term",
    )
