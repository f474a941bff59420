"""Every sentinel value over the wire, read by the adapter: what is documented is what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest

from adapter import resources
from adapter.clock import SystemClock
from adapter.domain.identifiers import AccessByCode, AccessCode, CellCode, Pesel, ReferralKey, ReferralNumber
from adapter.domain.moments import warsaw_day
from adapter.domain.national import NationalSlotState, SlotEdit, SlotOffer, VisitOrder
from adapter.domain.referral import Payer
from adapter.domain.slot import SlotKind
from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.mapping.refusals import load_refusals
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates
from adapter.simulator.sentinels import BOTH, CER, P1, SENTINELS, Sentinel, markdown, sentinel_of
from adapter.simulator.trouble import KINDS
from adapter.soap.binding import load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.channel import SoapChannel
from adapter.soap.context import CallerIdentity, build_context, load_context_names
from adapter.soap.endpoint import EndpointConfig
from adapter.soap.faults import judge_result
from adapter.soap.keys import IdentityFile
from adapter.soap.p1 import P1Referrals
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin

PODMIOT = "000000927722"
CELL = CellCode(PODMIOT, "001")
OIDS = "2.16.840.1.113883.3.4424"
IDENTITY = CallerIdentity(
    entity_root=f"{OIDS}.2.3.1",
    entity_extension=PODMIOT,
    user_root=f"{OIDS}.1.6.2",
    user_extension="5425740",
    workplace_root=f"{OIDS}.2.3.3",
    workplace_extension="001",
    role="PRACOWNIK_ADMINISTRACYJNY",
)
MORNING = (datetime.now(UTC) + timedelta(days=10)).replace(hour=9, minute=0, second=0, microsecond=0)
REPLY_BYTES_MAX = 400_000
PATIENCE_SECONDS, LATE_SECONDS = 0.4, 0.8
KINDS_OF_ERRORS: dict[type[AdapterError], str] = {
    Rejected: "rejected",
    Unavailable: "unavailable",
    InDoubt: "in_doubt",
    Misconfigured: "misconfigured",
}


@dataclass(frozen=True)
class Edge:
    """The adapter's two national edges."""

    cer: CerRegistry
    p1: P1Referrals


@dataclass(frozen=True)
class Wire:
    """``hasty`` gives up on an answer after a moment."""

    simulator: Simulator
    patient: Edge
    hasty: Edge

    def edge(self, sentinel: Sentinel) -> Edge:
        late = sentinel.trouble == "slow"
        return self.hasty if late else self.patient


def _edge(simulator: Simulator, certificates: TestCertificates, seconds: float) -> Edge:
    mappings, tables, refusals = resources.mappings(), load_tables(resources.mappings()), None
    refusals = load_refusals(mappings)
    parts = {}
    for name, url, signer in (
        ("cer", simulator.urls.cer, certificates.cer_wss),
        ("p1", simulator.urls.p1, certificates.p1_wss),
    ):
        bound = load_bound_contract(resources.wsdl(), mappings, name, tables)
        names = load_context_names(mappings, name)
        channel = SoapChannel(
            EndpointConfig(
                channel=name,
                transport=TransportConfig(
                    url=url,
                    ca_bundle=certificates.ca,
                    read_timeout_seconds=seconds,
                    reply_bytes_max=REPLY_BYTES_MAX,
                ),
                tls=IdentityFile(certificates.client_tls.certificate, certificates.client_tls.key, None),
                signing=IdentityFile(certificates.client_wss.certificate, certificates.client_wss.key, None),
                signer=SignerPin(certificates.ca, (signer.subject,), ()),
            ),
            clock=SystemClock(),
            refusals=refusals,
            context_block=partial(_context, names),
            read_fault=bound.read_fault,
        )
        parts[name] = (bound, channel, partial(judge_result, refusals, channel=name))
    bound, channel, judge = parts["cer"]
    cer = CerRegistry(bound, tables, channel, judge, SystemClock())
    bound, channel, judge = parts["p1"]
    return Edge(cer, P1Referrals(bound, tables, channel, judge, SystemClock()))


