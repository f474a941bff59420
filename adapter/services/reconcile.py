"""Put both calendars side by side, day by day and schedule by schedule, and write every difference down.

For each schedule in scope and each Warsaw day: fetch CeR's list (outside any transaction), then in one
transaction load it, compare, judge, record what was found and close what is gone. A schedule that cannot
be read is named in the summary, its discrepancies stay as they were, and its neighbours go on.

A list with rows that nobody could read is incomplete: its differences are recorded (marked
``listing_incomplete``), but nothing is closed and nothing is published on its strength.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import uuid4

from adapter.domain.discrepancy import Discrepancy, DiscrepancyClass, HospitalVisitView, SlotPair
from adapter.domain.evidence import instant
from adapter.domain.national import NationalVisit, SlotListing
from adapter.domain.reconcile import judge, match_visits
from adapter.errors import BadInput, Rejected, Unavailable
from adapter.mapping.tables import Tables
from adapter.ports import CallContext, Clock
from adapter.ports.store import AuditRecord, Store, UnitOfWork

ORDER_TOLERANCE = timedelta(seconds=2)
"""Two moments closer than this have no known order, unless a setting says otherwise."""
DAYS_MAX = 400
"""Days in one run."""
DAYS_OUT_OF_REACH_MAX = 2
"""After so many days in a row of one schedule that CeR did not answer, its other days are not asked for."""
SCHEDULES_OUT_OF_REACH_MAX = 3
"""After so many schedules in a row without any answer the run asks no more: CeR is down."""
ACTOR = "job:reconcile"
NOT_ASKED = "not asked: CeR did not answer for the lists before it"


class Lists(Protocol):
    """Who reads CeR's lists: a registry, or one that is spared while it rests (``rest.SparedLists``)."""

    def list_slots(self, context: CallContext, schedule: str, day: date) -> SlotListing:
        """All slots of one schedule that start on a Warsaw day."""


@dataclass(frozen=True, slots=True)
class NotRead:
    """A list that could not be compared: which one, and why (safe text)."""

    schedule_id: str
    day: date
    problem: str
    out_of_reach: bool = True
    """False when CeR answered and refused."""


@dataclass(frozen=True, slots=True)
class UnreadableIn:
    """A row of CeR's list that could not be read: in which list, where it stood, why."""

    schedule_id: str
    day: date
    position: str
    problem: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run saw. ``compared`` counts (schedule, day) lists; ``closed`` discrepancies gone by themselves."""

    facility: str
    first: date
    last: date
    at: datetime
    schedules: int
    compared: int
    unchanged: int
    found: tuple[Discrepancy, ...]
    closed: int
    not_read: tuple[NotRead, ...]
    unreadable: tuple[UnreadableIn, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each class, in the order of the classes."""
        kinds = [one.kind for one in self.found]
        return {kind.value: kinds.count(kind) for kind in DiscrepancyClass if kind in kinds}

    @property
    def clean(self) -> bool:
        """Everything was read and nothing differs."""
        return not (self.found or self.not_read or self.unreadable)


@dataclass(slots=True)
class _Run:
    """What a run works with, and what it has gathered so far."""

    store: Store
    registry: Lists
    clock: Clock
    tolerance: timedelta
    facility: str
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    compared: int = 0
    unchanged: int = 0
    closed: int = 0
    found: list[Discrepancy] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    unreadable: list[UnreadableIn] = field(default_factory=list)


def days_of(first: date, last: date) -> Iterator[date]:
    """Every day from ``first`` to ``last``, both included.

    Raises:
        BadInput: the last day is before the first, or there are more than ``DAYS_MAX``.
    """
    count = (last - first).days + 1
    if count < 1:
        raise BadInput("the last day is before the first", field="--to")
    if count > DAYS_MAX:
        raise BadInput(f"{count} days at once; at most {DAYS_MAX}", field="--to")
    return (first + timedelta(days=number) for number in range(count))


