"""What use cases ask of the audit and of the cursors of polling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the audit: who did what to which subject, under which ids. Safe texts only."""

    at: datetime
    actor: str
    """``person:NAME-OF-ACCOUNT``, ``system:EHR-ID`` or ``job:TASK``."""
    action: str
    facility: str
    subject: str
    correlation_id: str
    detail: Mapping[str, object] = field(default_factory=dict)


class Audit(Protocol):
    """Append-only, hash-chained."""

    def write(self, *records: AuditRecord) -> None:
        """Append; the chain's hashes are added by the store."""

    def write_each(self, common: AuditRecord, each: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        """Append what one step did to many subjects, kept together: (subject, what its detail has beyond the common).

        ``find`` gives a record for each. The subject of ``common`` is not used.
        """

    def verify(self) -> str | None:
        """None when the chain is whole, else what is wrong and where."""

    def find(self, *, correlation_id: str | None = None, limit: int = 100) -> Sequence[AuditRecord]:
        """Records, newest first."""


class Cursors(Protocol):
    """Where polling stands."""

    def get(self, facility: str, name: str) -> str:
        """The cursor, empty when there is none."""

    def set(self, facility: str, name: str, value: str) -> None:
        """Keep it."""

    def get_all(self, facility: str, names: Sequence[str]) -> Mapping[str, str]:
        """Those of many cursors that there are, by name."""

    def set_all(self, facility: str, values: Mapping[str, str]) -> None:
        """Keep many, by name."""

    def forget(self, facility: str, prefix: str, before: datetime, *, limit: int) -> int:
        """Drop up to ``limit`` cursors whose name begins so and that were last set before an instant; how many."""
