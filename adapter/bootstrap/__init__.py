"""Wiring: the only floor that knows every concrete class (docs/architecture.md).

with open_adapter() as adapter:
    synchronise(adapter.equipment, "demo")
"""

from __future__ import annotations

from adapter.bootstrap.adapter import Adapter, open_adapter, open_database, open_store

__all__ = ["Adapter", "open_adapter", "open_database", "open_store"]
