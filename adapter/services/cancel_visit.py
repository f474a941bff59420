"""Cancel a visit or leave the waiting list; whether the referral is released is data (law.md R-05, M-*, X-*)."""

from __future__ import annotations

from adapter.domain.appointment import VisitState
from adapter.domain.rules import judge_cancel, releases_referral
from adapter.mapping.appointment import end_reasons
from adapter.ports.store import Action
from adapter.services.take_referral import give_back, release_comment
from adapter.services.visit_frame import Standing, VisitFrame

ENTERED_BY_MISTAKE = "oth-err"
"""Reason told to CeR for an appointment that was entered in error."""
ENDED = frozenset({VisitState.CANCELLED, VisitState.VOID, VisitState.NO_SHOW})


def cancel_visit(frame: VisitFrame) -> None:
    """Tell CeR that the visit or entry ended, and give the referral back when the reason releases it.

    Raises:
        NotTaken: a cancelled visit without a reason (X-01), or another rule that refuses.
    """
    visit, desk = frame.visit, frame.desk
    code = visit.end_reason or (ENTERED_BY_MISTAKE if visit.state is VisitState.VOID else None)
    reason = end_reasons(desk.eq.tables, on=desk.today).get(code) if code is not None else None
    frame.judge(judge_cancel(visit, reason, desk.today))
    already = frame.before is not None and frame.before.state in ENDED
    frame.keep()
    if reason is None:
        return
    if frame.standing is Standing.SAVED:
        frame.give_term_up(reason.code)
    elif frame.standing is Standing.WAITING:
        frame.send(Action.LEAVE_WAITING_ROOM, {"reason": reason.code})
    if already or frame.entered:
        return  # its referral may serve another one by now, or the register says what becomes of it
    if visit.referral_id is not None and releases_referral(visit.state, reason):
        give_back(desk, visit.referral_id, release_comment(desk, reason.code))
