"""``pomost inbox`` and ``pomost outbox``: look at what came and what goes, mend what stopped."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapter.ports.store import InboxEntry, Message

LIST_LIMIT_DEFAULT = 50
TRIES_SHOWN_MAX = 100
_NOT_HEARD = "nothing of it was heard by the wiretap: it was not sent yet, its time is over, or it went to the EHR"

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
limit_option = click.option(
    "--limit", default=LIST_LIMIT_DEFAULT, show_default=True, type=click.IntRange(1, 10_000), help="At most so many."
)
facility_option = click.option("--facility", metavar="F", help="Only this facility.")


def _who() -> str:
    from adapter.cli.person import account

    return f"person:{account()}"


def _known(facility: str | None, found: Sequence[object]) -> None:
    """Nothing found for a facility that the settings do not name is a slip of the pen, most likely."""
    from adapter.settings import load_settings

    if facility is None or found or facility in (known := load_settings().facilities):
        return
    names = ", ".join(known) or "none"
    raise click.UsageError(f"there is no facility '{facility}' in the settings (known: {names})")


def _absent(kind: str, number: int) -> None:
    click.echo(f"pomost: there is no {kind} entry {number}", err=True)
    sys.exit(1)


def _message(message: Message) -> dict[str, Any]:
    return {**message._asdict(), "sealed": message.sealed is not None}


def _plain(value: object) -> str:
    """A value as people read it: moments in one form, lists and objects as JSON."""
    from datetime import datetime

    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, tuple | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _entry(entry: InboxEntry) -> dict[str, Any]:
    data = asdict(entry)
    data["received"].pop("raw")
    return data


@click.group()
def outbox() -> None:
    """National writes and write-backs on their way out.

    Example: pomost outbox list --state refused
    """


@outbox.command("list", epilog="Example: pomost outbox list --state in-doubt --facility demo")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["waiting", "sending", "delivered", "refused", "in-doubt", "dropped"]),
    help="Only these states; may be given more than once.",
)
@click.option("--stopped", is_flag=True, help="Only those whose tries are used up: a person must act.")
@facility_option
@limit_option
@json_option
def outbox_list(states: tuple[str, ...], stopped: bool, facility: str | None, limit: int, as_json: bool) -> None:
    """List messages, newest first, and the destinations that rest."""
    from adapter.bootstrap import open_store
    from adapter.ports.store import MessageState

    with open_store() as store, store.unit_of_work() as work:
        wanted = [MessageState(state) for state in states]
        found = work.outbox.find(facility=facility, states=wanted, stopped=stopped, limit=limit)
        rests = work.outbox.rests()
    _known(facility, found)
    if as_json:
        click.echo(json.dumps([_message(message) for message in found], ensure_ascii=False, indent=2, default=str))
        return
    for message in found:
        click.echo(
            f"{message.id:>8}  {message.state.value:<10} {message.destination.value:<4} {message.action.value:<20} "
            f"{message.subjects[0]:<28} tries {message.attempts}  {message.problem or message.result_code}"
        )
    click.echo(f"{len(found)} message(s)")
    for (whose, destination), last in rests.items():
        if facility in {None, whose}:
            click.echo(
                f"{destination.value} of {whose} rests until {_plain(last.until)}, "
                f"failures in a row: {last.failures}: {last.problem}"
            )


@outbox.command("show", epilog="Example: pomost outbox show 17")
@click.argument("number", type=int)
@json_option
def outbox_show(number: int, as_json: bool) -> None:
    """Show one message and every try: what was said and answered, masked. What is sealed stays sealed."""
    from adapter.bootstrap import open_store
    from adapter.cli import exchanges

    with open_store() as store, store.unit_of_work() as work:
        message = work.outbox.get(number)
        tries = work.wiretap.find(message=number, limit=TRIES_SHOWN_MAX) if message is not None else ()
    if message is None:
        _absent("outbox", number)
        return
    data = _message(message)
    if as_json:
        data["tries"] = [exchanges.as_json(each) for each in tries]
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        return
    for name, value in data.items():
        if value not in (None, "", (), {}):
            click.echo(f"{name:<16} {_plain(value)}")
    if not tries:
        click.echo(_NOT_HEARD)
    for n, each in enumerate(tries, 1):
        click.echo()
        for line in exchanges.lines(each, n, about=number):
            click.echo(line)


@outbox.command("retry", epilog='Example: pomost outbox retry 17 --reason "slot was opened in CeR"')
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit. No personal data.")
def outbox_retry(number: int, reason: str) -> None:
    """Put a refused or stopped message back in its line."""
    from adapter.bootstrap import open_store

    with open_store() as store, store.unit_of_work() as work:
        work.outbox.retry(number, _who(), reason)
        work.commit()
    click.echo(f"message {number} waits again")


@outbox.command("drop", epilog='Example: pomost outbox drop 17 --reason "done by hand in the portal"')
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit. No personal data.")
def outbox_drop(number: int, reason: str) -> None:
    """Give up a waiting or in-doubt message; it stays as evidence."""
    from adapter.bootstrap import open_store

    with open_store() as store, store.unit_of_work() as work:
        work.outbox.drop(number, _who(), reason)
        work.commit()
    click.echo(f"message {number} is given up")


@click.group()
def inbox() -> None:
    """What came from the EHR, once per version.

    Example: pomost inbox list --state quarantined
    """


@inbox.command("list", epilog="Example: pomost inbox list --state refused --json")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["new", "taken", "refused", "quarantined", "superseded"]),
    help="Only these states; may be given more than once.",
)
@facility_option
@limit_option
@json_option
def inbox_list(states: tuple[str, ...], facility: str | None, limit: int, as_json: bool) -> None:
    """List entries, newest first, with their problems."""
    from adapter.bootstrap import open_store
    from adapter.ports.store import InboxState

    with open_store() as store, store.unit_of_work() as work:
        found = work.inbox.find(facility=facility, states=[InboxState(state) for state in states], limit=limit)
    _known(facility, found)
    if as_json:
        click.echo(json.dumps([_entry(entry) for entry in found], ensure_ascii=False, indent=2, default=str))
        return
    for entry in found:
        received = entry.received
        click.echo(
            f"{entry.id:>8}  {entry.state.value:<12} {received.resource_type}/{received.resource_id} "
            f"version {received.version}"
        )
        for problem in entry.problems:
            click.echo(f"          {problem.path} {problem.rule}: {problem.text_pl} / {problem.text_en}")
    click.echo(f"{len(found)} entries")


@inbox.command("show", epilog="Example: pomost inbox show 12")
@click.argument("number", type=int)
@json_option
def inbox_show(number: int, as_json: bool) -> None:
    """Show one entry and its problems; the resource itself stays sealed."""
    from adapter.bootstrap import open_store

    with open_store() as store, store.unit_of_work() as work:
        entry = work.inbox.get(number)
    if entry is None:
        _absent("inbox", number)
        return
    data = _entry(entry)
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        return
    for name, value in data.items():
        click.echo(f"{name:<16} {value}")


@inbox.command("replay", epilog="Example: pomost inbox replay 12")
@click.argument("number", type=int)
def inbox_replay(number: int) -> None:
    """Make an entry new again: the next sync takes it in once more."""
    from adapter.bootstrap import open_store

    with open_store() as store, store.unit_of_work() as work:
        work.inbox.replay(number)
        work.commit()
    click.echo(f"entry {number} is taken in again by the next sync")
