"""``pomost contract``: do the national contracts hold what the binding tables say?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from adapter.cli.site_folders import WITHOUT, mappings_of_site, wsdl_of_site

if TYPE_CHECKING:
    from adapter.soap.diff import Change
    from adapter.soap.findings import Finding

CHANNELS = ("p1", "cer")
MISSING_OPERATION, OPERATION = "missing-operation", "operation"
HEADINGS = {
    "breaks": "Breaks: rows of ours that fit no longer",
    "needs": "Needs: what it requires and no row gives",
    "changes": "Changes that no row has to follow by itself",
    "adds": "Adds",
    "drops": "Drops what no row uses",
}
NEXT_STEPS = """What to do next, with the new messages beside you:
  1. Take a copy of mappings/. In bindings/ give each verb named above its operation, then each of its rows the path
     where the field stands now; what an operation needs is said where it is listed as new.
  2. Give the codes their meaning: column `national` of the tables, and refusals.csv for results and faults.
  3. pomost contract check --wsdl {new} --mappings YOUR_COPY names what is left, row by row."""
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _folders(command: _Command) -> _Command:
    """The options that both commands share."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--mappings",
            type=folder,
            help=f"Folder with bindings/; {WITHOUT.format('MAPPINGS')}",
        ),
        click.option(
            "--wsdl",
            type=folder,
            help=f"Folder with p1/ and cer/; {WITHOUT.format('WSDL')}",
        ),
    ):
        command = option(command)
    return command


@click.group()
def contract() -> None:
    """Check and list the national contracts and their bindings.

    Example: pomost contract check --wsdl /etc/pomost/wsdl
    """


@contract.command()
@_folders
@click.option("--all", "show_all", is_flag=True, help="Show satisfied rows, too, and what is worth knowing of them.")
@click.option(
    "--only", type=click.Choice(CHANNELS), help="Check one service; the package of the other is not there yet."
)
def check(wsdl: Path | None, mappings: Path | None, as_json: bool, show_all: bool, only: str | None) -> int:
    """Say of every row of mappings/bindings/ whether the contract satisfies it, and what to edit if not.

    Looks at operations, fields, types, multiplicity, required elements, choices, enumerations (both ways: what the
    contract may say and no code table knows, what a table says and the contract forbids), constants, and rows that
    never hold. docs/operations/going-live.md explains each finding.

    Exit code 0: all rows are satisfied; 1: some are not; 3: a file is missing or broken.

    \b
    Example: pomost contract check
    Example: pomost contract check --wsdl official-package --json
    Example: pomost contract check --wsdl official-package --only cer
    """
    from adapter.mapping.tables import load_tables
    from adapter.soap.contract import load_contract
    from adapter.soap.enumerations import check_with_values
    from adapter.soap.rows import load_rows

    contracts, bindings = wsdl_of_site(wsdl), mappings_of_site(mappings)
    tables = load_tables(bindings)
    channels = (only,) if only else CHANNELS
    loaded = {channel: load_contract(contracts.resolve(), channel) for channel in channels}
    found: dict[str, list[Finding]] = {
        channel: check_with_values(loaded[channel], load_rows(bindings, channel), tables) for channel in channels
    }
    remarks = [f"{channel}/{remark}" for channel in channels for remark in loaded[channel].remarks]
    wrong = sum(not each.satisfied for findings in found.values() for each in findings)
    if as_json:
        rows = [
            {
                "channel": channel,
                "row": each.row,
                "verb": each.verb,
                "direction": each.direction,
                "subject": each.subject,
                "finding": each.kind,
                "message": each.message,
                "advice": each.advice,
            }
            for channel, findings in found.items()
            for each in findings
        ]
        said = {"wsdl": str(contracts), "findings": wrong, "remarks": remarks, "rows": rows}
        click.echo(json.dumps(said, ensure_ascii=False))
        return 1 if wrong else 0
    for remark in remarks:
        click.echo(f"remark: {remark}")
    for channel, findings in found.items():
        _rows(channel, [each for each in findings if show_all or not each.satisfied], show_all=show_all)
        click.echo(_sum(channel, findings, contracts, show_all=show_all))
    _what_to_do([each for findings in found.values() for each in findings])
    return 1 if wrong else 0


