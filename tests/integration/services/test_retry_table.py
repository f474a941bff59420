"""Every row of the retry table, provoked over real HTTPS: what it is for a read and for a write, and what follows.

A server does what a test says; what it answers is made by the simulator's own dialects and signature. The
parametrisation is the file itself: a new row without a provocation fails here. Time is held.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from clean_databases import CleanDatabases, in_database
from scripted_server import ScriptedServer, Step, answer, close, scripted_server, silence
from store_fixtures import KEYS, HeldClock

from adapter import resources
from adapter.bootstrap.hospitals import Hospitals
from adapter.clock import SystemClock
from adapter.domain.identifiers import ReferralNumber
from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.mapping.refusals import Refusal, load_refusals
from adapter.mapping.tables import Tables, load_tables
from adapter.ports import CallContext
from adapter.ports.store import Action, AuditRecord, Destination, Message, MessageState, NewMessage
from adapter.services.deliver import deliver
from adapter.services.equipment import Equipment, Limits
from adapter.services.pull_visits import pull_visits
from adapter.simulator import envelope
from adapter.simulator.answers import MAJOR, MINOR, Fault
from adapter.simulator.answers import Refusal as Result
from adapter.simulator.app import Simulator
from adapter.simulator.certificates import Authority, TestCertificates
from adapter.simulator.exchange import Service
from adapter.simulator.soap import SOAP_11, SOAP_12, Soap, fault_element, told
from adapter.soap import broken
from adapter.soap.binding import BoundContract, load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.channel import SoapChannel
from adapter.soap.context import CallerIdentity, build_context, load_context_names
from adapter.soap.endpoint import EndpointConfig
from adapter.soap.faults import judge_result
from adapter.soap.keys import IdentityFile
from adapter.soap.p1 import P1Referrals
from adapter.soap.transport import TransportConfig
from adapter.soap.trust import SignerPin
from adapter.store import sealing
from adapter.store.engine import DatabaseSettings, connect
from adapter.store.unit_of_work import SqlStore

FACILITY = "demo"
ROWS = load_refusals(resources.mappings()).rows
KINDS = {"rejected": Rejected, "unavailable": Unavailable, "in_doubt": InDoubt, "misconfigured": Misconfigured}
STATES = {
    "success": MessageState.DELIVERED,
    "rejected": MessageState.REFUSED,
    "unavailable": MessageState.WAITING,
    "misconfigured": MessageState.IN_DOUBT,
    "in_doubt": MessageState.IN_DOUBT,
}
ONLY_SOAP_12 = {"Sender": "Client", "Receiver": "Server", "DataEncodingUnknown": "DataEncodingUnknown"}
"""Codes of a fault in SOAP 1.2 -> as the simulator calls them."""
STATUSES = {"3xx": 302, "4xx": 418, "5xx": 511, "2xx": 202, "other": 799}
"""A status that has no row of its own."""
NUMBER = ReferralNumber("2.16.840.1.113883.3.4424.2.7.999.4.1", "1000000000000000000001")
IDENTITY = CallerIdentity(
    entity_root="2.16.840.1.113883.3.4424.2.3.1",
    entity_extension="000000927722",
    user_root="2.16.840.1.113883.3.4424.1.6.2",
    user_extension="5425740",
    workplace_root="2.16.840.1.113883.3.4424.2.3.3",
    workplace_extension="001",
    role="PRACOWNIK_ADMINISTRACYJNY",
)


@dataclass(slots=True)
class Wire:
    """The other side, and everything by which this side reaches it. ``does`` is what the server does next."""

    server: ScriptedServer
    certificates: TestCertificates
    tables: Tables
    contracts: dict[tuple[str, Soap], BoundContract]
    services: dict[tuple[str, Soap], Service]
    stranger: IdentityFile
    does: Step = close
    channels: dict[tuple[str, Soap], SoapChannel] = field(default_factory=dict)

    def config(self, channel: str) -> EndpointConfig:
        own = self.certificates
        return EndpointConfig(
            channel=channel,
            transport=TransportConfig(self.server.url, own.ca, read_timeout_seconds=5),
            tls=IdentityFile(own.client_tls.certificate, own.client_tls.key),
            signing=IdentityFile(own.client_wss.certificate, own.client_wss.key),
            signer=SignerPin(own.ca, ((own.cer_wss if channel == "cer" else own.p1_wss).subject,), ()),
        )

    def channel(self, config: EndpointConfig, soap: Soap) -> SoapChannel:
        names = load_context_names(resources.mappings(), config.channel)
        return SoapChannel(
            config,
            clock=SystemClock(),
            refusals=self.tables.refusals,
            context_block=lambda _: build_context(IDENTITY, names),
            read_fault=self.contracts[config.channel, soap].read_fault,
        )

    def usual(self, name: str, soap: Soap) -> SoapChannel:
        if (name, soap) not in self.channels:
            self.channels[name, soap] = self.channel(self.config(name), soap)
        return self.channels[name, soap]

    def registry(self, channel: SoapChannel, soap: Soap = SOAP_11) -> CerRegistry:
        judge = partial(judge_result, self.tables.refusals, channel="cer")
        return CerRegistry(self.contracts["cer", soap], self.tables, channel, judge, SystemClock())

    def referrals(self, channel: SoapChannel) -> P1Referrals:
        judge = partial(judge_result, self.tables.refusals, channel="p1")
        return P1Referrals(self.contracts["p1", SOAP_11], self.tables, channel, judge, SystemClock())

    def response(self, service: Service, soap: Soap) -> str:
        """The name of the answer to the request that has just come."""
        headers, body = self.server.requests[-1]
        message = envelope.read(body, soap)
        action = told({name.lower(): value for name, value in headers.items()}).action
        return service.contract.operation(message.payload, action, soap).response

    def says(self, body: bytes, soap: Soap, status: int = 200) -> Step:
        return answer(body, status=status, content_type=f"{soap.media_type}; charset=utf-8")

    def result(self, system: str, *, major: str = "", minor: str = "", sign: bool = True, cut: bool = False) -> Step:
        """A business result; success when no code is given."""

        def step(connection: ssl.SSLSocket) -> None:
            service = self.services[system, SOAP_11]
            root = service.dialect.start(self.response(service, SOAP_11), service.state)
            root = service.dialect.end(root, Result(major, "text", minor=minor) if major else None)
            body = service.signer.envelope(root, datetime.now(UTC), uuid4().hex, sign=sign)
            self.says(body[:-40] if cut else body, SOAP_11)(connection)

        return step

    def fault(self, *, major: str = "", minor: str = "", code: str = "Server", soap: Soap = SOAP_11) -> Step:
        """A signed fault; with SOAP's own code alone when ``major`` is empty."""

        def step(connection: ssl.SSLSocket) -> None:
            service = self.services["cer", soap]
            fault = Fault(major.removeprefix(MAJOR), "text", minor=minor.removeprefix(MINOR), soap_code=code)
            root = fault_element(fault, service.dialect.fault(fault), soap)
            if not major:
                root.remove(root[-1])
            body = service.signer.envelope(root, datetime.now(UTC), uuid4().hex, soap=soap)
            self.says(body, soap, 500)(connection)

        return step


