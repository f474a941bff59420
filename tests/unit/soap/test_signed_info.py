"""SignedInfo by its one pattern and element by element: the pattern never says anything else."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.soap import namespaces as ns
from adapter.soap.broken import BrokenExchange, malformed
from adapter.soap.parsing import parse_untrusted
from adapter.soap.sign import canonical
from adapter.soap.signed_info import from_elements, from_text, read_signed_info

DIGEST = b64encode(bytes(range(32))).decode()
LISTED = f'<ec:InclusiveNamespaces xmlns:ec="{ns.EXCLUSIVE_C14N}" PrefixList="soapenv wsu"/>'
SNIPPETS = (
    *(" ", "\n", "&amp;", "&#13;", "x", "#", '"', "<x/>", "<!-- c -->", "=", "\u017c", "</ds:Transform>", LISTED),
    *(
        ' Id="a"',
        ' xmlns:q="urn:q"',
        ' q:a="1"',
        f"<ds:DigestValue>{DIGEST}</ds:DigestValue>",
        "<?p i?>",
        "ds:",
        "]]>",
    ),
)


def signed_info(prefix: str = "ds", method: str = "", transform: str = "", count: int = 2) -> str:
    p, declared = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
    references = "".join(
        f'<{p}Reference URI="#part-{number}"><{p}Transforms><{p}Transform Algorithm="{ns.EXCLUSIVE_C14N}">{transform}'
        f'</{p}Transform></{p}Transforms><{p}DigestMethod Algorithm="{ns.SHA256}"/>'
        f"<{p}DigestValue>{DIGEST}</{p}DigestValue></{p}Reference>"
        for number in range(count)
    )
    return (
        f'<{p}SignedInfo {declared}="{ns.DS}"><{p}CanonicalizationMethod Algorithm="{ns.EXCLUSIVE_C14N}">{method}'
        f'</{p}CanonicalizationMethod><{p}SignatureMethod Algorithm="{ns.RSA_SHA256}"/>{references}</{p}SignedInfo>'
    )


def element(text: str) -> etree._Element:
    """The SignedInfo in a message that declares what surrounds it."""
    around = f'<s:e xmlns:s="{ns.SOAP}" xmlns:soapenv="{ns.SOAP}" xmlns:wsu="{ns.WSU}">{text}</s:e>'
    root = parse_untrusted(around.encode())
    if len(root) != 1:
        raise malformed("not one element")
    return root[0]


@pytest.mark.parametrize("prefix", ["ds", "dsig", ""])
@pytest.mark.parametrize(("method", "transform"), [("", ""), (LISTED, ""), ("", LISTED), (LISTED, LISTED)])
def test_what_most_signers_write_is_read_from_its_canonical_bytes(prefix: str, method: str, transform: str) -> None:
    info = element(signed_info(prefix, method, transform))
    found = from_text(info)
    assert found is not None
    assert found == from_elements(info) == read_signed_info(info)
    assert found.algorithm == ns.RSA_SHA256
    assert [one.uri for one in found.references] == ["#part-0", "#part-1"]
    assert {one.digest for one in found.references} == {bytes(range(32))}
    listed = ["soapenv", "wsu"]
    assert found.references[0].prefixes == (listed if transform else None)
    assert found.signed == canonical(info, listed if method else None)


@pytest.mark.parametrize("count", [0, 17])
def test_no_reference_and_too_many_are_refused_by_both(count: int) -> None:
    info = element(signed_info(count=count))
    assert from_text(info) is None
    with pytest.raises(BrokenExchange, match="1 to 16 references"):
        read_signed_info(info)


@given(
    data=st.data(),
    prefix=st.sampled_from(["ds", "dsig", "other", ""]),
    method=st.sampled_from(["", LISTED]),
    transform=st.sampled_from(["", LISTED]),
)
def test_whatever_is_put_into_it_both_ways_agree_or_the_pattern_gives_up(
    data: st.DataObject, prefix: str, method: str, transform: str
) -> None:
    text = signed_info(prefix, method, transform)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    changed = text[:start] + data.draw(st.sampled_from(SNIPPETS)) + text[end:]
    found = None
    with suppress(BrokenExchange):  # no longer XML that may be read
        info = element(changed)
        found = from_text(info)
    if found is not None:
        assert found == from_elements(info)
