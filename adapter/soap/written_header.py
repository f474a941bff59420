"""The Security header as most software writes it, read from the message's own bytes.

Three patterns (what stands before SignedInfo, SignedInfo, what stands after it) are quicker than walking thirty
elements, and read the same. They know one Timestamp, one token and one Signature, in any order, each with the
attributes that it needs and an Id, under the prefixes that nearly everybody gives these namespaces. Whatever they do
not know is read element by element (``security_header``): both ways give the same :class:`SecurityHeader`, which a
property test holds them to.

Why the bytes are the header of the tree: every ``<`` begins a tag (``raw_parts``), this tag declares in itself that it
is WS-Security's, and the tree has exactly one such header; the prefixes mean there what they must, and no tag in it
gives them another meaning. Sources: WS-Security 1.0, sections 6, 8 and 10; XML Signature 1.1, section 4.
"""

from __future__ import annotations

import re

from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.raw_parts import RawParts
from adapter.soap.security_header import SecurityHeader, decoded_token
from adapter.soap.signed_info import INFO_END, bytes_of, info_from_bytes, read_signed_info
from adapter.soap.timestamp import INSTANT

_OPENING = b"<wsse:Security "
_VALUE = '"[^"]*"'
_BLANK = r"[ \t\r\n]*"
_TEXT = "([^<]*)"
"""Mostly base64; decoding says so."""
_WSU = f'(?: xmlns:wsu="{re.escape(ns.WSU)}")?'
"""WS-Security's prefix, declared once more where it is used."""
_BESIDE = (
    rf'(?:<wsu:Timestamp{_WSU} wsu:Id="([\w.\-]+)">{_BLANK}<wsu:Created>({INSTANT})</wsu:Created>{_BLANK}'
    rf"<wsu:Expires>({INSTANT})</wsu:Expires>{_BLANK}</wsu:Timestamp>{_BLANK}"
    rf"|<wsse:BinarySecurityToken{_WSU}((?: (?:EncodingType|ValueType|wsu:Id)={_VALUE}){{3}})>{_TEXT}"
    rf"</wsse:BinarySecurityToken>{_BLANK}){{,2}}"
)
"""Groups: the Timestamp's Id, Created and Expires; the token's attributes and text."""
_BEFORE = re.compile(
    (
        rf"(<wsse:Security(?: [A-Za-z0-9_.:\-]+={_VALUE})+>){_BLANK}{_BESIDE}"
        rf'<ds:Signature(?: Id={_VALUE})? xmlns:ds="{re.escape(ns.DS)}"(?: Id={_VALUE})?>{_BLANK}'
        "(?=<ds:SignedInfo[ >])"
    ).encode()
)
_AFTER = re.compile(
    (
        rf"{_BLANK}<ds:SignatureValue>{_TEXT}</ds:SignatureValue>{_BLANK}<ds:KeyInfo(?: Id={_VALUE})?>{_BLANK}"
        rf"<wsse:SecurityTokenReference(?: wsu:Id={_VALUE})?>{_BLANK}"
        rf'<wsse:Reference URI="#([\w.\-]+)" ValueType="{re.escape(ns.X509_V3)}"(?:/>|></wsse:Reference>){_BLANK}'
        rf"</wsse:SecurityTokenReference>{_BLANK}</ds:KeyInfo>{_BLANK}</ds:Signature>{_BLANK}{_BESIDE}</wsse:Security>"
    ).encode()
)
_SECURITY_IS = f' xmlns:wsse="{ns.WSSE}"'.encode()
_WSU_IS = f' xmlns:wsu="{ns.WSU}"'.encode()
_ENCODING_IS = f' EncodingType="{ns.BASE64_BINARY}"'.encode()
_TYPE_IS = f' ValueType="{ns.X509_V3}"'.encode()
_ID_IS = b' wsu:Id="%b"'


def header_from_bytes(security: etree._Element, raw: RawParts) -> SecurityHeader | None:
    """What ``security``, the only one of the tree, says in the bytes it was parsed from; None: not by these patterns.

    Raises:
        BrokenExchange: ``unverified``; its SignedInfo is not written canonically and does not hold what it must, or
            what should be base64 is not.
    """
    message = raw.message
    before = _BEFORE.match(message, max(message.find(_OPENING), 0))
    if before is None:
        return None
    opening = before[1]
    if _SECURITY_IS not in opening or (_WSU_IS not in opening and security.nsmap.get("wsu") != ns.WSU):
        return None
    elements = {each.tag: each for each in security}
    at = before.end()
    info = info_from_bytes(message, at)
    if info is not None:
        at += len(info.signed)
    else:
        info = read_signed_info(elements[ns.SIGNATURE][0])
        at = message.find(INFO_END, at) + len(INFO_END)
    after = _AFTER.match(message, at)
    if after is None or len(elements) != 3 or len(security) != 3:
        return None
    value, name = after.group(1, 2)
    beside = before.group(2, 3, 4, 5, 6)
    if None in beside:
        beside = tuple(early or late for early, late in zip(beside, after.group(3, 4, 5, 6, 7), strict=True))
    timestamp_id, created, expires, attributes, token = beside
    if _ID_IS % name not in attributes or _ENCODING_IS not in attributes or _TYPE_IS not in attributes:
        return None
    if b"&" in token or b"&" in value:
        return None
    timestamp = elements[ns.TIMESTAMP]
    return SecurityHeader(
        info,
        bytes_of(value, "SignatureValue"),
        decoded_token(token),
        timestamp,
        created.decode(),
        expires.decode(),
        {timestamp_id.decode(): timestamp, name.decode(): elements[ns.TOKEN]},
    )
