"""Everything that security.md says the verifier refuses, one test each, and what it accepts."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import soap_attacks
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree

from adapter.errors import Misconfigured
from adapter.simulator.certificates import Authority, BadCertificates, Identity, TestCertificates
from adapter.soap.broken import MALFORMED, SIGNER, UNVERIFIED, BrokenExchange
from adapter.soap.envelope import build_envelope
from adapter.soap.keys import IdentityFile, load_identity, read_identity
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import Signer, canonical, sign
from adapter.soap.timestamp import TimeLimits
from adapter.soap.trust import LOOK_SECONDS, SignerPin, SignerTrust
from adapter.soap.verify import Verifier
from adapter.soap.version import SOAP_11, SOAP_12, SoapVersion

NOW = datetime.fromisoformat("2026-11-21T10:00:00Z")
SUBJECT = "CN=Test CeR WSS,O=Pomost test,C=PL"
FACILITY = "Test facility WSS"
CONTENT = '<r:reply xmlns:r="urn:test"><slot>S1</slot><text>Żółw &lt;\n &amp; </text></r:reply>'


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def content_of(message: bytes) -> etree._Element:
    return soap_attacks.parse(message)[1][0]


@pytest.fixture(scope="module")
def signer(certificates: TestCertificates) -> Signer:
    identity = load_identity(IdentityFile(certificates.cer_wss.certificate, certificates.cer_wss.key), now=NOW)
    return Signer(identity.certificate, identity.key)


@pytest.fixture(params=[SOAP_11, SOAP_12], ids=["1.1", "1.2"])
def soap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SoapVersion:
    """Every attack is tried in both versions: they are made in the version's namespace."""
    version: SoapVersion = request.param
    monkeypatch.setattr(soap_attacks, "SOAP", version.namespace)
    return version


@pytest.fixture(scope="module")
def message(signer: Signer) -> bytes:
    """A good reply with a header block beside Security."""
    return reply(signer, SOAP_11)


def reply(signer: Signer, soap: SoapVersion) -> bytes:
    context = etree.fromstring('<k:context xmlns:k="urn:context"><k:value>facility</k:value></k:context>')
    return sign(build_envelope(context, etree.fromstring(CONTENT), soap), signer, now=NOW, nonce="1")


def verifier_for(ca: Path, *subjects: str, crls: tuple[Path, ...] = (), limits: TimeLimits | None = None) -> Verifier:
    limits = limits or TimeLimits()
    trust = SignerTrust(SignerPin(ca, subjects, crls))
    return Verifier(trust, limits, ReplayMemory(window_seconds=limits.window_seconds))


@pytest.fixture
def verifier(certificates: TestCertificates) -> Verifier:
    return verifier_for(certificates.ca, SUBJECT, crls=(certificates.crl,))


def refusal(verifier: Verifier, message: bytes, now: datetime = NOW, soap: SoapVersion = SOAP_11) -> BrokenExchange:
    with pytest.raises(BrokenExchange) as caught:
        verifier.verify(message, now, soap)
    assert soap_attacks.EVIL_TEXT not in caught.value.reason, "a reason repeats no text of the message"
    return caught.value


def test_a_good_message_is_accepted_and_its_own_body_handed_back(verifier: Verifier, message: bytes) -> None:
    verified = verifier.verify(message, NOW)
    assert verified.envelope.body is verified.envelope.root[1]
    assert verified.envelope.content is verified.envelope.body[0]
    assert canonical(verified.envelope.content) == canonical(etree.fromstring(CONTENT))
    assert verified.created == NOW


def test_a_message_of_the_other_signer_is_accepted(verifier: Verifier, signer: Signer, soap: SoapVersion) -> None:
    """The control of all forgeries: without options they are good."""
    forged = soap_attacks.forge(reply(signer, soap), signer.key, signer.certificate, NOW)
    verified = verifier.verify(forged, NOW, soap)
    assert verified.envelope.content is not None


@pytest.mark.parametrize(
    "attack", [*soap_attacks.ATTACKS, *soap_attacks.CONTEXT_ATTACKS], ids=lambda attack: attack.name
)
def test_an_attacked_message_is_refused(
    verifier: Verifier, signer: Signer, attack: soap_attacks.Attack, soap: SoapVersion
) -> None:
    message = reply(signer, soap)
    assert refusal(verifier, attack(message), soap=soap).code in (UNVERIFIED, MALFORMED)
    verifier.verify(message, NOW, soap)  # a refused message does not spoil the good one


