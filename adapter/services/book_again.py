"""P1 accepts a referral after it had refused it: what fell with the refusal is asked for again (R-04).

A visit that waited for the acceptance was refused with it and never reached CeR. When somebody has the referral
accepted after all, its appointment is taken in once more, as the EHR said it last: every rule of a booking is asked
again, and the visit goes to CeR.
"""

from __future__ import annotations

from adapter.domain.appointment import Visit
from adapter.ports.store import Action, MessageState
from adapter.services.desk import Desk
from adapter.services.take_referral import NEEDING
from adapter.services.visit_frame import Standing, standing_of

PLACES = (Action.SAVE_VISIT, Action.MOVE_VISIT, Action.JOIN_WAITING_ROOM)
"""What gives a visit its place in CeR."""


def book_again(desk: Desk, referral_id: str) -> int:
    """Have the appointments under a referral taken in again that lost their place with its refusal; how many."""
    visits = desk.work.calendar.visits_under(desk.facility, referral_id)
    fallen = [one for one in visits if one.state in NEEDING and _fell_with_the_referral(desk, one)]
    return sum(desk.work.inbox.say_again(desk.facility, "Appointment", one.id) for one in fallen)


def _fell_with_the_referral(desk: Desk, visit: Visit) -> bool:
    """Whether the visit is not in CeR, and the last that was asked for it was refused though CeR never saw it."""
    if standing_of(desk, visit.id) is not Standing.NONE:
        return False
    last = desk.newest(f"visit:{visit.id}", PLACES)
    return last is not None and last.state is MessageState.REFUSED and last.after is not None and not last.result_code
