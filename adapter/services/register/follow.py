"""What a rule wants a person to do, or to see, becomes a row of the list of tasks.

A task is raised once for a rule, its code, its subject and its last day, however often the rule is asked. What no
rule asks for any more is ended by the jobs of the day (``adapter/services/register_day``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.ports.tasks import NewTask, TaskKind
from adapter.services.desk import Desk

ALARMS = frozenset(
    {"P-FIX-OVERDUE", "W-R-SYNC-LATE", "W-R-STATUS-LATE", "REPORT-Z-FFD-OVERDUE", "REPORT-Z-MONTH-OVERDUE"}
)
"""Codes of deadlines that have passed."""
FOLLOWED = frozenset({Outcome.WARNED, Outcome.NEEDS_PERSON, Outcome.REFUSED})
"""Outcomes that somebody must see. A refusal comes here only where the thing stands already (a day that was not fixed
in time, a visit that a patient made in CeR)."""


def entry_subject(entry_id: str) -> str:
    """The subject of tasks about an entry."""
    return f"entry/{entry_id}"


def visit_subject(visit_id: str) -> str:
    """The subject of tasks about a visit that has no entry here."""
    return f"visit/{visit_id}"


def subject_of(desk: Desk, visit_id: str) -> str:
    """What a task about a visit is about: its entry, where it has one, so that it goes with its end."""
    entry_id = desk.work.register.entry_id_of_visit(desk.facility, visit_id)
    return entry_subject(entry_id) if entry_id is not None else visit_subject(visit_id)


def schedule_subject(schedule_id: str) -> str:
    """The subject of tasks about an admission schedule."""
    return f"schedule/{schedule_id}"


def task_kind(verdict: Verdict) -> TaskKind:
    """How much a verdict asks of a person."""
    if verdict.code in ALARMS:
        return TaskKind.ALARM
    return TaskKind.WARNING if verdict.outcome is Outcome.WARNED else TaskKind.TASK


def new_tasks(
    subject: str, verdicts: Sequence[Verdict], due_on: Mapping[str, date] | None = None
) -> tuple[NewTask, ...]:
    """The tasks that verdicts about ``subject`` ask for, in their order. ``due_on``: last days by code."""
    days = due_on if due_on is not None else {}
    return tuple(
        NewTask(
            rule=verdict.rule,
            code=verdict.code,
            subject=subject,
            article=verdict.article,
            text_pl=verdict.text_pl,
            text_en=verdict.text_en,
            kind=task_kind(verdict),
            due_on=days.get(verdict.code),
        )
        for verdict in verdicts
        if verdict.outcome in FOLLOWED
    )


def follow(desk: Desk, subject: str, verdicts: Sequence[Verdict], *, due_on: Mapping[str, date] | None = None) -> int:
    """Put on the list of tasks what these verdicts ask of a person; returns how many are new."""
    tasks = new_tasks(subject, verdicts, due_on)
    return desk.work.tasks.raise_(desk.facility, tasks) if tasks else 0
