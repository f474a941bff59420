"""FHIR Slots in bulk: bytes to our Slot by the quick path (``adapter.fhir.fast``), with the same tables.

None means: not of the usual kind. ``read`` and :func:`adapter.mapping.slot.slot_from_fhir` then say what it is,
or all that is wrong with it. A property test proves that both ways agree.
"""

from __future__ import annotations

from datetime import date

from adapter.domain.slot import Slot, SlotKind, SlotState
from adapter.errors import BadInput
from adapter.fhir.fast import plain_slot
from adapter.mapping.tables import Tables


class SlotReader:
    """Reads Slots with the mappings that hold on the Warsaw day ``on``; keeps what it looked up."""

    def __init__(self, tables: Tables, on: date) -> None:
        self._tables = tables
        self._on = on
        self._kinds: dict[tuple[tuple[str, str], ...], SlotKind | None] = {}
        self._states: dict[str, SlotState | None] = {}

    def read(self, raw: bytes) -> Slot | None:
        """Our Slot, or None: read it the full way."""
        plain = plain_slot(raw)
        if plain is None:
            return None
        if plain.status not in self._states:
            self._states[plain.status] = self._state(plain.status)
        if plain.kinds not in self._kinds:
            self._kinds[plain.kinds] = self._kind(plain.kinds)
        state, kind = self._states[plain.status], self._kinds[plain.kinds]
        if state is None or kind is None:
            return None
        return Slot(
            plain.id,
            plain.schedule_id,
            plain.starts,
            plain.ends,
            state,
            kind,
            plain.capacity,
            plain.changed_at,
        )

    def _state(self, status: str) -> SlotState | None:
        try:
            return SlotState(self._tables.slot_state.from_fhir(None, status, self._on))
        except BadInput:
            return None

    def _kind(self, codings: tuple[tuple[str, str], ...]) -> SlotKind | None:
        """The one kind that the codings mean; codings of other systems may stand beside it."""
        found: set[str] = set()
        for system, code in codings:
            try:
                found.add(self._tables.slot_kind.from_fhir(system, code, self._on))
            except BadInput:
                continue
        return SlotKind(found.pop()) if len(found) == 1 else None