def _rows(channel: str, findings: list[Finding], *, show_all: bool) -> None:
    """One line for each finding; the rows of an operation that is not there wait in its line."""
    absent = {each.verb for each in findings if each.kind == MISSING_OPERATION and each.direction == OPERATION}
    waiting: dict[str, list[int]] = {verb: [] for verb in absent} if not show_all else {}
    lines = []
    for each in findings:
        if each.kind == MISSING_OPERATION and each.direction != OPERATION and each.verb in waiting:
            waiting[each.verb].append(each.row)
        else:
            lines.append(each)
    for each in lines:
        where = f"bindings/{channel}.csv" + (f", row {each.row}" if each.row else "")
        if each.kind == MISSING_OPERATION and each.direction == OPERATION:
            rows = waiting.get(each.verb, [])
            which = f"rows {min(rows)} to {max(rows)}" if len(rows) > 1 else f"row {rows[0]}" if rows else ""
            more = f"; {which} wait{'' if len(rows) > 1 else 's'} for it" if rows else ""
            click.echo(f"{where}: {each.kind}: {each.verb}: {each.message}{more}")
        else:
            click.echo(f"{where}: {each.kind}: {each.verb} {each.direction} {each.subject} {each.message}".rstrip())


def _what_to_do(findings: list[Finding]) -> None:
    """Each kind of finding once, with its number and what to edit."""
    kinds = Counter(each.kind for each in findings if not each.satisfied)
    advice = {each.kind: each.advice for each in findings}
    if kinds:
        click.echo("What to do:")
    for kind, count in kinds.most_common():
        click.echo(f"  {kind} ({count}): {advice[kind]}")


def _sum(channel: str, findings: list[Finding], contracts: Path, *, show_all: bool) -> str:
    rows = {each.row for each in findings if each.row}
    bad = {each.row for each in findings if each.row and not each.satisfied}
    left_out = sum(not each.row for each in findings)
    notes = sum(bool(each.satisfied and each.message) for each in findings)
    more = f", {left_out} left out" if left_out else ""
    if notes and not show_all:
        more += f" ({notes} with a remark: --all)"
    return f"{channel}: {len(rows) - len(bad)} of {len(rows)} rows satisfied by {contracts / channel}{more}"


@contract.command(name="list")
@_folders
@click.option("--fields", is_flag=True, help="List our verbs with their fields, and where each is bound.")
def list_(wsdl: Path | None, mappings: Path | None, as_json: bool, fields: bool) -> int:
    """List the operations of the contracts, the verbs bound to them, and where each file is from.

    \b
    Example: pomost contract list
    Example: pomost contract list --fields
    Example: pomost contract list --json
    """
    from adapter.soap.contract import load_contract
    from adapter.soap.manifest import contract_files
    from adapter.soap.rows import OPERATION, load_rows

    contracts, bindings = wsdl_of_site(wsdl), mappings_of_site(mappings)
    if fields:
        return _list_fields(bindings, as_json=as_json)
    operations: list[dict[str, str]] = []
    for channel in CHANNELS:
        bound = {row.path: row for row in load_rows(bindings, channel) if row.direction == OPERATION}
        for operation in load_contract(contracts.resolve(), channel).operations.values():
            row = bound.get(operation.name)
            operations.append(
                {
                    "channel": channel,
                    "operation": operation.name,
                    "soap_action": operation.soap_action,
                    "soap_version": operation.soap_version,
                    "verb": row.verb if row else "",
                    "status": row.status if row else "",
                }
            )
    files = contract_files(contracts)
    if as_json:
        listed = [{"file": each.file, "origin": each.origin, "sha256": each.sha256} for each in files]
        folders = {"wsdl": str(contracts), "mappings": str(bindings)}
        click.echo(json.dumps({**folders, "operations": operations, "files": listed}))
        return 0
    for each in operations:
        verb = f"{each['verb']} ({each['status']})" if each["verb"] else "not bound"
        click.echo(f"{each['channel']:4} {each['operation']:52} {verb}")
    for file in files:
        click.echo(f"{file.origin:15} {file.file}  {file.sha256[:12]}  {file.note}")
    click.echo(f"contracts in {contracts}, bindings in {bindings / 'bindings'}")
    return 0


