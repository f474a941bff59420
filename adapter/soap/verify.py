"""Strict verification of a signed SOAP message (security.md, "What the verifier refuses").

The order matters. First the shape, by position: one Body, one Security, one Signature, one Timestamp,
no Id twice. Then what the signature *says* it covers must be those very elements (identity, not
equality of Ids: this is what stops every signature-wrapping attack). Then digests, the signer, the
signature value, the Timestamp, and last whether the message was seen before.

The Body that is returned is the element whose digest was checked.
"""

from __future__ import annotations

import hashlib
from binascii import a2b_base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import unverified
from adapter.soap.envelope import Envelope, open_envelope
from adapter.soap.parsing import parse_untrusted
from adapter.soap.replay import ReplayMemory
from adapter.soap.sign import canonical
from adapter.soap.timestamp import TimeLimits, check_timestamp
from adapter.soap.trust import SignerTrust
from adapter.soap.version import SOAP_11, SoapVersion

REFERENCES_MAX = 16
PREFIX_STEPS_MAX = 4_000_000
"""Prefixes to treat inclusively times elements: canonicalisation looks for each of them in each element."""
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
_PADDING = padding.PKCS1v15()
_ID_ATTRIBUTES = frozenset({ns.WSU_ID, "Id", "ID", "{http://www.w3.org/XML/1998/namespace}id"})
_DS = f"{{{ns.DS}}}"
_SIGNATURE_PARTS = [f"{_DS}SignedInfo", f"{_DS}SignatureValue", f"{_DS}KeyInfo"]
_METHODS = [f"{_DS}CanonicalizationMethod", f"{_DS}SignatureMethod"]
_REFERENCE = f"{_DS}Reference"
_REFERENCE_PARTS = [f"{_DS}Transforms", f"{_DS}DigestMethod", f"{_DS}DigestValue"]
_TRANSFORM = [f"{_DS}Transform"]
_INCLUSIVE = f"{{{ns.EXCLUSIVE_C14N}}}InclusiveNamespaces"


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
        return self.verify_envelope(open_envelope(parse_untrusted(message), soap), now)

    def verify_envelope(self, envelope: Envelope, now: datetime) -> Verified:
        """As :meth:`verify`, for a message that was parsed by ``parse_untrusted`` already."""
        security = _only_security(envelope)
        targets = _ids(envelope.root)
        signature = _only(security, ns.SIGNATURE, "Signature")
        timestamp = _only(security, ns.TIMESTAMP, "Timestamp")
        signed_info = _children(signature, _SIGNATURE_PARTS)
        algorithm, prefixes, references = _read_signed_info(signed_info[0])
        if len({reference.get("URI") for reference in references}) != len(references):
            raise unverified("a part is signed twice")
        covered = [_check_reference(reference, targets, envelope) for reference in references]
        for part, name in ((envelope.body, "Body"), (timestamp, "Timestamp")):
            if not any(part is each for each in covered):
                raise unverified(f"its {name} is not signed")
        signer = self.trust.check(_token(signed_info[2], security, targets), now)
        value = _base64(signed_info[1], "SignatureValue")
        try:
            signer.key.verify(value, _canonical(signed_info[0], prefixes), _PADDING, SIGNATURE_HASHES[algorithm])
        except InvalidSignature as error:
            raise unverified("its signature is wrong") from error
        created = check_timestamp(timestamp, self.limits, now)
        if not self.replays.first_time(hashlib.sha256(value).digest(), now):
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


def _only(security: etree._Element, tag: str, name: str) -> etree._Element:
    found = [child for child in security if child.tag == tag]
    if len(found) != 1:
        raise unverified(f"its Security header does not hold exactly one {name}")
    return found[0]


def _ids(root: etree._Element) -> dict[str, etree._Element]:
    """Every Id of the document, each with its one element."""
    found: dict[str, etree._Element] = {}
    for element in root.iter():  # elements only: parse_untrusted lets nothing else in
        for attribute in element.keys():  # noqa: SIM118, an element is no mapping: its own iteration is its children
            if attribute in _ID_ATTRIBUTES and found.setdefault(str(element.get(attribute)), element) is not element:
                raise unverified("two of its elements have one Id")
    return found


def _children(parent: etree._Element, tags: list[str]) -> list[etree._Element]:
    """The children of a dsig element, which must be exactly these, in this order."""
    found = list(parent)
    if [child.tag for child in found] != tags:
        raise unverified(f"its {etree.QName(parent).localname} does not hold what it must")
    return found


