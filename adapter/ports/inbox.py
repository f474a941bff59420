"""What use cases ask of the inbox: what came from EHRs, raw, once per version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from adapter.ports import Received


class InboxState(StrEnum):
    """new -> taken | refused | quarantined; superseded when a newer version was taken first."""

    NEW = "new"
    TAKEN = "taken"
    REFUSED = "refused"
    """By a rule: the problems name rule ids."""
    QUARANTINED = "quarantined"
    """Not readable or not mappable: the problems name FHIRPaths."""
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """One problem of one inbox entry: safe texts only.

    ``code`` is what software matches on (``E-D-ADDR``; of a reference that leads nowhere what is missing,
    ``Patient/ID``) and ``article`` the source of a rule of the law; both are empty for other problems.
    """

    path: str
    rule: str
    text_pl: str
    text_en: str
    severity: str = "error"
    code: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """One received version of one resource."""

    id: int
    facility: str
    received: Received
    received_at: datetime
    state: InboxState
    problems: tuple[StoredProblem, ...] = ()


class Inbox(Protocol):
    """What came from EHRs, raw, once per version."""

    def put(self, facility: str, received: Received, at: datetime) -> int | None:
        """Store; returns the id, or None when this version is already there."""

    def put_all(self, facility: str, received: Sequence[Received], at: datetime) -> int:
        """Store many in few statements, in order; returns how many versions were new."""

    def take(
        self, facility: str, resource_type: str, limit: int, *, resource_id: str | None = None
    ) -> Sequence[InboxEntry]:
        """Up to ``limit`` new entries of a type, oldest first, locked until the transaction ends.

        With ``resource_id`` the oldest one of that resource; none while somebody else has it in hand.
        """

    def settle(self, entry_id: int, state: InboxState, problems: Sequence[StoredProblem] = ()) -> None:
        """Record what became of an entry.

        ``raw`` is sealed at rest. A taken or superseded ServiceRequest loses it: it may hold an access code.
        """

    def settle_all(self, entry_ids: Sequence[int], state: InboxState) -> None:
        """Record that entries without problems became ``state``; as :meth:`settle` otherwise."""

    def get(self, entry_id: int) -> InboxEntry | None:
        """One entry."""

    def find(
        self, *, facility: str | None = None, states: Sequence[InboxState] = (), limit: int = 100
    ) -> Sequence[InboxEntry]:
        """Entries, newest first."""

    def overtaken(self, entry_id: int) -> bool:
        """Whether a newer version of the same resource was taken: by meta.lastUpdated, else by when it came."""

    def replay(self, entry_id: int) -> None:
        """Make an entry new again (a mapping was mended, a rule's facts changed).

        Raises:
            BadInput: there is no such entry.
            Refused: its content was erased when it was taken, or a newer version was taken since.
        """

    def wake(self, facility: str, resource_type: str, resource_ids: Sequence[str]) -> int:
        """Make entries new again that were put aside because one of these resources was missing; how many."""

    def wake_lacking(self, facility: str, rule: str, limit: int) -> int:
        """Make the newest ``limit`` entries new again that were put aside by this rule; how many."""

    def say_again(self, facility: str, resource_type: str, resource_id: str) -> int:
        """Make the last version of a resource that was taken new again; 0 when there is none whose content is kept."""

    def first_received(self, facility: str, resource_type: str) -> datetime | None:
        """When the first resource of a type came, None when none did."""

    def refusals_by_rule(self, facility: str) -> Mapping[str, int]:
        """How many entries each rule refused."""
