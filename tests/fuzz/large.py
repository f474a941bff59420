"""Run by ``test_large.py`` in a process of its own: meets large answers and prints what each cost, one JSON object.

python large.py CERTIFICATES     {name: {"outcome": code or "read", "megabytes": growth of the process's peak}}
"""

from __future__ import annotations

import gzip
import json
import resource
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

from scripted_server import raw, scripted_server, then_close

from adapter.soap.broken import BrokenExchange
from adapter.soap.parsing import parse_untrusted
from adapter.soap.transport import Transport, TransportConfig

LIMIT_BYTES = 8 * 1024 * 1024
LARGE_BYTES = 100_000_000
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
BLOCK = b" " * 65536


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def endless(begin: bytes) -> Callable[[ssl.SSLSocket], None]:
    """An answer that goes on for a hundred megabytes, made as it is sent."""

    def step(connection: ssl.SSLSocket) -> None:
        connection.sendall(begin)
        for _ in range(LARGE_BYTES // len(BLOCK)):
            connection.sendall(BLOCK)

    return then_close(step)


def bomb() -> bytes:
    """A hundred megabytes, packed."""
    return gzip.compress(b" " * LARGE_BYTES, compresslevel=1, mtime=0)


def deep(name: str, count: int) -> bytes:
    """Entities that grow tenfold each."""
    text = f"<!DOCTYPE a [<!ENTITY e0 '{'x' * 1000}'>"
    text += "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(count))
    return f"{text}]><a {name}='&e{count};'/>".encode()


def main(folder: Path) -> dict[str, dict[str, object]]:
    """Meet everything, the small before the large: the peak never goes down."""
    small = gzip.compress(b"<a/>", mtime=0)
    tiny = b"".join(b"2\r\n  \r\n" for _ in range(20_000)) + b"4\r\n<a/>\r\n0\r\n\r\n"
    packed = HEAD + b"Content-Encoding: gzip\r\n\r\n"
    answers = {
        "chunks of two bytes": then_close(raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + tiny)),
        "goes on after its packed end": endless(packed + small),
        "gzip bomb of 100 MB": then_close(raw(packed + bomb())),
        "100 MB": endless(HEAD + b"\r\n"),
        "100 MB in one chunk": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5f5e100\r\n"),
    }
    documents = {
        "40,000 attributes": lambda: b"<a " + b" ".join(b'a%d=""' % n for n in range(40_000)) + b"/>",
        "40,000 namespaces": lambda: b"<a " + b" ".join(b'xmlns:a%d="u"' % n for n in range(40_000)) + b"/>",
        "namespaces on 250 levels": lambda: (
            b"".join(
                b"<a " + b" ".join(b'xmlns:a%d="u"' % n for n in range(level * 100, level * 100 + 100)) + b">"
                for level in range(250)
            )
            + b"<b/>" * 20_000
            + b"</a>" * 250
        ),
        "entities in an attribute": lambda: deep("b", 7),
        "2,000,000 elements": lambda: b"<a>" + b"<b/>" * 2_000_000 + b"</a>",
    }
    found: dict[str, dict[str, object]] = {}

    def measure(name: str, act: Callable[[], object]) -> None:
        before = peak_megabytes()
        try:
            act()
            outcome = "read"
        except BrokenExchange as broken:
            outcome = broken.code
        found[name] = {"outcome": outcome, "megabytes": round(peak_megabytes() - before, 1)}

    with scripted_server(folder / "server-tls.pem", folder / "server-tls.key", None) as server:
        transport = Transport(TransportConfig(server.url, folder / "ca.pem", reply_bytes_max=LIMIT_BYTES), None)
        for name, step in answers.items():
            server.steps[:] = [step]
            measure(name, lambda: transport.post(b"<q/>", "urn:operation"))
            transport.close()
    for name, document in documents.items():
        message = document()
        measure(name, lambda message=message: parse_untrusted(message))  # type: ignore[misc]
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
