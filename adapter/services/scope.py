"""Which services are kept in CeR on a day (law.md I-01, I-02), from ``mappings/cells_in_scope.csv``."""

from __future__ import annotations

from datetime import date

from adapter.mapping.code_table import Row
from adapter.mapping.tables import Tables


def scope_row(tables: Tables, service: str, on: date) -> Row | None:
    """The row of a service that is in scope on a Warsaw day, None when CeR does not keep it."""
    return next((row for row in tables.cells_in_scope if row["ours"] == service and row.valid(on)), None)


def in_scope(tables: Tables, service: str, on: date) -> bool:
    """Whether CeR keeps this service."""
    return scope_row(tables, service, on) is not None


def referral_needed(tables: Tables, service: str, on: date) -> bool:
    """Whether the service needs an e-referral (law.md R-01); False for a service out of scope."""
    row = scope_row(tables, service, on)
    return row is not None and row.says("referral_needed")
