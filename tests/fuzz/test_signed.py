"""A signed message to which anything happened is refused, or says exactly what was signed; on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
import soap_attacks
from acceptance.simulator.wire import Answer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from fuzz.conftest import DirectClient, Exchange, looks
from fuzz.mutations import BYTE_CHANGES, CHANGES, Change, changed
from hypothesis import given, reject
from hypothesis import strategies as st
from lxml import etree

from adapter.simulator.certificates import TestCertificates
from adapter.soap.broken import BrokenExchange
from adapter.soap.envelope import build_envelope
from adapter.soap.keys import IdentityFile, read_identity
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import Signer, canonical, sign
from adapter.soap.timestamp import TimeLimits
from adapter.soap.trust import SignerPin, SignerTrust
from adapter.soap.verify import Verified, Verifier
from adapter.soap.version import SOAP_11, SOAP_12, SoapVersion

HAPPENED = st.one_of(st.lists(CHANGES, min_size=1, max_size=3), BYTE_CHANGES)
Believe = Callable[[bytes, SoapVersion], Verified]


@pytest.fixture(scope="session")
def trust(certificates: TestCertificates) -> SignerTrust:
    return SignerTrust(SignerPin(certificates.ca, ("Test CeR WSS", "Test P1 WSS"), (certificates.crl,)))


@pytest.fixture(scope="session")
def believe(trust: SignerTrust) -> Believe:
    """Our verifier, without a memory of what was said before."""
    now = datetime.now(UTC)
    limits = TimeLimits(lifetime_seconds=600, skew_seconds=600)

    def verified(message: bytes, soap: SoapVersion) -> Verified:
        return Verifier(trust, limits, ReplayMemory(window_seconds=600)).verify(message, now, soap)

    return verified


@pytest.fixture(scope="session")
def signed(certificates: TestCertificates, exchanges: Mapping[str, Exchange]) -> list[tuple[SoapVersion, bytes]]:
    """Signed answers: the simulator's in SOAP 1.1, ours of the same content in SOAP 1.2."""
    pair = read_identity(IdentityFile(certificates.cer_wss.certificate, certificates.cer_wss.key))
    found: list[tuple[SoapVersion, bytes]] = []
    for number, each in enumerate(exchanges.values()):
        found.append((SOAP_11, each.reply))
        content = Answer(200, each.reply).content
        block = etree.fromstring('<k:context xmlns:k="urn:context"><k:value>1</k:value></k:context>')
        found.append(
            (
                SOAP_12,
                sign(
                    build_envelope(block, content, SOAP_12),
                    Signer(pair.certificate, pair.key),
                    now=datetime.now(UTC),
                    nonce=str(number),
                ),
            )
        )
    return found


def leaves(element: etree._Element) -> list[etree._Element]:
    """Elements without elements in them."""
    return [each for each in element.iter(etree.Element) if len(each) == 0]


UNHOLDABLE = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9" * 5000]
"""What a schema lets pass and Python cannot hold."""


@pytest.mark.parametrize("text", UNHOLDABLE, ids=["first day", "last day", "long number"])
def test_a_request_with_a_value_that_nobody_can_hold_is_answered(
    client: DirectClient,
    own_key: tuple[rsa.RSAPrivateKey, x509.Certificate],
    exchanges: Mapping[str, Exchange],
    text: str,
) -> None:
    for exchange in exchanges.values():
        for place in range(len(leaves(etree.fromstring(exchange.request)[-1]))):
            root = etree.fromstring(exchange.request)
            leaf = leaves(root[-1])[place]
            if not (leaf.text or "")[:1].isdigit():
                continue
            leaf.text = text
            raw = soap_attacks.forge(etree.tostring(root), *own_key, datetime.now(UTC))
            assert client.handle(raw, f"urn:{exchange.operation}", exchange.system).status in (200, 500)


def happened_to(message: bytes, happened: list[Change] | Callable[[bytes], bytes]) -> bytes:
    """The message afterwards."""
    if isinstance(happened, list):
        return etree.tostring(changed(etree.fromstring(message), happened))
    return happened(message)


def test_the_messages_are_good_before_anything_happens_to_them(
    believe: Believe, signed: list[tuple[SoapVersion, bytes]]
) -> None:
    for soap, message in signed:
        assert believe(message, soap).envelope.content is not None


@looks(250)
@given(data=st.data())
def test_a_signed_answer_never_changes_its_meaning(
    believe: Believe, signed: list[tuple[SoapVersion, bytes]], data: st.DataObject
) -> None:
    soap, message = data.draw(st.sampled_from(signed))
    touched = happened_to(message, data.draw(HAPPENED))
    try:
        verified = believe(touched, soap)
    except BrokenExchange:
        return
    assert canonical(verified.envelope.body) == canonical(etree.fromstring(message)[-1])


@looks(100)
@given(data=st.data())
def test_a_signed_request_never_changes_its_meaning(
    client: DirectClient, exchanges: Mapping[str, Exchange], data: st.DataObject
) -> None:
    """The simulator refuses, or (what is signed being the same) calls it the message that was there before."""
    exchange = data.draw(st.sampled_from(list(exchanges.values())))
    touched = happened_to(exchange.request, data.draw(HAPPENED))
    received = dict(client.simulator.state.received)
    reply = client.handle(touched, f"urn:{exchange.operation}", exchange.system)
    assert reply.status == 500
    assert Answer(reply.status, reply.body).content.tag.endswith("}Fault")
    assert dict(client.simulator.state.received) == received, "nothing was carried out"


@pytest.fixture(scope="session")
def own_key(certificates: TestCertificates) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    pair = read_identity(IdentityFile(certificates.client_wss.certificate, certificates.client_wss.key))
    return pair.key, pair.certificate


@looks(100)
@given(data=st.data())
def test_a_request_signed_after_anything_happened_is_answered(
    client: DirectClient,
    own_key: tuple[rsa.RSAPrivateKey, x509.Certificate],
    exchanges: Mapping[str, Exchange],
    data: st.DataObject,
) -> None:
    """A sender may sign anything: the dispatcher answers with a result or a fault, and never crashes."""
    exchange = data.draw(st.sampled_from(list(exchanges.values())))
    root = etree.fromstring(exchange.request)
    part = data.draw(st.sampled_from([root[-1][0], root[0][-1]]))
    parent = part.getparent()
    assert parent is not None
    parent.replace(part, changed(part, data.draw(st.lists(CHANGES, min_size=1, max_size=3))))
    try:
        raw = soap_attacks.forge(etree.tostring(root), *own_key, datetime.now(UTC))
    except etree.XMLSyntaxError:
        reject()  # what happened made it no XML at all: nobody could sign it
    reply = client.handle(raw, f"urn:{exchange.operation}", exchange.system)
    assert reply.status in (200, 500)
    answer = Answer(reply.status, reply.body)
    assert answer.content.tag.endswith("}Fault") or answer.result
