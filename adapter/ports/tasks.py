"""What use cases ask of the list of tasks: what rules want a person to do, and warnings that somebody should see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class TaskKind(StrEnum):
    """How much a task asks."""

    TASK = "task"
    """A person must act."""
    WARNING = "warning"
    """Accepted, and to be seen."""
    ALARM = "alarm"
    """A deadline of the law has passed (REPORT, P-FIX-OVERDUE, W-R-SYNC-LATE, W-R-STATUS-LATE)."""


class TaskState(StrEnum):
    """What became of a task."""

    OPEN = "open"
    DONE = "done"
    GONE = "gone"
    """The rule asks for it no more."""


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a rule asks of a person. ``subject``: ``entry/ID``, ``visit/ID`` (one that has no entry),
    ``schedule/ID`` or ``facility``: never a person.

    Texts are the verdict's: they hold no people's data. ``due_on``: the last Warsaw day, None where there is none.
    """

    rule: str
    code: str
    subject: str
    article: str
    text_pl: str
    text_en: str
    kind: TaskKind = TaskKind.TASK
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task on the list."""

    id: int
    facility: str
    task: NewTask
    state: TaskState
    raised_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    note: str = ""


class Tasks(Protocol):
    """The list of tasks of a facility."""

    def raise_(self, facility: str, tasks: Sequence[NewTask]) -> int:
        """Put tasks on the list; one that is open already (rule, code, subject) is only seen again. How many are new.

        One that a person marked done is not raised again for the same rule, code, subject and due day.
        """

    def gone(
        self,
        facility: str,
        subjects: Sequence[str],
        *,
        keep: Sequence[tuple[str, str, str]],
        codes: Sequence[str] = (),
    ) -> int:
        """End open tasks of these subjects that no rule asks for now; ``keep``: (rule, code, subject).

        With ``codes`` only tasks of these codes are ended: whoever asks some rules ends only what those raise.
        """

    def done(self, facility: str, task_id: int, by: str, note: str) -> StoredTask | None:
        """Mark an open task done; None when there is no such open task."""

    def task(self, facility: str, task_id: int) -> StoredTask | None:
        """One task."""

    def listed(
        self,
        facility: str,
        *,
        state: TaskState | None = TaskState.OPEN,
        rule: str | None = None,
        subject: str | None = None,
        kinds: Sequence[TaskKind] = (),
        limit: int = 1000,
    ) -> Sequence[StoredTask]:
        """Tasks, those due first at the top, then the oldest."""
