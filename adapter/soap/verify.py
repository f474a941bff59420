"""Strict verification of a signed SOAP message (security.md, "What the verifier refuses").

The order matters. First the shape, by position: one Body, one Security, one Signature, one Timestamp,
no Id twice. Then what the signature *says* it covers must be those very elements (identity, not
equality of Ids: this is what stops every signature-wrapping attack). Then digests, the signer, the
signature value, the Timestamp, and last whether the message was seen before.

The Body that is returned is the element whose digest was checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import unverified
from adapter.soap.envelope import Envelope, open_envelope
from adapter.soap.parsing import parse_untrusted
from adapter.soap.raw_parts import RawParts
from adapter.soap.replay import ReplayMemory
from adapter.soap.signed_info import Reference, base64_of, bytes_of, canonical_part, children, read_signed_info
from adapter.soap.timestamp import TimeLimits, check_timestamp
from adapter.soap.trust import KNOWN_MAX, SignerTrust
from adapter.soap.version import SOAP_11, SoapVersion

SIGNATURE_HASHES: dict[str, hashes.HashAlgorithm] = {
    ns.RSA_SHA256: hashes.SHA256(),
    ns.RSA_SHA384: hashes.SHA384(),
    ns.RSA_SHA512: hashes.SHA512(),
}
DIGESTS: dict[str, Callable[[bytes], Any]] = {
    ns.SHA256: hashlib.sha256,
    ns.SHA384: hashlib.sha384,
    ns.SHA512: hashlib.sha512,
}
TOKEN_CHARACTERS_KEPT_MAX = 8192
"""Longer tokens are decoded each time; a certificate has two or three thousand characters."""
_PADDING = padding.PKCS1v15()
_ID_ATTRIBUTES = frozenset({ns.WSU_ID, "Id", "ID", "{http://www.w3.org/XML/1998/namespace}id"})
_IDS = etree.XPath(
    " | ".join(f"/descendant::*/@{name}" for name in ("wsu:Id", "Id", "ID", "xml:id")),
    namespaces={"wsu": ns.WSU},
    smart_strings=False,
)
_REFERRED_TO = frozenset({ns.TIMESTAMP, ns.TOKEN})
"""What Security holds for others to refer to."""
_SIGNATURE_PARTS = [f"{{{ns.DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")]


@dataclass(frozen=True, slots=True)
class Verified:
    """A message that proved itself. ``envelope.body`` is the element that was signed."""

    envelope: Envelope
    certificate: x509.Certificate
    created: datetime


@dataclass(frozen=True, slots=True)
class Verifier:
    """What one authority's messages are held against. Safe to share between threads."""

    trust: SignerTrust
    limits: TimeLimits
    replays: ReplayMemory

    def verify(self, message: bytes, now: datetime, soap: SoapVersion = SOAP_11) -> Verified:
        """Take a received message apart and believe it, or refuse.

        Raises:
            BrokenExchange: ``malformed``, ``unverified`` or ``signer``; the reason says why.
            Misconfigured: the pin's files are unreadable or a CRL is past its date.
        """
        return self.verify_envelope(open_envelope(parse_untrusted(message), soap), now, message)

    def verify_envelope(self, envelope: Envelope, now: datetime, message: bytes = b"") -> Verified:
        """As :meth:`verify`, for a message that was parsed by ``parse_untrusted`` already.

        ``message`` are the bytes that it was parsed from: with them it is quicker, without them the same.
        """
        raw = RawParts.of(message)
        security = _only_security(envelope)
        ids = _ids(envelope.root)
        held = list(security)
        signature = _only(held, ns.SIGNATURE, "Signature")
        timestamp = _only(held, ns.TIMESTAMP, "Timestamp")
        info, value, key_info = children(signature, _SIGNATURE_PARTS)
        signed = read_signed_info(info, raw)
        algorithm = SIGNATURE_HASHES.get(signed.algorithm)
        if algorithm is None:
            raise unverified("its signature algorithm is not permitted")
        if len({reference.uri for reference in signed.references}) != len(signed.references):
            raise unverified("a part is signed twice")
        parts = _signable(envelope, security, held)
        covered = [_check_reference(reference, parts, ids, raw) for reference in signed.references]
        if not any(each is envelope.body for each in covered):
            raise unverified("its Body is not signed")
        if not any(each is timestamp for each in covered):
            raise unverified("its Timestamp is not signed")
        signer = self.trust.check(_token(key_info, parts), now)
        proof = base64_of(value, "SignatureValue")
        try:
            signer.key.verify(proof, signed.signed, _PADDING, algorithm)
        except InvalidSignature as error:
            raise unverified("its signature is wrong") from error
        created = check_timestamp(timestamp, self.limits, now)
        if not self.replays.first_time(hashlib.sha256(proof).digest(), now):
            raise unverified("it was received before")
        return Verified(envelope, signer.certificate, created)


