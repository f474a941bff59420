"""What a signed request looks like: the header's order, the signed parts, the algorithms (p1.md section 1)."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.simulator.certificates import TestCertificates
from adapter.soap import namespaces as ns
from adapter.soap.envelope import build_envelope
from adapter.soap.keys import IdentityFile, read_identity
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import Signer, sign
from adapter.soap.timestamp import TimeLimits
from adapter.soap.trust import SignerPin, SignerTrust
from adapter.soap.verify import Verifier
from adapter.soap.version import SOAP_11, SOAP_12

NOW = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
CONTEXT = '<k:context xmlns:k="urn:context"><k:value name="a">000000927722</k:value></k:context>'
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMES = {"s": ns.SOAP, "w": ns.WSSE, "u": ns.WSU, "d": ns.DS}
XML_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r "), max_size=40).filter(
    lambda text: "\ufffe" not in text and "\uffff" not in text
)


@pytest.fixture(scope="module")
def signer(certificates: TestCertificates) -> Signer:
    pair = read_identity(IdentityFile(certificates.client_wss.certificate, certificates.client_wss.key))
    return Signer(pair.certificate, pair.key)


@pytest.fixture(scope="module")
def trust(certificates: TestCertificates) -> SignerTrust:
    return SignerTrust(SignerPin(certificates.ca, ("Test facility WSS",)))


def signed(signer: Signer, content: etree._Element | None = None, *, context: bool = True, nonce: str = "n1") -> bytes:
    content = content if content is not None else etree.fromstring("<o:ask xmlns:o='urn:o'><n>1</n></o:ask>")
    envelope = build_envelope(etree.fromstring(CONTEXT) if context else None, content)
    return sign(envelope, signer, now=NOW, nonce=nonce)


def verified(message: bytes, trust: SignerTrust) -> etree._Element:
    envelope = Verifier(trust, TimeLimits(), ReplayMemory(window_seconds=420)).verify(message, NOW).envelope
    assert envelope.content is not None
    return envelope.content


def test_security_stands_first_and_holds_its_parts_in_order(signer: Signer) -> None:
    root = etree.fromstring(signed(signer))
    header = root[0]
    assert [etree.QName(each).localname for each in header] == ["Security", "context"]
    assert header[0].get(f"{{{ns.SOAP}}}mustUnderstand") == "1"
    assert [each.tag for each in header[0]] == [ns.TIMESTAMP, ns.TOKEN, ns.SIGNATURE]


@pytest.mark.parametrize("context", [CONTEXT, None], ids=["with a block", "empty"])
@pytest.mark.parametrize("kind", ["", 'i:type="o:Kind"'], ids=["canonical parts", "names in values"])
def test_security_is_the_headers_first_block(
    signer: Signer, trust: SignerTrust, context: str | None, kind: str
) -> None:
    """It is put in as text: no text of the message may get in its way."""
    block = etree.fromstring(context) if context else None
    ask = (
        f"<o:ask xmlns:o='urn:o' xmlns:i='{XSI}' {kind} note='&lt;soapenv:Header/>'>&gt;&lt;soapenv:Header&gt;</o:ask>"
    )
    message = sign(build_envelope(block, etree.fromstring(ask)), signer, now=NOW, nonce="h1")
    header = etree.fromstring(message)[0]
    assert [etree.QName(each).localname for each in header] == ["Security", *(["context"] if context else [])]
    content = verified(message, trust)
    assert (content.text, content.get("note")) == ("><soapenv:Header>", "<soapenv:Header/>")
    assert content.get(f"{{{XSI}}}type") == ("o:Kind" if kind else None)


def test_a_soap_1_2_message_is_signed_in_its_own_namespace(signer: Signer, trust: SignerTrust) -> None:
    envelope = build_envelope(etree.fromstring(CONTEXT), etree.fromstring("<o:ask xmlns:o='urn:o'/>"), SOAP_12)
    message = sign(envelope, signer, now=NOW, nonce="n12")
    root = etree.fromstring(message)
    assert [each.tag for each in (root, *root)] == [SOAP_12.envelope, SOAP_12.header, SOAP_12.body]
    assert root[0][0].get(f"{{{SOAP_12.namespace}}}mustUnderstand") == "1"
    assert SOAP_11.namespace.encode() not in message
    verifier = Verifier(trust, TimeLimits(), ReplayMemory(window_seconds=420))
    assert verifier.verify(message, NOW, SOAP_12).envelope.content is not None


def test_body_context_and_timestamp_are_signed_and_the_token_is_not(signer: Signer) -> None:
    root = etree.fromstring(signed(signer))
    by_id = {each.get(ns.WSU_ID): etree.QName(each).localname for each in root.iter() if each.get(ns.WSU_ID)}
    references = [by_id[str(uri)[1:]] for uri in root.xpath("//d:Reference/@URI", namespaces=NAMES)]
    assert sorted(references) == ["Body", "Timestamp", "context"]
    assert set(by_id.values()) - set(references) == {"BinarySecurityToken"}


def test_only_the_agreed_algorithms_are_named(signer: Signer) -> None:
    root = etree.fromstring(signed(signer))
    assert root.xpath("//d:SignatureMethod/@Algorithm", namespaces=NAMES) == [ns.RSA_SHA256]
    assert set(root.xpath("//d:DigestMethod/@Algorithm", namespaces=NAMES)) == {ns.SHA256}
    transforms = root.xpath("//d:Transform/@Algorithm | //d:CanonicalizationMethod/@Algorithm", namespaces=NAMES)
    assert (set(transforms), len(transforms)) == ({ns.EXCLUSIVE_C14N}, 4)


def test_the_key_is_named_by_reference_to_the_token(signer: Signer) -> None:
    root = etree.fromstring(signed(signer))
    reference = root.xpath("//d:KeyInfo/w:SecurityTokenReference/w:Reference", namespaces=NAMES)[0]
    token = root.xpath("//w:BinarySecurityToken", namespaces=NAMES)[0]
    assert reference.get("URI") == f"#{token.get(ns.WSU_ID)}"
    assert (token.get("ValueType"), token.get("EncodingType")) == (ns.X509_V3, ns.BASE64_BINARY)
    assert x509.load_der_x509_certificate(b64decode(token.text)) == signer.certificate


def test_the_timestamp_lives_300_seconds(signer: Signer) -> None:
    stamp = etree.fromstring(signed(signer)).find(".//u:Timestamp", NAMES)
    assert [each.text for each in stamp] == ["2026-11-21T10:00:00.123Z", "2026-11-21T10:05:00.123Z"]


def test_two_messages_of_one_instant_differ_in_their_signature(signer: Signer) -> None:
    """RSA with PKCS#1 v1.5 is deterministic: without new Ids the second would look like a replay of the first."""
    one, two = (
        etree.fromstring(signed(signer, nonce=nonce)).find(".//d:SignatureValue", NAMES).text for nonce in "ab"
    )
    assert one != two


