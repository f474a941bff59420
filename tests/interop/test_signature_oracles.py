"""Two implementations that we did not write agree with our signatures, both ways: libxmlsec1 and signxml.

``xmlsec`` and ``signxml`` are test dependencies of this project: these tests never skip.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import signxml
import soap_attacks
import xmlsec
from lxml import etree
from signxml.exceptions import InvalidDigest, InvalidSignature

from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.soap import namespaces as ns
from adapter.soap.broken import BrokenExchange
from adapter.soap.envelope import build_envelope
from adapter.soap.keys import Identity, IdentityFile, read_identity
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import Signer, sign
from adapter.soap.timestamp import TimeLimits
from adapter.soap.trust import SignerPin, SignerTrust
from adapter.soap.verify import Verifier

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
CONTEXT = '<k:context xmlns:k="urn:context"><k:value name="a">000000927722</k:value></k:context>'

CONTENTS = [
    ("<o:ask xmlns:o='urn:o'><n>1</n></o:ask>", "plain"),
    ("<o:ask xmlns:o='urn:o'>Zażółć gęślą jaźń &lt;&amp;&gt; \"'</o:ask>", "Polish letters and markup"),
    (
        "<o:ask xmlns:o='urn:o' b='2' a='1' o:c='&#9;&#10;&#13;&quot;'>a&#13;b&#10;\n\tc</o:ask>",
        "line ends, attributes",
    ),
    ("<ask xmlns='urn:o'><n xmlns=''><m xmlns='urn:p'/></n></ask>", "default namespaces turned on and off"),
    ("<o:ask xmlns:o='urn:o' xmlns:unused='urn:u'><o:n/><o:n></o:n></o:ask>", "unused namespace, empty elements"),
    (
        "<o:ask xmlns:o='urn:o'><d:x xmlns:d='http://www.w3.org/2000/09/xmldsig#'/></o:ask>",
        "the signature's own namespace",
    ),
    (
        "<soapenv:ask xmlns:soapenv='urn:o'><wsu:n xmlns:wsu='urn:w'/></soapenv:ask>",
        "the envelope's prefixes for others",
    ),
    ("<o:ask xmlns:o='urn:o'><![CDATA[<a>&b;]]><!-- no part of it --> c</o:ask>", "CDATA and a comment"),
    ("<o:ask xmlns:o='urn:o' xml:lang='pl' xml:space='preserve'>  </o:ask>", "xml: attributes and blanks"),
    ("<o:ask xmlns:o='urn:o'>\U0001f642 \u00a0 \u2028</o:ask>", "beyond the first plane"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    return make_test_certificates(tmp_path_factory.mktemp("certificates"), now=NOW)


@pytest.fixture(scope="module")
def identity(made: TestCertificates) -> Identity:
    return read_identity(IdentityFile(made.client_wss.certificate, made.client_wss.key))


@pytest.fixture
def verify(made: TestCertificates) -> Callable[[bytes], etree._Element]:
    """Our verifier, for messages of others."""
    trust = SignerTrust(SignerPin(made.ca, ("Test facility WSS",)))
    verifier = Verifier(trust, TimeLimits(), ReplayMemory(window_seconds=420))

    def body(message: bytes) -> etree._Element:
        return verifier.verify(message, NOW).envelope.body

    return body


def ours(identity: Identity, content: str) -> bytes:
    envelope = build_envelope(etree.fromstring(CONTEXT), etree.fromstring(content))
    return sign(envelope, Signer(identity.certificate, identity.key), now=NOW, nonce="n1")


def unsigned(content: str) -> etree._Element:
    """An envelope with Timestamp and token, and Ids on what will be signed: for others to sign."""
    return etree.fromstring(
        f'<e:Envelope xmlns:e="{ns.SOAP}" xmlns:s="{ns.WSSE}" xmlns:u="{ns.WSU}"><e:Header>'
        '<s:Security e:mustUnderstand="1"><u:Timestamp u:Id="T"><u:Created>2026-11-21T10:00:00Z</u:Created>'
        "<u:Expires>2026-11-21T10:05:00Z</u:Expires></u:Timestamp>"
        f'<s:BinarySecurityToken EncodingType="{ns.BASE64_BINARY}" ValueType="{ns.X509_V3}" u:Id="X">TOKEN'
        f'</s:BinarySecurityToken></s:Security></e:Header><e:Body u:Id="B">{content}</e:Body></e:Envelope>'
    )


# ------------------------------------------------------------------ libxmlsec1


def xmlsec_accepts(message: bytes, certificate: Path) -> bool:
    """Whether libxmlsec1 finds every digest and the signature right, with the key we say."""
    root = etree.fromstring(message)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(certificate), xmlsec.constants.KeyDataFormatCertPem)
    for element in root.iter(etree.Element):
        if element.get(ns.WSU_ID):
            context.register_id(element, "Id", ns.WSU)
    try:
        context.verify(root.find(f".//{ns.SIGNATURE}"))
    except xmlsec.Error:
        return False
    return True


def xmlsec_signed(identity: Identity, made: TestCertificates, content: str) -> bytes:
    root = unsigned(content)
    token = root.find(f".//{ns.TOKEN}")
    token.text = Signer(identity.certificate, identity.key).token
    security = root.find(f".//{ns.SECURITY}")
    signature = xmlsec.template.create(root, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds")
    security.append(signature)
    for part_id in ("B", "T"):
        reference = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri=f"#{part_id}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    named = etree.SubElement(xmlsec.template.ensure_key_info(signature), ns.TOKEN_REFERENCE)
    etree.SubElement(named, ns.WSSE_REFERENCE, URI="#X", ValueType=ns.X509_V3)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(made.client_wss.key), xmlsec.constants.KeyDataFormatPem)
    for element in root.iter(etree.Element):
        if element.get(ns.WSU_ID):
            context.register_id(element, "Id", ns.WSU)
    context.sign(signature)
    return etree.tostring(root)


@pytest.mark.parametrize(("content", "why"), CONTENTS, ids=[row[1] for row in CONTENTS])
def test_libxmlsec1_accepts_our_signature(identity: Identity, made: TestCertificates, content: str, why: str) -> None:
    assert xmlsec_accepts(ours(identity, content), made.client_wss.certificate), why


@pytest.mark.parametrize(("content", "why"), CONTENTS, ids=[row[1] for row in CONTENTS])
def test_we_accept_a_signature_of_libxmlsec1(
    identity: Identity, made: TestCertificates, verify: Callable[[bytes], etree._Element], content: str, why: str
) -> None:
    body = verify(xmlsec_signed(identity, made, content))
    assert body[0].tag == etree.fromstring(content).tag, why


def test_both_refuse_what_was_changed(
    identity: Identity, made: TestCertificates, verify: Callable[[bytes], etree._Element]
) -> None:
    for message in (ours(identity, CONTENTS[0][0]), xmlsec_signed(identity, made, CONTENTS[0][0])):
        changed = message.replace(b"<n>1</n>", b"<n>2</n>")
        assert changed != message
        assert not xmlsec_accepts(changed, made.client_wss.certificate)
        with pytest.raises(BrokenExchange, match="was changed"):
            verify(changed)


def test_both_refuse_another_key(identity: Identity, made: TestCertificates) -> None:
    assert not xmlsec_accepts(ours(identity, CONTENTS[0][0]), made.p1_wss.certificate)


# ------------------------------------------------------------------ signxml


def signxml_signed_parts(message: bytes, certificate: Path) -> set[str]:
    """Local names of what signxml found signed. It looks for Ids by their local name, whatever their namespace."""
    root = etree.fromstring(message)
    configuration = signxml.SignatureConfiguration(
        expect_references=3,
        signature_methods=frozenset({signxml.SignatureMethod.RSA_SHA256}),
        digest_algorithms=frozenset({signxml.DigestAlgorithm.SHA256}),
        location=".//",
    )
    results = signxml.XMLVerifier().verify(
        root,
        x509_cert=certificate.read_bytes().decode(),
        id_attribute="Id",
        expect_config=configuration,
    )
    return {etree.QName(result.signed_xml).localname for result in results}


@pytest.mark.parametrize(("content", "why"), CONTENTS, ids=[row[1] for row in CONTENTS])
def test_signxml_accepts_our_signature(identity: Identity, made: TestCertificates, content: str, why: str) -> None:
    parts = signxml_signed_parts(ours(identity, content), made.client_wss.certificate)
    assert parts == {"Body", "context", "Timestamp"}, why


def test_signxml_refuses_what_was_changed(identity: Identity, made: TestCertificates) -> None:
    for attack in soap_attacks.ATTACKS:
        if attack.name in ("Body's content changed", "signature value changed"):
            with pytest.raises((InvalidDigest, InvalidSignature)):
                signxml_signed_parts(attack(ours(identity, CONTENTS[0][0])), made.client_wss.certificate)


def signxml_signed(identity: Identity, content: str, *, inclusive_prefixes: list[str] | None) -> bytes:
    """``inclusive_prefixes`` go to the parts only: signxml signs SignedInfo before it stands in the message,
    where those prefixes mean nothing yet. WSS4J does it for SignedInfo as well (test_wss4j.py)."""
    root = unsigned(content)
    root.find(f".//{ns.TOKEN}").text = Signer(identity.certificate, identity.key).token
    key_info = etree.fromstring(
        f'<ds:KeyInfo xmlns:ds="{ns.DS}"><s:SecurityTokenReference xmlns:s="{ns.WSSE}">'
        f'<s:Reference URI="#X" ValueType="{ns.X509_V3}"/></s:SecurityTokenReference></ds:KeyInfo>'
    )
    exclusive = signxml.CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
    references = [
        signxml.SignatureReference(URI=f"#{part_id}", inclusive_ns_prefixes=inclusive_prefixes) for part_id in "BT"
    ]
    signature = signxml.XMLSigner(
        method=signxml.methods.detached,
        signature_algorithm=signxml.SignatureMethod.RSA_SHA256,
        digest_algorithm=signxml.DigestAlgorithm.SHA256,
        c14n_algorithm=exclusive,
    ).sign(
        root,
        key=identity.key,
        cert=[identity.certificate],
        reference_uri=references,
        key_info=key_info,
        id_attribute="Id",
    )
    root.find(f".//{ns.SECURITY}").append(signature)
    return etree.tostring(root)


@pytest.mark.parametrize("prefixes", [None, ["e", "u"]], ids=["exclusive", "with inclusive prefixes"])
@pytest.mark.parametrize(("content", "why"), CONTENTS, ids=[row[1] for row in CONTENTS])
def test_we_accept_a_signature_of_signxml(
    identity: Identity, verify: Callable[[bytes], etree._Element], content: str, why: str, prefixes: list[str] | None
) -> None:
    message = signxml_signed(identity, content, inclusive_prefixes=prefixes)
    assert verify(message)[0].tag == etree.fromstring(content).tag, why