def reconcile(
    store: Store,
    registry: Lists,
    clock: Clock,
    tables: Tables,
    facility: str,
    *,
    first: date,
    last: date,
    tolerance: timedelta = ORDER_TOLERANCE,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Compare both calendars of a facility for the Warsaw days ``first`` to ``last``, both included.

    What was found is ordered by severity (``mappings/discrepancies.csv``), day and schedule.
    ``progress`` is called with (lists done, lists in all).

    Raises:
        BadInput: wrong days.
        Misconfigured: certificates, call context or contract are wrong; what was compared is kept.
    """
    days = list(days_of(first, last))
    with store.unit_of_work() as work:
        plan = _plan(work, facility, days)
    run = _Run(store, registry, clock, tolerance, facility)
    at = clock.now()
    silent = 0
    done, lists = 0, sum(len(asked) for asked in plan.values())
    for schedule_id, asked in plan.items():
        if silent >= SCHEDULES_OUT_OF_REACH_MAX:
            _not_asked(run, schedule_id, asked)
        else:
            answered = _schedule(run, schedule_id, asked)
            silent = 0 if answered else silent + 1
        done += len(asked)
        if progress is not None:
            progress(done, lists)
    summary = Summary(
        facility=facility,
        first=first,
        last=last,
        at=at,
        schedules=len(plan),
        compared=run.compared,
        unchanged=run.unchanged,
        found=tuple(by_severity(tables, run.found)),
        closed=run.closed,
        not_read=tuple(run.not_read),
        unreadable=tuple(run.unreadable),
    )
    _audit(run, summary)
    return summary


def _plan(work: UnitOfWork, facility: str, days: Sequence[date]) -> dict[str, Sequence[date]]:
    """Which lists are asked for: every day of a schedule in scope; of a closed one those with slots that CeR has."""
    plan: dict[str, Sequence[date]] = {}
    for schedule in work.calendar.schedules(facility, in_scope=False):
        if not schedule.active:
            linked = [day for day in days if _any_linked(work, facility, schedule.id, day)]
            if linked:
                plan[schedule.id] = linked
    plan.update({schedule.id: days for schedule in work.calendar.schedules(facility)})
    return dict(sorted(plan.items()))


def _any_linked(work: UnitOfWork, facility: str, schedule_id: str, day: date) -> bool:
    slot_ids = [slot.id for slot in work.calendar.slots(facility, schedule_id, day)]
    return bool(slot_ids) and bool(work.links.theirs_of(facility, "slot", slot_ids))


def by_severity(tables: Tables, found: Sequence[Discrepancy]) -> list[Discrepancy]:
    """The gravest first, then by day, schedule and key."""
    rank = {"high": 0, "medium": 1, "low": 2}
    return sorted(
        found,
        key=lambda one: (
            rank[tables.discrepancies.row(one.kind.value)["severity"]],
            one.day,
            one.schedule_id,
            one.key,
        ),
    )


def _not_asked(run: _Run, schedule_id: str, days: Sequence[date]) -> None:
    run.not_read += [NotRead(schedule_id, day, NOT_ASKED) for day in days]


def _schedule(run: _Run, schedule_id: str, days: Sequence[date]) -> bool:
    """All days of one schedule; returns whether CeR answered at least once."""
    answered = False
    silent = 0
    for number, day in enumerate(days):
        if silent >= DAYS_OUT_OF_REACH_MAX:
            _not_asked(run, schedule_id, days[number:])
            break
        context = CallContext(run.facility, run.correlation_id, str(uuid4()))
        try:
            listing = run.registry.list_slots(context, schedule_id, day)
        except Unavailable as error:
            run.not_read.append(NotRead(schedule_id, day, error.text))
            silent += 1
            continue
        except Rejected as error:
            run.not_read.append(NotRead(schedule_id, day, error.text, out_of_reach=False))
            answered, silent = True, 0
            continue
        answered, silent = True, 0
        with run.store.unit_of_work() as work:
            _day(run, work, schedule_id, day, listing)
            work.commit()
    return answered


def _day(run: _Run, work: UnitOfWork, schedule_id: str, day: date, listing: SlotListing) -> None:
    """Compare one list with the hospital's day and write down what is there and what is gone."""
    at = run.clock.now()
    changed = work.differences.load_listing(run.facility, schedule_id, day, listing)
    found: list[Discrepancy] = []
    for pair in list(work.differences.compare(run.facility, schedule_id, day, day)):
        found += [_with_listing(one, listing) for one in judge(_with_records(work, pair), run.tolerance)]
    work.differences.record(run.facility, found, at)
    closed = 0
    if not listing.unreadable:
        closed = work.differences.close_missing(run.facility, schedule_id, day, day, at)
    work.audit.write(
        AuditRecord(
            at=at,
            actor=ACTOR,
            action="compare-list",
            facility=run.facility,
            subject=f"schedule:{schedule_id}",
            correlation_id=run.correlation_id,
            detail={
                "day": day.isoformat(),
                "listing": listing.digest,
                "slots": len(listing.slots),
                "unreadable": len(listing.unreadable),
                "found": len(found),
                "closed": closed,
            },
        )
    )
    run.compared += 1
    run.unchanged += not changed
    run.closed += closed
    run.found += found
    run.unreadable += [UnreadableIn(schedule_id, day, row.position, row.problem) for row in listing.unreadable]


def _with_listing(found: Discrepancy, listing: SlotListing) -> Discrepancy:
    """Add the fetch in which it was found: CeR's clock, its offset from ours, and whether all rows were read."""
    more: dict[str, object] = {
        "listing_fetched_at": instant(listing.fetched_at),
        "listing_digest": listing.digest,
        "listing_server_time": instant(listing.server_time),
        "listing_incomplete": bool(listing.unreadable),
    }
    if listing.server_time is not None:
        more["listing_clock_offset_seconds"] = (listing.server_time - listing.fetched_at).total_seconds()
    return replace(found, evidence={**found.evidence, **more})


def _with_records(work: UnitOfWork, pair: SlotPair) -> SlotPair:
    """Look up the hospital's own records of CeR's visits that its slot does not show."""
    known = [
        record
        for visit in match_visits(pair).unknown_here
        if (record := _record_of(work, pair.facility, visit)) is not None
    ]
    return replace(pair, known_visits=(*pair.known_visits, *known)) if known else pair


def _record_of(work: UnitOfWork, facility: str, visit: NationalVisit) -> HospitalVisitView | None:
    linked = work.links.ours(facility, "visit", visit.id) or visit.reference
    ours = work.calendar.visit(facility, linked) if linked is not None else None
    return None if ours is None else HospitalVisitView(ours.id, ours.state, visit.id)


def _audit(run: _Run, summary: Summary) -> None:
    with run.store.unit_of_work() as work:
        work.audit.write(
            AuditRecord(
                at=summary.at,
                actor=ACTOR,
                action="reconcile",
                facility=run.facility,
                subject=f"calendar:{summary.first.isoformat()}..{summary.last.isoformat()}",
                correlation_id=run.correlation_id,
                detail={
                    "compared": summary.compared,
                    "found": summary.counts,
                    "closed": summary.closed,
                    "not_read": len(summary.not_read),
                    "unreadable": len(summary.unreadable),
                },
            )
        )
        work.commit()
