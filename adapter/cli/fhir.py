"""``pomost fhir``: check FHIR files against the profile (docs/fhir-profile.md); write it. Prints no person's value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.site_folders import WITHOUT, mappings_of_site

if TYPE_CHECKING:
    from adapter.fhir.bundle import Entry
    from adapter.fhir.problems import Problem
    from adapter.fhir.read import Reading

    Check = Callable[[Reading], Sequence[Problem]]


@click.group()
def fhir() -> None:
    """Check FHIR files against the profile, or write the profile for other programs.

    \b
    Example: pomost fhir check export.json
    Example: pomost fhir profile --out profile/
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


def _code_check(folder: Path | None) -> Check:
    """What the code tables say of accepted resources, today."""
    from adapter.clock import SystemClock
    from adapter.domain.moments import warsaw_day
    from adapter.mapping.check_codes import CodeCheck
    from adapter.mapping.tables import load_tables

    return CodeCheck(load_tables(mappings_of_site(folder)), warsaw_day(SystemClock().now()))


def _line(found: Entry, accepted: bool, problems: Sequence[Problem]) -> dict[str, object]:
    """One entry for a program."""
    reading = found.reading
    return {
        "source": found.source,
        "resource_type": reading.resource_type,
        "id": reading.resource_id,
        "accepted": accepted,
        "problems": [
            {
                "path": one.path,
                "rule": one.rule,
                "severity": one.severity,
                "text_pl": one.text_pl,
                "text_en": one.text_en,
            }
            for one in problems
        ],
    }


def _show(found: Entry, accepted: bool, problems: Sequence[Problem]) -> None:
    """One entry for a person."""
    reading = found.reading
    what = "/".join(part for part in (reading.resource_type, reading.resource_id) if part)
    verdict = "accepted" if accepted else "refused"
    click.echo(f"{found.source}: {verdict}{f' {what}' if what else ''}")
    for one in problems:
        mark = "warning " if one.severity == "warning" else ""
        click.echo(f"    {one.path}: {mark}{one.rule}: {one.text_pl} / {one.text_en}")


@fhir.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on a line for each entry.")
@click.option("--profile-only", is_flag=True, help="Do not look up codes in the tables.")
@click.option(
    "--mappings",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder of code tables; {WITHOUT.format('MAPPINGS')}",
)
def check(paths: tuple[Path, ...], as_json: bool, profile_only: bool, mappings: Path | None) -> int:
    """Say of every resource: accepted, or refused with every problem.

    PATH is a file (a resource, a Bundle, .ndjson) or a folder with such files, also in its subfolders.
    Each resource is held against the profile, then its codes against the tables. An Appointment is read as an entry
    in the register too, unless its Schedule (or Slot and Schedule) came before it and keeps its register elsewhere.
    Exit code 1 when any resource was refused or none was found.

    Example: pomost fhir check exports/ --json
    """
    check_codes: Check = (lambda _: ()) if profile_only else _code_check(mappings)
    accepted = refused = 0
    for found in _entries(paths):
        further = check_codes(found.reading)
        good = found.reading.accepted and all(one.severity == "warning" for one in further)
        problems = [*found.reading.problems, *further]
        accepted, refused = accepted + good, refused + (not good)
        if as_json:
            click.echo(json.dumps(_line(found, good, problems), ensure_ascii=False))
        else:
            _show(found, good, problems)
    if not as_json:
        click.echo(f"{accepted} accepted, {refused} refused")
    if not accepted + refused:
        named = ", ".join(str(path) for path in paths)
        click.echo(f"no resource in {named}: a folder's .json and .ndjson files are read", err=True)
    return 1 if refused or not accepted else 0


@fhir.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; made when it is not there.",
)
@click.option(
    "--mappings",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder of code tables, whose codes become the code systems; {WITHOUT.format('MAPPINGS')}",
)
def profile(out: Path, mappings: Path | None) -> int:
    """Write the profile as FHIR definitions: StructureDefinition, ValueSet and CodeSystem, as JSON.

    One file each, for an EHR's own validator. Files of the same names are written over, others are left alone.
    Exit code 2 when the folder cannot be written to.

    Example: pomost fhir profile --out profile/
    """
    from adapter.mapping.published.files import profile_files
    from adapter.mapping.tables import load_tables

    files = profile_files(load_tables(mappings_of_site(mappings)))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as wrong:
        raise click.BadParameter(f"cannot write there: {wrong.strerror}", param_hint="--out") from wrong
    click.echo(f"{len(files)} definitions in {out}")
    return 0
