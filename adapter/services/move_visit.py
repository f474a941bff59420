"""Move a saved visit to another slot; the referral's status does not change (p1.md 4)."""

from __future__ import annotations

from adapter.ports.store import Action
from adapter.services.book_visit import judge
from adapter.services.visit_frame import VisitFrame


def move_visit(frame: VisitFrame) -> None:
    """Move the visit in CeR to the slot that the EHR names now; the rules of a booking are asked again."""
    judge(frame)
    frame.keep()
    slot_id = frame.visit.slot_ids[0]
    left = frame.before.slot_ids if frame.before is not None else ()
    frame.send(Action.MOVE_VISIT, {"slot_id": slot_id}, slots=[slot_id, *left])
