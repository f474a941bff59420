"""One listening address: HTTP/1.1 over TLS with a client certificate (or plain, for the admin API).

The standard library's server, because troubles need the bare socket: an answer cut short, sent
twice, never sent, a port that refuses. One thread for each connection; the handshake runs in it.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapter.simulator.clock import machine_time

IDLE_TIMEOUT_SECONDS = 60.0
HANDSHAKE_TIMEOUT_SECONDS = 10.0
FAREWELL_SECONDS = 2.0
"""How long who failed the handshake may take to read why."""
REQUEST_SECONDS_MAX = 120.0
"""How long a connection may take for its next request, from the wait for it to its last byte."""
POLL_SECONDS = 0.1
"""How often an idle server looks whether it is to stop; each look costs, in tests for a dozen servers at once."""
LINE_BYTES_MAX = 128
TRAILERS_MAX = 32
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n]*)?\r?\n")


class Delivery(Enum):
    """What happens to an answer on its way."""

    ONCE = "once"
    TWICE = "twice"
    NEVER = "never"
    """The connection is closed instead."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came over the wire. ``certificate`` is the TLS client's, DER."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    certificate: bytes | None = None
    problem: str = ""
    """Why the body could not be read; empty when it was."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. ``close`` ends the connection afterwards."""

    status: int
    body: bytes = b""
    content_type: str = "text/xml; charset=utf-8"
    delivery: Delivery = Delivery.ONCE
    close: bool = False


Handle = Callable[[Request], Reply]


