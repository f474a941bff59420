"""Cancel a visit or leave the waiting list; whether the referral is released is data (law.md R-05, M-*, X-*)."""

from __future__ import annotations

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.rules import judge_cancel, releases_referral
from adapter.domain.rules.release import MISTAKE_REASON, NO_SHOW_REASON, EndReason
from adapter.mapping.appointment import end_reasons
from adapter.ports.store import Action
from adapter.services.take_referral import give_back, release_comment
from adapter.services.visit_frame import Standing, VisitFrame

UNSAID = {VisitState.VOID: MISTAKE_REASON, VisitState.NO_SHOW: NO_SHOW_REASON}
"""Reason of an end for which the EHR gives none: entered in error, did not come."""


def cancel_visit(frame: VisitFrame) -> None:
    """Tell CeR that the visit or entry ended, and give the referral back when the reason (perhaps corrected) does.

    Raises:
        NotTaken: a cancelled visit without a reason (X-01), or another rule that refuses.
    """
    visit, desk = frame.visit, frame.desk
    reason = _reason(frame, visit)
    frame.judge(judge_cancel(visit, reason, desk.today))
    before = frame.before
    released = before is not None and releases_referral(before.state, _reason(frame, before))
    frame.keep()
    if reason is None:
        return
    if frame.standing is Standing.SAVED:
        frame.give_term_up(reason.code)
    elif frame.standing is Standing.WAITING:
        frame.send(Action.LEAVE_WAITING_ROOM, {"reason": reason.code})
    if released or frame.entered:
        return  # its referral may serve another one by now, or the register says what becomes of it
    if visit.referral_id is not None and releases_referral(visit.state, reason):
        give_back(desk, visit.referral_id, release_comment(desk, reason.code))


def _reason(frame: VisitFrame, visit: Visit) -> EndReason | None:
    """Why a visit ended, None when it did not or nobody said."""
    code = visit.end_reason or UNSAID.get(visit.state)
    return end_reasons(frame.desk.eq.tables, on=frame.desk.today).get(code) if code is not None else None
