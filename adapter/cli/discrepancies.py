"""``pomost discrepancies``: list, show and resolve."""

from __future__ import annotations

import getpass
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from adapter.cli.operate import chosen, facility_option, json_option
from adapter.cli.reconcile import as_data, day_of, days_asked, line_of
from adapter.domain.discrepancy import DiscrepancyClass, DiscrepancyState

if TYPE_CHECKING:
    from adapter.mapping.tables import Tables
    from adapter.ports.store import StoredDiscrepancy

LIST_LIMIT_DEFAULT = 100
NOT_FINISHED = (DiscrepancyState.OPEN.value, DiscrepancyState.ACKNOWLEDGED.value, DiscrepancyState.REMEDIED.value)
BY_HAND = ("acknowledged", "remedied", "closed")


@click.group()
def discrepancies() -> None:
    """List, show and resolve discrepancies.

    Example: pomost discrepancies list --class BOOKED_WHILE_BLOCKED
    """


@discrepancies.command("list")
@facility_option
@click.option("--day", type=day_of, metavar="DAY", help="This Warsaw day only (YYYY-MM-DD).")
@click.option("--from", "first", type=day_of, metavar="DAY", help="First day.")
@click.option("--to", "last", type=day_of, metavar="DAY", help="Last day, included.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in DiscrepancyState]),
    help="Only this state; may be given several times. Default: what is not finished.",
)
@click.option(
    "--class",
    "classes",
    multiple=True,
    type=click.Choice([kind.value for kind in DiscrepancyClass]),
    metavar="CLASS",
    help="Only this class; may be given several times.",
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=LIST_LIMIT_DEFAULT, show_default=True, help="At most so many."
)
@json_option
def list_them(
    *,
    facility: str | None,
    day: date | None,
    first: date | None,
    last: date | None,
    states: tuple[str, ...],
    classes: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """List discrepancies, by day.

    Example: pomost discrepancies list --day 2026-11-30 --state open
    """
    from adapter.bootstrap import open_adapter

    begin, end = days_asked(day, first, last, (date.min, date.max))
    with open_adapter() as adapter:
        if facility is not None:
            chosen(adapter, facility)
        with adapter.store.unit_of_work() as work:
            found = work.differences.find(
                facility=facility,
                first=None if begin == date.min else begin,
                last=None if end == date.max else end,
                states=states or NOT_FINISHED,
                classes=classes,
                limit=limit,
            )
        tables = adapter.tables
    if as_json:
        click.echo(json.dumps([_data(one, tables) for one in found], ensure_ascii=False, indent=2, default=str))
    else:
        for one in found:
            click.echo(f"{one.id:>6}  {one.state:<12}  {one.found.kind.value}  {line_of(one.found)}")
        click.echo(
            "none" if not found else f"{len(found)} discrepancies{' (more: --limit)' if len(found) == limit else ''}"
        )


@discrepancies.command()
@click.argument("number", type=int)
@json_option
def show(number: int, as_json: bool) -> int:
    """Show one discrepancy with its evidence and history.

    Example: pomost discrepancies show 12
    """
    from adapter.bootstrap import open_adapter

    with open_adapter() as adapter:
        with adapter.store.unit_of_work() as work:
            one = work.differences.get(number)
        tables = adapter.tables
    if one is None:
        click.echo(f"pomost: there is no discrepancy {number}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(_data(one, tables), ensure_ascii=False, indent=2, default=str))
    else:
        click.echo("\n".join(_lines(one, tables)))
    return 0


@discrepancies.command()
@click.argument("number", type=int)
@click.option("--state", type=click.Choice(BY_HAND), required=True, help="What became of it.")
@click.option("--note", "text", metavar="TEXT", required=True, help="What was done and why; no person's data.")
@click.option("--who", metavar="WHO", help="Account of who decided; the account that runs the command when absent.")
@json_option
def resolve(number: int, state: str, text: str, who: str | None, as_json: bool) -> None:
    """Say what became of a discrepancy; the audit keeps who said it.

    Example: pomost discrepancies resolve 12 --state remedied --note "patient rebooked by phone"
    """
    from adapter.bootstrap import open_adapter
    from adapter.services.resolve import resolve as run

    with open_adapter() as adapter:
        one = run(
            adapter.store,
            adapter.clock,
            number,
            DiscrepancyState(state),
            text=text,
            who=who if who is not None else getpass.getuser(),
        )
        tables = adapter.tables
    if as_json:
        click.echo(json.dumps(_data(one, tables), ensure_ascii=False, indent=2, default=str))
    else:
        click.echo(f"discrepancy {one.id} is {one.state}")


def _data(one: StoredDiscrepancy, tables: Tables) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        **as_data(one.found, tables),
        "history": [dict(entry) for entry in one.history],
    }


def _lines(one: StoredDiscrepancy, tables: Tables) -> list[str]:
    row = tables.discrepancies.row(one.found.kind.value)
    lines = [
        f"{one.id}  {one.found.kind.value}  {one.state}",
        f"{row['title_pl']} ({row['title_en']})",
        line_of(one.found),
        f"who is right: {row['owner']}; remedy: {row['remedy']}",
        f"first seen {one.first_seen.isoformat()}, last seen {one.last_seen.isoformat()}",
        "evidence:",
    ]
    lines += [
        f"  {name}: {value}" for name, value in sorted(one.found.evidence.items()) if value is not None and value != ""
    ]
    if one.history:
        lines.append("history:")
        lines += [
            "  " + "  ".join(str(entry.get(name, "")) for name in ("at", "state", "who", "note"))
            for entry in one.history
        ]
    return lines
