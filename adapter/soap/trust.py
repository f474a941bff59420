"""Whose signature is believed: the pinned authority, the pinned subject, within its dates, not revoked.

Every certificate of the CA file is an anchor that may sign signers directly (P1 has one issuing
authority for TLS and another for messages: put only the one for messages in the file). Revocation
lists are files that the operator refreshes; a list past its date stops everything rather than let a
revoked signer through. A file that changed on disk is read again, a second later at most.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapter.errors import Misconfigured
from adapter.soap.broken import SIGNER, BrokenExchange, unverified

KEY_BITS_MIN = 2048
CRL_FOREIGN = "CRL_FOREIGN"
LOOK_SECONDS = 1
"""A signer is judged by files that were looked at no longer ago."""
KNOWN_MAX = 64
"""Certificates that were found good and are not computed again."""
_LOOK = timedelta(seconds=LOOK_SECONDS)
_SHA_2 = (hashes.SHA256, hashes.SHA384, hashes.SHA512)

Stamps = tuple[tuple[int, int, int], ...]
"""Of each file: when it was written (nanoseconds), its size in bytes, its inode."""


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


def check_issuer(path: Path, revoked: x509.CertificateRevocationList, ca_file: Path) -> None:
    """Return when a revocation list is one of the authorities in ``ca_file``, and signed by it.

    Raises:
        Misconfigured: ``CRL_FOREIGN``: it says nothing about the signers that we believe; or it is not signed by the
            authority that it names; or the CA file cannot be read. The message names the file.
    """
    named = [each for each in read_certificates(ca_file) if each.subject == revoked.issuer]
    if not named:
        raise Misconfigured(
            f"the revocation list {path} is from an authority that is not in {ca_file}: it revokes nobody here",
            setting=str(path),
            code=CRL_FOREIGN,
        )
    if not any(_signed_by(revoked, each) for each in named):
        raise Misconfigured(f"the revocation list {path} is not signed by its authority", setting=str(path))


def _signed_by(revoked: x509.CertificateRevocationList, anchor: x509.Certificate) -> bool:
    try:
        return revoked.is_signature_valid(anchor.public_key())  # type: ignore[arg-type]  # another kind: TypeError
    except (TypeError, UnsupportedAlgorithm):
        return False


@dataclass(frozen=True, slots=True)
class _Revocation:
    """What one revocation list says about one certificate."""

    path: Path
    next_update: datetime | None
    signed: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class Trusted:
    """A certificate that the pin's files speak for; only time may still speak against it."""

    certificate: x509.Certificate
    key: rsa.RSAPublicKey
    dates: tuple[datetime, datetime]
    issuers: tuple[tuple[datetime, datetime], ...]
    """Dates of each anchor that issued it."""
    revocations: tuple[_Revocation, ...]


@dataclass(slots=True)
class _Loaded:
    """What the pin's files held when they were last read, and whom they were found to speak for."""

    stamps: Stamps = ()
    anchors: Sequence[x509.Certificate] = ()
    lists: Sequence[x509.CertificateRevocationList] = ()
    known: dict[bytes, Trusted] = field(default_factory=dict)
    looked: datetime | None = None
    """When the files were last looked at."""