@dataclass(slots=True)
class Provoked:
    """What the server does, in which version of SOAP, and over which channel in place of the usual one."""

    does: Step
    soap: Soap = SOAP_11
    config: EndpointConfig | None = None


def provoke(wire: Wire, row: Refusal) -> Provoked:
    """How this row comes to match. A row of a new code without a provocation is a KeyError."""
    system = "p1" if row.channel == "p1" else "cer"
    match row.source:
        case "result-major":
            return Provoked(wire.result(system, major=row.code))
        case "result-minor":
            return Provoked(wire.result(system, major="urn:unknown", minor=row.code))
        case "fault-major":
            return Provoked(wire.fault(major=row.code))
        case "fault-minor":
            return Provoked(wire.fault(major=f"{MAJOR}bladWewnetrzny", minor=row.code))
        case "fault-code":
            soap = SOAP_12 if row.code in ONLY_SOAP_12 else SOAP_11
            return Provoked(wire.fault(code=ONLY_SOAP_12.get(row.code, row.code), soap=soap), soap)
        case "http":
            status = STATUSES[row.code] if row.code in STATUSES else int(row.code)
            return Provoked(answer(b"x", status=status, content_type="text/plain"))
        case _:
            return BREAKS[row.code](wire)


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"https://127.0.0.1:{free.getsockname()[1]}/"


def over(wire: Wire, **transport: object) -> EndpointConfig:
    config = wire.config("cer")
    return replace(config, transport=replace(config.transport, **transport))  # type: ignore[arg-type]


def _other_signer(wire: Wire) -> Provoked:
    config = wire.config("cer")
    pin = SignerPin(wire.certificates.ca, (wire.certificates.p1_wss.subject,), ())
    return Provoked(wire.result("cer"), config=replace(config, signer=pin))


def _other_certificate(wire: Wire) -> Provoked:
    """The server believes one authority, and this certificate is another's."""
    return Provoked(close, config=replace(wire.config("cer"), tls=wire.stranger))


