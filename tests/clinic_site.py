"""A whole installation for acceptance tests: simulator over HTTPS, clean database, an EHR in a folder.

The clinic is the demo's (``adapter.cli.demo.clinic``); the simulator is started once and reset for
each test. Loaded by ``tests/acceptance/conftest.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
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
from adapter.store import sealing

KEYS = sealing.new_keys()


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
        """Publish all schedules and Dr Lis's slots of one working day."""
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

    def rules(self) -> dict[str, int]:
        with self.eq.store.unit_of_work() as work:
            return dict(work.inbox.refusals_by_rule(FACILITY))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    """Test certificates of both sides."""
    return make_test_certificates(tmp_path_factory.mktemp("certificates"), now=SystemClock().now())


@pytest.fixture(scope="session")
def running_simulator(certificates: TestCertificates) -> Iterator[Simulator]:
    """CeR and P1, started once."""
    with Simulator(SimulatorConfig(certificates=certificates.folder)) as simulator:
        yield simulator


@pytest.fixture
def site_settings(
    running_simulator: Simulator, certificates: TestCertificates, database_url: str, tmp_path: Path
) -> Settings:
    """Settings of an installation on a clean database, its EHR in ``tmp_path / ehr``."""
    (tmp_path / "ehr").mkdir()
    settings = demo_settings(running_simulator, certificates, tmp_path / "ehr")
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
        }
    )


@pytest.fixture
def site(running_simulator: Simulator, site_settings: Settings, tmp_path: Path) -> Iterator[Site]:
    """A facility at work on a fresh world."""
    running_simulator.admin.reset()
    world = json.loads((resources.fixtures() / "world" / "clinic.json").read_text(encoding="utf-8"))
    clock = SystemClock()
    with open_adapter(site_settings, clock=clock, defer_jobs=False) as adapter:
        yield Site(adapter, running_simulator, Clinic(tmp_path / "ehr", world, warsaw_day(clock.now())))
    running_simulator.admin.clear_troubles()


A_DAY = timedelta(days=1)
