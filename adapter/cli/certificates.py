"""``pomost certificates``: make test certificates; say what the real ones are for and how long they last."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.group()
def certificates() -> None:
    """Make test certificates; show days left.

    Example: pomost certificates check
    """


@certificates.command("make-test")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", "hosts", multiple=True, help="Name or address of the server; may be repeated.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long they are valid.")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with the paths.")
def make_test(folder: Path, hosts: tuple[str, ...], days: int, force: bool, as_json: bool) -> None:
    """Write a test CA and the certificates of both sides into FOLDER, for the simulator and for trials.

    They protect nothing: every .p12 opens with the password "pomost-test". Exit code: 0 done, 2 the
    folder is not empty (--force writes all the same), 3 it cannot be written.

    \b
    Example: pomost certificates make-test ./test-certificates --host localhost --host 127.0.0.1
    """
    from adapter.clock import SystemClock
    from adapter.errors import Misconfigured
    from adapter.simulator.certificates import make_test_certificates

    try:
        if folder.is_dir() and any(folder.iterdir()) and not force:
            raise click.UsageError(f"{folder} is not empty; name another folder, or say --force")
        made = make_test_certificates(
            folder, now=SystemClock().now(), hosts=hosts or ("localhost", "127.0.0.1"), days=days
        )
    except OSError as error:
        raise Misconfigured(f"cannot write to {folder}: {error.strerror}", setting=str(folder)) from error
    identities = {
        "the simulator's TLS server": made.server_tls,
        "the facility's TLS client": made.client_tls,
        "the facility's signatures": made.client_wss,
        "CeR's signatures": made.cer_wss,
        "P1's signatures": made.p1_wss,
    }
    if as_json:
        rows = {
            purpose: {
                "certificate": str(each.certificate),
                "key": str(each.key),
                "p12": str(each.p12),
                "subject": each.subject,
            }
            for purpose, each in identities.items()
        }
        found = {"ca": str(made.ca), "crl": str(made.crl), "password": made.password, "identities": rows}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"{made.ca}: the test authority (its revocation list: {made.crl.name})")
    for purpose, each in identities.items():
        click.echo(f"{each.p12}: {purpose}; also {each.certificate.name} and {each.key.name}")
    click.echo(f'Every .p12 opens with the password "{made.password}". For practice only.')


@certificates.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list with one object for each certificate.")
def check(as_json: bool) -> None:
    """Say what each configured certificate is for and how many days it has left.

    Exit code: 0 all are good, 1 something expires within 30 days, 3 a file is unreadable or nothing is configured.

    \b
    Example: pomost certificates check --json
    """
    from adapter.bootstrap.national import endpoint_config
    from adapter.clock import SystemClock
    from adapter.errors import Misconfigured
    from adapter.settings import load_settings
    from adapter.soap.certificate_report import certificate_report, exit_code

    endpoints = [
        (f"{facility}/{channel}", endpoint_config(channel, settings))
        for facility, configured in load_settings().facilities.items()
        for channel, settings in (("cer", configured.cer), ("p1", configured.p1))
    ]
    if not endpoints:
        raise Misconfigured("no facility is configured, so there are no certificates", setting="facilities")
    lines = certificate_report(endpoints, now=SystemClock().now())
    if as_json:
        click.echo(json.dumps([line.as_json() for line in lines], ensure_ascii=False, indent=2))
    else:
        for line in lines:
            left = line.problem or (
                f"{line.days_left} days left ({line.valid_until[:10]})" if line.valid_until else "no date"
            )
            mark = "BAD    " if line.problem else "warning" if line.expires_soon else "ok     "
            click.echo(f"{mark} {line.owner} {line.kind}: {left}; {line.purpose}; {line.file}")
    sys.exit(exit_code(lines))