def _context(names: object, context: object) -> object:
    return build_context(IDENTITY, names)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def wire(certificates: TestCertificates) -> Iterator[Wire]:
    config = SimulatorConfig(
        certificates=certificates.folder,
        sentinel_wait_seconds=LATE_SECONDS,
        sentinel_reply_bytes=REPLY_BYTES_MAX + 1,
    )
    with Simulator(config) as simulator:
        yield Wire(simulator, _edge(simulator, certificates, 20.0), _edge(simulator, certificates, PATIENCE_SECONDS))


def context() -> CallContext:
    return CallContext("demo", "correlation-1", str(uuid4()))


def offer(reference: str) -> SlotOffer:
    return SlotOffer(
        reference=reference,
        schedule="schedule-1",
        cell=CELL,
        service="1100",
        practitioner=None,
        starts=MORNING,
        ends=MORNING + timedelta(minutes=30),
        kind=SlotKind.STABLE,
        state=NationalSlotState.OPEN,
    )


def outcome(call: Callable[[], object]) -> str:
    """What the adapter makes of a call, in the retry table's words."""
    try:
        call()
    except AdapterError as error:
        return next(word for kind, word in KINDS_OF_ERRORS.items() if isinstance(error, kind))
    return "success"


def after(sentinel: Sentinel, call: Callable[[], object]) -> str:
    """The outcome of the call; of the one after it when it is the next connection that fails."""
    if sentinel.act == "tls":
        assert outcome(call) == "success"
    return outcome(call)


def _of(system: str) -> list[object]:
    return [
        pytest.param(each, id=f"{each.source} {each.code.rpartition(':')[2]}")
        for each in SENTINELS
        if system in each.systems
    ]


@pytest.mark.parametrize("sentinel", _of(CER))
def test_a_slot_with_a_sentinels_id_meets_its_fate(wire: Wire, sentinel: Sentinel) -> None:
    registry = wire.edge(sentinel).cer
    if sentinel.act == "result":
        bad, good = registry.put_slots(context(), [offer(sentinel.id), offer("neighbour")])
        assert (bad.refusal is not None, bad.result_code) == (True, sentinel.code)
        assert good.accepted, "one bad slot sinks no neighbour"
        return
    put = partial(registry.put_slots, context(), [offer(f"{sentinel.id}-a")])
    assert after(sentinel, put) == sentinel.write
    assert outcome(put) == "success", "the second time it goes through"


@pytest.mark.parametrize("sentinel", _of(CER))
def test_a_schedule_with_a_sentinels_id_meets_its_fate_when_read(wire: Wire, sentinel: Sentinel) -> None:
    ask = partial(wire.edge(sentinel).cer.list_slots, context(), sentinel.id, warsaw_day(MORNING))
    assert after(sentinel, ask) == sentinel.read
    assert outcome(ask) == (sentinel.read if sentinel.act == "result" else "success")


@pytest.mark.parametrize("sentinel", _of(P1))
def test_an_e_referral_with_a_sentinels_key_meets_its_fate(wire: Wire, sentinel: Sentinel) -> None:
    referrals, key = wire.edge(sentinel).p1, ReferralKey(sentinel.key)
    read = partial(referrals.read_to_accept, context(), key)
    assert after(sentinel, read) == sentinel.read
    accept = partial(referrals.accept, context(), key, Payer.REIMBURSED)
    first = after(sentinel, accept)
    twice = sentinel.act == "tls" or sentinel.trouble == "processed-twice"
    assert first == sentinel.write or (twice and first == "rejected"), "accepted before: P1 says no to the second one"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(
            lambda edge, one: edge.p1.read_to_accept(
                context(), AccessByCode(AccessCode(one.access_code), Pesel(one.pesel))
            ),
            id="read with the sentinel's code and PESEL",
        ),
        pytest.param(
            lambda edge, one: edge.p1.read_by_number(
                context(), ReferralNumber(f"{OIDS}.2.7.999.4.1", one.referral_number)
            ),
            id="read by the sentinel's number",
        ),
        pytest.param(
            lambda edge, one: edge.cer.save_visit(
                context(), VisitOrder("visit-9", "any-slot", Pesel(one.pesel), "Anna", "Testowa")
            ),
            id="a visit for a patient with the sentinel's PESEL",
        ),
    ],
)
def test_people_and_numbers_are_sentinels_too(wire: Wire, call: Callable[[Edge, Sentinel], object]) -> None:
    unavailable = next(each for each in SENTINELS if each.code == "503")
    assert outcome(lambda: call(wire.patient, unavailable)) == "unavailable"
    assert outcome(lambda: call(wire.patient, unavailable)) != "unavailable"


