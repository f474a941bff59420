"""Each verb still becomes exactly that message: the content of the Body, as the shipped contracts have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from fakes.told_channel import CONTEXT, HeldClock, ToldChannel
from lxml import etree

from adapter import resources
from adapter.domain.identifiers import (
    AccessByCode,
    AccessCode,
    CellCode,
    OidPair,
    PersonDocument,
    Pesel,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.national import NationalSlotState, SlotEdit, SlotOffer, VisitOrder, WaitingRoomOrder
from adapter.domain.referral import DateWindow, Payer, ReferralState
from adapter.domain.slot import SlotKind
from adapter.errors import InDoubt, Unavailable
from adapter.mapping.tables import Tables, load_tables
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.context import CallerIdentity, build_context, load_context_names
from adapter.soap.contract import problems_of
from adapter.soap.p1 import P1Referrals
from adapter.soap.verbs import LEGEND

FOLDER = Path(__file__).parent / "requests"
KEY = ReferralKey("1003" + "7" * 40)
NUMBER = ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.4.1", "0000000000SK0000000001")
STARTS = datetime(2026, 12, 1, 8, tzinfo=UTC)
CELL = CellCode("000000927722", "001")
PERSON = {"person": Pesel("00610100013"), "given": "Łucja", "family": "Próbna-Żak & Syn", "phone": "+48600000000"}
NUMBER_PAIR = OidPair(NUMBER.root, NUMBER.extension)


def offer(reference: str, minutes: int, kind: SlotKind, state: NationalSlotState, doctor: OidPair | None) -> SlotOffer:
    starts = STARTS + timedelta(minutes=minutes)
    return SlotOffer(
        reference, "schedule-1", CELL, "1100", doctor, starts, starts + timedelta(minutes=20), kind, state, 1
    )


OFFERS = [
    offer(
        "slot-1",
        0,
        SlotKind.STABLE,
        NationalSlotState.OPEN,
        OidPair("2.16.840.1.113883.3.4424.1.6.2", "1234567"),
    ),
    offer("slot-2", 20, SlotKind.CONTINUATION, NationalSlotState.BLOCKED, None),
]
ORDER = VisitOrder("visit-1", "N-1", referral_number=NUMBER_PAIR, category=4, **PERSON)  # type: ignore[arg-type]
BARE_ORDER = VisitOrder(
    "visit-2", "N-2", PersonDocument("AC3456789", "https://pomost.example/fhir/identifier/person-document"), "A", "B"
)
WAITING = WaitingRoomOrder(
    "visit-1",
    CELL,
    "1100",
    criterion="urgent",
    privilege_waived=True,
    not_before=date(2026, 12, 5),
    **PERSON,  # type: ignore[arg-type]
)
CER: Mapping[str, Callable[[CerRegistry], object]] = {
    "list_slots": lambda cer: cer.list_slots(CONTEXT, "schedule-1", date(2026, 12, 1)),
    "put_slots": lambda cer: cer.put_slots(CONTEXT, OFFERS),
    "edit_slot": lambda cer: cer.edit_slot(
        CONTEXT,
        SlotEdit("N-1", NationalSlotState.OPEN, SlotKind.URGENT, STARTS, STARTS + timedelta(minutes=30)),
    ),
    "delete_slot": lambda cer: cer.delete_slot(CONTEXT, "N-1"),
    "save_visit": lambda cer: cer.save_visit(CONTEXT, ORDER),
    "save_visit-document": lambda cer: cer.save_visit(CONTEXT, BARE_ORDER),
    "move_visit": lambda cer: cer.move_visit(CONTEXT, "W-1", "N-2"),
    "cancel_visit": lambda cer: cer.cancel_visit(CONTEXT, "W-1", "resigned"),
    "record_attendance": lambda cer: cer.record_attendance(CONTEXT, "W-1", served=True),
    "visit_changes": lambda cer: cer.visit_changes(CONTEXT, "c-1"),
    "join_waiting_room": lambda cer: cer.join_waiting_room(CONTEXT, WAITING),
    "leave_waiting_room": lambda cer: cer.leave_waiting_room(CONTEXT, "P-1", "pat-swl"),
    "read_waiting_room": lambda cer: cer.read_waiting_room(CONTEXT, "visit-1"),
}
WINDOW = DateWindow(date(2026, 11, 1), date(2026, 11, 30))
P1: Mapping[str, Callable[[P1Referrals], object]] = {
    "read_to_accept": lambda p1: p1.read_to_accept(CONTEXT, KEY),
    "read_to_accept-code": lambda p1: p1.read_to_accept(
        CONTEXT, AccessByCode(AccessCode("0042"), Pesel("00610100013"))
    ),
    "read_by_number": lambda p1: p1.read_by_number(CONTEXT, NUMBER),
    "accept": lambda p1: p1.accept(CONTEXT, KEY, Payer.REIMBURSED, visit_at=STARTS, comment="pierwsza wizyta"),
    "refuse": lambda p1: p1.refuse(CONTEXT, KEY, "brak umowy na ten zakres"),
    "give_back": lambda p1: p1.give_back(CONTEXT, NUMBER, "pacjent zrezygnował"),
    "report_missing_documents": lambda p1: p1.report_missing_documents(CONTEXT, NUMBER, "brak wyniku EKG"),
    "finish": lambda p1: p1.finish(CONTEXT, NUMBER, comment="wykonano", payer_id="07"),
    "save": lambda p1: p1.save(CONTEXT, b"<ClinicalDocument/>"),
    "annul": lambda p1: p1.annul(CONTEXT, NUMBER, b"<ClinicalDocument/>"),
    "verify": lambda p1: p1.verify(CONTEXT, b"<ClinicalDocument/>"),
    "search_issued": lambda p1: p1.search_issued(CONTEXT, WINDOW, ReferralState.ISSUED),
    "search_person": lambda p1: p1.search_person(CONTEXT, Pesel("00610100013"), WINDOW),
}


def judge(**result: object) -> None:
    raise AssertionError("the channel answers nothing that could be judged")


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(resources.mappings())


@pytest.fixture(scope="module")
def bound(tables: Tables) -> Callable[[str], BoundContract]:
    return partial(_bound, tables)


def _bound(tables: Tables, channel: str) -> BoundContract:
    return load_bound_contract(resources.wsdl(), resources.mappings(), channel, tables)


def compare(name: str, content: etree._Element, rewrite: bool) -> None:
    etree.indent(content)
    said = etree.tostring(content, encoding="unicode") + "\n"
    file = FOLDER / f"{name}.xml"
    if rewrite:
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


def send(call: Callable[[], object], channel: ToldChannel) -> etree._Element:
    channel.reply = "<nothing/>"
    with pytest.raises((InDoubt, Unavailable)):
        call()
    return channel.sent[0]


@pytest.mark.parametrize("case", CER)
def test_cer(case: str, bound: Callable[[str], BoundContract], tables: Tables, rewrite_golden: bool) -> None:
    channel, contract = ToldChannel(), bound("cer")
    registry = CerRegistry(contract, tables, channel, judge, HeldClock())
    content = send(lambda: CER[case](registry), channel)
    verb = case.partition("-")[0]
    assert problems_of(contract[verb].schema, content) == ()
    assert channel.operations[0] == contract[verb].operation
    compare(f"cer-{case}", content, rewrite_golden)


@pytest.mark.parametrize("case", P1)
def test_p1(case: str, bound: Callable[[str], BoundContract], tables: Tables, rewrite_golden: bool) -> None:
    channel, contract = ToldChannel(), bound("p1")
    referrals = P1Referrals(contract, tables, channel, judge, HeldClock())
    content = send(lambda: P1[case](referrals), channel)
    verb = case.partition("-")[0]
    assert problems_of(contract[verb].schema, content) == ()
    assert channel.operations[0] == contract[verb].operation
    compare(f"p1-{case}", content, rewrite_golden)


def test_every_verb_has_a_golden_message() -> None:
    assert {case.partition("-")[0] for case in CER} == set(LEGEND["cer"])
    assert {case.partition("-")[0] for case in P1} == set(LEGEND["p1"])


@pytest.mark.parametrize("channel", ["p1", "cer"])
def test_call_context(channel: str, bound: Callable[[str], BoundContract], rewrite_golden: bool) -> None:
    identity = CallerIdentity(
        entity_root="2.16.840.1.113883.3.4424.2.3.1",
        entity_extension="000000927722",
        user_root="2.16.840.1.113883.3.4424.1.6.2",
        user_extension="1234567",
        workplace_root="2.16.840.1.113883.3.4424.2.3.3",
        workplace_extension="001",
        role="PRACOWNIK_ADMINISTRACYJNY",
    )
    block = build_context(identity, load_context_names(resources.mappings(), channel))
    schema = next(iter(bound(channel).verbs.values())).schema
    assert problems_of(schema, block) == ()
    compare("call_context", block, rewrite_golden)
