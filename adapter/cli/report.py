"""``pomost report``: the discrepancy package for CeZ."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from adapter.cli.operate import chosen, facility_option, json_option
from adapter.cli.reconcile import day_of

day_option = click.option(
    "--day", type=day_of, metavar="DAY", required=True, help="Warsaw day of the terms (YYYY-MM-DD)."
)


@click.group()
def report() -> None:
    """Write the discrepancy package for CeZ.

    Example: pomost report cez --day 2026-11-30 --out reports
    """


@report.command()
@day_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    help="Folder that gets a folder with the package.",
)
@facility_option
@click.option("--file", "filed_by", metavar="WHO", help="Record that WHO files it: its rows are not offered again.")
@click.option("--again", is_flag=True, help="Include rows that were filed before.")
@click.option("--empty", is_flag=True, help="Write a package also when there is nothing to report.")
@json_option
def cez(
    *, day: date, out: Path, facility: str | None, filed_by: str | None, again: bool, empty: bool, as_json: bool
) -> None:
    """Write the package for the terms of a day: CSV, workbook, JSON, page to print, and the letter, unsent.

    Take the differences from the last comparison; run pomost reconcile for the day first.

    Example: pomost report cez --day 2026-11-30 --out reports --file a.nowak
    """
    from adapter.bootstrap import open_adapter
    from adapter.services.report_cez import write_report

    results: list[dict[str, Any]] = []
    with open_adapter() as adapter:
        for one in chosen(adapter, facility):
            written = write_report(
                adapter.store,
                adapter.clock,
                adapter.tables,
                one,
                day=day,
                out=out,
                filed_by=filed_by,
                again=again,
                empty=empty,
            )
            results.append(
                {
                    "facility": one,
                    "day": day.isoformat(),
                    "rows": written.rows if written is not None else 0,
                    "folder": str(written.folder) if written is not None else None,
                    "digest": written.digest if written is not None else None,
                    "filed": written.filed if written is not None else False,
                }
            )
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2))
        return
    for result in results:
        click.echo(_told(result))


def _told(result: dict[str, Any]) -> str:
    head = f"{result['facility']}, {result['day']}: "
    if result["folder"] is None:
        return head + "nic do zgłoszenia (nothing to report); nothing was written"
    rows = f"{result['rows']} row{'' if result['rows'] == 1 else 's'}"
    if result["filed"]:
        return head + f"{rows} in {result['folder']}; filed"
    return head + f"{rows} in {result['folder']}; send message.eml, then: pomost report filed"


@report.command()
@day_option
@click.option("--by", "who", metavar="WHO", required=True, help="Account of who sent it.")
@facility_option
@json_option
def filed(day: date, who: str, facility: str | None, as_json: bool) -> None:
    """Record that the rows of a day were sent to CeZ: they are not offered again.

    Example: pomost report filed --day 2026-11-30 --by a.nowak
    """
    from adapter.bootstrap import open_adapter
    from adapter.services.report_cez import file_rows

    counts: dict[str, int] = {}
    with open_adapter() as adapter:
        for one in chosen(adapter, facility):
            counts[one] = file_rows(adapter.store, adapter.clock, adapter.tables, one, day=day, filed_by=who)
    if as_json:
        click.echo(json.dumps(counts, indent=2))
        return
    for one, count in counts.items():
        click.echo(f"{one}, {day.isoformat()}: {count} rows filed")
