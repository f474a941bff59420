"""Commands that look at contracts and code tables look at the site's, wherever its settings name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter import resources
from adapter.cli.main import main

EXPORT = str(resources.fixtures() / "fhir" / "clinic.json")
WSDL = str(resources.wsdl())
COMMANDS = [
    ("wsdl", "contract check"),
    ("wsdl", "contract list"),
    ("mappings", "contract check"),
    ("mappings", "contract list --fields"),
    ("mappings", f"contract diff {WSDL} {WSDL}"),
    ("mappings", "mappings check"),
    ("mappings", f"fhir check {EXPORT}"),
    ("mappings", "fhir profile --out profile"),
    ("mappings", f"rules check {EXPORT}"),
]


def run(command: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    return int(ended.value.code or 0)


@pytest.mark.parametrize("variable", [False, True], ids=["pomost.toml", "environment"])
@pytest.mark.parametrize(("folder", "command"), COMMANDS)
def test_the_sites_own_folder_is_looked_at(
    folder: str, command: str, variable: bool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    if variable:
        monkeypatch.setenv(f"POMOST_{folder.upper()}", "elsewhere")
    else:
        (tmp_path / "pomost.toml").write_text(f'{folder} = "elsewhere"\n', encoding="utf-8")
    assert run(command) == 3
    assert f"the {folder} folder elsewhere does not exist" in capsys.readouterr().err


def test_a_folder_that_is_asked_for_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pomost.toml").write_text('mappings = "elsewhere"\nwsdl = "elsewhere"\n', encoding="utf-8")
    assert run(f"mappings check --folder {resources.mappings()}") == 0
    assert run(f"contract list --wsdl {WSDL} --mappings {resources.mappings()}") == 0
