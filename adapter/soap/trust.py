"""Whose signature is believed: the pinned authority, the pinned subject, within its dates, not revoked.

Every certificate of the CA file is an anchor that may sign signers directly (P1 has one issuing
authority for TLS and another for messages: put only the one for messages in the file). Revocation
lists are files that the operator refreshes; a list past its date stops everything rather than let a
revoked signer through. A file that changed on disk is read again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapter.errors import Misconfigured
from adapter.soap.broken import SIGNER, BrokenExchange

KEY_BITS_MIN = 2048


@dataclass(frozen=True, slots=True)
class SignerPin:
    """Who may sign what an authority says.

    ``subjects`` are RFC 4514 texts (``CN=...,O=...,C=PL``) or bare common names; at least one.
    """

    ca_file: Path
    subjects: tuple[str, ...]
    crl_files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not self.subjects or not all(self.subjects):
            raise Misconfigured("the subject of the authority's signing certificate is not set", setting="signer")


def read_certificates(path: Path) -> list[x509.Certificate]:
    """All certificates of a PEM file.

    Raises:
        Misconfigured: it cannot be read or holds none; the message names the file.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"cannot read the certificate file {path}: {error.strerror}", setting=str(path)) from error
    except ValueError as error:
        raise Misconfigured(f"the file {path} holds no PEM certificate", setting=str(path)) from error


def read_crl(path: Path) -> x509.CertificateRevocationList:
    """A revocation list, PEM or DER.

    Raises:
        Misconfigured: it cannot be read; the message names the file.
    """
    try:
        raw = path.read_bytes()
        pem = raw.lstrip().startswith(b"-----BEGIN")
        return x509.load_pem_x509_crl(raw) if pem else x509.load_der_x509_crl(raw)
    except OSError as error:
        raise Misconfigured(f"cannot read the revocation list {path}: {error.strerror}", setting=str(path)) from error
    except ValueError as error:
        raise Misconfigured(f"the file {path} holds no revocation list", setting=str(path)) from error


@dataclass(slots=True)
class _Loaded:
    """What the pin's files held when they were last read."""

    stamps: tuple[int, ...] = ()
    anchors: Sequence[x509.Certificate] = ()
    lists: Sequence[x509.CertificateRevocationList] = ()


@dataclass(slots=True)
class SignerTrust:
    """Judges signing certificates against one pin. Safe to share between threads."""

    pin: SignerPin
    _loaded: _Loaded = field(default_factory=_Loaded, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._current()

    def check(self, certificate: x509.Certificate, now: datetime) -> rsa.RSAPublicKey:
        """The key of a certificate that is trusted at ``now``.

        Raises:
            BrokenExchange: ``signer``; the reason says what is wrong with it.
            Misconfigured: a CA or CRL file is unreadable, or a CRL is past its date.
        """
        loaded = self._current()
        if not self._pinned(certificate):
            raise BrokenExchange(SIGNER, "the signing certificate is not of the pinned subject", setting="signer")
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise BrokenExchange(SIGNER, "the signing certificate is outside its dates")
        anchor = self._issuer(certificate, loaded.anchors, now)
        self._check_usage(certificate)
        self._check_revocation(certificate, anchor, loaded.lists, now)
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < KEY_BITS_MIN:
            raise BrokenExchange(SIGNER, f"the signing key is not RSA of at least {KEY_BITS_MIN} bits")
        return key

    def _pinned(self, certificate: x509.Certificate) -> bool:
        common = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        return bool({certificate.subject.rfc4514_string(), *common} & set(self.pin.subjects))

    def _issuer(
        self, certificate: x509.Certificate, anchors: Sequence[x509.Certificate], now: datetime
    ) -> x509.Certificate:
        for anchor in anchors:
            if not _may_issue(anchor) or not anchor.not_valid_before_utc <= now <= anchor.not_valid_after_utc:
                continue
            try:
                certificate.verify_directly_issued_by(anchor)
            except (InvalidSignature, ValueError, TypeError):
                continue
            return anchor
        raise BrokenExchange(
            SIGNER, "the signing certificate is not from the pinned authority", setting=str(self.pin.ca_file)
        )

    def _check_usage(self, certificate: x509.Certificate) -> None:
        try:
            usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return
        if not (usage.digital_signature or usage.content_commitment):
            raise BrokenExchange(SIGNER, "the signing certificate is not for signatures")

    def _check_revocation(
        self,
        certificate: x509.Certificate,
        anchor: x509.Certificate,
        lists: Sequence[x509.CertificateRevocationList],
        now: datetime,
    ) -> None:
        for path, revoked in zip(self.pin.crl_files, lists, strict=True):
            if revoked.issuer != certificate.issuer:
                continue
            if not revoked.is_signature_valid(anchor.public_key()):  # type: ignore[arg-type]
                raise Misconfigured(f"the revocation list {path} is not signed by its authority", setting=str(path))
            if revoked.next_update_utc is not None and revoked.next_update_utc < now:
                when = revoked.next_update_utc.date().isoformat()
                raise Misconfigured(f"the revocation list {path} was due for renewal on {when}", setting=str(path))
            if revoked.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                raise BrokenExchange(SIGNER, "the signing certificate was revoked", setting=str(path))

    def _current(self) -> _Loaded:
        """The files' content; read again when one of them changed."""
        paths = (self.pin.ca_file, *self.pin.crl_files)
        try:
            stamps = tuple(path.stat().st_mtime_ns for path in paths)
        except OSError as error:
            raise Misconfigured(f"cannot read {error.filename}: {error.strerror}", setting="signer") from error
        with self._lock:
            if stamps != self._loaded.stamps:
                anchors = read_certificates(self.pin.ca_file)
                self._loaded = _Loaded(stamps, anchors, [read_crl(path) for path in self.pin.crl_files])
            return self._loaded


def _may_issue(anchor: x509.Certificate) -> bool:
    try:
        return anchor.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