@pytest.mark.parametrize("forgery", soap_attacks.FORGERIES, ids=lambda forgery: forgery.name)
def test_a_forged_message_is_refused(
    verifier: Verifier, signer: Signer, forgery: soap_attacks.Forgery, soap: SoapVersion
) -> None:
    broken = refusal(verifier, forgery(reply(signer, soap), signer.key, signer.certificate, NOW), soap=soap)
    assert broken.code == UNVERIFIED
    assert broken.reason != "its signature is wrong", "the forgery computes; it is refused for what it is"


def test_a_part_that_is_signed_twice_is_refused(verifier: Verifier, message: bytes, signer: Signer) -> None:
    """A great Body that is named sixteen times would be computed sixteen times."""
    forged = soap_attacks.forge(
        message, signer.key, signer.certificate, NOW, parts=("body", "header", "timestamp", "body")
    )
    assert refusal(verifier, forged).reason == "a part is signed twice"


def test_a_message_of_the_other_version_is_refused(verifier: Verifier, signer: Signer) -> None:
    """Even if its signature is good: what was asked in one version is answered in it."""
    assert refusal(verifier, reply(signer, SOAP_12)).reason == "it is not a SOAP 1.1 envelope"
    assert refusal(verifier, reply(signer, SOAP_11), soap=SOAP_12).reason == "it is not a SOAP 1.2 envelope"


# attack, code, a word of the reason                              why this pair of words is the right one
REASONS = [
    ("wrapping: Body moved into a header block", MALFORMED, "twice"),
    ("two elements with one Id", UNVERIFIED, "one Id"),
    ("wrapping: Timestamp moved, fresh one in its place", UNVERIFIED, "does not stand where"),
    ("wrapping: call context moved, another one in its place", UNVERIFIED, "does not stand where"),
    ("two Security headers", UNVERIFIED, "or two"),
    ("XInclude", MALFORMED, "XInclude"),
    ("DTD", MALFORMED, "document type"),
    ("entity", MALFORMED, "document type"),
    ("nesting over 256", MALFORMED, "256"),
    ("element text over 10 MB", MALFORMED, "10 MB"),
    ("Body's content changed", UNVERIFIED, "was changed"),
    ("signature value changed", UNVERIFIED, "signature is wrong"),
]


@pytest.mark.parametrize(("name", "code", "words"), REASONS, ids=[row[0] for row in REASONS])
def test_the_reason_names_what_is_wrong(verifier: Verifier, message: bytes, name: str, code: str, words: str) -> None:
    attacks = {attack.name: attack for attack in (*soap_attacks.ATTACKS, *soap_attacks.CONTEXT_ATTACKS)}
    broken = refusal(verifier, attacks[name](message))
    assert (broken.code, words in broken.reason) == (code, True), broken.reason


def test_a_signed_body_deep_in_the_document_is_not_the_body(verifier: Verifier, message: bytes) -> None:
    """Wrapping by renaming: the signed element is no Body any more by name, only by its Id."""
    root = soap_attacks.parse(message)
    signed = root[1]
    evil = soap_attacks._evil(signed)
    root.replace(signed, evil)
    evil[0].append(signed)
    signed.tag = "{urn:attack}renamed"
    assert refusal(verifier, soap_attacks.dump(root)).code == UNVERIFIED


def test_a_comment_does_not_cut_a_text(verifier: Verifier, message: bytes) -> None:
    """Comments are outside every signature, so they may not change what is read."""
    commented = message.replace(b"<slot>S1</slot>", b"<slot>S<!-- -->1</slot>")
    assert commented != message
    content = verifier.verify(commented, NOW).envelope.content
    assert content is not None
    assert content.findtext("slot") == "S1"


# name                                     before                    after                          why it would crash
CRASHES = [
    ("relative namespace in the Body", b"<slot>", b'<slot xmlns:z="relative">', "no canonical form exists"),
    ("relative namespace in SignedInfo", b"<ds:SignedInfo", b'<ds:SignedInfo xmlns:z="relative"', "the same"),
    ("digest that is not ASCII", b"<ds:DigestValue>", "<ds:DigestValue>ż".encode(), "base64 of other letters"),
    ("token that is not ASCII", b'X509-1">MII', 'X509-1">żII'.encode(), "base64 of other letters"),
    ("token that is no certificate", b'X509-1">MII', b'X509-1">MIX', "DER that ends too soon"),
]