def test_a_sentinel_may_be_kept_for_one_verb(wire: Wire) -> None:
    """The slot is put well; its edit is refused, though the message names CeR's own id."""
    refused = next(each for each in SENTINELS if each.code.endswith("SlotMaWizyte"))
    registry = wire.patient.cer
    (put,) = registry.put_slots(context(), [offer(f"{refused.id}.edit-slot")])
    assert put.slot_id is not None
    edit = SlotEdit(put.slot_id, state=NationalSlotState.BLOCKED)
    with pytest.raises(Rejected) as caught:
        registry.edit_slot(context(), edit)
    assert caught.value.result_code == refused.code
    registry.delete_slot(context(), put.slot_id)


def test_a_reset_begins_anew(wire: Wire) -> None:
    unavailable = next(each for each in SENTINELS if each.code == "503")
    put = partial(wire.patient.cer.put_slots, context(), [offer(f"{unavailable.id}-reset")])
    assert [outcome(put), outcome(put)] == ["unavailable", "success"]
    wire.simulator.admin.reset()
    assert outcome(put) == "unavailable"


# -- the table


def test_every_row_of_the_retry_table_has_a_sentinel_with_its_outcomes() -> None:
    """Two tables, written apart: what the adapter expects, and what the simulator says that it provokes."""
    expected = {
        (row.source, row.code): (BOTH if row.channel == "any" else (row.channel,), row.outcome_read, row.outcome_write)
        for row in load_refusals(resources.mappings()).rows
    }
    told = {
        (each.source, each.code): (each.systems, each.read, each.write)
        for each in SENTINELS
        if each.source != "trouble"
    }
    assert told == expected


def test_every_trouble_has_a_sentinel() -> None:
    assert [each.code for each in SENTINELS if each.source == "trouble"] == list(KINDS)


@pytest.mark.parametrize("value", ["pesel", "key", "referral_number", "id"])
def test_every_value_is_of_one_sentinel_and_leads_back_to_it(value: str) -> None:
    for sentinel in SENTINELS:
        hit = sentinel_of(str(getattr(sentinel, value)))
        assert hit is not None
        assert hit.sentinel is sentinel
    assert len({getattr(each, value) for each in SENTINELS}) == len(SENTINELS)


def test_the_values_are_well_formed_and_belong_to_nobody() -> None:
    for each in SENTINELS:
        Pesel(each.pesel)
        ReferralKey(each.key)
        ReferralNumber(f"{OIDS}.2.7.999.4.1", each.referral_number)
        assert int(each.pesel[2:4]) > 60, "born in the 2200s"
    world = (resources.fixtures() / "world" / "clinic.json").read_text(encoding="utf-8")
    assert not any(each.pesel in world or each.key in world for each in SENTINELS)


@pytest.mark.parametrize(
    "text",
    ["sim-000", "sim-999", "sim-12", "sims-012", "12610100017", "", "sim-012b", "visit-sim-012"],
    ids=[
        "no such number",
        "beyond the last",
        "two digits",
        "another word",
        "wrong check digit",
        "nothing",
        "no dash",
        "in the middle",
    ],
)
def test_other_values_are_no_sentinels(text: str) -> None:
    assert sentinel_of(text) is None


def test_the_documented_table_is_the_table() -> None:
    page = resources.fixtures().parent / "docs" / "operations" / "simulator.md"
    assert markdown() in page.read_text(encoding="utf-8"), (
        "print(adapter.simulator.sentinels.markdown()) is what belongs there"
    )


def test_a_message_of_another_system_is_left_alone() -> None:
    visit = next(each for each in SENTINELS if each.systems == (CER,))
    hit = sentinel_of(f"{visit.id}.save-visit")
    assert hit is not None
    assert (hit.meant(CER, "save_visit"), hit.meant(CER, "put_slots"), hit.meant(P1, "save_visit")) == (
        True,
        False,
        False,
    )
    assert replace(hit, verb=None).meant(CER, "put_slots")
