"""HTTPS to one authority: what leaves, what may come back, and what is known when nothing does.

Promises: only the configured address is called; no redirect is followed; no POST is repeated; a reply
is read only up to its limit, packed or not, and only until its deadline. Whether any byte of the
message may have left is *known*, not concluded from the kind of failure: the body is handed over as a
file, and who has not begun to read it cannot have acted on it.

A server that refuses our certificate under TLS 1.3 says so after our side believes the handshake done;
when its reset swallows that word, the failure is reported as what is known: not sent, or lost.

The machine's environment (proxies, REQUESTS_CA_BUNDLE, .netrc) is not looked at (D7).
"""

from __future__ import annotations

import io
import math
import re
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from adapter import __version__
from adapter.errors import Misconfigured
from adapter.soap.broken import (
    CLIENT_CERTIFICATE,
    CONTENT_TYPE,
    LOST,
    NOT_SENT,
    SERVER_CERTIFICATE,
    TIMEOUT,
    TOO_LARGE,
    BrokenExchange,
)
from adapter.soap.keys import Identity
from adapter.soap.tls import client_context
from adapter.soap.version import SOAP_11, SoapVersion

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 60.0
REPLY_SECONDS_MAX = 120.0
REPLY_BYTES_MAX = 64 * 1024 * 1024
CONNECTIONS_MAX = 8
_CHUNK_BYTES = 64 * 1024
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})
_CERTIFICATE_ALERTS = (
    "ACCESS_DENIED",
    "BAD_CERTIFICATE",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REQUIRED",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_UNKNOWN",
    "UNKNOWN_CA",
    "UNSUPPORTED_CERTIFICATE",
)
"""Names in OpenSSL's texts for TLS alerts 42-49 and 116 (RFC 8446, 6.2)."""


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """Where messages go and how long anything may take.

    ``url`` is https; ``ca_bundle`` a PEM file with the authorities of the *server's* certificate.
    ``reply_seconds_max`` is the time for the whole reply body, ``read_timeout_seconds`` for each pause
    in it. ``reply_bytes_max`` counts unpacked bytes.
    """

    url: str
    ca_bundle: Path
    connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS
    reply_seconds_max: float = REPLY_SECONDS_MAX
    reply_bytes_max: int = REPLY_BYTES_MAX
    connections_max: int = CONNECTIONS_MAX

    @property
    def exchange_seconds_max(self) -> float:
        """When an exchange ends at the latest, whatever the server does."""
        return self.connect_timeout_seconds + self.read_timeout_seconds + self.reply_seconds_max

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or parts.username:
            raise Misconfigured("the authority's address must be https://host/... without a user", setting="url")


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back.

    ``is_soap`` says whether its content type is that of the version asked in; ``server_date`` is HTTP's Date;
    ``media_type`` what it says it is, without parameters. ``retry_after_seconds`` is how long the server asks
    to be left alone (Retry-After, RFC 9110 10.2.3), None when it does not say, or not so that it can be read.
    """

    status: int
    is_soap: bool
    content: bytes = field(repr=False)
    server_date: datetime | None = None
    media_type: str = ""
    retry_after_seconds: float | None = None


class _Outgoing(io.BytesIO):
    """The message on its way. ``begun`` turns true when its first byte is asked for."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        return super().__iter__()


_thread = threading.local()
"""``deadline`` (monotonic seconds) of the exchange that this thread is in."""


class _Socket(ssl.SSLSocket):
    """Ends with the exchange. A timeout of its own bounds one wait only, and a server may make us wait for ever."""

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self._hurry()
        return super().recv_into(buffer, nbytes, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        self._hurry()
        return super().send(data, flags)

    def _hurry(self) -> None:
        left = _thread.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took too long")
        if left < (self.gettimeout() or math.inf):
            self.settimeout(left)


class _Connection(HTTPSConnection):
    """Not used again when the server said more than it was asked: that would be read as the next answer."""

    @property
    def is_connected(self) -> bool:
        return super().is_connected and not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending())


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Session(requests.Session):
    """No redirects, not even looked at: requests would read all of the redirect's body first."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _PinnedAdapter(HTTPAdapter):
    """Connections that use one TLS context and nothing else."""

    def __init__(self, context: ssl.SSLContext, connections_max: int) -> None:
        self._context = context
        super().__init__(max_retries=0, pool_maxsize=connections_max)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"https": _Pool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """As usual, but no CA file: requests would load what stands in it now into a context made before."""
        host, _ = super().build_connection_pool_key_attributes(request, True, None)
        return host, {"cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context says whom to believe."""
        conn.cert_reqs = "CERT_REQUIRED"


