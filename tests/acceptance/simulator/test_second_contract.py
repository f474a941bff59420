"""CeR in its second contract, over the wire in SOAP 1.2: its names, numbers and pages, and how 1.2 says no."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from acceptance.simulator.wire import CONTEXT, SOAP, SOAP_12, Answer, Client, sign
from lxml import etree

from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates
from adapter.simulator.registry import RegistryRules
from adapter.simulator.sentinels import SENTINELS

NS = "urn:pomost:test:second:terminy:v7"
MEDIA = "application/soap+xml"
FAULT = "urn:pomost:test:second:usterka:"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
PLACE = 'miejsceUdzielania wezel="2.16.840.1.113883.3.4424.2.3.3" numer="000000927722-001"'
PERSON = (
    '<osoba rejestr="2.16.840.1.113883.3.4424.1.1.616" numer="{pesel}"><nazwisko>Testowa</nazwisko><imie>Anna</imie>'
    "<kontakt><telefon>+48600000001</telefon></kontakt></osoba>"
)
LIST = '<kalendarz>schedule-1</kalendarz><zakres dzien="2026-12-01"/>'


class Second(Client):
    """A client that speaks the second contract."""

    def payload(self, operation: str, inner: str) -> str:
        return f'<t:{operation}Zapytanie xmlns:t="{NS}">{inner}</t:{operation}Zapytanie>'

    def kind(self, operation: str) -> str:
        return f'{MEDIA}; charset=utf-8; action="{NS}/{operation}"'

    def say(self, operation: str, inner: str, **options: object) -> Answer:
        raw = sign(self.payload(operation, inner), self.certificates.client_wss, soap=SOAP_12, **options)
        return self.post(raw, "", content_type=self.kind(operation))

    def offer(self, *slots: tuple[str, str, str]) -> Answer:
        """Put slots of 20 minutes on 1 December: reference, hour, state's number."""
        rows = "".join(
            f'<termin nasz="{reference}"><klasa><rodzaj>1</rodzaj><stan>{state}</stan></klasa>'
            f"<poczatek><data>2026-12-01</data><godzina>{hour}:00:00</godzina></poczatek>"
            f"<koniec><data>2026-12-01</data><godzina>{hour}:20:00</godzina></koniec><{PLACE}/>"
            "<swiadczenie>1100</swiadczenie><miejsca>1</miejsca><kalendarz>schedule-1</kalendarz></termin>"
            for reference, hour, state in slots
        )
        return self.say("zglosTerminy", f'<paczka wersja="7">{rows}</paczka>')

    def book(self, slot: str, pesel: str = "00610100013") -> Answer:
        inner = f'<termin id="{slot}"/><rezerwacja nasz="visit-{slot}"/>{PERSON.format(pesel=pesel)}<tryb>2</tryb>'
        return self.say("umowWizyte", inner)


@pytest.fixture(scope="module")
def running_second(certificates: TestCertificates) -> Iterator[Simulator]:
    config = SimulatorConfig(
        certificates=certificates.folder,
        contract="second",
        held_at=datetime(2026, 11, 21, 10, 0, tzinfo=UTC),
        rules=RegistryRules(page_size=2, list_page_size=2),
    )
    with Simulator(config) as simulator:
        yield simulator


@pytest.fixture
def second(running_second: Simulator, certificates: TestCertificates) -> Second:
    running_second.admin.reset()
    return Second(running_second, certificates)


def head(answer: Answer) -> dict[str, str]:
    return dict(answer.content[0].attrib)


def codes(answer: Answer) -> tuple[str, str, str]:
    """Code, Subcode and the detail's own code of a SOAP 1.2 fault; prefixes are looked up where they stand."""
    names = {"e": SOAP_12}
    fault = answer.content
    assert fault.tag == f"{{{SOAP_12}}}Fault"
    assert fault.findtext("e:Reason/e:Text", namespaces=names)
    values = [fault.find(path, names) for path in ("e:Code/e:Value", "e:Code/e:Subcode/e:Value")]
    said = []
    for value in values:
        prefix, _, local = ("" if value is None else value.text or "").partition(":")
        said.append("" if value is None else f"{value.nsmap[prefix].rpartition('/')[2]} {local}")
    return said[0], said[1], fault.find(f"e:Detail/{{{NS}}}Usterki/usterka", names).get("kod").removeprefix(FAULT)


