"""A schedule (harmonogram przyjęć of one actor in one cell)."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.domain.identifiers import CellCode, OidPair
from adapter.domain.register import AdmissionSchedule


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who receives patients, where, for which service.

    ``id`` is the EHR's id. ``service`` is the cell's specialty (resort part VIII, for example 1100
    cardiology clinic) or a programme's code; it decides whether the schedule is in CeR's scope
    (``mappings/cells_in_scope.csv``). ``practitioner`` is None for a room or a device.
    """

    id: str
    cell: CellCode
    service: str
    practitioner: OidPair | None = None
    active: bool = True
    register: AdmissionSchedule | None = None
    """The admission schedule (harmonogram przyjęć) that its visits are entered in; None: kept elsewhere."""
