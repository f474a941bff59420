"""Page tokens: a place in a list or in the feed, unreadable to whoever holds it, and never a number."""

from __future__ import annotations

import base64
import binascii

from adapter.simulator.registry import refuse

_START = "t-"
_CHECK_BYTES = 4


def token_of(kind: str, place: str) -> str:
    """The token of a place; ``kind`` is the list that it belongs to."""
    whole = f"{kind}:{place}".encode()
    return _START + base64.urlsafe_b64encode(_check(whole) + whole).decode()


def place_of(token: str, kind: str) -> str:
    """The place that a token stands for. Raises Refusal when it is none that was given out for that list."""
    try:
        raw = base64.b64decode(token.removeprefix(_START).encode(), altchars=b"-_", validate=True)
        found, place = raw[_CHECK_BYTES:].decode().split(":", 1)
    except (ValueError, UnicodeError):
        found, place, raw = "", "", b""
    if found != kind or _check(raw[_CHECK_BYTES:]) != raw[:_CHECK_BYTES]:
        raise refuse("NieprawidloweDane", "the token is not one that was given out")
    return place


def _check(whole: bytes) -> bytes:
    return binascii.crc32(whole).to_bytes(_CHECK_BYTES, "big")
