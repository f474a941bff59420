"""WS-Security signing of a request (D6; p1.md section 1, "WS-Security profile").

The header starts with ``Security`` (mustUnderstand=1): Timestamp, BinarySecurityToken, Signature.
Signed are the Body, every other header block (the call context) and the Timestamp: RSA-SHA256,
SHA-256 digests, exclusive canonicalisation, the key named by reference to the token.

Timestamp and SignedInfo are written in canonical form by hand, and the other parts go into the message as they were
canonicalised: what is digested here is what any other implementation gets when it canonicalises them.
``tests/interop`` holds that against three.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.timestamp import LIFETIME_SECONDS, instant_text

_NAMES_IN_VALUES = b"http://www.w3.org/2001/XMLSchema-instance"
"""A part with xsi:type may use a prefix in a value only, which exclusive canonicalisation does not declare."""
_QUOTE = {'"': "&quot;"}
_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()

_TIMESTAMP = (
    f'<wsu:Timestamp xmlns:wsu="{ns.WSU}" wsu:Id="%s">'
    "<wsu:Created>%s</wsu:Created><wsu:Expires>%s</wsu:Expires></wsu:Timestamp>"
)
_REFERENCE = (
    '<ds:Reference URI="#%s">'
    f'<ds:Transforms><ds:Transform Algorithm="{ns.EXCLUSIVE_C14N}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{ns.SHA256}"></ds:DigestMethod>'
    "<ds:DigestValue>%s</ds:DigestValue></ds:Reference>"
)
_SIGNED_INFO = (
    f'<ds:SignedInfo xmlns:ds="{ns.DS}">'
    f'<ds:CanonicalizationMethod Algorithm="{ns.EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{ns.RSA_SHA256}"></ds:SignatureMethod>'
    "%s</ds:SignedInfo>"
)
_SECURITY = (
    f'<wsse:Security xmlns:wsse="{ns.WSSE}" xmlns:wsu="{ns.WSU}" xmlns:soapenv="%(soap)s" soapenv:mustUnderstand="1">'
    "%(timestamp)s"
    f'<wsse:BinarySecurityToken EncodingType="{ns.BASE64_BINARY}" ValueType="{ns.X509_V3}" wsu:Id="%(token_id)s">'
    "%(token)s</wsse:BinarySecurityToken>"
    f'<ds:Signature xmlns:ds="{ns.DS}">%(signed_info)s<ds:SignatureValue>%(value)s</ds:SignatureValue>'
    '<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#%(token_id)s" '
    f'ValueType="{ns.X509_V3}"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature>'
    "</wsse:Security>"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """The certificate that signs messages (WSS) and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    token: str = field(init=False, repr=False)
    """The certificate as it goes into the token: DER in base64."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "token", b64encode(self.certificate.public_bytes(Encoding.DER)).decode())


def sign(
    envelope: etree._Element,
    signer: Signer,
    *,
    now: datetime,
    nonce: str,
    lifetime_seconds: int = LIFETIME_SECONDS,
) -> bytes:
    """The signed message, ready to send, as UTF-8.

    ``envelope`` is one of :func:`adapter.soap.envelope.build_envelope` and is changed: its parts get Ids.
    ``nonce`` makes the Ids, and with them the signature, unlike every other message's: letters and digits only.
    """
    header, body = envelope[0], envelope[1]
    created, expires = instant_text(now), instant_text(now + timedelta(seconds=lifetime_seconds))
    timestamp_id = f"TS-{nonce}"
    timestamp = _TIMESTAMP % (timestamp_id, created, expires)
    signed = [(f"Header-{number}-{nonce}", block) for number, block in enumerate(header, start=1)]
    signed.append((f"Body-{nonce}", body))
    references, parts = "", []
    for part_id, part in signed:
        part.set(ns.WSU_ID, part_id)
        parts.append(canonical(part))
        references += _REFERENCE % (part_id, _digest(parts[-1]))
    references += _REFERENCE % (timestamp_id, _digest(timestamp.encode()))
    signed_info = _SIGNED_INFO % references
    security = _SECURITY % {
        "soap": etree.QName(envelope).namespace,
        "timestamp": timestamp,
        "token_id": f"X509-{nonce}",
        "token": signer.token,
        "signed_info": signed_info,
        "value": b64encode(signer.key.sign(signed_info.encode(), _PADDING, _SHA256)).decode(),
    }
    if envelope.attrib or header.attrib or any(_NAMES_IN_VALUES in part for part in parts):
        return _with_first(header, etree.tostring(envelope, encoding="utf-8", xml_declaration=True), security.encode())
    return _assembled(envelope, security.encode(), parts)


def _assembled(envelope: etree._Element, security: bytes, parts: Sequence[bytes]) -> bytes:
    """The message made of its parts in canonical form: header blocks, then the Body."""
    prefix = f"{envelope.prefix}:" if envelope.prefix else ""
    declared = "".join(
        f' xmlns{":" + name if name else ""}="{escape(uri, _QUOTE)}"' for name, uri in envelope.nsmap.items()
    )
    head = f"<?xml version='1.0' encoding='utf-8'?>\n<{prefix}Envelope{declared}><{prefix}Header>".encode()
    middle, tail = f"</{prefix}Header>".encode(), f"</{prefix}Envelope>".encode()
    return b"".join((head, security, *parts[:-1], middle, parts[-1], tail))


def _with_first(header: etree._Element, message: bytes, block: bytes) -> bytes:
    """The message with ``block`` as its header's first child.

    Put in as text, which is far quicker than as elements: before the header's tag stands only the
    Envelope's, and no tag of XML has a ``<`` inside.
    """
    tag = f"{header.prefix}:{etree.QName(header).localname}".encode()
    before, _, after = message.partition(b"<" + tag)
    attributes, _, rest = after.partition(b">")
    if attributes.endswith(b"/"):
        return b"%b<%b%b>%b</%b>%b" % (before, tag, attributes[:-1], block, tag, rest)
    return b"%b<%b%b>%b%b" % (before, tag, attributes, block, rest)


def canonical(element: etree._Element, inclusive_prefixes: list[str] | None = None) -> bytes:
    """Exclusive canonical form without comments (XML-Exc-C14N 1.0)."""
    return etree.tostring(
        element,
        method="c14n",
        exclusive=True,
        with_comments=False,
        inclusive_ns_prefixes=inclusive_prefixes,
    )


def _digest(content: bytes) -> str:
    return b64encode(hashlib.sha256(content).digest()).decode()
