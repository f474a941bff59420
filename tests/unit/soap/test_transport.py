"""What leaves, what may come back, and what is known when nothing does; over real TLS on loopback."""

from __future__ import annotations

import gzip
import os
import socket
import stat
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from ssl import TLSVersion

import pytest
import soap_attacks
from lxml import etree
from scripted_server import (
    ScriptedServer,
    Step,
    answer,
    close,
    dribble,
    raw,
    reset,
    scripted_server,
    silence,
    then_close,
)

from adapter import resources
from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.ports import CallContext
from adapter.simulator.certificates import BadCertificates, TestCertificates
from adapter.soap.channel import FacilityChannels, SoapChannel
from adapter.soap.endpoint import EndpointConfig, RepliesSigned
from adapter.soap.envelope import build_envelope
from adapter.soap.faults import load_refusals
from adapter.soap.keys import Identity, IdentityFile, load_identity
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import Signer, sign
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin
from adapter.soap.version import SOAP_11, SOAP_12, SoapVersion
from adapter.soap.wire import BoundOperation, FaultDetail

OPERATION = BoundOperation("cer", "save_visit", "operation", "urn:operation")
CONTEXT = CallContext("demo", "correlation-1", "message-1")
LIMIT = 200_000
MAJOR = "urn:csioz:p1:kodBleduMajor:"


class Now:
    """The machine's time: TLS looks at it too."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


def read_fault(detail: etree._Element) -> list[FaultDetail]:
    return [FaultDetail(each.get("major", ""), each.get("minor", ""), each.text or "") for each in detail]


class World:
    """Both sides: makes servers, channels and signed answers."""

    def __init__(self, good: TestCertificates, bad: BadCertificates) -> None:
        self.good, self.bad = good, bad
        pair = load_identity(IdentityFile(good.cer_wss.certificate, good.cer_wss.key), now=datetime.now(UTC))
        self.signer = Signer(pair.certificate, pair.key)
        self.count = 0

    def signed(
        self,
        content: str = "<r:done xmlns:r='urn:r'><n>1</n></r:done>",
        *,
        age_seconds: int = 0,
        soap: SoapVersion = SOAP_11,
    ) -> bytes:
        self.count += 1
        at = datetime.now(UTC) - timedelta(seconds=age_seconds)
        return sign(build_envelope(None, etree.fromstring(content), soap), self.signer, now=at, nonce=str(self.count))

    def server(
        self, *steps: Step, client_ca: Path | None = None, newest: TLSVersion = TLSVersion.TLSv1_3
    ) -> AbstractContextManager[ScriptedServer]:
        tls = self.good.server_tls
        return scripted_server(tls.certificate, tls.key, client_ca or self.good.ca, *steps, newest=newest)

    def config(self, url: str) -> EndpointConfig:
        transport = TransportConfig(
            url,
            self.good.ca,
            connect_timeout_seconds=10,
            read_timeout_seconds=10,
            reply_seconds_max=10,
            reply_bytes_max=LIMIT,
        )
        return EndpointConfig(
            channel="cer",
            transport=transport,
            tls=IdentityFile(self.good.client_tls.certificate, self.good.client_tls.key),
            signing=IdentityFile(self.good.client_wss.certificate, self.good.client_wss.key),
            signer=SignerPin(self.good.ca, ("Test CeR WSS",), (self.good.crl,)),
        )

    def channel(self, config: EndpointConfig, replays: ReplayMemory | None = None) -> SoapChannel:
        return SoapChannel(
            config,
            clock=Now(),
            refusals=load_refusals(resources.mappings()),
            context_block=lambda context: etree.Element("{urn:context}context", facility=context.facility),
            read_fault=read_fault,
            replays=replays,
        )


@pytest.fixture(autouse=True)
def keys_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a key checks its primes, slowly; these tests make a hundred channels with the same ones."""
    monkeypatch.setattr("adapter.soap.channel.load_identity", _load_once)


@cache
def _load_of_day(file: IdentityFile, day: date) -> Identity:
    return load_identity(file, now=datetime.now(UTC))


def _load_once(file: IdentityFile, *, now: datetime) -> Identity:
    return _load_of_day(file, now.date())


@pytest.fixture(scope="module")
def world(live: tuple[TestCertificates, BadCertificates]) -> World:
    return World(*live)


