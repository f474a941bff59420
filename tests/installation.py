"""An installation as an operator has it: a ``pomost.toml``, an environment, and the program ``pomost``.

``installation`` has one facility (``demo``), whose EHR is a folder, on the running simulator and a clean
database. Commands run as real processes (``run``, ``start``) or in this one (``call``), which is quicker.
Used by ``tests/integration/cli``, ``tests/integration/worker`` and ``tests/interop``.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from clinic_site import KEYS

from adapter import resources
from adapter.cli.demo.clinic import Clinic
from adapter.cli.demo.stage import FACILITY, demo_settings
from adapter.cli.main import main
from adapter.clock import SystemClock
from adapter.domain.moments import warsaw_day
from adapter.settings import Settings
from adapter.simulator.app import Simulator
from adapter.simulator.certificates import TestCertificates

PROGRAM = Path(sys.executable).with_name("pomost")
"""The console script of the environment that runs the tests."""
RUN_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 20
PERSONAL = re.compile(r"(?<![\w.-])\d{11}(?![\w-])|\d{44}")
"""A PESEL or a referral key: never in what the program says."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(slots=True)
class Installation:
    """``config`` is what ``pomost.toml`` says; change it and call :meth:`configure`."""

    folder: Path
    config: dict[str, Any]
    environment: dict[str, str]
    simulator: Simulator
    clinic: Clinic
    database_url: str
    exports: int = 0
    _captured: Callable[[], tuple[str, str]] = field(default=lambda: ("", ""), repr=False)
    _monkeypatch: pytest.MonkeyPatch | None = field(default=None, repr=False)

    @property
    def admin(self) -> Any:
        """The simulator's."""
        return self.simulator.admin

    @property
    def facility(self) -> dict[str, Any]:
        """The one facility of the configuration."""
        return dict(self.config["facilities"])[FACILITY]

    def configure(self) -> None:
        """Write ``pomost.toml``."""
        (self.folder / "pomost.toml").write_text(toml(self.config), encoding="utf-8")

    def run(self, *arguments: str, **more: str) -> Ran:
        """The program as a process of its own."""
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            env=self.environment | more,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
        return spoken(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def start(self, *arguments: str, **more: str) -> Iterator[Service]:
        """The program as a service; killed at the end of the block if it still runs."""
        log = self.folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(PROGRAM), *arguments], env=self.environment | more, cwd=self.folder, stdout=out, stderr=out
            )
        try:
            yield Service(process, log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=10)

    def call(self, *arguments: str) -> Ran:
        """The same command in this process."""
        assert self._monkeypatch is not None
        with self._monkeypatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            for name in set(os.environ) - set(self.environment):
                patch.delenv(name)
            patch.chdir(self.folder)
            self._captured()
            with pytest.raises(SystemExit) as ended:
                main(list(arguments))
            out, err = self._captured()
        code = ended.value.code
        return spoken(code if isinstance(code, int) else 1, out, err)

    def export(self, *given: dict[str, Any]) -> None:
        """The EHR writes new versions into its folder."""
        self.exports += 1
        self.clinic.export(f"{self.exports:04d}", list(given), SystemClock().now())

    def open_day(self, *doctors: str, day: int = 3) -> None:
        """Schedules and a working day's free slots; Dr Lis unless told."""
        slots = (self.clinic.slot(doctor, day, number) for doctor in doctors or ("dr-lis",) for number in range(8))
        self.export(*self.clinic.schedules(), *slots)

    def booking(self, visit: str, person: int, number: int, day: int = 3) -> list[dict[str, Any]]:
        """A patient with referral on Dr Lis's slot."""
        place = ("dr-lis", day, number)
        return [
            self.clinic.patient(person),
            self.clinic.referral(person),
            self.clinic.appointment(visit, person, SystemClock().now(), place=place),
        ]

    def person(self, number: int) -> dict[str, Any]:
        """How the simulator's patients are named."""
        return {"pesel": self.clinic.world["people"][number]["pesel"]}

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.database_url, autocommit=True) as session:
            done = session.execute(statement.encode())
            return done.fetchall() if done.description is not None else []

    def row_counts(self) -> dict[str, int]:
        """Rows of every table."""
        tables = [row[0] for row in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {table: int(self.rows(f'SELECT count(*) FROM "{table}"')[0][0]) for table in sorted(tables)}


@dataclass(slots=True)
class Service:
    """A running program; its standard output and error go to ``log``."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until it says this."""
        ends = time.monotonic() + ANSWER_SECONDS_MAX
        while time.monotonic() < ends:
            if (found := re.search(pattern, self.said)) is not None:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        pytest.fail(f"never said {pattern}; ended {self.process.poll()}; said: {self.said[-3000:]}")

    def ends(self, signal_number: int, seconds: float) -> int:
        """Send a signal; the exit code, which must come within so many seconds."""
        self.process.send_signal(signal_number)
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still runs {seconds} s after signal {signal_number}; said: {self.said[-3000:]}")


def spoken(code: int, out: str, err: str) -> Ran:
    """What a command said; it never tells of people and never shows a traceback."""
    said = out + err
    assert not PERSONAL.search(said), said
    assert "Traceback" not in said, said
    return Ran(code, out, err)


def eventually(check: Callable[[], object], seconds: float = ANSWER_SECONDS_MAX) -> None:
    """Wait until ``check`` says something true."""
    ends = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.05)


