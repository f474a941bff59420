"""Message security on the authority's side, with libxmlsec1: check what came, sign what goes back.

Checked in this order, each refusal a SOAP fault: shape of the Security header, uniqueness of ids, algorithms,
what the signature covers (*is* it the Body, call context and Timestamp that will be processed?), the
certificate, the signature itself, the time, and whether the message was seen before.
Sources: p1.md section 1 "WS-Security profile"; security.md "What the verifier refuses".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from adapter.simulator.answers import bad_signature, malformed, not_authenticated
from adapter.simulator.envelope import DS, NAMESPACES, WSU, Envelope
from adapter.simulator.libxmlsec import constants, xmlsec
from adapter.simulator.soap import SOAP_11, WSSE, Soap

EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
X509V3 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
REFERENCES_MAX = 8
SigningError = xmlsec.Error
"""What libxmlsec1 raises for a key it cannot load."""

_IDS = etree.XPath("//@*[local-name()='Id' or local-name()='ID'] | //@xml:id")
_WITH_ID = etree.XPath("//*[@*[local-name()='Id' or local-name()='ID'] or @xml:id]")
_ID_ATTRIBUTES = (f"{{{WSU}}}Id", "Id", "ID", "{http://www.w3.org/XML/1998/namespace}id")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: certificates issued by ``authorities`` and not on ``revoked`` serial numbers.

    ``subjects``: the only signers allowed (RFC 4514); empty allows any from the authority.
    ``lifetime_seconds``: longest life a Timestamp may claim; ``skew_seconds``: how far clocks may differ.
    """

    authorities: tuple[x509.Certificate, ...]
    revoked: frozenset[int] = frozenset()
    subjects: frozenset[str] = frozenset()
    lifetime_seconds: float = 300.0
    skew_seconds: float = 60.0


def load_trust(ca: Path, crl: Path | None = None, subjects: frozenset[str] = frozenset()) -> Trust:
    """Trust in the PEM certificates of ``ca``, minus those on ``crl`` (PEM), limited to ``subjects``."""
    authorities = tuple(x509.load_pem_x509_certificates(ca.read_bytes()))
    revoked: frozenset[int] = frozenset()
    if crl is not None:
        listed = x509.load_pem_x509_crl(crl.read_bytes())
        revoked = frozenset(entry.serial_number for entry in listed)
    return Trust(authorities=authorities, revoked=revoked, subjects=subjects)


class SeenMessages:
    """Signatures seen lately, so that a message cannot be played again."""

    def __init__(self) -> None:
        self._until: dict[bytes, datetime] = {}
        self._lock = threading.Lock()

    def add(self, signature: str, until: datetime, now: datetime) -> bool:
        """Remember until ``until``; False when it was there already."""
        key = hashlib.sha256("".join(signature.split()).encode()).digest()
        with self._lock:
            for old in [k for k, end in self._until.items() if end < now]:
                del self._until[old]
            if key in self._until:
                return False
            self._until[key] = until
            return True


def verify(
    envelope: Envelope, trust: Trust, seen: SeenMessages, now: datetime, tls_certificate: bytes | None = None
) -> x509.Certificate:
    """Accept the message or raise; returns the signer's certificate.

    Raises:
        Fault: niepoprawnyKomunikat, bladPodpisuKomunikatuWSS or bladUwierzytelnieniaWSS.
    """
    if envelope.security is None:
        raise bad_signature("the message has no Security header")
    if envelope.context is None:
        raise malformed("the message has no call context")
    timestamp = _only(envelope.security, f"{{{WSU}}}Timestamp", "Timestamp")
    signature = _only(envelope.security, f"{{{DS}}}Signature", "Signature")
    tokens = envelope.security.findall(f"{{{WSSE}}}BinarySecurityToken")
    if not tokens:
        raise not_authenticated("the message carries no certificate", minor="brakCertyfikatu")
    if len(tokens) > 1:
        raise bad_signature("the message carries more than one certificate")
    ids = [str(value) for value in cast("list[str]", _IDS(envelope.root))]
    if len(set(ids)) != len(ids):
        raise bad_signature("two elements have the same Id")
    _check_shape(signature, tokens[0])
    signed = _signed_elements(envelope.root, signature)
    for part, name in ((envelope.body, "Body"), (envelope.context, "call context"), (timestamp, "Timestamp")):
        if part not in signed:
            raise bad_signature(f"the signature does not cover the {name} that would be processed")
    certificate = _certificate(tokens[0], trust, now)
    if tls_certificate is not None and certificate.public_bytes(Encoding.DER) == tls_certificate:
        raise not_authenticated("the TLS certificate may not sign messages")
    _check_signature(signature, signed, certificate)
    expires = _check_time(timestamp, trust, now)
    value = signature.findtext("ds:SignatureValue", "", NAMESPACES)
    if not seen.add(value, expires + timedelta(seconds=trust.skew_seconds), now):
        raise not_authenticated("the same message was received before")
    return certificate