def test_slots_visits_and_changes_in_its_own_words(second: Second) -> None:
    put = second.offer(("a", "08", "0"), ("b", "09", "9"), ("c", "10", "0"))
    assert (put.status, put.content_type) == (200, "application/soap+xml; charset=utf-8")
    assert head(put) == {"czas": "2026-11-21T10:00:00.000Z", "kod": "0"}
    ids = [row.get("id") for row in put.content.iterfind("wyniki/wynik")]
    assert second.book(ids[0]).content.find("rezerwacja").get("id") == "CER-V-00000001"
    first = second.say("podajTerminy", LIST).content
    assert [row.get("nasz") for row in first.iterfind("kalendarze/terminy/termin")] == ["a", "b"]
    assert [row.findtext("klasa/stan") for row in first.iterfind("kalendarze/terminy/termin")] == ["1", "9"]
    (slot, _) = first.iterfind("kalendarze/terminy/termin")
    assert (slot.findtext("poczatek/data"), slot.findtext("poczatek/godzina")) == ("2026-12-01", "08:00:00.000")
    assert slot.find("miejsca").get(NIL) == "true"
    assert (slot.findtext("rezerwacje/rezerwacja/stan"), slot.findtext("rezerwacje/rezerwacja/kto")) == ("10", "1")
    token = first.find("nastepnaStrona").get("token")
    rest = second.say("podajTerminy", f'{LIST}<strona token="{token}"/>').content
    assert [row.get("nasz") for row in rest.iterfind("kalendarze/terminy/termin")] == ["c"]
    assert rest.find("nastepnaStrona") is None
    assert head(second.book(ids[1]))["podkod"] == "203"
    assert head(second.book(ids[0], "00610100020")) == {
        "czas": "2026-11-21T10:00:00.000Z", "kod": "17", "podkod": "202", "opis": "the slot is taken",
    }  # fmt: skip


def test_the_feed_is_paged_by_tokens_that_mean_nothing(second: Second) -> None:
    ids = [row.get("id") for row in second.offer(*((f"s{n}", f"1{n}", "0") for n in range(3))).content.iter("wynik")]
    for number, slot in enumerate(ids):
        assert head(second.book(slot, f"0061010001{number}"))["kod"] == "0"
    page = second.say("podajZdarzenia", f'<token xmlns:xsi="{NIL[1:-4]}" xsi:nil="true"/>').content
    assert [row.get("numer") for row in page.iter("zdarzenie")] == ["1", "2"]
    strona = page.find("strona")
    assert strona.get("jestNastepna") == "true"
    token = strona.get("token")
    assert not token.isdecimal()
    page = second.say("podajZdarzenia", f"<token>{token}</token>").content
    assert [row.get("numer") for row in page.iter("zdarzenie")] == ["3"]
    assert page.find("strona").get("jestNastepna") == "false"
    for foreign in ("2", "t-", f"{token}x", "t-AAAA", f"t-{token}"):
        assert head(second.say("podajZdarzenia", f"<token>{foreign}</token>")).get("podkod") == "901", foreign
    assert head(second.say("podajTerminy", f'{LIST}<strona token="{token}"/>'))["podkod"] == "901"


@pytest.mark.parametrize(
    ("day", "hour", "reason"),
    [("2026-10-25", "02:30:00", "twice"), ("2027-03-28", "02:30:00", "never")],
    ids=["shown twice", "skipped"],
)
def test_an_hour_that_the_clocks_make_doubtful_is_refused(second: Second, day: str, hour: str, reason: str) -> None:
    answer = second.say(
        "zmienTermin", f'<termin id="x"/><poczatek><data>{day}</data><godzina>{hour}</godzina></poczatek>'
    )
    assert head(answer)["podkod"] == "901", reason


EMPTY_CONTEXT = f'<k:kontekstWywolania xmlns:k="{CONTEXT}" wsu:Id="Context"/>'
FOREIGN = '<x:Upgrade xmlns:x="urn:x" soapenv:mustUnderstand="true"/>'


@pytest.mark.parametrize(
    ("options", "status", "expected"),
    [
        ({"inner": "<kalendarz/>"}, 400, ("soap-envelope Sender", "", "3")),
        ({"parts": ("TS", "Context")}, 400, ("soap-envelope Sender", "FailedCheck", "7")),
        ({"created": datetime(2020, 1, 1, tzinfo=UTC)}, 400, ("soap-envelope Sender", "FailedAuthentication", "8")),
        ({"headers": FOREIGN}, 500, ("soap-envelope MustUnderstand", "", "3")),
        ({"context": EMPTY_CONTEXT}, 400, ("soap-envelope Sender", "", "3")),
    ],
    ids=["schema", "signature", "time", "header", "context"],
)
def test_soap_12_faults(
    second: Second, options: dict[str, object], status: int, expected: tuple[str, str, str]
) -> None:
    answer = second.say("podajTerminy", str(options.pop("inner", LIST)), **options)
    code, subcode, detail = codes(answer)
    assert (answer.status, answer.content_type) == (status, "application/soap+xml; charset=utf-8")
    assert (code, subcode.rpartition(" ")[2], detail) == expected
    assert answer.root.find(f".//{{{WSSE}}}Security") is not None, "faults are signed too"
    blocks = [each.get("qname") for each in answer.root.iter(f"{{{SOAP_12}}}NotUnderstood")]
    assert blocks == (["h:Upgrade"] if "headers" in options else [])


