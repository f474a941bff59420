"""Attacked SOAP messages, made from a validly signed one. For the tests of both sides.

Two tables, each entry with the reason in its name:

* :data:`ATTACKS` need no key: what somebody who holds one signed message can make of it;
* :data:`FORGERIES` are signed again with the sender's own key: what a sender can send that must be
  refused although its signature computes.

Every entry is refused by a strict verifier. :func:`forge` without options gives a good message: test
that one too, so that a refusal is known to come from what was forged.

The signer here shares no code with the adapter, on purpose.
"""

from __future__ import annotations

import copy
import hashlib
import hmac as hmac_module
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DS = "http://www.w3.org/2000/09/xmldsig#"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE, WSU = f"{WSS}wssecurity-secext-1.0.xsd", f"{WSS}wssecurity-utility-1.0.xsd"
X509_V3 = f"{WSS}x509-token-profile-1.0#X509v3"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = f"{DS}rsa-sha1"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
SHA256, SHA1 = "http://www.w3.org/2001/04/xmlenc#sha256", f"{DS}sha1"
ATTACHMENT = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"
WSU_ID = f"{{{WSU}}}Id"
EVIL_TEXT = "changed-by-an-attacker"


# ---------------------------------------------------------------- finding parts


def parse(message: bytes) -> etree._Element:
    """The message's root."""
    return etree.fromstring(message)


def dump(root: etree._Element) -> bytes:
    """The message as bytes."""
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _header(root: etree._Element) -> etree._Element:
    return root.find(f"{{{SOAP}}}Header")


def _body(root: etree._Element) -> etree._Element:
    return root.find(f"{{{SOAP}}}Body")


def _security(root: etree._Element) -> etree._Element:
    return _header(root).find(f"{{{WSSE}}}Security")


def _signature(root: etree._Element) -> etree._Element:
    return _security(root).find(f"{{{DS}}}Signature")


def _evil(body: etree._Element, *, keep_id: bool = False) -> etree._Element:
    """A Body like the real one with other content."""
    evil = copy.deepcopy(body)
    if not keep_id:
        evil.attrib.pop(WSU_ID, None)
    target = next((each for each in evil[0].iter(etree.Element) if len(each) == 0), evil[0])
    target.text = EVIL_TEXT
    return evil


# ---------------------------------------------------------------- attacks without a key


def _swap_body(root: etree._Element, *, keep_id: bool = False) -> etree._Element:
    """Put an evil Body in the place of the signed one, which is handed back loose."""
    signed = _body(root)
    evil = _evil(signed, keep_id=keep_id)
    root.replace(signed, evil)
    return signed


def body_changed(root: etree._Element) -> None:
    root.replace(_body(root), _evil(_body(root), keep_id=True))


def text_added_to_body(root: etree._Element) -> None:
    _body(root)[0].tail = "x"


def unsigned(root: etree._Element) -> None:
    _header(root).remove(_security(root))


def no_header(root: etree._Element) -> None:
    root.remove(_header(root))


def signature_removed(root: etree._Element) -> None:
    _security(root).remove(_signature(root))


def signature_value_changed(root: etree._Element) -> None:
    value = _signature(root).find(f"{{{DS}}}SignatureValue")
    value.text = ("A" if value.text[0] != "A" else "B") + value.text[1:]


def signature_value_empty(root: etree._Element) -> None:
    _signature(root).find(f"{{{DS}}}SignatureValue").text = ""


def body_reference_removed(root: etree._Element) -> None:
    info = _signature(root).find(f"{{{DS}}}SignedInfo")
    uri = "#" + _body(root).get(WSU_ID)
    info.remove(next(each for each in info if each.get("URI") == uri))


def body_moved_into_header(root: etree._Element) -> None:
    etree.SubElement(_header(root), "{urn:attack}wrapper").append(_swap_body(root))


def body_moved_into_header_same_id(root: etree._Element) -> None:
    etree.SubElement(_header(root), "{urn:attack}wrapper").append(_swap_body(root, keep_id=True))


