"""What is refused before libxml2 sees it, and what is not: the bounds lie far beyond real messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.soap.broken import BrokenExchange
from adapter.soap.parsing import ATTRIBUTES_MAX, MARKS_MAX, only_tags, parse_untrusted


def attributes(count: int) -> bytes:
    return b" ".join(b'a%d="x"' % number for number in range(count))


def namespaces(count: int) -> bytes:
    return b" ".join(b'xmlns:n%d="urn:x"' % number for number in range(count))


# document                                                          a word of the reason, empty when it is read
BOUNDS = [
    (b"<a " + attributes(ATTRIBUTES_MAX) + b"/>", "", "as many attributes as may be"),
    (b"<a " + attributes(ATTRIBUTES_MAX + 1) + b"/>", "attributes", "one attribute too many"),
    (b"<a " + namespaces(ATTRIBUTES_MAX + 1) + b"/>", "attributes", "namespaces count as well"),
    (b"<a b='>' " + attributes(ATTRIBUTES_MAX) + b"/>", "attributes", "a tag does not end inside a value"),
    (b"<a>" + b"x=y " * 2000 + b"</a>", "", "a text may hold what looks like attributes"),
    (b"<a><![CDATA[<b " + attributes(ATTRIBUTES_MAX) + b">]]></a>", "", "so may CDATA, up to the bound"),
    (b"<a>" + b"<b/>" * 50_000 + b"</a>", "", "a long list"),
    (b"<a>" + b'<b xmlns="urn:b"/>' * 20_000 + b"</a>", "", "a list that declares its namespace in each row"),
    (b"<a>" + b"<b/>" * MARKS_MAX + b"</a>", "elements", "more elements than memory should hold"),
    (
        b"".join(b"<a " + namespaces(100) + b">" for _ in range(200)) + b"<b/>" * 20_000 + b"</a>" * 200,
        "namespaces",
        "namespaces that add up from level to level",
    ),
    (b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><a/>', "", "UTF-8 with its mark"),
    (b'<?xml version="1.0" encoding="us-ascii"?><a/>', "", "ASCII is UTF-8"),
    (b'<?xml version="1.0" encoding="windows-1250"?><a/>', "UTF-8", "another encoding"),
    ("<a>ą</a>".encode("utf-16"), "well-formed", "UTF-16"),
    (b"<?x y?><a/>", "instruction", "an instruction instead of a declaration"),
    (b'<?xml version="1.0"?><?x y?><a/>', "instruction", "an instruction after the declaration"),
    (b"<a/><?x y?>", "instruction", "an instruction at the end"),
    (b"<a><?x y?></a>", "instruction", "an instruction inside"),
    (b"<!DOCTYPE a []><a/>", "document type", "a document type"),
    (b'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="x"/></a>', "XInclude", "an XInclude"),
    (b'<a xmlns:i="http://www.w3.org/2001/&#88;Include"><i:x/></a>', "XInclude", "an XInclude in disguise"),
    (b'<!-- c --><a xmlns:i="http://www.w3.org/2001/XInclude"><i:x/></a>', "XInclude", "an XInclude after a comment"),
]


@pytest.mark.parametrize(("document", "words", "why"), BOUNDS, ids=[row[2] for row in BOUNDS])
def test_a_document_is_read_up_to_its_bounds(document: bytes, words: str, why: str) -> None:
    try:
        parse_untrusted(document)
        reason = ""
    except BrokenExchange as broken:
        reason = broken.reason
    assert (words in reason, bool(words)) == (True, bool(reason)), why


PIECES = ["<b/>", "a!?b", "&lt;!", "<!--c-->", "<?p i?>", "<![CDATA[<]]>", "<b c='!?'/>", "&#63;", "?>", " "]


@given(
    st.sampled_from(["", "<?xml version='1.0'?>", "<?xml version='1.0' encoding='utf-8'?>\n"]),
    st.sampled_from(["", "<!DOCTYPE a>", "<!-- ! -->", "<?p ?>"]),
    st.lists(st.sampled_from(PIECES), max_size=4),
    st.sampled_from(["", "<?p ?>", "<!--e-->", "\n"]),
)
def test_whether_a_message_has_only_tags_is_seen_by_every_sign_that_begins_one(
    declaration: str, before: str, inside: list[str], after: str
) -> None:
    message = f"{declaration}{before}<a>{''.join(inside)}</a>{after}".encode()
    etree.fromstring(message)
    signs = message.removeprefix(declaration.encode())
    assert only_tags(message) == (b"<!" not in signs and b"<?" not in signs)


@pytest.mark.parametrize("message", [b"", b"<?xml ", b"\xef\xbb\xbf<a/>", b" <a/>", b"<?p ?><a/>"])
def test_a_message_that_begins_otherwise_has_not_only_tags(message: bytes) -> None:
    assert not only_tags(message)