def _list_fields(bindings: Path, *, as_json: bool) -> int:
    """Every field that a row may name, by verb and direction, and the paths that are bound to it."""
    from adapter.soap.rows import EVERY_VERB, FAULT, REPLY, REQUEST, load_rows
    from adapter.soap.verbs import FAULT_FIELDS, LEGEND, RESULT_FIELDS

    listed: list[dict[str, object]] = []
    for channel in CHANNELS:
        rows = load_rows(bindings, channel)
        asked = [(verb, REQUEST, of.sends, of.needs) for verb, of in LEGEND[channel].items()]
        told = [(verb, REPLY, of.reads, of.needs) for verb, of in LEGEND[channel].items()]
        every = [(EVERY_VERB, REPLY, RESULT_FIELDS), (EVERY_VERB, FAULT, FAULT_FIELDS)]
        wanted = [*asked, *told, *((verb, direction, of.reads, of.needs) for verb, direction, of in every)]
        for verb, direction, names, needed in sorted(wanted, key=lambda each: (each[0], each[1] != REQUEST)):
            for name in sorted(names):
                bound = [
                    row.path
                    for row in rows
                    if row.direction == direction and row.verb in (verb, EVERY_VERB) and name in row.named
                ]
                listed.append(
                    {"channel": channel, "verb": verb, "direction": direction, "field": name, "paths": bound}
                    | {"needed": any(name in each.split("|") for each in needed)}
                )
    if as_json:
        click.echo(json.dumps({"mappings": str(bindings), "fields": listed}))
        return 0
    for each in listed:
        name = f"{each['field']}{'!' if each['needed'] else ''}"
        paths = each["paths"]
        where = " and ".join(paths) if isinstance(paths, list) and paths else "not bound"
        click.echo(f"{each['channel']:4} {each['verb']:25} {each['direction']:8} {name:32} {where}")
    return 0


@contract.command(name="diff")
@click.argument("old", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--mappings",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder with bindings/; {WITHOUT.format('MAPPINGS')}",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff(old: Path, new: Path, mappings: Path | None, as_json: bool) -> int:
    """Say what a NEW version of the contracts breaks, adds and needs, for the rows that fit the OLD one.

    OLD and NEW are folders with p1/, cer/ or both; a contract is compared where both have it. A name after
    "perhaps" is a guess by likeness (0 to 1): a person decides.

    Exit code 0: nothing breaks and nothing new is needed; 1: something does or is; 3: a file is missing or broken.

    \b
    Example: pomost contract diff wsdl official-package
    Example: pomost contract diff wsdl official-package --json
    """
    from adapter.mapping.tables import load_tables
    from adapter.soap.contract import load_contract
    from adapter.soap.diff import compare
    from adapter.soap.rows import load_rows

    channels = [channel for channel in CHANNELS if (old / channel).is_dir() and (new / channel).is_dir()]
    if not channels:
        raise click.UsageError(f"{old} and {new} have neither p1/ nor cer/ in common")
    bindings = mappings_of_site(mappings)
    tables = load_tables(bindings)
    found = [
        change
        for channel in channels
        for change in compare(
            load_contract(old.resolve(), channel),
            load_contract(new.resolve(), channel),
            load_rows(bindings, channel),
            tables,
        )
    ]
    broken = sum(each.kind in ("breaks", "needs") for each in found)
    if as_json:
        listed = [{name: getattr(each, name) for name in each.__dataclass_fields__} for each in found]
        click.echo(json.dumps({"channels": channels, "to_do": broken, "changes": listed}, ensure_ascii=False))
    else:
        _work_list(found, channels, broken)
        if broken:
            click.echo(NEXT_STEPS.format(new=new))
    return 1 if broken else 0


def _work_list(found: list[Change], channels: list[str], broken: int) -> None:
    for kind, heading in HEADINGS.items():
        entries = [each for each in found if each.kind == kind]
        if entries:
            click.echo(f"{heading} ({len(entries)})")
        for each in entries:
            where = f"bindings/{each.channel}.csv, row {each.row}" if each.row else each.channel
            verb = f" {each.verb}:" if each.verb else ""
            guess = f"; perhaps {each.guess} (a guess, {each.likeness:.2f})" if each.guess else ""
            click.echo(f"  {where}:{verb} {each.message}{guess}")
    click.echo(f"{', '.join(channels)}: {broken} to do, {len(found) - broken} to know")
