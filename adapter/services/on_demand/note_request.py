"""Z-10: the Fund, or a control body, asks for the register: a task of the same day says to hand the export over."""

from __future__ import annotations

from datetime import date, time

from adapter.domain.moments import instant_in_warsaw
from adapter.domain.rules.reports import FundRequest, request_open
from adapter.domain.rules.verdict import Verdict
from adapter.errors import BadInput
from adapter.services.attribution import note
from adapter.services.desk import Desk
from adapter.services.register.follow import follow

FACILITY = "facility"
"""Subject of tasks that concern the whole facility."""


def note_request(desk: Desk, reference: str, who: str, *, received_on: date | None = None) -> tuple[Verdict, bool]:
    """Write a request down; the verdict, and whether its task is new (no other request is open).

    ``reference`` is the letter's; it stays in the audit. ``who`` is the actor. ``received_on``: today if None.

    Raises:
        BadInput: an unusable reference, or a day that has not come.
    """
    kept = note(reference)
    day = received_on if received_on is not None else desk.today
    if day > desk.today:
        raise BadInput("a request is not received in the future", field="received")
    request = FundRequest(instant_in_warsaw(day, time(12)))
    verdict = request_open(request)
    desk.audit(who, "register.request", "register", {"reference": kept, "received_on": day.isoformat()})
    new = follow(desk, FACILITY, [verdict], due_on={verdict.code: request.due_on})
    return verdict, new > 0
