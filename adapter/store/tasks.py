"""The list of tasks: what rules want a person to do. Nothing of it is deleted; a task ends and stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapter.ports.tasks import NewTask, StoredTask, TaskKind, TaskState
from adapter.store.session import Session, rows_of, texts_of

BY_ITSELF = "system:rules"
"""Who ends a task that no rule asks for any more."""

_COLUMNS = (
    "id, facility, rule, code, subject, article, text_pl, text_en, kind, due_on, state, raised_at, seen_at, ended_at, "
    "ended_by, note"
)
_RAISE = """
INSERT INTO task AS t (facility, rule, code, subject, article, text_pl, text_en, kind, due_on, raised_at, seen_at)
SELECT %(facility)s, n.rule, n.code, n.subject, n.article, n.text_pl, n.text_en, n.kind, n.due_on, %(now)s, %(now)s
FROM json_to_recordset(%(rows)s::json) AS n (rule text, code text, subject text, article text, text_pl text,
    text_en text, kind text, due_on date)
WHERE NOT EXISTS (SELECT FROM task d WHERE d.facility = %(facility)s AND d.rule = n.rule AND d.code = n.code
    AND d.subject = n.subject AND d.state = 'done' AND d.due_on IS NOT DISTINCT FROM n.due_on)
ORDER BY n.rule, n.code, n.subject
ON CONFLICT (facility, rule, code, subject) WHERE state = 'open' DO UPDATE SET seen_at = excluded.seen_at,
    article = excluded.article, text_pl = excluded.text_pl, text_en = excluded.text_en, kind = excluded.kind,
    due_on = excluded.due_on
RETURNING t.xmax = 0
"""
"""A row that the statement inserted has no ``xmax``."""
_GONE = """
WITH kept AS MATERIALIZED (
    SELECT rule, code, subject FROM json_to_recordset(%(keep)s::json) AS k (rule text, code text, subject text))
UPDATE task t SET state = 'gone', ended_at = %(now)s, ended_by = %(by)s
WHERE t.facility = %(facility)s AND t.state = 'open' AND t.subject = ANY (%(subjects)s::text[])
    AND (cardinality(%(codes)s::text[]) = 0 OR t.code = ANY (%(codes)s::text[]))
    AND NOT EXISTS (SELECT FROM kept k WHERE k.rule = t.rule AND k.code = t.code AND k.subject = t.subject)
"""
_DONE = f"""
UPDATE task SET state = 'done', ended_at = %(now)s, ended_by = %(by)s, note = %(note)s
WHERE facility = %(facility)s AND id = %(id)s AND state = 'open' RETURNING {_COLUMNS}
"""  # noqa: S608  # constant columns
_LISTED = f"""
SELECT {_COLUMNS} FROM task WHERE facility = %(facility)s
    AND (%(state)s::text IS NULL OR state = %(state)s) AND (%(rule)s::text IS NULL OR rule = %(rule)s)
    AND (%(subject)s::text IS NULL OR subject = %(subject)s)
    AND (cardinality(%(kinds)s::text[]) = 0 OR kind = ANY (%(kinds)s::text[]))
ORDER BY due_on NULLS LAST, raised_at, id LIMIT %(limit)s
"""  # noqa: S608  # constant columns


class SqlTasks:
    """Implements :class:`adapter.ports.tasks.Tasks`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def raise_(self, facility: str, tasks: Sequence[NewTask]) -> int:
        """Put tasks on the list; one that is open already (rule, code, subject) is only seen again. How many are new.

        One that a person marked done is not raised again for the same rule, code, subject and due day. Of several
        alike the last counts.
        """
        told = {(each.rule, each.code, each.subject): each for each in tasks}
        if not told:
            return 0
        found = self._session.run(
            _RAISE, facility=facility, now=self._session.clock.now(), rows=rows_of(map(_row, told.values()))
        )
        return sum(1 for (new,) in found if new)

    def gone(
        self,
        facility: str,
        subjects: Sequence[str],
        *,
        keep: Sequence[tuple[str, str, str]],
        codes: Sequence[str] = (),
    ) -> int:
        """End open tasks of these subjects (and codes, if any) that are not among ``keep``: (rule, code, subject)."""
        return self._session.changed(
            _GONE,
            facility=facility,
            now=self._session.clock.now(),
            by=BY_ITSELF,
            subjects=texts_of(subjects),
            codes=texts_of(codes),
            keep=rows_of({"rule": rule, "code": code, "subject": subject} for rule, code, subject in keep),
        )

    def done(self, facility: str, task_id: int, by: str, note: str) -> StoredTask | None:
        """Mark an open task done; None when there is no such open task."""
        now = self._session.clock.now()
        found = self._session.run(_DONE, facility=facility, id=task_id, now=now, by=by, note=note)
        return _stored(found[0]) if found else None

    def task(self, facility: str, task_id: int) -> StoredTask | None:
        """One task."""
        found = self._session.run(
            f"SELECT {_COLUMNS} FROM task WHERE facility = %(facility)s AND id = %(id)s",  # noqa: S608  # constant columns
            facility=facility,
            id=task_id,
        )
        return _stored(found[0]) if found else None

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
        found = self._session.run(
            _LISTED,
            facility=facility,
            state=None if state is None else state.value,
            rule=rule,
            subject=subject,
            kinds=[kind.value for kind in kinds],
            limit=limit,
        )
        return [_stored(row) for row in found]


def _row(task: NewTask) -> dict[str, object]:
    return {
        "rule": task.rule,
        "code": task.code,
        "subject": task.subject,
        "article": task.article,
        "text_pl": task.text_pl,
        "text_en": task.text_en,
        "kind": task.kind.value,
        "due_on": task.due_on,
    }


def _stored(row: Sequence[Any]) -> StoredTask:
    (number, facility, rule, code, subject, article, text_pl, text_en, kind, due_on, state, *rest) = row
    raised_at, seen_at, ended_at, ended_by, note = rest
    return StoredTask(
        id=number,
        facility=facility,
        task=NewTask(rule, code, subject, article, text_pl, text_en, TaskKind(kind), due_on),
        state=TaskState(state),
        raised_at=raised_at,
        seen_at=seen_at,
        ended_at=ended_at,
        ended_by=ended_by,
        note=note,
    )
