"""An HTTPS server that does exactly what a test says, down to the bare socket. Loopback only."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Step = Callable[[ssl.SSLSocket], None]
"""Does something to the connection after one request was read; the connection closes when it raises Done."""


class Done(Exception):
    """The connection is finished with."""


def answer(
    body: bytes, *, status: int = 200, content_type: str = "text/xml; charset=utf-8", headers: tuple[str, ...] = ()
) -> Step:
    """A whole HTTP answer; the connection stays open."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def raw(content: bytes) -> Step:
    """These very bytes."""

    def step(connection: ssl.SSLSocket) -> None:
        connection.sendall(content)

    return step


def then_close(step: Step) -> Step:
    """Do ``step``, then end the connection in order."""

    def closing(connection: ssl.SSLSocket) -> None:
        step(connection)
        raise Done

    return closing


def close(connection: ssl.SSLSocket) -> None:
    """End the connection without an answer."""
    raise Done


def reset(connection: ssl.SSLSocket) -> None:
    """Tear the connection down (TCP RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Done


def silence(connection: ssl.SSLSocket) -> None:
    """Say nothing until the other side gives up."""
    connection.settimeout(10)
    connection.recv(1)
    raise Done


def dribble(content: bytes, *, pause_seconds: float) -> Step:
    """One byte, a pause, another byte, and so on."""

    def step(connection: ssl.SSLSocket) -> None:
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(pause_seconds)

    return step


@dataclass
class ScriptedServer:
    """Plays ``steps`` one for each request, the last one again and again."""

    certificate: Path
    key: Path
    client_ca: Path | None
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    steps: list[Step] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.maximum_version = self.newest
        self._context.load_cert_chain(self.certificate, self.key)
        if self.client_ca is not None:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(self.client_ca)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/services/Test"

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._socket.accept()
                threading.Thread(target=self._talk, args=(plain,), daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _talk(self, plain: socket.socket) -> None:
        plain.settimeout(10)
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                self.connections += 1
                while self._read(connection):
                    number = min(len(self.requests), len(self.steps)) - 1
                    self.steps[number](connection)
        except (OSError, Done):
            plain.close()

    def _read(self, connection: ssl.SSLSocket) -> bool:
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                return False
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
        while len(body) < int(headers.get("Content-Length", "0")):
            body += connection.recv(65536)
        self.requests.append((headers, body))
        return True


@contextlib.contextmanager
def scripted_server(
    certificate: Path,
    key: Path,
    client_ca: Path | None,
    *steps: Step,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> Iterator[ScriptedServer]:
    """A running server; gone afterwards. ``newest`` is the newest TLS it speaks."""
    server = ScriptedServer(certificate, key, client_ca, newest, list(steps))
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(5)
