"""The call context of a message: for which facility, about which cell, in whose name."""

from __future__ import annotations

from adapter.domain.identifiers import CellCode
from adapter.ports import CallContext
from adapter.ports.store import Message
from adapter.services.desk import Desk
from adapter.services.schedule_of import schedule_of

CELL, USER = "cell", "user"
"""Names in a message's payload: the cell it is about (``000000927722-001``) and a member of staff of the settings."""


def context_of(
    message: Message, message_id: str | None = None, *, messages: tuple[int, ...] | None = None
) -> CallContext:
    """The context in which a message is sent or asked about.

    ``message_id`` in place of the message's own; ``messages`` when others travel with it.
    """
    cell = message.payload.get(CELL)
    return CallContext(
        facility=message.facility,
        correlation_id=message.correlation_id,
        message_id=message_id or message.message_id,
        messages=messages or (message.id,),
        cell=CellCode.parse(str(cell)) if cell else None,
        user=str(message.payload.get(USER) or ""),
    )


def cell_of_referral(desk: Desk, referral_id: str) -> dict[str, object]:
    """``cell`` for a payload: where the newest visit under a referral is kept; empty when no visit says it."""
    visits = desk.work.calendar.visits_under(desk.facility, referral_id)
    for visit in sorted(visits, key=lambda one: one.reported_at, reverse=True):
        schedule = schedule_of(desk, visit)
        if schedule is not None:
            return {CELL: str(schedule.cell)}
    return {}
