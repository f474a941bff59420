"""The Security header by its patterns and element by element: the patterns never say anything else."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import BrokenExchange
from adapter.soap.parsing import parse_untrusted
from adapter.soap.raw_parts import RawParts
from adapter.soap.security_header import SecurityHeader, header_from_elements
from adapter.soap.written_header import header_from_bytes

DIGEST = b64encode(bytes(range(32))).decode()
WSU = f'xmlns:wsu="{ns.WSU}"'
INCLUSIVE = f'<ec:InclusiveNamespaces xmlns:ec="{ns.EXCLUSIVE_C14N}" PrefixList="s"/>'
TIMESTAMP = (
    '<wsu:Timestamp wsu:Id="TS-1"><wsu:Created>2026-11-21T10:00:00.000Z</wsu:Created>'
    "<wsu:Expires>2026-11-21T11:05:00+01:00</wsu:Expires></wsu:Timestamp>"
)
TOKEN = (
    f'<wsse:BinarySecurityToken EncodingType="{ns.BASE64_BINARY}" ValueType="{ns.X509_V3}" wsu:Id="X509-1">'
    f"{DIGEST}</wsse:BinarySecurityToken>"
)
KEY_INFO = (
    '<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#X509-1" '
    f'ValueType="{ns.X509_V3}"/></wsse:SecurityTokenReference></ds:KeyInfo>'
)


def signature(transform: str = "", short: bool = False) -> str:
    reference = (
        '<ds:Reference URI="#TS-1"><ds:Transforms>'
        f'<ds:Transform Algorithm="{ns.EXCLUSIVE_C14N}">{transform}</ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{ns.SHA256}"></ds:DigestMethod><ds:DigestValue>{DIGEST}</ds:DigestValue>'
        "</ds:Reference>"
    )
    info = (
        f'<ds:SignedInfo xmlns:ds="{ns.DS}"><ds:CanonicalizationMethod Algorithm="{ns.EXCLUSIVE_C14N}">'
        f'</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{ns.RSA_SHA256}"></ds:SignatureMethod>'
        f"{reference}</ds:SignedInfo>"
    )
    if short:  # as libxmlsec1 and WSS4J write it
        info = info.replace("></ds:CanonicalizationMethod>", "/>").replace("></ds:SignatureMethod>", "/>")
    value = f"<ds:SignatureValue>{DIGEST}</ds:SignatureValue>"
    return f'<ds:Signature xmlns:ds="{ns.DS}">{info}{value}{KEY_INFO}</ds:Signature>'


def message(*held: str, declared: str = WSU, around: str = "") -> str:
    return (
        f'<s:Envelope xmlns:s="{ns.SOAP}"{around}><s:Header><wsse:Security xmlns:wsse="{ns.WSSE}" {declared}>'
        f"{''.join(held)}</wsse:Security></s:Header><s:Body></s:Body></s:Envelope>"
    )


def both(text: str) -> tuple[SecurityHeader | None, SecurityHeader]:
    """What the patterns say of the header, and what the elements do."""
    security = next(parse_untrusted(text.encode()).iter(ns.SECURITY))
    raw = RawParts.of(text.encode())
    return (header_from_bytes(security, raw) if raw is not None else None), header_from_elements(security)


# what the header holds, in its order                                    as whom it is written
PLAIN = message(TIMESTAMP, TOKEN, signature())
READ = [
    (PLAIN, "as we write it"),
    (message(TOKEN, signature(INCLUSIVE, short=True), TIMESTAMP), "as WSS4J does: inclusive prefixes, Timestamp last"),
    (message(TIMESTAMP, "\n", TOKEN, "\n  ", signature(short=True), "\n"), "as libxmlsec1 does, with line ends"),
    (message(TIMESTAMP, TOKEN, signature(), declared='s:mustUnderstand="1"', around=f" {WSU}"), "declared around it"),
    (message(TIMESTAMP.replace("Timestamp wsu", f"Timestamp {WSU} wsu"), TOKEN, signature()), "declared again"),
    (message(signature(), TIMESTAMP, TOKEN), "the Signature first"),
    (
        message(TIMESTAMP, TOKEN.replace(DIGEST, f"\n{DIGEST[:20]}\n{DIGEST[20:]}\n"), signature()),
        "lines in the token",
    ),
]
LEFT = [
    (PLAIN.replace("wsse:", "o:").replace(":wsse", ":o"), "other prefixes"),
    (PLAIN.replace(DIGEST, f"&#x{ord(DIGEST[0]):x};{DIGEST[1:]}"), "an escaped letter"),
    (PLAIN.replace(">2026", "> 2026"), "a blank before an instant"),
    (message(TIMESTAMP, TOKEN, TOKEN.replace("X509-1", "X509-2"), signature()), "two tokens"),
    (message(TIMESTAMP, TOKEN, signature(), "<x/>"), "something else in it"),
    (PLAIN.replace(WSU, f"{WSU} {WSU.replace('wsu=', 'b=')}").replace("wsu:Id", "b:Id"), "another prefix of the Ids"),
]


@pytest.mark.parametrize(("text", "why"), READ, ids=[why for _, why in READ])
def test_what_most_write_is_read_by_the_patterns(text: str, why: str) -> None:
    quick, slow = both(text)
    assert quick == slow, why
    assert (quick.created, quick.expires) == ("2026-11-21T10:00:00.000Z", "2026-11-21T11:05:00+01:00")
    assert quick.token == quick.value == bytes(range(32))
    assert {name: part.tag for name, part in quick.parts.items()} == {"TS-1": ns.TIMESTAMP, "X509-1": ns.TOKEN}


@pytest.mark.parametrize(("text", "why"), LEFT, ids=[why for _, why in LEFT])
def test_what_they_do_not_know_is_left_to_the_elements(text: str, why: str) -> None:
    quick, slow = both(text)
    assert quick is None, why
    assert slow.value == bytes(range(32))


def test_a_second_timestamp_behind_the_signature_is_left_to_be_refused() -> None:
    text = message(TIMESTAMP, TOKEN, signature(), TIMESTAMP.replace("TS-1", "TS-2"))
    raw, security = RawParts.of(text.encode()), next(parse_untrusted(text.encode()).iter(ns.SECURITY))
    assert raw is not None
    assert header_from_bytes(security, raw) is None
    with pytest.raises(BrokenExchange, match="exactly one Timestamp"):
        header_from_elements(security)


def test_a_prefix_with_another_meaning_is_left() -> None:
    """The patterns see the name; the tree knows that it is none of WS-Security's."""
    text = PLAIN.replace(f"{WSU}>", f"{WSU.replace(ns.WSU, 'urn:other')}>")
    raw = RawParts.of(text.encode())
    assert raw is not None
    assert header_from_bytes(next(parse_untrusted(text.encode()).iter(ns.SECURITY)), raw) is None


