"""Who sends a request byte by byte does not keep the simulator; who is quick meanwhile is served."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

import pytest
from acceptance.simulator.wire import Client, list_request

from adapter.simulator import https
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates

ACTION = "urn:pobierzBazoweDaneListySlotow"
PATIENCE_SECONDS = 0.3
TOO_LONG_SECONDS = 10.0

# sent before the dribble begins                                                what is dribbled
BEGINNINGS = [
    (b"", b"P", "the first line"),
    (b"POST / HTTP/1.1\r\n", b"X: y\r\n", "headers"),
    (b"POST / HTTP/1.1\r\nContent-Length: 10000\r\n\r\n", b" ", "a body"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", "chunks"),
]


def dribble(slow: ssl.SSLSocket, more: bytes, *, until: float) -> None:
    """Send a little again and again; raises OSError once the other side has hung up."""
    slow.settimeout(0.05)
    while time.monotonic() < until:
        slow.sendall(more)
        with contextlib.suppress(TimeoutError):
            if slow.recv(1) == b"":
                raise ConnectionResetError("hung up")


@pytest.mark.parametrize(("begin", "more", "what"), BEGINNINGS, ids=[row[2] for row in BEGINNINGS])
def test_who_dribbles_is_hung_up_on(
    certificates: TestCertificates, monkeypatch: pytest.MonkeyPatch, begin: bytes, more: bytes, what: str
) -> None:
    monkeypatch.setattr(https, "REQUEST_SECONDS_MAX", PATIENCE_SECONDS)
    with Simulator(SimulatorConfig(certificates=certificates.folder)) as simulator:
        client = Client(simulator, certificates)
        began = time.monotonic()
        with (
            socket.create_connection(("localhost", simulator.endpoints["cer"].port), timeout=5) as plain,
            client.tls().wrap_socket(plain, server_hostname="localhost") as slow,
        ):
            slow.sendall(begin)
            with pytest.raises(OSError):
                dribble(slow, more, until=began + TOO_LONG_SECONDS)
        assert time.monotonic() - began < TOO_LONG_SECONDS, what
        assert client.post(list_request(certificates.client_wss), ACTION).result == "Sukces"
