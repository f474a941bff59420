"""What a signature says it covers: SignedInfo, read from its canonical bytes or element by element.

The canonical bytes are needed in any case, for they are what the key signed. Written as most signers
write it they are read by one pattern, which is quicker than walking a dozen elements and reads the very
bytes that are verified. Whatever the pattern does not know is read element by element; both ways give
the same :class:`SignedInfo`, which a property test holds them to. Source: XML Signature 1.1, section 4.4.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import unverified
from adapter.soap.sign import REFERENCE, SIGNED_INFO, canonical

REFERENCES_MAX = 16
_DS = f"{{{ns.DS}}}"
_METHODS = [f"{_DS}CanonicalizationMethod", f"{_DS}SignatureMethod"]
_REFERENCE = f"{_DS}Reference"
_REFERENCE_PARTS = [f"{_DS}Transforms", f"{_DS}DigestMethod", f"{_DS}DigestValue"]
_TRANSFORM = [f"{_DS}Transform"]
_INCLUSIVE = f"{{{ns.EXCLUSIVE_C14N}}}InclusiveNamespaces"

# SignedInfo as we write it, between what differs: URI and digest of each reference
_INFO, INFO_END = SIGNED_INFO.split(b"%b")
_URI, _DIGEST, _DIGEST_END = REFERENCE.split(b"%b")

Prefixes = list[str] | None
"""Prefixes that canonicalisation treats inclusively; None without any."""


class Reference(NamedTuple):
    """A signed part: what ``URI`` says, its canonicalisation's prefixes, algorithm of the digest, the digest."""

    uri: str
    prefixes: Prefixes
    algorithm: str
    digest: bytes


class SignedInfo(NamedTuple):
    """``algorithm`` is that of the signature, ``signed`` the bytes that were signed."""

    algorithm: str
    references: tuple[Reference, ...]
    signed: bytes


def read_signed_info(element: etree._Element) -> SignedInfo:
    """What SignedInfo says.

    Raises:
        BrokenExchange: ``unverified``; it does not hold what it must, or a canonicalisation that is not exclusive.
    """
    return from_text(element) or from_elements(element)


def canonical_part(element: etree._Element, prefixes: Prefixes) -> bytes:
    """Canonical form of a part of a message from outside, which need not have one (relative namespaces)."""
    try:
        return canonical(element, prefixes)
    except etree.C14NError as error:
        raise unverified("a part of it has no canonical form") from error


def children(parent: etree._Element, tags: list[str]) -> list[etree._Element]:
    """The children of a dsig element, which must be exactly these, in this order."""
    found = list(parent)
    if [child.tag for child in found] != tags:
        raise unverified(f"its {etree.QName(parent).localname} does not hold what it must")
    return found


def base64_of(element: etree._Element, name: str) -> bytes:
    """The bytes that an element's text stands for."""
    if len(element):
        raise unverified(f"its {name} holds elements")
    return bytes_of((element.text or "").encode(), name)


def bytes_of(text: bytes, name: str) -> bytes:
    """The bytes that a text in base64 stands for, whatever white space is in it."""
    try:
        return a2b_base64(b"".join(text.split()), strict_mode=True)
    except ValueError as error:  # binascii.Error is one; letters that are not ASCII are another
        raise unverified(f"its {name} is not base64") from error


def info_from_bytes(message: bytes, start: int) -> SignedInfo | None:
    """SignedInfo at ``start`` of the message, where it is written canonically, as we write it; else None.

    No other way to write it is known here than the canonical one, so these are the bytes that were signed; should
    they not be, the key says so. ``message`` was parsed, and every ``<`` of it begins a tag.
    """
    end = message.find(INFO_END, start)
    if end < 0 or not message.startswith(_INFO, start):
        return None
    before, *written = message[start + len(_INFO) : end].split(_URI)
    if before or not 1 <= len(written) <= REFERENCES_MAX:
        return None
    references = []
    for each in written:
        at = each.find(b'"')
        if b"&" in each or not each.startswith(_DIGEST, at) or not each.endswith(_DIGEST_END):
            return None
        try:
            digest = a2b_base64(each[at + len(_DIGEST) : -len(_DIGEST_END)], strict_mode=True)
        except ValueError:
            return None
        references.append(Reference(f"#{each[:at].decode()}", None, ns.SHA256, digest))
    return SignedInfo(ns.RSA_SHA256, tuple(references), message[start : end + len(INFO_END)])


