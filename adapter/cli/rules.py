"""``pomost rules``: what the rule book holds, and what it would say of a file. Prints no value of a person."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapter.cli.site_folders import WITHOUT

if TYPE_CHECKING:
    from adapter.domain.rules.verdict import Verdict
    from adapter.fhir.problems import Problem
    from adapter.services.rule_check.ask import Answer, RuleBook


@click.group()
def rules() -> None:
    """Rules of the waiting lists: list them, or ask them about a file.

    Example: pomost rules check entry.json
    """


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_(as_json: bool) -> None:
    """List every rule of the book: id, title, article, what Pomost does, where it stands.

    Example: pomost rules list --json
    """
    from adapter.services.rule_check.list_rules import list_rules

    found = list_rules()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        does = ", ".join(one.action) or (f"no code: {one.no_code}" if one.no_code else "-")
        click.echo(f"{one.id}  {one.title} / {one.title_en}")
        click.echo(f"      {one.article}")
        click.echo(f"      {does}{f'; {one.module}' if one.module else ''}")


def _book(facility: str | None, on: date | None, mappings: Path | None) -> RuleBook:
    """What the rules are asked with: the site's settings and tables, and the time."""
    from datetime import timedelta

    from adapter import resources
    from adapter.bootstrap.adapter import register_of, rule_settings
    from adapter.clock import SystemClock
    from adapter.domain.moments import day_bounds
    from adapter.mapping.tables import load_tables
    from adapter.services.rule_check.ask import RuleBook
    from adapter.settings import load_settings

    settings = load_settings()
    if facility is not None and facility not in settings.facilities:
        known = ", ".join(settings.facilities) or "none"
        raise click.UsageError(f"there is no facility '{facility}' in the settings (known: {known})")
    provider = register_of(settings.facilities[facility]).provider if facility is not None else ""
    now = day_bounds(on)[1] - timedelta(minutes=1) if on is not None else SystemClock().now()
    tables = load_tables(resources.mappings(mappings or settings.mappings))
    return RuleBook(tables, now, rule_settings(settings.rules), provider, on is not None)


def _show(answer: Answer, every: bool) -> None:
    click.echo(f"{answer.subject}:")
    said = [one for one in answer.verdicts if one.code]
    for one in answer.verdicts if every else said:
        _show_one(one)
    for problem in answer.problems:
        click.echo(f"    {problem.path}: {problem.rule}: {problem.text_pl} / {problem.text_en}")
    if not (said or every or answer.problems):
        click.echo("    dozwolone / allowed")


def _show_one(one: Verdict) -> None:
    if not one.code:
        click.echo(f"    {one.rule} {one.outcome.value} ({one.article})")
        return
    click.echo(f"    {one.rule} {one.outcome.value} {one.code}: {one.text_pl} / {one.text_en} ({one.article})")


def _row(answer: Answer) -> dict[str, object]:
    """One subject for a program."""
    from adapter.fhir.outcome import outcome
    from adapter.mapping.verdict_outcome import verdict_outcome

    return {
        "subject": answer.subject,
        "verdicts": [
            {"rule": one.rule, "outcome": one.outcome.value, "code": one.code, "article": one.article}
            for one in answer.verdicts
        ],
        "outcome": outcome(answer.problems) if answer.problems else verdict_outcome(answer.verdicts, answer.path),
    }


def _refuse(problems: list[Problem], as_json: bool) -> int:
    """The file could not be read as a question."""
    from adapter.fhir.outcome import outcome

    if as_json:
        click.echo(json.dumps({"refused": True, "results": [], "outcome": outcome(problems)}, ensure_ascii=False))
    for one in [] if as_json else problems:
        click.echo(f"{one.path}: {one.rule}: {one.text_pl} / {one.text_en}")
    return 1


@rules.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object with an OperationOutcome for each subject."
)
@click.option("--on", metavar="DATE", help="Judge as of the end of this day (YYYY-MM-DD) instead of now.")
@click.option("--facility", metavar="F", help="The facility whose register it is: its id as a provider (U-01).")
@click.option("--all", "every", is_flag=True, help="Show every rule that was asked, also those that allow.")
@click.option("--strict", is_flag=True, help="Exit code 1 also for warnings and tasks.")
@click.option(
    "--mappings",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Folder of code tables; {WITHOUT.format('MAPPINGS')}",
)
def check(
    *,
    file: Path,
    as_json: bool,
    on: str | None,
    facility: str | None,
    every: bool,
    strict: bool,
    mappings: Path | None,
) -> int:
    """Ask every rule about FILE: a FHIR Bundle, or an entry as docs/operations/rules.md describes it.

    Nothing is stored or sent; no database is needed. Exit code 0: nothing is refused; 1: something is refused, or
    the file cannot be read.

    Example: pomost rules check entry.json --on 2026-03-02
    """
    from adapter.domain.rules.verdict import Outcome
    from adapter.fhir.problems import ProblemsFound
    from adapter.services.rule_check.check_file import check_content

    try:
        day = date.fromisoformat(on) if on is not None else None
    except ValueError as wrong:
        raise click.UsageError("--on is a date: YYYY-MM-DD") from wrong
    try:
        answers = check_content(file.read_bytes(), _book(facility, day, mappings))
    except ProblemsFound as found:
        return _refuse(list(found.problems), as_json)
    verdicts = [one for answer in answers for one in answer.verdicts]
    refused = sum(one.refused for one in verdicts)
    refused += sum(one.severity == "error" for answer in answers for one in answer.problems)
    told = sum(one.outcome in {Outcome.WARNED, Outcome.NEEDS_PERSON} for one in verdicts)
    if as_json:
        shown = {"refused": bool(refused), "results": [_row(one) for one in answers]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for answer in answers:
            _show(answer, every)
        click.echo(f"{len(verdicts)} rules asked, {refused} refused, {told} warned or for a person")
    return 1 if refused or (strict and told) else 0
