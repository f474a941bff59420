"""``pomost wiretap``: what was said to CeR and P1 and answered; unmasking for engineers, for some hours."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapter.ports.wiretap import Opening
    from adapter.services.unmask_wiretap import Unmasking
    from adapter.settings import Settings

SHOWN_MAX = 100
"""Tries that one look shows."""
LIST_LIMIT_DEFAULT = 30
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def _opened() -> Iterator[tuple[Unmasking, Settings]]:
    from adapter.bootstrap import open_store
    from adapter.cli.person import person
    from adapter.clock import SystemClock
    from adapter.services.unmask_wiretap import Unmasking
    from adapter.settings import load_settings

    settings = load_settings()
    with open_store(settings) as store:
        yield Unmasking(store, SystemClock(), person(settings)), settings


def _known(settings: Settings, facility: str) -> None:
    if facility not in settings.facilities:
        names = ", ".join(settings.facilities) or "none"
        raise click.UsageError(f"there is no facility '{facility}' in the settings (known: {names})")


@click.group()
def wiretap() -> None:
    """What was said to CeR and P1 and what they answered, masked.

    Example: pomost wiretap show 6f1c0d9e-3a52-4c1e-9f57-0d5b6a2f7c11
    """


@wiretap.command("list", epilog="Example: pomost wiretap list --facility demo --limit 10")
@click.option("--facility", metavar="F", help="Only this facility.")
@click.option("--limit", default=LIST_LIMIT_DEFAULT, show_default=True, type=click.IntRange(1, 1000), help="The last.")
@json_option
def list_(facility: str | None, limit: int, as_json: bool) -> None:
    """List the last exchanges, oldest first."""
    from adapter.cli import exchanges

    with _opened() as (doing, settings):
        if facility is not None:
            _known(settings, facility)
        with doing.store.unit_of_work() as work:
            found = work.wiretap.find(facility=facility, limit=limit)
    if as_json:
        click.echo(json.dumps([exchanges.as_json(each) for each in found], ensure_ascii=False, indent=2))
        return
    for each in found:
        click.echo(f"{each.exchange.correlation_id}  {exchanges.headline(each)}")
    click.echo(f"{len(found)} exchange(s)")


@wiretap.command("show", epilog="Example: pomost wiretap show 6f1c0d9e-3a52-4c1e-9f57-0d5b6a2f7c11")
@click.argument("conversation")
@click.option("--unmasked", is_flag=True, help="As it was said, where that was kept: engineers only; audited.")
@click.option("--reason", default="", help="Why you look at what is unmasked; kept in the audit. No personal data.")
@json_option
def show(conversation: str, unmasked: bool, reason: str, as_json: bool) -> None:
    """Show every try under a correlation id, or the one try with a message id.

    Both ids stand in errors, in the audit and in `pomost outbox show`. Exit code: 0 shown, 1 nothing was heard
    under this id (or its time is over), or you may not see it.

    \b
    Example: pomost wiretap show 6f1c0d9e-3a52-4c1e-9f57-0d5b6a2f7c11 --unmasked --reason "CeZ ticket 4711"
    """
    if unmasked:
        _show_unmasked(conversation, reason, as_json=as_json)
        return
    from adapter.cli import exchanges

    with _opened() as (doing, _), doing.store.unit_of_work() as work:
        found = work.wiretap.find(conversation=conversation, limit=SHOWN_MAX)
    if not found:
        click.echo("pomost: nothing was heard under this id, or its time is over", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps([exchanges.as_json(each) for each in found], ensure_ascii=False, indent=2))
        return
    for number, each in enumerate(found, 1):
        for line in exchanges.lines(each, number):
            click.echo(line)


def _show_unmasked(conversation: str, reason: str, *, as_json: bool) -> None:
    from adapter.cli import exchanges

    if not reason:
        raise click.UsageError("--unmasked needs --reason")
    with _opened() as (doing, _):
        seen = doing.look(conversation, reason=reason)
    if as_json:
        rows = [
            {**exchanges.as_json(each.stored), "clear_request": _text(each.request), "clear_reply": _text(each.reply)}
            for each in seen
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for number, each in enumerate(seen, 1):
        if each.request is None:
            click.echo("(kept masked only)")
        for line in exchanges.lines(each.stored, number, _text(each.request), _text(each.reply)):
            click.echo(line)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "replace")


@wiretap.command(epilog='Example: pomost wiretap unmask --facility demo --reason "CeZ ticket 4711" --hours 4')
@click.option("--facility", metavar="F", required=True, help="Whose exchanges.")
@click.option("--reason", required=True, help="Why; kept in the audit. No personal data.")
@click.option("--hours", required=True, type=click.IntRange(1), help="For how long, from now.")
def unmask(facility: str, reason: str, hours: int) -> None:
    """Keep what is said from now on unmasked as well, sealed: engineers only, for some hours, audited."""
    with _opened() as (doing, settings):
        _known(settings, facility)
        opening = doing.unmask(facility, reason=reason, hours=hours, hours_max=settings.wiretap_unmask_hours_max)
    click.echo(
        f"the wiretap of {facility} is open until {opening.until:%Y-%m-%d %H:%M} UTC; pomost wiretap off ends it"
    )
    click.echo(f"what it keeps unmasked is erased after {settings.wiretap_unmasked_days} day(s)")


@wiretap.command(epilog="Example: pomost wiretap off --facility demo")
@click.option("--facility", metavar="F", required=True, help="Whose wiretap.")
def off(facility: str) -> None:
    """End unmasking now. What was kept unmasked stays until its time is over."""
    with _opened() as (doing, settings):
        _known(settings, facility)
        ended = doing.mask_again(facility)
    click.echo(f"the wiretap of {facility} {'is masked again' if ended else 'was not open'}")


@wiretap.command(epilog="Example: pomost wiretap status --json")
@json_option
def status(as_json: bool) -> None:
    """Show whose wiretap is open, by whom, why and until when; and how long things are kept."""
    with _opened() as (doing, settings):
        now = doing.clock.now()
        with doing.store.unit_of_work() as work:
            openings = work.wiretap.openings(limit=SHOWN_MAX)
    in_force = [each for each in openings if each.at(now)]
    if as_json:
        days = {"masked_days": settings.wiretap_days, "unmasked_days": settings.wiretap_unmasked_days}
        said = {
            **days,
            "open": [_opening(each) for each in in_force],
            "before": [_opening(each) for each in openings if each not in in_force],
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for each in in_force:
        click.echo(
            f"OPEN    {each.facility}: until {each.until:%Y-%m-%d %H:%M} UTC, by {each.opened_by}: {each.reason}"
        )
    if not in_force:
        click.echo("masked  everywhere")
    click.echo(f"kept {settings.wiretap_days} day(s), unmasked {settings.wiretap_unmasked_days} day(s)")


def _opening(opening: Opening) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in asdict(opening).items()}
