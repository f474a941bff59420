"""``pomost fhir``: check FHIR files against the profile (docs/fhir-profile.md). Prints no value of a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapter.fhir.bundle import Entry


@click.group()
def fhir() -> None:
    """Check FHIR files against the profile.

    Example: pomost fhir check export.json
    """


def _files(paths: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    """Files to read, each with the name to show."""
    from adapter.hospital.files import files_in

    for path in paths:
        if path.is_dir():
            yield from ((file, str(file)) for file in files_in(path))
        else:
            yield path, str(path)


def _entries(paths: tuple[Path, ...]) -> Iterator[Entry]:
    from adapter.errors import BadInput
    from adapter.fhir.bundle import Entry, entry
    from adapter.fhir.problems import Problem
    from adapter.fhir.read import refused
    from adapter.hospital.files import pieces_in

    for path, name in _files(paths):
        try:
            yield from map(entry, pieces_in(path, name))
        except BadInput as error:
            unreadable = Problem("$", error.code, "pliku nie można odczytać", "the file cannot be read")
            yield Entry(name, refused(b"", [unreadable]))


def _line(found: Entry) -> dict[str, object]:
    """One entry for a program."""
    reading = found.reading
    return {
        "source": found.source,
        "resource_type": reading.resource_type,
        "id": reading.resource_id,
        "accepted": reading.accepted,
        "problems": [
            {
                "path": one.path,
                "rule": one.rule,
                "severity": one.severity,
                "text_pl": one.text_pl,
                "text_en": one.text_en,
            }
            for one in reading.problems
        ],
    }


def _show(found: Entry) -> None:
    """One entry for a person."""
    reading = found.reading
    what = "/".join(part for part in (reading.resource_type, reading.resource_id) if part)
    verdict = "accepted" if reading.accepted else "refused"
    click.echo(f"{found.source}: {verdict}{f' {what}' if what else ''}")
    for one in reading.problems:
        mark = "warning " if one.severity == "warning" else ""
        click.echo(f"    {one.path}: {mark}{one.rule}: {one.text_pl} / {one.text_en}")


@fhir.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on a line for each entry.")
def check(paths: tuple[Path, ...], as_json: bool) -> int:
    """Say of every resource: accepted, or refused with every problem.

    PATH is a file (a resource, a Bundle, .ndjson) or a folder with such files, also in its subfolders.
    Exit code 1 when any resource was refused or none was found.

    Example: pomost fhir check exports/ --json
    """
    accepted = refused = 0
    for found in _entries(paths):
        if found.reading.accepted:
            accepted += 1
        else:
            refused += 1
        if as_json:
            click.echo(json.dumps(_line(found), ensure_ascii=False))
        else:
            _show(found)
    if not as_json:
        click.echo(f"{accepted} accepted, {refused} refused")
    return 1 if refused or not accepted else 0
