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
from functools import lru_cache
from typing import NamedTuple
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
_SHAPES_MAX = 16
"""Envelopes that differ in version or prefixes; each contract has one or two."""

_TIMESTAMP = (
    f'<wsu:Timestamp xmlns:wsu="{ns.WSU}" wsu:Id="%b">'
    "<wsu:Created>%b</wsu:Created><wsu:Expires>%b</wsu:Expires></wsu:Timestamp>"
).encode()
_REFERENCE = (
    '<ds:Reference URI="#%b">'
    f'<ds:Transforms><ds:Transform Algorithm="{ns.EXCLUSIVE_C14N}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{ns.SHA256}"></ds:DigestMethod>'
    "<ds:DigestValue>%b</ds:DigestValue></ds:Reference>"
).encode()
_SIGNED_INFO = (
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


class _Shape(NamedTuple):
    """What is alike in every envelope of a kind: the bytes around its parts, and its namespace."""

    head: bytes
    middle: bytes
    tail: bytes
    soap: bytes


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
    header, ending = envelope[0], b"-%b" % nonce.encode()
    timestamp_id, token_id = b"TS" + ending, b"X509" + ending
    expires = now + timedelta(seconds=lifetime_seconds)
    timestamp = _TIMESTAMP % (timestamp_id, instant_text(now).encode(), instant_text(expires).encode())
    signed = [(b"Header-%d%b" % (number, ending), block) for number, block in enumerate(header, start=1)]
    signed.append((b"Body" + ending, envelope[1]))
    parts, references = [], _REFERENCE % (timestamp_id, _digest(timestamp))
    for part_id, part in signed:
        part.set(ns.WSU_ID, part_id)
        content = canonical(part)
        parts.append(content)
        references += _REFERENCE % (part_id, _digest(content))
    info = _SIGNED_INFO % references
    value = _base64(signer.key.sign(info, _PADDING, _SHA256))
    shape = _shape(envelope.prefix, tuple(envelope.nsmap.items()))
    security = _SECURITY % (shape.soap, timestamp, token_id, signer.token, info, value, token_id)
    if _NAMES_IN_VALUES in b"".join(parts) or envelope.attrib or header.attrib:
        return _with_first(header, etree.tostring(envelope, encoding="utf-8", xml_declaration=True), security)
    return b"".join((shape.head, security, *parts[:-1], shape.middle, parts[-1], shape.tail))


@lru_cache(maxsize=_SHAPES_MAX)
def _shape(prefix: str | None, declared: tuple[tuple[str | None, str], ...]) -> _Shape:
    """The shape of an envelope with these prefixes, whose parts are put in as they were canonicalised."""
    p = f"{prefix}:" if prefix else ""
    names = "".join(f' xmlns{":" + name if name else ""}="{escape(uri, _QUOTE)}"' for name, uri in declared)
    return _Shape(
        f"<?xml version='1.0' encoding='utf-8'?>\n<{p}Envelope{names}><{p}Header>".encode(),
        f"</{p}Header>".encode(),
        f"</{p}Envelope>".encode(),
        dict(declared)[prefix].encode(),
    )


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


def _digest(content: bytes) -> bytes:
    return _base64(hashlib.sha256(content).digest())


def _base64(content: bytes) -> bytes:
    return b2a_base64(content, newline=False)
