"""``pomost mappings``: are the code tables usable?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from adapter.cli.site_folders import WITHOUT, mappings_of_site


@click.group()
def mappings() -> None:
    """Check the code tables.

    Example: pomost mappings check
    """


@mappings.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder with the tables; {WITHOUT.format('MAPPINGS')}",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(folder: Path | None, as_json: bool) -> int:
    """Name every problem of every code table by file, row and column.

    Exit code 0: all tables are good; 1: there are problems.

    \b
    Example: pomost mappings check
    Example: pomost mappings check --folder /etc/pomost/mappings --json
    """
    from adapter.mapping.tables import TABLES, check_tables

    where = mappings_of_site(folder)
    problems = check_tables(where)
    if as_json:
        rows = [{"file": one.file, "row": one.row, "column": one.column, "problem": one.text} for one in problems]
        click.echo(json.dumps({"folder": str(where), "tables": len(TABLES), "problems": rows}, ensure_ascii=False))
    else:
        for one in problems:
            click.echo(str(one))
        state = "no problems" if not problems else f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        click.echo(f"{len(TABLES)} code tables in {where}: {state}")
    return 1 if problems else 0
