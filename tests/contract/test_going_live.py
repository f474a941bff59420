"""docs/operations/going-live.md, done by hand and word by word, with the second contract as the official package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.second_contract import assemble

from adapter.soap.findings import ADVICE
from adapter.soap.rows import COLUMNS, MARKS, OPTIONAL_COLUMNS, TYPES, load_rows
from adapter.soap.verbs import LEGEND

GUIDE = Path(__file__).parents[2] / "docs" / "operations" / "going-live.md"


def steps() -> list[str]:
    """The commands of each part of the guide."""
    return re.findall(r"^```\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def run(commands: str, folder: Path) -> tuple[int, str]:
    """The commands in a shell as an integrator has it; the exit code is that of the first one that fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POMOST_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", commands],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The integrator's folder with the unpacked package in it."""
    wsdl, mappings = assemble(tmp_path / "given")
    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(wsdl, home / "official-package")
    mappings.rename(tmp_path / "edited")
    return home


def test_the_guide_leads_to_a_green_check(folder: Path) -> None:
    place, work_list, look, codes, check, new_version = steps()
    assert run(place, folder) == (0, "")
    code, said = run(work_list, folder)
    assert code == 1
    assert "save_visit: operation zapiszWizyte is gone" in said
    code, said = run(look, folder)
    assert code == 1
    assert "cer.csv, row 12: missing-operation: list_slots" in said
    exports = look.splitlines()[0] + "\n"
    shutil.copytree(folder.parent / "edited", folder / "mappings", dirs_exist_ok=True)
    assert run(exports + codes, folder)[0] == 0
    code, said = run(exports + check, folder)
    assert code == 0, said
    assert "cer: 146 of 146 rows satisfied" in said
    assert re.search(r"^SITE +cer/Terminy\.wsdl", said, re.MULTILINE)
    assert run(exports + new_version, folder) == (0, "p1, cer: 0 to do, 0 to know\n")


def test_every_table_it_names_is_there(folder: Path) -> None:
    named = re.findall(r"`([a-z_]+\.csv)`", GUIDE.read_text("utf-8"))
    known = {path.name for path in (folder.parent / "edited").rglob("*.csv")}
    assert len(named) > 8
    assert set(named) <= known


def test_every_finding_type_and_column_is_explained() -> None:
    guide = re.sub(r"^```\n.*?^```$", "", GUIDE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    explained = set(re.findall(r"`([^`\n]+)`", guide))
    assert explained.issuperset({*ADVICE, *TYPES, *MARKS, *OPTIONAL_COLUMNS})


def test_the_rows_it_shows_are_rows(tmp_path: Path) -> None:
    shown = re.findall(r"^    (\w+,(?:request|reply),.*)$", GUIDE.read_text("utf-8"), re.MULTILINE)
    (tmp_path / "bindings").mkdir()
    header = ",".join((*COLUMNS, *OPTIONAL_COLUMNS))
    (tmp_path / "bindings" / "cer.csv").write_text("\n".join([header, *shown]), "utf-8")
    rows = load_rows(tmp_path, "cer")
    assert len(rows) == len(shown) >= 6
    for row in rows:
        verb = LEGEND["cer"][row.verb]
        assert set(row.fields) <= (verb.sends if row.direction == "request" else verb.reads)
