"""The command ``pomost``: finds the command asked for, runs it, turns errors into exit codes.

Exit codes: 0 ok, 1 findings or refusal, 2 wrong use, 3 not configured, 4 the other side is unavailable.
Commands are imported only when asked for, so that ``pomost --help`` is quick.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from adapter import __version__
from adapter.errors import AdapterError

COMMANDS: dict[str, tuple[str, str]] = {
    "certificates": ("adapter.cli.certificates:certificates", "Make test certificates; show days left."),
    "contract": ("adapter.cli.contract:contract", "Check and list the national contracts and their bindings."),
    "database": ("adapter.cli.database:database", "Upgrade the database or show its state."),
    "deliver": ("adapter.cli.operate:deliver", "Deliver what waits in the outbox, now."),
    "demo": ("adapter.cli.demo.command:demo", "Play the whole story on the simulator, then exit."),
    "discrepancies": ("adapter.cli.discrepancies:discrepancies", "List, show and resolve discrepancies."),
    "doctor": ("adapter.cli.doctor:doctor", "Check everything this installation needs."),
    "fhir": ("adapter.cli.fhir:fhir", "Check FHIR files against the profile."),
    "inbox": ("adapter.cli.inspect:inbox", "List, show and replay what came from the EHR."),
    "list": ("adapter.cli.lists:list_", "The register: waiting lists, history, certificates, export."),
    "mappings": ("adapter.cli.mappings:mappings", "Check the code tables."),
    "notices": ("adapter.cli.notices:notices", "What patients are to be told: letters, sent, answered."),
    "outbox": ("adapter.cli.inspect:outbox", "List, show, retry and drop national writes."),
    "pull": ("adapter.cli.operate:pull", "Fetch what patients did in CeR, now."),
    "reconcile": ("adapter.cli.reconcile:reconcile", "Compare both calendars and name every difference."),
    "referrals": ("adapter.cli.referrals:referrals", "E-referrals in P1: look, search, refuse, issue."),
    "report": ("adapter.cli.report:report", "Write the discrepancy package for CeZ."),
    "rules": ("adapter.cli.rules:rules", "Rules of the waiting lists: list them, ask them about a file."),
    "serve": ("adapter.cli.serve:serve", "Run web and worker in one process."),
    "settle": ("adapter.cli.operate:settle", "Ask about messages whose answer was lost, now."),
    "simulate": ("adapter.cli.simulate:simulate", "Run CeR and P1 to practise on."),
    "sync": ("adapter.cli.operate:sync", "Take changes from the EHR, deliver them, bring back what patients did."),
    "tasks": ("adapter.cli.tasks:tasks", "What the rules ask of people; the day's work on the register."),
    "wiretap": ("adapter.cli.wiretap:wiretap", "What was said to CeR and P1 and answered, masked."),
    "work": ("adapter.cli.serve:work", "Run a worker only."),
}
"""Command -> where it lives, one line of help."""


class LateGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{module}:{name} is no command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and help without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="pomost")
def cli() -> None:
    """Keep a hospital's FHIR calendar, CeR and P1 in agreement.

    Example: pomost demo
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script."""
    try:
        given = list(arguments) if arguments is not None else None
        result = cli.main(args=given, prog_name="pomost", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Abort:
        click.echo("pomost: stopped", err=True)
        sys.exit(1)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except AdapterError as error:
        click.echo(f"pomost: {error.text} [{error.code}]", err=True)
        sys.exit(error.exit_code)
