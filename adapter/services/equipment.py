"""What every use case is given: the ports, the code tables, and the limits it must keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from adapter.mapping.tables import Tables
from adapter.ports import Clock, Hospital, Referrals, Registry
from adapter.ports.store import Store


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the use cases; each is a setting (docs/operations/install.md)."""

    put_batch_max: int = 500
    claim_batch_max: int = 500
    take_batch_max: int = 500
    ask_after: timedelta = timedelta(seconds=120)
    retry_first: timedelta = timedelta(seconds=5)
    retry_growth: float = 2.0
    retry_most: timedelta = timedelta(minutes=15)
    misconfigured_pause: timedelta = timedelta(minutes=5)
    order_tolerance: timedelta = timedelta(seconds=2)
    feed_overlap: timedelta = timedelta(seconds=120)

    def pause_after(self, failures: int) -> timedelta:
        """How long a destination rests after it was out of reach ``failures`` times in a row (from 1)."""
        rest = self.retry_first * (self.retry_growth ** min(max(failures - 1, 0), 32))
        return min(rest, self.retry_most)


@dataclass(frozen=True, slots=True)
class Equipment:
    """Ports, tables and limits, built once by ``bootstrap.py``."""

    store: Store
    registry: Registry
    referrals: Referrals
    hospital: Hospital
    clock: Clock
    tables: Tables
    facilities: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    write_back_types: frozenset[str] = frozenset({"Appointment", "Slot", "ServiceRequest"})
    """Resource types that may be changed in the EHR."""
