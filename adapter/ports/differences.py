"""What use cases ask of the comparison of both sides (D9) and of the list of discrepancies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from adapter.domain.discrepancy import Discrepancy, SlotPair
from adapter.domain.national import SlotListing


class Differences(Protocol):
    """Comparison of both sides (D9) and the list of discrepancies."""

    def load_listing(self, facility: str, schedule_id: str, day: date, listing: SlotListing) -> bool:
        """Replace CeR's view of one (schedule, day) by COPY; False when the digest says nothing changed."""

    def compare(self, facility: str, schedule_id: str | None, first: date, last: date) -> Iterator[SlotPair]:
        """Full join of both sides for the days given: only the pairs that differ or carry visits to judge."""

    def record(self, facility: str, found: Sequence[Discrepancy], at: datetime) -> None:
        """Insert new ones, move ``last_seen`` of known ones."""

    def close_missing(self, facility: str, schedule_id: str | None, first: date, last: date, at: datetime) -> int:
        """Those of the days given that were not seen at ``at`` closed by themselves; returns how many."""

    def find(
        self,
        *,
        facility: str | None = None,
        first: date | None = None,
        last: date | None = None,
        states: Sequence[str] = (),
        classes: Sequence[str] = (),
        limit: int = 1000,
    ) -> Sequence[StoredDiscrepancy]:
        """Stored discrepancies by day and id."""

    def get(self, discrepancy_id: int) -> StoredDiscrepancy | None:
        """One of them."""

    def mark(self, discrepancy_id: int, state: str, who: str, note: str, at: datetime) -> None:
        """acknowledged, remedied, reported or closed, with who did it."""


@dataclass(frozen=True, slots=True)
class StoredDiscrepancy:
    """A discrepancy with its life: first and last seen, state, what was done."""

    id: int
    facility: str
    found: Discrepancy
    first_seen: datetime
    last_seen: datetime
    state: str
    history: tuple[Mapping[str, object], ...] = ()