@pytest.mark.parametrize(("name", "before", "after", "why"), CRASHES, ids=[row[0] for row in CRASHES])
def test_a_message_that_cannot_be_computed_is_refused(
    verifier: Verifier, message: bytes, name: str, before: bytes, after: bytes, why: str
) -> None:
    assert before in message, name
    assert refusal(verifier, message.replace(before, after)).code == UNVERIFIED, why


# ------------------------------------------------------------------ time

# seconds from its making     accepted   why
MOMENTS = [
    (-60, True, "their clock is a minute ahead: within the skew"),
    (-61, False, "from the future"),
    (0, True, "now"),
    (359, True, "expired within the skew"),
    (360, False, "expired for the whole skew"),
]


@pytest.mark.parametrize(("seconds", "accepted", "why"), MOMENTS, ids=[row[2] for row in MOMENTS])
def test_the_timestamp_is_held_against_the_clock(
    verifier: Verifier, message: bytes, seconds: int, accepted: bool, why: str
) -> None:
    at = NOW + timedelta(seconds=seconds)
    if accepted:
        verifier.verify(message, at)
    else:
        assert "Timestamp" in refusal(verifier, message, at).reason, why


def test_limits_are_configuration(certificates: TestCertificates, message: bytes) -> None:
    strict = verifier_for(certificates.ca, SUBJECT, limits=TimeLimits(lifetime_seconds=299, skew_seconds=0))
    assert "299" in refusal(strict, message).reason
    loose = verifier_for(certificates.ca, SUBJECT, limits=TimeLimits(lifetime_seconds=300, skew_seconds=600))
    loose.verify(message, NOW + timedelta(seconds=800))


# ------------------------------------------------------------------ replays


def test_a_message_is_believed_once(verifier: Verifier, message: bytes) -> None:
    verifier.verify(message, NOW)
    assert refusal(verifier, message, NOW + timedelta(seconds=300)).reason == "it was received before"


def test_replays_are_remembered_as_long_as_they_could_be_accepted() -> None:
    memory = ReplayMemory(window_seconds=TimeLimits().window_seconds)
    assert memory.first_time(b"a", NOW)
    assert not memory.first_time(b"a", NOW + timedelta(seconds=419))
    assert memory.first_time(b"a", NOW + timedelta(seconds=421))


def test_the_memory_of_replays_is_bounded() -> None:
    memory = ReplayMemory(window_seconds=600, remembered_max=3)
    assert all(memory.first_time(bytes([number]), NOW) for number in range(10))
    assert not memory.first_time(bytes([9]), NOW)
    assert memory.first_time(bytes([0]), NOW), "the oldest went first"


# ------------------------------------------------------------------ whose signature


def signed_by(identity: Identity) -> bytes:
    pair = read_identity(IdentityFile(identity.certificate, identity.key))
    envelope = build_envelope(None, etree.fromstring(CONTENT))
    return sign(envelope, Signer(pair.certificate, pair.key), now=NOW, nonce="2")


# attribute of BadCertificates   a word of the reason      why
SIGNERS = [
    ("other_wss", "pinned authority", "from another CA, same subject"),
    ("expired_wss", "dates", "outside validity: expired"),
    ("early_wss", "dates", "outside validity: not yet"),
    ("revoked_wss", "revoked", "revoked by a supplied CRL"),
    ("stranger_wss", "pinned subject", "not the pinned subject"),
]


@pytest.mark.parametrize(("which", "words", "why"), SIGNERS, ids=[row[2] for row in SIGNERS])
def test_a_signer_who_is_not_trusted_is_refused(
    certificates: TestCertificates, bad: BadCertificates, which: str, words: str, why: str
) -> None:
    verifier = verifier_for(certificates.ca, FACILITY, crls=(bad.crl,))
    broken = refusal(verifier, signed_by(getattr(bad, which)))
    assert (broken.code, words in broken.reason) == (SIGNER, True), why


def test_a_certificate_with_an_unreadable_name_is_refused(verifier: Verifier, message: bytes, signer: Signer) -> None:
    good = der(signer.certificate)
    spoilt = good.replace(b"Test CeR WSS", b"Test CeR \xff\xfe\xfd")
    forged = message.replace(b64encode(good), b64encode(spoilt))
    assert forged != message
    assert refusal(verifier, forged).code in (SIGNER, UNVERIFIED)


