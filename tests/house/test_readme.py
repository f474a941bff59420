"""The first screen of the README is what a newcomer sees: the demo prints what it shows."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from house.tree import text

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FIRST_SCREEN_LINES = 50
STORY_LINES_MAX = 30


def undated(said: str) -> list[str]:
    """Lines with the days taken out: the demo plays today."""
    return [DAY.sub("DAY", line).rstrip() for line in said.splitlines()]


def shown_after(command: str) -> list[str]:
    """What the README shows after a command."""
    block = text("README.md").partition(f"\n{command} ")[2].partition("```\n\n```\n")[2].partition("\n```")[0]
    return [line for line in undated(block) if line not in {"", "..."}]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What ``pomost demo`` prints."""
    done = subprocess.run(
        [sys.executable, "-c", "from adapter.cli.main import main; main(['demo'])"],
        cwd=tmp_path_factory.mktemp("demo"),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return undated(done.stdout)


def test_the_demo_prints_what_the_readme_shows(story: list[str]) -> None:
    shown = shown_after("make demo")
    assert len(shown) > 8
    assert not [line for line in shown if line not in story]


def test_the_story_is_short(story: list[str]) -> None:
    assert len(story) <= STORY_LINES_MAX


def test_the_demo_leaves_its_report_where_it_says(story: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    said = re.search(r"demo-output/(cez-DAY-\w+)", "\n".join(story))
    assert said is not None
    folders = [path.name for path in tmp_path_factory.getbasetemp().glob("demo*/demo-output/*") if path.is_dir()]
    assert said[1] in {DAY.sub("DAY", folder) for folder in folders}


def test_the_first_screen_says_it_all() -> None:
    """One sentence, one paragraph, two commands and what they print."""
    lines = text("README.md").splitlines()[:FIRST_SCREEN_LINES]
    title, sentence, paragraph, *_ = [block for block in re.split(r"\n\s*\n", "\n".join(lines)) if block.strip()]
    assert title == "# Pomost"
    assert sentence.count(".") == 1
    assert sentence.endswith(".")
    assert len(paragraph.split()) < 120
    assert any(line.startswith("make demo ") for line in lines)
    assert any(line.startswith("make test ") for line in lines)
    assert re.search(r"\d+ passed", "\n".join(lines))
