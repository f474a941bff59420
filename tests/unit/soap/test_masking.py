"""What the wiretap keeps of a message: its shape, and of its texts only those that can be about nobody."""

from __future__ import annotations

import re
from base64 import b64encode
from xml.sax.saxutils import escape, quoteattr

import pytest
from depth import DEEPER
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter import resources
from adapter.bootstrap.wiretap import channel_masks
from adapter.mapping.tables import load_tables
from adapter.soap import namespaces as ns
from adapter.soap.contract import load_contract
from adapter.soap.faults import load_refusals
from adapter.soap.harmless import ID, INSTANT, OID, is_code
from adapter.soap.masking import MASKED
from adapter.soap.places import Masks
from adapter.soap.rows import FAULT, OPERATION, load_rows
from adapter.soap.structure import Node

MAPPINGS, WSDL = resources.mappings(), resources.wsdl().resolve()
BYTES_MAX = 100_000
NODES_MAX = 60
OUR_WORDS = "not shown, it has a document type declaration bytes of text/html another not well-formed XML in all"
SUCCESS = "urn:csioz:p1:kod:major:Sukces"


def masks_for(channel: str) -> Masks:
    return channel_masks(WSDL, MAPPINGS, channel, load_tables(MAPPINGS), load_refusals(MAPPINGS))


MASKS = {channel: masks_for(channel) for channel in ("cer", "p1")}


def messages() -> list[tuple[str, str, str, Node]]:
    """(channel, verb, direction, root) of every message that a verb of ours sends or is told."""
    found = []
    for channel in MASKS:
        contract = load_contract(WSDL, channel)
        for row in load_rows(MAPPINGS, channel):
            if row.direction == OPERATION and row.path in contract.operations:
                operation = contract.operations[row.path]
                found += [
                    (channel, row.verb, "request", operation.request),
                    (channel, row.verb, "reply", operation.reply),
                ]
                found += [(channel, row.verb, FAULT, node) for node in operation.faults[:1]]
    return found


MESSAGES = messages()


def pesel(birth: str, number: int) -> str:
    """A PESEL of somebody born in the 2200s: it checks out and belongs to nobody."""
    digits = f"{birth}{number:04d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))
    return f"{digits}{-total % 10}"


NAMES = (
    st.text("aąbcćdeęghijklłmnńoóprsśtuwyzźżAŁKZĆŚ -'", min_size=3, max_size=24)
    .map(str.strip)
    .filter(lambda x: len(x) > 2)
)
PESELS = st.builds(pesel, st.sampled_from(["806115", "927203", "006930"]), st.integers(0, 9999))
PHONES = st.builds(
    lambda head, number: f"{head}{number:09d}", st.sampled_from(["", "+48", "0048"]), st.integers(5 * 10**8, 899999999)
)
KEYS = st.text("0123456789", min_size=44, max_size=44)
CODES = st.text("0123456789", min_size=4, max_size=4)
ADDRESSES = st.builds(lambda name, number: f"ul. {name} {number}, 00-{number:03d} Miasto", NAMES, st.integers(1, 999))
DOCUMENTS = st.binary(min_size=30, max_size=90).map(lambda raw: b64encode(raw).decode())
SECRETS = st.one_of(NAMES, PESELS, PHONES, KEYS, ADDRESSES, DOCUMENTS)


def holds(text: str, secret: str) -> bool:
    """Whether a kept text holds a secret: as a word, whatever is between its letters taken away or not."""
    plain = etree.fromstring(text.encode()) if text.startswith("<soap") or text.startswith("<env") else None
    said = [text] if plain is None else [*plain.itertext(), *(v for e in plain.iter() for v in e.attrib.values())]
    said = [each for each in said if each != MASKED]
    return any(secret in each or escape(secret) in each for each in said)


@st.composite
def bodies(draw: st.DrawFn, root: Node, secret: str) -> str:
    """A message of that root in which the secret stands in every text, and here and there where none belongs."""
    left = [NODES_MAX]

    def text() -> str:
        return draw(
            st.sampled_from(
                [
                    escape(secret),
                    f"<![CDATA[{secret.replace(']]>', '')}]]>",
                    f"<!-- {secret.replace('--', '')} -->{escape(secret)}",
                    f"<?note {secret}?>{escape(secret)}",
                    f"{escape(secret)}<osoba>{escape(secret)}</osoba>",
                    f"Pacjent {escape(secret)} nie istnieje",
                    "".join(f"&#{ord(letter)};" for letter in secret),
                ]
            )
        )

    def element(node: Node, depth: int) -> str:
        left[0] -= 1
        name = etree.QName(node.tag)
        space = f" xmlns={quoteattr(name.namespace or '')}"
        stray = draw(
            st.sampled_from(
                ["", f" kto={quoteattr(secret)}", f' xmlns:x="urn:{abs(hash(secret))}" x:o={quoteattr(secret)}']
            )
        )
        known = "".join(
            f" {each.name}={quoteattr(secret)}" for each in node.attributes if not each.tag.startswith("{")
        )
        inner = "".join(element(child, depth + 1) for child in node.children if left[0] > 0 and depth < 8)
        own = text() if not inner or draw(st.booleans()) else ""
        return f"<{name.localname}{space}{known}{stray}>{inner}{own}</{name.localname}>"

    return element(root, 0)


