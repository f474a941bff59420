"""Parts read from the bytes of a message: only where those bytes can be nothing but their canonical form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.simulator.certificates import TestCertificates
from adapter.soap import namespaces as ns
from adapter.soap.broken import BrokenExchange
from adapter.soap.envelope import build_envelope, open_envelope
from adapter.soap.keys import IdentityFile, load_identity
from adapter.soap.parsing import parse_untrusted
from adapter.soap.raw_parts import RawParts
from adapter.soap.replay import ReplayMemory
from adapter.soap.security_header import by_id
from adapter.soap.sign import Signer, canonical, sign
from adapter.soap.timestamp import TimeLimits
from adapter.soap.trust import SignerPin, SignerTrust
from adapter.soap.verify import Verifier

NOW = datetime.now(UTC)
WSU = f'xmlns:wsu="{ns.WSU}"'
PART = f'<a:part xmlns:a="urn:a" {WSU} wsu:Id="p1"><a:in>1</a:in></a:part>'

FOUND = [
    (f"<m>{PART}</m>", "alone"),
    (f"<?xml version='1.0'?><m>{PART}</m>", "after a declaration of XML"),
    (f'<m a="x &gt; y">{PART}&amp;</m>', "among what is escaped"),
    ('<m><b:part xmlns:b="urn:b" Id="p1"></b:part></m>', "an Id without prefix"),
]
LEFT = [
    (f"<m><!-- {PART} --></m>", "in a comment"),
    (f"<m><![CDATA[{PART}]]></m>", "in a CDATA section"),
    (f"<m><?x {PART}?></m>", "in a processing instruction"),
    (f"<!DOCTYPE m []><m>{PART}</m>", "a document type"),
    (f"<?x y?><m>{PART}</m>", "after a processing instruction"),
    (f"<m>{PART}</m><?x y?>", "before a processing instruction"),
    (f"\ufeff<m>{PART}</m>", "a byte order mark"),
    (f'<m xmlns="urn:evil">{PART}</m>', "a default namespace around it"),
    (f'<m xmlns = "urn:evil">{PART}</m>', "a default namespace with blanks"),
    (f'<m>{PART}<b>wsu:Id="p1"</b></m>', "its Id a second time, as text"),
    (f"<m>{PART}{PART}</m>", "twice"),
    (f"""<m x='Id="p1"'>{PART.replace('"p1"', "'p1'")}</m>""", "in the value of another attribute"),
    (f"<m {WSU}>{PART.replace(' ' + WSU, '')}</m>", "a prefix that is declared around it"),
    (f"<m>{PART.replace(' wsu:Id', '  wsu:Id')}</m>", "two blanks: not canonical"),
    (f"<m>{PART.replace('urn:a', 'urn:&#97;')}</m>", "a letter escaped in its tag"),
    (f'<m><a:part xmlns:a="urn:a" {WSU} wsu:Id="p1"/></m>', "an empty element written short"),
]


@pytest.mark.parametrize(("message", "why"), FOUND, ids=[why for _, why in FOUND])
def test_a_part_that_stands_canonically_is_found(message: str, why: str) -> None:
    raw = RawParts.of(message.encode())
    assert raw is not None, why
    element = parse_untrusted(message.encode())[0]
    assert raw.part("p1") == canonical(element)


@pytest.mark.parametrize(("message", "why"), LEFT, ids=[why for _, why in LEFT])
def test_where_it_may_be_something_else_it_is_left_to_canonicalisation(message: str, why: str) -> None:
    """No bytes, or bytes that no canonicalisation writes: their digest is nobody's."""
    raw = RawParts.of(message.encode())
    part = raw.part("p1") if raw is not None else None
    assert part is None or not _is_canonical(part), why


UNKNOWN = [
    (f"<m>{PART.replace('wsu:Id', 'a:Id')}</m>", "an Id of another namespace"),
    (f"<m>{PART.replace(ns.WSU, 'urn:other')}</m>", "a prefix that means something else"),
    (f"<m>{PART.replace('wsu:Id', 'wsu:GId')}</m>", "an attribute that only ends like one"),
    ('<m>wsu:Id="p1"</m>', "only text"),
]


@pytest.mark.parametrize(("message", "why"), UNKNOWN, ids=[why for _, why in UNKNOWN])
def test_what_only_looks_like_an_id_is_none_of_the_tree(message: str, why: str) -> None:
    """So nobody asks for it."""
    assert by_id(parse_untrusted(message.encode()).iter()) == {}, why


def _is_canonical(part: bytes) -> bool:
    try:
        return canonical(etree.fromstring(part)) == part
    except etree.XMLSyntaxError:
        return False


@pytest.fixture(scope="module")
def signer(certificates: TestCertificates) -> Signer:
    found = load_identity(IdentityFile(certificates.client_wss.certificate, certificates.client_wss.key), now=NOW)
    return Signer(found.certificate, found.key)


def _message(signer: Signer) -> bytes:
    context = etree.Element("{urn:c}context", nsmap={"c": "urn:c"})
    content = etree.Element("{urn:b}slot", nsmap={"b": "urn:b"})
    etree.SubElement(content, "{urn:b}state").text = "wolny & <zajęty>"
    return sign(build_envelope(context, content), signer, now=NOW, nonce="n1")


def test_what_we_sign_stands_in_the_message_as_it_was_signed(signer: Signer) -> None:
    message = _message(signer)
    envelope = open_envelope(parse_untrusted(message))
    raw = RawParts.of(message)
    assert raw is not None
    assert envelope.header is not None
    assert raw.part("Body-n1") == canonical(envelope.body)
    assert raw.part("Header-1-n1") == canonical(envelope.header[1])
    assert raw.part("TS-n1") == canonical(envelope.header[0][0])


SNIPPETS = [
    *(b"", b" ", b'"', b"<x/>", b"<!-- c -->", b"<![CDATA[x]]>", b"<?p i?>", b"&#97;", b'Id="Body-n1"', b"</b:slot>"),
    *(b' xmlns="urn:evil"', b' xmlns:b="urn:evil"', b' wsu:Id="Body-n1"', b' Id="TS-n1"', b"x", b"\n", b"'", b"="),
]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_with_the_bytes_and_without_them_the_same_messages_are_believed(
    certificates: TestCertificates, signer: Signer, data: st.DataObject
) -> None:
    message = _message(signer)
    at = data.draw(st.integers(0, len(message)))
    cut = data.draw(st.integers(0, 3))
    damaged = message[:at] + data.draw(st.sampled_from(SNIPPETS)) + message[at + cut :]
    slowly = _believed(certificates, damaged, False)
    if "no canonical form" not in slowly:  # a relative namespace around the part, of no use in it, does no harm
        assert _believed(certificates, damaged, True) == slowly


def _believed(certificates: TestCertificates, message: bytes, with_bytes: bool) -> str:
    trust = SignerTrust(SignerPin(certificates.ca, (certificates.client_wss.subject,)))
    verifier = Verifier(trust, TimeLimits(), ReplayMemory(window_seconds=600))
    try:
        envelope = open_envelope(parse_untrusted(message))
        found = verifier.verify_envelope(envelope, NOW, message if with_bytes else b"")
    except BrokenExchange as broken:
        return f"{broken.code}: {broken.reason}"
    return etree.tostring(found.envelope.body).decode()
