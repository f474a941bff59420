"""``pomost doctor``: everything an installation needs, one line each, with what to do about it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

MARK = {"ok": "ok     ", "warning": "warning", "bad": "BAD    "}


@click.command(epilog="Example: pomost doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print a list of findings.")
@click.option("--offline", is_flag=True, help="Do not call the authorities or the EHRs.")
def doctor(as_json: bool, offline: bool) -> None:
    """Check database, migrations, audit chain, mappings, contracts, certificates, clocks and reachability.

    Exit code: 0 nothing is bad, 3 something is not configured right, 4 somebody is out of reach.
    """
    from adapter.bootstrap.examination import examine

    findings = list(examine(offline=offline))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            line = f"{MARK[finding.state]} {finding.subject}: {finding.text}"
            click.echo(line + (f"; {finding.advice}" if finding.advice else ""))
    bad = [finding for finding in findings if finding.state == "bad"]
    sys.exit(0 if not bad else 4 if all(finding.unreachable for finding in bad) else 3)
