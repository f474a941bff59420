"""``pomost simulate``: CeR and P1 to practise on, until Ctrl-C."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapter.simulator.app import Urls

STEP_SECONDS = 3600.0


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as wrong:
        raise click.BadParameter("give an instant such as 2026-12-01T08:00:00+01:00") from wrong
    if instant.tzinfo is None:
        raise click.BadParameter("give the time zone too, such as +01:00 or Z")
    return instant


def _print_addresses(urls: Urls, token: str, as_json: bool) -> None:
    import json

    if as_json:
        click.echo(json.dumps({"cer": urls.cer, "p1": urls.p1, "admin": urls.admin, "token": token}))
    else:
        click.echo(f"CeR    {urls.cer}\nP1     {urls.p1}\nadmin  {urls.admin}  token {token}\nCtrl-C stops it.")


def _print_sentinels(as_json: bool) -> None:
    import json

    from adapter.simulator.sentinels import HEADINGS, SENTINELS, table

    if as_json:
        click.echo(json.dumps([each.said() for each in SENTINELS], ensure_ascii=False, indent=2))
        return
    rows = [HEADINGS, *table()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of CeR and P1.")
@click.option("--cer-port", default=8443, show_default=True, help="Port of CeR; 0 takes a free one.")
@click.option("--p1-port", default=8444, show_default=True, help="Port of P1; 0 takes a free one.")
@click.option("--admin-port", default=8445, show_default=True, help="Port of the admin API, on 127.0.0.1 only.")
@click.option("--admin-token", envvar="POMOST_SIMULATOR_TOKEN", help="Token of the admin API; made up when absent.")
@click.option(
    "--certificates",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("certificates"),
    show_default=True,
    help="Folder of `pomost certificates make-test`; made when it is not there.",
)
@click.option(
    "--seed", type=click.Path(dir_okay=False, path_type=Path), help="World to start from (JSON); else the one shipped."
)
@click.option(
    "--contract",
    default="first",
    show_default=True,
    metavar="NAME_OR_FOLDER",
    help="Contract to speak: `first`, `second`, or a folder with cer/ or p1/ in it.",
)
@click.option("--sentinels", is_flag=True, help="Print the values that make it misbehave on purpose, and end.")
@click.option("--clock", callback=_instant, metavar="ISO", help="Hold the calendar's time at this instant.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses and token as one JSON object.")
def simulate(
    *,
    host: str,
    cer_port: int,
    p1_port: int,
    admin_port: int,
    admin_token: str | None,
    certificates: Path,
    seed: Path | None,
    contract: str,
    sentinels: bool,
    clock: datetime | None,
    as_json: bool,
) -> None:
    """Run CeR and P1 to practise on: mutual TLS, signed messages, state in memory, troubles on request.

    The contract decides names, nesting, codes, paging and the version of SOAP; what CeR and P1 know and allow stays
    the same.

    Example: pomost simulate --certificates certificates --cer-port 8443 --p1-port 8444 --admin-port 8445

    Example: pomost simulate --contract second
    """
    if sentinels:
        _print_sentinels(as_json)
        return
    import secrets
    import signal
    import threading

    from adapter.simulator.app import Simulator, SimulatorConfig
    from adapter.simulator.certificates import make_test_certificates
    from adapter.simulator.clock import machine_time

    if not certificates.exists():
        hosts = tuple(dict.fromkeys(("localhost", "127.0.0.1", host)))
        make_test_certificates(certificates, now=machine_time(), hosts=hosts)
        click.echo(f"made test certificates in {certificates}", err=True)
    token = admin_token or secrets.token_urlsafe(24)
    config = SimulatorConfig(
        certificates=certificates,
        host=host,
        cer_port=cer_port,
        p1_port=p1_port,
        admin_port=admin_port,
        admin_token=token,
        seed=seed,
        contract=contract,
        held_at=clock,
    )
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with Simulator(config) as simulator:
        _print_addresses(simulator.urls, token, as_json)
        while not stopped.wait(STEP_SECONDS):
            pass
