"""Cancel a visit or leave the waiting list; whether the referral is released is data (law.md R-05, M-*, X-*)."""

from __future__ import annotations

from adapter.domain.appointment import VisitState
from adapter.ports.store import Action
from adapter.services.take_referral import give_back
from adapter.services.visit_frame import Standing, VisitFrame

ENTERED_BY_MISTAKE = "oth-err"
"""Reason told to CeR for an appointment that was entered in error."""

REASON_UNKNOWN = "other"
ENDED = frozenset({VisitState.CANCELLED, VisitState.VOID, VisitState.NO_SHOW})


def cancel_visit(frame: VisitFrame) -> None:
    """Tell CeR that the visit or entry ended, and give the referral back when the reason releases it."""
    visit = frame.visit
    reason = visit.end_reason or (ENTERED_BY_MISTAKE if visit.state is VisitState.VOID else REASON_UNKNOWN)
    row = frame.desk.eq.tables.cancellation_reasons.row(reason, frame.desk.today)
    already = frame.before is not None and frame.before.state in ENDED
    frame.keep()
    if already and frame.standing is Standing.NONE:
        return  # a newer version of an ended visit; its referral may serve another one by now
    slots = frame.before.slot_ids if frame.before is not None else visit.slot_ids
    if frame.standing is Standing.SAVED:
        frame.send(Action.CANCEL_VISIT, {"reason": reason, "slot_id": slots[0]}, slots=slots)
    elif frame.standing is Standing.WAITING:
        frame.send(Action.LEAVE_WAITING_ROOM, {"reason": reason})
    if visit.referral_id is not None and row.says("releases_referral"):
        give_back(frame.desk, visit.referral_id, row["title_pl"])