SNIPPETS = (
    *(" ", "\n", "&amp;", "x", '"', "<x/>", "<!-- c -->", "=", "\u017c", "]]>", "<?p i?>", "<![CDATA[x]]>", "'"),
    *(' Id="a"', ' xmlns:q="urn:q"', ' xmlns:ds="urn:q"', f" {WSU}", ' xmlns:wsu="urn:q"', ' xml:id="a"'),
    *(TIMESTAMP, TOKEN, TOKEN.replace("X509-1", "X509-2"), KEY_INFO, ' wsu:Id="TS-1"', DIGEST),
    *("</wsse:Security>", "<wsse:Security>", "wsse:"),
)


@given(data=st.data(), base=st.sampled_from([text for text, _ in READ]))
def test_whatever_is_put_into_it_both_ways_agree_or_the_patterns_give_up(data: st.DataObject, base: str) -> None:
    start = data.draw(st.integers(base.index("<wsse:Security"), len(base)))
    end = data.draw(st.integers(start, min(len(base), start + 12)))
    changed = base[:start] + data.draw(st.sampled_from(SNIPPETS)) + base[end:]
    with suppress(BrokenExchange):  # no longer XML that may be read, or no header either way
        root = parse_untrusted(changed.encode())
        headers, raw = list(root.iter(ns.SECURITY)), RawParts.of(changed.encode())
        if len(headers) == 1 and raw is not None:
            quick = header_from_bytes(headers[0], raw)
            assert quick is None or quick == header_from_elements(headers[0])


def test_a_header_of_which_the_bytes_know_less_is_not_the_one_of_another_element() -> None:
    """The name stands first where it means nothing: the tree's only header is another one."""
    fake = PLAIN.split("<s:Header>")[1].split("</s:Header>")[0]
    fake = fake.replace(ns.WSSE, "urn:other", 1).replace("TS-1", "TS-2").replace("X509-1", "X509-2")
    text = PLAIN.replace("<s:Header>", f"<s:Header><k:c xmlns:k='urn:k'>{fake}</k:c>")
    quick, slow = both(text)
    assert quick is None
    assert set(slow.parts) == {"TS-1", "X509-1"}
    assert isinstance(slow.timestamp, etree._Element)