class Transport:
    """Posts SOAP messages over kept-alive connections. Threads may share one."""

    def __init__(self, config: TransportConfig, identity: Identity | None) -> None:
        """``identity`` is our TLS certificate, None where the authority asks for none.

        Raises:
            Misconfigured: the CA bundle cannot be read.
        """
        self.config = config
        self.identity = identity
        self._counting = threading.Lock()
        self._under_way = 0
        self._retired = False
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.adapters.clear()
        context = client_context(config.ca_bundle, identity)
        context.sslsocket_class = _Socket
        self._session.mount("https://", _PinnedAdapter(context, config.connections_max))

    def close(self) -> None:
        """Close kept-alive connections."""
        self._session.close()

    def retire(self) -> None:
        """Close once the exchanges under way are done: another transport has taken over."""
        with self._counting:
            self._retired = True
            if self._under_way == 0:
                self.close()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._under_way += 1
        try:
            yield
        finally:
            with self._counting:
                self._under_way -= 1
                if self._retired and self._under_way == 0:
                    self.close()

    def post(self, message: bytes, soap_action: str, soap: SoapVersion = SOAP_11) -> HttpReply:
        """Send one message once and read its reply.

        Raises:
            BrokenExchange: ``not-sent``, ``server-certificate``, ``client-certificate``: nothing happened;
                ``timeout``, ``lost``, ``too-large``, ``content-type``: the message was under way.
        """
        with self._counted():
            return self._post(message, soap_action, soap)

    def _post(self, message: bytes, soap_action: str, soap: SoapVersion) -> HttpReply:
        outgoing = _Outgoing(message)
        content = bytearray()
        response: requests.Response | None = None
        _thread.deadline = time.monotonic() + self.config.exchange_seconds_max
        try:
            response = self._session.post(
                self.config.url,
                data=outgoing,
                headers={
                    **soap.headers(soap_action),
                    "Accept-Encoding": "gzip",
                    "User-Agent": f"pomost/{__version__}",
                },
                timeout=(self.config.connect_timeout_seconds, self.config.read_timeout_seconds),
                allow_redirects=False,
                stream=True,
            )
            with response:
                self._read(response, content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _with_what_came(_broken(error, begun=outgoing.begun), response, content) from error
        except BrokenExchange as broken:
            raise _with_what_came(broken, response, content) from broken.__cause__
        kind = _media_type(response)
        date = _date(response.headers.get("Date", ""))
        later = _retry_after_seconds(response.headers.get("Retry-After", ""), date)
        return HttpReply(response.status_code, _is_soap(response, soap), bytes(content), date, kind, later)

    def _read(self, response: requests.Response, content: bytearray) -> None:
        """Take in the reply's bytes, unpacked, within limit and deadline; stops reading at the first excess."""
        limit = self.config.reply_bytes_max
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip", ""):
            raise BrokenExchange(CONTENT_TYPE, "the answer is packed in a way that was not asked for")
        if _announced_bytes(response) > limit:
            raise BrokenExchange(TOO_LARGE, f"the answer is over {limit} bytes")
        unpacker = zlib.decompressobj(wbits=31) if coding.endswith("gzip") else None
        deadline = time.monotonic() + self.config.reply_seconds_max
        received = 0
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
            received += len(chunk)
            if unpacker is not None:
                chunk = _unpack(unpacker, chunk, limit - len(content) + 1)
            content += chunk
            if max(received, len(content)) > limit:
                raise BrokenExchange(TOO_LARGE, f"the answer is over {limit} bytes")
            if time.monotonic() > deadline:
                raise BrokenExchange(TIMEOUT, f"the answer took over {self.config.reply_seconds_max:g} seconds")
        if unpacker is not None and not unpacker.eof:
            raise BrokenExchange(LOST, "the packed answer is not complete")


def _with_what_came(broken: BrokenExchange, response: requests.Response | None, content: bytearray) -> BrokenExchange:
    """The failure, with as much of the answer as there is."""
    if response is not None:
        broken.partial = HttpReply(response.status_code, False, bytes(content), None, _media_type(response))
    return broken


def _announced_bytes(response: requests.Response) -> int:
    """The Content-Length; 0 when it is none, or none that can be read: the bytes themselves are counted."""
    try:
        return int(response.headers.get("Content-Length", ""))
    except ValueError:
        return 0


def _unpack(unpacker: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    try:
        unpacked = unpacker.decompress(chunk, room)
    except zlib.error as error:
        raise BrokenExchange(LOST, "the packed answer is damaged") from error
    if unpacker.unused_data:  # it would be kept in memory, and nobody could say what it is
        raise BrokenExchange(LOST, "the packed answer goes on after its end")
    return unpacked


def _is_soap(response: requests.Response, soap: SoapVersion) -> bool:
    """The version's content type, and a charset that is UTF-8 or not said."""
    kind, _, rest = response.headers.get("Content-Type", "").lower().partition(";")
    charsets = [each.partition("=")[2].strip(" \"'") for each in rest.split(";") if each.strip().startswith("charset")]
    return kind.strip() == soap.media_type and set(charsets) <= _CHARSETS


def _media_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").lower().partition(";")[0].strip()


def _date(text: str) -> datetime | None:
    """A date of HTTP, None when it is none or has no zone."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else None


def _retry_after_seconds(text: str, server_date: datetime | None) -> float | None:
    """Seconds, or a date measured against the server's own clock."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    until = _date(text)
    if until is None or server_date is None:
        return None
    return max((until - server_date).total_seconds(), 0.0)


def _broken(error: Exception, *, begun: bool) -> BrokenExchange:
    """What a failure means. ``begun``: a byte of the message may have left."""
    causes = list(_causes(error))
    if not begun and any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return BrokenExchange(
            SERVER_CERTIFICATE, "the server's certificate is not trusted; nothing was sent", setting="ca_bundle"
        )
    if any(_is_certificate_alert(each) for each in causes):
        # The server ends the handshake with this alert, so it read nothing of the message, even if
        # (TLS 1.3) the alert is met only after our side began to send.
        return BrokenExchange(
            CLIENT_CERTIFICATE, "the server refused our TLS certificate; it read no message", setting="tls"
        )
    if not begun:
        return BrokenExchange(NOT_SENT, "there is no connection to the authority; nothing was sent")
    if any(isinstance(each, TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError) for each in causes):
        return BrokenExchange(TIMEOUT, "no answer came in time")
    return BrokenExchange(LOST, "the connection broke before the answer was complete")


def _is_certificate_alert(error: BaseException) -> bool:
    """Whether OpenSSL itself met the alert. Texts prove nothing: some of them quote the server."""
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    return "ALERT" in reason and any(alert in reason for alert in _CERTIFICATE_ALERTS)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it says it came from; not what was being handled when it came (``__context__``)."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and not any(each is other for other in seen):
            seen.append(each)
            yield each
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__]