def test_a_certificate_signed_with_sha1_is_refused(tmp_path: Path) -> None:
    """SHA-1 anywhere: a forged certificate needs only a collision. The library no longer makes one; we do."""
    authority = Authority(tmp_path, now=NOW)
    leaf = authority.issue("leaf", FACILITY)
    trust = SignerTrust(SignerPin(authority.write(), (FACILITY,)))
    good = read_identity(IdentityFile(leaf.certificate, leaf.key)).certificate
    trust.check(der(good), NOW)
    sha256, sha1 = (bytes.fromhex(f"2a864886f70d0101{last}") for last in ("0b", "05"))
    signed = good.tbs_certificate_bytes.replace(sha256, sha1)
    numbers = authority._key.private_numbers()
    digest = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(signed, usedforsecurity=False).digest()
    padded = b"\0\1" + b"\xff" * (256 - 3 - len(digest)) + b"\0" + digest
    value = pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(256)
    weak = der(good).replace(good.tbs_certificate_bytes, signed).replace(sha256, sha1).replace(good.signature, value)
    with pytest.raises(BrokenExchange) as caught:
        trust.check(weak, NOW)
    assert caught.value.code == SIGNER


def test_a_good_signer_passes_the_same_list(certificates: TestCertificates, bad: BadCertificates) -> None:
    verifier_for(certificates.ca, FACILITY, crls=(bad.crl,)).verify(signed_by(certificates.client_wss), NOW)


def test_a_revoked_signer_passes_without_the_list(certificates: TestCertificates, bad: BadCertificates) -> None:
    """Shows that it is the list that stops it."""
    verifier_for(certificates.ca, FACILITY).verify(signed_by(bad.revoked_wss), NOW)


def test_a_list_that_changed_on_disk_is_read_again(
    certificates: TestCertificates, bad: BadCertificates, tmp_path: Path
) -> None:
    crl = tmp_path / "current.crl"
    crl.write_bytes(certificates.crl.read_bytes())
    verifier = verifier_for(certificates.ca, FACILITY, crls=(crl,))
    verifier.verify(signed_by(bad.revoked_wss), NOW)
    crl.write_bytes(bad.crl.read_bytes())
    os.utime(crl, ns=(1, 1))
    assert "revoked" in refusal(verifier, signed_by(bad.revoked_wss), NOW + timedelta(seconds=LOOK_SECONDS)).reason


def test_a_list_past_its_date_stops_everything_and_names_the_file(tmp_path: Path) -> None:
    """Better no answers than those of a signer who may have been revoked yesterday."""
    authority = Authority(tmp_path, now=NOW)
    ca, leaf = authority.write(), authority.issue("leaf", FACILITY)
    authority.days = 1
    trust = SignerTrust(SignerPin(ca, (FACILITY,), (authority.revoke("daily.crl"),)))
    certificate = read_identity(IdentityFile(leaf.certificate, leaf.key)).certificate
    trust.check(der(certificate), NOW + timedelta(days=1))
    with pytest.raises(Misconfigured, match=r"daily\.crl was due for renewal on 2026-11-22"):
        trust.check(der(certificate), NOW + timedelta(days=1, seconds=1))


@pytest.mark.parametrize("name", ["missing.pem", "empty.pem"])
def test_a_pin_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.pem").write_text("nothing\n")
    with pytest.raises(Misconfigured, match=name):
        SignerTrust(SignerPin(tmp_path / name, (FACILITY,)))


def test_a_pin_without_a_subject_is_no_pin(certificates: TestCertificates) -> None:
    with pytest.raises(Misconfigured, match="subject"):
        SignerPin(certificates.ca, ())


def test_the_certificate_of_the_ca_itself_is_no_signer(certificates: TestCertificates) -> None:
    """A leaf is no authority: what it signs is not trusted, even if its file is named as the CA's."""
    trust = SignerTrust(SignerPin(certificates.cer_wss.certificate, (SUBJECT,)))
    certificate = read_identity(IdentityFile(certificates.cer_wss.p12, password=certificates.password)).certificate
    with pytest.raises(BrokenExchange) as caught:
        trust.check(der(certificate), NOW)
    assert caught.value.code == SIGNER
