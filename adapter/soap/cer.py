"""CeR over its bound contract: every verb of :class:`adapter.ports.Registry`.

National names are in ``mappings/bindings/cer.csv`` and ``wsdl/cer``; this module knows fields of ours
only. Source: cer.md 1-4 and 7; all but one operation is a reconstruction (architecture D5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from adapter.domain.identifiers import CellCode, OidPair
from adapter.domain.national import (
    NationalVisitState,
    SlotEdit,
    SlotListing,
    SlotOffer,
    SlotReceipt,
    VisitChanges,
    VisitOrder,
    VisitReceipt,
    WaitingRoomEntry,
    WaitingRoomOrder,
)
from adapter.mapping.tables import Tables
from adapter.ports import CallContext, Clock
from adapter.soap import cer_reading
from adapter.soap.binding import BoundContract
from adapter.soap.dialogue import Dialogue, correlated, unreadable
from adapter.soap.persons import CELL, oid_of, person_to_national
from adapter.soap.reading import UnreadableReply
from adapter.soap.slot_batches import SlotBatches
from adapter.soap.slot_pages import require_days, whole_list
from adapter.soap.wire import Channel, Judge

BATCH_MAX_DEFAULT = 500
"""Slots in one message."""
_Value = TypeVar("_Value")


class CerRegistry:
    """CeR for all facilities; the channel picks the facility's certificates. Threads may share it."""

    def __init__(
        self,
        contract: BoundContract,
        tables: Tables,
        channel: Channel,
        judge: Judge,
        clock: Clock,
        *,
        batch_max: int = BATCH_MAX_DEFAULT,
    ) -> None:
        require_days(contract)
        self._dialogue = Dialogue(contract, channel, judge, clock)
        self._tables = tables
        self._cell_root = oid_of(tables.identifier_systems, CELL)
        self._batches = SlotBatches(self._dialogue, self._offer, batch_max)

    def list_slots(self, context: CallContext, schedule: str, day: date) -> SlotListing:
        """See :meth:`adapter.ports.Registry.list_slots`. A row that cannot be read is reported, not dropped."""
        return whole_list(self._dialogue, context, schedule, day)

    def put_slots(self, context: CallContext, offers: Sequence[SlotOffer]) -> Sequence[SlotReceipt]:
        """See :meth:`adapter.ports.Registry.put_slots` and :class:`adapter.soap.slot_batches.SlotBatches`."""
        return self._batches.put(context, offers)

    def _offer(self, offer: SlotOffer) -> dict[str, object]:
        return {
            "reference": offer.reference,
            "schedule": offer.schedule,
            "cell": self._cell(offer.cell),
            "service": offer.service,
            "practitioner": _pair(offer.practitioner),
            "starts": offer.starts,
            "ends": offer.ends,
            "kind": offer.kind.value,
            "state": offer.state.value,
            "capacity": offer.capacity,
        }

    def edit_slot(self, context: CallContext, edit: SlotEdit) -> str:
        """See :meth:`adapter.ports.Registry.edit_slot`."""
        values = {
            "id": edit.slot_id,
            "state": edit.state.value if edit.state else None,
            "kind": edit.kind.value if edit.kind else None,
            "starts": edit.starts,
            "ends": edit.ends,
        }
        return self._dialogue.ask(context, "edit_slot", values).result.major

    def delete_slot(self, context: CallContext, slot_id: str) -> str:
        """See :meth:`adapter.ports.Registry.delete_slot`."""
        return self._dialogue.ask(context, "delete_slot", {"id": slot_id}).result.major

    def save_visit(self, context: CallContext, order: VisitOrder) -> VisitReceipt:
        """See :meth:`adapter.ports.Registry.save_visit`."""
        values = {"slot_id": order.slot_id, "category": order.category, **self._patient(order)}
        told = self._dialogue.ask(context, "save_visit", values)
        return self._sure(context, "save_visit", lambda: cer_reading.receipt(told, ""))

    def move_visit(self, context: CallContext, visit_id: str, slot_id: str) -> VisitReceipt:
        """See :meth:`adapter.ports.Registry.move_visit`. CeR may give the moved visit another id."""
        return self._change_visit(context, "move_visit", visit_id, {"slot_id": slot_id})

    def cancel_visit(self, context: CallContext, visit_id: str, reason: str) -> VisitReceipt:
        """See :meth:`adapter.ports.Registry.cancel_visit`."""
        return self._change_visit(context, "cancel_visit", visit_id, {"reason": reason})

    def record_attendance(self, context: CallContext, visit_id: str, served: bool) -> VisitReceipt:
        """See :meth:`adapter.ports.Registry.record_attendance`."""
        state = NationalVisitState.SERVED if served else NationalVisitState.NO_SHOW
        return self._change_visit(context, "record_attendance", visit_id, {"state": state.value})

    def visit_changes(self, context: CallContext, cursor: str) -> VisitChanges:
        """See :meth:`adapter.ports.Registry.visit_changes`.

        The cursor stays where it was when the answer names none, so that nothing is passed over.
        """
        told = self._dialogue.ask(context, "visit_changes", {"cursor": cursor or None})
        changes, unread = cer_reading.rows_of(told, "changes", lambda row: cer_reading.change(row, self._tables))
        further = told.reading.values.get("cursor", cursor)
        more = bool(told.reading.values.get("more", False))
        if more and further == cursor:
            raise unreadable(
                "visit_changes", UnreadableReply("more changes, but the cursor stands still"), write=False
            )
        return VisitChanges(tuple(sorted(changes, key=lambda each: each.sequence)), further, more, unread)

    def join_waiting_room(self, context: CallContext, order: WaitingRoomOrder) -> WaitingRoomEntry:
        """See :meth:`adapter.ports.Registry.join_waiting_room`."""
        values = {
            "cell": self._cell(order.cell),
            "service": order.service,
            "criterion": order.criterion,
            "privilege_waived": order.privilege_waived,
            "not_before": order.not_before,
            **self._patient(order),
        }
        told = self._dialogue.ask(context, "join_waiting_room", values)
        return self._sure(context, "join_waiting_room", lambda: _needed(cer_reading.entry(told)))

    def leave_waiting_room(self, context: CallContext, entry_id: str, reason: str) -> WaitingRoomEntry:
        """See :meth:`adapter.ports.Registry.leave_waiting_room`; ``reason`` as for a visit."""
        told = self._dialogue.ask(context, "leave_waiting_room", {"id": entry_id, "reason": reason})
        return self._sure(context, "leave_waiting_room", lambda: _needed(cer_reading.entry(told)))

    def read_waiting_room(self, context: CallContext, reference: str) -> WaitingRoomEntry | None:
        """See :meth:`adapter.ports.Registry.read_waiting_room`."""
        told = self._dialogue.ask(context, "read_waiting_room", {"reference": reference})
        return self._sure(context, "read_waiting_room", lambda: cer_reading.entry(told), write=False)

    def _change_visit(self, context: CallContext, verb: str, visit_id: str, values: dict[str, object]) -> VisitReceipt:
        told = self._dialogue.ask(context, verb, {"id": visit_id, **values})
        return self._sure(context, verb, lambda: cer_reading.receipt(told, visit_id))

    @staticmethod
    def _sure(context: CallContext, verb: str, make: Callable[[], _Value], *, write: bool = True) -> _Value:
        """What an answer says; InDoubt (on a read: Unavailable) when it does not say it."""
        with correlated(context):
            try:
                return make()
            except UnreadableReply as problem:
                raise unreadable(verb, problem, write=write) from problem

    def _cell(self, cell: CellCode) -> dict[str, str]:
        return {"root": self._cell_root, "extension": str(cell)}

    def _patient(self, order: VisitOrder | WaitingRoomOrder) -> dict[str, object]:
        return {
            "reference": order.reference,
            "person": person_to_national(order.person, self._tables),
            "given": order.given,
            "family": order.family,
            "phone": order.phone,
            "referral": _pair(order.referral_number),
        }


def _pair(pair: OidPair | None) -> dict[str, str] | None:
    return {"root": pair.root, "extension": pair.extension} if pair else None


def _needed(entry: WaitingRoomEntry | None) -> WaitingRoomEntry:
    if entry is None:
        raise UnreadableReply("the entry is missing")
    return entry
