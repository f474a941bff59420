"""The book of notices and the list of tasks in memory, with the states that the ports promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from fakes.reconcile_fakes import HeldClock

from adapter.errors import BadInput, Refused
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState, StoredNotice
from adapter.ports.tasks import NewTask, StoredTask, TaskKind, TaskState

BY_ITSELF = "system:rules"
UNSENT = (NoticeState.DUE, NoticeState.BATCHED)


@dataclass
class FakeNotices:
    """Notices by id; nothing is ever taken out."""

    clock: HeldClock
    book: dict[int, StoredNotice] = field(default_factory=dict)

    def add(self, facility: str, notices: Sequence[NewNotice]) -> Sequence[int]:
        made = []
        for notice in notices:
            number = len(self.book) + 1
            self.book[number] = StoredNotice(number, facility, notice, self.clock.now())
            made.append(number)
        return made

    def notice(self, facility: str, notice_id: int) -> StoredNotice | None:
        found = self.book.get(notice_id)
        return found if found is not None and found.facility == facility else None

    def listed(
        self,
        facility: str,
        *,
        states: Sequence[NoticeState] = (NoticeState.DUE,),
        kinds: Sequence[NoticeKind] = (),
        entry_id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[StoredNotice]:
        found = [
            one
            for one in self.book.values()
            if one.facility == facility
            and (not states or one.notice.state in states)
            and (not kinds or one.notice.kind in kinds)
            and entry_id in (None, one.notice.entry_id)
        ]
        return sorted(found, key=lambda one: (one.notice.send_by or date.max, one.id))[:limit]

    def sent(self, facility: str, notice_id: int, by: str, channels: Sequence[str]) -> None:
        changes = {"sent_at": self.clock.now(), "sent_by": by, "channels": tuple(channels)}
        self._set(facility, notice_id, UNSENT, NoticeState.SENT, **changes)

    def answered(self, facility: str, notice_id: int, answer: str) -> None:
        changes = {"answered_at": self.clock.now(), "answer": answer}
        self._set(facility, notice_id, (*UNSENT, NoticeState.SENT), NoticeState.ANSWERED, **changes)

    def due(self, facility: str, notice_id: int) -> None:
        self._set(facility, notice_id, UNSENT, NoticeState.DUE)

    def withdrawn(self, facility: str, notice_id: int) -> None:
        self._set(facility, notice_id, UNSENT, NoticeState.VOID)

    def void(self, facility: str, entry_id: str, *, kinds: Sequence[NoticeKind] = ()) -> int:
        unsent = self.listed(facility, states=UNSENT, entry_id=entry_id)
        ended = [one for one in unsent if not kinds or one.notice.kind in kinds]
        for one in ended:
            self._set(facility, one.id, UNSENT, NoticeState.VOID)
        return len(ended)

    def last_sent(self, facility: str, entry_id: str, kind: NoticeKind) -> object:
        times = [
            one.sent_at
            for one in self.book.values()
            if one.facility == facility
            and one.notice.entry_id == entry_id
            and one.notice.kind is kind
            and one.sent_at is not None
        ]
        return max(times, default=None)

    def _set(
        self, facility: str, notice_id: int, before: Sequence[NoticeState], state: NoticeState, **changes: object
    ) -> None:
        known = self.notice(facility, notice_id)
        if known is None:
            raise BadInput(f"there is no notice {notice_id}", field="id")
        if known.notice.state not in before:
            raise Refused(f"notice {notice_id} is {known.notice.state}", code="NOTICE_SETTLED")
        self.book[notice_id] = replace(known, notice=replace(known.notice, state=state), **changes)  # type: ignore[arg-type]


@dataclass
class FakeTasks:
    """Tasks by id; one that is open already is only seen again."""

    clock: HeldClock
    list: dict[int, StoredTask] = field(default_factory=dict)

    def raise_(self, facility: str, tasks: Sequence[NewTask]) -> int:
        new, now = 0, self.clock.now()
        for key, task in {_key(one): one for one in tasks}.items():
            known = [one for one in self._of(facility) if _key(one.task) == key]
            if any(one.state is TaskState.DONE and one.task.due_on == task.due_on for one in known):
                continue
            standing = [one for one in known if one.state is TaskState.OPEN]
            if standing:
                self.list[standing[0].id] = replace(standing[0], task=task, seen_at=now)
                continue
            number = len(self.list) + 1
            self.list[number] = StoredTask(number, facility, task, TaskState.OPEN, now, now)
            new += 1
        return new

    def gone(
        self,
        facility: str,
        subjects: Sequence[str],
        *,
        keep: Sequence[tuple[str, str, str]],
        codes: Sequence[str] = (),
    ) -> int:
        ended = 0
        for one in self._of(facility):
            asked = _key(one.task) in keep or (codes and one.task.code not in codes)
            if one.state is TaskState.OPEN and one.task.subject in subjects and not asked:
                self.list[one.id] = replace(one, state=TaskState.GONE, ended_at=self.clock.now(), ended_by=BY_ITSELF)
                ended += 1
        return ended

    def done(self, facility: str, task_id: int, by: str, note: str) -> StoredTask | None:
        known = self.task(facility, task_id)
        if known is None or known.state is not TaskState.OPEN:
            return None
        ended = replace(known, state=TaskState.DONE, ended_at=self.clock.now(), ended_by=by, note=note)
        self.list[task_id] = ended
        return ended

    def task(self, facility: str, task_id: int) -> StoredTask | None:
        found = self.list.get(task_id)
        return found if found is not None and found.facility == facility else None

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
        found = [
            one
            for one in self._of(facility)
            if state in (None, one.state)
            and rule in (None, one.task.rule)
            and subject in (None, one.task.subject)
            and (not kinds or one.task.kind in kinds)
        ]
        return sorted(found, key=lambda one: (one.task.due_on or date.max, one.raised_at, one.id))[:limit]

    def _of(self, facility: str) -> list[StoredTask]:
        return [one for one in self.list.values() if one.facility == facility]


def _key(task: NewTask) -> tuple[str, str, str]:
    return task.rule, task.code, task.subject
