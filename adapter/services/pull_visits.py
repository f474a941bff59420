"""What happened to visits in CeR comes into the EHR: patients' own bookings, moves and cancellations.

CeR is right about what patients do. Of several changes of one visit on a page the last one counts. The
cursor moves in the transaction that handles the page; a
change that was seen before changes nothing (the visit's link and state say so).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from adapter.domain.national import NationalVisitState, Origin, VisitChange
from adapter.errors import AdapterError, Refused
from adapter.ports import CallContext
from adapter.ports.store import Action, MessageState
from adapter.services.bring_visit import bring_visit
from adapter.services.desk import Desk
from adapter.services.effects import ENDED_VISIT
from adapter.services.equipment import Equipment
from adapter.services.mirror_visit import mirror_cancellation, mirror_place

CURSOR = "cer:visit-changes"
PAGES_MAX = 1000
"""Pages of changes handled in one call; the rest is taken by the next one."""


@dataclass(slots=True)
class Pulled:
    """What came: visits new to the EHR, cancellations and moves by others, changes that were ours."""

    brought: int = 0
    cancelled: int = 0
    moved: int = 0
    ours: int = 0
    unreadable: int = 0
    problems: list[str] = field(default_factory=list)


def pull_visits(eq: Equipment, facility: str) -> Pulled:
    """Handle every change of visits since the last call.

    Raises:
        Unavailable, Misconfigured: CeR cannot be asked; pages handled before are kept.
    """
    summary = Pulled()
    for _ in range(PAGES_MAX):
        with eq.store.unit_of_work() as work:
            cursor = work.cursors.get(facility, CURSOR)
        correlation = str(uuid4())
        page = eq.registry.visit_changes(CallContext(facility, correlation, str(uuid4())), cursor)
        summary.unreadable += len(page.unreadable)
        summary.problems += [f"change {row.position}: {row.problem}" for row in page.unreadable]
        latest = {change.visit_id: change for change in page.changes}
        with eq.store.unit_of_work() as work:
            desk = Desk(eq, work, facility, correlation)
            if any(_too_early(desk, change) for change in latest.values()):
                break  # the page is handled again when the EHR has made what is on its way
            for change in latest.values():
                _handle(desk, change, summary)
            work.cursors.set(facility, CURSOR, page.cursor)
            work.commit()
        if not page.more:
            break
    return summary


def _too_early(desk: Desk, change: VisitChange) -> bool:
    """A change of a visit whose Appointment is still being made in the EHR, or that we may have just saved."""
    if change.origin is not Origin.FACILITY and change.reference is not None:
        saving = desk.pending(f"visit:{change.reference}", [Action.SAVE_VISIT])
        if saving is not None and saving.state is not MessageState.WAITING:
            return True
    if change.state is NationalVisitState.SAVED and change.origin is not Origin.FACILITY:
        return False
    return desk.pending(f"national-visit:{change.visit_id}", [Action.WRITE_BACK]) is not None


def _handle(desk: Desk, change: VisitChange, summary: Pulled) -> None:
    try:
        what = take_change(desk, change)
    except Refused as error:
        summary.problems.append(f"visit {change.visit_id}: {error.message}")
        desk.audit("job:pull", "visit-change", f"national-visit:{change.visit_id}", {"problem": error.message})
        return
    if what:
        setattr(summary, what, getattr(summary, what) + 1)
        desk.audit(
            "job:pull",
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
    for _ in range(PAGES_MAX):
        page = eq.registry.visit_changes(context, cursor)
        yield from page.changes
        if not page.more:
            return
        cursor = page.cursor


def bring_one(eq: Equipment, facility: str, visit_id: str) -> bool:
    """Bring one visit that the EHR lacks, found again in the change feed; False when its data are not there.

    The whole feed is read: only its last word says where the visit stands, and whether it does.

    Raises:
        Rejected: CeR told no person, or the visit's slot is not one of ours.
    """
    cursor, last = "", None
    correlation = str(uuid4())
    for _ in range(PAGES_MAX):
        try:
            page = eq.registry.visit_changes(CallContext(facility, correlation, str(uuid4())), cursor)
        except AdapterError:
            return False
        last = next((one for one in reversed(page.changes) if one.visit_id == visit_id), last)
        if not page.more:
            break
        cursor = page.cursor
    if last is None or last.state is not NationalVisitState.SAVED:
        return False
    with eq.store.unit_of_work() as work:
        brought = bring_visit(Desk(eq, work, facility, correlation), last)
        work.commit()
    return brought