def exchange(channel: SoapChannel, *, write: bool = True, operation: BoundOperation = OPERATION) -> etree._Element:
    return channel.exchange(CONTEXT, operation, etree.fromstring("<q:ask xmlns:q='urn:q'/>"), write=write).content


def failure(
    world: World,
    *steps: Step,
    write: bool,
    optional: bool = False,
    patient: bool = True,
    operation: BoundOperation = OPERATION,
) -> tuple[AdapterError, ScriptedServer]:
    """The error of one exchange with a server that does this."""
    with world.server(*steps) as server:
        config = world.config(server.url)
        if not patient:
            hasty = replace(
                config.transport, connect_timeout_seconds=1, read_timeout_seconds=0.4, reply_seconds_max=0.6
            )
            config = replace(config, transport=hasty)
        if optional:
            config = replace(config, replies_signed=RepliesSigned.OPTIONAL)
        channel = world.channel(config)
        with pytest.raises(AdapterError) as caught:
            exchange(channel, write=write, operation=operation)
        channel.close()
        assert caught.value.correlation_id == CONTEXT.correlation_id
        return caught.value, server


# ------------------------------------------------------------------ it works


def test_a_signed_answer_comes_back_and_the_request_was_signed(world: World) -> None:
    with world.server(answer(world.signed(), headers=("Date: Sat, 21 Nov 2026 10:00:00 GMT",))) as server:
        channel = world.channel(world.config(server.url))
        before = datetime.now(UTC)
        content = exchange(channel)
        assert content.tag == "{urn:r}done"
        headers, body = server.requests[0]
    assert headers["Content-Type"] == "text/xml; charset=utf-8"
    assert headers["SOAPAction"] == "urn:operation"
    sent = soap_attacks.parse(body)
    assert [each.tag.partition("}")[2] for each in sent[0]] == ["Security", "context"]
    assert [each.tag.partition("}")[2] for each in sent[0][0]] == ["Timestamp", "BinarySecurityToken", "Signature"]
    assert channel.last_server_time is not None
    assert abs(channel.last_server_time.server_at - before) < timedelta(seconds=5), "the signed time, not HTTP's Date"


def test_connections_are_kept_alive(world: World) -> None:
    with world.server(*(answer(world.signed()) for _ in range(3))) as server:
        channel = world.channel(world.config(server.url))
        for _ in range(3):
            exchange(channel)
        assert (len(server.requests), server.connections) == (3, 1)