def from_text(element: etree._Element) -> SignedInfo | None:
    """SignedInfo as most signers write it, with or without a prefix; None: it must be read element by element."""
    prefix = element.prefix
    if prefix not in _PREFIXES:
        return None
    text = canonical_part(element, None)
    head, reference, tail = _patterns(prefix)
    begin = head.match(text)
    if begin is None:
        return None
    at, references = begin.end(), []
    while (one := reference.match(text, at)) is not None:
        at = one.end()
        uri, prefixes, algorithm, digest = one.groups()
        try:
            value = a2b_base64(digest, strict_mode=True)
        except ValueError:
            return None
        references.append(Reference(uri.decode(), _listed(prefixes) if prefixes else None, algorithm.decode(), value))
    if text[at:] != tail or not 1 <= len(references) <= REFERENCES_MAX:
        return None
    own = _listed(begin.group(1))
    signed = text if own is None else canonical_part(element, own)
    return SignedInfo(begin.group(2).decode(), tuple(references), signed)


def from_elements(element: etree._Element) -> SignedInfo:
    """SignedInfo as anybody may write it; raises as :func:`read_signed_info`."""
    parts = list(element)
    count = len(parts) - 2
    if not 1 <= count <= REFERENCES_MAX:
        raise unverified(f"its signature does not have 1 to {REFERENCES_MAX} references")
    parts = children(element, _METHODS + [_REFERENCE] * count)
    prefixes = _exclusive(parts[0], "CanonicalizationMethod")
    if len(parts[1]):
        raise unverified("its signature algorithm has a parameter")
    references = tuple(_reference(part) for part in parts[2:])
    return SignedInfo(parts[1].get("Algorithm", ""), references, canonical_part(element, prefixes))


def _reference(element: etree._Element) -> Reference:
    transforms, method, digest = children(element, _REFERENCE_PARTS)
    prefixes = _exclusive(children(transforms, _TRANSFORM)[0], "transform")
    return Reference(element.get("URI", ""), prefixes, method.get("Algorithm", ""), base64_of(digest, "DigestValue"))


def _exclusive(method: etree._Element, name: str) -> Prefixes:
    """Prefixes to treat inclusively; refuses anything but exclusive canonicalisation."""
    if method.get("Algorithm") != ns.EXCLUSIVE_C14N:
        raise unverified(f"its {name} is not exclusive canonicalisation")
    if len(method) == 0:
        return None
    if [child.tag for child in method] != [_INCLUSIVE]:
        raise unverified(f"its {name} has a parameter that is not known")
    return method[0].get("PrefixList", "").split() or None


def _listed(prefixes: bytes | None) -> Prefixes:
    return prefixes.decode().split() or None if prefixes is not None else None


_PREFIXES = frozenset({"ds", "dsig", None})
"""Others are read element by element."""
_ATTRIBUTE = '"([^&<>"]*)"'
"""A value in which nothing is escaped."""
_INCLUSIVE_TEXT = (
    f'(?:<[A-Za-z:]*InclusiveNamespaces xmlns[A-Za-z:]*="{re.escape(ns.EXCLUSIVE_C14N)}" '
    f"PrefixList={_ATTRIBUTE}></[A-Za-z:]*InclusiveNamespaces>)?"
)
"""Canonical text is well-formed, so that the end is that of the beginning and the prefix the declared one."""


@lru_cache(maxsize=len(_PREFIXES))
def _patterns(prefix: str | None) -> tuple[re.Pattern[bytes], re.Pattern[bytes], bytes]:
    """Patterns of what stands before the references, and of one reference; what stands after them."""
    p, declared = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
    exclusive = f'Algorithm="{re.escape(ns.EXCLUSIVE_C14N)}"'
    head = (
        f'<{p}SignedInfo {declared}="{re.escape(ns.DS)}">'
        f"<{p}CanonicalizationMethod {exclusive}>{_INCLUSIVE_TEXT}</{p}CanonicalizationMethod>"
        f"<{p}SignatureMethod Algorithm={_ATTRIBUTE}></{p}SignatureMethod>"
    )
    reference = (
        f"<{p}Reference URI={_ATTRIBUTE}>"
        f"<{p}Transforms><{p}Transform {exclusive}>{_INCLUSIVE_TEXT}</{p}Transform></{p}Transforms>"
        f"<{p}DigestMethod Algorithm={_ATTRIBUTE}></{p}DigestMethod>"
        f"<{p}DigestValue>([A-Za-z0-9+/=]+)</{p}DigestValue></{p}Reference>"
    )
    return re.compile(head.encode()), re.compile(reference.encode()), f"</{p}SignedInfo>".encode()
