"""CeR's verbs: what is sent, what is made of the answer, and what a bad answer becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from fakes.told_channel import CER, CONTEXT, NOW, SUCCESS, ToldChannel, cer_reply

from adapter.domain.identifiers import CellCode, OidPair, PersonDocument, Pesel
from adapter.domain.national import (
    NationalSlotState,
    NationalVisitState,
    Origin,
    SlotEdit,
    SlotOffer,
    VisitOrder,
    WaitingRoomOrder,
)
from adapter.domain.slot import SlotKind
from adapter.errors import BadInput, InDoubt, Rejected, Unavailable
from adapter.soap.cer import CerRegistry

DAY = date(2026, 12, 1)
PESEL = Pesel("00610100013")
PASSPORT = PersonDocument("AC3456789", "https://pomost.example/fhir/identifier/person-document")
REFUSED = "urn:csioz:p1:kod:major:OdmowaNieznanaTabeli"


def slot_row(number: int, *, kind: str = "STABILNY", state: str = "WOLNY", ends: str = "09:20", more: str = "") -> str:
    return (
        f"<slot><identyfikatorSlotu>N-{number}</identyfikatorSlotu><identyfikatorObcy>slot-{number}</identyfikatorObcy>"
        f"<identyfikatorHarmonogramu>schedule-1</identyfikatorHarmonogramu>"
        f"<poczatek>2026-12-01T09:00:00+01:00</poczatek><koniec>2026-12-01T{ends}:00+01:00</koniec>"
        f"<typ>{kind}</typ><status>{state}</status>{more}</slot>"
    )


def listing(*rows: str) -> str:
    return cer_reply("PobierzBazoweDaneListySlotow", f"<listaSlotow>{''.join(rows)}</listaSlotow>")


def offer(reference: str, **changes: Any) -> SlotOffer:
    values: dict[str, Any] = {
        "reference": reference,
        "schedule": "schedule-1",
        "cell": CellCode("000000927722", "001"),
        "service": "1100",
        "practitioner": OidPair("2.16.840.1.113883.3.4424.1.6.2", "1234567"),
        "starts": datetime(2026, 12, 1, 8, tzinfo=UTC),
        "ends": datetime(2026, 12, 1, 8, 20, tzinfo=UTC),
        "kind": SlotKind.PRIVILEGED,
        "state": NationalSlotState.BLOCKED,
    }
    return SlotOffer(**{**values, **changes})


def order(**changes: Any) -> VisitOrder:
    values: dict[str, Any] = {
        "reference": "visit-1",
        "slot_id": "N-1",
        "person": PESEL,
        "given": "Łucja",
        "family": "Próbna",
        "phone": "+48600000000",
        "referral_number": OidPair("2.16.840.1.113883.3.4424.2.7.999.4.1", "0000000000SK0000000001"),
    }
    return VisitOrder(**{**values, **changes})


def text(channel: ToldChannel, path: str) -> list[str]:
    """Texts at a path of the message sent last."""
    return [each.text or "" for each in channel.sent[-1].iterfind("/".join(f"{{{CER}}}{p}" for p in path.split("/")))]


def test_a_listing_carries_slots_visits_time_and_digest(registry: CerRegistry, channel: ToldChannel) -> None:
    visit = (
        "<pojemnosc>2</pojemnosc><czasZmiany>2026-11-20T07:00:00.25Z</czasZmiany>"
        "<wizyta><identyfikatorWizyty>W-1</identyfikatorWizyty><identyfikatorObcy>visit-1</identyfikatorObcy>"
        "<status>ZAPISANA</status><czasZapisu>2026-11-20T07:00:00Z</czasZapisu><zrodlo>PACJENT</zrodlo></wizyta>"
    )
    channel.reply = listing(slot_row(1, kind="PILNY", state="ZABLOKOWANY", more=visit), slot_row(2))
    found = registry.list_slots(CONTEXT, "schedule-1", DAY)
    first, second = found.slots
    assert (first.id, first.reference, first.schedule) == ("N-1", "slot-1", "schedule-1")
    assert (first.state, first.kind, first.capacity) == (NationalSlotState.BLOCKED, SlotKind.URGENT, 2)
    assert first.starts == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert first.changed_at == datetime(2026, 11, 20, 7, 0, 0, 250000, tzinfo=UTC)
    assert first.visits[0].slot_id == "N-1"
    assert (first.visits[0].state, first.visits[0].origin) == (NationalVisitState.SAVED, Origin.PATIENT)
    assert first.visits[0].saved_at == datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert (second.capacity, second.visits, second.changed_at) == (1, (), None)
    assert found.server_time == datetime(2026, 11, 21, 10, 0, 1, tzinfo=UTC)
    assert found.fetched_at == NOW
    assert len(found.digest) == 64
    assert found.unreadable == ()
    assert channel.writes == [False]


BAD_ROWS = [
    (slot_row(2, state="NOWY_STAN"), "national_slot_state", "an unknown code is shown, not guessed"),
    (slot_row(2, kind="INNY"), "slot_kind", "an unknown kind is shown, not guessed"),
    (slot_row(2, state="z błędem"), "status", "the schema refuses the row"),
    (slot_row(2).replace("<typ>STABILNY</typ>", ""), "something is missing", "a required element is missing"),
    (slot_row(2).replace("09:20:00+01:00", "09:20:00"), "koniec", "an instant without a zone"),
    (slot_row(2, ends="08:20"), "ends before", "a slot that ends before it starts"),
    (
        slot_row(2, more="<wizyta><identyfikatorWizyty>W</identyfikatorWizyty><status>DZIWNY</status></wizyta>"),
        "national_visit_state",
        "an unknown state of a visit",
    ),
]


@pytest.mark.parametrize(("row", "problem"), [case[:2] for case in BAD_ROWS], ids=[case[2] for case in BAD_ROWS])
def test_a_bad_row_is_reported_and_its_neighbours_are_read(
    registry: CerRegistry, channel: ToldChannel, row: str, problem: str
) -> None:
    channel.reply = listing(slot_row(1), row, slot_row(3))
    found = registry.list_slots(CONTEXT, "schedule-1", DAY)
    assert [slot.id for slot in found.slots] == ["N-1", "N-3"]
    assert len(found.unreadable) == 1
    assert problem in found.unreadable[0].problem


def test_a_list_of_bad_rows_only_is_a_list_of_unreadable_rows(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = listing(slot_row(1, state="z"), slot_row(2, state="y"))
    found = registry.list_slots(CONTEXT, "schedule-1", DAY)
    assert found.slots == ()
    assert [row.position for row in found.unreadable] == ["slots[1]", "slots[2]"]


WRONG_REPLIES = [
    (cer_reply("UsunSlot"), "another operation's answer"),
    (listing().replace(CER, "urn:foreign"), "a foreign namespace"),
    (listing().replace("<wynik>", "<wynik><foreign/>"), "an element too many outside the rows"),
    (listing(slot_row(1)).replace(f"<major>{SUCCESS}</major>", ""), "no result"),
    ("<html/>", "a web page"),
]


@pytest.mark.parametrize("reply", [case[0] for case in WRONG_REPLIES], ids=[case[1] for case in WRONG_REPLIES])
def test_a_reply_that_is_none_is_unavailable_on_a_read(
    registry: CerRegistry, channel: ToldChannel, reply: str
) -> None:
    channel.reply = reply
    with pytest.raises(Unavailable) as error:
        registry.list_slots(CONTEXT, "schedule-1", DAY)
    assert error.value.code == "REPLY_UNREADABLE"
    assert error.value.correlation_id == "correlation-1"


def test_a_reply_that_is_none_is_in_doubt_on_a_write(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = "<html/>"
    with pytest.raises(InDoubt):
        registry.save_visit(CONTEXT, order())


def test_a_success_that_names_no_visit_is_in_doubt(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = cer_reply("ZapiszWizyte")
    with pytest.raises(InDoubt) as error:
        registry.save_visit(CONTEXT, order())
    assert error.value.correlation_id == "correlation-1"


def test_a_refusal_carries_the_authoritys_code(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = cer_reply("ZapiszWizyte", major=REFUSED)
    with pytest.raises(Rejected) as error:
        registry.save_visit(CONTEXT, order())
    assert error.value.result_code == REFUSED


def item(reference: str, slot_id: str = "", major: str = SUCCESS) -> str:
    theirs = f"<identyfikatorSlotu>{slot_id}</identyfikatorSlotu>" if slot_id else ""
    return (
        f"<wynikSlotu><identyfikatorObcy>{reference}</identyfikatorObcy>{theirs}"
        f"<wynik><major>{major}</major></wynik></wynikSlotu>"
    )


def batch(*items: str) -> str:
    return cer_reply("PrzekazListeSlotow", f"<wynikiSlotow>{''.join(items)}</wynikiSlotow>")


def test_a_batch_gives_receipts_in_the_order_of_the_offers(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = batch(item("b", "N-2"), item("c", major=REFUSED), item("a", "N-1"))
    receipts = registry.put_slots(CONTEXT, [offer("a"), offer("b"), offer("c", practitioner=None)])
    assert [(each.reference, each.slot_id, each.accepted) for each in receipts] == [
        ("a", "N-1", True),
        ("b", "N-2", True),
        ("c", None, False),
    ]
    assert receipts[2].result_code == REFUSED
    assert text(channel, "listaSlotow/slot/komorka/extension") == ["000000927722-001"] * 3
    assert text(channel, "listaSlotow/slot/personel/extension") == ["1234567"] * 2
    assert channel.writes == [True]


def nothing(reference: str) -> str:
    return f"<wynikSlotu><identyfikatorObcy>{reference}</identyfikatorObcy></wynikSlotu>"


@pytest.mark.parametrize(
    ("items", "doubtful"),
    [
        pytest.param((item("a", "N-1"),), "b", id="one is missing"),
        pytest.param((item("a", "N-1"), item("x", "N-2")), "b", id="one is another"),
        pytest.param(
            (item("b", "N-2"), item("a", "N-1"), item("b", "N-3")), "b", id="one is there twice, differently"
        ),
        pytest.param((item("a", "N-1"), item("b")), "b", id="accepted without an id"),
        pytest.param((item("a", "N-1"), nothing("b")), "b", id="one has no result"),
        pytest.param((item("b", "N-2"), item("a", "N-1")), "", id="in another order"),
        pytest.param((item("a", "N-1"), item("b", "N-2"), item("a", "N-1")), "", id="one is said twice, alike"),
        pytest.param((item("a", "N-1"), item("b", "N-2"), item("x", "N-3")), "", id="one too many"),
    ],
)
def test_a_result_that_cannot_be_matched_is_in_doubt_for_its_slot_only(
    registry: CerRegistry, channel: ToldChannel, items: tuple[str, ...], doubtful: str
) -> None:
    channel.reply = batch(*items)
    receipts = registry.put_slots(CONTEXT, [offer("a"), offer("b")])
    assert [receipt.reference for receipt in receipts] == ["a", "b"]
    assert "".join(receipt.reference for receipt in receipts if receipt.doubt) == doubtful
    assert all(receipt.accepted == (receipt.reference != doubtful) for receipt in receipts)


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((), id="no result at all"),
        pytest.param((item("x", "N-1"), item("y", "N-2")), id="results of others only"),
        pytest.param((item("a", "N-1"), item("b", "N-1")), id="one id for both"),
    ],
)
def test_an_answer_that_settles_no_slot_puts_the_batch_in_doubt(
    registry: CerRegistry, channel: ToldChannel, items: tuple[str, ...]
) -> None:
    channel.reply = batch(*items)
    with pytest.raises(InDoubt):
        registry.put_slots(CONTEXT, [offer("a"), offer("b")])


@pytest.mark.parametrize(
    "references", [[], ["a", "b", "c", "d"], ["a", "a"]], ids=["none", "over the batch", "one twice"]
)
def test_a_batch_that_must_not_go_out_is_refused_unsent(
    registry: CerRegistry, channel: ToldChannel, references: list[str]
) -> None:
    with pytest.raises(BadInput):
        registry.put_slots(CONTEXT, [offer(each) for each in references])
    assert channel.sent == []


def test_an_edit_says_only_what_changes(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = cer_reply("EdytujSlot")
    assert registry.edit_slot(CONTEXT, SlotEdit("N-1", state=NationalSlotState.BLOCKED)) == SUCCESS
    assert [child.tag.split("}")[1] for child in channel.sent[0]] == ["identyfikatorSlotu", "status"]
    assert text(channel, "status") == ["ZABLOKOWANY"]


@pytest.mark.parametrize(
    ("person", "root"),
    [
        (PESEL, "2.16.840.1.113883.3.4424.1.1.616"),
        (PASSPORT, "https://pomost.example/fhir/identifier/person-document"),
    ],
    ids=["PESEL", "a document"],
)
def test_a_person_goes_out_under_the_register(
    registry: CerRegistry, channel: ToldChannel, person: Pesel | PersonDocument, root: str
) -> None:
    potwierdzenie = "<potwierdzenie><identyfikatorWizyty>W-9</identyfikatorWizyty></potwierdzenie>"
    channel.reply = cer_reply("ZapiszWizyte", potwierdzenie)
    receipt = registry.save_visit(CONTEXT, order(person=person, phone=None, referral_number=None))
    assert (receipt.visit_id, receipt.result_code, receipt.saved_at) == ("W-9", SUCCESS, None)
    assert text(channel, "pacjent/identyfikator/root") == [root]
    assert text(channel, "pacjent/identyfikator/extension") == [person.reveal()]
    assert text(channel, "numerSkierowania") == []


def test_a_value_the_contract_does_not_take_is_refused_unsent_and_unsaid(
    registry: CerRegistry, channel: ToldChannel
) -> None:
    with pytest.raises(BadInput) as error:
        registry.save_visit(CONTEXT, order(phone="600 000 000 lub 601 000 000"))
    assert channel.sent == []
    assert "telefon" in error.value.message
    assert "600" not in error.value.message


def test_a_character_that_xml_cannot_carry_is_refused(registry: CerRegistry, channel: ToldChannel) -> None:
    with pytest.raises(BadInput, match="given"):
        registry.save_visit(CONTEXT, order(given="Ł\x00cja"))
    assert channel.sent == []


def test_moving_and_cancelling_keep_the_id_that_the_answer_leaves_out(
    registry: CerRegistry, channel: ToldChannel
) -> None:
    channel.reply = cer_reply("PrzeniesWizyte")
    assert registry.move_visit(CONTEXT, "W-1", "N-2").visit_id == "W-1"
    channel.reply = cer_reply("OdwolajWizyte")
    assert registry.cancel_visit(CONTEXT, "W-1", "resigned").visit_id == "W-1"
    assert text(channel, "przyczyna") == ["ODWOLANIE_PACJENTA"]


def test_a_reason_without_a_national_code_is_refused_unsent(registry: CerRegistry, channel: ToldChannel) -> None:
    with pytest.raises(BadInput):
        registry.cancel_visit(CONTEXT, "W-1", "boredom")
    assert channel.sent == []


@pytest.mark.parametrize(("served", "state"), [(True, "ZREALIZOWANA"), (False, "NIEZGLOSZENIE")])
def test_attendance_is_a_state_of_the_visit(
    registry: CerRegistry, channel: ToldChannel, served: bool, state: str
) -> None:
    channel.reply = cer_reply("OdnotujRealizacjeWizyty")
    registry.record_attendance(CONTEXT, "W-1", served)
    assert text(channel, "status") == [state]


def change_row(number: int, *, person: str = "", state: str = "ODWOLANA") -> str:
    return (
        f"<zmiana><numerZmiany>{number}</numerZmiany><identyfikatorWizyty>W-{number}</identyfikatorWizyty>"
        f"<identyfikatorSlotu>N-{number}</identyfikatorSlotu><status>{state}</status><zrodlo>PACJENT</zrodlo>"
        f"<czasZmiany>2026-11-21T09:00:00Z</czasZmiany>{person}</zmiana>"
    )


def patient(root: str, extension: str) -> str:
    return (
        f"<pacjent><identyfikator><extension>{extension}</extension><root>{root}</root></identyfikator>"
        f"<imie>Łucja</imie><nazwisko>Próbna</nazwisko></pacjent>"
    )


def changes(*rows: str, cursor: str = "<kursor>c-9</kursor>", more: str = "false") -> str:
    return cer_reply(
        "PobierzZmianyWizyt", f"<listaZmian>{''.join(rows)}</listaZmian>{cursor}<czyWiecej>{more}</czyWiecej>"
    )


def test_changes_come_oldest_first_with_people_and_cursor(registry: CerRegistry, channel: ToldChannel) -> None:
    pesel = patient("2.16.840.1.113883.3.4424.1.1.616", PESEL.reveal())
    passport = patient(PASSPORT.system, PASSPORT.reveal())
    channel.reply = changes(change_row(8, person=passport), change_row(7, person=pesel), change_row(9), more="true")
    page = registry.visit_changes(CONTEXT, "c-1")
    assert [each.sequence for each in page.changes] == [7, 8, 9]
    assert [each.person for each in page.changes] == [PESEL, PASSPORT, None]
    assert page.changes[0].state is NationalVisitState.CANCELLED
    assert page.changes[0].given == "Łucja"
    assert (page.cursor, page.more) == ("c-9", True)
    assert text(channel, "kursor") == ["c-1"]


def test_the_first_question_has_no_cursor(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = changes()
    registry.visit_changes(CONTEXT, "")
    assert len(channel.sent[0]) == 0


def test_a_change_of_a_person_with_a_wrong_pesel_is_reported_without_it(
    registry: CerRegistry, channel: ToldChannel
) -> None:
    wrong = "00610100014"
    channel.reply = changes(change_row(1, person=patient("2.16.840.1.113883.3.4424.1.1.616", wrong)), change_row(2))
    page = registry.visit_changes(CONTEXT, "")
    assert [each.sequence for each in page.changes] == [2]
    assert len(page.unreadable) == 1
    assert wrong not in repr(page)


def test_a_feed_that_goes_in_circles_is_not_followed(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = changes(cursor="<kursor>c-1</kursor>", more="true")
    with pytest.raises(Unavailable):
        registry.visit_changes(CONTEXT, "c-1")


def wpis(open_: str = "true") -> str:
    return (
        f"<wpis><identyfikatorWpisu>P-1</identyfikatorWpisu><identyfikatorObcy>visit-1</identyfikatorObcy>"
        f"<aktywny>{open_}</aktywny><poszukiwanieDo>2026-12-31</poszukiwanieDo></wpis>"
    )


def test_joining_and_leaving_the_waiting_room(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = cer_reply("DopiszDoPoczekalni", wpis())
    joined = registry.join_waiting_room(
        CONTEXT,
        WaitingRoomOrder(
            reference="visit-1",
            cell=CellCode("000000927722", "001"),
            service="1100",
            person=PESEL,
            given="Łucja",
            family="Próbna",
            criterion="urgent",
            privilege_waived=True,
            not_before=date(2026, 12, 5),
        ),
    )
    assert (joined.entry_id, joined.open, joined.searched_until) == ("P-1", True, date(2026, 12, 31))
    assert text(channel, "kryterium") == ["PILNY"]
    assert text(channel, "rezygnacjaZUprawnienia") == ["true"]
    channel.reply = cer_reply("UsunZPoczekalni", wpis("false"))
    assert registry.leave_waiting_room(CONTEXT, "P-1", "pat-swl").open is False
    channel.reply = cer_reply("UsunZPoczekalni")
    with pytest.raises(InDoubt):
        registry.leave_waiting_room(CONTEXT, "P-1", "pat-swl")


def test_a_waiting_room_entry_is_found_by_our_reference(registry: CerRegistry, channel: ToldChannel) -> None:
    channel.reply = cer_reply("OdczytajWpisPoczekalni", wpis())
    found = registry.read_waiting_room(CONTEXT, "visit-1")
    assert found is not None
    assert found.reference == "visit-1"
    assert text(channel, "identyfikatorObcy") == ["visit-1"]
    channel.reply = cer_reply("OdczytajWpisPoczekalni")
    assert registry.read_waiting_room(CONTEXT, "visit-2") is None
