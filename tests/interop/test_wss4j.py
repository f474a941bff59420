"""WSS4J 1.6 (Java), which nobody here wrote, accepts our signed messages, and we accept its; also over mutual TLS.

Debian packages: ``default-jdk-headless libwss4j-java libxml-security-java`` (the last two bring
``libcommons-logging-java``). Without them the tests are skipped and say what is missing; with
``POMOST_INTEROP_REQUIRED=1`` (as in ``.ci/run``) that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import soap_attacks
from acceptance.simulator.wire import CER, SOAP, context_xml
from lxml import etree

from adapter import resources
from adapter.errors import InDoubt
from adapter.ports import CallContext
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.soap.broken import BrokenExchange
from adapter.soap.channel import SoapChannel
from adapter.soap.endpoint import EndpointConfig
from adapter.soap.envelope import build_envelope
from adapter.soap.faults import load_refusals
from adapter.soap.keys import Identity, IdentityFile, read_identity
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import Signer, sign
from adapter.soap.timestamp import TimeLimits
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin, SignerTrust
from adapter.soap.verify import Verifier
from adapter.soap.wire import BoundOperation

pytestmark = pytest.mark.interop

SOURCE = Path(__file__).parent / "wss4j" / "Wss4jPeer.java"
JARS_FOLDER = Path("/usr/share/java")
JARS = ("wss4j.jar", "xmlsec.jar", "commons-logging.jar", "slf4j-api.jar", "slf4j-nop.jar")
PACKAGES = "default-jdk-headless libwss4j-java libxml-security-java libcommons-logging-java libslf4j-java"
TIMEOUT_SECONDS = 90
CONTEXT = '<k:context xmlns:k="urn:context"><k:value name="a">000000927722</k:value></k:context>'
CONTENTS = [
    "<o:ask xmlns:o='urn:o'><n>1</n></o:ask>",
    "<o:ask xmlns:o='urn:o'>Zażółć gęślą jaźń &lt;&amp;&gt; \U0001f642</o:ask>",
    "<o:ask xmlns:o='urn:o' b='2' a='1' o:c='&#9;&#10;&quot;'>a\n\tc</o:ask>",
    "<ask xmlns='urn:o'><n xmlns=''><m xmlns='urn:p'/></n></ask>",
    "<soapenv:ask xmlns:soapenv='urn:o'><wsu:n xmlns:wsu='urn:w'/></soapenv:ask>",
]


def missing() -> str:
    """What is not there, empty when all is."""
    programs = [name for name in ("java", "javac") if shutil.which(name) is None]
    jars = [jar for jar in JARS if not (JARS_FOLDER / jar).exists()]
    return f"not installed: {', '.join(programs + jars)} (apt-get install {PACKAGES})" if programs or jars else ""


Peer = Callable[..., list[str]]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The Java program, started once; call it with a command's words, get its lines."""
    absent = missing()
    if absent and os.environ.get("POMOST_INTEROP_REQUIRED") == "1":
        pytest.fail(absent)
    if absent:
        pytest.skip(absent)
    folder = tmp_path_factory.mktemp("classes")
    classpath = ":".join([str(folder), *(str(JARS_FOLDER / jar) for jar in JARS)])
    javac, java = shutil.which("javac"), shutil.which("java")
    assert javac is not None
    assert java is not None
    subprocess.run([javac, "-cp", classpath, "-d", folder, SOURCE], check=True, timeout=TIMEOUT_SECONDS)
    options = ["-XX:TieredStopAtLevel=1", "-Dsun.net.httpserver.nodelay=true", "-Dfile.encoding=UTF-8"]
    program = subprocess.Popen(
        [java, *options, "-cp", classpath, "Wss4jPeer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    source, sink = program.stdout, program.stdin
    assert source is not None
    assert sink is not None

    def run(*words: object) -> list[str]:
        sink.write("\t".join(map(str, words)) + "\n")
        sink.flush()
        lines = []
        for line in source:
            if line == ".\n":
                assert not any(each.startswith("error\t") for each in lines), lines
                return lines
            lines.append(line.removesuffix("\n"))
        raise AssertionError("the Java program ended")

    try:
        yield run
    finally:
        sink.close()
        try:
            program.wait(timeout=10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait(timeout=10)
        source.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    return make_test_certificates(tmp_path_factory.mktemp("certificates"), now=datetime.now(UTC))


@pytest.fixture(scope="module")
def identity(made: TestCertificates) -> Identity:
    return read_identity(IdentityFile(made.client_wss.certificate, made.client_wss.key))


@pytest.fixture
def verifier(made: TestCertificates) -> Verifier:
    trust = SignerTrust(SignerPin(made.ca, ("Test P1 WSS",), (made.crl,)))
    return Verifier(trust, TimeLimits(), ReplayMemory(window_seconds=420))


def ours(identity: Identity, content: str, nonce: str = "n1") -> bytes:
    envelope = build_envelope(etree.fromstring(CONTEXT), etree.fromstring(content))
    return sign(envelope, Signer(identity.certificate, identity.key), now=datetime.now(UTC), nonce=nonce)


def written(folder: Path, messages: list[bytes]) -> list[Path]:
    files = [folder / f"{number}.xml" for number in range(len(messages))]
    for file, message in zip(files, messages, strict=True):
        file.write_bytes(message)
    return files


def test_wss4j_accepts_our_requests_and_finds_the_body_signed(
    peer: Peer, made: TestCertificates, identity: Identity, tmp_path: Path
) -> None:
    files = written(tmp_path, [ours(identity, content, f"n{at}") for at, content in enumerate(CONTENTS)])
    assert peer("verify", made.ca, *files) == ["accepted\tBody,Timestamp,context"] * len(CONTENTS)


# WSS4J 1.6 is laxer than we are: of two Bodies it takes the first for the one that is processed, and an unsigned
# header block with the Body's Id does not disturb it.
ATTACKS = [
    attack
    for attack in soap_attacks.ATTACKS
    if attack.name.startswith(("Body's content", "signature value", "wrapping: Body", "Timestamp removed"))
    and "new Body" not in attack.name
    and "before the Header" not in attack.name
]


def test_wss4j_refuses_our_messages_once_attacked(
    peer: Peer, made: TestCertificates, identity: Identity, tmp_path: Path
) -> None:
    """And so do we: each attack is in tests/unit/soap/test_verify.py."""
    message = ours(identity, CONTENTS[0])
    files = written(tmp_path, [message, *(attack(message) for attack in ATTACKS)])
    lines = peer("verify", made.ca, *files)
    assert lines[0].startswith("accepted")
    refused = {attack.name: line.partition("\t")[0] for attack, line in zip(ATTACKS, lines[1:], strict=True)}
    assert refused == {attack.name: "refused" for attack in ATTACKS}


def signed_by_wss4j(peer: Peer, made: TestCertificates, folder: Path, content: str, *, context: bool = True) -> bytes:
    plain, out = folder / "plain.xml", folder / "signed.xml"
    block = etree.fromstring(CONTEXT) if context else None
    plain.write_bytes(etree.tostring(build_envelope(block, etree.fromstring(content)).root))
    peer("sign", made.p1_wss.p12, made.password, "p1-wss", plain, out)
    return out.read_bytes()


@pytest.mark.parametrize("content", CONTENTS)
def test_we_accept_a_reply_that_wss4j_signed(
    peer: Peer, made: TestCertificates, verifier: Verifier, tmp_path: Path, content: str
) -> None:
    message = signed_by_wss4j(peer, made, tmp_path, content)
    assert b"InclusiveNamespaces" in message, "WSS4J names prefixes to be treated inclusively; we follow"
    verified = verifier.verify(message, datetime.now(UTC))
    assert verified.envelope.content is not None
    assert verified.envelope.content.tag == etree.fromstring(content).tag


def test_we_refuse_a_reply_of_wss4j_once_attacked(
    peer: Peer, made: TestCertificates, verifier: Verifier, tmp_path: Path
) -> None:
    message = signed_by_wss4j(peer, made, tmp_path, CONTENTS[0])
    for attack in (*soap_attacks.ATTACKS, *soap_attacks.CONTEXT_ATTACKS):
        with pytest.raises(BrokenExchange):
            verifier.verify(attack(message), datetime.now(UTC))
    verifier.verify(message, datetime.now(UTC))


def test_wss4j_refuses_a_certificate_of_another_authority(peer: Peer, identity: Identity, tmp_path: Path) -> None:
    other = make_test_certificates(tmp_path / "other", now=datetime.now(UTC))
    (file,) = written(tmp_path, [ours(identity, CONTENTS[0])])
    assert peer("verify", other.ca, file)[0].startswith("refused")


# ------------------------------------------------------------------ over mutual TLS, both ways

OPERATION = BoundOperation("cer", "delete_slot", "operation", "urn:operation")


class Now:
    """The machine's time: TLS looks at it too."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


@pytest.fixture(scope="module")
def port(peer: Peer, made: TestCertificates) -> int:
    """An HTTPS server in Java that wants a client certificate and a signature, and signs its answers."""
    (said,) = peer("serve", made.ca, made.server_tls.p12, made.password, made.p1_wss.p12, "p1-wss")
    return int(said)


def channel(made: TestCertificates, port: int, signing: IdentityFile | None = None) -> SoapChannel:
    return SoapChannel(
        EndpointConfig(
            channel="p1",
            transport=TransportConfig(f"https://localhost:{port}/", made.ca),
            tls=IdentityFile(made.client_tls.certificate, made.client_tls.key),
            signing=signing or IdentityFile(made.client_wss.certificate, made.client_wss.key),
            signer=SignerPin(made.ca, ("Test P1 WSS",), (made.crl,)),
        ),
        clock=Now(),
        refusals=load_refusals(resources.mappings()),
        context_block=lambda context: etree.fromstring(CONTEXT),
        read_fault=lambda detail: [],
    )


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_our_channel_and_a_java_server_believe_each_other(made: TestCertificates, port: int, version: str) -> None:
    """WSS4J found our Body, Timestamp and call context signed; we verified its answer; both over mutual TLS."""
    ours = channel(made, port)
    for content in CONTENTS:
        operation = replace(OPERATION, soap_version=version)
        call = CallContext("demo", "correlation-1", "message-1")
        answer = ours.exchange(call, operation, etree.fromstring(content), write=True)
        assert answer.content.findtext("{urn:r}said") == "accepted Body,Timestamp,context"
    ours.close()


def test_a_java_server_refuses_a_signer_of_another_authority(
    made: TestCertificates, port: int, tmp_path: Path
) -> None:
    """Its fault is not signed: on a write it proves nothing."""
    other = make_test_certificates(tmp_path / "other", now=datetime.now(UTC))
    stranger = channel(made, port, IdentityFile(other.client_wss.certificate, other.client_wss.key))
    with pytest.raises(InDoubt) as caught:
        stranger.exchange(CallContext("demo", "c", "m"), OPERATION, etree.fromstring(CONTENTS[0]), write=True)
    assert caught.value.code == "SOAP_FAULT_UNAUTHENTICATED"


@pytest.fixture(scope="module")
def simulator(made: TestCertificates) -> Iterator[Simulator]:
    config = SimulatorConfig(
        certificates=made.folder, client_subjects=frozenset({made.client_wss.subject}), crl=made.crl
    )
    with Simulator(config) as running:
        yield running


def call(peer: Peer, made: TestCertificates, simulator: Simulator, folder: Path, signer: str) -> list[str]:
    plain = folder / "request.xml"
    context = context_xml().replace(' wsu:Id="Context"', "")
    plain.write_text(
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header>{context}</e:Header><e:Body>{LIST}</e:Body></e:Envelope>',
        encoding="utf-8",
    )
    key = made.folder / f"{signer}.p12"
    action = "urn:pobierzBazoweDaneListySlotow"
    url = simulator.urls.cer
    return peer("call", url, action, made.ca, made.client_tls.p12, made.password, key, signer, plain)


LIST = (
    f'<c:PobierzBazoweDaneListySlotowRequest xmlns:c="{CER}"><c:identyfikatorHarmonogramu>s'
    "</c:identyfikatorHarmonogramu><c:dzien>2026-12-01</c:dzien></c:PobierzBazoweDaneListySlotowRequest>"
)


def test_a_java_client_and_the_simulator_believe_each_other(
    peer: Peer, made: TestCertificates, simulator: Simulator, tmp_path: Path
) -> None:
    """WSS4J's protected element is the Body of the simulator's answer."""
    said, content = call(peer, made, simulator, tmp_path, "client-wss")
    assert said == "200\taccepted\tBody,Timestamp\tPobierzBazoweDaneListySlotowResponse"
    assert content.endswith("urn:csioz:p1:kod:major:Sukces")


def test_the_simulator_refuses_a_java_client_that_nobody_pinned(
    peer: Peer, made: TestCertificates, simulator: Simulator, tmp_path: Path
) -> None:
    """And WSS4J accepts the signature of its fault."""
    said, content = call(peer, made, simulator, tmp_path, "p1-wss")
    assert said == "500\taccepted\tBody,Timestamp\tFault"
    assert "certyfikatNiewazny" in content