def plain(settings: Settings) -> dict[str, Any]:
    """The settings of one installation as ``pomost.toml`` says them."""
    kept = {
        "mappings",
        "log_level",
        "ask_after_seconds",
        "retry_first_seconds",
        "retry_most_seconds",
        "rest_most_seconds",
        "facilities",
    }

    def value(given: Any) -> Any:
        if isinstance(given, Mapping):
            return {name: value(one) for name, one in given.items() if one is not None}
        if isinstance(given, list | tuple):
            return [value(one) for one in given]
        if isinstance(given, Path):
            return str(given)
        return given.get_secret_value() if hasattr(given, "get_secret_value") else given

    return dict(value(settings.model_dump(include=kept)))


def toml(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """A nested table as TOML; a JSON string, number or list is one in TOML too."""
    own = {name: one for name, one in table.items() if not isinstance(one, Mapping)}
    text = (f"[{'.'.join(path)}]\n" if path else "") + "".join(
        f"{name} = {json.dumps(one, ensure_ascii=False)}\n" for name, one in own.items()
    )
    return text + "".join(toml(one, (*path, name)) for name, one in table.items() if isinstance(one, Mapping))


def bare_environment(**more: str) -> dict[str, str]:
    """This environment without anything that configures Pomost."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POMOST_", "DATABASE_URL"))}
    return kept | more


@pytest.fixture
def installation(
    running_simulator: Simulator,
    certificates: TestCertificates,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Installation]:
    """See the module. Logging is as before afterwards."""
    running_simulator.admin.reset()
    (tmp_path / "ehr").mkdir()
    for name in [name for name in os.environ if name.startswith(("POMOST_", "DATABASE_URL"))]:
        monkeypatch.delenv(name)
    world = json.loads((resources.fixtures() / "world" / "clinic.json").read_text(encoding="utf-8"))
    made = Installation(
        folder=tmp_path,
        config=plain(demo_settings(running_simulator, certificates, tmp_path / "ehr")),
        environment=bare_environment(
            POMOST_CONFIG=str(tmp_path / "pomost.toml"), DATABASE_URL=database_url, POMOST_SEALING_KEYS=KEYS
        ),
        simulator=running_simulator,
        clinic=Clinic(tmp_path / "ehr", world, warsaw_day(SystemClock().now())),
        database_url=database_url,
        _captured=lambda: tuple(capsys.readouterr()),  # type: ignore[arg-type,return-value]
        _monkeypatch=monkeypatch,
    )
    made.configure()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield made
    root.handlers[:] = handlers
    root.setLevel(level)
    running_simulator.admin.clear_troubles()