def test_a_fault_on_request_is_the_receivers(second: Second) -> None:
    second.simulator.admin.trouble("fault", operation="list_slots", major="przekroczonyCzas", minor="bladZapisu")
    answer = second.say("podajTerminy", LIST)
    assert (answer.status, codes(answer)) == (500, ("soap-envelope Receiver", "", "9"))
    assert answer.content.find(f".//{{{NS}}}Usterki/usterka").get("podkod") == f"{FAULT}56"


@pytest.mark.parametrize(
    ("code", "number"),
    [("SlotZajety", "202"), ("ZaDuzaPaczka", "902"), ("CudzyObiekt", "903")],
)
def test_sentinels_speak_its_numbers(second: Second, code: str, number: str) -> None:
    sentinel = next(each for each in SENTINELS if each.code.endswith(f":{code}"))
    first, neighbour = second.offer((sentinel.id, "08", "0"), ("good", "09", "0")).content.iterfind("wyniki/wynik")
    assert (first.get("kod"), first.get("podkod")) == ("17", number)
    assert (neighbour.get("kod"), neighbour.get("podkod")) == ("0", None)


def test_a_sentinels_fault_speaks_its_numbers_and_soap_12(second: Second) -> None:
    sentinel = next(each for each in SENTINELS if each.code.endswith(":kontoPodmiotuTymczasowoZablokowane"))
    answer = second.offer((sentinel.id, "08", "0"))
    assert codes(answer)[0].startswith("soap-envelope ")
    assert answer.content.find(f".//{{{NS}}}Usterki/usterka").get("podkod") == f"{FAULT}57"


@pytest.mark.parametrize(
    ("action", "reason"),
    [("", "without an action"), (f'; action="{NS}/zglosTerminy"', "another operation's"), ("; action=x", "unquoted")],
)
def test_the_action_is_a_parameter_of_the_content_type(second: Second, action: str, reason: str) -> None:
    raw = sign(second.payload("podajTerminy", LIST), second.certificates.client_wss, soap=SOAP_12)
    answer = second.post(raw, f"{NS}/podajTerminy", content_type=f"{MEDIA}; charset=utf-8{action}")
    assert (answer.status, codes(answer)[0]) == (400, "soap-envelope Sender"), reason


def test_who_speaks_soap_11_is_told_so_in_soap_11(second: Second) -> None:
    raw = sign(second.payload("podajTerminy", LIST), second.certificates.client_wss)
    answer = second.post(raw, f"{NS}/podajTerminy")
    assert (answer.status, answer.content_type) == (500, "text/xml; charset=utf-8")
    assert answer.root.tag == f"{{{SOAP}}}Envelope"
    assert answer.text("faultcode") == "soapenv:VersionMismatch"
    (supported,) = answer.root.iter(f"{{{SOAP_12}}}SupportedEnvelope")
    prefix, _, local = supported.get("qname").partition(":")
    assert (supported.nsmap[prefix], local) == (SOAP_12, "Envelope")


def test_an_envelope_of_another_version_than_the_content_type_says(second: Second) -> None:
    raw = sign(second.payload("podajTerminy", LIST), second.certificates.client_wss)
    answer = second.post(raw, "", content_type=second.kind("podajTerminy"))
    assert (answer.status, codes(answer)[0]) == (500, "soap-envelope VersionMismatch")


def test_another_media_type_is_refused_by_http(second: Second) -> None:
    answer = second.post(b"{}", "", content_type="application/json")
    assert (answer.status, answer.content_type) == (415, "text/plain; charset=utf-8")


def test_the_wsdl_has_the_simulators_own_address(second: Second) -> None:
    answer = second.post(b"", "", method="GET", query="?wsdl")
    place = etree.fromstring(answer.raw).find(".//{http://schemas.xmlsoap.org/wsdl/soap12/}address")
    assert place.get("location") == second.simulator.urls.cer
