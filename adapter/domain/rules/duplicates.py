"""One list, one entry: the same person twice for the same service (U-01, U-02, U-03, U-05, U-06, U-07).

What is known of the person elsewhere comes as :class:`KnownEntry`, from our own store and from AP-KOLCE, CeR and P1.
Everything given to these functions is about one person; who it is does not matter here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from adapter.domain.entitlement import Category
from adapter.domain.register import Entry, Speciality
from adapter.domain.rules.contract_end import E01, no_bar
from adapter.domain.rules.rule import Action, Rule, Standing
from adapter.domain.rules.verdict import Verdict

WAITING_LISTS = frozenset({Category.WAITING, Category.ONCOLOGY})
REHABILITATION = (Speciality.REHABILITATION, Speciality.AMBULATORY_PHYSIOTHERAPY)

U01 = Rule(
    "U-01",
    "Jedna lista u jednego świadczeniodawcy na dane świadczenie",
    "One list at one provider per service",
    "art. 20 ust. 10 ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-U-DUP",),
)
U02 = Rule(
    "U-02",
    "Kolejne skierowanie na to samo świadczenie nie daje drugiego wpisu",
    "Another referral for the same service gives no second entry",
    "art. 20 ust. 10fa ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-U-DUP",),
)
U03 = Rule(
    "U-03",
    "Rehabilitacja: to samo świadczenie tylko u jednego świadczeniodawcy",
    "Rehabilitation: the same service at one provider only, whatever the referral and the dates",
    "SEED-002; art. 20 ust. 10 i 10fa ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-U-DUP",),
)
U05 = Rule(
    "U-05",
    "Lista na procedurę wyklucza listę komórki, która ją wykonuje",
    "The list of a procedure excludes the list of the cell that does it",
    "zał. 6 ust. 1 rozporządzenia z 26.06.2019",
    (Action.ERROR,),
    ("E-U-PROC",),
)
U06 = Rule(
    "U-06",
    "Okolica ciała odróżnia wpisy",
    "The body area tells entries apart",
    "§ 8 ust. 2 pkt 4 rozporządzenia z 26.06.2019",
    (Action.TASK,),
    ("TASK-U-AREA",),
    Standing.INFERRED,
)
U07 = Rule(
    "U-07",
    "Dublowanie terminów w jednym harmonogramie",
    "Double booking inside one calendar",
    "SEED-000",
    (Action.REPORT,),
    ("REPORT-DOUBLE-BOOKING",),
)
RULES = (U01, U02, U03, U05, U06, U07)


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """What is known of another entry of the same person.

    ``id`` is ours, or the id at the place it is known from; ``provider`` whose list it is. ``provider_ended_on`` is
    the end of that provider's contract, None while it runs (E-01). Fields that nobody told are empty.
    """

    id: str
    provider: str
    service: str
    category: Category | None
    procedure: str = ""
    cell: str = ""
    body_area: str = ""
    referral_number: str = ""
    open: bool = True
    rehabilitation: bool = False
    provider_ended_on: date | None = None

    @classmethod
    def of(cls, entry: Entry, provider: str) -> KnownEntry:
        """One of our own entries, on the list of ``provider``."""
        return cls(
            entry.id,
            provider,
            entry.schedule.service,
            entry.category,
            entry.schedule.procedure,
            entry.schedule.cell,
            entry.body_area,
            entry.referral.number if entry.referral is not None else "",
            entry.open,
            entry.schedule.has(*REHABILITATION),
        )


def _same_list(new: KnownEntry, known: Iterable[KnownEntry]) -> list[KnownEntry]:
    """Open waiting entries of the same service and procedure beside a new waiting entry."""
    if new.category not in WAITING_LISTS:
        return []
    return [
        one
        for one in known
        if one.open
        and (one.provider, one.id) != (new.provider, new.id)
        and one.category in WAITING_LISTS
        and (one.service, one.procedure) == (new.service, new.procedure)
    ]


def _rivals(new: KnownEntry, known: Iterable[KnownEntry], today: date) -> list[KnownEntry]:
    """Those of them that stand against it: not at a provider whose contract ended (E-01)."""
    return [one for one in _same_list(new, known) if not no_bar(one.provider_ended_on, today)]


def _same_area(first: str, second: str) -> bool:
    return first.casefold() == second.casefold()


def one_list(new: KnownEntry, known: Iterable[KnownEntry], today: date) -> Verdict:
    """U-01: an open entry of category 2 or 3 for the same service and body area bars another, anywhere.

    One at a provider whose contract ended is no bar (E-01).
    """
    same = [one for one in _same_list(new, known) if _same_area(one.body_area, new.body_area)]
    if any(not no_bar(one.provider_ended_on, today) for one in same):
        return U01.refuse(
            "E-U-DUP",
            "pacjent ma już otwarty wpis na to świadczenie (tu albo gdzie indziej): poproś, by wybrał jeden",
            "the patient has an open entry for this service already, here or elsewhere: ask the patient to choose one",
        )
    return E01.allow() if same else U01.allow()


def another_referral(new: KnownEntry, known: Iterable[KnownEntry], today: date) -> Verdict:
    """U-02: a second referral for the same service gives no second entry."""
    for one in _rivals(new, known, today):
        differ = new.referral_number and one.referral_number and new.referral_number != one.referral_number
        if differ and _same_area(one.body_area, new.body_area):
            return U02.refuse(
                "E-U-DUP",
                "kolejne skierowanie na to samo świadczenie nie daje drugiego wpisu: zostaw pierwszy",
                "another referral for the same service gives no second entry: keep the first while it is open",
            )
    return U02.allow()


def rehabilitation(new: KnownEntry, known: Iterable[KnownEntry], today: date) -> Verdict:
    """U-03: the same rehabilitation service at two providers is refused, whatever the referral, category or dates.

    Another scope (day ward here, ambulatory treatments there) is another service and is allowed.
    """
    if not new.rehabilitation:
        return U03.allow()
    for one in known:
        elsewhere = one.open and one.provider != new.provider and not no_bar(one.provider_ended_on, today)
        if elsewhere and one.service == new.service:
            return U03.refuse(
                "E-U-DUP",
                "pacjent korzysta z tej rehabilitacji u innego świadczeniodawcy albo na nią czeka (sprawdź AP-KOLCE): "
                "wpis możliwy dopiero po skreśleniu tam",
                "the patient has or awaits the same rehabilitation at another provider (see AP-KOLCE): no entry "
                "before the removal there",
            )
    return U03.allow()


def procedure_list(new: KnownEntry, known: Iterable[KnownEntry]) -> Verdict:
    """U-05: who is listed for a procedure is not listed at the cell that does it too, for the same body area."""
    if new.category not in WAITING_LISTS:
        return U05.allow()
    for one in known:
        if not one.open or one.category not in WAITING_LISTS or one.provider != new.provider or one.id == new.id:
            continue
        one_is_procedure, new_is_procedure = bool(one.procedure), bool(new.procedure)
        same_cell = bool(new.cell) and one.cell == new.cell
        if one_is_procedure is not new_is_procedure and same_cell and _same_area(one.body_area, new.body_area):
            return U05.refuse(
                "E-U-PROC",
                "pacjent jest już na liście na procedurę albo na liście komórki, która ją wykonuje: zostaw jeden wpis",
                "the patient is on the list of the procedure or of the cell that does it already: keep one entry",
            )
    return U05.allow()


def area_told(new: KnownEntry, known: Iterable[KnownEntry], today: date) -> Verdict:
    """U-06: two body areas are two entries; where only one of two entries names its area, a person compares them."""
    for one in _rivals(new, known, today):
        if bool(one.body_area) is not bool(new.body_area):
            return U06.ask_person(
                "TASK-U-AREA",
                "pacjent ma już wpis na to świadczenie, a okolica ciała jest znana tylko w jednym: porównaj wpisy",
                "the patient has an entry for this service and only one of the two names the body area: compare them",
            )
    return U06.allow()


@dataclass(frozen=True, slots=True)
class Place:
    """A visit's place in a calendar: ids and instants only. ``resource`` is the practitioner, room or device."""

    visit: str
    resource: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class DoubleBooking:
    """U-07: visits of one resource whose times overlap, in their order."""

    resource: str
    visits: tuple[str, ...]
    starts: datetime
    verdict: Verdict


def double_bookings(places: Iterable[Place]) -> tuple[DoubleBooking, ...]:
    """U-07: every run of overlapping visits of one resource, as rows of the report of discrepancies."""
    calendars: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places:
        calendars[place.resource].append(place)
    found = []
    for resource, held in sorted(calendars.items()):
        run: list[Place] = []
        ends: datetime | None = None
        for place in sorted(held, key=lambda one: (one.starts, one.ends, one.visit)):
            if ends is None or place.starts >= ends:
                found += _row(resource, run)
                run, ends = [place], place.ends
            else:
                run.append(place)
                ends = max(ends, place.ends)
        found += _row(resource, run)
    return tuple(found)


def _row(resource: str, run: list[Place]) -> list[DoubleBooking]:
    if len(run) < 2:
        return []
    verdict = U07.act(
        "REPORT-DOUBLE-BOOKING",
        f"{len(run)} wizyty na ten sam czas: zostaw pierwszą, pozostałe przełóż",
        f"{len(run)} visits at the same time: keep the first, rebook the others",
    )
    return [DoubleBooking(resource, tuple(one.visit for one in run), run[0].starts, verdict)]
