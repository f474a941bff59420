"""``pomost sync``, ``deliver``, ``settle``, ``pull``: the use cases, now, from a shell."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from adapter.cli.garbage import look_for_garbage_seldom

if TYPE_CHECKING:
    from adapter.bootstrap import Adapter
    from adapter.services.deliver import Delivered
    from adapter.services.rehearse import Rehearsal
    from adapter.services.synchronise import Pass

facility_option = click.option("--facility", metavar="F", help="Only this facility; all when absent.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

REHEARSED_SHOWN_MAX = 100
"""Resources that a rehearsal would not take, shown on a terminal."""
NO_FACILITY = "no facility is configured; write pomost.toml (docs/operations/install.md)"


def chosen(adapter: Adapter, facility: str | None) -> tuple[str, ...]:
    """The facilities a command is for.

    Raises:
        click.UsageError: there is no such facility. Misconfigured: there is none at all.
    """
    from adapter.errors import Misconfigured

    if not adapter.facilities:
        raise Misconfigured(NO_FACILITY, setting="facilities")
    if facility is None:
        return tuple(adapter.facilities)
    if facility not in adapter.facilities:
        known = ", ".join(adapter.facilities)
        raise click.UsageError(f"there is no facility '{facility}' in the settings (known: {known})")
    return (facility,)


def still_waiting(adapter: Adapter, facility: str) -> int:
    """Messages that could not be sent: their destination rests, or one before them is in doubt."""
    from adapter.ports.store import MessageState

    with adapter.store.unit_of_work() as work:
        counts = work.outbox.counts(facility)
    return sum(number for (_, _, state), number in counts.items() if state is MessageState.WAITING)


def show(as_json: bool, data: dict[str, Any], lines: list[str]) -> None:
    """Print an object for programs, or lines for people."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    else:
        for line in lines:
            click.echo(line)


@click.command(epilog="Example: pomost sync --from FHIR --facility demo")
@facility_option
@click.option(
    "--from",
    "source",
    metavar="FOLDER|FHIR",
    help="FHIR: the facility's FHIR server as configured. Anything else: a folder of exports to read instead.",
)
@click.option("--dry-run", is_flag=True, help="Take everything in and judge it, then write nothing and send nothing.")
@json_option
def sync(facility: str | None, source: str | None, dry_run: bool, as_json: bool) -> None:
    """Take changes from the EHR, deliver them, bring back what patients did.

    Exit code: 0 all well, 1 something was refused or quarantined (pomost inbox list says what), 3 a setting,
    certificate or the call context is wrong, 4 somebody was out of reach.
    """
    from adapter.bootstrap import open_adapter
    from adapter.services.rehearse import rehearse
    from adapter.services.synchronise import synchronise

    worst = 0
    results: dict[str, Any] = {}
    with open_adapter(source=source) as adapter, look_for_garbage_seldom():
        for one in chosen(adapter, facility):
            if dry_run:
                rehearsal = rehearse(adapter.equipment, one)
                results[one] = asdict(rehearsal)
                worst = max(worst, 1 if rehearsal.refused or rehearsal.quarantined else 0)
                if not as_json:
                    _print_rehearsal(one, rehearsal)
                continue
            result = synchronise(adapter.equipment, one)
            waiting = still_waiting(adapter, one)
            results[one] = {**_summary(result), "waiting": waiting}
            worst = max(worst, _exit_code(result, waiting))
            if not as_json:
                _print_pass(one, result, waiting)
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2, default=str))
    sys.exit(worst)


def _print_rehearsal(facility: str, rehearsal: Rehearsal) -> None:
    click.echo(
        f"{facility}: would take {rehearsal.taken}, refuse {rehearsal.refused}, "
        f"quarantine {rehearsal.quarantined}; nothing was written or sent"
    )
    for name, problems in islice(rehearsal.problems.items(), REHEARSED_SHOWN_MAX):
        click.echo("\n".join([f"  {name}", *(f"    {problem}" for problem in problems)]))
    if (more := len(rehearsal.problems) - REHEARSED_SHOWN_MAX) > 0:
        click.echo(f"  and {more} more: --json names all of them")


def _summary(result: Pass) -> dict[str, Any]:
    data = asdict(result)
    data["problems"] = {step: error.text for step, error in result.problems.items()}
    return data


def _exit_code(result: Pass, waiting: int) -> int:
    if any(each.misconfigured for each in result.delivered):
        return 3
    if result.problems:
        return max(error.exit_code for error in result.problems.values())
    if result.taken.refused or result.taken.quarantined or any(each.refused for each in result.delivered):
        return 1
    return 4 if waiting else 0


