"""A visit that is being taken, with everything that its use cases look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.appointment import Visit
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.ports.store import Action, Destination, ReferralRecord
from adapter.services.desk import Desk


class Standing(StrEnum):
    """How a visit stands in CeR, counting what is still on its way there."""

    NONE = "none"
    SAVED = "saved"
    WAITING = "waiting"


TELLING = {
    Action.SAVE_VISIT: Standing.SAVED,
    Action.MOVE_VISIT: Standing.SAVED,
    Action.JOIN_WAITING_ROOM: Standing.WAITING,
    Action.CANCEL_VISIT: Standing.NONE,
    Action.LEAVE_WAITING_ROOM: Standing.NONE,
}
"""What an unfinished message says of its visit's standing."""


def standing_of(desk: Desk, visit_id: str) -> Standing:
    """How a visit stands in CeR: the last unfinished message about it decides, else the links."""
    pending = desk.pending(f"visit:{visit_id}", list(TELLING))
    if pending is not None:
        return TELLING[pending.action]
    if desk.work.links.theirs(desk.facility, "visit", visit_id) is not None:
        return Standing.SAVED
    if desk.work.links.theirs(desk.facility, "waiting-entry", visit_id) is not None:
        return Standing.WAITING
    return Standing.NONE


@dataclass(slots=True)
class VisitFrame:
    """One visit on its way in: ``before`` is how we knew it, ``national`` whether CeR keeps its service."""

    desk: Desk
    visit: Visit
    before: Visit | None
    slot: Slot | None
    schedule: Schedule | None
    referral: ReferralRecord | None
    national: bool
    standing: Standing

    @property
    def moved(self) -> bool:
        """Whether the visit stands on another slot than before."""
        return self.before is not None and self.before.slot_ids != self.visit.slot_ids

    def keep(self) -> None:
        """Write the visit down."""
        self.desk.work.calendar.put_visit(self.desk.facility, self.visit)

    def send(
        self, action: Action, payload: Mapping[str, object], *, slots: Sequence[str] = (), after: int | None = None
    ) -> int:
        """Append a message to CeR about this visit and the slots it touches."""
        subjects = [f"visit:{self.visit.id}", *(f"slot:{slot_id}" for slot_id in slots)]
        return self.desk.send(Destination.CER, action, subjects, {"visit_id": self.visit.id, **payload}, after=after)
