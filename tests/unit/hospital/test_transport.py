"""Failures on a real socket are sorted rightly: did the request leave, or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapter.errors import AdapterError, InDoubt, Misconfigured, Unavailable
from adapter.hospital.auth import BasicAuth, BearerAuth, NoAuth
from adapter.hospital.config import HospitalConfig
from adapter.hospital.transport import Transport

LIMIT = 10_000
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on loopback that does one odd thing for each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                behave(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
    finally:
        listener.close()


def transport(url: str, **more: object) -> Transport:
    limits = {"read_timeout_seconds": 0.3, "connect_timeout_seconds": 1, "reply_bytes_max": LIMIT}
    return Transport(HospitalConfig("rest", url=url, **limits, **more))  # type: ignore[arg-type]


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def closing(connection: socket.socket) -> None:
    connection.close()


def half(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")


def huge(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b" " * 20000)


def noise(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH\r\n")


# behaviour  reading          writing        why
CASES: list[tuple[Callable[[socket.socket], None], type[AdapterError], type[AdapterError], str]] = [
    (silent, Unavailable, InDoubt, "no answer in time"),
    (closing, Unavailable, InDoubt, "closed without a word"),
    (half, Unavailable, InDoubt, "half an answer"),
    (noise, Unavailable, InDoubt, "no HTTP"),
    (huge, Misconfigured, InDoubt, "an answer over the limit"),
]


@pytest.mark.parametrize("case", CASES, ids=[row[3] for row in CASES])
def test_what_may_have_arrived_is_in_doubt(
    case: tuple[Callable[[socket.socket], None], type[AdapterError], type[AdapterError], str],
) -> None:
    behave, on_read, on_write, _ = case
    with server(behave) as url:
        made = transport(url)
        with pytest.raises(on_read):
            made.call("GET", url)
        with pytest.raises(on_write):
            made.call("PUT", url, body=b"{}")


def test_what_never_left_is_unavailable_even_for_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/fhir"
    with pytest.raises(Unavailable):
        transport(url).call("PUT", url, body=b"{}")
    unknown = "http://no-such-host.invalid/fhir"
    with pytest.raises(Unavailable):
        transport(unknown).call("POST", unknown, body=b"{}")


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with server(lambda connection: connection.sendall(OK)) as url:
        assert transport(url).call("GET", url).body == b"{}"


def test_redirects_are_answers_and_are_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with server(lambda connection: connection.sendall(moved)) as url:
        assert transport(url).call("GET", url).status == 302


def test_a_server_without_tls_behind_https_is_a_matter_of_settings() -> None:
    with server(noise) as url:
        secure = url.replace("http://", "https://")
        with pytest.raises(Misconfigured):
            transport(secure).call("GET", secure)


def test_a_ca_bundle_that_is_not_there_is_named() -> None:
    with pytest.raises(Misconfigured):
        transport("https://127.0.0.1:9/fhir", ca_bundle=Path("/nowhere/ca.pem")).call(
            "GET", "https://127.0.0.1:9/fhir"
        )


def test_a_token_that_is_no_header_is_named() -> None:
    with pytest.raises(Misconfigured):
        transport("http://127.0.0.1:9", auth=BearerAuth("a\nb")).call("GET", "http://127.0.0.1:9")


def test_authorization_headers() -> None:
    assert NoAuth().headers() == {}
    assert BasicAuth("Aladdin", "open sesame").headers() == {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}
    assert BearerAuth("abc").headers() == {"Authorization": "Bearer abc"}
    shown = (
        repr(BasicAuth("a", "secret"))
        + repr(BearerAuth("secret"))
        + repr(HospitalConfig("rest", url="https://x.example", auth=BearerAuth("secret")))
    )
    assert "secret" not in shown


@pytest.mark.parametrize("broken", [{"kind": "rest", "url": "ftp://x"}, {"kind": "rest"}, {"kind": "folder"}])
def test_a_config_that_names_no_ehr_is_refused(broken: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        HospitalConfig(**broken)  # type: ignore[arg-type]
