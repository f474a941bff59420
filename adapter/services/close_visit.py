"""The patient was served, or did not come: record it in CeR and settle the referral (law.md R-05, K-01)."""

from __future__ import annotations

from adapter.domain.appointment import VisitState
from adapter.domain.rules import releases_referral
from adapter.domain.rules.release import NO_SHOW_REASON
from adapter.mapping.appointment import end_reasons
from adapter.ports.store import Action
from adapter.services.take_referral import finish, give_back, release_comment
from adapter.services.visit_frame import Standing, VisitFrame


def close_visit(frame: VisitFrame) -> None:
    """Record attendance; a served visit finishes the referral, a missed one gives it back when its reason says so."""
    visit, desk = frame.visit, frame.desk
    served = visit.state is VisitState.SERVED
    already = frame.before is not None and frame.before.state is visit.state
    reason = end_reasons(desk.eq.tables, on=desk.today).get(visit.end_reason or NO_SHOW_REASON)
    frame.keep()
    if already:
        return
    if frame.standing is Standing.SAVED:
        frame.send(Action.RECORD_ATTENDANCE, {"served": served, **frame.place()}, slots=frame.slots_left)
    if visit.referral_id is None or frame.entered:
        return  # the register says what becomes of the referral
    if served:
        finish(desk, visit.referral_id)
    elif reason is not None and releases_referral(visit.state, reason):
        give_back(desk, visit.referral_id, release_comment(desk, reason.code))