def is_signed(envelope: Envelope) -> bool:
    """Whether the message carries WS-Security anywhere: then it must verify, whatever is optional."""
    in_header = envelope.header is not None and any(True for _ in envelope.header.iter(ns.SIGNATURE))
    return in_header or any(True for _ in envelope.root.iter(ns.SECURITY))


def _only_security(envelope: Envelope) -> etree._Element:
    if envelope.header is None:
        raise unverified("it is not signed")
    found = list(envelope.root.iter(ns.SECURITY))
    if not found:
        raise unverified("it is not signed")
    if len(found) > 1 or found[0].getparent() is not envelope.header:
        raise unverified("it has a Security header in a wrong place, or two")
    return found[0]


def _only(held: Sequence[etree._Element], tag: str, name: str) -> etree._Element:
    found = [child for child in held if child.tag == tag]
    if len(found) != 1:
        raise unverified(f"its Security header does not hold exactly one {name}")
    return found[0]


def _ids(root: etree._Element) -> frozenset[str]:
    """Every Id of the document; each names one element."""
    values = cast("list[str]", _IDS(root))
    ids = frozenset(values)
    if len(ids) != len(values):
        _check_owners(root)
    return ids


def _check_owners(root: etree._Element) -> None:
    """That no two elements have one Id; one element may say the same Id twice."""
    owners: dict[str, etree._Element] = {}
    for element in root.iter():  # elements only: parse_untrusted lets nothing else in
        for attribute in _ID_ATTRIBUTES.intersection(element.keys()):
            if owners.setdefault(str(element.get(attribute)), element) is not element:
                raise unverified("two of its elements have one Id")


def _signable(
    envelope: Envelope, security: etree._Element, held: Sequence[etree._Element]
) -> dict[str, etree._Element]:
    """The parts that stand where they are processed, by Id: Body, header blocks, Timestamp and token."""
    parts = [envelope.body, *(child for child in held if child.tag in _REFERRED_TO)]
    if envelope.header is not None:
        parts += [block for block in envelope.header if block is not security]
    return {value: part for part in parts for name in _ID_ATTRIBUTES if (value := part.get(name)) is not None}


def _check_reference(
    reference: Reference, parts: Mapping[str, etree._Element], ids: frozenset[str], raw: RawParts | None
) -> etree._Element:
    """The element that a reference covers, once its digest was found right."""
    if not reference.uri.startswith("#") or len(reference.uri) < 2:
        raise unverified("a reference points outside the message, or at all of it")
    name = reference.uri[1:]
    target = parts.get(name)
    if target is None:
        if name not in ids:
            raise unverified("a reference points at nothing")
        raise unverified("a signed part does not stand where it is processed")
    digest = DIGESTS.get(reference.algorithm)
    if digest is None:
        raise unverified("a digest algorithm is not permitted")
    if raw is not None and reference.prefixes is None:
        part = raw.part(name)
        if part is not None and digest(part).digest() == reference.digest:
            return target
    if digest(canonical_part(target, reference.prefixes)).digest() != reference.digest:
        raise unverified("a signed part was changed")
    return target


def _token(key_info: etree._Element, parts: Mapping[str, etree._Element]) -> bytes:
    """The certificate (DER) in the token that KeyInfo names by reference."""
    if [child.tag for child in key_info] != [ns.TOKEN_REFERENCE]:
        raise unverified("its KeyInfo does not name a token")
    if [child.tag for child in key_info[0]] != [ns.WSSE_REFERENCE]:
        raise unverified("its KeyInfo does not name a token by reference")
    uri = key_info[0][0].get("URI", "")
    token = parts.get(uri[1:]) if uri.startswith("#") else None
    if token is None or token.tag != ns.TOKEN:
        raise unverified("the token that its KeyInfo names is not in its Security header")
    if token.get("ValueType") != ns.X509_V3 or token.get("EncodingType", ns.BASE64_BINARY) != ns.BASE64_BINARY:
        raise unverified("its token is not an X.509 certificate in base64")
    if len(token) or len(token.text or "") > TOKEN_CHARACTERS_KEPT_MAX:
        return base64_of(token, "token")
    return _decoded(token.text or "")


@lru_cache(maxsize=KNOWN_MAX)
def _decoded(text: str) -> bytes:
    """The certificate in a token; an authority signs with the same one for years."""
    return bytes_of(text, "token")
