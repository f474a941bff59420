"""The first hour of ``docs/operations/simulator.md``, as it is written: its settings, commands and promises."""

from __future__ import annotations

import json
import logging
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clinic_site import KEYS
from installation import Installation, Ran, bare_environment
from store_fixtures import HeldClock

from adapter import resources
from adapter.cli.person import account
from adapter.clock import SystemClock
from adapter.simulator.app import Simulator
from adapter.simulator.certificates import TestCertificates
from adapter.simulator.contracts import FIRST

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "simulator.md"
THAT_DAY = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Europe/Warsaw"))
"""A day on which the terms of the example lie ahead."""


def section() -> str:
    """The page's section."""
    return PAGE.read_text("utf-8").partition("## A first hour")[2].partition("\n## ")[0]


def commands() -> list[list[str]]:
    """Its lines that call the program, but for the simulator, which runs already."""
    lines = re.findall(r"^pomost (.+)$", section(), re.MULTILINE)
    return [shlex.split(line) for line in lines if line != "simulate"]


@pytest.fixture
def practice(
    held_clock: HeldClock,
    held_simulator_of: Callable[[str], Simulator],
    long_certificates: TestCertificates,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Installation]:
    """The folder as the page says, with the addresses of a simulator that runs; on a day of the example."""
    simulator = held_simulator_of(FIRST)
    held_clock.sleep((THAT_DAY - held_clock.now()).total_seconds())
    simulator.admin.reset()
    monkeypatch.setattr(SystemClock, "now", lambda _: held_clock.now())
    (said,) = re.findall(r"```toml\n(.*?)```", section(), re.DOTALL)
    for written, real in (
        ("https://127.0.0.1:8443/services/CentralnaERejestracja", simulator.urls.cer),
        ("https://127.0.0.1:8444/services/ObslugaSkierowaniaWS", simulator.urls.p1),
        ("YOUR_ACCOUNT", account()),
    ):
        assert written in said
        said = said.replace(written, real)
    (tmp_path / "pomost.toml").write_text(said, "utf-8")
    shutil.copytree(long_certificates.folder, tmp_path / "certificates")
    (tmp_path / "exports").mkdir()
    shutil.copy(resources.fixtures() / "fhir" / "register.json", tmp_path / "exports")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Installation(
        folder=tmp_path,
        config={},
        environment=bare_environment(DATABASE_URL=database_url, POMOST_SEALING_KEYS=KEYS),
        simulator=simulator,
        clinic=None,  # type: ignore[arg-type]  # the export is the published one
        database_url=database_url,
        _captured=lambda: tuple(capsys.readouterr()),  # type: ignore[arg-type,return-value]
        _monkeypatch=monkeypatch,
    )
    root.handlers[:] = handlers
    root.setLevel(level)


def answered(practice: Installation, *arguments: str) -> Any:
    """What a command says to a program."""
    return json.loads(practice.call(*arguments, "--json").out)


def test_the_published_register_is_accepted_command_by_command(practice: Installation) -> None:
    said: dict[str, Ran] = {}
    assert len(commands()) == 16
    for written in commands():
        number = str(answered(practice, "notices", "list")[0]["id"]) if "N" in written else ""
        command = [number if word == "N" else word for word in written]
        done = practice.call(*command)
        name = " ".join(word for word in command[:3] if not word.startswith("-"))
        assert done.code == (1 if command[0] == "sync" else 0), (command, done.out, done.err)
        said[name + (" dry" if "--dry-run" in command else "")] = done
    assert "bad" not in said["doctor"].out.lower()
    assert "40 accepted, 0 refused" in said["fhir check exports"].out
    for one in ("sync", "sync dry"):
        assert "D-02" in said[one].out
        assert "refused by rules 1" in said[one].out or "refuse 1, quarantine 0" in said[one].out
    assert "in doubt 0, still waiting 0" in said["sync"].out
    messages = answered(practice, "outbox", "list")
    assert {one["state"] for one in messages} == {"delivered"}
    done_in_p1 = [one["action"] for one in messages if one["destination"] == "p1"]
    assert (done_in_p1.count("accept-referral"), done_in_p1.count("finish-referral")) == (9, 2)
    assert len((practice.folder / "inspection").glob("*/entries.csv").__next__().read_text("utf-8").splitlines()) == 14
    assert list((practice.folder / "letters").glob("later-*.pdf"))
