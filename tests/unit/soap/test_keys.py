"""Our own certificates: read from what authorities issue, refused with the file's name and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from adapter.errors import Misconfigured
from adapter.simulator.certificates import BadCertificates, Identity, TestCertificates
from adapter.soap.keys import IdentityFile, load_identity, read_identity

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
OPENSSL = shutil.which("openssl")


def refusal(file: IdentityFile, now: datetime = NOW) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        load_identity(file, now=now)
    assert str(file.path) in caught.value.message or str(file.key_path) in caught.value.message
    assert "secret" not in caught.value.message
    return caught.value


@pytest.fixture
def mine(certificates: TestCertificates) -> Identity:
    return certificates.client_wss


@pytest.fixture
def old_p12(mine: Identity, tmp_path: Path) -> Path:
    """As CSIOZ issues them: RC2-40 for the certificate, 3DES for the key."""
    path = tmp_path / "old.p12"
    key = load_pem_private_key(mine.key.read_bytes(), None)
    certificate = read_identity(IdentityFile(mine.certificate, mine.key)).certificate
    assert isinstance(key, rsa.RSAPrivateKey)
    if OPENSSL is None:
        encryption = (
            PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        ).build(b"secret")
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"old", key, certificate, None, encryption))
        return path
    command = f"{OPENSSL} pkcs12 -export -legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-3DES -passout pass:secret"
    files = ["-in", mine.certificate, "-inkey", mine.key, "-out", path]
    subprocess.run([*command.split(), *files], check=True, timeout=60)
    return path


def test_every_form_of_file_gives_the_same_identity(
    certificates: TestCertificates, mine: Identity, old_p12: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(mine.key.read_bytes() + mine.certificate.read_bytes())
    sealed = tmp_path / "sealed.key"
    key = load_pem_private_key(mine.key.read_bytes(), None)
    sealed.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    forms = [
        IdentityFile(mine.certificate, mine.key),
        IdentityFile(both),
        IdentityFile(mine.certificate, sealed, "secret"),
        IdentityFile(mine.p12, password=certificates.password),
        IdentityFile(old_p12, password="secret"),
    ]
    loaded = [load_identity(form, now=NOW) for form in forms]
    assert {each.certificate.serial_number for each in loaded} == {loaded[0].certificate.serial_number}
    assert all(each.key.private_numbers() == loaded[0].key.private_numbers() for each in loaded)


def test_a_wrong_password_names_the_file(mine: Identity) -> None:
    error = refusal(IdentityFile(mine.p12, password="no"))
    assert error.code == "WRONG_PASSWORD"
    assert "openssl" not in error.message, "a modern file needs no conversion"


def test_a_wrong_password_of_a_sealed_key_names_the_key(mine: Identity, tmp_path: Path) -> None:
    sealed = tmp_path / "sealed.key"
    key = load_pem_private_key(mine.key.read_bytes(), None)
    sealed.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    for password in ("no", None):
        error = refusal(IdentityFile(mine.certificate, sealed, password))
        assert (error.setting, error.code) == (str(sealed), "WRONG_PASSWORD")


def test_an_old_cipher_that_cannot_be_read_names_the_command_that_converts_it(old_p12: Path) -> None:
    """In a Python whose OpenSSL has no old ciphers, where the right password looks like a wrong one."""
    program = (
        "import sys; from pathlib import Path; from adapter.soap.keys import *; from adapter.errors import *\n"
        "try: read_identity(IdentityFile(Path(sys.argv[1]), password='secret'))\n"
        "except Misconfigured as error: print(error.message)\n"
    )
    environment = {**os.environ, "CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, old_p12],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    command = f"openssl pkcs12 -legacy -in {old_p12} -out {old_p12.with_suffix('.pem')} -noenc"
    assert command in done.stdout
    assert command in refusal(IdentityFile(old_p12, password="wrong")).message


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed: the command cannot be tried")
def test_the_command_that_is_named_works(old_p12: Path) -> None:
    command = f"{OPENSSL} pkcs12 -legacy -in {old_p12} -out {old_p12.with_suffix('.pem')} -noenc -passin pass:secret"
    subprocess.run(command.split(), check=True, timeout=60)
    load_identity(IdentityFile(old_p12.with_suffix(".pem")), now=NOW)


def test_an_expired_certificate_is_named_with_its_date(bad: BadCertificates) -> None:
    error = refusal(IdentityFile(bad.expired_wss.certificate, bad.expired_wss.key))
    assert (error.code, "expired on 2026-11-20" in error.message) == ("CERTIFICATE_EXPIRED", True)


def test_a_certificate_from_tomorrow_is_named_with_its_date(bad: BadCertificates) -> None:
    assert "not valid before 2026-11-22" in refusal(IdentityFile(bad.early_wss.certificate, bad.early_wss.key)).message


def test_a_certificate_is_good_to_its_last_second(mine: Identity) -> None:
    file = IdentityFile(mine.certificate, mine.key)
    last = read_identity(file).certificate.not_valid_after_utc
    load_identity(file, now=last)
    refusal(file, last + timedelta(seconds=1))


def test_the_key_of_another_certificate_is_refused(certificates: TestCertificates, mine: Identity) -> None:
    assert "does not belong" in refusal(IdentityFile(mine.certificate, certificates.client_tls.key)).message


# content of the file                          name        a word of the message
CONTENTS = [
    (b"", "empty.p12", "PKCS#12"),
    (b"\x30\x03junk", "junk.p12", "PKCS#12"),
    (b"-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n", "junk.pem", "no PEM certificate"),
    (None, "missing.p12", "No such file"),
]


@pytest.mark.parametrize(("content", "name", "words"), CONTENTS, ids=[row[1] for row in CONTENTS])
def test_a_file_that_holds_nothing_useful_is_named(
    tmp_path: Path, content: bytes | None, name: str, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert words in refusal(IdentityFile(tmp_path / name, password="secret")).message


def test_a_certificate_without_its_key_is_refused(mine: Identity) -> None:
    assert "no private key" in refusal(IdentityFile(mine.certificate)).message


def test_a_p12_without_a_key_is_refused(mine: Identity, tmp_path: Path) -> None:
    certificate = read_identity(IdentityFile(mine.certificate, mine.key)).certificate
    path = tmp_path / "bare.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", None, certificate, None, NoEncryption()))
    assert "RSA key" in refusal(IdentityFile(path)).message


def test_a_key_that_is_not_rsa_is_refused(mine: Identity, tmp_path: Path) -> None:
    path = tmp_path / "curve.key"
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert "not an RSA key" in refusal(IdentityFile(mine.certificate, path)).message


def test_no_password_is_ever_shown(mine: Identity) -> None:
    file = IdentityFile(mine.p12, password="secret")
    assert "secret" not in repr(file)
    assert "secret" not in repr(read_identity(IdentityFile(mine.certificate, mine.key)))
