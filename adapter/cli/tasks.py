"""``pomost tasks``: what the rules of the register ask of people; answers to it; the day's work, now."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from adapter.cli.operate import chosen, facility_option, json_option, show
from adapter.cli.person import account
from adapter.ports.tasks import TaskKind, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter.bootstrap import Adapter
    from adapter.ports.tasks import StoredTask
    from adapter.services.desk import Desk
    from adapter.services.register_day.run_day import DayDone

LIST_LIMIT_DEFAULT = 200
ANSWERS = ("confirmed", "excused", "not-coming", "alive")
note_option = click.option(
    "--note", metavar="TEXT", required=True, help="What was done or found out; no person's data: it is kept and shown."
)
who_option = click.option(
    "--who", metavar="WHO", help="Account of who says so; the one that runs the command if absent."
)


@click.group()
def tasks() -> None:
    """Tasks and warnings that the rules of the register raise: list, answer, finish them; run the day's work.

    Example: pomost tasks list --kind alarm
    """


@tasks.command("list", epilog="Example: pomost tasks list --kind task --rule X-05")
@facility_option
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in TaskKind]),
    help="Only this kind; may be given several times.",
)
@click.option("--rule", metavar="RULE", help="Only this rule of docs/law.md, for example X-05.")
@click.option("--subject", metavar="SUBJECT", help="Only about this: entry/ID, schedule/ID or facility.")
@click.option(
    "--state",
    type=click.Choice([*(state.value for state in TaskState), "all"]),
    default=TaskState.OPEN.value,
    show_default=True,
    help="What became of them.",
)
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=LIST_LIMIT_DEFAULT, show_default=True, help="At most so many."
)
@json_option
def list_them(
    *,
    facility: str | None,
    kinds: tuple[str, ...],
    rule: str | None,
    subject: str | None,
    state: str,
    limit: int,
    as_json: bool,
) -> None:
    """List tasks: those due first at the top. Each says in Polish what to do, with English below.

    Exit code: 0, also when there are tasks.
    """
    from adapter.bootstrap import open_adapter

    found: list[StoredTask] = []
    with open_adapter() as adapter:
        for one in chosen(adapter, facility):
            with adapter.store.unit_of_work() as work:
                found += work.tasks.listed(
                    one,
                    state=None if state == "all" else TaskState(state),
                    rule=rule,
                    subject=subject,
                    kinds=[TaskKind(kind) for kind in kinds],
                    limit=limit,
                )
    if as_json:
        click.echo(json.dumps([_data(one) for one in found], ensure_ascii=False, indent=2, default=str))
        return
    for task in found:
        click.echo("\n".join(_lines(task)))
    more = " (more: --limit)" if len(found) >= limit else ""
    click.echo(f"{len(found)} tasks{more}" if found else "none")


@tasks.command(epilog='Example: pomost tasks done 12 --note "called, will come on Monday"')
@click.argument("number", type=int, metavar="N")
@facility_option
@note_option
@who_option
@json_option
def done(*, number: int, facility: str | None, note: str, who: str | None, as_json: bool) -> int:
    """Mark a task done; the note and who wrote it are kept. The same task is not raised again for the same day."""
    from adapter.services.register_day.answer_task import finish_task

    def work(desk: Desk) -> dict[str, Any]:
        task = finish_task(desk, number, who or account(), note)
        return {"id": number, "state": TaskState.DONE.value, "subject": task.task.subject}

    return _change(number, facility, work, as_json)


@tasks.command(epilog='Example: pomost tasks answer 12 confirmed --note "nobody came, phone not answered"')
@click.argument("number", type=int, metavar="N")
@click.argument("answer", type=click.Choice(ANSWERS))
@facility_option
@note_option
@who_option
@json_option
def answer(*, number: int, answer: str, facility: str | None, note: str, who: str | None, as_json: bool) -> int:
    """Answer a task; Pomost does what follows from it at once.

    \b
    confirmed   the patient did not come: the entry is removed, the referral given back (X-05)
    excused     force majeure was shown: the entry stays, a new date is to be given (E-05)
    not-coming  the paper original will not come: the entry is removed after the last day (R-02)
    alive       the death was noted by mistake: the entry is back in its place (X-07)
    """
    from adapter.services.register_day.answer_task import Answer, answer_task

    def work(desk: Desk) -> dict[str, Any]:
        looked = answer_task(desk, number, Answer(answer), who or account(), note)
        did = looked.done.what if looked.done is not None else ""
        return {"id": number, "state": TaskState.DONE.value, "answer": answer, "did": did}

    return _change(number, facility, work, as_json)


def _change(number: int, facility: str | None, work: Callable[[Desk], dict[str, Any]], as_json: bool) -> int:
    """Do something about one task in one transaction, and say what became of it."""
    from uuid import uuid4

    from adapter.bootstrap import open_adapter
    from adapter.services.desk import Desk

    with open_adapter() as adapter:
        own = _facility_of(adapter, number, facility)
        with adapter.store.unit_of_work() as unit:
            said = work(Desk(adapter.equipment, unit, own, str(uuid4())))
            unit.commit()
    did = f"; Pomost did: {said['did']}" if said.get("did") else ""
    show(as_json, said, [f"task {number} is {said['state']}{did}"])
    return 0


def _facility_of(adapter: Adapter, number: int, facility: str | None) -> str:
    """The facility whose task it is; the only or the first one when nobody has it (the use case says so then)."""
    known = chosen(adapter, facility)
    with adapter.store.unit_of_work() as work:
        return next((one for one in known if work.tasks.task(one, number) is not None), known[0])


@tasks.command(epilog="Example: pomost tasks run --facility demo")
@facility_option
@json_option
def run(*, facility: str | None, as_json: bool) -> None:
    """Do the day's work on the register now: raise and end tasks, do what the law lets Pomost do by itself.

    Running it twice a day changes nothing. Exit code: 0 all well, 1 some entry could not be changed.
    """
    from adapter.bootstrap import open_adapter
    from adapter.services.register_day.run_day import run_day

    data: dict[str, Any] = {}
    code = 0
    with open_adapter() as adapter:
        for one in chosen(adapter, facility):
            result = run_day(adapter.equipment, one)
            data[one] = _summary(result)
            code = max(code, 1 if result.problems else 0)
            if not as_json:
                _print(one, result)
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    sys.exit(code)


def _summary(result: DayDone) -> dict[str, Any]:
    return {
        "entries": result.entries,
        "tasks_raised": result.raised,
        "tasks_ended": result.ended,
        "notices_released": result.released,
        "people_asked_after": result.asked_after,
        "acted": dict(sorted(result.acted.items())),
        "problems": result.problems,
    }


def _print(facility: str, result: DayDone) -> None:
    click.echo(f"{facility}: judged {result.entries} entries")
    click.echo(f"  tasks raised {result.raised}, ended {result.ended}; notices released {result.released}")
    for code, count in sorted(result.acted.items()):
        click.echo(f"    {code}: {count}")
    for problem in result.problems:
        click.echo(f"  {problem}", err=True)


def _data(one: StoredTask) -> dict[str, Any]:
    return {
        "id": one.id,
        "facility": one.facility,
        "kind": one.task.kind.value,
        "state": one.state.value,
        "rule": one.task.rule,
        "code": one.task.code,
        "article": one.task.article,
        "subject": one.task.subject,
        "due_on": one.task.due_on,
        "text_pl": one.task.text_pl,
        "text_en": one.task.text_en,
        "raised_at": one.raised_at,
        "seen_at": one.seen_at,
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
        "note": one.note,
    }


def _lines(one: StoredTask) -> list[str]:
    due = one.task.due_on.isoformat() if one.task.due_on is not None else "-"
    ended = f"  {one.state.value} by {one.ended_by}: {one.note}" if one.ended_at is not None else ""
    task = one.task
    return [
        f"{one.id:>6}  {task.kind.value:<7}  {due:<10}  {task.rule}  {task.code}  {task.subject}{ended}",
        f"        {one.task.text_pl}",
        f"        {one.task.text_en}",
        f"        {one.task.article}",
    ]