def _read_signed_info(signed_info: etree._Element) -> tuple[str, list[str] | None, list[etree._Element]]:
    """Signature algorithm, prefixes of its canonicalisation, references."""
    parts = list(signed_info)
    count = len(parts) - 2
    if not 1 <= count <= REFERENCES_MAX:
        raise unverified(f"its signature does not have 1 to {REFERENCES_MAX} references")
    parts = _children(signed_info, _METHODS + [_REFERENCE] * count)
    prefixes = _exclusive(parts[0], "CanonicalizationMethod")
    algorithm = parts[1].get("Algorithm", "")
    if algorithm not in SIGNATURE_HASHES or len(parts[1]):
        raise unverified("its signature algorithm is not permitted")
    return algorithm, prefixes, parts[2:]


def _exclusive(method: etree._Element, name: str) -> list[str] | None:
    """Prefixes to treat inclusively; refuses anything but exclusive canonicalisation."""
    if method.get("Algorithm") != ns.EXCLUSIVE_C14N:
        raise unverified(f"its {name} is not exclusive canonicalisation")
    if len(method) == 0:
        return None
    if [child.tag for child in method] != [_INCLUSIVE]:
        raise unverified(f"its {name} has a parameter that is not known")
    return method[0].get("PrefixList", "").split() or None


def _check_reference(
    reference: etree._Element, targets: dict[str, etree._Element], envelope: Envelope
) -> etree._Element:
    """The element that a reference covers, once its digest was found right."""
    transforms, method, digest = _children(reference, _REFERENCE_PARTS)
    prefixes = _exclusive(_children(transforms, _TRANSFORM)[0], "transform")
    uri = reference.get("URI", "")
    if not uri.startswith("#") or len(uri) < 2:
        raise unverified("a reference points outside the message, or at all of it")
    target = targets.get(uri[1:])
    if target is None:
        raise unverified("a reference points at nothing")
    if target is not envelope.body and not _in_header(target, envelope):
        raise unverified("a signed part does not stand where it is processed")
    algorithm = DIGESTS.get(method.get("Algorithm", ""))
    if algorithm is None:
        raise unverified("a digest algorithm is not permitted")
    if algorithm(_canonical(target, prefixes)).digest() != _base64(digest, "DigestValue"):
        raise unverified("a signed part was changed")
    return target


def _in_header(target: etree._Element, envelope: Envelope) -> bool:
    """A header block, or a part of the Security header (Timestamp, token)."""
    parent = target.getparent()
    if parent is None or envelope.header is None:
        return False
    if parent is envelope.header:
        return target.tag != ns.SECURITY
    inside_security = parent.tag == ns.SECURITY and parent.getparent() is envelope.header
    return inside_security and target.tag in (ns.TIMESTAMP, ns.TOKEN)


def _token(key_info: etree._Element, security: etree._Element, targets: dict[str, etree._Element]) -> bytes:
    """The certificate (DER) in the token that KeyInfo names by reference."""
    if [child.tag for child in key_info] != [ns.TOKEN_REFERENCE]:
        raise unverified("its KeyInfo does not name a token")
    if [child.tag for child in key_info[0]] != [ns.WSSE_REFERENCE]:
        raise unverified("its KeyInfo does not name a token by reference")
    reference = key_info[0][0]
    token = targets.get(reference.get("URI", "")[1:]) if reference.get("URI", "").startswith("#") else None
    if token is None or token.tag != ns.TOKEN or token.getparent() is not security:
        raise unverified("the token that its KeyInfo names is not in its Security header")
    if token.get("ValueType") != ns.X509_V3 or token.get("EncodingType", ns.BASE64_BINARY) != ns.BASE64_BINARY:
        raise unverified("its token is not an X.509 certificate in base64")
    return _base64(token, "token")


def _canonical(element: etree._Element, prefixes: list[str] | None) -> bytes:
    """Canonical form of a part of a message from outside, which need not have one (relative namespaces)."""
    if prefixes and len(prefixes) * sum(1 for _ in element.iter()) > PREFIX_STEPS_MAX:
        raise unverified("its canonicalisation names more prefixes than so large a part can have")
    try:
        return canonical(element, prefixes)
    except etree.C14NError as error:
        raise unverified("a part of it has no canonical form") from error


def _base64(element: etree._Element, name: str) -> bytes:
    if len(element):
        raise unverified(f"its {name} holds elements")
    try:
        return a2b_base64("".join((element.text or "").split()), strict_mode=True)
    except ValueError as error:  # binascii.Error is one; letters that are not ASCII are another
        raise unverified(f"its {name} is not base64") from error