def body_moved_first_in_header_same_id(root: etree._Element) -> None:
    wrapper = etree.Element("{urn:attack}wrapper")
    wrapper.append(_swap_body(root, keep_id=True))
    _header(root).insert(0, wrapper)


def body_is_header_block(root: etree._Element) -> None:
    _header(root).append(_swap_body(root))


def body_moved_into_object(root: etree._Element) -> None:
    etree.SubElement(_signature(root), f"{{{DS}}}Object").append(_swap_body(root))


def body_moved_into_object_same_id(root: etree._Element) -> None:
    etree.SubElement(_signature(root), f"{{{DS}}}Object").append(_swap_body(root, keep_id=True))


def body_moved_into_security(root: etree._Element) -> None:
    _security(root).append(_swap_body(root))


def body_moved_into_timestamp(root: etree._Element) -> None:
    _security(root).find(f"{{{WSU}}}Timestamp").append(_swap_body(root))


def body_moved_into_token(root: etree._Element) -> None:
    _security(root).find(f"{{{WSSE}}}BinarySecurityToken").append(_swap_body(root))


def body_moved_into_key_info(root: etree._Element) -> None:
    _signature(root).find(f"{{{DS}}}KeyInfo").append(_swap_body(root))


def body_moved_before_header(root: etree._Element) -> None:
    root.insert(0, _swap_body(root))


def body_moved_into_second_security(root: etree._Element) -> None:
    """For another actor, so that neither is a duplicate of the other."""
    other = etree.SubElement(_header(root), f"{{{WSSE}}}Security")
    other.set(f"{{{SOAP}}}actor", "urn:attack")
    other.append(_swap_body(root))


def body_reference_to_manifest(root: etree._Element) -> None:
    """The Body is named in a Manifest, whose digests a verifier need not check."""
    references = _signature(root).find(f"{{{DS}}}SignedInfo")
    uri = "#" + _body(root).get(WSU_ID)
    moved = next(each for each in references if each.get("URI") == uri)
    holder = etree.SubElement(_signature(root), f"{{{DS}}}Object")
    etree.SubElement(holder, f"{{{DS}}}Manifest").append(moved)
    body_changed(root)


def prefix_bound_anew(root: etree._Element) -> None:
    """Namespace injection: the signed Body's elements stand for another namespace."""
    body = _body(root)
    text = etree.tostring(body[0])
    namespace = etree.QName(body[0]).namespace or ""
    body.replace(body[0], etree.fromstring(text.replace(f'"{namespace}"'.encode(), b'"urn:attack"')))


def body_moved_into_new_body(root: etree._Element) -> None:
    signed = _swap_body(root)
    _body(root)[0].append(signed)


def body_after_evil_body(root: etree._Element) -> None:
    signed = _body(root)
    signed.addprevious(_evil(signed))


def body_before_evil_body(root: etree._Element) -> None:
    signed = _body(root)
    signed.addnext(_evil(signed))


def body_moved_after_new_body(root: etree._Element) -> None:
    etree.SubElement(root, "{urn:attack}wrapper").append(_swap_body(root))


def envelope_moved_into_header(root: etree._Element) -> None:
    inner = copy.deepcopy(root)
    root.replace(_body(root), _evil(_body(root)))
    etree.SubElement(_header(root), "{urn:attack}wrapper").append(inner)


def body_id_as_other_attribute(attribute: str) -> Callable[[etree._Element], None]:
    """The evil Body carries the signed Id in another Id attribute."""

    def apply(root: etree._Element) -> None:
        signed = _swap_body(root)
        _body(root).set(attribute, signed.get(WSU_ID))
        etree.SubElement(_header(root), "{urn:attack}wrapper").append(signed)

    return apply


def foreign_element_with_body_id(root: etree._Element) -> None:
    etree.SubElement(_header(root), "{urn:attack}other").set(WSU_ID, _body(root).get(WSU_ID))


def timestamp_moved_into_header(root: etree._Element) -> None:
    timestamp = _security(root).find(f"{{{WSU}}}Timestamp")
    fresh = copy.deepcopy(timestamp)
    fresh.attrib.pop(WSU_ID)
    _security(root).replace(timestamp, fresh)
    etree.SubElement(_header(root), "{urn:attack}wrapper").append(timestamp)


