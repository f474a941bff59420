"""The command ``pomost demo``."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(epilog="Example: pomost demo --json")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-output"),
    show_default=True,
    help="Where the EHR's folder, the test certificates and the package for CeZ go.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object in place of the story.")
def demo(out: Path, as_json: bool) -> None:
    """Play the whole story of an invented cardiology clinic on the simulator, then exit.

    Needs nothing else: the store and both national systems are started for it and are gone afterwards.
    """
    from adapter.cli.demo.figures import figures
    from adapter.cli.demo.stage import open_stage
    from adapter.cli.demo.story import Story

    with open_stage(out) as stage:
        story = Story(stage, (lambda _: None) if as_json else click.echo)
        story.play()
        result = figures(stage, str(story.report))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    click.echo("")
    click.echo(
        f"Terms published {result['published']}, visits saved {result['visits']['saved']}, "
        f"brought from CeR {result['visits']['pulled']}, lost {result['lost']}, saved twice {result['duplicates']}."
    )
    register = result["register"]
    click.echo(
        f"In the register: {register['entries']} entries, {register['removed']} of them removed; "
        f"{register['tasks']} tasks for people (pomost tasks)."
    )
    click.echo("Try: pomost demo --json; pomost simulate --help; the table in README.md says what to read.")
