"""Our own certificates and keys: PEM files or the PKCS#12 files that the authority issues.

The authority's ``.p12`` files use old ciphers (p1.md section 1). ``cryptography`` reads them where
its OpenSSL still can; where it cannot, that looks like a wrong password, so the error then names the
command that converts the file as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shlex import quote

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from adapter.errors import Misconfigured
from adapter.soap.trust import KEY_BITS_MIN, read_certificates

_OLD_CIPHERS = tuple(bytes.fromhex("2a864886f70d010c01") + bytes([each]) for each in range(1, 7))
"""DER of the PKCS#12 password ciphers of RFC 7292 appendix C (RC4, 3DES, RC2)."""


@dataclass(frozen=True, slots=True)
class IdentityFile:
    """Where a certificate and its key are.

    ``path`` is PKCS#12 (``.p12``, ``.pfx``) or PEM; a PEM key may stand in the same file or in
    ``key_path``. ``password`` opens the PKCS#12 file or the PEM key.
    """

    path: Path
    key_path: Path | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is read."""
        return (self.path,) if self.key_path is None else (self.path, self.key_path)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate that is ours, its RSA key, and the intermediate certificates that came with it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()


def load_identity(file: IdentityFile, *, now: datetime) -> Identity:
    """Read a certificate and its key, valid at ``now``.

    Raises:
        Misconfigured: unreadable, wrong password, old cipher, no key, key of another certificate, weak
            key, expired or not valid yet; the message names the file and, where it helps, the date.
    """
    identity = read_identity(file)
    certificate, name = identity.certificate, str(file.path)
    check_pair(identity, name)
    check_expiry(certificate, name, now)
    if now < certificate.not_valid_before_utc:
        begins = certificate.not_valid_before_utc.date().isoformat()
        raise Misconfigured(f"the certificate in {name} is not valid before {begins}", setting=name)
    return identity


def check_pair(identity: Identity, name: str) -> None:
    """Return when key and certificate of the file ``name`` belong together and are strong enough.

    Raises:
        Misconfigured: they do not, or are not; the message names the file.
    """
    if identity.certificate.public_key() != identity.key.public_key():
        raise Misconfigured(f"the key does not belong to the certificate in {name}", setting=name)
    if identity.key.key_size < KEY_BITS_MIN:
        raise Misconfigured(f"the key of {name} has fewer than {KEY_BITS_MIN} bits", setting=name)


def check_expiry(certificate: x509.Certificate, name: str, now: datetime, *, problem: str = "") -> None:
    """Return when ``now`` is not after the certificate's last moment.

    ``problem`` says why a newer file could not be taken, where there is one.

    Raises:
        Misconfigured: ``CERTIFICATE_EXPIRED``; the message names file and date.
    """
    expires = certificate.not_valid_after_utc
    if now > expires:
        more = f"; its replacement cannot be used: {problem}" if problem else ""
        raise Misconfigured(
            f"the certificate in {name} expired on {expires.date().isoformat()}{more}",
            setting=name,
            code="CERTIFICATE_EXPIRED",
        )


def read_identity(file: IdentityFile) -> Identity:
    """As :func:`load_identity`, without judging dates, strength or whether the two belong together."""
    raw = _read(file.path)
    return _from_pem(file, raw) if b"-----BEGIN" in raw else _from_pkcs12(file, raw)


def _from_pkcs12(file: IdentityFile, raw: bytes) -> Identity:
    name = str(file.path)
    password = file.password.encode() if file.password is not None else None
    try:
        key, certificate, more = pkcs12.load_key_and_certificates(raw, password)
    except ValueError as error:
        if "password" in str(error).lower():
            old = any(oid in raw for oid in _OLD_CIPHERS)
            more_advice = (
                f"; if it is the right one, its old cipher is refused here: {_conversion(file.path)}" if old else ""
            )
            raise Misconfigured(
                f"the password does not open {name}{more_advice}", setting=name, code="WRONG_PASSWORD"
            ) from error
        raise Misconfigured(
            f"{name} is not a PKCS#12 file that can be read; {_conversion(file.path)}", setting=name
        ) from error
    except (UnsupportedAlgorithm, InternalError) as error:
        raise Misconfigured(
            f"{name} uses an old cipher that this OpenSSL refuses; {_conversion(file.path)}",
            setting=name,
            code="OLD_CIPHER",
        ) from error
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey):
        raise Misconfigured(f"{name} does not hold a certificate and its RSA key", setting=name)
    return Identity(certificate, key, tuple(each for each in more if each.subject != each.issuer))


def _from_pem(file: IdentityFile, raw: bytes) -> Identity:
    certificates = read_certificates(file.path)
    name = str(file.key_path or file.path)
    password = file.password.encode() if file.password else None
    pem = _read(file.key_path) if file.key_path else raw
    if b"PRIVATE KEY-----" not in pem:
        raise Misconfigured(f"{name} holds no private key", setting=name)
    encrypted = b"ENCRYPTED" in pem
    try:
        key = load_pem_private_key(pem, password if encrypted else None)
    except (TypeError, ValueError) as error:
        what = "the password does not open the key in" if encrypted else "there is no readable key in"
        raise Misconfigured(f"{what} {name}", setting=name, code="WRONG_PASSWORD" if encrypted else "") from error
    except UnsupportedAlgorithm as error:
        raise Misconfigured(f"the key in {name} uses an algorithm that cannot be read", setting=name) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Misconfigured(f"the key in {name} is not an RSA key", setting=name)
    return Identity(certificates[0], key, tuple(certificates[1:]))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read the certificate file {path}: {error.strerror}", setting=str(path)) from error


def _conversion(path: Path) -> str:
    """The command that turns an old PKCS#12 file into a PEM file with certificate and key."""
    return (
        f"convert it: openssl pkcs12 -legacy -in {quote(str(path))} -out {quote(str(path.with_suffix('.pem')))} -noenc"
    )
