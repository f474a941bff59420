"""What an act writes into the history of an entry: the fields that it changed, before and after, as plain values.

People's data are among them: the store seals both sides of a step (G-03).
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

from adapter.domain.identifiers import Secret
from adapter.domain.register import Entry
from adapter.domain.term import DayTerm, WeekTerm

AS_IT_IS = frozenset({str, int, bool, float, dict})
"""Types that JSON knows."""
NOT_TOLD = frozenset({"id", "schedule", "term_changes", "category_changes", "restorings"})
"""Fields that a step does not repeat: what never changes, and the history itself."""


def changed(before: Entry | None, after: Entry) -> tuple[dict[str, object], dict[str, object]]:
    """The fields that differ, before and after, by name. Without ``before``: everything that the new entry says."""
    names = [one.name for one in fields(Entry) if one.name not in NOT_TOLD]
    if before is None:
        told = {name: plain(getattr(after, name)) for name in names}
        return {}, {name: value for name, value in told.items() if value not in (None, "", False)}
    moved = [name for name in names if getattr(before, name) != getattr(after, name)]
    return (
        {name: plain(getattr(before, name)) for name in moved},
        {name: plain(getattr(after, name)) for name in moved},
    )


def plain(value: object) -> object:
    """A value of an entry as JSON knows it: texts, numbers, lists and objects."""
    kind: Any = type(value)
    if value is None or kind in AS_IT_IS:
        return value
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, DayTerm | WeekTerm | datetime | date):
        return value.isoformat() if isinstance(value, date) else str(value)
    names = _names(kind)
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    return [plain(one) for one in value] if isinstance(value, tuple | frozenset) else value


@cache
def _names(kind: type[object]) -> tuple[str, ...] | None:
    """The fields of a dataclass; None of any other type."""
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else None
