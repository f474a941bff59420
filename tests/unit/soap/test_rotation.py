"""Certificates and keys that are replaced while a channel is in use; over real TLS on loopback."""

from __future__ import annotations

import logging
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import soap_attacks
from lxml import etree
from scripted_server import ScriptedServer, scripted_server

from adapter import resources
from adapter.errors import Misconfigured, Unavailable
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TEST_PASSWORD, Authority, Identity
from adapter.soap.binding import load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.certificate_report import certificate_report
from adapter.soap.channel import SoapChannel
from adapter.soap.context import CallerIdentity, build_context, load_context_names
from adapter.soap.endpoint import EndpointConfig
from adapter.soap.envelope import build_envelope
from adapter.soap.faults import judge_result, load_refusals
from adapter.soap.keys import IdentityFile, load_identity
from adapter.soap.rotation import Rotating
from adapter.soap.sign import Signer, sign
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin
from adapter.soap.wire import BoundOperation

OPERATION = BoundOperation("cer", "save_visit", "operation", "urn:operation")
CONTEXT = CallContext("demo", "correlation-1", "message-1")
TODAY = datetime.now(UTC)


@dataclass
class HeldClock:
    """Time that passes only when told; TLS itself looks at the machine's."""

    at: datetime = TODAY

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


@dataclass
class Certificates:
    """One authority; two generations of our certificates."""

    ca: Path
    server: Identity
    cer: Identity
    tls: tuple[Identity, Identity]
    wss: tuple[Identity, Identity]
    early: Identity
    expired: Identity
    short: Identity
    revoked: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    authority = Authority(tmp_path_factory.mktemp("certificates"), now=TODAY)
    day = timedelta(days=1)
    tls = [authority.issue(f"tls-{number}", "Test facility TLS", tls_client=True) for number in (1, 2)]
    wss = [authority.issue(f"wss-{number}", "Test facility WSS") for number in (1, 2)]
    made = Certificates(
        authority.write(),
        authority.issue("server-tls", "Test authority TLS", hosts=("127.0.0.1", "localhost")),
        authority.issue("cer-wss", "Test CeR WSS"),
        (tls[0], tls[1]),
        (wss[0], wss[1]),
        authority.issue("early", "Test facility WSS", not_before=TODAY + day, not_after=TODAY + 9 * day),
        authority.issue("expired", "Test facility WSS", not_before=TODAY - 9 * day, not_after=TODAY - day),
        authority.issue("short", "Test facility WSS", tls_client=True, not_after=TODAY + 2 * day),
        authority.revoke("revoked.crl", tls[0], wss[0]),
    )
    authority.issue("p1-wss", "Test P1 WSS")
    return made