def timestamp_removed(root: etree._Element) -> None:
    _security(root).remove(_security(root).find(f"{{{WSU}}}Timestamp"))


def two_timestamps(root: etree._Element) -> None:
    extra = copy.deepcopy(_security(root).find(f"{{{WSU}}}Timestamp"))
    extra.attrib.pop(WSU_ID)
    _security(root).append(extra)


def header_block_moved_into_wrapper(root: etree._Element) -> None:
    """The call context (first block that is not Security) is wrapped, another takes its place."""
    block = next(each for each in _header(root) if each.tag != f"{{{WSSE}}}Security")
    evil = copy.deepcopy(block)
    evil.attrib.pop(WSU_ID, None)
    next(each for each in evil.iter(etree.Element) if len(each) == 0).text = EVIL_TEXT
    _header(root).replace(block, evil)
    etree.SubElement(_header(root), "{urn:attack}wrapper").append(block)


def two_security_headers(root: etree._Element) -> None:
    _header(root).append(etree.Element(f"{{{WSSE}}}Security"))


def two_signatures(root: etree._Element) -> None:
    _security(root).append(copy.deepcopy(_signature(root)))


def security_moved_into_wrapper(root: etree._Element) -> None:
    security = _security(root)
    etree.SubElement(_header(root), "{urn:attack}wrapper").append(security)


def token_removed(root: etree._Element) -> None:
    _security(root).remove(_security(root).find(f"{{{WSSE}}}BinarySecurityToken"))


def xinclude(root: etree._Element) -> None:
    include = etree.SubElement(_body(root)[0], "{http://www.w3.org/2001/XInclude}include")
    include.set("href", "file:///etc/hostname")


def processing_instruction(root: etree._Element) -> None:
    _body(root)[0].append(etree.ProcessingInstruction("attack", "x"))


def nested_300_deep(root: etree._Element) -> None:
    parent = _body(root)[0]
    for _ in range(300):
        parent = etree.SubElement(parent, "{urn:attack}n")


def text_over_10_megabytes(root: etree._Element) -> None:
    etree.SubElement(_body(root)[0], "{urn:attack}n").text = "x" * 10_000_100


def _prologue(doctype: bytes, *, reference: bytes = b"") -> Callable[[bytes], bytes]:
    def apply(message: bytes) -> bytes:
        root = parse(message)
        if reference:
            etree.SubElement(_body(root)[0], "{urn:attack}n").text = "REFERENCE"
        text = etree.tostring(root, encoding="utf-8").replace(b"REFERENCE", reference)
        return b"<?xml version='1.0' encoding='utf-8'?>" + doctype + text

    return apply


LAUGHS = b"<!DOCTYPE e [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (new, b"&%c;" % old * 10) for old, new in zip(b"abcdefg", b"bcdefgh", strict=True)
)
LAUGHS += b"]>"


@dataclass(frozen=True)
class Attack:
    """One attack; call it with a signed message."""

    name: str
    apply: Callable[[bytes], bytes]

    def __call__(self, message: bytes) -> bytes:
        return self.apply(message)


def _attack(name: str, change: Callable[[etree._Element], None]) -> Attack:
    def apply(message: bytes) -> bytes:
        root = parse(message)
        change(root)
        return dump(root)

    return Attack(name, apply)


