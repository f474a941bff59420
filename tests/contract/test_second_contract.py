"""A contract that differs in everything is bound by rows alone: every verb says and hears the same through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.second_contract import assemble
from fakes.told_channel import CONTEXT, HeldClock, ToldChannel, cer_reply
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter import resources
from adapter.cli.main import main
from adapter.domain.identifiers import CellCode, OidPair, Pesel
from adapter.domain.national import NationalSlotState, SlotEdit, SlotOffer, VisitOrder, WaitingRoomOrder
from adapter.domain.slot import SlotKind
from adapter.errors import BadInput, Rejected, Unavailable
from adapter.mapping.tables import Tables, load_tables
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.columns import Grid
from adapter.soap.faults import judge_result, load_refusals
from adapter.soap.reading import read

NS = "urn:pomost:test:second:terminy:v7"
DAY = date(2026, 12, 1)


@dataclass(frozen=True)
class Second:
    wsdl: Path
    mappings: Path
    tables: Tables
    bound: BoundContract


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Second:
    wsdl, mappings = assemble(tmp_path_factory.mktemp("second"))
    tables = load_tables(mappings)
    return Second(wsdl, mappings, tables, load_bound_contract(wsdl, mappings, "cer", tables))


@pytest.fixture(scope="module")
def first_bound() -> BoundContract:
    return load_bound_contract(resources.wsdl(), resources.mappings(), "cer", load_tables(resources.mappings()))


def registry(bound: BoundContract, mappings: Path, channel: ToldChannel) -> CerRegistry:
    judge = partial(judge_result, load_refusals(mappings), channel="cer")
    return CerRegistry(bound, load_tables(mappings), channel, judge, HeldClock(), batch_max=5)


def answer(operation: str, inside: str = "", *, code: int = 0) -> str:
    """A reply of the second contract."""
    header = f'<naglowek kod="{code}" czas="2026-11-21T10:00:01Z"/>'
    return f'<t:{operation}Odpowiedz xmlns:t="{NS}">{header}{inside}</t:{operation}Odpowiedz>'


def at(name: str, day: str, hour: str) -> str:
    return f"<{name}><data>{day}</data><godzina>{hour}</godzina></{name}>"


CELL = CellCode("000000927722", "001")
PERSON = Pesel("00610100013")
ORDER = VisitOrder("visit-1", "S-1", PERSON, "Jan", "Próba", "600100200", OidPair("1.2.3", "REF-1"), 3)
BARE_ORDER = VisitOrder("visit-1", "S-1", PERSON, "Jan", "Próba")
WAIT = WaitingRoomOrder("wait-1", CELL, "1100", PERSON, "Jan", "Próba", not_before=date(2027, 1, 2))
BARE_WAIT = WaitingRoomOrder("wait-1", CELL, "1100", PERSON, "Jan", "Próba", criterion="urgent")


def offer(number: int, *, practitioner: OidPair | None = None) -> SlotOffer:
    return SlotOffer(
        f"slot-{number}", "schedule-1", CELL, "1100", practitioner, datetime(2026, 12, 1, 8 + number, tzinfo=UTC),
        datetime(2026, 12, 1, 8 + number, 20, tzinfo=UTC), SlotKind.URGENT, NationalSlotState.BLOCKED,
    )  # fmt: skip


OFFERS = [offer(1), offer(2, practitioner=OidPair("1.2.4", "7654321"))]
FIRST_SLOTS = (
    "<listaSlotow><slot><identyfikatorSlotu>S-1</identyfikatorSlotu><identyfikatorObcy>slot-1</identyfikatorObcy>"
    "<identyfikatorHarmonogramu>h</identyfikatorHarmonogramu><poczatek>2026-12-01T07:00:00Z</poczatek>"
    "<koniec>2026-12-01T07:20:00Z</koniec><typ>PILNY</typ><status>ZAJETY</status><pojemnosc>2</pojemnosc>"
    "<czasZmiany>2026-11-20T10:00:00Z</czasZmiany>"
    "<wizyta><identyfikatorWizyty>W-1</identyfikatorWizyty><identyfikatorObcy>visit-1</identyfikatorObcy>"
    "<status>ZAPISANA</status><czasZapisu>2026-11-20T09:00:00Z</czasZapisu><zrodlo>PACJENT</zrodlo></wizyta>"
    "<wizyta><identyfikatorWizyty>W-2</identyfikatorWizyty><status>ODWOLANA</status></wizyta></slot>"
    "<slot><identyfikatorSlotu>S-2</identyfikatorSlotu>"
    "<identyfikatorHarmonogramu>h</identyfikatorHarmonogramu><poczatek>2026-12-01T23:50:00Z</poczatek>"
    "<koniec>2026-12-02T00:10:00Z</koniec><typ>STABILNY</typ><status>WOLNY</status></slot></listaSlotow>"
)
SECOND_SLOTS = (
    '<kalendarze><terminy><termin id="S-1" nasz="slot-1"><kalendarz>h</kalendarz>'
    + at("poczatek", "2026-12-01", "08:00:00") + at("koniec", "2026-12-01", "08:20:00")
    + "<klasa><rodzaj>2</rodzaj><stan>1</stan></klasa><miejsca>2</miejsca>"
    "<zmieniono>2026-11-20T11:00:00+01:00</zmieniono>"
    '<rezerwacje><rezerwacja id="W-1" nasz="visit-1"><stan>10</stan>'
    + at("zapisano", "2026-11-20", "10:00:00") + "<kto>2</kto></rezerwacja>"
    '<rezerwacja id="W-2"><stan>20</stan></rezerwacja></rezerwacje></termin>'
    '<termin id="S-2"><kalendarz>h</kalendarz>'
    + at("poczatek", "2026-12-02", "00:50:00") + at("koniec", "2026-12-02", "01:10:00")
    + '<klasa><rodzaj>1</rodzaj><stan>0</stan></klasa>'
    '<miejsca xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></termin></terminy></kalendarze>'
)  # fmt: skip
FIRST_CHANGES = (
    "<listaZmian><zmiana><numerZmiany>7</numerZmiany><identyfikatorWizyty>W-1</identyfikatorWizyty>"
    "<identyfikatorSlotu>S-1</identyfikatorSlotu><identyfikatorObcy>visit-1</identyfikatorObcy>"
    "<status>ODWOLANA</status><zrodlo>PACJENT</zrodlo><czasZmiany>2026-11-20T09:00:00Z</czasZmiany>"
    "<pacjent><identyfikator><extension>00610100013</extension><root>2.16.840.1.113883.3.4424.1.1.616</root>"
    "</identyfikator><imie>Jan</imie><nazwisko>Próba</nazwisko><telefon>600100200</telefon></pacjent>"
    "<numerSkierowania><extension>REF-1</extension><root>1.2.3</root></numerSkierowania></zmiana>"
    "<zmiana><numerZmiany>8</numerZmiany><identyfikatorWizyty>W-2</identyfikatorWizyty>"
    "<identyfikatorSlotu>S-2</identyfikatorSlotu><status>ZREALIZOWANA</status><zrodlo>SYSTEM</zrodlo>"
    "<czasZmiany>2026-11-20T09:30:00Z</czasZmiany></zmiana></listaZmian>"
    "<kursor>page-2</kursor><czyWiecej>true</czyWiecej>"
)
SECOND_CHANGES = (
    '<strona token="page-2" jestNastepna="1"/><zdarzenia><zdarzenie numer="7"><rezerwacja id="W-1" nasz="visit-1"/>'
    '<termin id="S-1"/><stan>20</stan><kto>2</kto>' + at("kiedy", "2026-11-20", "10:00:00")
    + '<osoba rejestr="2.16.840.1.113883.3.4424.1.1.616" numer="00610100013"><nazwisko>Próba</nazwisko>'
    "<imie>Jan</imie><kontakt><telefon>600100200</telefon></kontakt></osoba>"
    '<skierowanie wezel="1.2.3" numer="REF-1"/></zdarzenie><zdarzenie numer="8"><rezerwacja id="W-2"/>'
    '<termin id="S-2"/><stan>30</stan><kto>3</kto>' + at("kiedy", "2026-11-20", "10:30:00")
    + "</zdarzenie></zdarzenia>"
)  # fmt: skip
FIRST_ITEMS = (
    "<wynikiSlotow><wynikSlotu><identyfikatorObcy>slot-2</identyfikatorObcy><wynik>"
    "<major>urn:pomost:reconstruction:kod:major:Odmowa</major></wynik></wynikSlotu><wynikSlotu>"
    "<identyfikatorObcy>slot-1</identyfikatorObcy><identyfikatorSlotu>S-1</identyfikatorSlotu><wynik>"
    "<major>urn:csioz:p1:kod:major:Sukces</major></wynik></wynikSlotu></wynikiSlotow>"
)
SECOND_ITEMS = (
    '<wyniki><wynik nasz="slot-2" kod="17"/><wynik nasz="slot-1" id="S-1" kod="0"><opis>ok</opis></wynik></wyniki>'
)
FIRST_VISIT = (
    "<potwierdzenie><identyfikatorWizyty>W-1</identyfikatorWizyty><czasZapisu>2026-11-20T09:00:00Z</czasZapisu>"
    "</potwierdzenie>"
)
SECOND_VISIT = f'<rezerwacja id="W-1">{at("zapisano", "2026-11-20", "10:00:00")}</rezerwacja>'
FIRST_ENTRY = (
    "<wpis><identyfikatorWpisu>P-1</identyfikatorWpisu><identyfikatorObcy>wait-1</identyfikatorObcy>"
    "<aktywny>true</aktywny><poszukiwanieDo>2027-01-31</poszukiwanieDo>"
    "<identyfikatorWizyty>W-9</identyfikatorWizyty></wpis>"
)
SECOND_ENTRY = (
    '<pozycja id="P-1" nasz="wait-1" otwarta="1"><szukamyDo>2027-01-31</szukamyDo><rezerwacja id="W-9"/></pozycja>'
)


@dataclass(frozen=True)
class Case:
    """A call, and what both authorities answer: (operation, content)."""

    call: Callable[[CerRegistry], Any]
    first: tuple[str, str]
    second: tuple[str, str]


def case(verb: str, call: Callable[[CerRegistry], Any], first: tuple[str, str], second: tuple[str, str]) -> Any:
    return pytest.param(Case(call, first, second), id=verb)


VISIT, ENTRY = (FIRST_VISIT, SECOND_VISIT), (FIRST_ENTRY, SECOND_ENTRY)
CASES = [
    case("list_slots", lambda cer: cer.list_slots(CONTEXT, "h", DAY).slots,
         ("PobierzBazoweDaneListySlotow", FIRST_SLOTS), ("podajTerminy", SECOND_SLOTS)),
    case("list_slots-time", lambda cer: cer.list_slots(CONTEXT, "h", DAY).server_time,
         ("PobierzBazoweDaneListySlotow", ""), ("podajTerminy", "")),
    case("edit_slot", lambda cer: len(cer.edit_slot(CONTEXT, SlotEdit(
            "S-1", NationalSlotState.BLOCKED, SlotKind.STABLE, offer(1).starts, offer(1).ends))) > 0,
         ("EdytujSlot", ""), ("zmienTermin", "")),
    case("edit_slot-state", lambda cer: len(cer.edit_slot(CONTEXT, SlotEdit("S-1", NationalSlotState.OPEN))) > 0,
         ("EdytujSlot", ""), ("zmienTermin", "")),
    case("delete_slot", lambda cer: len(cer.delete_slot(CONTEXT, "S-1")) > 0, ("UsunSlot", ""), ("wycofajTermin", "")),
    case("save_visit", lambda cer: told(cer.save_visit(CONTEXT, ORDER)),
         ("ZapiszWizyte", VISIT[0]), ("umowWizyte", VISIT[1])),
    case("save_visit-bare", lambda cer: told(cer.save_visit(CONTEXT, BARE_ORDER)),
         ("ZapiszWizyte", VISIT[0]), ("umowWizyte", VISIT[1])),
    case("move_visit", lambda cer: told(cer.move_visit(CONTEXT, "W-1", "S-2")),
         ("PrzeniesWizyte", VISIT[0]), ("przelozWizyte", VISIT[1])),
    case("cancel_visit", lambda cer: told(cer.cancel_visit(CONTEXT, "W-1", "pat")),
         ("OdwolajWizyte", VISIT[0]), ("skreslWizyte", VISIT[1])),
    case("record_attendance", lambda cer: told(cer.record_attendance(CONTEXT, "W-1", served=False)),
         ("OdnotujRealizacjeWizyty", VISIT[0]), ("potwierdzWykonanie", VISIT[1])),
    case("record_attendance-silent", lambda cer: told(cer.record_attendance(CONTEXT, "W-1", served=True)),
         ("OdnotujRealizacjeWizyty", ""), ("potwierdzWykonanie", "")),
    case("visit_changes", lambda cer: cer.visit_changes(CONTEXT, "page-1"),
         ("PobierzZmianyWizyt", FIRST_CHANGES), ("podajZdarzenia", SECOND_CHANGES)),
    case("visit_changes-first", lambda cer: cer.visit_changes(CONTEXT, ""),
         ("PobierzZmianyWizyt", ""), ("podajZdarzenia", "")),
    case("join_waiting_room", lambda cer: cer.join_waiting_room(CONTEXT, WAIT),
         ("DopiszDoPoczekalni", ENTRY[0]), ("dodajDoKolejki", ENTRY[1])),
    case("join_waiting_room-bare", lambda cer: cer.join_waiting_room(CONTEXT, BARE_WAIT),
         ("DopiszDoPoczekalni", ENTRY[0]), ("dodajDoKolejki", ENTRY[1])),
    case("leave_waiting_room", lambda cer: cer.leave_waiting_room(CONTEXT, "P-1", "prov"),
         ("UsunZPoczekalni", ENTRY[0]), ("skreslZKolejki", ENTRY[1])),
    case("read_waiting_room", lambda cer: cer.read_waiting_room(CONTEXT, "wait-1"),
         ("OdczytajWpisPoczekalni", ENTRY[0]), ("sprawdzKolejke", ENTRY[1])),
    case("read_waiting_room-none", lambda cer: cer.read_waiting_room(CONTEXT, "wait-2"),
         ("OdczytajWpisPoczekalni", ""), ("sprawdzKolejke", "")),
    case("put_slots", lambda cer: [(each.reference, each.slot_id, each.accepted) for each in
                                   cer.put_slots(CONTEXT, OFFERS)],
         ("PrzekazListeSlotow", FIRST_ITEMS), ("zglosTerminy", SECOND_ITEMS)),
]  # fmt: skip


def told(receipt: Any) -> tuple[str, datetime | None]:
    return receipt.visit_id, receipt.saved_at


@pytest.mark.parametrize("case", CASES)
def test_every_verb_says_and_hears_the_same(case: Case, first_bound: BoundContract, second: Second) -> None:
    ours, other = ToldChannel(cer_reply(*case.first)), ToldChannel(answer(*case.second))
    mine = case.call(registry(first_bound, resources.mappings(), ours))
    assert case.call(registry(second.bound, second.mappings, other)) == mine
    (operation,), (content,) = other.operations, other.sent
    assert (operation.name, operation.soap_version) == (case.second[0], "1.2")
    assert operation.soap_action == f"{NS}/{operation.name}"
    assert content.tag == f"{{{NS}}}{case.second[0]}Zapytanie"
    assert second.bound[operation.verb].schema.validate(content)
    assert other.writes == ours.writes


def test_all_verbs_are_tried() -> None:
    assert {each.id.partition("-")[0] for each in CASES} == {
        *("list_slots", "put_slots", "edit_slot", "delete_slot", "save_visit", "move_visit", "cancel_visit"),
        *("record_attendance", "visit_changes", "join_waiting_room", "leave_waiting_room", "read_waiting_room"),
    }


def sent(second: Second, call: Callable[[CerRegistry], Any], reply: str) -> etree._Element:
    channel = ToldChannel(reply)
    call(registry(second.bound, second.mappings, channel))
    return channel.sent[0]


def test_dates_numbers_attributes_and_constants_are_written(second: Second) -> None:
    content = sent(second, lambda cer: cer.put_slots(CONTEXT, OFFERS), answer("zglosTerminy", SECOND_ITEMS))
    assert content.find("paczka").get("wersja") == "7"
    one, two = content.findall("paczka/termin")
    assert [each.tag for each in one] == [
        "klasa", "poczatek", "koniec", "miejsceUdzielania", "swiadczenie", "miejsca", "kalendarz",
    ]  # fmt: skip
    assert (one.get("nasz"), one.findtext("klasa/rodzaj"), one.findtext("klasa/stan")) == ("slot-1", "2", "9")
    assert (one.findtext("poczatek/data"), one.findtext("poczatek/godzina")) == ("2026-12-01", "10:00:00")
    assert two.find("personel").attrib == {"wezel": "1.2.4", "numer": "7654321"}


def test_a_value_that_is_absent_is_nil_where_the_contract_wants_the_element(second: Second) -> None:
    nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
    content = sent(second, lambda cer: cer.visit_changes(CONTEXT, ""), answer("podajZdarzenia"))
    assert [(each.tag, each.get(nil)) for each in content] == [("token", "true")]
    content = sent(second, lambda cer: cer.join_waiting_room(CONTEXT, WAIT), answer("dodajDoKolejki", SECOND_ENTRY))
    assert [(content.findtext("niePrzed"), content.find("niePrzed").get(nil))] == [("2027-01-02", None)]


def test_the_hour_that_the_clock_shows_twice_is_refused_both_ways(second: Second) -> None:
    twice = SlotEdit(
        "S-1", None, None, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)
    )
    cer = registry(second.bound, second.mappings, ToldChannel(answer("zmienTermin")))
    with pytest.raises(BadInput, match="clocks change"):
        cer.edit_slot(CONTEXT, twice)
    reply = SECOND_SLOTS.replace("2026-12-01</data><godzina>08:00:00", "2026-10-25</data><godzina>02:30:00", 1)
    cer = registry(second.bound, second.mappings, ToldChannel(answer("podajTerminy", reply)))
    listed = cer.list_slots(CONTEXT, "h", DAY)
    assert [each.id for each in listed.slots] == ["S-2"]
    assert "clocks change" in listed.unreadable[0].problem


def test_half_an_instant_makes_no_value(second: Second) -> None:
    rows = second.mappings / "bindings" / "cer.csv"
    assert "list_slots,reply,slots[].starts" in rows.read_text("utf-8")
    reply = SECOND_SLOTS.replace("<godzina>08:00:00</godzina>", "", 1)
    listed = registry(second.bound, second.mappings, ToldChannel(answer("podajTerminy", reply))).list_slots(
        CONTEXT, "h", DAY
    )
    assert [each.id for each in listed.slots] == ["S-2"]


def test_numbers_no_table_knows_are_refused_and_a_refusal_is_one(second: Second) -> None:
    reply = SECOND_SLOTS.replace("<stan>1</stan>", "<stan>77</stan>", 1)
    listed = registry(second.bound, second.mappings, ToldChannel(answer("podajTerminy", reply))).list_slots(
        CONTEXT, "h", DAY
    )
    assert [each.id for each in listed.slots] == ["S-2"]
    cer = registry(second.bound, second.mappings, ToldChannel(answer("wycofajTermin", code=17)))
    with pytest.raises(Rejected):
        cer.delete_slot(CONTEXT, "S-1")
    said = answer("umowWizyte", code=17).replace('kod="17"', 'kod="17" podkod="202"')
    cer = registry(second.bound, second.mappings, ToldChannel(said))
    with pytest.raises(Rejected, match=r"The slot is taken \(202\)") as taken:
        cer.save_visit(CONTEXT, ORDER)
    assert taken.value.result_code == "202", "a number that our table lists is evidence like any code"
    cer = registry(second.bound, second.mappings, ToldChannel(said.replace('podkod="202"', 'podkod="61101012345"')))
    with pytest.raises(Rejected) as unlisted:
        cer.save_visit(CONTEXT, ORDER)
    assert unlisted.value.result_code == "a code of an unknown form", "it may be a person's number"
    cer = registry(second.bound, second.mappings, ToldChannel(answer("podajZdarzenia", '<strona token="p" jestNastepna="true"/>')))  # fmt: skip  # noqa: E501
    with pytest.raises(Unavailable):
        cer.visit_changes(CONTEXT, "p")


def test_faults_are_read_by_its_own_names(second: Second) -> None:
    detail = f'<t:Usterki xmlns:t="{NS}"><usterka kod="urn:a" podkod="urn:b"><opis>no</opis></usterka></t:Usterki>'
    (fault,) = second.bound.read_fault(etree.fromstring(detail))
    assert (fault.major, fault.minor, fault.text) == ("urn:a", "urn:b", "no")


HOURS = st.sampled_from(["08:00:00", "09:30:00", "23:59:59", "02:30:00"])
DAYS = st.sampled_from(["2026-12-01", "2026-03-29", "2026-10-25"])
SAVED = st.one_of(st.just(""), st.builds(lambda day, hour: at("zapisano", day, hour), DAYS, HOURS))


@settings(max_examples=60, deadline=None)
@given(slots=st.lists(st.tuples(DAYS, HOURS, st.lists(SAVED, max_size=2)), min_size=1, max_size=4))
def test_split_instants_read_by_columns_and_by_rows_are_the_same(
    second: Second, slots: list[tuple[str, str, list[str]]]
) -> None:
    rows = "".join(
        f'<termin id="S"><kalendarz>h</kalendarz>{at("poczatek", day, hour)}{at("koniec", day, hour)}'
        "<klasa><rodzaj>1</rodzaj><stan>0</stan></klasa><miejsca>1</miejsca>"
        + ("<rezerwacje>" + "".join(f'<rezerwacja id="W"><stan>10</stan>{each}</rezerwacja>' for each in saved)
           + "</rezerwacje>" if saved else "")
        + "</termin>"
        for day, hour, saved in slots
    )  # fmt: skip
    content = etree.fromstring(answer("podajTerminy", f"<kalendarze><terminy>{rows}</terminy></kalendarze>"))
    verb = second.bound["list_slots"]
    quick, slow = verb.read(content, DAY), read(verb._reply, content, verb.schema, DAY)
    found = quick.values.get("kalendarze", quick.values).get("slots", [])
    assert list(found) == slow.values.get("slots", [])
    assert quick.unreadable == slow.unreadable
    assert isinstance(found, Grid) == (not slow.unreadable)


def test_the_check_is_green_and_the_difference_reads_like_a_work_list(
    second: Second, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["contract", "check", "--wsdl", str(second.wsdl), "--mappings", str(second.mappings)])
    assert ended.value.code == 0
    with pytest.raises(SystemExit) as ended:
        main(["contract", "check", "--wsdl", str(second.wsdl)])
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert len(said.splitlines()) < 30, "one line for each operation that is not there"
    gone = "the contract in {}/cer has no operation {}; {} for it\n"
    assert gone.format(second.wsdl, "zapiszWizyte", "rows 56 to 67 wait") in said
    assert gone.format(second.wsdl, "usunSlot", "row 54 waits") in said
    with pytest.raises(SystemExit) as ended:
        main(["contract", "diff", str(resources.wsdl()), str(second.wsdl)])
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "SOAP was 1.1, is 1.2" in said
    assert said.count("is gone") == 12
    assert "move_visit: operation przeniesWizyte is gone; all 5 rows of move_visit must be written anew" in said
    assert "; perhaps przelozWizyte (a guess, 0." in said
    assert "cer.csv, row 5: *: no operation is left to which they apply; all 7 rows of *" in said
    assert "fault Usterki has usterka[]/@kod" in said
    assert "operation wycofajTermin is new; needs termin/@id; answers naglowek/@kod" in said
    assert f"pomost contract check --wsdl {second.wsdl} --mappings YOUR_COPY" in said
    assert "the namespace of messages was urn:pomost:reconstruction:cer:v1, is " + NS in said