@dataclass
class Facility:
    """Our files, as an operator replaces them, and the server that sees what we use."""

    folder: Path
    made: Certificates
    endings: tuple[str, ...]
    seen: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Of each request: TLS certificate, signing certificate (DER)."""

    def put(self, name: str, identity: Identity) -> None:
        for ending in self.endings:
            shutil.copyfile(identity.certificate.with_suffix(ending), self.folder / f"{name}{ending}")

    def file(self, name: str) -> IdentityFile:
        if self.endings == (".p12",):
            return IdentityFile(self.folder / f"{name}.p12", None, TEST_PASSWORD)
        return IdentityFile(self.folder / f"{name}.pem", self.folder / f"{name}.key")

    def config(self, url: str) -> EndpointConfig:
        return EndpointConfig(
            channel="cer",
            transport=TransportConfig(url, self.made.ca, connect_timeout_seconds=10, read_timeout_seconds=10),
            tls=self.file("tls"),
            signing=self.file("wss"),
            signer=SignerPin(self.made.ca, ("Test CeR WSS",)),
        )

    def channel(self, url: str, clock: HeldClock | None = None) -> SoapChannel:
        return SoapChannel(
            self.config(url),
            clock=clock or HeldClock(),
            refusals=load_refusals(resources.mappings()),
            context_block=lambda _: None,
            read_fault=lambda _: (),
        )


class Serving:
    """A server that notes our certificates and answers, at its first request only when told."""

    def __init__(self, facility: Facility) -> None:
        pair = load_identity(IdentityFile(facility.made.cer.certificate, facility.made.cer.key), now=TODAY)
        self.signer = Signer(pair.certificate, pair.key)
        self.facility = facility
        self.arrived, self.go_on = threading.Event(), threading.Event()
        self.server: ScriptedServer | None = None

    def step(self, connection: ssl.SSLSocket) -> None:
        assert self.server is not None
        number = len(self.server.requests)
        token = soap_attacks.parse(self.server.requests[-1][1])[0][0][1].text or ""
        self.facility.seen.append((connection.getpeercert(binary_form=True) or b"", token.encode()))
        if number == 1:
            self.arrived.set()
            assert self.go_on.wait(20)
        reply = build_envelope(None, etree.fromstring(f"<r:done xmlns:r='urn:r'>{number}</r:done>"))
        body = sign(reply, self.signer, now=TODAY, nonce=str(number))
        head = f"HTTP/1.1 200 X\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall(head + body)


@pytest.fixture
def facility(tmp_path: Path, made: Certificates, request: pytest.FixtureRequest) -> Facility:
    facility = Facility(tmp_path, made, getattr(request, "param", (".p12",)))
    facility.put("tls", made.tls[0])
    facility.put("wss", made.wss[0])
    return facility


@pytest.fixture
def serving(facility: Facility) -> Iterator[Serving]:
    serving = Serving(facility)
    server = facility.made.server
    with scripted_server(server.certificate, server.key, facility.made.ca, serving.step) as serving.server:
        yield serving


def url(serving: Serving) -> str:
    assert serving.server is not None
    return serving.server.url


def exchange(channel: SoapChannel) -> str | None:
    return channel.exchange(CONTEXT, OPERATION, etree.fromstring("<q:ask xmlns:q='urn:q'/>"), write=True).content.text


def der(identity: Identity) -> bytes:
    return ssl.PEM_cert_to_DER_cert(identity.certificate.read_text())


def pair(tls: Identity, wss: Identity) -> tuple[bytes, bytes]:
    token = Signer(*_loaded(wss)).token
    return der(tls), token


def _loaded(identity: Identity):  # type: ignore[no-untyped-def]
    loaded = load_identity(IdentityFile(identity.certificate, identity.key), now=TODAY)
    return loaded.certificate, loaded.key


@pytest.mark.parametrize("facility", [(".p12",), (".pem", ".key")], ids=["PKCS#12", "PEM"], indirect=True)
def test_a_call_under_way_finishes_and_the_next_one_uses_the_new_certificates(
    facility: Facility, serving: Serving, made: Certificates
) -> None:
    channel = facility.channel(url(serving))
    answers: list[str | None] = []
    under_way = threading.Thread(target=lambda: answers.append(exchange(channel)))
    under_way.start()
    assert serving.arrived.wait(20)
    facility.put("tls", made.tls[1])
    facility.put("wss", made.wss[1])
    assert exchange(channel) == "2", "the next call, while the first one is still waiting"
    serving.go_on.set()
    under_way.join(20)
    assert answers == ["1"], "the call under way finished"
    assert exchange(channel) == "3"
    old, new = (pair(made.tls[each], made.wss[each]) for each in (0, 1))
    assert facility.seen == [old, new, new]
    assert serving.server is not None
    assert serving.server.connections == 2, "the new connection is kept alive"
    channel.close()


def test_the_old_connections_are_closed(facility: Facility, serving: Serving, made: Certificates) -> None:
    serving.go_on.set()
    channel = facility.channel(url(serving))
    exchange(channel)
    old = channel._tls.latest
    pools = old._session.adapters["https://"].poolmanager.pools  # type: ignore[attr-defined]
    assert len(pools) == 1
    facility.put("tls", made.tls[1])
    exchange(channel)
    assert channel._tls.latest is not old
    assert len(pools) == 0


# name          what an operator does to the signing file                        a word of the warning
BROKEN: list[tuple[str, Callable[[Facility], object], str]] = [
    ("garbage", lambda our: our.file("wss").path.write_bytes(b"garbage"), "wss"),
    ("half a file", lambda our: _cut(our.file("wss").path), "wss"),
    ("missing", lambda our: our.file("wss").path.unlink(), "cannot read"),
    ("not valid yet", lambda our: our.put("wss", our.made.early), "not valid before"),
    ("expired", lambda our: our.put("wss", our.made.expired), "expired on"),
]


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(("name", "spoil", "words"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_new_file_keeps_the_old_one_working_and_is_reported(
    facility: Facility,
    serving: Serving,
    made: Certificates,
    caplog: pytest.LogCaptureFixture,
    name: str,
    spoil: Callable[[Facility], object],
    words: str,
) -> None:
    serving.go_on.set()
    channel = facility.channel(url(serving))
    exchange(channel)
    with caplog.at_level(logging.INFO, "adapter.soap.rotation"):
        spoil(facility)
        exchange(channel)
        exchange(channel)
    (warning,) = caplog.messages
    assert words in warning
    assert str(facility.folder) in warning, "it names the file"
    assert TEST_PASSWORD not in warning
    (line,) = [
        each
        for each in certificate_report([("demo/cer", facility.config(url(serving)))], now=TODAY)
        if each.kind == "signing"
    ]
    assert line.problem or (line.days_left or 0) < 0, f"{name}: pomost certificates check shows it as well"
    facility.put("wss", made.wss[1])
    exchange(channel)
    old, new = pair(made.tls[0], made.wss[0]), pair(made.tls[0], made.wss[1])
    assert facility.seen == [old, old, old, new]


def test_a_key_that_waits_for_its_certificate_keeps_the_old_pair(tmp_path: Path, made: Certificates) -> None:
    """Two files cannot be replaced at one moment."""
    facility = Facility(tmp_path, made, (".pem", ".key"))
    facility.put("tls", made.tls[0])
    facility.put("wss", made.wss[0])
    config = facility.config("https://127.0.0.1:1/")
    signing = Rotating(config.signing.paths, lambda now: load_identity(config.signing, now=now), now=TODAY)
    first = signing.latest
    shutil.copyfile(made.wss[1].key, facility.folder / "wss.key")
    assert signing.current(TODAY) is first
    assert "does not belong" in signing.problem
    (line,) = [each for each in certificate_report([("demo/cer", config)], now=TODAY) if each.kind == "signing"]
    assert "does not belong" in line.problem
    shutil.copyfile(made.wss[1].certificate, facility.folder / "wss.pem")
    assert signing.current(TODAY).certificate != first.certificate
    assert signing.problem == ""


@pytest.mark.parametrize("name", ["tls", "wss"])
@pytest.mark.parametrize("replaced", [False, True], ids=["no replacement", "broken replacement"])
def test_an_expired_certificate_without_a_good_replacement_is_misconfigured(
    facility: Facility, serving: Serving, made: Certificates, name: str, replaced: bool
) -> None:
    facility.put(name, made.short)
    clock = HeldClock()
    channel = facility.channel(url(serving), clock)
    if replaced:
        facility.file(name).path.write_bytes(b"garbage")
    clock.at += timedelta(days=3)
    with pytest.raises(Misconfigured, match=rf"{name}\.p12 expired on \d{{4}}-\d\d-\d\d") as caught:
        exchange(channel)
    assert caught.value.code == "CERTIFICATE_EXPIRED"
    assert ("replacement cannot be used" in caught.value.message) is replaced
    assert facility.seen == [], "nothing was sent"


def test_a_new_file_is_taken_up_when_its_day_comes(tmp_path: Path, made: Certificates) -> None:
    """An operator may put tomorrow's certificate in place today; nobody touches the file again."""
    facility = Facility(tmp_path, made, (".p12",))
    facility.put("wss", made.wss[0])
    file = facility.file("wss")
    signing = Rotating(file.paths, lambda now: load_identity(file, now=now), now=TODAY)
    first = signing.latest
    facility.put("wss", made.early)
    assert signing.current(TODAY) is first
    assert signing.current(TODAY + timedelta(days=1, hours=1)).certificate != first.certificate


