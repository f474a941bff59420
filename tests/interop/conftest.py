"""Foreign software that interop tests talk to. Absent software skips with its name; required software fails.

``POMOST_INTEROP_REQUIRED=1`` (as in ``.ci/run``) turns every such skip into a failure.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
SEKMET_VERSION = "0.1.1"
SEKMET_VENV = ROOT / ".interop" / "sekmet"
INSTALL_SECONDS_MAX = 240
START_SECONDS_MAX = 60


def absent(reason: str) -> NoReturn:
    """Skip, or fail where interop is required."""
    if os.environ.get("POMOST_INTEROP_REQUIRED") == "1":
        pytest.fail(f"interop is required here: {reason}")
    pytest.skip(reason)


@dataclass
class Sekmet:
    """A running sekmet-fhir server (Apache-2.0, PyPI): a hospital's FHIR R4 server that nobody here wrote."""

    base_url: str
    process: subprocess.Popen[bytes] = field(repr=False)

    def put(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Create or replace a resource under its own id, as a clerk's program would."""
        url = f"{self.base_url}/{resource['resourceType']}/{resource['id']}"
        answer = self._http("PUT", url, json=resource)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    def get(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        """A resource as it is now."""
        answer = self._http("GET", f"{self.base_url}/{resource_type}/{resource_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def all(self, resource_type: str) -> list[dict[str, Any]]:
        """All resources of a type."""
        answer = self._http("GET", f"{self.base_url}/{resource_type}?_count=1000")
        assert answer.status_code == 200, answer.text
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    def clear(self, *resource_types: str) -> None:
        """Delete all resources of these types."""
        for resource_type in resource_types:
            for resource in self.all(resource_type):
                self._http("DELETE", f"{self.base_url}/{resource_type}/{resource['id']}")

    def _http(self, method: str, url: str, **more: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, timeout=30, **more)


def _installed() -> Path:
    """The program, installed in its own venv when it is not there yet."""
    program = SEKMET_VENV / "bin" / "sekmet"
    if program.exists():
        return program
    try:
        subprocess.run([sys.executable, "-m", "venv", str(SEKMET_VENV)], check=True, capture_output=True, timeout=120)
        subprocess.run(
            [str(SEKMET_VENV / "bin" / "pip"), "install", "-q", f"sekmet-fhir=={SEKMET_VERSION}"],
            check=True,
            capture_output=True,
            timeout=INSTALL_SECONDS_MAX,
        )
    except (OSError, subprocess.SubprocessError) as error:
        absent(f"sekmet-fhir=={SEKMET_VERSION} could not be installed into {SEKMET_VENV} ({type(error).__name__})")
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Sekmet, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < ends:
        if server.process.poll() is not None:
            break
        try:
            if server._http("GET", f"{server.base_url}/metadata").status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    pytest.fail(f"sekmet-fhir did not start: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def sekmet_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sekmet]:
    """One server for the whole run, on loopback; its data go with the run."""
    program = _installed()
    home = tmp_path_factory.mktemp("sekmet")
    port = _free_port()
    settings = home / "settings.yaml"
    settings.write_text(  # JSON is YAML
        json.dumps(
            {
                "base_url": f"http://127.0.0.1:{port}/fhir",
                "host": "127.0.0.1",
                "port": port,
                "data_dir": str(home / "data"),
                "simulator": {"enabled": False},
            }
        )
    )
    log = home / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(program), "serve", "-c", str(settings)], stdout=out, stderr=subprocess.STDOUT, cwd=home
        )
    server = Sekmet(f"http://127.0.0.1:{port}/fhir", process)
    try:
        _wait(server, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


@pytest.fixture
def sekmet(sekmet_server: Sekmet) -> Sekmet:
    """The server, without any resource of the types that Pomost reads."""
    sekmet_server.clear("Appointment", "Slot", "Schedule", "ServiceRequest", "Patient")
    return sekmet_server