@dataclass(slots=True)
class SignerTrust:
    """Judges signing certificates against one pin. Safe to share between threads."""

    pin: SignerPin
    _loaded: _Loaded = field(default_factory=_Loaded, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._current()

    def ready(self, now: datetime) -> None:
        """Return when a signer could be judged at ``now``: worth knowing before anything is sent.

        Raises:
            Misconfigured: a CA or CRL file is unreadable, or a CRL is past its date.
        """
        for path, revoked in zip(self.pin.crl_files, self._current().lists, strict=True):
            _check_renewed(path, revoked.next_update_utc, now)

    def check(self, der: bytes, now: datetime) -> Trusted:
        """The certificate in a token, when it is trusted at ``now``.

        Its signatures are computed once for each state of the pin's files; dates are judged each time.

        Raises:
            BrokenExchange: ``unverified``, it is no certificate; ``signer``, the reason says what is wrong with it.
            Misconfigured: a CA or CRL file is unreadable, or a CRL is past its date.
        """
        loaded = self._loaded
        if loaded.looked is None or not loaded.looked <= now < loaded.looked + _LOOK:
            loaded = self._current()
            loaded.looked = now
        found = loaded.known.get(der)
        if found is None:
            found = self._examine(der, loaded)
            if len(loaded.known) >= KNOWN_MAX:
                loaded.known.clear()
            loaded.known[der] = found
        if not found.dates[0] <= now <= found.dates[1]:
            raise BrokenExchange(SIGNER, "the signing certificate is outside its dates")
        for begins, ends in found.issuers:
            if begins <= now <= ends:
                break
        else:
            raise self._stranger()
        for each in found.revocations:
            if not each.signed:
                raise Misconfigured(
                    f"the revocation list {each.path} is not signed by its authority", setting=str(each.path)
                )
            _check_renewed(each.path, each.next_update, now)
            if each.revoked:
                raise BrokenExchange(SIGNER, "the signing certificate was revoked", setting=str(each.path))
        return found

    def _examine(self, der: bytes, loaded: _Loaded) -> Trusted:
        """All that does not depend on the time."""
        try:
            certificate = x509.load_der_x509_certificate(der)
            if not self._pinned(certificate):
                raise BrokenExchange(SIGNER, "the signing certificate is not of the pinned subject", setting="signer")
            issuers = [anchor for anchor in loaded.anchors if _may_issue(anchor) and _issued(certificate, anchor)]
            if not issuers:
                raise self._stranger()
            _check_usage(certificate)
            key = certificate.public_key()
            if not isinstance(key, rsa.RSAPublicKey) or key.key_size < KEY_BITS_MIN:
                raise BrokenExchange(SIGNER, f"the signing key is not RSA of at least {KEY_BITS_MIN} bits")
            if not isinstance(certificate.signature_hash_algorithm, _SHA_2):
                raise BrokenExchange(SIGNER, "the signing certificate is not signed with SHA-2")
            return Trusted(
                certificate,
                key,
                (certificate.not_valid_before_utc, certificate.not_valid_after_utc),
                tuple((each.not_valid_before_utc, each.not_valid_after_utc) for each in issuers),
                tuple(
                    _revocation(path, revoked, certificate, issuers)
                    for path, revoked in zip(self.pin.crl_files, loaded.lists, strict=True)
                    if revoked.issuer == certificate.issuer
                ),
            )
        except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
            raise unverified("its token holds no certificate that can be read") from error

    def _stranger(self) -> BrokenExchange:
        return BrokenExchange(
            SIGNER, "the signing certificate is not from the pinned authority", setting=str(self.pin.ca_file)
        )

    def _pinned(self, certificate: x509.Certificate) -> bool:
        common = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        return bool({certificate.subject.rfc4514_string(), *common} & set(self.pin.subjects))

    def _current(self) -> _Loaded:
        """The files' content; read again when one of them changed."""
        stamps = stamps_of(self.pin.ca_file, *self.pin.crl_files)
        with self._lock:
            if stamps != self._loaded.stamps:
                anchors = read_certificates(self.pin.ca_file)
                self._loaded = _Loaded(stamps, anchors, [read_crl(path) for path in self.pin.crl_files])
            return self._loaded


def stamps_of(*paths: Path) -> Stamps:
    """What changes when a file is written or replaced: time, size and place on the disk.

    Raises:
        Misconfigured: one cannot be looked at; the message names it.
    """
    try:
        return tuple([(each.st_mtime_ns, each.st_size, each.st_ino) for each in map(os.stat, paths)])
    except OSError as error:
        name = str(error.filename)
        raise Misconfigured(f"cannot read {name}: {error.strerror}", setting=name) from error


def _issued(certificate: x509.Certificate, anchor: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(anchor)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise BrokenExchange(SIGNER, "the signing certificate is not for signatures")


def _revocation(
    path: Path,
    revoked: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuers: Sequence[x509.Certificate],
) -> _Revocation:
    signed = any(revoked.is_signature_valid(each.public_key()) for each in issuers)  # type: ignore[arg-type]  # read as RSA
    entry = revoked.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return _Revocation(path, revoked.next_update_utc, signed, entry is not None)


def _check_renewed(path: Path, next_update: datetime | None, now: datetime) -> None:
    if next_update is not None and next_update < now:
        when = next_update.date().isoformat()
        raise Misconfigured(f"the revocation list {path} was due for renewal on {when}", setting=str(path))


def _may_issue(anchor: x509.Certificate) -> bool:
    try:
        return anchor.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
