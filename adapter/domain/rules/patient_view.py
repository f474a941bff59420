"""What a patient is told of an entry: at once (D-05), on demand as a certificate (D-06), at any time (G-08).

Only facts, no texts: the Polish sentences with English beside them are made where letters are made. The notice on
other providers (N-05) belongs to every first notice, so it is asked for here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry
from adapter.domain.rules.position import position
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.rules.verdict import Verdict
from adapter.domain.term import Term

G08 = Rule(
    "G-08",
    "Elektroniczne umawianie, status na liście i powiadomienie o terminie",
    "Electronic booking, status on the list and notice of the term",
    "art. 23a ust. 1 ustawy z 27.08.2004",
)
D05 = Rule(
    "D-05",
    "Zawiadomienie pacjenta o kategorii medycznej i terminie",
    "The patient is told the medical category and the term",
    "art. 20 ust. 2 pkt 2 ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-D-NOTICE",),
)
D06 = Rule(
    "D-06",
    "Zaświadczenie o wpisie na żądanie pacjenta",
    "A certificate of the entry on demand",
    "art. 20 ust. 2 pkt 6 ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-D-CERTIFICATE",),
)
RULES = (G08, D05, D06)


@dataclass(frozen=True, slots=True)
class EntryNotice:
    """D-05: what the notice of a new entry tells, and on which day. ``fund_notice`` adds the sentence of N-05.

    ``justification`` is told on demand only.
    """

    entry: str
    on: date
    category: Category
    criterion: Criterion | None
    term: Term | None
    fund_notice: bool
    justification: str
    verdict: Verdict


def entry_notice(entry: Entry) -> EntryNotice | None:
    """D-05: the notice of a new entry, on the day it is made. None: removed, no category, or deceased (X-07)."""
    if not entry.open or entry.category is None or entry.person.deceased_on is not None:
        return None
    verdict = D05.act(
        "AUTO-D-NOTICE",
        "zawiadom pacjenta o kategorii medycznej i terminie, z informacją Funduszu o innych świadczeniodawcach",
        "tell the patient the medical category and the term, with the Fund's information on other providers",
    )
    return EntryNotice(
        entry.id,
        warsaw_day(entry.entered_at),
        entry.category,
        entry.criterion,
        entry.term,
        True,
        entry.term_justification,
        verdict,
    )


@dataclass(frozen=True, slots=True)
class Certificate:
    """D-06: the facts of a certificate: who issues it (the register's id begins with the provider's), the entry, the
    medical category (None: no such line) and the term."""

    schedule: str
    entry: str
    entered_on: date
    issued_on: date
    criterion: Criterion | None
    term: Term | None
    verdict: Verdict


def certificate(entry: Entry, on: date, settings: RuleSettings = DEFAULT_SETTINGS) -> Certificate | None:
    """D-06: the certificate of an entry that waits, issued ``on``. None: not on a waiting list, nothing to certify.

    An entry of category 3 has no medical category, so that line is left out (inferred).
    """
    if not entry.on_waiting_list:
        return None
    hidden = entry.category is Category.ONCOLOGY and not settings.certificate_shows_oncology_criterion
    verdict = D06.act(
        "AUTO-D-CERTIFICATE",
        "wystaw zaświadczenie o wpisie: kategoria medyczna i termin",
        "issue the certificate of the entry: medical category and term",
    )
    return Certificate(
        entry.schedule.id,
        entry.id,
        warsaw_day(entry.entered_at),
        on,
        None if hidden else entry.criterion,
        entry.term,
        verdict,
    )


@dataclass(frozen=True, slots=True)
class OwnStatus:
    """G-08: what a patient may see of one entry. ``place`` is None off the waiting list."""

    entry: str
    schedule: str
    service: str
    category: Category | None
    criterion: Criterion | None
    place: int | None
    term: Term | None
    reserved: bool
    open: bool


def own_status(person: str, entries: Iterable[Entry]) -> tuple[OwnStatus, ...]:
    """G-08: the entries of one person (our id), each with its place on its own list.

    ``entries`` are all of the lists that the person is on. Nothing of anybody else is in the answer but the count of
    those before.
    """
    everyone = tuple(entries)
    return tuple(
        OwnStatus(
            one.id,
            one.schedule.id,
            one.schedule.service,
            one.category,
            one.criterion,
            position(one, (other for other in everyone if _same_list(one, other))),
            one.term,
            one.reserved,
            one.open,
        )
        for one in everyone
        if one.person.key == person
    )


def _same_list(one: Entry, other: Entry) -> bool:
    """The DILO list of a schedule is a list of its own (O-01)."""
    return one.schedule.id == other.schedule.id and one.category is other.category