def _print_pass(facility: str, result: Pass, waiting: int) -> None:
    taken, pulled = result.taken, result.pulled
    delivered = sum(each.delivered for each in result.delivered)
    refused = sum(each.refused for each in result.delivered)
    doubts = sum(each.in_doubt for each in result.delivered)
    click.echo(f"{facility}: received {result.received} new versions")
    click.echo(f"  taken in {taken.taken}, refused by rules {taken.refused}, quarantined {taken.quarantined}")
    for rule, count in sorted(taken.by_rule.items()):
        click.echo(f"    {rule}: {count}")
    click.echo(f"  delivered {delivered}, refused {refused}, in doubt {doubts}, still waiting {waiting}")
    held = f", held as unreadable {pulled.held}" if pulled.held else ""
    click.echo(f"  from CeR: brought {pulled.brought}, cancelled {pulled.cancelled}, moved {pulled.moved}{held}")
    click.echo(f"  blocks proven {result.proven.proven}, not found in CeR {result.proven.missing}")
    for step, error in result.problems.items():
        click.echo(f"  {step}: {error.text} [{error.code}]", err=True)
    for problem in result.pulled.problems:
        click.echo(f"  pull: {problem}", err=True)
    for each in result.delivered:
        for line in _troubles(each):
            click.echo(line, err=True)


def _troubles(result: Delivered) -> list[str]:
    """Why something was not delivered, a line each."""
    resting = [f"  {name} rests: {problem}" for name, problem in result.out_of_reach.items()]
    return [*(f"  outbox {number}: {problem}" for number, problem in result.problems.items()), *resting]


@click.command(epilog="Example: pomost deliver --facility demo")
@facility_option
@json_option
def deliver(facility: str | None, as_json: bool) -> None:
    """Deliver what waits in the outbox, now, and prove the blocks that were acknowledged."""
    from adapter.bootstrap import open_adapter
    from adapter.services.deliver import deliver as run
    from adapter.services.prove_blocks import prove_blocks

    code = 0
    data: dict[str, Any] = {}
    with open_adapter() as adapter, look_for_garbage_seldom():
        for one in chosen(adapter, facility):
            result, proven = run(adapter.equipment, one), prove_blocks(adapter.equipment, one)
            waiting = still_waiting(adapter, one)
            data[one] = {**asdict(result), "waiting": waiting, "proven": asdict(proven)}
            code = max(code, 3 if result.misconfigured else 1 if result.refused else 4 if waiting else 0)
            lines = [
                f"{one}: delivered {result.delivered}, refused {result.refused}, in doubt {result.in_doubt}, "
                f"still waiting {waiting}; blocks proven {proven.proven}, not found in CeR {proven.missing}",
                *_troubles(result),
            ]
            show(False, {}, [] if as_json else lines)
    if as_json:
        show(True, data, [])
    sys.exit(code)


@click.command(epilog="Example: pomost settle")
@facility_option
@json_option
def settle(facility: str | None, as_json: bool) -> None:
    """Ask about messages whose answer was lost, now, and settle them."""
    from adapter.bootstrap import open_adapter
    from adapter.services.settle_doubts import settle_doubts

    code = 0
    data: dict[str, Any] = {}
    with open_adapter() as adapter:
        for one in chosen(adapter, facility):
            result = settle_doubts(adapter.equipment, one)
            data[one] = asdict(result)
            code = max(code, 4 if result.still_in_doubt else 1 if result.refused else 0)
            lines = [
                f"{one}: had happened {result.happened}, had not {result.not_happened}, "
                f"refused {result.refused}, still in doubt {result.still_in_doubt}",
                *(f"  outbox {number}: {problem}" for number, problem in result.problems.items()),
            ]
            show(False, {}, [] if as_json else lines)
    if as_json:
        show(True, data, [])
    sys.exit(code)


@click.command(epilog="Example: pomost pull --facility demo --again")
@facility_option
@click.option("--again", is_flag=True, help="Read the pages again that hold changes with codes no table knew.")
@json_option
def pull(facility: str | None, again: bool, as_json: bool) -> None:
    """Fetch what patients did in CeR, now; it goes to the EHR with the next delivery.

    Exit code: 0 all well, 1 something was refused, or changes are held because nobody can read them.
    """
    from adapter.bootstrap import open_adapter
    from adapter.services.pull_visits import pull_visits

    code = 0
    data: dict[str, Any] = {}
    with open_adapter() as adapter:
        for one in chosen(adapter, facility):
            result = pull_visits(adapter.equipment, one, again=again)
            data[one] = asdict(result)
            code = max(code, 1 if result.problems or result.held else 0)
            lines = [
                f"{one}: brought {result.brought}, cancelled {result.cancelled}, moved {result.moved}, "
                f"our own {result.ours}, unreadable {result.unreadable}, held {result.held}",
                *(f"  {problem}" for problem in result.problems),
            ]
            show(False, {}, [] if as_json else lines)
    if as_json:
        show(True, data, [])
    sys.exit(code)
