"""Which certificates this installation uses, what each is for, and how many days each has left."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509

from adapter.errors import Misconfigured
from adapter.soap.endpoint import EndpointConfig
from adapter.soap.keys import IdentityFile, check_pair, read_identity
from adapter.soap.trust import check_issuer, read_certificates, read_crl

SAME_AS_TLS = "it is the same certificate as for TLS: the authority issues one for each purpose"
WARNING_DAYS = 30
CRL_WARNING_DAYS = 1
"""A revocation list is renewed every few days; a month's notice would never end."""
TLS, SIGNING, CA_BUNDLE, SIGNER_CA, CRL = "tls", "signing", "ca-bundle", "signer-ca", "crl"
PURPOSES = {
    TLS: "shows who we are when we connect",
    SIGNING: "signs our messages",
    CA_BUNDLE: "says whose servers we connect to",
    SIGNER_CA: "says whose signed replies we believe",
    CRL: "names revoked signers; renew the file before its date",
}
"""Kind of file -> what it is for."""


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One certificate (or revocation list) of one file.

    ``owner`` says whose endpoint uses it (``demo/p1``); ``days_left`` is negative once it expired, None
    when the file could not be read: then ``problem`` says why.
    """

    owner: str
    kind: str
    purpose: str
    file: str
    subject: str = ""
    valid_until: str = ""
    days_left: int | None = None
    problem: str = ""

    @property
    def expires_soon(self) -> bool:
        """Within :data:`WARNING_DAYS` (a revocation list: :data:`CRL_WARNING_DAYS`), or already."""
        warned = CRL_WARNING_DAYS if self.kind == CRL else WARNING_DAYS
        return self.days_left is not None and self.days_left < warned

    def as_json(self) -> dict[str, str | int | None]:
        """The line as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


def certificate_report(endpoints: Iterable[tuple[str, EndpointConfig]], *, now: datetime) -> list[CertificateLine]:
    """A line for every certificate of every endpoint; ``endpoints`` are (owner, configuration).

    Raises nothing for a bad file: its line says what is wrong, and the others go on.
    """
    lines: list[CertificateLine] = []
    for owner, config in endpoints:
        if config.tls is not None:
            lines += _identity(owner, TLS, config.tls, now)
        signing = _identity(owner, SIGNING, config.signing, now)
        lines += [_apart(line, config.tls, config.signing) for line in signing]
        lines += _authorities(owner, CA_BUNDLE, config.transport.ca_bundle, now)
        if config.signer is not None:
            lines += _authorities(owner, SIGNER_CA, config.signer.ca_file, now)
            lines += [_revocation_list(owner, path, config.signer.ca_file, now) for path in config.signer.crl_files]
    return lines


def exit_code(lines: Iterable[CertificateLine]) -> int:
    """3 when a file is unreadable, 1 when something expires soon, else 0."""
    lines = list(lines)
    if any(line.problem for line in lines):
        return Misconfigured.exit_code
    return 1 if any(line.expires_soon for line in lines) else 0


def _identity(owner: str, kind: str, file: IdentityFile, now: datetime) -> list[CertificateLine]:
    try:
        identity = read_identity(file)
        check_pair(identity, str(file.path))
    except Misconfigured as error:
        return [_unreadable(owner, kind, str(file.path), error)]
    certificate = identity.certificate
    begins = certificate.not_valid_before_utc
    if now < begins:
        problem = f"{file.path} is not valid before {begins.date().isoformat()}: not in use yet"
        return [CertificateLine(owner, kind, PURPOSES[kind], str(file.path), problem=problem)]
    return [_line(owner, kind, str(file.path), certificate, now)]


def _apart(line: CertificateLine, tls: IdentityFile | None, signing: IdentityFile) -> CertificateLine:
    """The line of a signing certificate, with the problem that it is the one for TLS as well."""
    if tls is None or line.problem:
        return line
    try:
        same = read_identity(tls).certificate == read_identity(signing).certificate
    except Misconfigured:  # its own line says what is wrong with it
        return line
    return replace(line, problem=SAME_AS_TLS) if same else line


def _authorities(owner: str, kind: str, path: Path, now: datetime) -> list[CertificateLine]:
    try:
        return [_line(owner, kind, str(path), certificate, now) for certificate in read_certificates(path)]
    except Misconfigured as error:
        return [_unreadable(owner, kind, str(path), error)]


def _revocation_list(owner: str, path: Path, ca_file: Path, now: datetime) -> CertificateLine:
    try:
        revoked = read_crl(path)
        check_issuer(path, revoked, ca_file)
    except Misconfigured as error:
        return _unreadable(owner, CRL, str(path), error)
    until = revoked.next_update_utc
    issuer = revoked.issuer.rfc4514_string()
    if until is None:
        return CertificateLine(owner, CRL, PURPOSES[CRL], str(path), issuer)
    return CertificateLine(owner, CRL, PURPOSES[CRL], str(path), issuer, until.isoformat(), _days(until, now))


def _line(owner: str, kind: str, file: str, certificate: x509.Certificate, now: datetime) -> CertificateLine:
    until = certificate.not_valid_after_utc
    subject = certificate.subject.rfc4514_string()
    return CertificateLine(owner, kind, PURPOSES[kind], file, subject, until.isoformat(), _days(until, now))


def _unreadable(owner: str, kind: str, file: str, error: Misconfigured) -> CertificateLine:
    return CertificateLine(owner, kind, PURPOSES[kind], file, problem=error.message)


def _days(until: datetime, now: datetime) -> int:
    """Whole days from now, rounded down: -1 from the moment it expired."""
    return math.floor((until - now).total_seconds() / 86_400)
