"""What a Security header says, read element by element: SignedInfo, signature value, token, Timestamp.

Only the shape is judged here: exactly one Signature and one Timestamp, and a key that is named by reference to a token
in this same header. Sources: WS-Security 1.0, sections 6 to 8 and 10; security.md, "What the verifier refuses".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import unverified
from adapter.soap.signed_info import SignedInfo, base64_of, bytes_of, children, read_signed_info
from adapter.soap.timestamp import is_instant
from adapter.soap.trust import KNOWN_MAX

TOKEN_CHARACTERS_KEPT_MAX = 8192
"""Longer tokens are decoded each time; a certificate has two or three thousand characters."""
ID_ATTRIBUTES = frozenset({ns.WSU_ID, "Id", "ID", "{http://www.w3.org/XML/1998/namespace}id"})
_REFERRED_TO = frozenset({ns.TIMESTAMP, ns.TOKEN})
"""What Security holds for others to refer to."""
_SIGNATURE_PARTS = [f"{{{ns.DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")]


class SecurityHeader(NamedTuple):
    """What is said: ``value`` is the signature's, ``token`` the signer's certificate (DER).

    ``parts`` are the Timestamp and the tokens by Id, which a signature may refer to; ``created`` and ``expires`` the
    Timestamp's instants as they are written.
    """

    info: SignedInfo
    value: bytes
    token: bytes
    timestamp: etree._Element
    created: str
    expires: str
    parts: dict[str, etree._Element]


def header_from_elements(security: etree._Element) -> SecurityHeader:
    """What ``security`` says.

    Raises:
        BrokenExchange: ``unverified``; the reason says what it does not hold as it must.
    """
    held = list(security)
    signature = _only(held, ns.SIGNATURE, "Signature")
    timestamp = _only(held, ns.TIMESTAMP, "Timestamp")
    info, value, key_info = children(signature, _SIGNATURE_PARTS)
    signed = read_signed_info(info)
    parts = by_id(child for child in held if child.tag in _REFERRED_TO)
    token = _token(key_info, parts)
    if [child.tag for child in timestamp] != [ns.CREATED, ns.EXPIRES]:
        raise unverified("its Timestamp is not one Created and one Expires")
    created, expires = ((child.text or "").strip() for child in timestamp)
    if not is_instant(created) or not is_instant(expires):
        raise unverified("its Timestamp holds no instant with a time zone")
    return SecurityHeader(signed, base64_of(value, "SignatureValue"), token, timestamp, created, expires, parts)


def by_id(elements: Iterable[etree._Element]) -> dict[str, etree._Element]:
    """The elements that have an Id, by it; one may have several."""
    return {str(value): each for each in elements for name, value in each.items() if name in ID_ATTRIBUTES}


def decoded_token(text: bytes) -> bytes:
    """The certificate (DER) that a token's text stands for.

    Raises:
        BrokenExchange: ``unverified``; it is not base64.
    """
    return _decoded(text) if len(text) <= TOKEN_CHARACTERS_KEPT_MAX else bytes_of(text, "token")


def _only(held: Sequence[etree._Element], tag: str, name: str) -> etree._Element:
    found = [child for child in held if child.tag == tag]
    if len(found) != 1:
        raise unverified(f"its Security header does not hold exactly one {name}")
    return found[0]


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
    if len(token):
        raise unverified("its token holds elements")
    return decoded_token((token.text or "").encode())


@lru_cache(maxsize=KNOWN_MAX)
def _decoded(text: bytes) -> bytes:
    """An authority signs with the same certificate for years."""
    return bytes_of(text, "token")
