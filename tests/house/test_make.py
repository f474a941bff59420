"""The Makefile, the Procfile, the pinned versions and CI agree with the rest of the house."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from house.tree import TOP, text
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from adapter.cli.main import COMMANDS

TARGETS = ("demo", "serve", "test", "check", "bench")


def requirements() -> list[Requirement]:
    """Everything that setup.cfg asks for, extras included."""
    config = configparser.ConfigParser()
    config.read(TOP / "setup.cfg", encoding="utf-8")
    blocks = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return [Requirement(line) for block in blocks for line in block.split("\n") if line.strip()]


def pins() -> dict[str, str]:
    """Package -> pinned version."""
    lines = [line for line in text("constraints.txt").splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def test_every_requirement_is_pinned_within_its_bounds() -> None:
    pinned = pins()
    wrong = [
        str(asked)
        for asked in requirements()
        if (version := pinned.get(canonicalize_name(asked.name))) is None or not asked.specifier.contains(version)
    ]
    assert not wrong


def test_every_pin_is_exact() -> None:
    assert all(re.fullmatch(r"[0-9][\w.]*", version) for version in pins().values())


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_prepares_the_venv_first(target: str) -> None:
    """`make demo` on a fresh machine is the only command."""
    rule = re.search(rf"^{target}: (venv-\w+)$", text("Makefile"), re.MULTILINE)
    assert rule is not None
    assert re.search(rf"^{rule[1]}:\n\t@\$\(call prepare,", text("Makefile"), re.MULTILINE)


def make(folder: Path, path: str, target: str = "demo") -> subprocess.CompletedProcess[str]:
    """Run make in ``folder`` with only the programs of ``path``."""
    program = shutil.which("make")
    assert program, "make is what the README asks for"
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON", "ARGS", "ONLY"))
    }
    return subprocess.run(
        [program, target],
        cwd=folder,
        env={**env, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout's Makefile and a machine with no Python at all: ``bin`` holds what a shell needs."""
    for name in ("Makefile", "setup.cfg", "setup.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(TOP / name, tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "cat", "cksum", "grep", "rm"):
        (programs / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def test_without_python_make_says_what_to_install(bare: Path) -> None:
    done = make(bare, str(bare / "bin"))
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert not done.stdout


def test_without_the_venv_module_make_says_what_to_install(bare: Path) -> None:
    """Debian keeps ensurepip in a package of its own."""
    python = bare / "bin" / "python3.11"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n')
    python.chmod(0o755)
    done = make(bare, str(bare / "bin"))
    assert done.returncode != 0
    assert "apt-get install python3-venv" in done.stderr
    assert not (bare / ".venv").exists()


def test_a_venv_from_another_place_is_made_again(bare: Path) -> None:
    """A moved checkout: the scripts in .venv/bin name a folder that is gone."""
    for name in (".venv/bin/python", "bin/python3.11"):
        (bare / name).parent.mkdir(parents=True, exist_ok=True)
        (bare / name).write_text('#!/bin/sh\n[ "$2" = venv ] && echo "made $3" >&2 && exit 1\nexit 0\n')
        (bare / name).chmod(0o755)
    (bare / ".venv/bin/pip").write_text("#!/somewhere/else/.venv/bin/python\n")
    done = make(bare, str(bare / "bin"))
    assert "made .venv" in done.stderr
    assert not (bare / ".venv/bin/pip").exists()


def test_a_ready_venv_of_this_place_is_kept(bare: Path) -> None:
    for name in ("python", "pomost"):
        (bare / ".venv/bin").mkdir(parents=True, exist_ok=True)
        (bare / ".venv/bin" / name).write_text(f'#!/bin/sh\n[ "${{0##*/}}" = pomost ] && echo "story $*"\n: {name}\n')
        (bare / ".venv/bin" / name).chmod(0o755)
    (bare / ".venv/bin/pip").write_text(f"#!{bare}/.venv/bin/python\n")
    done = make(bare, str(bare / "bin"))
    assert done.stdout == "story demo\n", done.stderr


def test_the_procfile_runs_commands_that_exist() -> None:
    processes = dict(line.split(": ", 1) for line in text("Procfile").splitlines())
    assert set(processes) == {"release", "web", "worker"}
    for line in processes.values():
        program, command, *_ = shlex.split(line)
        assert program == "pomost"
        assert command in COMMANDS


def test_ci_runs_what_the_readme_says_and_skips_nothing() -> None:
    script = text(".ci/run")
    assert "set -euo pipefail" in script
    assert "export POMOST_INTEROP_REQUIRED=1" in script
    assert script.index("POMOST_INTEROP_REQUIRED=1") < script.index("\nmake test\n") < script.index("\nmake check\n")
    assert os.access(TOP / ".ci" / "run", os.X_OK)


def test_make_check_is_strict() -> None:
    rule = text("Makefile").partition("\ncheck:")[2].partition("\n\n")[0]
    assert all(words in rule for words in ("ruff check", "ruff format --check", "mypy --strict", "lint-imports"))


def test_ci_installs_what_the_interop_tests_ask_for() -> None:
    """A peer that CI does not install would fail the run on a new machine only."""
    script = text(".ci/run")
    asked = re.search(r'PACKAGES = "([^"]+)"', text("tests/interop/test_wss4j.py"))
    package = re.search(r'PACKAGE = "([^"]+)"', text("tests/interop/test_node_soap.py"))
    version = re.search(r'SEKMET_VERSION = "([^"]+)"', text("tests/interop/conftest.py"))
    assert asked
    assert package
    assert version
    wanted = [*asked[1].split(), package[1], f"sekmet-fhir=={version[1]}"]
    assert not [word for word in wanted if word not in script]
