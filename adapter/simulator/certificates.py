"""A certificate authority to practise with, and every certificate that the two sides need.

The authority gives each side two certificates: one for TLS and another one for signing messages, as
P1 does. Private keys are files with mode 0600. PKCS#12 files carry the password
:data:`TEST_PASSWORD`, which protects nothing: these are invented identities for practice.

Source: p1.md section 1, "TLS / certificates" (the two purposes); the rest is ours.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TEST_PASSWORD = "pomost-test"  # noqa: S105 - opens invented test identities only
VALID_DAYS = 365
KEY_BITS = 2048
BACKDATED = timedelta(hours=1)
"""Certificates start a little in the past, so that clocks may differ."""
ORGANISATION = "Pomost test"


@dataclass(frozen=True, slots=True)
class Identity:
    """One certificate and its key: ``certificate`` and ``key`` are PEM files, ``p12`` holds both."""

    certificate: Path
    key: Path
    p12: Path
    subject: str
    """RFC 4514 text, as a pin is written in the configuration."""


@dataclass(frozen=True, slots=True)
class TestCertificates:
    """What :func:`make_test_certificates` wrote. ``password`` opens every ``.p12``."""

    __test__: ClassVar[bool] = False  # pytest: not a test

    folder: Path
    ca: Path
    crl: Path
    server_tls: Identity
    client_tls: Identity
    client_wss: Identity
    cer_wss: Identity
    p1_wss: Identity
    password: str = field(default=TEST_PASSWORD, repr=False)


@dataclass(frozen=True, slots=True)
class BadCertificates:
    """Certificates that must be refused: for tests of both sides."""

    other_ca: Path
    other_wss: Identity
    """Same subject as ``client_wss``, signed by another authority."""
    expired_wss: Identity
    early_wss: Identity
    """Valid from tomorrow."""
    revoked_wss: Identity
    crl: Path
    """The good authority's list, with ``revoked_wss`` on it."""
    stranger_wss: Identity
    """From the good authority, but not a subject that anyone pinned."""
    expired_tls: Identity


class Authority:
    """A test CA that issues certificates into one folder. Its own key never leaves the process."""

    def __init__(self, folder: Path, *, now: datetime, name: str = "Pomost test CA", days: int = VALID_DAYS) -> None:
        self.folder = folder
        self.now = now
        self.days = days
        self.name = _name(name)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        public = self._key.public_key()
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def write(self, file_name: str = "ca.pem") -> Path:
        """The CA's certificate as a PEM file."""
        path = self.folder / file_name
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def issue(
        self,
        file_stem: str,
        common_name: str,
        *,
        hosts: Sequence[str] = (),
        tls_client: bool = False,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Identity:
        """One certificate: a TLS server when ``hosts`` are given, a TLS client when asked, else a signer."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        subject = _name(common_name)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before or self.now - BACKDATED)
            .not_valid_after(not_after or self.now + timedelta(days=self.days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH] * bool(hosts) + [ExtendedKeyUsageOID.CLIENT_AUTH] * tls_client
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
            )
        certificate = builder.sign(self._key, hashes.SHA256())
        return self._write_identity(file_stem, key, certificate)

    def revoke(self, file_name: str, *revoked: Identity) -> Path:
        """A revocation list (PEM) that names ``revoked``; with none it is an empty list."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(self.now - BACKDATED)
            .next_update(self.now + timedelta(days=self.days))
        )
        for identity in revoked:
            certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(self.now - BACKDATED)
                .build()
            )
        path = self.folder / file_name
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path

    def _write_identity(self, stem: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Identity:
        paths = [self.folder / f"{stem}{ending}" for ending in (".pem", ".key", ".p12")]
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        _write_secret(paths[1], key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        bundle = pkcs12.serialize_key_and_certificates(
            stem.encode(), key, certificate, [self.certificate], BestAvailableEncryption(TEST_PASSWORD.encode())
        )
        _write_secret(paths[2], bundle)
        return Identity(paths[0], paths[1], paths[2], certificate.subject.rfc4514_string())


def make_test_certificates(
    folder: Path,
    *,
    now: datetime,
    hosts: Sequence[str] = ("localhost", "127.0.0.1"),
    days: int = VALID_DAYS,
) -> TestCertificates:
    """Write a new test CA and all certificates of both sides into ``folder`` (made with mode 0700).

    ``now`` is aware; certificates are valid from an hour before it for ``days``. Files already
    there under the same names are replaced. ``ca.crl`` is the CA's list of revoked ones, empty.
    """
    return _issue_all(_authority(folder, now, days), hosts)


def make_bad_certificates(
    folder: Path, *, now: datetime, hosts: Sequence[str] = ("localhost", "127.0.0.1")
) -> tuple[TestCertificates, BadCertificates]:
    """The good set and, beside it, one certificate for each reason to refuse one."""
    authority = _authority(folder, now, VALID_DAYS)
    good = _issue_all(authority, hosts)
    other = Authority(folder, now=now, name="Another test CA")
    past, future, day = now - timedelta(days=30), now + timedelta(days=1), timedelta(days=1)
    revoked = authority.issue("revoked-wss", "Test facility WSS")
    return good, BadCertificates(
        other_ca=other.write("other-ca.pem"),
        other_wss=other.issue("other-wss", "Test facility WSS"),
        expired_wss=authority.issue("expired-wss", "Test facility WSS", not_before=past, not_after=now - day),
        early_wss=authority.issue("early-wss", "Test facility WSS", not_before=future, not_after=future + day),
        revoked_wss=revoked,
        crl=authority.revoke("revoked.crl", revoked),
        stranger_wss=authority.issue("stranger-wss", "Stranger WSS"),
        expired_tls=authority.issue(
            "expired-tls", "Test facility TLS", tls_client=True, not_before=past, not_after=now - day
        ),
    )


def _authority(folder: Path, now: datetime, days: int) -> Authority:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Authority(folder, now=now, days=days)


def _issue_all(authority: Authority, hosts: Sequence[str]) -> TestCertificates:
    return TestCertificates(
        folder=authority.folder,
        ca=authority.write(),
        crl=authority.revoke("ca.crl"),
        server_tls=authority.issue("server-tls", "Test authority TLS", hosts=hosts),
        client_tls=authority.issue("client-tls", "Test facility TLS", tls_client=True),
        client_wss=authority.issue("client-wss", "Test facility WSS"),
        cer_wss=authority.issue("cer-wss", "Test CeR WSS"),
        p1_wss=authority.issue("p1-wss", "Test P1 WSS"),
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "PL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write_secret(path: Path, content: bytes) -> None:
    """Write with mode 0600 from the first moment; an older file of that name is replaced."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
