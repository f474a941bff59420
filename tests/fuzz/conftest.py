"""What the fuzz tests start from: real exchanges with the simulator, in this process and without a network.

``POMOST_FUZZ=50`` makes every hypothesis test here look at fifty times as many examples (CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from acceptance.simulator.wire import PESELS, Answer, Client, patient_xml
from hypothesis import HealthCheck, Phase, settings

from adapter import resources
from adapter.mapping.tables import Tables, load_tables
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.simulator.https import Reply, Request
from adapter.soap.binding import BoundContract, load_bound_contract

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
DEEPER = int(os.environ.get("POMOST_FUZZ", "1"))
TEXT_XML = "text/xml; charset=utf-8"
WHY = "<komentarz><mt:trescKomentarza>powód testowy</mt:trescKomentarza></komentarz>"


def looks(examples: int) -> settings:
    """Settings of a fuzz test: the same examples each time by default, new ones when it is to look deeper."""
    return settings(
        max_examples=examples * DEEPER,
        deadline=None,
        derandomize=DEEPER == 1,
        database=None,
        phases=[Phase.explicit, Phase.generate] if DEEPER == 1 else list(Phase),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Exchange:
    """A request and its answer as they would have gone over the wire; shown by its operation's name."""

    def __init__(self, system: str, operation: str, request: bytes, reply: bytes) -> None:
        self.system, self.operation, self.request, self.reply = system, operation, request, reply

    def __repr__(self) -> str:
        return f"<{self.operation}>"


class DirectClient(Client):
    """The acceptance tests' client without a network; remembers what was said."""

    def __init__(self, simulator: Simulator, certificates: TestCertificates) -> None:
        super().__init__(simulator, certificates)
        self.said: list[Exchange] = []

    def handle(self, raw: bytes, action: str, system: str, content_type: str = TEXT_XML) -> Reply:
        """What the service answers to these bytes."""
        service = self.simulator.services[system]
        headers = {"content-type": content_type, "soapaction": action}
        return service.handle(Request("POST", service.contract.path, "", headers, raw))

    def post(
        self,
        raw: bytes,
        action: str,
        *,
        system: str = "cer",
        content_type: str = TEXT_XML,
        tls: ssl.SSLContext | None = None,
        method: str = "POST",
        query: str = "",
    ) -> Answer:
        reply = self.handle(raw, action, system, content_type)
        self.said.append(Exchange(system, action.removeprefix("urn:"), raw, reply.body))
        return Answer(reply.status, reply.body)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    return make_test_certificates(tmp_path_factory.mktemp("certificates"), now=datetime.now(UTC))


@pytest.fixture(scope="session")
def client(certificates: TestCertificates) -> DirectClient:
    """A client of a simulator that nobody started: its services are asked directly."""
    simulator = Simulator(
        SimulatorConfig(
            certificates=certificates.folder,
            held_at=NOW,
            client_subjects=frozenset({certificates.client_wss.subject}),
        )
    )
    return DirectClient(simulator, certificates)


@pytest.fixture(scope="session")
def exchanges(client: DirectClient) -> Mapping[str, Exchange]:
    """One successful exchange for each of the operations that a clinic uses."""
    first, second, third = client.put("a", "b", "c")
    visit = client.save_visit(first).text("identyfikatorWizyty")
    ident = f"<identyfikatorWizyty>{visit}</identyfikatorWizyty>"
    client.list_slots()
    client.call("przeniesWizyte", f"{ident}<identyfikatorSlotu>{second}</identyfikatorSlotu>")
    client.call("edytujSlot", f"<identyfikatorSlotu>{third}</identyfikatorSlotu><status>ZABLOKOWANY</status>")
    client.call("usunSlot", f"<identyfikatorSlotu>{third}</identyfikatorSlotu>")
    client.call("odwolajWizyte", f"{ident}<przyczyna>PACJENT</przyczyna>")
    client.call("pobierzZmianyWizyt", "")
    client.call("dopiszDoPoczekalni", waiting_xml())
    client.call("odczytajWpisPoczekalni", "<identyfikatorObcy>w-1</identyfikatorObcy>")
    every = client.simulator.state.referrals.by_number.values()
    referral = next(each for each in every if each.state == "issued")
    key = f"<kluczSkierowania><mt:kluczSkierowania>{referral.key}</mt:kluczSkierowania></kluczSkierowania>"
    number = (
        f"<numerSkierowania><mt:numerSkierowania><wsp:extension>{referral.extension}</wsp:extension>"
        f"<wsp:root>{referral.root}</wsp:root></mt:numerSkierowania></numerSkierowania>"
    )
    criteria = f"<mt:kluczSkierowania>{referral.key}</mt:kluczSkierowania>"
    client.call(
        "odczytDokumentuSkierowaniaDoRealizacji",
        f"<kryteriaOdczytuSkierowania>{criteria}</kryteriaOdczytuSkierowania>",
    )
    client.call("przyjecieDoRealizacjiSkierowania", f"{key}<trybRealizacji>REFUNDOWANE</trybRealizacji>")
    client.call("odczytDokumentuSkierowania", number)
    client.call("przekazanieInformacjiOBrakachDokumentacjiSkierowania", number + WHY)
    client.call("rezygnacjaZRealizacjiSkierowania", number + WHY)
    good = {each.operation: each for each in client.said if Answer(200, each.reply).result == "Sukces"}
    assert len(good) >= 14, sorted(good)
    return good


def waiting_xml() -> str:
    """A patient for the waiting room."""
    return (
        "<identyfikatorObcy>w-1</identyfikatorObcy><komorka><extension>000000927722-001</extension>"
        "<root>2.16.840.1.113883.3.4424.2.3.3</root></komorka><usluga>1100</usluga>"
        f"{patient_xml(PESELS[5])}<kryterium>STABILNY</kryterium>"
        "<rezygnacjaZUprawnienia>false</rezygnacjaZUprawnienia>"
    )


@pytest.fixture(scope="session")
def tables() -> Tables:
    return load_tables(resources.mappings())


@pytest.fixture(scope="session")
def bound(tables: Tables) -> Mapping[str, BoundContract]:
    return {
        channel: load_bound_contract(resources.wsdl(), resources.mappings(), channel, tables)
        for channel in ("p1", "cer")
    }
