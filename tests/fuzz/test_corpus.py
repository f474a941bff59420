"""The hostile messages of ``fixtures/hostile/``, over real TLS: each ends as its table says, and never as a success.

An answer meets our channel three times: read and write where answers must be signed, and a write where
signatures are optional, so that nothing but the reader itself stands against it.
"""

from __future__ import annotations

import csv
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import pytest
from acceptance.simulator.wire import Answer
from fuzz import corpus
from lxml import etree
from scripted_server import ScriptedServer, raw, scripted_server, then_close

from adapter import resources
from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.ports import CallContext
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates
from adapter.soap.channel import SoapChannel
from adapter.soap.endpoint import EndpointConfig, RepliesSigned
from adapter.soap.faults import load_refusals
from adapter.soap.keys import IdentityFile
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin
from adapter.soap.wire import BoundOperation

OPERATION = BoundOperation("cer", "delete_slot", "operation", "urn:operation")
CONTEXT = CallContext("demo", "correlation-1", "message-1")
LIMIT_BYTES = 200_000
SECONDS = 3.0
KINDS = {
    "Unavailable": Unavailable,
    "InDoubt": InDoubt,
    "Rejected": Rejected,
    "Misconfigured": Misconfigured,
}
OUTCOMES = list(csv.DictReader((corpus.FOLDER / "outcomes.csv").open(encoding="utf-8", newline="")))
ANSWERS = [row for row in OUTCOMES if row["side"] == "answer"]
REQUESTS = [row for row in OUTCOMES if row["side"] == "request"]
CORPUS = corpus.corpus()


class Now:
    """The machine's time: TLS looks at it too."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


def test_the_files_are_what_the_script_makes_and_each_has_its_row() -> None:
    files = {path.relative_to(corpus.FOLDER).as_posix(): path.read_bytes() for path in corpus.FOLDER.glob("*/*.http")}
    assert files == corpus.stored(), "python tests/fuzz/corpus.py"
    assert {f"{row['side']}s/{row['name']}.http" for row in OUTCOMES} == set(CORPUS)
    assert all(row["reason"] for row in OUTCOMES)


# ------------------------------------------------------------------ answers, and our channel


@dataclass
class Ours:
    """A server that answers what it is told, and two channels to it."""

    server: ScriptedServer
    strict: SoapChannel
    trusting: SoapChannel

    def outcome(self, answer: bytes, *, write: bool, trusting: bool = False) -> AdapterError | etree._Element:
        self.server.steps[:] = [then_close(raw(answer))]
        channel = self.trusting if trusting else self.strict
        try:
            content = etree.fromstring("<q:ask xmlns:q='urn:q'/>")
            return channel.exchange(CONTEXT, OPERATION, content, write=write).content
        except AdapterError as error:
            return error
        finally:
            channel.close()  # the server hangs up after each answer


@pytest.fixture(scope="module")
def ours(certificates: TestCertificates) -> Iterator[Ours]:
    tls = certificates.server_tls
    with scripted_server(tls.certificate, tls.key, certificates.ca) as server:
        transport = TransportConfig(
            server.url,
            certificates.ca,
            connect_timeout_seconds=SECONDS,
            read_timeout_seconds=SECONDS,
            reply_seconds_max=SECONDS,
            reply_bytes_max=LIMIT_BYTES,
        )
        config = EndpointConfig(
            channel="cer",
            transport=transport,
            tls=IdentityFile(certificates.client_tls.certificate, certificates.client_tls.key),
            signing=IdentityFile(certificates.client_wss.certificate, certificates.client_wss.key),
            signer=SignerPin(certificates.ca, ("Test CeR WSS",), (certificates.crl,)),
        )
        channel = partial(
            SoapChannel,
            clock=Now(),
            refusals=load_refusals(resources.mappings()),
            context_block=lambda context: etree.Element("{urn:context}context"),
            read_fault=lambda detail: [],
        )
        yield Ours(server, channel(config), channel(replace(config, replies_signed=RepliesSigned.OPTIONAL)))


@pytest.mark.parametrize("row", ANSWERS, ids=[f"{row['name']}: {row['reason']}" for row in ANSWERS])
def test_a_hostile_answer_ends_as_the_table_says(ours: Ours, row: dict[str, str]) -> None:
    answer = CORPUS[f"answers/{row['name']}.http"]
    for write, kind in ((False, KINDS[row["read"]]), (True, KINDS[row["write"]])):
        outcome = ours.outcome(answer, write=write)
        assert isinstance(outcome, AdapterError), "a success that nobody signed"
        assert (type(outcome), outcome.code) == (kind, row["code"])
    trusted = ours.outcome(answer, write=True, trusting=True)
    said = trusted.code if isinstance(trusted, AdapterError) else "taken"
    assert said == (row["fault_or_trusting"] or row["code"])


# ------------------------------------------------------------------ requests, and the simulator


@pytest.fixture(scope="module")
def theirs(certificates: TestCertificates) -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(certificates=certificates.folder, message_bytes_max=LIMIT_BYTES)) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def tls(certificates: TestCertificates) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.load_cert_chain(certificates.client_tls.certificate, certificates.client_tls.key)
    return context


def answered(simulator: Simulator, tls: ssl.SSLContext, request: bytes) -> tuple[str, str]:
    """Status and fault that a request ends as; all is sent, then our side of the connection is closed."""
    port = simulator.endpoints["cer"].port
    path = simulator.services["cer"].contract.path.encode()
    received = b""
    with (
        socket.create_connection(("localhost", port), timeout=SECONDS) as plain,
        tls.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        try:
            connection.sendall(request.replace(b"{path}", path))
            plain_half_close(connection)
            while more := connection.recv(65536):
                received += more
        except (ConnectionError, ssl.SSLError):
            pass  # who does not read all that is sent may reset; what was said before counts
    head, _, body = received.partition(b"\r\n\r\n")
    status = head.split(b" ")[1].decode() if head.startswith(b"HTTP/1.1 ") else ""
    return status, Answer(0, body).result if b":Fault>" in body else ""


def plain_half_close(connection: ssl.SSLSocket) -> None:
    """Say over TCP that nothing more will be sent, and go on reading."""
    socket.socket.shutdown(connection, socket.SHUT_WR)


@pytest.mark.parametrize("row", REQUESTS, ids=[f"{row['name']}: {row['reason']}" for row in REQUESTS])
def test_a_hostile_request_ends_as_the_table_says(
    theirs: Simulator, tls: ssl.SSLContext, row: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    before = dict(theirs.state.received)
    assert answered(theirs, tls, CORPUS[f"requests/{row['name']}.http"]) == (row["code"], row["fault_or_trusting"])
    assert dict(theirs.state.received) == before, "nothing was carried out"
    assert "Traceback" not in capfd.readouterr().err