def _only(parent: etree._Element, tag: str, name: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise bad_signature(f"the Security header has {len(found) or 'no'} {name} elements, not one")
    return found[0]


def _check_shape(signature: etree._Element, token: etree._Element) -> None:
    """Only what the profile uses: exclusive C14N, RSA-SHA256, the token by reference."""
    if [child.tag for child in signature] != [f"{{{DS}}}{n}" for n in ("SignedInfo", "SignatureValue", "KeyInfo")]:
        raise bad_signature("the Signature has other parts than SignedInfo, SignatureValue and KeyInfo")
    if _algorithm(signature, "ds:SignedInfo/ds:CanonicalizationMethod") != EXC_C14N:
        raise bad_signature("the canonicalisation is not exclusive C14N")
    if _algorithm(signature, "ds:SignedInfo/ds:SignatureMethod") != RSA_SHA256:
        raise bad_signature("the signature method is not RSA-SHA256")
    reference = signature.findall("ds:KeyInfo/wsse:SecurityTokenReference/wsse:Reference", NAMESPACES)
    if len(reference) != 1 or reference[0].get("URI") != f"#{token.get(f'{{{WSU}}}Id')}":
        raise bad_signature("the key is not given by reference to the message's certificate")
    if token.get("EncodingType") != BASE64 or token.get("ValueType") != X509V3:
        raise malformed("the certificate is not X509v3 in Base64Binary")


def _algorithm(parent: etree._Element, path: str) -> str:
    found = parent.findall(path, NAMESPACES)
    return str(found[0].get("Algorithm", "")) if len(found) == 1 else ""


def _signed_elements(root: etree._Element, signature: etree._Element) -> list[etree._Element]:
    """The elements that the references point at; each found by an Id that is unique in the message."""
    references = signature.findall("ds:SignedInfo/ds:Reference", NAMESPACES)
    if not 0 < len(references) <= REFERENCES_MAX:
        raise bad_signature("the number of signed parts is out of bounds")
    by_id = {
        str(value): element
        for element in cast("list[etree._Element]", _WITH_ID(root))
        for attribute in _ID_ATTRIBUTES
        if (value := element.get(attribute)) is not None
    }
    signed = []
    for reference in references:
        transforms = reference.findall("ds:Transforms/ds:Transform", NAMESPACES)
        if [t.get("Algorithm") for t in transforms] != [EXC_C14N]:
            raise bad_signature("a signed part is transformed by something else than exclusive C14N")
        if _algorithm(reference, "ds:DigestMethod") != SHA256:
            raise bad_signature("a digest is not SHA-256")
        uri = reference.get("URI") or ""
        element = by_id.get(uri[1:]) if uri.startswith("#") else None
        if element is None:
            raise bad_signature("a signed part is not in the message")
        signed.append(element)
    return signed


def _certificate(token: etree._Element, trust: Trust, now: datetime) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(
            base64.b64decode("".join((token.text or "").split()), validate=True)
        )
    except (ValueError, binascii.Error) as wrong:
        raise malformed("the certificate cannot be read") from wrong
    if not any(_issued(certificate, authority, now) for authority in trust.authorities):
        raise not_authenticated("the certificate is from another authority", minor="certyfikatNiewazny")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise not_authenticated("the certificate is outside its validity", minor="certyfikatNiewazny")
    if certificate.serial_number in trust.revoked:
        raise not_authenticated("the certificate is revoked", minor="certyfikatNiewazny")
    if trust.subjects and certificate.subject.rfc4514_string() not in trust.subjects:
        raise not_authenticated("the certificate's owner is not known here", minor="certyfikatNiewazny")
    return certificate


def _issued(certificate: x509.Certificate, authority: x509.Certificate, now: datetime) -> bool:
    if not authority.not_valid_before_utc <= now <= authority.not_valid_after_utc:
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _check_signature(signature: etree._Element, signed: list[etree._Element], certificate: x509.Certificate) -> None:
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.public_bytes(Encoding.DER), constants.KeyDataFormatCertDer, None)
    context.enable_signature_transform(constants.TransformExclC14N)
    context.enable_signature_transform(constants.TransformRsaSha256)
    context.enable_reference_transform(constants.TransformExclC14N)
    context.enable_reference_transform(constants.TransformSha256)
    try:
        for element in signed:
            _register(context, element)
        context.verify(signature)
    except xmlsec.Error as wrong:
        raise bad_signature("the signature does not match the message") from wrong


