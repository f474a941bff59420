"""Show in the EHR that a term was taken or freed in CeR.

Our own row changes first, so that the EHR's next version of the slot shows no difference that we
would send back to CeR. A blocked slot stays blocked: the hospital's word counts for its schedule.
"""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.slot import SlotState
from adapter.mapping.write_back import slot_status_to_fhir
from adapter.ports.store import Action, Destination
from adapter.services.desk import Desk

SHOWN = frozenset({SlotState.FREE, SlotState.BUSY, SlotState.HELD})


def show_slot(desk: Desk, slot_id: str, state: SlotState) -> None:
    """Set a slot free or busy in the EHR, unless that is what it says or it stands on another visit."""
    slot = desk.work.calendar.slot(desk.facility, slot_id)
    if slot is None or slot.state not in SHOWN or slot.state is state:
        return
    if state is SlotState.FREE and any(visit.active for visit in desk.work.calendar.visits_on(desk.facility, slot_id)):
        return
    desk.work.calendar.put_slot(desk.facility, replace(slot, state=state))
    if "Slot" in desk.eq.write_back_types:
        code = slot_status_to_fhir(state, desk.eq.tables, desk.today)
        desk.send(
            Destination.EHR,
            Action.WRITE_BACK,
            [f"ehr:Slot/{slot_id}"],
            {"resource_type": "Slot", "resource_id": slot_id, "status": code},
        )
