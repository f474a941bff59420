"""The value that must be there, or a clear refusal that names where."""

from __future__ import annotations

from typing import TypeVar

from adapter.errors import BadInput

_Value = TypeVar("_Value")


def need(value: _Value | None, field: str) -> _Value:
    """``value`` itself.

    Raises:
        BadInput: it is None; ``field`` is its FHIRPath, for example ``Slot.start``.
    """
    if value is None:
        raise BadInput(f"{field} is missing", field=field, code="FHIR-SHAPE-01")
    return value
