"""Where a visit stands: the EHR's Schedule of its slot, or the one that a visit without a slot names."""

from __future__ import annotations

from adapter.domain.appointment import Visit
from adapter.domain.schedule import Schedule
from adapter.services.desk import Desk


def schedule_of(desk: Desk, visit: Visit) -> Schedule | None:
    """The Schedule of a visit; None when it names none, or nobody has it."""
    slot = desk.work.calendar.slot(desk.facility, visit.slot_ids[0]) if visit.slot_ids else None
    schedule_id = slot.schedule_id if slot is not None else visit.schedule_id
    return desk.work.calendar.schedule(desk.facility, schedule_id) if schedule_id else None
