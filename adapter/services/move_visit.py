"""Move a saved visit to another slot; the referral's status does not change (p1.md 4)."""

from __future__ import annotations

from adapter.ports.store import Action
from adapter.services.book_visit import judge
from adapter.services.visit_frame import VisitFrame


def move_visit(frame: VisitFrame) -> None:
    """Move the visit in CeR to the slot that the EHR names now; the rules of a booking are asked again.

    While the visit itself is still on its way there, the move waits for the same acceptance of the
    referral, and saves the visit on the new slot if the old one cannot be had.

    Raises:
        NotTaken: a rule refuses the booking; nothing was written.
    """
    judge(frame, entered=True)
    frame.keep()
    slot_id = frame.visit.slot_ids[0]
    coming = frame.desk.pending(f"visit:{frame.visit.id}", [Action.SAVE_VISIT, Action.MOVE_VISIT])
    unsaved = coming is not None and (coming.action is Action.SAVE_VISIT or bool(coming.payload.get("unsaved")))
    payload = {"slot_id": slot_id, **({"unsaved": True} if unsaved else {})}
    after = coming.after if coming is not None and unsaved else None
    frame.send(Action.MOVE_VISIT, payload, slots=[slot_id, *frame.slots_left], after=after)
