"""HTTP to an EHR: one request, one bounded answer, failures sorted into the four kinds of errors.

A read that fails is Unavailable. A write that may have left before it failed is InDoubt. Redirects are
not followed, the environment's proxies and CA bundles are not used, nothing is tried twice here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.hospital.config import HospitalConfig

FHIR_JSON = "application/fhir+json"
_CHUNK_BYTES = 64 * 1024

_NOT_TAKEN = frozenset({408, 425, 429, 503})
"""The server says that it did nothing."""

_UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers (names in any case) and the whole body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Transport:
    """One facility's connection to its EHR."""

    def __init__(self, config: HospitalConfig) -> None:
        self._config = config
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(config.ca_bundle) if config.ca_bundle is not None else True
        if config.client_certificate is not None:
            self._session.cert = str(config.client_certificate)
        self._session.headers.update({"Accept": FHIR_JSON, **config.auth.headers()})

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def same_origin(self, url: str) -> bool:
        """Whether ``url`` stands on the configured server (scheme, host and port)."""
        return _origin(url) == _origin(self._config.url)

    def call(
        self,
        method: Literal["GET", "POST", "PUT"],
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Send one request; any HTTP status is an answer (:func:`refusal` judges it).

        Raises:
            Unavailable, InDoubt, Misconfigured: as the module says.
        """
        writing = method != "GET"
        try:
            with self._session.request(
                method,
                url,
                params=params,
                headers=dict(headers or {}),
                data=body,
                timeout=(self._config.connect_timeout_seconds, self._config.read_timeout_seconds),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return Reply(answer.status_code, answer.headers, self._bounded(answer, writing=writing))
        except requests.exceptions.SSLError as error:
            raise Misconfigured(
                "the EHR's TLS certificate was not accepted; check hospital.ca_bundle", setting="hospital.ca_bundle"
            ) from error
        except OSError as error:
            raise _failure(error, writing=writing) from error

    def _bounded(self, answer: requests.Response, *, writing: bool) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in answer.iter_content(_CHUNK_BYTES):
            size += len(part)
            if size > self._config.reply_bytes_max and writing:
                raise InDoubt("the EHR's answer to a change is too large to be read", code="EHR_REPLY_UNREADABLE")
            if size > self._config.reply_bytes_max:
                raise Misconfigured(
                    f"the EHR's answer is larger than {self._config.reply_bytes_max} bytes; lower hospital.page_size",
                    setting="hospital.reply_bytes_max",
                )
            parts.append(part)
        return b"".join(parts)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme)


def _never_left(error: BaseException) -> bool:
    """Whether no byte of the request can have reached the server."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    return isinstance(reason, NewConnectionError | NameResolutionError)


def _failure(error: Exception, *, writing: bool) -> AdapterError:
    if isinstance(error, _UNUSABLE):
        return Misconfigured("the EHR's address or token cannot be used", setting="hospital.url")
    if isinstance(error, OSError) and not isinstance(error, requests.exceptions.RequestException):
        return Misconfigured("a certificate file for the EHR cannot be read", setting="hospital.ca_bundle")
    if writing and not _never_left(error):
        return InDoubt("the EHR did not answer a change that may have reached it", code="EHR_NO_ANSWER")
    return Unavailable("the EHR cannot be reached or does not answer", code="EHR_UNREACHABLE")


def refusal(reply: Reply, *, writing: bool) -> AdapterError | None:
    """The error that a status means; None for 2xx. 404, 410, 409 and 412 may mean more to the caller."""
    status = reply.status
    if 200 <= status < 300:
        return None
    code = f"EHR_HTTP_{status}"
    if 300 <= status < 400:
        return Misconfigured("the EHR redirects; name its final address", setting="hospital.url", code=code)
    if status in {401, 403}:
        return Misconfigured("the EHR does not let us in", setting="hospital.auth", code=code)
    if status in _NOT_TAKEN or (status >= 500 and not writing):
        return Unavailable(f"the EHR is busy or failed (HTTP {status})", code=code)
    if status >= 500:
        return InDoubt(f"the EHR failed on a change (HTTP {status})", code=code)
    return Rejected(f"the EHR refused the request (HTTP {status})", result_code=str(status), code=code)