ATTACKS: tuple[Attack, ...] = (
    _attack("unsigned: no Security header", unsigned),
    _attack("unsigned: no Header", no_header),
    _attack("signature removed from Security", signature_removed),
    _attack("signature value changed", signature_value_changed),
    _attack("signature value empty", signature_value_empty),
    _attack("Body's reference removed", body_reference_removed),
    _attack("Body's content changed", body_changed),
    _attack("text added to the Body", text_added_to_body),
    _attack("wrapping: Body moved into a header block", body_moved_into_header),
    _attack("wrapping: Body moved into a header block, duplicate Id", body_moved_into_header_same_id),
    _attack("wrapping: Body first in the document, duplicate Id", body_moved_first_in_header_same_id),
    _attack("wrapping: Body made a header block", body_is_header_block),
    _attack("wrapping: Body moved into ds:Object", body_moved_into_object),
    _attack("wrapping: Body moved into ds:Object, duplicate Id", body_moved_into_object_same_id),
    _attack("wrapping: Body moved into Security", body_moved_into_security),
    _attack("wrapping: Body moved into the Timestamp", body_moved_into_timestamp),
    _attack("wrapping: Body moved into the token", body_moved_into_token),
    _attack("wrapping: Body moved into KeyInfo", body_moved_into_key_info),
    _attack("wrapping: Body moved before the Header", body_moved_before_header),
    _attack("wrapping: Body moved into another actor's Security", body_moved_into_second_security),
    _attack("wrapping: Body's reference moved into a Manifest", body_reference_to_manifest),
    _attack("namespace injection: the Body's prefix bound anew", prefix_bound_anew),
    _attack("wrapping: Body moved into the new Body", body_moved_into_new_body),
    _attack("wrapping: evil Body before the signed one", body_after_evil_body),
    _attack("wrapping: evil Body after the signed one", body_before_evil_body),
    _attack("wrapping: signed Body behind the new one", body_moved_after_new_body),
    _attack("wrapping: whole envelope moved into a header block", envelope_moved_into_header),
    _attack("wrapping: evil Body with the Id as Id", body_id_as_other_attribute("Id")),
    _attack("wrapping: evil Body with the Id as ID", body_id_as_other_attribute("ID")),
    _attack(
        "wrapping: evil Body with the Id as xml:id",
        body_id_as_other_attribute("{http://www.w3.org/XML/1998/namespace}id"),
    ),
    _attack("two elements with one Id", foreign_element_with_body_id),
    _attack("wrapping: Timestamp moved, fresh one in its place", timestamp_moved_into_header),
    _attack("Timestamp removed", timestamp_removed),
    _attack("two Timestamps", two_timestamps),
    _attack("two Security headers", two_security_headers),
    _attack("two Signatures", two_signatures),
    _attack("Security moved into a header block", security_moved_into_wrapper),
    _attack("token removed", token_removed),
    _attack("XInclude", xinclude),
    _attack("processing instruction", processing_instruction),
    _attack("nesting over 256", nested_300_deep),
    _attack("element text over 10 MB", text_over_10_megabytes),
    Attack("DTD", _prologue(b"<!DOCTYPE Envelope>")),
    Attack("DTD from outside", _prologue(b"<!DOCTYPE e SYSTEM 'http://127.0.0.1:9/attack.dtd'>")),
    Attack("entity", _prologue(b"<!DOCTYPE e [<!ENTITY x 'y'>]>", reference=b"&x;")),
    Attack(
        "entity from a file", _prologue(b"<!DOCTYPE e [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>", reference=b"&x;")
    ),
    Attack("billion laughs", _prologue(LAUGHS, reference=b"&h;")),
    Attack("truncated", lambda message: message[: len(message) // 2]),
    Attack("not XML", lambda message: b"Service temporarily unavailable"),
    Attack("empty", lambda message: b""),
)
"""Apply to replies and requests alike."""

CONTEXT_ATTACKS: tuple[Attack, ...] = (
    _attack("wrapping: call context moved, another one in its place", header_block_moved_into_wrapper),
)
"""Need a header block beside Security: requests."""


# ---------------------------------------------------------------- forgeries with the sender's key


def instant(at: datetime) -> str:
    """An xsd:dateTime in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def forge(
    message: bytes,
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    now: datetime,
    *,
    parts: Sequence[str] = ("body", "header", "timestamp"),
    signature: str = RSA_SHA256,
    digest: str = SHA256,
    canonicalization: str = EXCLUSIVE,
    transforms: Sequence[str] = (EXCLUSIVE,),
    created: timedelta = timedelta(0),
    lifetime: timedelta = timedelta(seconds=300),
    timestamp: str | None = None,
    key_info: str = "reference",
    uri: Callable[[str], str] = lambda part_id: f"#{part_id}",
) -> bytes:
    """Strip the message's Security and sign it again with the given choices; without any it is good.

    ``timestamp`` replaces the Timestamp's content: a template with ``{created}`` and ``{expires}``,
    or empty for no Timestamp at all. ``key_info`` is reference, value (the bare key) or serial.
    """
    root = parse(message)
    header = _header(root)
    header.remove(_security(root))
    begins, ends = instant(now + created), instant(now + created + lifetime)
    content = "<u:Created>{created}</u:Created><u:Expires>{expires}</u:Expires>" if timestamp is None else timestamp
    stamp = f'<u:Timestamp u:Id="T">{content.format(created=begins, expires=ends)}</u:Timestamp>' if content else ""
    token = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    security = etree.fromstring(
        f'<s:Security xmlns:s="{WSSE}" xmlns:u="{WSU}" xmlns:e="{SOAP}" e:mustUnderstand="1">{stamp}'
        f'<s:BinarySecurityToken EncodingType="{WSS}soap-message-security-1.0#Base64Binary" '
        f'ValueType="{X509_V3}" u:Id="X">{token}</s:BinarySecurityToken></s:Security>'
    )
    header.insert(0, security)
    _body(root).set(WSU_ID, "B")
    named = {"body": ("B", _body(root)), "timestamp": ("T", security[0] if stamp else None)}
    signed = [named[part] for part in parts if part != "header"]
    if "header" in parts:
        for number, block in enumerate(list(header)[1:]):
            block.set(WSU_ID, f"H{number}")
            signed.append((f"H{number}", block))
    references = "".join(
        _reference(uri(part_id), part, digest, transforms) for part_id, part in signed if part is not None
    )
    info = (
        f'<d:SignedInfo xmlns:d="{DS}"><d:CanonicalizationMethod Algorithm="{canonicalization}"/>'
        f'<d:SignatureMethod Algorithm="{signature}"/>{references}</d:SignedInfo>'
    )
    element = etree.fromstring(
        f'<d:Signature xmlns:d="{DS}">{info}<d:SignatureValue/>'
        f"<d:KeyInfo>{_key_info(key_info, certificate)}</d:KeyInfo></d:Signature>"
    )
    security.append(element)
    value = _sign(_canonical(element[0], canonicalization), key, certificate, signature)
    element[1].text = b64encode(value).decode()
    return dump(root)


def _canonical(element: etree._Element, algorithm: str) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=algorithm != INCLUSIVE, with_comments=False)


def _reference(uri: str, part: etree._Element, digest: str, transforms: Sequence[str]) -> str:
    content = _canonical(part, transforms[-1] if transforms else INCLUSIVE)
    value = b64encode((hashlib.sha1 if digest == SHA1 else hashlib.sha256)(content).digest()).decode()
    steps = "".join(f'<d:Transform Algorithm="{each}"/>' for each in transforms)
    steps = f"<d:Transforms>{steps}</d:Transforms>" if steps else ""
    return (
        f'<d:Reference URI="{uri}">{steps}<d:DigestMethod Algorithm="{digest}"/>'
        f"<d:DigestValue>{value}</d:DigestValue></d:Reference>"
    )


def _sign(content: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate, algorithm: str) -> bytes:
    if algorithm == HMAC_SHA256:
        return hmac_module.digest(certificate.public_bytes(Encoding.DER), content, "sha256")
    chosen = hashes.SHA1() if algorithm == RSA_SHA1 else hashes.SHA256()
    return key.sign(content, padding.PKCS1v15(), chosen)


def _key_info(kind: str, certificate: x509.Certificate) -> str:
    if kind == "reference":
        return (
            f'<s:SecurityTokenReference xmlns:s="{WSSE}"><s:Reference URI="#X" ValueType="{X509_V3}"/>'
            "</s:SecurityTokenReference>"
        )
    if kind == "value":
        numbers = certificate.public_key().public_numbers()
        modulus = b64encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)).decode()
        exponent = b64encode(numbers.e.to_bytes(3)).decode()
        return (
            f"<d:KeyValue><d:RSAKeyValue><d:Modulus>{modulus}</d:Modulus><d:Exponent>{exponent}</d:Exponent>"
            "</d:RSAKeyValue></d:KeyValue>"
        )
    return (
        f'<s:SecurityTokenReference xmlns:s="{WSSE}"><d:X509Data><d:X509IssuerSerial><d:X509IssuerName>'
        f"{certificate.issuer.rfc4514_string()}</d:X509IssuerName><d:X509SerialNumber>{certificate.serial_number}"
        "</d:X509SerialNumber></d:X509IssuerSerial></d:X509Data></s:SecurityTokenReference>"
    )


@dataclass(frozen=True)
class Forgery:
    """One forgery; call it with a signed message, the sender's key and certificate, and the time."""

    name: str
    options: dict[str, object]

    def __call__(self, message: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate, now: datetime) -> bytes:
        return forge(message, key, certificate, now, **self.options)  # type: ignore[arg-type]


FORGERIES: tuple[Forgery, ...] = (
    Forgery("only the Timestamp signed", {"parts": ("timestamp",)}),
    Forgery("Body not signed", {"parts": ("header", "timestamp")}),
    Forgery("Timestamp not signed", {"parts": ("body", "header")}),
    Forgery("no Timestamp", {"timestamp": "", "parts": ("body", "header")}),
    Forgery("Timestamp expired", {"created": timedelta(seconds=-361)}),
    Forgery("Timestamp from the future", {"created": timedelta(seconds=62)}),
    Forgery("Timestamp over-long", {"lifetime": timedelta(seconds=301)}),
    Forgery("Timestamp ends before it begins", {"lifetime": timedelta(seconds=-1)}),
    Forgery("Timestamp without Expires", {"timestamp": "<u:Created>{created}</u:Created>"}),
    Forgery("Timestamp without Created", {"timestamp": "<u:Expires>{expires}</u:Expires>"}),
    Forgery(
        "Timestamp without a time zone",
        {"timestamp": "<u:Created>2026-11-21T10:00:00</u:Created><u:Expires>{expires}</u:Expires>"},
    ),
    Forgery("SHA-1 digest", {"digest": SHA1}),
    Forgery("SHA-1 signature", {"signature": RSA_SHA1}),
    Forgery("HMAC with the certificate as secret", {"signature": HMAC_SHA256}),
    Forgery("inclusive canonicalisation of SignedInfo", {"canonicalization": INCLUSIVE}),
    Forgery("inclusive canonicalisation as transform", {"transforms": (INCLUSIVE,)}),
    Forgery("no transform", {"transforms": ()}),
    Forgery("two transforms", {"transforms": (f"{DS}enveloped-signature", EXCLUSIVE)}),
    Forgery("XPath transform", {"transforms": ("http://www.w3.org/TR/1999/REC-xpath-19991116", EXCLUSIVE)}),
    Forgery("XPath filter 2.0 transform", {"transforms": ("http://www.w3.org/2002/06/xmldsig-filter2", EXCLUSIVE)}),
    Forgery("base64 transform", {"transforms": (f"{DS}base64", EXCLUSIVE)}),
    Forgery("STR transform", {"transforms": (f"{WSS}soap-message-security-1.0#STR-Transform", EXCLUSIVE)}),
    Forgery("attachment transform", {"transforms": (ATTACHMENT, EXCLUSIVE)}),
    Forgery("enveloped-signature only", {"transforms": (f"{DS}enveloped-signature",)}),
    Forgery("XSLT transform", {"transforms": ("http://www.w3.org/TR/1999/REC-xslt-19991116", EXCLUSIVE)}),
    Forgery("reference outside the message", {"uri": lambda part_id: f"http://127.0.0.1:9/{part_id}"}),
    Forgery("reference to the whole message", {"uri": lambda part_id: ""}),
    Forgery("reference by XPointer", {"uri": lambda part_id: f"#xpointer(id('{part_id}'))"}),
    Forgery("reference to nothing", {"uri": lambda part_id: f"#no-{part_id}"}),
    Forgery("bare key in KeyInfo", {"key_info": "value"}),
    Forgery("key named by serial number", {"key_info": "serial"}),
)
"""Limits as by default: 300 s of life, 60 s of skew."""