def envelope(body: str, *, fault: bool = False, secret: str = "") -> str:
    said = escape(secret)
    if fault:
        told = f"<faultcode>{said}</faultcode><faultstring>{said}</faultstring>"
        body = f"<soapenv:Fault>{told}<detail>{body}</detail></soapenv:Fault>"
    header = f'<soapenv:Header><a xmlns="urn:a">{said}</a></soapenv:Header>'
    return (
        f'<soapenv:Envelope xmlns:soapenv="{ns.SOAP}">{header}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
    )


def kept(
    channel: str, verb: str, direction: str, message: bytes, *, kind: str = "text/xml", limit: int = BYTES_MAX
) -> str:
    masks = MASKS[channel]
    if direction == "request":
        return masks.request(verb, message, bytes_max=limit)
    return masks.reply(verb, message, kind=kind, bytes_max=limit)


@given(data=st.data(), about=st.sampled_from(MESSAGES), secret=SECRETS)
@settings(max_examples=60 * DEEPER, deadline=None)
def test_nothing_about_people_is_kept_wherever_it_stands(
    data: st.DataObject, about: tuple[str, str, str, Node], secret: str
) -> None:
    channel, verb, direction, root = about
    body = data.draw(bodies(root, secret))
    whole = envelope(body, fault=direction == FAULT, secret=secret).encode()
    broken = whole[: data.draw(st.integers(1, len(whole)))]
    for message in (whole, broken, broken + whole):
        text = kept(channel, verb, direction, message)
        assert not holds(text, secret)


@given(about=st.sampled_from(MESSAGES), data=st.data(), code=CODES)
@settings(max_examples=40 * DEEPER, deadline=None)
def test_an_access_code_alone_is_not_kept_either(
    about: tuple[str, str, str, Node], data: st.DataObject, code: str
) -> None:
    channel, verb, direction, root = about
    message = envelope(data.draw(bodies(root, code)), fault=direction == FAULT, secret=code).encode()
    tree = etree.fromstring(kept(channel, verb, direction, message).encode())
    assert code not in {(text or "").strip() for text in tree.itertext()}


@given(secret=SECRETS, about=st.sampled_from(MESSAGES))
@settings(max_examples=40 * DEEPER, deadline=None)
def test_what_is_no_soap_is_not_shown_at_all(secret: str, about: tuple[str, str, str, Node]) -> None:
    assume(secret not in OUR_WORDS)
    channel, verb, _, _ = about
    for message in (
        f"<!DOCTYPE html><html><body><h1>{escape(secret)}</h1>",
        f'<!DOCTYPE a [<!ENTITY e "{escape(secret)}">]><a>&e;</a>',
        f'{{"patient": "{secret}"}}',
        secret,
        f"--part\r\nContent-Type: text/xml\r\n\r\n<a>{escape(secret)}</a>",
        f"<{secret.split(maxsplit=1)[0]}/>",
    ):
        text = kept(channel, verb, "reply", message.encode(), kind="text/html")
        assert secret not in text.replace(MASKED, "")


def test_a_message_is_shown_as_far_as_it_is_known() -> None:
    cer = load_contract(WSDL, "cer")
    listing = cer.operations[
        next(r.path for r in load_rows(MAPPINGS, "cer") if r.verb == "list_slots" and r.direction == OPERATION)
    ]
    space = etree.QName(listing.reply.tag).namespace
    name = etree.QName(listing.reply.tag).localname
    said = envelope(
        f'<{name} xmlns="{space}"><czasSerwera>2026-11-21T11:00:01+01:00</czasSerwera><listaSlotow><slot>'
        "<identyfikatorSlotu>CER-S-00000017</identyfikatorSlotu><identyfikatorObcy>Nowak</identyfikatorObcy>"
        "<poczatek>2026-11-23T07:00:00Z</poczatek><koniec>jutro</koniec><typ>STABILNY</typ><status>ZAJETY-NOWAK</status>"
        f"</slot></listaSlotow><wynik><major>{SUCCESS}</major><komunikat>Pacjent Nowak</komunikat></wynik></{name}>"
    )
    text = kept("cer", "list_slots", "reply", said.encode())
    for shown in ("CER-S-00000017", "2026-11-23T07:00:00Z", "STABILNY", SUCCESS, "2026-11-21T11:00:01+01:00"):
        assert f">{shown}<" in text
    for hidden in ("Nowak", "jutro", "NOWAK"):
        assert hidden not in text
    assert etree.fromstring(text.encode()).tag == f"{{{ns.SOAP}}}Envelope"


