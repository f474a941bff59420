"""The wheel works where there is no checkout: its data folders, its migrations, its command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from house.tree import PACKAGE, TOP, files

DATA_FOLDERS = ("mappings", "wsdl", "fixtures")
BUILD_FILES = ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE")


def run(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What a command prints; it fails the test with what it said when it fails."""
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout gets no build folder."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in files():
        relative = path.relative_to(TOP)
        if relative.parts[0] in {"adapter", *DATA_FOLDERS, *BUILD_FILES}:
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / relative)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--no-input")
    run(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder / "out"), ".", cwd=folder)
    (built,) = (folder / "out").glob("pomost-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean venv with the wheel in it; what the wheel depends on is lent by the running one."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(venv), cwd=TOP)
    python = str(venv / "bin" / "python")
    quiet = ("--disable-pip-version-check", "--no-deps", "--no-index")
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", *quiet, str(wheel), cwd=venv)
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=venv).strip()
    (Path(packages) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv


def clean() -> dict[str, str]:
    """The environment without anything that would lead back to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "POMOST"))}


def test_the_wheel_carries_every_file_that_is_not_python(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    wanted = set()
    for path in files():
        relative = path.relative_to(TOP)
        if relative.parts[0] in DATA_FOLDERS:
            wanted.add(f"adapter/_data/{relative.as_posix()}")
        if path.is_relative_to(PACKAGE):
            wanted.add(relative.as_posix())
    assert not wanted - carried


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    tops = {entry.split("/")[0] for entry in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"adapter"}


def test_an_installed_wheel_finds_its_data_and_runs(installed: Path, tmp_path: Path) -> None:
    ask = "from adapter import resources as r; print(r.mappings(), r.wsdl(), r.fixtures(), sep='\\n')"
    found = run(str(installed / "bin" / "python"), "-c", ask, cwd=tmp_path, env=clean()).split()
    assert [Path(folder).name for folder in found] == list(DATA_FOLDERS)
    assert all(Path(folder).is_relative_to(installed) and any(Path(folder).iterdir()) for folder in found)
    assert "pomost demo" in run(str(installed / "bin" / "pomost"), "--help", cwd=tmp_path, env=clean())
