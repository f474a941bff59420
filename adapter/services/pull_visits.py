"""What happened to visits in CeR comes into the EHR: patients' own bookings, moves and cancellations.

CeR is right about what patients do. Of several changes of one visit the last one counts; an earlier word
that comes late is passed over. A page and our place in the feed (:mod:`change_feed`) are written in one
transaction, so that no change is lost and none is acted on twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from adapter.domain.national import NationalVisitState, Origin, VisitChange, VisitChanges
from adapter.errors import AdapterError, Refused, Unavailable
from adapter.ports import CallContext
from adapter.ports.store import Action, Destination, MessageState
from adapter.services.bring_visit import bring_visit
from adapter.services.change_feed import (
    CURSOR,
    fingerprint,
    keep_place,
    last_handled,
    load_place,
    note_handled,
    where_told,
)
from adapter.services.desk import Desk
from adapter.services.effects import ENDED_VISIT
from adapter.services.equipment import Equipment
from adapter.services.mirror_visit import mirror_cancellation, mirror_place
from adapter.services.rest import reading

ACTOR = "job:pull"
__all__ = ["CURSOR", "Pulled", "bring_one", "changes_to_come", "pull_visits", "take_change"]

PAGES_MAX = 1000
"""Pages of changes handled in one call; the rest is taken by the next one."""


@dataclass(slots=True)
class Pulled:
    """What came: visits new to the EHR, cancellations and moves by others, changes that were ours.

    ``unreadable``: changes that were found this time and could not be read; ``held``: all such that wait
    for a code table to learn their codes.
    """

    brought: int = 0
    cancelled: int = 0
    moved: int = 0
    ours: int = 0
    unreadable: int = 0
    held: int = 0
    problems: list[str] = field(default_factory=list)


def pull_visits(eq: Equipment, facility: str, *, again: bool = False) -> Pulled:
    """Handle every change of visits since the last call, and look back over the overlap.

    Pages that are held for their unreadable changes are read again when the code tables have changed
    since, once a day, and with ``again``.

    Raises:
        Unavailable, Misconfigured: CeR cannot be asked, rests after it could not (``AT_REST``), or goes in
            circles; pages handled before are kept.
    """
    summary = Pulled()
    codes = fingerprint(eq.tables)
    with eq.store.unit_of_work() as work:
        place = load_place(work, facility)
        cursor = place.start(eq.clock.now(), eq.limits.feed_overlap)
        keep_place(work, facility, place)
        work.commit()
    for start in place.due(codes, eq.clock.now(), again=again):
        _take_page(eq, facility, start, summary, codes, held=True)
    seen = {cursor}
    for _ in range(PAGES_MAX):
        page = _take_page(eq, facility, cursor, summary, codes)
        if page is None or not page.more:
            break
        cursor = page.cursor
        if cursor in seen:
            raise Unavailable("CeR's feed of visit changes goes in circles", code="REPLY_UNREADABLE")
        seen.add(cursor)
    with eq.store.unit_of_work() as work:
        summary.held = load_place(work, facility).rows_held
    return summary


def _take_page(
    eq: Equipment, facility: str, start: str, summary: Pulled, codes: str, *, held: bool = False
) -> VisitChanges | None:
    """Read the page that starts at ``start`` and handle what is new in it.

    None when it must be handled again, as a whole, once the EHR has made what is on its way. A ``held``
    page moves no cursor.
    """
    correlation = str(uuid4())
    context = CallContext(facility, correlation, str(uuid4()))
    asked_at = eq.clock.now()
    with reading(eq, context, Destination.CER, ACTOR):
        page = eq.registry.visit_changes(context, start)
    now = eq.clock.now()
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, correlation)
        fresh = _fresh(desk, page)
        if any(_too_early(desk, change, asked_at) for change in fresh):
            return None
        for change in fresh:
            _handle(desk, change, summary)
        note_handled(work, facility, fresh, start)
        place = load_place(work, facility)
        new = place.hold(start, page.unreadable, codes, now)
        if not held:
            place.passed(start, page.cursor, now)
        keep_place(work, facility, place)
        work.commit()
    summary.unreadable += new
    if new:
        summary.problems += [f"change {row.position}: {row.problem}" for row in page.unreadable]
    return page


def _fresh(desk: Desk, page: VisitChanges) -> list[VisitChange]:
    """The last word on each visit, where it is newer than what was handled; in the order of the feed."""
    latest: dict[str, VisitChange] = {}
    for change in page.changes:
        known = latest.get(change.visit_id)
        if known is None or known.sequence < change.sequence:
            latest[change.visit_id] = change
    handled = last_handled(desk.work, desk.facility, latest)
    fresh = [one for one in latest.values() if one.sequence > handled.get(one.visit_id, one.sequence - 1)]
    return sorted(fresh, key=lambda one: one.sequence)


def _too_early(desk: Desk, change: VisitChange, asked_at: datetime) -> bool:
    """A change of a visit whose Appointment is being made in the EHR, or that we may just have saved or moved."""
    foreign = change.origin is not Origin.FACILITY
    if foreign and _is_moving(desk, change, asked_at):
        return True
    if foreign and change.reference is not None:
        saving = desk.pending(f"visit:{change.reference}", [Action.SAVE_VISIT])
        if saving is not None and saving.state is not MessageState.WAITING:
            return True
    if change.state is NationalVisitState.SAVED and foreign:
        return False
    return desk.pending(f"national-visit:{change.visit_id}", [Action.WRITE_BACK]) is not None


def _is_moving(desk: Desk, change: VisitChange, asked_at: datetime) -> bool:
    """Whether our own move of the visit went out while the page was read: which word was the last is not known."""
    ours = desk.work.links.ours(desk.facility, "visit", change.visit_id)
    move = desk.newest(f"visit:{ours}", [Action.MOVE_VISIT]) if ours is not None else None
    if move is None:
        return False
    return move.state is MessageState.SENDING or (move.sent_at is not None and move.sent_at >= asked_at)


def _handle(desk: Desk, change: VisitChange, summary: Pulled) -> None:
    try:
        what = take_change(desk, change)
    except Refused as error:
        summary.problems.append(f"visit {change.visit_id}: {error.message}")
        desk.audit(ACTOR, "visit-change", f"national-visit:{change.visit_id}", {"problem": error.text})
        return
    if what:
        setattr(summary, what, getattr(summary, what) + 1)
        desk.audit(
            ACTOR,
            "visit-change",
            f"national-visit:{change.visit_id}",
            {"sequence": change.sequence, "what": what, "origin": change.origin.value},
        )


def take_change(desk: Desk, change: VisitChange) -> str:
    """Handle one change; says what it was: ``brought``, ``cancelled``, ``moved``, ``ours``, or nothing new."""
    ours = desk.work.links.ours(desk.facility, "visit", change.visit_id)
    if change.origin is Origin.FACILITY and (ours is not None or not _from_elsewhere(change)):
        return "ours"
    if change.state is NationalVisitState.CANCELLED:
        return "cancelled" if ours is not None and mirror_cancellation(desk, ours, change) else ""
    ended = desk.work.links.ours(desk.facility, ENDED_VISIT, change.visit_id) is not None
    if ended or change.state is not NationalVisitState.SAVED:
        return ""
    if ours is not None:
        return "moved" if mirror_place(desk, ours, change) else ""
    if change.reference is not None and desk.work.calendar.visit(desk.facility, change.reference) is not None:
        desk.work.links.put(desk.facility, "visit", change.reference, change.visit_id)
        return "moved" if mirror_place(desk, change.reference, change) else ""
    return "brought" if bring_visit(desk, change) else ""


def _from_elsewhere(change: VisitChange) -> bool:
    """Whether another facility, or another program of this one, saved the visit on our term (cer.md 1.1)."""
    return change.state is NationalVisitState.SAVED and change.reference is None


def changes_to_come(eq: Equipment, context: CallContext) -> Iterator[VisitChange]:
    """The changes of a facility's visits that no pull has handled yet; only reads.

    Raises:
        Unavailable, Misconfigured: CeR cannot be asked.
    """
    with eq.store.unit_of_work() as work:
        cursor = work.cursors.get(context.facility, CURSOR)
    yield from _feed(eq, context, cursor)


def _feed(eq: Equipment, context: CallContext, cursor: str) -> Iterator[VisitChange]:
    """The feed from a cursor to its end."""
    for _ in range(PAGES_MAX):
        page = eq.registry.visit_changes(replace(context, message_id=str(uuid4())), cursor)
        yield from page.changes
        if not page.more:
            return
        cursor = page.cursor


def bring_one(eq: Equipment, facility: str, visit_id: str) -> bool:
    """Bring one visit that the EHR lacks, as the feed's last word tells it; False when its data are not there.

    What no pull has handled yet is read, and the page that told the last change that was handled. The
    whole feed is read only for a visit of which no pull ever heard.

    Raises:
        Rejected: CeR told no person, or the visit's slot is not one of ours.
    """
    correlation = str(uuid4())
    context = CallContext(facility, correlation, str(uuid4()))
    with eq.store.unit_of_work() as work:
        told = where_told(work, facility, visit_id)
        cursor = work.cursors.get(facility, CURSOR)
    try:
        last = _last_word(_feed(eq, context, cursor), visit_id)
        if last is None and told is not None:
            last = _last_word(eq.registry.visit_changes(context, told).changes, visit_id)
        elif last is None and cursor:
            last = _last_word(_feed(eq, context, ""), visit_id)
    except AdapterError:
        return False
    if last is None or last.state is not NationalVisitState.SAVED:
        return False
    with eq.store.unit_of_work() as work:
        brought = bring_visit(Desk(eq, work, facility, correlation), last)
        work.commit()
    return brought


def _last_word(changes: Iterable[VisitChange], visit_id: str) -> VisitChange | None:
    """The change of a visit with the highest sequence number, None when there is none."""
    return max((one for one in changes if one.visit_id == visit_id), key=lambda one: one.sequence, default=None)
