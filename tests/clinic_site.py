"""A whole installation for acceptance tests: simulator over HTTPS, clean database, an EHR in a folder.

The clinic is the demo's (``adapter.cli.demo.clinic``); the simulator is started once and reset for
each test. Loaded by the top ``conftest.py``, so that one simulator serves every folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import published_day
import pytest
from fakes.second_contract import assemble
from pydantic import SecretStr

from adapter import resources
from adapter.bootstrap import Adapter, open_adapter
from adapter.cli.demo.clinic import Clinic
from adapter.cli.demo.stage import FACILITY, demo_settings
from adapter.clock import SystemClock
from adapter.domain.moments import warsaw_day
from adapter.ports.store import Message, MessageState
from adapter.services.deliver import deliver
from adapter.services.settle_doubts import settle_doubts
from adapter.services.synchronise import Pass, synchronise
from adapter.settings import Settings
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.simulator.contracts import FIRST
from adapter.simulator.registry import RegistryRules
from adapter.store import sealing

KEYS = sealing.new_keys()
SECOND = "second"


@dataclass(slots=True)
class Site:
    """One facility at work. ``admin`` is the simulator's."""

    adapter: Adapter
    simulator: Simulator
    clinic: Clinic
    exports: int = 0

    @property
    def admin(self) -> Any:
        return self.simulator.admin

    @property
    def eq(self) -> Any:
        return self.adapter.equipment

    def now(self) -> datetime:
        return self.eq.clock.now()

    def export(self, *resources: dict[str, Any]) -> None:
        """The EHR exports new versions; nothing is done with them yet."""
        self.exports += 1
        self.clinic.export(f"{self.exports:04d}", list(resources), self.now())

    def says(self, *resources: dict[str, Any]) -> Pass:
        """The EHR exports new versions and one pass follows."""
        self.export(*resources)
        return self.sync()

    def sync(self) -> Pass:
        return synchronise(self.eq, FACILITY)

    def open_day(self, day: int = 3) -> None:
        """Publish all schedules and Dr Lis's slots of one working day; put back where it was done before."""
        published_day.open_day(self, day)

    def publish(self, day: int) -> None:
        """What :meth:`open_day` puts back."""
        done = self.says(
            *self.clinic.schedules(),
            *(self.clinic.slot("dr-lis", day, number) for number in range(8)),
        )
        assert not done.problems

    def book(self, visit: str, person: int, place: tuple[str, int, int], **more: Any) -> Pass:
        """A patient with referral is booked by reception."""
        at = more.pop("at", self.now())
        by_code = more.pop("by_code", False)
        return self.says(
            self.clinic.patient(person),
            self.clinic.referral(person, by_code=by_code),
            self.clinic.appointment(visit, person, at, place=place, **more),
        )

    def until_quiet(self, rounds: int = 20) -> None:
        """Deliver and settle until nothing moves any more; pauses are waited for."""
        for _ in range(rounds):
            deliver(self.eq, FACILITY)
            settle_doubts(self.eq, FACILITY)
            if not self.messages(MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT):
                return
            self.eq.clock.sleep(0.1)
        raise AssertionError(f"still moving: {self.messages(MessageState.WAITING, MessageState.IN_DOUBT)}")

    def messages(self, *states: MessageState) -> list[Message]:
        with self.eq.store.unit_of_work() as work:
            return list(reversed(work.outbox.find(facility=FACILITY, states=list(states), limit=10_000)))

    def visits(self, reference: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
        """Visits in CeR."""
        return [
            visit
            for visit in self.admin.visits()
            if (reference is None or visit["reference"] == reference) and (state is None or visit["state"] == state)
        ]

    def slot_state(self, slot: str) -> str:
        return next(str(one["state"]) for one in self.admin.slots() if one["reference"] == slot)

    def referral_state(self, person: int) -> str:
        pesel = self.clinic.world["people"][person]["pesel"]
        return next(str(one["state"]) for one in self.admin.referrals() if one["person"] == pesel)

    def referral_history(self, person: int) -> list[str]:
        pesel = self.clinic.world["people"][person]["pesel"]
        found = next(one for one in self.admin.referrals() if one["person"] == pesel)
        return [step["what"] for step in found["history"]]

    def person(self, number: int) -> dict[str, Any]:
        return {"pesel": self.clinic.world["people"][number]["pesel"]}

    def ehr(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        """A resource as the EHR has it now."""
        received = self.adapter.hospital.read(FACILITY, resource_type, resource_id)
        assert received is not None, f"{resource_type}/{resource_id} is not in the EHR"
        return dict(json.loads(received.raw))

    def ehr_appointment_of(self, national_id: str) -> dict[str, Any] | None:
        """The Appointment that carries CeR's visit id, None if the EHR has none."""
        from adapter.fhir import names

        received = self.adapter.hospital.find(FACILITY, "Appointment", names.NATIONAL_VISIT, national_id)
        return dict(json.loads(received.raw)) if received is not None else None

    def asked(self, verb: str) -> int:
        """How many messages of that verb of ours CeR took."""
        return int(self.admin.counters()["received"].get(self.simulator.services["cer"].dialect.verbs[verb], 0))

    def list_pages(self, slots: int) -> int:
        """How many messages a list of so many slots takes."""
        return -(-slots // self.simulator.config.rules.list_page_size)

    def rules(self) -> dict[str, int]:
        with self.eq.store.unit_of_work() as work:
            return dict(work.inbox.refusals_by_rule(FACILITY))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    """Test certificates of both sides."""
    return make_test_certificates(tmp_path_factory.mktemp("certificates"), now=SystemClock().now())


@pytest.fixture
def contract() -> str:
    """In which contract CeR is spoken, by name; ``tests/acceptance`` runs on every one."""
    return FIRST


@pytest.fixture(scope="session")
def simulator_of(certificates: TestCertificates) -> Iterator[Callable[[str], Simulator]]:
    """CeR and P1 by contract, each started once. The second one's pages are short, so that there are many."""
    rules = {FIRST: RegistryRules(), SECOND: RegistryRules(page_size=3, list_page_size=3)}
    with ExitStack() as running:

        @cache
        def start(contract: str) -> Simulator:
            config = SimulatorConfig(certificates=certificates.folder, contract=contract, rules=rules[contract])
            return running.enter_context(Simulator(config))

        yield start


@pytest.fixture(scope="session")
def running_simulator(simulator_of: Callable[[str], Simulator]) -> Simulator:
    """CeR in its first contract, and P1."""
    return simulator_of(FIRST)


@pytest.fixture(scope="session")
def second_contract(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(wsdl, mappings) of an installation that speaks the second contract."""
    return assemble(tmp_path_factory.mktemp("second-contract"))


@pytest.fixture
def site_simulator(contract: str, simulator_of: Callable[[str], Simulator]) -> Iterator[Simulator]:
    """The test's own world in that contract."""
    simulator = simulator_of(contract)
    simulator.admin.reset()
    yield simulator
    simulator.admin.clear_troubles()


def contract_folders(contract: str, request: pytest.FixtureRequest) -> dict[str, Path]:
    """The settings by which an installation speaks a contract: two folders, and nothing else."""
    if contract == FIRST:
        return {}
    wsdl, mappings = request.getfixturevalue("second_contract")
    return {"wsdl": wsdl, "mappings": mappings}


@pytest.fixture
def site_contract(contract: str, request: pytest.FixtureRequest) -> dict[str, Path]:
    """Those of the test's own contract."""
    return contract_folders(contract, request)


@pytest.fixture
def site_settings(
    site_simulator: Simulator,
    site_contract: dict[str, Path],
    certificates: TestCertificates,
    database_url: str,
    tmp_path: Path,
) -> Settings:
    """Settings of an installation on a clean database, its EHR in ``tmp_path / ehr``."""
    (tmp_path / "ehr").mkdir()
    settings = demo_settings(site_simulator, certificates, tmp_path / "ehr")
    facility = settings.facilities[FACILITY]
    pem = {  # the same certificates; opening PKCS#12 takes a tenth of a second each
        "tls_certificate": certificates.client_tls.certificate,
        "tls_key": certificates.client_tls.key,
        "tls_password": None,
        "signing_certificate": certificates.client_wss.certificate,
        "signing_key": certificates.client_wss.key,
        "signing_password": None,
    }
    endpoints = {name: getattr(facility, name).model_copy(update=pem) for name in ("cer", "p1")}
    return settings.model_copy(
        update={
            "facilities": {FACILITY: facility.model_copy(update=endpoints)},
            "database_url": SecretStr(database_url),
            "sealing_keys": SecretStr(KEYS),
            "retry_first_seconds": 0.05,
            "rest_most_seconds": 0.05,
            **site_contract,
        }
    )


@pytest.fixture
def site(site_simulator: Simulator, site_settings: Settings, tmp_path: Path) -> Iterator[Site]:
    """A facility at work on a fresh world."""
    world = json.loads((resources.fixtures() / "world" / "clinic.json").read_text(encoding="utf-8"))
    clock = SystemClock()
    with open_adapter(site_settings, clock=clock, defer_jobs=False) as adapter:
        yield Site(adapter, site_simulator, Clinic(tmp_path / "ehr", world, warsaw_day(clock.now())))


A_DAY = timedelta(days=1)