BREAKS: dict[str, Callable[[Wire], Provoked]] = {
    broken.NOT_SENT: lambda wire: Provoked(close, config=over(wire, url=nowhere())),
    broken.SERVER_CERTIFICATE: lambda wire: Provoked(
        close, config=over(wire, ca_bundle=wire.certificates.client_tls.certificate)
    ),
    broken.CLIENT_CERTIFICATE: _other_certificate,
    broken.TIMEOUT: lambda wire: Provoked(silence, config=over(wire, read_timeout_seconds=0.05)),
    broken.LOST: lambda wire: Provoked(close),
    broken.CONTENT_TYPE: lambda wire: Provoked(answer(b"<html/>", content_type="text/html")),
    broken.TOO_LARGE: lambda wire: Provoked(wire.result("cer"), config=over(wire, reply_bytes_max=100)),
    broken.MALFORMED: lambda wire: Provoked(wire.result("cer", cut=True)),
    broken.UNVERIFIED: lambda wire: Provoked(wire.result("cer", sign=False)),
    broken.SIGNER: _other_signer,
}


@pytest.fixture(scope="module")
def wire(
    running_simulator: Simulator,
    simulator_of: Callable[[str], Simulator],
    second_contract: tuple[Path, Path],
    certificates: TestCertificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Wire]:
    tables = load_tables(resources.mappings())
    wsdl, mappings = second_contract
    contracts = {
        (name, SOAP_11): load_bound_contract(resources.wsdl(), resources.mappings(), name, tables)
        for name in ("cer", "p1")
    }
    contracts["cer", SOAP_12] = load_bound_contract(wsdl, mappings, "cer", load_tables(mappings))
    services = {(name, SOAP_11): service for name, service in running_simulator.services.items()}
    services["cer", SOAP_12] = simulator_of("second").services["cer"]
    other = Authority(tmp_path_factory.mktemp("stranger"), now=SystemClock().now(), name="Another test CA")
    unknown = other.issue("client-tls", "Test facility TLS", tls_client=True)
    stranger = IdentityFile(unknown.certificate, unknown.key)
    tls = certificates.server_tls
    with scripted_server(tls.certificate, tls.key, certificates.ca, newest=ssl.TLSVersion.TLSv1_2) as server:
        made = Wire(server, certificates, tables, contracts, services, stranger)

        def step(connection: ssl.SSLSocket) -> None:
            made.does(connection)

        server.steps.append(step)
        yield made
        for channel in made.channels.values():
            channel.close()


@pytest.fixture(scope="module")
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture(scope="module")
def equipment(wire: Wire, clock: HeldClock, clean_databases: CleanDatabases) -> Iterator[Equipment]:
    """A facility at work; the registry is exchanged for each row."""
    name = clean_databases.take()
    database = connect(DatabaseSettings(url=in_database(clean_databases.server, name)))
    store = SqlStore(database.engine, sealing.parse(KEYS, "tests"), clock, facilities=(FACILITY,), defer_jobs=False)
    yield Equipment(
        store=store,
        registry=wire.registry(wire.usual("cer", SOAP_11)),
        referrals=wire.referrals(wire.usual("p1", SOAP_11)),
        hospital=Hospitals({}),
        clock=clock,
        tables=wire.tables,
        facilities=(FACILITY,),
        limits=Limits(ask_after=timedelta(0)),
    )
    database.close()
    clean_databases.give_back(name)


def named(row: Refusal) -> str:
    return f"{row.channel} {row.source} {row.code.rpartition(':')[2]}"


def audited(eq: Equipment, **wanted: object) -> list[AuditRecord]:
    with eq.store.unit_of_work() as work:
        found = work.audit.find(limit=20)
    return [one for one in found if wanted.items() <= {"action": one.action, **one.detail}.items()]


def sent(eq: Equipment, correlation: str) -> Message:
    """A message that is one write and nothing else, after it was delivered."""
    new = NewMessage(
        FACILITY,
        Destination.CER,
        Action.DELETE_SLOT,
        (f"slot:{correlation}",),
        correlation,
        {"national_slot_id": "CER-S-00000001"},
    )
    with eq.store.unit_of_work() as work:
        work.outbox.resume(FACILITY, Destination.CER)
        number = work.outbox.add(new)
        work.commit()
    deliver(eq, FACILITY, rounds_max=1)
    with eq.store.unit_of_work() as work:
        found = work.outbox.get(number)
    assert found is not None
    return found


def dropped(eq: Equipment, message: Message) -> None:
    """Out of the way of the next row."""
    with eq.store.unit_of_work() as work:
        if message.state in {MessageState.WAITING, MessageState.IN_DOUBT}:
            work.outbox.drop(message.id, "person:test", "done with")
        work.outbox.resume(FACILITY, Destination.CER)
        work.commit()