def server_context(certificate: Path, key: Path, client_ca: Path, crl: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer; a client without a certificate from ``client_ca`` is turned away.

    Raises:
        OSError, ssl.SSLError: a file is missing or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(client_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    if crl is not None:
        context.load_verify_locations(crl)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


class Endpoint:
    """A listening address that can be closed and opened again on the same port.

    ``port`` 0 takes any free port at the first start and keeps it.
    """

    def __init__(
        self, host: str, port: int, handle: Handle, *, body_bytes_max: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self.host = host
        self.port = port
        self.handle = handle
        self.tls = tls
        self.body_bytes_max = body_bytes_max
        self._server: _Server | None = None
        self._lock = threading.Lock()
        self._dropped = 0
        self._spoilt: list[ssl.SSLContext | None] = []
        self.started_once = False

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    @property
    def listening(self) -> bool:
        """Whether the port accepts connections now."""
        return self._server is not None

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        with self._lock:
            if self._server is None:
                self._server = _Server(self)
                self.port = int(self._server.server_address[1])
                self.started_once = True
                threading.Thread(
                    target=self._server.serve_forever, args=(POLL_SECONDS,), name=f"simulator:{self.port}", daemon=True
                ).start()

    def stop(self) -> None:
        """Stop listening and close every open connection: new ones are refused."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.close_connections()

    def drop_connections(self, count: int) -> None:
        """Close open connections and hang up on the next ``count`` before the TLS handshake."""
        with self._lock:
            self._dropped = count
            server = self._server
        if server is not None:
            server.close_connections()

    def spoil_next(self, context: ssl.SSLContext | None) -> None:
        """Let the next connection's handshake be this context's; None: hang up before it."""
        with self._lock:
            self._spoilt.append(context)

    def handshake(self) -> ssl.SSLContext | None:
        """The context of the connection just accepted, None when it is to be dropped; counts down."""
        with self._lock:
            return self._spoilt.pop(0) if self._spoilt else self.tls

    @property
    def callers(self) -> int:
        """Connections taken and not yet closed: who hung up counts until his message is carried out."""
        server = self._server
        return server.callers if server is not None else 0

    def hangs_up(self) -> bool:
        """Whether the connection just accepted is to be dropped; counts down."""
        with self._lock:
            if self._dropped > 0:
                self._dropped -= 1
                return True
            return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._open: dict[socket.socket, float | None] = {}
        self._open_lock = threading.Lock()
        self.callers = 0
        super().__init__((endpoint.host, endpoint.port), _Connection)

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse name look-up, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.endpoint.host, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers hang up and fail handshakes here on purpose: that is no news. Defects print as usual."""
        import sys  # noqa: PLC0415 - only on this rare path

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the caller, then serve him in a thread of his own."""
        with self._open_lock:
            self.callers += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one caller to the end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                self.callers -= 1

    def keep(self, connection: socket.socket, *, reading: bool) -> None:
        """Know an open connection; ``reading`` from now on means that it owes us a request."""
        with self._open_lock:
            self._open[connection] = time.monotonic() if reading else None

    def forget(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.pop(connection, None)

    def service_actions(self) -> None:
        """Hang up on who dribbles: each byte in time, and never a whole request."""
        begun_before = time.monotonic() - REQUEST_SECONDS_MAX
        with self._open_lock:
            late = [each for each, since in self._open.items() if since is not None and since < begun_before]
        self._hang_up(late)

    def close_connections(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        self._hang_up(connections)

    @staticmethod
    def _hang_up(connections: list[socket.socket]) -> None:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _shake_hands(context: ssl.SSLContext, raw: socket.socket) -> ssl.SSLSocket:
    """TLS on a connection. Who is turned away is told why: the connection lasts until he has read it.

    Raises:
        OSError: the handshake failed.
    """
    with raw.dup() as told:
        try:
            return context.wrap_socket(raw, server_side=True)
        except OSError:
            told.settimeout(FAREWELL_SECONDS)
            with contextlib.suppress(OSError):
                told.shutdown(socket.SHUT_WR)
                while told.recv(LINE_BYTES_MAX):
                    pass
            raise


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"
    """Who sends a first line that cannot be read still gets a status line."""
    server: _Server
    connection: socket.socket
    certificate: bytes | None = None

    def setup(self) -> None:
        raw: socket.socket = self.request
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        endpoint = self.server.endpoint
        if endpoint.tls is not None:
            context = None if endpoint.hangs_up() else endpoint.handshake()
            if context is None:
                raise ConnectionAbortedError("dropped on request")
            raw.settimeout(HANDSHAKE_TIMEOUT_SECONDS)
            secured = _shake_hands(context, raw)
            self.request, self.certificate = secured, secured.getpeercert(binary_form=True)
        self.request.settimeout(IDLE_TIMEOUT_SECONDS)
        self.server.keep(self.request, reading=True)
        super().setup()

    def finish(self) -> None:
        try:
            with contextlib.suppress(OSError):
                super().finish()
        finally:
            self.server.forget(self.request)
            with contextlib.suppress(OSError):
                self.request.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class
        """Silence: what was said is counted in the state, never printed."""

    def do_POST(self) -> None:
        self._serve()

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - names that the standard library looks for

    def handle_one_request(self) -> None:
        """The next request of this connection, whose time begins now."""
        self.server.keep(self.request, reading=True)
        super().handle_one_request()

    def _serve(self) -> None:
        body, problem = self._body()
        self.server.keep(self.request, reading=False)
        try:
            address = urlsplit(self.path)
        except ValueError:
            self.send_error(400, "the address cannot be read")
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.endpoint.handle(
            Request(self.command, address.path, address.query, headers, body, self.certificate, problem)
        )
        if problem or reply.close or reply.delivery is not Delivery.ONCE:
            self.close_connection = True
        if reply.delivery is Delivery.NEVER:
            return
        for _ in range(2 if reply.delivery is Delivery.TWICE else 1):
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        head = (
            f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('Unknown',))[0]}\r\n"
            f"Date: {format_datetime(machine_time(), usegmt=True)}\r\n"
            f"Content-Type: {reply.content_type}\r\nContent-Length: {len(reply.body)}\r\n"
            f"{'Connection: close' if self.close_connection else 'Connection: keep-alive'}\r\n\r\n"
        )
        try:
            self.wfile.write(head.encode("ascii") + reply.body)
        except OSError:
            self.close_connection = True

    def _body(self) -> tuple[bytes, str]:
        """The body, or why there is none. Whoever gives its length twice may mean two messages (RFC 9112, 6.3)."""
        limit = self.server.endpoint.body_bytes_max
        lengths = {value.strip() for value in self.headers.get_all("Content-Length", [])}
        codings = self.headers.get_all("Transfer-Encoding", [])
        if len(lengths) + len(codings) > 1:
            return b"", "the message's length is given more than once"
        if codings:
            if codings[0].strip().lower() != "chunked":
                return b"", "the Transfer-Encoding is not chunked"
            return self._chunks(limit)
        given = lengths.pop() if lengths else "0"
        if not _LENGTH.fullmatch(given):
            return b"", "the Content-Length is not a number"
        if int(given) > limit:
            return b"", f"the message is larger than {limit} bytes"
        return self._read(int(given)), ""

    def _chunks(self, limit: int) -> tuple[bytes, str]:
        message = bytearray()
        while True:
            line = _CHUNK_SIZE.fullmatch(self._line())
            if line is None:
                return b"", "the chunked message is malformed"
            size = int(line.group(1), 16)
            if size == 0:
                return (bytes(message), "") if self._trailers() else (b"", "the chunked message has no end")
            if len(message) + size > limit:
                return b"", f"the message is larger than {limit} bytes"
            chunk = self._read(size)
            if self._line() not in (b"\r\n", b"\n"):
                return b"", "the chunked message is malformed"
            message += chunk

    def _trailers(self) -> bool:
        """Read past the header lines after the last chunk; whether they end."""
        return any(self._line() in (b"\r\n", b"\n") for _ in range(TRAILERS_MAX))

    def _read(self, size: int) -> bytes:
        """So many bytes. Who hung up before is not answered: Pythons and OpenSSLs differ in whether he could be."""
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionAbortedError("the sender hung up")
        return data

    def _line(self) -> bytes:
        """A line with its end, or as much of it as is looked at. Raises as :meth:`_read`."""
        line = self.rfile.readline(LINE_BYTES_MAX)
        if len(line) < LINE_BYTES_MAX and not line.endswith(b"\n"):
            raise ConnectionAbortedError("the sender hung up")
        return line
