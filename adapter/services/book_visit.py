"""Book a patient on a slot: the rules first, then the referral, then the visit (law.md R-04, V-03, V-07)."""

from __future__ import annotations

from adapter.domain.entitlement import Category
from adapter.domain.referral import ReferralState
from adapter.domain.rules import judge_booking
from adapter.ports.store import Action, InboxState, ReferralRecord, StoredProblem
from adapter.services.refusal import NotTaken
from adapter.services.scope import referral_needed
from adapter.services.take_referral import accept, will_be_held
from adapter.services.visit_frame import Standing, VisitFrame

SLOT_RULE = "POMOST-VISIT-02"
"""A booked visit stands on exactly one slot."""
REALISED_BEFORE = frozenset({Category.CONTINUING, Category.EMERGENCY})
"""Who is booked without a referral to be accepted (R-01, R-15; the first visit realised it)."""


def judge(frame: VisitFrame, *, entered: bool = False) -> None:
    """Ask the rules of a booking; ``entered`` when CeR has the visit, so that its referral was opened before.

    Raises:
        NotTaken: the slot is missing, or with every rule that refuses.
    """
    if frame.slot is None or len(frame.visit.slot_ids) != 1 or frame.schedule is None:
        raise NotTaken(
            InboxState.QUARANTINED,
            [
                StoredProblem(
                    path="Appointment.slot",
                    rule=SLOT_RULE,
                    text_pl="wizyta w CeR stoi na dokładnie jednym terminie (Slot); podaj jeden",
                    text_en="a visit in CeR stands on exactly one slot; name one",
                )
            ],
        )
    record = frame.referral
    frame.judge(
        judge_booking(
            frame.visit,
            frame.slot,
            None,
            record.referral if record is not None else None,
            frame.desk.today,
            referral_needed=referral_needed(frame.desk.eq.tables, frame.schedule.service, frame.desk.today),
            referral_held=entered or (record is not None and may_be_booked(frame, record)),
        ),
    )


def may_be_booked(frame: VisitFrame, record: ReferralRecord) -> bool:
    """Whether the referral need not be opened: we hold it, or the register's own rules say how it was shown.

    That is a paper original, or the data that were noted while P1 is out of reach (R-01, R-07).
    """
    shown = record.referral.paper is not None or record.referral.noted
    return (frame.plan is not None and shown) or will_be_held(frame.desk, record)


def book_visit(frame: VisitFrame) -> None:
    """Accept the referral and save the visit in CeR; then leave the waiting room.

    The visit waits for the referral's acceptance and is refused with it (R-04), unless P1 is out of
    reach (R-07). Who waits goes on waiting when the term cannot be had.

    Raises:
        NotTaken: a rule refuses the booking; nothing was written.
    """
    judge(frame)
    frame.keep()
    slot_id = frame.visit.slot_ids[0]
    saved = frame.send(Action.SAVE_VISIT, {"slot_id": slot_id}, slots=[slot_id], after=accepted_first(frame))
    if frame.standing is Standing.WAITING:
        frame.send(Action.LEAVE_WAITING_ROOM, {"reason": "pat-swl"}, after=saved)


def accepted_first(frame: VisitFrame) -> int | None:
    """The acceptance that the visit waits for, asked for now if need be; None when there is none to wait for."""
    if frame.referral is None:
        return None
    if frame.visit.category in REALISED_BEFORE:
        if frame.referral.state is not ReferralState.COMPLETED:
            accept(frame.desk, frame.referral, frame.visit.starts)
        return None
    return accept(frame.desk, frame.referral, frame.visit.starts)