def _register(context: xmlsec.SignatureContext, element: etree._Element) -> None:
    if element.get(f"{{{WSU}}}Id") is not None:
        context.register_id(element, "Id", WSU)
    elif element.get("Id") is not None:
        context.register_id(element, "Id")
    elif element.get("ID") is not None:
        context.register_id(element, "ID")


def _check_time(timestamp: etree._Element, trust: Trust, now: datetime) -> datetime:
    created, expires = (_instant(timestamp, name) for name in ("Created", "Expires"))
    skew = timedelta(seconds=trust.skew_seconds)
    if created > now + skew:
        raise not_authenticated("the message is from the future")
    if expires <= now - skew or expires <= created:
        raise not_authenticated("the message has expired")
    if expires - created > timedelta(seconds=trust.lifetime_seconds):
        raise not_authenticated("the message claims to live too long")
    return expires


def _instant(timestamp: etree._Element, name: str) -> datetime:
    found = timestamp.findall(f"{{{WSU}}}{name}")
    try:
        instant = datetime.fromisoformat((found[0].text or "").strip()) if len(found) == 1 else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise not_authenticated(f"the Timestamp has no readable {name}")
    return instant.astimezone(UTC)


class Signer:
    """Puts a reply into a signed envelope: Timestamp and Body, key by reference to the certificate."""

    def __init__(self, certificate: Path, key: Path, *, lifetime_seconds: float = 300.0) -> None:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        self._token = base64.b64encode(loaded.public_bytes(Encoding.DER)).decode("ascii")
        self._key = xmlsec.Key.from_file(str(key), constants.KeyDataFormatPem)
        self._lifetime = timedelta(seconds=lifetime_seconds)

    def envelope(
        self,
        payload: etree._Element,
        now: datetime,
        message_id: str,
        *,
        sign: bool = True,
        soap: Soap = SOAP_11,
        headers: str = "",
    ) -> bytes:
        """The reply's bytes. ``message_id`` makes its ids unique; without ``sign`` there is no Security header.

        ``headers`` (blocks as text) go in unsigned, before Security.
        """
        security = _SECURITY.format(
            n=message_id, created=_iso(now), expires=_iso(now + self._lifetime), token=self._token
        )
        head = "".join(headers) + (security if sign else "")
        root = etree.fromstring(
            _ENVELOPE.format(
                soap=soap.namespace, n=message_id, head=f"<soapenv:Header>{head}</soapenv:Header>" if head else ""
            )
        )
        body = root[-1]
        body.append(payload)
        etree.cleanup_namespaces(body, keep_ns_prefixes=_PREFIXES_IN_TEXT)
        if sign:
            timestamp, _, signature = root[0][-1]
            context = xmlsec.SignatureContext()
            context.key = self._key
            context.register_id(body, "Id", WSU)
            context.register_id(timestamp, "Id", WSU)
            context.sign(signature)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_REFERENCE = (
    '<ds:Reference URI="#{part}-{{n}}"><ds:Transforms>'
    f'<ds:Transform Algorithm="{EXC_C14N}"/></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference>'
)
_SECURITY = (
    f'<wsse:Security xmlns:wsse="{WSSE}" soapenv:mustUnderstand="1">'
    '<wsu:Timestamp wsu:Id="TS-{n}"><wsu:Created>{created}</wsu:Created><wsu:Expires>{expires}</wsu:Expires>'
    "</wsu:Timestamp>"
    f'<wsse:BinarySecurityToken EncodingType="{BASE64}" ValueType="{X509V3}" wsu:Id="X509-{{n}}">{{token}}'
    f'</wsse:BinarySecurityToken><ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>'
    f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}"/><ds:SignatureMethod Algorithm="{RSA_SHA256}"/>'
    + _REFERENCE.format(part="Body")
    + _REFERENCE.format(part="TS")
    + "</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><wsse:SecurityTokenReference>"
    f'<wsse:Reference URI="#X509-{{n}}" ValueType="{X509V3}"/></wsse:SecurityTokenReference></ds:KeyInfo>'
    "</ds:Signature></wsse:Security>"
)
_ENVELOPE = (
    f'<soapenv:Envelope xmlns:soapenv="{{soap}}" xmlns:wsu="{WSU}">{{head}}'
    '<soapenv:Body wsu:Id="Body-{n}"/></soapenv:Envelope>'
)
_PREFIXES_IN_TEXT = ["soapenv", "wsse"]
"""Prefixes of QNames in a Fault's text: no element needs them, yet they must be declared."""
