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
from binascii import b2a_base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.envelope import PREFIXES, Outgoing
from adapter.soap.timestamp import LIFETIME_SECONDS, instant_text
from adapter.soap.version import VERSIONS, SoapVersion

_NAMES_IN_VALUES = b"http://www.w3.org/2001/XMLSchema-instance"
"""A part with xsi:type may use a prefix in a value only, which exclusive canonicalisation does not declare."""
_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()

_TIMESTAMP = (
    f'<wsu:Timestamp xmlns:wsu="{ns.WSU}" wsu:Id="%b">'
    "<wsu:Created>%b</wsu:Created><wsu:Expires>%b</wsu:Expires></wsu:Timestamp>"
).encode()
REFERENCE = (
    '<ds:Reference URI="#%b">'
    f'<ds:Transforms><ds:Transform Algorithm="{ns.EXCLUSIVE_C14N}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{ns.SHA256}"></ds:DigestMethod>'
    "<ds:DigestValue>%b</ds:DigestValue></ds:Reference>"
).encode()
SIGNED_INFO = (
    f'<ds:SignedInfo xmlns:ds="{ns.DS}">'
    f'<ds:CanonicalizationMethod Algorithm="{ns.EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{ns.RSA_SHA256}"></ds:SignatureMethod>'
    "%b</ds:SignedInfo>"
).encode()
_SECURITY = (
    f'<wsse:Security xmlns:wsse="{ns.WSSE}" xmlns:wsu="{ns.WSU}" xmlns:soapenv="%b" soapenv:mustUnderstand="1">'
    "%b"  # Timestamp
    f'<wsse:BinarySecurityToken EncodingType="{ns.BASE64_BINARY}" ValueType="{ns.X509_V3}" wsu:Id="%b">'
    "%b</wsse:BinarySecurityToken>"
    f'<ds:Signature xmlns:ds="{ns.DS}">%b<ds:SignatureValue>%b</ds:SignatureValue>'
    '<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#%b" '
    f'ValueType="{ns.X509_V3}"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature>'
    "</wsse:Security>"
).encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """The certificate that signs messages (WSS) and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    token: bytes = field(init=False, repr=False)
    """The certificate as it goes into the token: DER in base64."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "token", _base64(self.certificate.public_bytes(Encoding.DER)))


class _Frame(NamedTuple):
    """What is alike in every message of a SOAP version: the bytes around its parts, and its namespace."""

    head: bytes
    middle: bytes
    tail: bytes
    soap: bytes


def _frame(soap: SoapVersion) -> _Frame:
    names = "".join(f' xmlns:{name}="{uri}"' for name, uri in {"soapenv": soap.namespace, **PREFIXES}.items())
    return _Frame(
        f"<?xml version='1.0' encoding='utf-8'?>\n<soapenv:Envelope{names}><soapenv:Header>".encode(),
        b"</soapenv:Header>",
        b"</soapenv:Envelope>",
        soap.namespace.encode(),
    )


_FRAMES = {number: _frame(soap) for number, soap in VERSIONS.items()}


def sign(
    request: Outgoing, signer: Signer, *, now: datetime, nonce: str, lifetime_seconds: int = LIFETIME_SECONDS
) -> bytes:
    """The signed message, ready to send, as UTF-8. ``request`` is changed: its parts get Ids.

    ``nonce`` makes the Ids, and with them the signature, unlike every other message's: letters and digits only.
    """
    root, context, body, soap = request
    ending = b"-%b" % nonce.encode()
    timestamp_id, token_id = b"TS" + ending, b"X509" + ending
    expires = now + timedelta(seconds=lifetime_seconds)
    timestamp = _TIMESTAMP % (timestamp_id, instant_text(now), instant_text(expires))
    references = REFERENCE % (timestamp_id, _digest(timestamp))
    block = b""
    if context is not None:
        block, reference = _part(context, b"Header-1" + ending)
        references += reference
    content, reference = _part(body, b"Body" + ending)
    info = SIGNED_INFO % (references + reference)
    value = _base64(signer.key.sign(info, _PADDING, _SHA256))
    head, middle, tail, namespace = _FRAMES[soap.number]
    security = _SECURITY % (namespace, timestamp, token_id, signer.token, info, value, token_id)
    if _NAMES_IN_VALUES in content or _NAMES_IN_VALUES in block:
        return _with_security(etree.tostring(root, encoding="utf-8", xml_declaration=True), security)
    return b"".join((head, security, block, middle, content, tail))


def _part(element: etree._Element, part_id: bytes) -> tuple[bytes, bytes]:
    """A signed part in canonical form, and the reference to it."""
    element.set(ns.WSU_ID, part_id)
    content = canonical(element)
    return content, REFERENCE % (part_id, _digest(content))


def _with_security(message: bytes, security: bytes) -> bytes:
    """The message with ``security`` as its header's first block.

    Put in as text, which is far quicker than as elements: the first ``<soapenv:Header`` is the header's tag, for
    before it stands only the Envelope's, and no tag of XML has a ``<`` inside.
    """
    before, tag, after = message.partition(b"<soapenv:Header")
    if after.startswith(b"/>"):
        return b"%b%b>%b</soapenv:Header>%b" % (before, tag, security, after.removeprefix(b"/>"))
    return b"%b%b>%b%b" % (before, tag, security, after.removeprefix(b">"))


def canonical(element: etree._Element, inclusive_prefixes: list[str] | None = None) -> bytes:
    """Exclusive canonical form without comments (XML-Exc-C14N 1.0)."""
    return etree.tostring(
        element,
        method="c14n",
        exclusive=True,
        with_comments=False,
        inclusive_ns_prefixes=inclusive_prefixes,
    )


def _digest(content: bytes) -> bytes:
    return _base64(hashlib.sha256(content).digest())


def _base64(content: bytes) -> bytes:
    return b2a_base64(content, newline=False)
