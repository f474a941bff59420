"""What a clerk answers to a task of the register: confirmed, excused, not-coming. Pomost does the rest at once.

TASK-X-NOSHOW      confirmed   the patient did not come: removed, the referral given back (X-05)
                   excused     force majeure was shown: the entry stays, somebody gives a new date (E-05)
R-02               not-coming  the paper original will not come: removed as soon as the law lets it be (R-02)
TASK-X-ALIVE       alive       the death was noted by mistake: the entry is back in its place (X-07)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from adapter.domain.paper_referral import PaperReferral
from adapter.domain.rules import require
from adapter.domain.rules.reinstatement import force_majeure
from adapter.domain.rules.removal import back_alive
from adapter.errors import BadInput, Refused
from adapter.ports.register import Step, StoredEntry
from adapter.ports.tasks import StoredTask, TaskState
from adapter.services.attribution import note as impersonal
from adapter.services.desk import Desk
from adapter.services.register.follow import entry_subject, follow
from adapter.services.register.hold import hold_of_entry
from adapter.services.register_day.facts import day_of
from adapter.services.register_day.look_closer import Looked, look_closer
from adapter.services.register_day.restore_entry import may_return, restore_entry
from adapter.services.register_day.take_action import Done

PAPER_CODES = ("TASK-R-PAPER", "W-R-PAPER-LAST", "W-R-PAPER-OVERDUE", "TASK-R-PAPER-LATE")


class Answer(StrEnum):
    """What can be answered."""

    CONFIRMED = "confirmed"
    EXCUSED = "excused"
    NOT_COMING = "not-coming"
    ALIVE = "alive"


ANSWERS: Mapping[str, tuple[Answer, ...]] = {
    "TASK-X-NOSHOW": (Answer.CONFIRMED, Answer.EXCUSED),
    **dict.fromkeys(PAPER_CODES, (Answer.NOT_COMING,)),
    "TASK-X-ALIVE": (Answer.ALIVE,),
}
"""Code of a task -> what can be answered to it; all others are only marked done."""


def task_of(desk: Desk, number: int) -> StoredTask:
    """An open task.

    Raises:
        BadInput: there is none with this number. Refused: it is not open any more.
    """
    found = desk.work.tasks.task(desk.facility, number)
    if found is None:
        raise BadInput(f"there is no task {number}", field="task", code="NO_SUCH_TASK")
    if found.state is not TaskState.OPEN:
        raise Refused(f"task {number} is {found.state.value} already", code="TASK_ENDED")
    return found


def finish_task(desk: Desk, number: int, who: str, note: str) -> StoredTask:
    """Mark a task done; ``note`` says what was done and holds no person's data.

    Raises:
        BadInput, Refused: as for :func:`task_of`.
    """
    task, kept = task_of(desk, number), impersonal(note)
    desk.work.tasks.done(desk.facility, number, who, kept)
    desk.audit(f"person:{who}", "task-done", task.task.subject, {"task": number, "code": task.task.code})
    return task


def answer_task(desk: Desk, number: int, answer: Answer, who: str, note: str) -> Looked:
    """Write an answer down, end the task, and do what follows from it; what Pomost did is in ``done``.

    Raises:
        BadInput, Refused: as for :func:`task_of`, or this task is not answered so.
        RuleBroken: the patient has another entry for the service by now (U-01).
        AdapterError: what follows cannot be done; nothing may be kept then.
    """
    task = task_of(desk, number)
    possible = ANSWERS.get(task.task.code, ())
    if answer not in possible:
        said = " or ".join(one.value for one in possible)
        advice = f"it is answered {said}" if said else f"do what it says, then: pomost tasks done {number}"
        raise BadInput(f"task {number} is not answered so; {advice}", field="answer", code="TASK_ANSWER")
    kept = impersonal(note)
    stored = _entry(desk, task)
    day = day_of(desk.eq, desk.work, desk.facility)
    told, step = _answered(desk, ACTS[answer](stored, who), answer, who)
    desk.work.register.put(desk.facility, told, step)
    desk.work.tasks.done(desk.facility, number, who, kept)
    desk.audit(f"person:{who}", "task-answer", task.task.subject, {"task": number, "answer": answer.value})
    if answer is Answer.ALIVE:
        return _put_back(desk, told, who)
    if answer is Answer.EXCUSED:
        follow(desk, task.task.subject, [force_majeure(stored.entry, kept)])
    looked = look_closer(desk, stored, day)
    if looked.tasks:
        desk.work.tasks.raise_(desk.facility, [one for one in looked.tasks if one.code != task.task.code])
    return looked


def _entry(desk: Desk, task: StoredTask) -> StoredEntry:
    """The entry that a task is about; its visit and referral are locked before it, as everywhere."""
    entry_id = task.task.subject.removeprefix(entry_subject(""))
    hold_of_entry(desk, entry_id)
    found = desk.work.register.entry(desk.facility, entry_id)
    if found is None:
        raise BadInput(f"{task.task.subject} is not here", field="entry", code="NO_SUCH_ENTRY")
    return found


def _put_back(desk: Desk, stored: StoredEntry, who: str) -> Looked:
    """Take the removal of who lives back; the task asks for a term."""
    verdict = back_alive()
    require([may_return(desk, stored)])
    tasks = restore_entry(desk, stored, verdict, who)
    desk.work.tasks.raise_(desk.facility, tasks)
    return Looked(tasks, Done(verdict.code))


def _answered(desk: Desk, after: StoredEntry, answer: Answer, who: str) -> tuple[StoredEntry, tuple[Step]]:
    step = Step(
        entry_id=after.entry.id,
        what="corrected",
        at=desk.eq.clock.now(),
        by=who,
        correlation_id=desk.correlation_id,
        after={"answer": answer.value, "by": who},
        reason=answer.value,
    )
    return replace(after, correlation_id=desk.correlation_id), (step,)


def _confirmed(stored: StoredEntry, who: str) -> StoredEntry:
    return replace(stored, no_show_confirmed_by=who)


def _excused(stored: StoredEntry, who: str) -> StoredEntry:
    return replace(stored, no_show_excused=True)


def _not_coming(stored: StoredEntry, who: str) -> StoredEntry:
    referral = stored.entry.referral
    if referral is None:
        return stored
    paper = replace(referral.paper or PaperReferral(), confirmed_missing_by=who)
    return replace(stored, entry=replace(stored.entry, referral=replace(referral, paper=paper)))


def _alive(stored: StoredEntry, who: str) -> StoredEntry:
    return replace(stored, entry=replace(stored.entry, person=replace(stored.entry.person, deceased_on=None)))


ACTS: Mapping[Answer, Callable[[StoredEntry, str], StoredEntry]] = {
    Answer.CONFIRMED: _confirmed,
    Answer.EXCUSED: _excused,
    Answer.NOT_COMING: _not_coming,
    Answer.ALIVE: _alive,
}
"""What an answer says of the entry."""
