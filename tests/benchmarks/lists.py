"""B2 and B3: CeR's slot list read, and a list of slots written, against zeep and against bare lxml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lxml import etree
from measure import Figure, in_turns
from zeep.wsdl.wsdl import Document

from adapter import resources
from adapter.clock import SystemClock
from adapter.domain.identifiers import CellCode
from adapter.domain.national import NationalSlotState, SlotOffer
from adapter.domain.slot import SlotKind
from adapter.errors import Unavailable
from adapter.mapping.tables import load_tables
from adapter.ports import CallContext
from adapter.soap.binding import load_bound_contract
from adapter.soap.cer import CerRegistry
from adapter.soap.wire import Answer, BoundOperation

SLOTS = 5_000
DAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
CONTEXT = CallContext("demo", "benchmark", "benchmark")
NAMESPACE = "urn:pomost:reconstruction:cer:v1"
LIST_REPLY = f"{{{NAMESPACE}}}PobierzBazoweDaneListySlotowResponse"
PUT_REQUEST = f"{{{NAMESPACE}}}PrzekazListeSlotowRequest"


@dataclass
class Echo:
    """A channel that answers from memory; without a reply it takes the message and ends the call."""

    reply: bytes = b""
    message: bytes = b""

    def exchange(
        self, context: CallContext, operation: BoundOperation, content: etree._Element, *, write: bool
    ) -> Answer:
        """See :class:`adapter.soap.wire.Channel`."""
        if not self.reply:
            self.message = etree.tostring(content)
            raise Unavailable("a benchmark has no other side")
        return Answer(etree.fromstring(self.reply), self.reply)


def registry(channel: Echo) -> CerRegistry:
    """CeR as the program uses it, over ``channel``."""
    tables = load_tables(resources.mappings())
    contract = load_bound_contract(resources.wsdl(), resources.mappings(), "cer", tables)
    return CerRegistry(contract, tables, channel, lambda **_: None, SystemClock(), batch_max=SLOTS)


def offers() -> list[SlotOffer]:
    """As many slots of one schedule, a minute each."""
    return [
        SlotOffer(
            reference=f"slot-{number}",
            schedule="schedule-1",
            cell=CellCode("000000927722", "001"),
            service="1100",
            practitioner=None,
            starts=DAY + timedelta(minutes=number),
            ends=DAY + timedelta(minutes=number + 1),
            kind=SlotKind.STABLE,
            state=NationalSlotState.OPEN,
        )
        for number in range(SLOTS)
    ]


def listing() -> bytes:
    """A reply with as many slots."""
    rows = "".join(
        f"<slot><identyfikatorSlotu>CER-{number}</identyfikatorSlotu><identyfikatorObcy>slot-{number}</identyfikatorObcy>"
        "<identyfikatorHarmonogramu>schedule-1</identyfikatorHarmonogramu>"
        f"<poczatek>{DAY + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}</poczatek>"
        f"<koniec>{DAY + timedelta(seconds=number + 1):%Y-%m-%dT%H:%M:%SZ}</koniec>"
        "<typ>STABILNY</typ><status>WOLNY</status><pojemnosc>1</pojemnosc>"
        f"<czasZmiany>{DAY:%Y-%m-%dT%H:%M:%SZ}</czasZmiany></slot>"
        for number in range(SLOTS)
    )
    return (
        f'<PobierzBazoweDaneListySlotowResponse xmlns="{NAMESPACE}">'
        f"<czasSerwera>{DAY:%Y-%m-%dT%H:%M:%SZ}</czasSerwera>"
        f"<listaSlotow>{rows}</listaSlotow><wynik><major>urn:csioz:p1:kod:major:Sukces</major></wynik>"
        "</PobierzBazoweDaneListySlotowResponse>"
    ).encode()


def read_listing() -> list[Figure]:
    """B2: the reply read into domain slots, checked against the schema."""
    raw = listing()
    ours = registry(Echo(reply=raw))
    types = _types()

    def mine() -> None:
        found = ours.list_slots(CONTEXT, "schedule-1", date(2026, 11, 23))
        assert len(found.slots) == SLOTS, found.unreadable[:3]

    mine_seconds, zeep_seconds, bare_seconds = in_turns(
        mine,
        lambda: types.get_element(LIST_REPLY).parse(etree.fromstring(raw), types),
        lambda: etree.fromstring(raw),
    )
    return _figures("B2", "CeR slot list read", mine_seconds, zeep=(zeep_seconds, 7), lxml=(bare_seconds, 0.2))


def write_listing() -> list[Figure]:
    """B3: domain slots written into one message, checked against the schema."""
    channel = Echo()
    ours, given, types = registry(channel), offers(), _types()

    def mine() -> None:
        try:
            ours.put_slots(CONTEXT, given)
        except Unavailable:
            return

    mine()
    element = types.get_element(PUT_REQUEST)
    value = element.parse(etree.fromstring(channel.message), types)

    def zeeps() -> None:
        parent = etree.Element("body")
        element.render(parent, value)
        etree.tostring(parent[0])

    mine_seconds, zeep_seconds = in_turns(mine, zeeps)
    return _figures("B3", "publish request built", mine_seconds, zeep=(zeep_seconds, 4))


def _types() -> object:
    """zeep's view of the contract."""

    class Disk:
        def load(self, url: str) -> bytes:
            with open(url.removeprefix("file://"), "rb") as file:
                return file.read()

    (wsdl,) = (resources.wsdl() / "cer").glob("*.wsdl")
    return Document(str(wsdl), Disk()).types


def _figures(number: str, name: str, mine: float, **references: tuple[float, float]) -> list[Figure]:
    """``references``: seconds of each, and the ratio that is the target."""
    return [
        Figure(number, f"{name}, against {which}", SLOTS / mine, "slots/s", SLOTS / taken, target_ratio=target)
        for which, (taken, target) in references.items()
    ]
