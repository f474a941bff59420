"""B4: sign and verify one call, against zeep's BinarySignature and against bare RSA-2048.

To sign is to make of an envelope the bytes that are sent, with a Timestamp; the envelopes are built beforehand. zeep
signs as we do: RSA-SHA256, SHA-256, Body and Timestamp (it cannot sign the call context as well). How much quicker
than zeep signing can be is bounded by RSA itself, which stands beside it.

To verify is to read the bytes that were received, without DTD or entities, and to believe them. Both verify the same
messages, which we signed: Body, call context and Timestamp. zeep checks less of them: the signature, but no dates, no
authority, no replay, no shape.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import xmlsec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree
from measure import Figure, all_turns, median_turn
from zeep.loader import parse_xml
from zeep.settings import Settings
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.signature import BinarySignature
from zeep.wsse.utils import get_security_header

from adapter.simulator.certificates import make_test_certificates
from adapter.soap import namespaces as ns
from adapter.soap.envelope import Outgoing, build_envelope
from adapter.soap.keys import IdentityFile, load_identity
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import Signer, sign
from adapter.soap.timestamp import TimeLimits, instant_text
from adapter.soap.trust import SignerPin, SignerTrust
from adapter.soap.verify import Verifier

CALLS = 100
TURNS = 25
"""Short turns and many: the ratio is that of two figures which a neighbour on the processor moves alike."""
NAMESPACE = "urn:pomost:benchmark"


def envelope() -> Outgoing:
    """A request about one slot, with a call context."""
    context = etree.Element(f"{{{NAMESPACE}}}context")
    for number in range(6):
        etree.SubElement(context, f"{{{NAMESPACE}}}attribute", name=f"attribute-{number}").text = f"value-{number}"
    content = etree.Element(f"{{{NAMESPACE}}}slot")
    for name in ("reference", "starts", "ends", "state", "kind", "cell"):
        etree.SubElement(content, f"{{{NAMESPACE}}}{name}").text = f"{name} of the slot"
    return build_envelope(context, content)


def dated(message: etree._Element, now: datetime) -> etree._Element:
    """The message with a Timestamp, for zeep to sign."""
    timestamp = etree.SubElement(get_security_header(message), ns.TIMESTAMP)
    etree.SubElement(timestamp, ns.CREATED).text = instant_text(now).decode()
    etree.SubElement(timestamp, ns.EXPIRES).text = instant_text(now + timedelta(seconds=300)).decode()
    return message


def run() -> list[Figure]:
    """Sign and verify rates per second."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        made = make_test_certificates(Path(folder), now=now)
        identity = load_identity(IdentityFile(made.client_wss.certificate, made.client_wss.key), now=now)
        signer = Signer(identity.certificate, identity.key)
        theirs = BinarySignature(
            str(made.client_wss.key),
            str(made.client_wss.certificate),
            signature_method=xmlsec.Transform.RSA_SHA256,
            digest_method=xmlsec.Transform.SHA256,
        )
        key = serialization.load_pem_private_key(made.client_wss.key.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        trust = SignerTrust(SignerPin(made.ca, (made.client_wss.subject,)))

        unsigned = [[envelope() for _ in range(CALLS)] for _ in range(2 * (1 + TURNS) + 1)]

        def ours() -> list[bytes]:
            return [sign(each, signer, now=now, nonce=f"n{at}") for at, each in enumerate(unsigned.pop())]

        def zeeps() -> list[bytes]:
            return [etree_to_string(theirs.apply(dated(each.root, now), {})[0]) for each in unsigned.pop()]

        def bare() -> None:
            for _ in range(CALLS):
                key.sign(b"x" * 600, padding.PKCS1v15(), hashes.SHA256())

        signed = ours()

        def verify_ours() -> None:
            verifier = Verifier(trust, TimeLimits(), ReplayMemory(window_seconds=600))
            for message in signed:
                verifier.verify(message, now)

        settings = Settings()

        def verify_zeeps() -> None:
            for message in signed:
                theirs.verify(parse_xml(message, None, settings=settings))

        signing = all_turns(ours, zeeps, bare, rounds=TURNS)
        verifying = all_turns(verify_ours, verify_zeeps, rounds=TURNS)
    return [
        figure("sign, against zeep", median_turn(signing, 1), 3.5),
        figure("sign, against bare RSA-2048", median_turn(signing, 2), 0.6),
        figure("verify, against zeep", median_turn(verifying, 1), 3.5),
    ]


def figure(name: str, turn: tuple[float, float], target_ratio: float) -> Figure:
    """Rates of one turn: seconds of ours and of the reference for ``CALLS`` messages."""
    ours, reference = turn
    return Figure("B4", name, CALLS / ours, "messages/s", CALLS / reference, target_ratio=target_ratio)