def caught(call: Callable[[], object]) -> AdapterError | None:
    try:
        call()
    except AdapterError as error:
        return error
    return None


def check_error(error: AdapterError | None, row: Refusal, outcome: str, context: CallContext) -> None:
    """Its kind and code, what follows, and the ids of the call in its text."""
    if outcome == "success":
        assert error is None
        return
    assert type(error) is KINDS[outcome]
    assert error.code.isupper()
    assert error.handling == row.handling
    assert context.correlation_id in error.text
    assert context.message_id in error.text
    assert row.source.startswith(("http", "transport")) or row.code in error.message


def check_read(eq: Equipment, row: Refusal, clock: HeldClock) -> None:
    """A use case that reads: the authority rests as the row says, and while it rests it is not asked."""
    assert isinstance(caught(lambda: pull_visits(eq, FACILITY)), AdapterError)
    with eq.store.unit_of_work() as work:
        resting = work.outbox.resting(FACILITY, Destination.CER)
    if row.outcome_read == "rejected":
        assert resting is None
        return
    assert resting is not None
    assert resting.until - clock.now() == timedelta(seconds=row.first_wait_seconds)
    (noted,) = audited(eq, action="rest", row=row.key, until=resting.until.isoformat())
    assert noted.detail["told"] == (row.told if row.outcome_read == "misconfigured" else "")
    assert noted.detail["message_id"]
    error = caught(lambda: pull_visits(eq, FACILITY))
    assert error is not None
    assert error.code == "AT_REST"


def check_write(eq: Equipment, row: Refusal, clock: HeldClock) -> None:
    """A message of the outbox: its state, when it is due again, and who is told."""
    correlation = str(uuid4())
    message = sent(eq, correlation)
    unread = row.source == "transport" and row.code in broken.UNREAD
    assert message.state is (MessageState.WAITING if unread else STATES[row.outcome_write])
    with eq.store.unit_of_work() as work:
        resting = work.outbox.resting(FACILITY, Destination.CER)
        (noted,) = [one for one in work.audit.find(limit=20) if one.correlation_id == correlation]
    assert noted.detail["message_id"] == message.message_id
    wait = timedelta(seconds=row.first_wait_seconds)
    if row.outcome_write == "rejected":
        assert noted.detail["told"] == row.told
        assert message.problem.endswith(f"; told: {row.told}")
    elif row.outcome_write != "success":
        assert message.result_code == row.key
        assert correlation in message.problem
        assert message.message_id in message.problem
    if row.outcome_write in {"unavailable", "misconfigured"}:
        assert resting is not None
        assert resting.until - clock.now() == wait
        assert noted.detail["told"] == (row.told if row.outcome_write == "misconfigured" else "")
    else:
        assert resting is None
    if message.state is MessageState.IN_DOUBT:
        assert not due(eq, clock.now() + wait - timedelta(seconds=1))
        assert [one.id for one in due(eq, clock.now() + wait)] == [message.id]
    dropped(eq, message)


def due(eq: Equipment, at: datetime) -> list[Message]:
    with eq.store.unit_of_work() as work:
        return list(work.outbox.doubts_due(at, 10))


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_row_is_provoked_and_obeyed(wire: Wire, equipment: Equipment, clock: HeldClock, row: Refusal) -> None:
    clock.sleep(1)
    provoked = provoke(wire, row)
    wire.does = provoked.does
    context = CallContext(FACILITY, str(uuid4()), str(uuid4()))
    if row.channel == "p1":
        referrals = equipment.referrals
        check_error(caught(lambda: referrals.read_by_number(context, NUMBER)), row, row.outcome_read, context)
        check_error(caught(lambda: referrals.finish(context, NUMBER)), row, row.outcome_write, context)
        return
    own = wire.channel(provoked.config, provoked.soap) if provoked.config is not None else None
    registry = wire.registry(own or wire.usual("cer", provoked.soap), provoked.soap)
    eq = replace(equipment, registry=registry)
    try:
        if row.outcome_read != "success":
            check_error(caught(lambda: registry.visit_changes(context, "")), row, row.outcome_read, context)
            check_read(eq, row, clock)
        check_error(caught(lambda: registry.delete_slot(context, "CER-S-1")), row, row.outcome_write, context)
        check_write(eq, row, clock)
    finally:
        if own is not None:
            own.close()


def test_every_way_an_exchange_can_break_is_provoked() -> None:
    assert set(BREAKS) == {row.code for row in ROWS if row.source == "transport"}
