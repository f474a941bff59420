"""Put a patient on the waiting list: the rules first (a privileged one never, V-04), the referral, the room."""

from __future__ import annotations

from adapter.domain.rules import judge_waiting
from adapter.ports.store import Action, InboxState, StoredProblem
from adapter.services.book_visit import may_be_booked
from adapter.services.refusal import NotTaken
from adapter.services.scope import referral_needed
from adapter.services.take_referral import accept
from adapter.services.visit_frame import Standing, VisitFrame

SCHEDULE_RULE = "POMOST-VISIT-03"
"""A waiting entry says in which schedule the patient waits."""


def wait_for_visit(frame: VisitFrame) -> None:
    """Join CeR's waiting room of the service; a booked term is given up first.

    Raises:
        NotTaken: no schedule is named, or a rule refuses; nothing was written.
    """
    if frame.schedule is None:
        raise NotTaken(
            InboxState.QUARANTINED,
            [
                StoredProblem(
                    path="Appointment.extension(schedule)",
                    rule=SCHEDULE_RULE,
                    text_pl="wpis na listę oczekujących musi wskazać harmonogram (Slot albo rozszerzenie)",
                    text_en="a waiting entry must name its schedule (by slot or extension)",
                )
            ],
        )
    record = frame.referral
    frame.judge(
        judge_waiting(
            frame.visit,
            record.referral if record is not None else None,
            frame.desk.today,
            referral_needed=referral_needed(frame.desk.eq.tables, frame.schedule.service, frame.desk.today),
            referral_held=record is not None and may_be_booked(frame, record),
        ),
    )
    frame.keep()
    if frame.standing is Standing.WAITING:
        return
    after = None
    if frame.referral is not None:
        after = accept(frame.desk, frame.referral, None)
    if frame.standing is Standing.SAVED:
        frame.give_term_up("moved")
    # The schedule goes along: the EHR may book or cancel the entry before this is sent.
    frame.send(Action.JOIN_WAITING_ROOM, {"schedule_id": frame.schedule.id}, after=after)
