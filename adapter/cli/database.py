"""``pomost database``: bring the database up to date, show its state, make a sealing key, seal with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapter.store.schema import SchemaStatus


@click.group()
def database() -> None:
    """Upgrade the database, show its state, make a sealing key.

    Example: pomost database status
    """


@database.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for programs.")
def upgrade(as_json: bool) -> None:
    """Bring the database up to date: our tables and the job engine's.

    Nothing is touched when the database was made by a newer program. Stop the workers first.

    Example: pomost database upgrade
    """
    from adapter.bootstrap import open_database
    from adapter.settings import load_settings
    from adapter.store import schema

    with open_database(load_settings()) as opened:
        _show(schema.upgrade(opened.engine), opened.notice, as_json=as_json)


@database.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for programs.")
def status(as_json: bool) -> int:
    """Show the database's version and what waits to be done; exit 1 if it does not fit this program.

    Example: pomost database status --json
    """
    from adapter.bootstrap import open_database
    from adapter.settings import load_settings
    from adapter.store import schema

    with open_database(load_settings()) as opened:
        found = schema.status(opened.engine)
        _show(found, opened.notice, as_json=as_json)
    return 0 if found.ready else 1


@database.command("make-key")
def make_key() -> None:
    """Print a fresh sealing key list; keep it in a file that only pomost can read, and a copy in a safe.

    Example: (umask 077; pomost database make-key > /etc/pomost/sealing.keys)
    """
    from adapter.store.sealing import new_keys

    click.echo(new_keys(), nl=False)


@database.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for programs.")
def reseal(as_json: bool) -> int:
    """Seal everything with the newest key, so that an older one can be taken out of the list.

    Restart all processes with the new list first. Works in batches beside them; when it was stopped, run it again.
    Exit code: 0 all is under the newest key, 1 something does not open: leave the old keys in the list.

    Example: pomost database reseal
    """
    from dataclasses import asdict

    from adapter.bootstrap import open_database
    from adapter.bootstrap.adapter import seal_of
    from adapter.settings import load_settings
    from adapter.store import schema
    from adapter.store.reseal import reseal as again

    settings, found = load_settings(), []
    with open_database(settings) as opened:
        schema.require_current(opened.engine)
        for each in again(opened.engine, seal_of(settings, opened)):
            found.append(each)
            if not as_json:
                problem = f", {each.failed} do not open: {each.problem}" if each.failed else ""
                click.echo(f"{each.table}.{each.column}: {each.done} sealed anew{problem}")
    failed = sum(each.failed for each in found)
    if as_json:
        click.echo(json.dumps({"failed": failed, "columns": [asdict(each) for each in found]}))
    return 1 if failed else 0


def _show(found: SchemaStatus, notice: str, *, as_json: bool) -> None:
    """One object, or a few lines that say what to do."""
    if as_json:
        said = {
            "current": found.current or None,
            "head": found.head,
            "pending": list(found.pending),
            "newer": found.newer,
            "ready": found.ready,
        }
        click.echo(json.dumps(said))
        return
    if notice:
        click.echo(notice)
    if found.newer:
        click.echo(f"version {found.current} is newer than this program ({found.head}): install the newer pomost")
    elif found.pending:
        click.echo(f"version {found.current or 'none'}, waiting: {', '.join(found.pending)}")
        click.echo("run: pomost database upgrade")
    else:
        click.echo(f"version {found.current}: up to date")
