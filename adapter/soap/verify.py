"""Strict verification of a signed SOAP message (security.md, "What the verifier refuses").

The order matters. First the shape, by position: one Body, one Security, one Signature, one Timestamp,
no Id twice. Then what the signature *says* it covers must be those very elements (identity, not
equality of Ids: this is what stops every signature-wrapping attack). Then digests, the signer, the
signature value, the Timestamp, and last whether the message was seen before.

The Body that is returned is the element whose digest was checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

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
from adapter.soap.security_header import ID_ATTRIBUTES, by_id, header_from_elements
from adapter.soap.signed_info import Reference, canonical_part
from adapter.soap.timestamp import TimeLimits, check_dates
from adapter.soap.trust import SignerTrust
from adapter.soap.version import SOAP_11, SoapVersion
from adapter.soap.written_header import header_from_bytes

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
_IDS = etree.XPath(
    " | ".join(f"/descendant::*/@{name}" for name in ("wsu:Id", "Id", "ID", "xml:id")),
    namespaces={"wsu": ns.WSU},
    smart_strings=False,
)


class Verified(NamedTuple):
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
        security = _only_security(envelope)
        raw = RawParts.of(message)
        if raw is None:
            _check_ids(envelope.root)
        header = (header_from_bytes(security, raw) if raw is not None else None) or header_from_elements(security)
        algorithm = SIGNATURE_HASHES.get(header.info.algorithm)
        if algorithm is None:
            raise unverified("its signature algorithm is not permitted")
        parts = header.parts | by_id((envelope.body, *security.itersiblings(), *security.itersiblings(preceding=True)))
        covered = _covered(header.info.references, parts, raw)
        if envelope.body not in covered:  # elements are equal to themselves only
            raise unverified("its Body is not signed")
        if header.timestamp not in covered:
            raise unverified("its Timestamp is not signed")
        signer = self.trust.check(header.token, now)
        try:
            signer.key.verify(header.value, header.info.signed, _PADDING, algorithm)
        except InvalidSignature as error:
            raise unverified("its signature is wrong") from error
        created = check_dates(header.created, header.expires, self.limits, now)
        if not self.replays.first_time(hashlib.sha256(header.value).digest(), now):
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


def _check_ids(root: etree._Element) -> None:
    """That no two elements of the document have one Id; one element may say the same Id twice."""
    values = cast("list[str]", _IDS(root))
    if len(set(values)) == len(values):
        return
    owners: dict[str, etree._Element] = {}
    for element in root.iter():  # elements only: parse_untrusted lets nothing else in
        for attribute in ID_ATTRIBUTES.intersection(element.keys()):
            if owners.setdefault(str(element.get(attribute)), element) is not element:
                raise unverified("two of its elements have one Id")


def _covered(
    references: Iterable[Reference], parts: Mapping[str, etree._Element], raw: RawParts | None
) -> list[etree._Element]:
    """The elements that the references cover, each once, when their digests were found right."""
    covered: list[etree._Element] = []
    for uri, prefixes, algorithm, signed in references:
        if not uri.startswith("#") or len(uri) < 2:
            raise unverified("a reference points outside the message, or at all of it")
        target = parts.get(uri[1:])
        if target is None:
            raise unverified("a signed part does not stand where it is processed, or nowhere")
        if target in covered:
            raise unverified("a part is signed twice")
        digest = DIGESTS.get(algorithm)
        if digest is None:
            raise unverified("a digest algorithm is not permitted")
        part = raw.part(uri[1:]) if raw is not None and prefixes is None else None
        as_written = part is not None and digest(part).digest() == signed
        if not as_written and digest(canonical_part(target, prefixes)).digest() != signed:
            raise unverified("a signed part was changed")
        covered.append(target)
    return covered