@pytest.mark.parametrize(
    ("message", "says"),
    [
        pytest.param(b"", "it is empty: 0 bytes", id="an answer without content"),
        pytest.param(b"<html><p>503</p></html>", "<_>", id="a page that happens to be XML"),
        pytest.param(b"<a><b></a>", "not well-formed XML from here on; 10 bytes", id="broken in the middle"),
        pytest.param(b"<a>", "not well-formed XML from here on; 3 bytes", id="ends too early"),
        pytest.param(b'<?xml version="1.0" encoding="x-own"?><a/>', "not shown", id="an unknown encoding"),
        pytest.param("<a>ż</a>".encode("utf-16"), MASKED, id="UTF-16 is read"),
        pytest.param(b"<a>" * 5000, "nest too deep", id="5,000 levels deep"),
        pytest.param(b"\xff\xfe\x00\x00", "not shown", id="bytes that are no text"),
    ],
)
def test_whatever_came_back_has_a_record(message: bytes, says: str) -> None:
    assert says in kept("p1", "accept", "reply", message, kind="text/html")


def test_a_long_message_is_cut_with_a_note_and_stays_well_formed() -> None:
    rows = "".join(f"<slot><identyfikatorSlotu>S-{n}</identyfikatorSlotu></slot>" for n in range(5000))
    operation = next(each for each in MESSAGES if each[:3] == ("cer", "list_slots", "reply"))[3]
    name = etree.QName(operation.tag)
    said = envelope(
        f'<{name.localname} xmlns="{name.namespace}"><listaSlotow>{rows}</listaSlotow></{name.localname}>'
    ).encode()
    text = kept("cer", "list_slots", "reply", said, limit=20_000)
    assert len(text) < 21_000
    assert f"<!-- cut; {len(said)} bytes in all -->" in text
    tree = etree.fromstring(text.encode())
    assert len(tree.findall(f".//{{{name.namespace}}}slot")) > 100


@pytest.mark.parametrize(
    ("form", "text", "shown"),
    [
        (ID, "CER-S-00000017", True),
        (ID, "visit-1", True),
        (ID, "3f2504e0-4f89-11d3-9a0c-0305e82c3301", True),
        (ID, "00000000-1234-1234-1234-123456789012", True),
        (ID, "3f2504e04f8911d39a0c0305e82c3301", True),
        (ID, "12345", True),
        (ID, "QWxhIG1hIGtvdGEgaSBwc2E0", False),
        (ID, "1234", False),
        (ID, "Kowalski", False),
        (ID, "80611512345", False),
        (ID, "X80611512345", False),
        (ID, "600700800", False),
        (ID, "600 700 800", False),
        (ID, "600-700-800", False),
        (ID, "a1\n80611512345", False),
        (INSTANT, "2026-11-23T07:00:00Z", True),
        (INSTANT, "1961-11-23T07:00:00Z", False),
        (OID, "2.16.840.1.113883.3.4424.1.1.616", True),
        (OID, "2.16.840.1.80611512345", False),
        (is_code, SUCCESS, True),
        (is_code, "REG.WER.213", True),
        (is_code, "urn:csioz:p1:pesel:80611512345", False),
        (is_code, "Kowalski", False),
    ],
)
def test_a_form_lets_through_what_it_is_for(form: object, text: str, shown: bool) -> None:
    assert callable(form)
    assert form(text) is shown


def test_only_places_of_the_contract_show_texts() -> None:
    """The same element elsewhere is another place: a slot's number inside a person is masked."""
    operation = next(each for each in MESSAGES if each[:3] == ("cer", "save_visit", "request"))[3]
    name = etree.QName(operation.tag)
    inside = "<identyfikatorSlotu>S-1</identyfikatorSlotu>"
    said = envelope(
        f'<{name.localname} xmlns="{name.namespace}">{inside}<pacjent>{inside}</pacjent></{name.localname}>'
    )
    assert len(re.findall(">S-1<", kept("cer", "save_visit", "request", said.encode()))) == 1
