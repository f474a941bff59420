"""The floors hold, and each contract in setup.cfg was seen to fail when somebody breaks it."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house.tree import PACKAGE, TOP

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"

# contract         file to touch                  what is written there              why it must fail
BREAKS = [
    ("floors", "services/breaks.py", "import adapter.store", "a use case knows an edge"),
    ("floors", "soap/breaks.py", "import adapter.hospital", "an edge knows its neighbour"),
    ("floors", "lost.py", "X = 1", "a module has no floor"),
    ("pure-domain", "domain/breaks.py", "import lxml", "the domain does I/O"),
    ("judge", "simulator/breaks.py", "import adapter.mapping", "the judge shares code with the judged"),
    ("no-faces", "services/breaks.py", "import flask", "a use case knows who asks"),
]


def contracts() -> dict[str, str]:
    """Contract id -> its name."""
    config = configparser.ConfigParser()
    config.read(TOP / "setup.cfg", encoding="utf-8")
    prefix = "importlinter:contract:"
    return {part.removeprefix(prefix): config[part]["name"] for part in config.sections() if part.startswith(prefix)}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package that stands in ``folder``."""
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its contracts, to be broken."""
    folder = tmp_path_factory.mktemp("floors")
    shutil.copytree(PACKAGE, folder / "adapter", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "setup.cfg", folder)
    return folder


def test_every_contract_is_kept() -> None:
    result = lint(TOP)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr


def test_every_contract_has_a_case_that_breaks_it() -> None:
    assert {contract for contract, *_ in BREAKS} == set(contracts())


@pytest.mark.parametrize(("contract", "place", "line", "why"), [pytest.param(*case, id=case[3]) for case in BREAKS])
def test_a_broken_contract_fails(copied: Path, contract: str, place: str, line: str, why: str) -> None:
    offender = copied / "adapter" / place
    offender.write_text(f'"""Offends."""\n\n{line}\n')
    try:
        result = lint(copied)
    finally:
        offender.unlink()
    assert result.returncode == 1, f"{why}: {result.stdout}{result.stderr}"
    assert f"{contracts()[contract]} BROKEN" in result.stdout, result.stdout
    assert f"adapter.{place.removesuffix('.py').replace('/', '.')}" in result.stdout, result.stdout