def test_a_broken_file_is_not_read_at_every_call(tmp_path: Path) -> None:
    path, reads = tmp_path / "file", []
    path.write_text("good")

    def make(now: datetime) -> str:
        reads.append(now)
        if path.read_text() != "good":
            raise Misconfigured(f"{path} is bad", setting=str(path))
        return "value"

    rotating = Rotating((path,), make, now=TODAY)
    path.write_text("broken")
    for seconds in (0, 1, 59, 60, 61):
        assert rotating.current(TODAY + timedelta(seconds=seconds)) == "value"
    assert len(reads) == 3, "at the start, when it broke, a minute later"


def test_the_simulator_sees_the_new_certificates(made: Certificates, tmp_path: Path) -> None:
    """Ours were revoked there: nothing goes through until the files are replaced, and then all does."""
    facility = Facility(tmp_path, made, (".p12",))
    facility.put("tls", made.tls[0])
    facility.put("wss", made.wss[0])
    mappings, day = resources.mappings(), TODAY.date()
    tables, refusals = load_tables(mappings), load_refusals(mappings)
    contract = load_bound_contract(resources.wsdl(), mappings, "cer", tables)
    names = load_context_names(mappings, "cer")
    us = CallerIdentity(
        entity_root="2.16.840.1.113883.3.4424.2.3.1",
        entity_extension="000000927722",
        user_root="2.16.840.1.113883.3.4424.1.6.2",
        user_extension="5425740",
        workplace_root="2.16.840.1.113883.3.4424.2.3.3",
        workplace_extension="001",
        role="PRACOWNIK_ADMINISTRACYJNY",
    )

    class Clock(HeldClock):
        def now(self) -> datetime:
            return datetime.now(UTC)

    with Simulator(SimulatorConfig(certificates=made.ca.parent, crl=made.revoked)) as simulator:
        channel = SoapChannel(
            facility.config(simulator.urls.cer),
            clock=Clock(),
            refusals=refusals,
            context_block=lambda _: build_context(us, names),
            read_fault=contract.read_fault,
        )
        registry = CerRegistry(contract, tables, channel, partial(judge_result, refusals, channel="cer"), Clock())
        with pytest.raises((Misconfigured, Unavailable)):  # under TLS 1.3 the refusal may get lost: see transport.py
            registry.list_slots(CONTEXT, "schedule-1", day)
        facility.put("tls", made.tls[1])
        with pytest.raises(Misconfigured, match="Our certificate is not valid"):
            registry.list_slots(CONTEXT, "schedule-1", day)
        facility.put("wss", made.wss[1])
        assert registry.list_slots(CONTEXT, "schedule-1", day).slots == ()
        channel.close()
