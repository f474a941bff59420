"""``pomost serve`` and ``pomost work`` as services: they listen, work, and end when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from installation import PROGRAM, RUN_SECONDS_MAX, Installation, Service, bare_environment, eventually

from adapter import __version__
from adapter.store import embedded
from adapter.store.places import find
from adapter.store.process import running

END_SECONDS_MAX = 8


def get(url: str) -> tuple[int, dict[str, str]]:
    """Status and JSON of an answer."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, timeout=10)
    return answer.status_code, answer.json()


def address(service: Service) -> str:
    """Where it says that it listens."""
    return service.until(r"pomost listens on (http://\S+:\d+)").group(1)


def test_web_and_worker_in_one_process(installation: Installation) -> None:
    installation.open_day()
    assert installation.call("sync").code == 0
    installation.rows(
        "INSERT INTO procrastinate_jobs (task_name, queue_name, args) "
        "VALUES ('pomost.sync', 'sync', '{\"facility\": \"demo\"}')"
    )
    installation.export(*installation.booking("visit-1", 0, 0))
    with installation.start("serve", "--port", "0") as service:
        url = address(service)
        service.until("pomost works for demo")
        assert get(f"{url}/health/live") == (200, {"status": "alive", "version": __version__})
        assert get(f"{url}/health/ready") == (200, {"status": "ready", "version": __version__})
        eventually(lambda: [visit["reference"] for visit in installation.admin.visits()] == ["visit-1"])
        assert service.ends(signal.SIGTERM, END_SECONDS_MAX) == 0
        assert "Traceback" not in service.said
    assert installation.rows("SELECT DISTINCT state FROM outbox_message") == [("delivered",)]


def test_web_only_does_no_work_and_tells_whether_it_could(installation: Installation) -> None:
    with installation.start("serve", "--web-only", "--port", "0") as service:
        url = address(service)
        assert get(f"{url}/health/ready")[0] == 200
        installation.rows("ALTER TABLE alembic_version RENAME TO elsewhere")
        assert get(f"{url}/health/live")[0] == 200
        assert get(f"{url}/health/ready") == (503, {"status": "not ready", "code": "DATABASE_OLDER"})
        installation.rows("ALTER TABLE elsewhere RENAME TO alembic_version")
        assert get(f"{url}/health/ready")[0] == 200
        assert "pomost works" not in service.said
        assert service.ends(signal.SIGTERM, END_SECONDS_MAX) == 0
        assert "Traceback" not in service.said


def test_ctrl_c_ends_the_web_process(installation: Installation) -> None:
    with installation.start("serve", "--web-only", "--port", "0") as service:
        address(service)
        assert service.ends(signal.SIGINT, END_SECONDS_MAX) == 0
        assert "Traceback" not in service.said


@pytest.mark.parametrize("mode", [["--web-only"], []], ids=["web only", "web and worker"])
def test_a_taken_port_is_one_clear_line(installation: Installation, mode: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = installation.call("serve", *mode, "--port", str(port))
    assert done.code == 3
    assert done.err == f"pomost: cannot listen on 127.0.0.1:{port}: Address already in use [MISCONFIGURED]\n"


def test_a_worker_alone_ends_when_told(installation: Installation) -> None:
    with installation.start("work") as service:
        service.until("pomost works for demo")
        eventually(lambda: installation.rows("SELECT 1 FROM procrastinate_workers"))
        assert service.ends(signal.SIGTERM, END_SECONDS_MAX) == 0
        assert "Traceback" not in service.said


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody who has just installed Pomost; its embedded server ends with the test."""
    data = tmp_path / "data"
    yield bare_environment(POMOST_DATA=str(data))
    where = find(data, None)
    if running(where) is not None:
        embedded.stop(embedded.Server("", where.key, "", where, embedded.EmbeddedSettings(data)))


def test_a_first_start_with_no_configuration_at_all(nothing: dict[str, str], tmp_path: Path) -> None:
    """Installed a minute ago: ``serve`` runs and ``doctor`` says what to do next."""
    log = tmp_path / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(PROGRAM), "serve", "--port", "0"], env=nothing, cwd=tmp_path, stdout=out, stderr=out
        )
    service = Service(process, log)
    try:
        url = address(service)
        service.until("pomost works for no facility yet")
        assert get(f"{url}/health/ready")[0] == 200
        doctor = subprocess.run(
            [str(PROGRAM), "doctor"],
            env=nothing, cwd=tmp_path, capture_output=True, text=True, timeout=RUN_SECONDS_MAX, check=False,
        )  # fmt: skip
        assert (doctor.returncode, doctor.stderr) == (0, "")
        assert "warning settings: no facility is configured; write pomost.toml" in doctor.stdout
        assert "ok      database: embedded PostgreSQL answers" in doctor.stdout
        assert service.ends(signal.SIGTERM, END_SECONDS_MAX) == 0
        assert "Traceback" not in service.said
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
