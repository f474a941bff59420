"""Every verb of both ports against the simulator: our messages through signatures and TLS, its answers back.

Twice: with the contracts as shipped, in SOAP 1.1; and all in SOAP 1.2, CeR in the second contract and P1 in its own
with another binding. Pages are short. The simulator reads and writes the national messages with code of its own,
so that a name, an order or a type that one of us got wrong shows here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from fakes.second_contract import assemble

from adapter import resources
from adapter.clock import SystemClock
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
from adapter.domain.moments import warsaw_day
from adapter.domain.national import (
    NationalSlotState,
    NationalVisitState,
    Origin,
    SlotEdit,
    SlotOffer,
    VisitOrder,
    WaitingRoomOrder,
)
from adapter.domain.referral import Payer, ReferralState
from adapter.domain.slot import SlotKind
from adapter.errors import InDoubt, Rejected, Unavailable
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.simulator.registry import RegistryRules
from adapter.simulator.soap import SOAP_11, SOAP_12
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.channel import SoapChannel
from adapter.soap.context import CallerIdentity, build_context, load_context_names
from adapter.soap.endpoint import EndpointConfig
from adapter.soap.faults import judge_result, load_refusals
from adapter.soap.keys import IdentityFile
from adapter.soap.p1 import P1Referrals
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin

PODMIOT = "000000927722"
CELL = CellCode(PODMIOT, "001")
NODE = "2.16.840.1.113883.3.4424.2.7.999"
PERSON, OTHER = Pesel("51710233123"), Pesel("82641259593")
PASSPORT = PersonDocument("AC3456789", "https://pomost.example/fhir/identifier/person-document")
KEY, CODE = ReferralKey("10031815908301661318609139099603082462819482"), AccessCode("1688")
NUMBER = ReferralNumber(f"{NODE}.4.1", "1000000000000000000001")
IDENTITY = CallerIdentity(
    entity_root="2.16.840.1.113883.3.4424.2.3.1",
    entity_extension=PODMIOT,
    user_root="2.16.840.1.113883.3.4424.1.6.2",
    user_extension="5425740",
    workplace_root="2.16.840.1.113883.3.4424.2.3.3",
    workplace_extension="001",
    role="PRACOWNIK_ADMINISTRACYJNY",
)
CONTEXT = CallContext("demo", "correlation-1", "message-1")
MORNING = (datetime.now(UTC) + timedelta(days=10)).replace(hour=9, minute=0, second=0, microsecond=0)
DAY = warsaw_day(MORNING)


@dataclass(frozen=True, slots=True)
class World:
    simulator: Simulator
    cer: CerRegistry
    p1: P1Referrals


def _channel(name: str, url: str, certificates: TestCertificates, mappings: Path, bound: BoundContract) -> SoapChannel:
    signer = certificates.cer_wss if name == "cer" else certificates.p1_wss
    names = load_context_names(mappings, name)
    return SoapChannel(
        EndpointConfig(
            channel=name,
            transport=TransportConfig(url=url, ca_bundle=certificates.ca),
            tls=IdentityFile(certificates.client_tls.p12, None, certificates.password),
            signing=IdentityFile(certificates.client_wss.p12, None, certificates.password),
            signer=SignerPin(certificates.ca, (signer.subject,), ()),
        ),
        clock=SystemClock(),
        refusals=load_refusals(mappings),
        context_block=lambda _: build_context(IDENTITY, names),
        read_fault=bound.read_fault,
    )


def _in_soap_12(folder: Path) -> tuple[Path, Path]:
    """(wsdl, mappings): CeR in the second contract; P1 as shipped, but bound to SOAP 1.2."""
    wsdl, mappings = assemble(folder)
    for path in (wsdl / "p1").glob("*.wsdl"):
        text = path.read_text("utf-8").replace(SOAP_11.binding, SOAP_12.binding)
        path.write_text(text, "utf-8")
    return wsdl, mappings


@pytest.fixture(scope="module", params=["1.1", "1.2"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("certificates")
    certificates = make_test_certificates(folder, now=datetime.now(UTC))
    wsdl, mappings = resources.wsdl(), resources.mappings()
    if request.param == "1.2":
        wsdl, mappings = _in_soap_12(tmp_path_factory.mktemp("contracts"))
    clock, tables, refusals = SystemClock(), load_tables(mappings), load_refusals(mappings)
    rules = RegistryRules(page_size=2, list_page_size=2)
    with Simulator(SimulatorConfig(certificates=folder, contract=wsdl, rules=rules)) as simulator:
        bound = {name: load_bound_contract(wsdl, mappings, name, tables) for name in ("cer", "p1")}
        assert {each.operation.soap_version for contract in bound.values() for each in contract.verbs.values()} == {
            request.param
        }
        channels = {
            name: _channel(name, getattr(simulator.urls, name), certificates, mappings, bound[name]) for name in bound
        }
        judges = {name: partial(judge_result, refusals, channel=name) for name in channels}
        yield World(
            simulator,
            CerRegistry(bound["cer"], tables, channels["cer"], judges["cer"], clock),
            P1Referrals(bound["p1"], tables, channels["p1"], judges["p1"], clock),
        )
        for channel in channels.values():
            channel.close()


@pytest.fixture
def world(running: World) -> World:
    running.simulator.admin.reset()
    return running


def offer(reference: str, minutes: int = 0) -> SlotOffer:
    starts = MORNING + timedelta(minutes=minutes)
    doctor = OidPair("2.16.840.1.113883.3.4424.1.6.2", "5425740")
    ends = starts + timedelta(minutes=20)
    return SlotOffer(
        reference, "schedule-1", CELL, "1100", doctor, starts, ends, SlotKind.STABLE, NationalSlotState.OPEN
    )


def order(slot_id: str, reference: str = "visit-1", person: Pesel | PersonDocument = PERSON) -> VisitOrder:
    return VisitOrder(
        reference, slot_id, person, "Anna", "Testowa", "+48600000001", OidPair(NUMBER.root, NUMBER.extension)
    )


def put(world: World, *offers: SlotOffer) -> list[str]:
    return [receipt.slot_id or "" for receipt in world.cer.put_slots(CONTEXT, offers)]


def test_a_slot_is_put_listed_changed_and_deleted(world: World) -> None:
    first, second = put(world, offer("a"), offer("b", 20))
    later = MORNING + timedelta(hours=2)
    world.cer.edit_slot(
        CONTEXT,
        SlotEdit(first, NationalSlotState.BLOCKED, SlotKind.URGENT, later, later + timedelta(minutes=30)),
    )
    world.cer.delete_slot(CONTEXT, second)
    listing = world.cer.list_slots(CONTEXT, "schedule-1", DAY)
    (slot,) = listing.slots
    assert (slot.id, slot.reference, slot.schedule) == (first, "a", "schedule-1")
    assert (slot.state, slot.kind) == (NationalSlotState.BLOCKED, SlotKind.URGENT)
    assert (slot.starts, slot.ends) == (later, later + timedelta(minutes=30))
    assert listing.server_time is not None
    assert abs(listing.server_time - listing.fetched_at) < timedelta(seconds=5)
    assert listing.unreadable == ()


def test_one_bad_slot_sinks_none_of_its_neighbours(world: World) -> None:
    foreign = replace(offer("b", 20), cell=CellCode("000000792087", "001"))
    receipts = world.cer.put_slots(CONTEXT, [offer("a"), foreign, offer("c", 40)])
    assert [receipt.accepted for receipt in receipts] == [True, False, True]
    assert receipts[1].result_code
    assert len(world.cer.list_slots(CONTEXT, "schedule-1", DAY).slots) == 2


def test_a_visit_is_saved_moved_and_cancelled_and_the_feed_tells_it(world: World) -> None:
    first, second = put(world, offer("a"), offer("b", 20))
    start = world.cer.visit_changes(CONTEXT, "").cursor
    saved = world.cer.save_visit(CONTEXT, order(first))
    (slot, _) = world.cer.list_slots(CONTEXT, "schedule-1", DAY).slots
    assert slot.state is NationalSlotState.TAKEN
    (visit,) = slot.visits
    assert (visit.id, visit.reference, visit.state) == (saved.visit_id, "visit-1", NationalVisitState.SAVED)
    assert visit.saved_at == saved.saved_at is not None
    assert world.cer.move_visit(CONTEXT, saved.visit_id, second).visit_id
    world.cer.cancel_visit(CONTEXT, saved.visit_id, "resigned")
    page = world.cer.visit_changes(CONTEXT, start)
    assert (page.more, [change.state for change in page.changes]) == (True, [NationalVisitState.SAVED] * 2)
    page = world.cer.visit_changes(CONTEXT, page.cursor)
    assert page.unreadable == ()
    last = page.changes[-1]
    assert (last.visit_id, last.state, last.origin) == (saved.visit_id, NationalVisitState.CANCELLED, Origin.FACILITY)
    assert (last.person, last.given, last.slot_id) == (PERSON, "Anna", second)
    assert last.referral_number == OidPair(NUMBER.root, NUMBER.extension)
    page = world.cer.visit_changes(CONTEXT, page.cursor)
    assert (page.changes, page.more) == ((), False)


@pytest.mark.parametrize(
    ("served", "state"),
    [(True, NationalVisitState.SERVED), (False, NationalVisitState.NO_SHOW)],
    ids=["served", "did not come"],
)
def test_attendance_is_recorded(world: World, served: bool, state: NationalVisitState) -> None:
    (slot,) = put(world, offer("a"))
    saved = world.cer.save_visit(CONTEXT, order(slot))
    world.simulator.admin.set_clock(MORNING + timedelta(hours=1))
    try:
        world.cer.record_attendance(CONTEXT, saved.visit_id, served)
        (listed,) = world.cer.list_slots(CONTEXT, "schedule-1", DAY).slots
        assert listed.visits[0].state is state
    finally:
        world.simulator.admin.set_clock(datetime.now(UTC))


def test_a_patients_own_booking_comes_with_origin_and_person(world: World) -> None:
    (slot,) = put(world, offer("a"))
    world.simulator.admin.patient_books(slot, {"pesel": OTHER.reveal()})
    change = world.cer.visit_changes(CONTEXT, "").changes[-1]
    assert (change.origin, change.person, change.reference) == (Origin.PATIENT, OTHER, None)


def test_a_person_without_a_pesel_comes_back_as_the_document(world: World) -> None:
    (slot,) = put(world, offer("a"))
    world.cer.save_visit(CONTEXT, order(slot, person=PASSPORT))
    assert world.cer.visit_changes(CONTEXT, "").changes[-1].person == PASSPORT


def test_the_waiting_room_is_joined_read_and_left(world: World) -> None:
    waiting = WaitingRoomOrder("visit-1", CELL, "1100", PERSON, "Anna", "Testowa", criterion="urgent")
    joined = world.cer.join_waiting_room(CONTEXT, waiting)
    assert joined.open
    assert joined.reference == "visit-1"
    assert world.cer.read_waiting_room(CONTEXT, "visit-1") == joined
    assert world.cer.read_waiting_room(CONTEXT, "visit-2") is None
    assert not world.cer.leave_waiting_room(CONTEXT, joined.entry_id, "resigned").open


def test_a_day_with_more_slots_than_a_page_holds_comes_whole(world: World) -> None:
    ids = put(world, *(offer(f"s{number}", 20 * number) for number in range(5)))
    listing = world.cer.list_slots(CONTEXT, "schedule-1", DAY)
    assert [slot.id for slot in listing.slots] == ids
    service = world.simulator.services["cer"]
    pages = 3 if service.contract.spoken == (SOAP_12,) else 1
    assert service.state.received[service.dialect.verbs["list_slots"]] == pages


def test_a_referral_goes_there_and_back_and_to_its_end(world: World) -> None:
    reading = world.p1.read_to_accept(CONTEXT, KEY)
    assert (reading.state, reading.number, reading.key) == (ReferralState.ISSUED, NUMBER, KEY)
    assert world.p1.read_to_accept(CONTEXT, AccessByCode(CODE, PERSON)).number == NUMBER
    world.p1.refuse(CONTEXT, KEY, "brak wolnych terminów")
    world.p1.accept(CONTEXT, KEY, Payer.REIMBURSED, visit_at=MORNING, comment="pierwsza wizyta")
    assert world.p1.read_by_number(CONTEXT, NUMBER).state is ReferralState.WITH_PROVIDER
    with pytest.raises(Rejected):
        world.p1.read_to_accept(CONTEXT, KEY)
    world.p1.report_missing_documents(CONTEXT, NUMBER, "brak wyniku EKG")
    world.p1.give_back(CONTEXT, NUMBER, "pacjent zrezygnował")
    assert world.p1.read_by_number(CONTEXT, NUMBER).state is ReferralState.ISSUED
    world.p1.accept(CONTEXT, KEY, Payer.PAID_IN_FULL)
    with pytest.raises(Rejected):
        world.p1.finish(CONTEXT, NUMBER, comment="wykonano poradę", payer_id="07")
    world.p1.give_back(CONTEXT, NUMBER, "pacjent zrezygnował")
    world.p1.accept(CONTEXT, KEY, Payer.REIMBURSED)
    world.p1.finish(CONTEXT, NUMBER, comment="wykonano poradę", payer_id="07")
    assert world.p1.read_by_number(CONTEXT, NUMBER).state is ReferralState.COMPLETED
    with pytest.raises(Rejected) as refused:
        world.p1.give_back(CONTEXT, NUMBER, "pacjent zrezygnował")
    assert refused.value.result_code


def test_a_refusal_of_the_calendar_has_its_code(world: World) -> None:
    (slot,) = put(world, offer("a"))
    world.cer.edit_slot(CONTEXT, SlotEdit(slot, state=NationalSlotState.BLOCKED))
    with pytest.raises(Rejected) as refused:
        world.cer.save_visit(CONTEXT, order(slot))
    assert refused.value.result_code
    assert refused.value.correlation_id == "correlation-1"


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [("reply-lost", InDoubt), ("malformed-reply", InDoubt), ("unsigned-reply", InDoubt), ("unavailable", Unavailable)],
)
def test_a_write_into_trouble_is_told_apart(world: World, trouble: str, kind: type[Exception]) -> None:
    (slot,) = put(world, offer("a"))
    world.simulator.admin.trouble(trouble, system="cer")
    with pytest.raises(kind):
        world.cer.save_visit(CONTEXT, order(slot))
    (listed,) = world.cer.list_slots(CONTEXT, "schedule-1", DAY).slots
    assert len(listed.visits) == (1 if kind is InDoubt else 0)
