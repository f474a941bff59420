"""The patient was served, or did not come: record it in CeR and settle the referral (law.md R-05, K-01)."""

from __future__ import annotations

from adapter.domain.appointment import VisitState
from adapter.ports.store import Action
from adapter.services.take_referral import finish, give_back
from adapter.services.visit_frame import Standing, VisitFrame

NO_SHOW = "no-show"


def close_visit(frame: VisitFrame) -> None:
    """Record attendance; a served visit finishes the referral, a missed one gives it back when its reason says so."""
    visit = frame.visit
    served = visit.state is VisitState.SERVED
    row = (
        None
        if served
        else frame.desk.eq.tables.cancellation_reasons.row(visit.end_reason or NO_SHOW, frame.desk.today)
    )
    already = frame.before is not None and frame.before.state is visit.state
    frame.keep()
    if already:
        return
    if frame.standing is Standing.SAVED:
        slots = visit.slot_ids or (frame.before.slot_ids if frame.before is not None else ())
        frame.send(Action.RECORD_ATTENDANCE, {"served": served, "slot_id": slots[0]}, slots=slots)
    if visit.referral_id is None:
        return
    if served:
        finish(frame.desk, visit.referral_id)
    elif row is not None and row.says("releases_referral"):
        give_back(frame.desk, visit.referral_id, row["title_pl"])