def test_a_message_without_a_call_context_is_signed_too(signer: Signer, trust: SignerTrust) -> None:
    assert verified(signed(signer, context=False), trust).tag == "{urn:o}ask"


def test_namespaces_that_only_values_use_stay_declared(signer: Signer, trust: SignerTrust) -> None:
    """xsi:type="o:Kind" needs the declaration of o although no name of the element uses it."""
    content = etree.fromstring(
        '<q:ask xmlns:q="urn:q" xmlns:o="urn:o" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        '<part i:type="o:Kind"/></q:ask>'
    )
    assert verified(signed(signer, content), trust).nsmap["o"] == "urn:o"


@settings(deadline=None, max_examples=60)
@given(text=XML_TEXT, attribute=XML_TEXT, tail=XML_TEXT)
def test_whatever_text_is_signed_verifies_and_comes_back(
    signer: Signer, trust: SignerTrust, text: str, attribute: str, tail: str
) -> None:
    """Line ends, tabs, markup characters, anything outside ASCII: signed as it will be read."""
    content = etree.Element("{urn:o}ask", nsmap={None: "urn:o"})
    part = etree.SubElement(content, "{urn:other}part", name=attribute)
    part.text, part.tail = text, tail
    part = verified(signed(signer, content), trust)[0]
    assert (part.text or "", part.get("name"), part.tail or "") == (text, attribute, tail)


def test_the_private_key_is_never_shown(signer: Signer) -> None:
    assert "key" not in repr(signer)
