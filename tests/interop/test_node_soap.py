"""node's ``soap`` package, which nobody here wrote: mutual TLS, signatures, both contracts.

As a client it calls the simulator; as a server it answers our whole edge, from binding table to verified answer.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest

from adapter import resources
from adapter.errors import InDoubt, Rejected
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.simulator import documents
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.soap.binding import load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.channel import SoapChannel
from adapter.soap.endpoint import EndpointConfig
from adapter.soap.faults import judge_result, load_refusals
from adapter.soap.keys import IdentityFile
from adapter.soap.timestamp import TimeLimits
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin

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


@pytest.fixture(scope="module")
def second(certificates: TestCertificates) -> Iterator[Simulator]:
    """The simulator on the second contract, in SOAP 1.2."""
    config = SimulatorConfig(
        certificates=certificates.folder,
        contract="second",
        client_subjects=frozenset({certificates.client_wss.subject}),
        timestamp_lifetime_seconds=NODE_LIFETIME_SECONDS,
    )
    with Simulator(config) as running:
        running.admin.seed({"slots": [SLOT]})
        yield running


def test_it_lists_slots_in_soap_12_by_the_second_contract(run: Run, second: Simulator) -> None:
    said = run(second=second.urls.cer)
    assert "fault" not in said, said
    slot = said["listed"]["kalendarze"]["terminy"]["termin"]
    (slot,) = slot if isinstance(slot, list) else [slot]
    assert (slot["attributes"]["nasz"], slot["kalendarz"]) == ("slot-1", "schedule-1")


def test_a_fault_in_soap_12_is_understood_by_it(run: Run, second: Simulator) -> None:
    said = json.dumps(run(second=second.urls.cer, sign_context=False)["fault"])
    assert "does not cover the call context" in said
    assert '"Code"' in said, "a Fault of SOAP 1.2"


# ------------------------------------------------------------------ its server, and our edge

SERVER = Path(__file__).parent / "node_soap" / "server.js"


class Now:
    """The machine's time: TLS looks at it too."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


@pytest.fixture(scope="module")
def port(node: str, certificates: TestCertificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The server's port on loopback."""
    file = tmp_path_factory.mktemp("node") / "server.json"
    config = {
        "wsdl": str(resources.wsdl() / "cer" / "CentralnaERejestracja.wsdl"),
        "ca": str(certificates.ca),
        "tls_certificate": str(certificates.server_tls.certificate),
        "tls_key": str(certificates.server_tls.key),
        "wss_certificate": str(certificates.cer_wss.certificate),
        "wss_key": str(certificates.cer_wss.key),
    }
    file.write_text(json.dumps(config))
    program = subprocess.Popen(
        [node, str(SERVER), str(file)],
        env={**os.environ, "NODE_PATH": str(PACKAGES / "node_modules")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        yield int(program.stdout.readline())
    finally:
        program.communicate(timeout=10)


@pytest.fixture(scope="module")
def registry(certificates: TestCertificates, port: int) -> CerRegistry:
    """Our edge, pointed at it."""
    tables = load_tables(resources.mappings())
    refusals = load_refusals(resources.mappings())
    bound = load_bound_contract(resources.wsdl(), resources.mappings(), "cer", tables)
    channel = SoapChannel(
        EndpointConfig(
            channel="cer",
            transport=TransportConfig(f"https://localhost:{port}/services/CentralnaERejestracja", certificates.ca),
            tls=IdentityFile(certificates.client_tls.certificate, certificates.client_tls.key),
            signing=IdentityFile(certificates.client_wss.certificate, certificates.client_wss.key),
            signer=SignerPin(certificates.ca, ("Test CeR WSS",), (certificates.crl,)),
            limits=TimeLimits(lifetime_seconds=NODE_LIFETIME_SECONDS),
        ),
        clock=Now(),
        refusals=refusals,
        context_block=lambda context: None,
        read_fault=bound.read_fault,
    )
    return CerRegistry(bound, tables, channel, partial(judge_result, refusals, channel="cer"), Now())


CALL = CallContext("demo", "correlation-1", "message-1")


def test_its_server_understands_us_and_we_verify_what_it_signed(registry: CerRegistry) -> None:
    """xml-crypto, a third implementation of XML signatures, signed Body and Timestamp."""
    assert registry.delete_slot(CALL, "slot-1") == "urn:csioz:p1:kod:major:Sukces"


def test_its_answer_without_a_signature_is_in_doubt(registry: CerRegistry) -> None:
    """It signs as a client only: without its signer put there by hand, nothing it says can be believed."""
    with pytest.raises(InDoubt) as caught:
        registry.delete_slot(CALL, "unsigned")
    assert caught.value.code == "EXCHANGE_UNVERIFIED"


def test_its_fault_is_a_refusal(registry: CerRegistry) -> None:
    with pytest.raises(Rejected) as caught:
        registry.delete_slot(CALL, "fault")
    assert caught.value.code == "SOAP_FAULT"