def test_threads_may_share_a_channel(world: World) -> None:
    with world.server(*(answer(world.signed()) for _ in range(24))) as server:
        channel = world.channel(world.config(server.url))
        done: list[str] = []
        threads = [
            threading.Thread(target=lambda: done.extend(exchange(channel).tag for _ in range(6))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert done == ["{urn:r}done"] * 24


def test_a_packed_answer_is_unpacked(world: World) -> None:
    with world.server(answer(gzip.compress(world.signed()), headers=("Content-Encoding: gzip",))) as server:
        assert exchange(world.channel(world.config(server.url))).tag == "{urn:r}done"


def test_a_facility_uses_its_own_channel(world: World) -> None:
    with world.server(answer(world.signed())) as server:
        channels = FacilityChannels({"demo": world.channel(world.config(server.url))})
        content = etree.fromstring("<q:ask xmlns:q='urn:q'/>")
        assert channels.exchange(CONTEXT, OPERATION, content, write=True).content.tag == "{urn:r}done"
        with pytest.raises(Misconfigured, match="other"):
            channels.exchange(replace(CONTEXT, facility="other"), OPERATION, content, write=True)
        channels.close()


# ------------------------------------------------------------------ nothing was sent


@pytest.mark.parametrize("write", [False, True])
def test_a_refused_connection_is_unavailable(world: World, write: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        exchange(world.channel(world.config(f"https://127.0.0.1:{port}/")), write=write)
    assert caught.value.code == "EXCHANGE_NOT_SENT"


@pytest.mark.parametrize("write", [False, True])
def test_an_unknown_host_is_unavailable(world: World, write: bool) -> None:
    with pytest.raises(Unavailable):
        exchange(world.channel(world.config("https://nowhere.invalid/")), write=write)


@pytest.mark.parametrize("write", [False, True])
def test_a_handshake_that_breaks_is_unavailable(world: World, write: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 400 this is no TLS\r\n\r\n")
            connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(Unavailable) as caught:
            exchange(world.channel(world.config(f"https://127.0.0.1:{listener.getsockname()[1]}/")), write=write)
    assert caught.value.code == "EXCHANGE_NOT_SENT"


def test_a_server_of_another_authority_is_not_spoken_to(world: World) -> None:
    """Only the configured bundle counts, not the authorities that the machine or Python trusts."""
    with world.server(answer(world.signed())) as server:
        config = world.config(server.url)
        config = replace(config, transport=replace(config.transport, ca_bundle=world.bad.other_ca))
        with pytest.raises(Misconfigured) as caught:
            exchange(world.channel(config))
        assert (caught.value.code, server.requests) == ("EXCHANGE_SERVER_CERTIFICATE", [])


def test_the_public_authorities_are_not_trusted(world: World) -> None:
    """requests would add certifi's list to any context, were it not told otherwise."""
    with world.server(answer(world.signed())) as server:
        channel = world.channel(world.config(server.url))
        exchange(channel)
        context = channel._tls.latest._session.adapters["https://"]._context  # type: ignore[attr-defined]
        assert len(context.get_ca_certs()) == 1


def test_the_environment_is_not_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(world.bad.other_ca))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(world.bad.other_ca))
    with world.server(answer(world.signed())) as server:
        exchange(world.channel(world.config(server.url)))


def test_a_refused_client_certificate_is_misconfigured(world: World) -> None:
    """The server trusts another authority: it ends the handshake and reads no message."""
    with world.server(answer(world.signed()), client_ca=world.bad.other_ca, newest=TLSVersion.TLSv1_2) as server:
        with pytest.raises(Misconfigured) as caught:
            exchange(world.channel(world.config(server.url)))
        assert (caught.value.code, server.requests) == ("EXCHANGE_CLIENT_CERTIFICATE", [])


def test_a_client_certificate_refused_late_is_never_a_success(world: World) -> None:
    """In TLS 1.3 the refusal races with our first bytes, and a reset may swallow it: then we know less, safely."""
    with world.server(answer(world.signed()), client_ca=world.bad.other_ca) as server:
        with pytest.raises((Misconfigured, Unavailable, InDoubt)) as caught:
            exchange(world.channel(world.config(server.url)))
        codes = {"EXCHANGE_CLIENT_CERTIFICATE", "EXCHANGE_NOT_SENT", "EXCHANGE_LOST"}
        assert (caught.value.code in codes, server.requests) == (True, [])


# ------------------------------------------------------------------ it was sent, and then?

SENT_SECONDS_MAX = 7
"""No server keeps us longer than our limits, 2 seconds in these tests; theirs go on for ten and more."""

# name                              what the server does                            on a write    code
SENT = [
    ("closed without an answer", lambda world: close, "EXCHANGE_LOST"),
    ("reset", lambda world: reset, "EXCHANGE_LOST"),
    ("silence", lambda world: silence, "EXCHANGE_TIMEOUT"),
    ("half an answer", lambda world: _half(world.signed()), "EXCHANGE_LOST"),
    ("half a chunked answer", lambda world: _half_chunked(world.signed()), "EXCHANGE_LOST"),
    ("dribbling", lambda world: _dribbling(), "EXCHANGE_TIMEOUT"),
    ("no HTTP", lambda world: then_close(raw(b"garbage\r\n\r\n")), "EXCHANGE_LOST"),
    ("too large, announced", lambda world: answer(b" " * (LIMIT + 1)), "EXCHANGE_TOO_LARGE"),
    ("gzip bomb", lambda world: _packed(b" " * LIMIT * 500), "EXCHANGE_TOO_LARGE"),
    ("damaged gzip", lambda world: answer(b"no gzip", headers=("Content-Encoding: gzip",)), "EXCHANGE_LOST"),
    ("cut gzip", lambda world: _cut_gzip(world.signed()), "EXCHANGE_LOST"),
    ("unknown packing", lambda world: answer(b"x", headers=("Content-Encoding: br",)), "EXCHANGE_CONTENT_TYPE"),
    ("HTML", lambda world: answer(b"<html/>", content_type="text/html"), "EXCHANGE_CONTENT_TYPE"),
    ("SOAP 1.2", lambda world: answer(world.signed(), content_type="application/soap+xml"), "EXCHANGE_CONTENT_TYPE"),
    ("another charset", lambda world: answer(world.signed(), content_type="text/xml; charset=iso-8859-2"),
     "EXCHANGE_CONTENT_TYPE"),
    ("multipart", lambda world: answer(world.signed(), content_type="multipart/related"), "EXCHANGE_CONTENT_TYPE"),
    ("malformed", lambda world: answer(b"<not closed"), "EXCHANGE_MALFORMED"),
    ("empty", lambda world: answer(b""), "EXCHANGE_MALFORMED"),
    ("DTD", lambda world: answer(b"<!DOCTYPE a><a/>"), "EXCHANGE_MALFORMED"),
    ("unsigned", lambda world: answer(_unsigned(world.signed())), "EXCHANGE_UNVERIFIED"),
    ("changed", lambda world: answer(world.signed().replace(b"<n>1", b"<n>2")), "EXCHANGE_UNVERIFIED"),
    ("old", lambda world: answer(world.signed(age_seconds=600)), "EXCHANGE_UNVERIFIED"),
    ("answer as 500", lambda world: answer(world.signed(), status=500), "EXCHANGE_MALFORMED"),
    ("no HTTP, in the words of an alert", lambda world: then_close(raw(b"TLS ALERT UNKNOWN_CA\r\n\r\n")),
     "EXCHANGE_LOST"),
    ("endless 100 Continue", lambda world: dribble(b"HTTP/1.1 100 Continue\r\n\r\n" * 90, pause_seconds=0.005),
     "EXCHANGE_TIMEOUT"),
    ("headers that dribble", lambda world: dribble(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300, pause_seconds=0.05),
     "EXCHANGE_TIMEOUT"),
    ("trailers without end", lambda world: _trailers(world.signed()), "EXCHANGE_TIMEOUT"),
]  # fmt: skip


def _half(message: bytes) -> Step:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(message)}\r\n\r\n".encode()
    return then_close(raw(head + message[: len(message) // 2]))


def _half_chunked(message: bytes) -> Step:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    return then_close(raw(head + b"%x\r\n" % len(message) + message + b"\r\n"))


def _dribbling() -> Step:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 500\r\n\r\n"
    slow = dribble(b" " * 500, pause_seconds=0.05)

    def step(connection: object) -> None:
        raw(head)(connection)  # type: ignore[arg-type]
        slow(connection)  # type: ignore[arg-type]

    return step


def _trailers(message: bytes) -> Step:
    """A whole chunked answer, and then header lines for ever."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    slow = dribble(b"X: x\r\n" * 400, pause_seconds=0.005)

    def step(connection: object) -> None:
        raw(head + b"%x\r\n" % len(message) + message + b"\r\n0\r\n")(connection)  # type: ignore[arg-type]
        slow(connection)  # type: ignore[arg-type]

    return step


def _packed(content: bytes) -> Step:
    return answer(gzip.compress(content), headers=("Content-Encoding: gzip",))


def _cut_gzip(message: bytes) -> Step:
    return answer(gzip.compress(message)[:-20], headers=("Content-Encoding: gzip",))


def _unsigned(message: bytes) -> bytes:
    root = soap_attacks.parse(message)
    soap_attacks.unsigned(root)
    return soap_attacks.dump(root)


@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
@pytest.mark.parametrize(("name", "make", "code"), SENT, ids=[row[0] for row in SENT])
def test_an_answer_that_cannot_be_believed(
    world: World, name: str, make: Callable[[World], Step], code: str, write: bool
) -> None:
    """A write is in doubt, a read is simply to be done again; never a success, never sent twice."""
    began = time.monotonic()
    error, server = failure(world, make(world), write=write, patient=code != "EXCHANGE_TIMEOUT")
    assert code != "EXCHANGE_TIMEOUT" or time.monotonic() - began < SENT_SECONDS_MAX, name
    assert (type(error), error.code) == (InDoubt if write else Unavailable, code), name
    assert len(server.requests) == 1


def test_an_answer_over_the_limit_is_not_read_to_its_end(world: World) -> None:
    """Streamed: a server that never ends is left after the limit."""
    sent: list[int] = []

    def endless(connection: object) -> None:
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")(connection)  # type: ignore[arg-type]
        while True:
            connection.sendall(b" " * 65536)  # type: ignore[attr-defined]
            sent.append(65536)

    error, _ = failure(world, endless, write=True)
    assert error.code == "EXCHANGE_TOO_LARGE"
    assert sum(sent) < 50_000_000


def test_a_redirect_without_end_is_not_read_to_its_end(world: World) -> None:
    """requests would read the whole body of a redirect, even of one that is not followed."""
    sent: list[int] = []

    def endless(connection: object) -> None:
        raw(b"HTTP/1.1 302 X\r\nLocation: /elsewhere\r\nContent-Type: text/xml\r\n\r\n")(connection)  # type: ignore[arg-type]
        while sum(sent) < 80_000_000:
            connection.sendall(b" " * 65536)  # type: ignore[attr-defined]
            sent.append(65536)

    error, _ = failure(world, then_close(endless), write=True)
    assert (type(error), error.code) == (InDoubt, "EXCHANGE_TOO_LARGE")
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize("location", ["http://[", "\xff\xfe", "//"])
def test_a_redirect_to_nowhere_is_a_redirect(world: World, location: str) -> None:
    head = f"HTTP/1.1 302 X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    error, _ = failure(world, raw(head), write=True)
    assert (type(error), error.code) == (Misconfigured, "HTTP_302")


# header                                                  why it is met
HEADERS = [
    (b"Date: Sat, 21 Nov 99999999999 10:00:00 GMT", "a year that no machine knows"),
    (b"Date: Sat, 21 Nov 2026 10:00:00 +999999999999999999", "a time zone that no machine knows"),
    (b"Content-Length: \xb2", "a digit that is no number"),
    (b"Content-Length: " + b"9" * 5000, "a number that is too long to be read"),
]


@pytest.mark.parametrize(("header", "why"), HEADERS, ids=[row[1] for row in HEADERS])
def test_a_header_that_cannot_be_read_spoils_nothing(world: World, header: bytes, why: str) -> None:
    """Or spoils the exchange, as an exchange that broke: what it never does is crash."""
    message = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n" + header + b"\r\n\r\n" + world.signed()
    with world.server(then_close(raw(message))) as server:
        assert exchange(world.channel(world.config(server.url))).tag == "{urn:r}done", why


# when the list is spoilt    write   kind            code                 what is known
SPOILT = [
    ("before", False, Misconfigured, "MISCONFIGURED", "nothing was sent"),
    ("before", True, Misconfigured, "MISCONFIGURED", "nothing was sent"),
    ("meanwhile", False, Misconfigured, "EXCHANGE_SIGNER", "it was read for nothing"),
    ("meanwhile", True, InDoubt, "EXCHANGE_SIGNER", "it was sent, and it may have been done"),
]


@pytest.mark.parametrize("case", SPOILT, ids=[f"{row[0]}, {'write' if row[1] else 'read'}" for row in SPOILT])
def test_a_revocation_list_that_is_spoilt(
    world: World, tmp_path: Path, case: tuple[str, bool, type[AdapterError], str, str]
) -> None:
    """A message that was sent is never put back in line because of a file of ours."""
    when, write, kind, code, known = case
    crl = tmp_path / "current.crl"
    crl.write_bytes(world.good.crl.read_bytes())
    message = world.signed()

    def spoil(connection: object) -> None:
        crl.write_text("half a li")
        answer(message)(connection)  # type: ignore[arg-type]

    with world.server(spoil) as server:
        config = replace(world.config(server.url), signer=SignerPin(world.good.ca, ("Test CeR WSS",), (crl,)))
        channel = world.channel(config)
        if when == "before":
            crl.write_text("half a list")
        with pytest.raises(AdapterError, match=r"current\.crl") as caught:
            exchange(channel, write=write)
        assert (type(caught.value), caught.value.code) == (kind, code), known
        assert len(server.requests) == (when == "meanwhile")


@pytest.mark.parametrize(("write", "kind"), [(False, Misconfigured), (True, InDoubt)])
def test_an_answer_of_a_stranger_with_a_good_signature(world: World, write: bool, kind: type[AdapterError]) -> None:
    """Its certificate chain is wrong: an operator must look; but a write may have happened."""
    stranger = load_identity(
        IdentityFile(world.bad.stranger_wss.certificate, world.bad.stranger_wss.key), now=Now().now()
    )
    message = soap_attacks.forge(world.signed(), stranger.key, stranger.certificate, datetime.now(UTC))
    error, _ = failure(world, answer(message), write=write)
    assert (type(error), error.code) == (kind, "EXCHANGE_SIGNER")


def test_an_answer_that_was_given_before_is_not_believed_again(world: World) -> None:
    with world.server(answer(world.signed())) as server:
        channel = world.channel(world.config(server.url))
        exchange(channel)
        with pytest.raises(InDoubt, match="received before"):
            exchange(channel)


def test_an_answer_to_one_facility_is_not_believed_in_another(world: World) -> None:
    memory = ReplayMemory(window_seconds=420)
    with world.server(answer(world.signed())) as server:
        exchange(world.channel(world.config(server.url), memory))
        with pytest.raises(InDoubt, match="received before"):
            exchange(world.channel(world.config(server.url), memory))


def test_a_redirect_is_not_followed(world: World) -> None:
    with world.server(answer(world.signed())) as other:
        error, server = failure(world, answer(b"", status=307, headers=(f"Location: {other.url}",)), write=True)
        assert other.requests == []
    assert (type(error), error.code, len(server.requests)) == (Misconfigured, "HTTP_307", 1)


# status   read          write
STATUSES = [
    (503, Unavailable, Unavailable),
    (502, Unavailable, InDoubt),
    (504, Unavailable, InDoubt),
    (500, Unavailable, InDoubt),
    (599, Unavailable, InDoubt),
    (429, Unavailable, Unavailable),
    (400, Rejected, InDoubt),
    (418, Rejected, InDoubt),
    (404, Misconfigured, Misconfigured),
    (403, Misconfigured, Misconfigured),
    (204, Unavailable, InDoubt),
]


@pytest.mark.parametrize(("status", "read", "write"), STATUSES, ids=[str(row[0]) for row in STATUSES])
def test_an_http_status_without_soap_is_judged_by_the_table(
    world: World, status: int, read: type[AdapterError], write: type[AdapterError]
) -> None:
    step = answer(b"" if status == 204 else b"oops", status=status, content_type="text/plain")
    assert type(failure(world, step, write=False)[0]) is read
    error = failure(world, step, write=True)[0]
    assert (type(error), error.code) == (write, f"HTTP_{status}")


# ------------------------------------------------------------------ faults and unsigned answers


def _fault(world: World, major: str = "", *, signed: bool = True, code: str = "s:Server") -> Step:
    detail = (
        f"<detail><e:errors xmlns:e='urn:e'><e:error major='{major}'>PESEL 90010112345</e:error></e:errors></detail>"
    )
    content = (
        "<s:Fault xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>"
        f"<faultcode>{code}</faultcode><faultstring>x</faultstring>{detail if major else ''}</s:Fault>"
    )
    message = world.signed(content)
    return answer(message if signed else _unsigned(message), status=500)


# major                        signed   read           write         why
FAULTS = [
    ("bladWewnetrzny", True, Unavailable, InDoubt, "their inner error says nothing of what was done"),
    ("bladPodpisuKomunikatuWSS", True, Misconfigured, Misconfigured, "our signature: no retry helps"),
    ("neverHeardOf", True, Rejected, InDoubt, "an unknown fault"),
    ("", True, Unavailable, InDoubt, "a bare Server fault"),
    ("bladWewnetrzny", False, Unavailable, InDoubt, "unauthenticated"),
    ("bladPodpisuKomunikatuWSS", False, Misconfigured, Misconfigured, "unauthenticated, but nothing to be done twice"),
    ("neverHeardOf", False, Rejected, InDoubt, "unauthenticated and unknown"),
]


@pytest.mark.parametrize("case", FAULTS, ids=[row[4] for row in FAULTS])
def test_a_fault_is_reported_as_what_it_is(
    world: World, case: tuple[str, bool, type[AdapterError], type[AdapterError], str]
) -> None:
    major, signed, read, write, why = case
    national = f"{MAJOR}{major}" if major else ""
    for kind, is_write in ((read, False), (write, True)):
        error, _ = failure(world, _fault(world, national, signed=signed), write=is_write)
        assert type(error) is kind, why
        assert (national or "Server") in error.message
        assert "90010112345" not in error.message, "a message holds no person"
        assert error.message.startswith("unauthenticated") is not signed
        assert error.code == ("SOAP_FAULT" if signed else "SOAP_FAULT_UNAUTHENTICATED")


def test_an_unauthenticated_refusal_proves_nothing_about_a_write(world: World) -> None:
    """Signed, a Client fault is a refusal; unsigned it could be anybody's word."""
    assert type(failure(world, _fault(world, code="s:Client"), write=True)[0]) is Rejected
    assert type(failure(world, _fault(world, code="s:Client", signed=False), write=True)[0]) is InDoubt


@pytest.mark.parametrize("status", [503, 429, 403, 400])
def test_a_fault_is_judged_as_a_fault_whatever_its_status(world: World, status: int) -> None:
    """503 without SOAP means that nothing happened; a service that speaks for itself says what did."""
    fault = "<s:Fault xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>s:Server</faultcode></s:Fault>"
    error, _ = failure(world, answer(world.signed(fault), status=status), write=True)
    assert (type(error), error.code) == (InDoubt, "SOAP_FAULT")
    assert failure(world, answer(b"<oops/>", status=status), write=True)[0].code == f"HTTP_{status}"


def test_a_fault_with_a_bad_signature_is_not_even_a_fault(world: World) -> None:
    step = answer(soap_attacks.dump(_broken_fault(world)), status=500)
    error, _ = failure(world, step, write=True)
    assert (type(error), error.code) == (InDoubt, "EXCHANGE_UNVERIFIED")


def _broken_fault(world: World) -> etree._Element:
    root = soap_attacks.parse(
        world.signed(
            "<s:Fault xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>s:Client</faultcode></s:Fault>"
        )
    )
    soap_attacks.signature_value_changed(root)
    return root


def test_where_signatures_are_optional_an_unsigned_answer_is_taken(world: World) -> None:
    with world.server(answer(_unsigned(world.signed()))) as server:
        config = replace(world.config(server.url), replies_signed=RepliesSigned.OPTIONAL)
        assert exchange(world.channel(config)).tag == "{urn:r}done"


def test_where_signatures_are_optional_a_bad_one_is_refused_all_the_same(world: World) -> None:
    error, _ = failure(world, answer(world.signed().replace(b"<n>1", b"<n>2")), write=True, optional=True)
    assert error.code == "EXCHANGE_UNVERIFIED"


def test_where_signatures_are_required_somebody_must_be_pinned(world: World) -> None:
    with pytest.raises(Misconfigured, match="pinned"):
        world.channel(replace(world.config("https://127.0.0.1:1/"), signer=None))


# ------------------------------------------------------------------ SOAP 1.2

NEWER = replace(OPERATION, soap_version="1.2")
SOAP_12_TYPE = "application/soap+xml; charset=utf-8"


def test_soap_1_2_is_spoken_where_the_operation_says_so(world: World) -> None:
    with world.server(answer(world.signed(soap=SOAP_12), content_type=SOAP_12_TYPE)) as server:
        content = exchange(world.channel(world.config(server.url)), operation=NEWER)
        headers, body = server.requests[0]
    assert content.tag == "{urn:r}done"
    assert headers["Content-Type"] == 'application/soap+xml; charset=utf-8; action="urn:operation"'
    assert "SOAPAction" not in headers
    assert soap_attacks.parse(body).tag == SOAP_12.envelope


def _newer_fault(world: World, code: str, major: str = "", *, status: int, signed: bool = True) -> Step:
    detail = f"<s:Detail><e:errors xmlns:e='urn:e'><e:error major='{MAJOR}{major}'/></e:errors></s:Detail>"
    message = world.signed(
        f"<s:Fault xmlns:s='{SOAP_12.namespace}'><s:Code><s:Value>s:{code}</s:Value>"
        "<s:Subcode><s:Value xmlns:x='urn:x'>x:more</s:Value></s:Subcode></s:Code>"
        f"<s:Reason><s:Text xml:lang='pl'>PESEL 90010112345</s:Text></s:Reason>{detail if major else ''}</s:Fault>",
        soap=SOAP_12,
    )
    if not signed:
        root = soap_attacks.parse(message)
        root[0].remove(root[0][0])
        message = soap_attacks.dump(root)
    return answer(message, status=status, content_type=SOAP_12_TYPE)


# code                  major                       status  signed  read           write
NEWER_FAULTS = [
    ("Sender", "", 400, True, Rejected, Rejected),
    ("Sender", "", 400, False, Rejected, InDoubt),
    ("Receiver", "", 500, True, Unavailable, InDoubt),
    ("Receiver", "bladWewnetrzny", 500, True, Unavailable, InDoubt),
    ("Sender", "bladPodpisuKomunikatuWSS", 400, True, Misconfigured, Misconfigured),
    ("Sender", "neverHeardOf", 400, True, Rejected, InDoubt),
    ("MustUnderstand", "", 500, True, Misconfigured, Misconfigured),
    ("VersionMismatch", "", 500, True, Misconfigured, Misconfigured),
    ("DataEncodingUnknown", "", 500, True, Misconfigured, Misconfigured),
]


@pytest.mark.parametrize("case", NEWER_FAULTS, ids=["-".join(map(str, row[:4])) for row in NEWER_FAULTS])
def test_a_soap_1_2_fault_is_reported_as_what_it_is(
    world: World, case: tuple[str, str, int, bool, type[AdapterError], type[AdapterError]]
) -> None:
    code, major, status, signed, read, write = case
    for kind, is_write in ((read, False), (write, True)):
        step = _newer_fault(world, code, major, status=status, signed=signed)
        error, _ = failure(world, step, write=is_write, operation=NEWER)
        assert type(error) is kind
        assert (major or code) in error.message
        assert "90010112345" not in error.message
        assert error.message.startswith("unauthenticated") is not signed


def test_an_answer_in_the_other_version_is_none(world: World) -> None:
    """By its content type, and by what it is."""
    error, _ = failure(world, answer(world.signed()), write=True, operation=NEWER)
    assert (type(error), error.code) == (InDoubt, "EXCHANGE_CONTENT_TYPE")
    error, _ = failure(world, answer(world.signed(), content_type=SOAP_12_TYPE), write=True, operation=NEWER)
    assert (type(error), error.code) == (InDoubt, "EXCHANGE_MALFORMED")


def test_a_version_that_nobody_speaks_is_named_before_anything_is_sent(world: World) -> None:
    channel = world.channel(world.config("https://127.0.0.1:1/"))
    with pytest.raises(Misconfigured, match=r"1\.1 and 1\.2 are spoken here, not 2\.0"):
        exchange(channel, operation=replace(OPERATION, soap_version="2.0"))


# ------------------------------------------------------------------ configuration


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://user:word@127.0.0.1/", "127.0.0.1", "file:///etc/passwd"]
)
def test_only_https_without_a_user_is_an_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(Misconfigured):
        TransportConfig(url, tmp_path / "ca.pem")


def test_a_ca_bundle_that_cannot_be_read_is_named(world: World, tmp_path: Path) -> None:
    config = world.config("https://127.0.0.1:1/")
    with pytest.raises(Misconfigured, match=r"nothing\.pem"):
        world.channel(replace(config, transport=replace(config.transport, ca_bundle=tmp_path / "nothing.pem")))


def test_an_expired_tls_certificate_is_named_with_its_date(world: World) -> None:
    config = replace(
        world.config("https://127.0.0.1:1/"), tls=IdentityFile(world.bad.expired_tls.p12, password="pomost-test")
    )
    with pytest.raises(Misconfigured, match=r"expired-tls\.p12 expired on \d{4}-\d\d-\d\d"):
        world.channel(config)


def test_private_keys_leave_no_file_behind(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without memfd (not Linux) the key passes through a file that only we may read, and that is gone at once."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delattr(os, "memfd_create", raising=False)
    seen: list[int] = []
    load = __import__("ssl").SSLContext.load_cert_chain

    def spy(self: object, path: str, *args: object) -> None:
        seen.append(stat.S_IMODE(Path(path).stat().st_mode))
        assert Path(path).is_relative_to(tmp_path)
        load(self, path, *args)

    monkeypatch.setattr("ssl.SSLContext.load_cert_chain", spy)
    world.channel(world.config("https://127.0.0.1:1/"))
    assert seen == [0o600]
    assert list(tmp_path.iterdir()) == []


def test_what_is_said_beyond_an_answer_is_not_taken_for_the_next_one(world: World) -> None:
    """A server that answers twice in one breath: the second answer is nobody's, and its connection is left."""
    first = world.signed("<r:done xmlns:r='urn:r'>" + "<r:n/>" * 3000 + "</r:done>")
    stray = world.signed("<r:stray xmlns:r='urn:r'/>")
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n"
    twice = b"".join(head.format(len(each)).encode() + each for each in (first, stray))
    with world.server(raw(twice), answer(world.signed())) as server:
        channel = world.channel(world.config(server.url))
        assert exchange(channel).tag == "{urn:r}done"
        assert exchange(channel).tag == "{urn:r}done"
        assert server.connections == 2
