"""node's ``soap`` package, which nobody here wrote, calls the simulator: mutual TLS, signatures, both contracts."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from adapter.simulator import documents
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".interop" / "node"
CLIENT = Path(__file__).parent / "node_soap" / "client.js"
PACKAGE = "soap@1.1.11"
INSTALL_SECONDS_MAX = 240
RUN_SECONDS_MAX = 60
NODE_LIFETIME_SECONDS = 600
"""What node's soap writes into every Timestamp; it cannot be told otherwise."""
OID = "2.16.840.1.113883.3.4424"
KON = "http://csioz.gov.pl/p1/kontekst/mt/v20180509"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
PODMIOT = "000000927722"
CONTEXT_VALUES = {
    "idPodmiotuOidRoot": f"{OID}.2.3.1",
    "idPodmiotuOidExt": PODMIOT,
    "idUzytkownikaOidRoot": f"{OID}.1.6.2",
    "idUzytkownikaOidExt": "5425740",
    "idMiejscaPracyOidRoot": f"{OID}.2.3.3",
    "idMiejscaPracyOidExt": "001",
    "rolaBiznesowa": "PRACOWNIK_ADMINISTRACYJNY",
}
SLOT = {
    "podmiot": PODMIOT,
    "reference": "slot-1",
    "schedule": "schedule-1",
    "cell": "001",
    "service": "1100",
    "starts": "2026-12-01T08:00:00+01:00",
    "ends": "2026-12-01T08:30:00+01:00",
    "kind": "stable",
    "state": "blocked",
}


def absent(reason: str) -> NoReturn:
    """Skip, or fail where interop is required."""
    if os.environ.get("POMOST_INTEROP_REQUIRED") == "1":
        pytest.fail(f"interop is required here: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def node() -> str:
    """node with the package installed under .interop/node."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None:
        absent("node is not installed")
    if not (PACKAGES / "node_modules" / "soap").is_dir():
        if npm is None:
            absent(f"npm is not installed, and {PACKAGE} is not in {PACKAGES}")
        PACKAGES.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(PACKAGES), PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS_MAX)
        except (OSError, subprocess.SubprocessError) as error:
            absent(f"{PACKAGE} could not be installed into {PACKAGES} ({type(error).__name__})")
    return program


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    return make_test_certificates(tmp_path_factory.mktemp("certificates"), now=datetime.now(UTC))


@pytest.fixture(scope="module")
def simulator(certificates: TestCertificates) -> Iterator[Simulator]:
    config = SimulatorConfig(
        certificates=certificates.folder,
        client_subjects=frozenset({certificates.client_wss.subject}),
        timestamp_lifetime_seconds=NODE_LIFETIME_SECONDS,
    )
    with Simulator(config) as running:
        running.admin.seed({"slots": [SLOT]})
        yield running


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(node: str, simulator: Simulator, certificates: TestCertificates, tmp_path: Path) -> Run:
    """Run the client; what it printed."""
    rows = "".join(
        f'<kon:atrybut nazwa="urn:csioz:p1:kontekst:{name}"><kon:wartosc>{value}</kon:wartosc></kon:atrybut>'
        for name, value in CONTEXT_VALUES.items()
    )
    # With an Id of its own: the Ids that node's soap makes up collide with its Timestamp's.
    names = f'xmlns:kon="{KON}" xmlns:wsu="{WSU}" wsu:Id="Context"'

    def call(**changes: object) -> dict[str, Any]:
        config = {
            "cer": simulator.urls.cer,
            "p1": simulator.urls.p1,
            "ca": str(certificates.ca),
            "tls_certificate": str(certificates.client_tls.certificate),
            "tls_key": str(certificates.client_tls.key),
            "wss_certificate": str(certificates.client_wss.certificate),
            "wss_key": str(certificates.client_wss.key),
            "context": f"<kon:kontekstWywolania {names}>{rows}</kon:kontekstWywolania>",
            "schedule": "schedule-1",
            "day": "2026-12-01",
            "key": "1003" + "0" * 40,
            "sign_context": True,
            **changes,
        }
        file = tmp_path / "config.json"
        file.write_text(json.dumps(config))
        done = subprocess.run(
            [node, str(CLIENT), str(file)],
            env={**os.environ, "NODE_PATH": str(PACKAGES / "node_modules")},
            capture_output=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
        assert done.stdout, done.stderr.decode(errors="replace")[-2000:]
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    return call


def test_it_lists_slots_and_reads_a_referral(run: Run, simulator: Simulator) -> None:
    referral = next(r for r in simulator.state.referrals.by_number.values() if r.state == "issued")
    said = run(key=referral.key)
    assert "fault" not in said, said
    (slot,) = said["slots"]
    assert (slot["identyfikatorObcy"], slot["status"], slot["typ"]) == ("slot-1", "ZABLOKOWANY", "STABILNY")
    read = said["referral"]["skierowanieIWynikWeryfikacjiDoRealizacji"]
    assert read["statusSkierowania"] == "WYSTAWIONE"
    facts = documents.read(base64.b64decode(read["dokumentSkierowania"]["tresc"]))
    assert (facts.root, facts.extension) == referral.number
    assert simulator.admin.counters()["done"]["pobierzBazoweDaneListySlotow"] == 1


def test_an_unsigned_call_context_of_its_is_refused(run: Run) -> None:
    """By default it signs Body and Timestamp only."""
    assert "does not cover the call context" in json.dumps(run(sign_context=False)["fault"])


def test_a_certificate_that_nobody_pinned_is_refused(run: Run, certificates: TestCertificates) -> None:
    tls = certificates.client_tls
    said = run(wss_certificate=str(tls.certificate), wss_key=str(tls.key))
    assert "certyfikatNiewazny" in json.dumps(said["fault"])
