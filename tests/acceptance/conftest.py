"""Acceptance: everything, over HTTPS, with the simulator's troubles, on every contract that the simulator speaks.

The adapter is told of a contract by two folders (``wsdl``, ``mappings``): no test here knows which one it is on. A
held site lives on days that the test names; both sides share its clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from clinic_site import KEYS, Site, contract_folders
from pydantic import SecretStr
from store_fixtures import HeldClock

from adapter import resources
from adapter.bootstrap import open_adapter
from adapter.cli.demo.clinic import Clinic
from adapter.cli.demo.stage import FACILITY, demo_settings
from adapter.domain.moments import warsaw_day
from adapter.settings import AdmissionsSettings
from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import TestCertificates, make_test_certificates
from adapter.simulator.contracts import FIRST, names

BEFORE_ALL = datetime(2025, 6, 1, tzinfo=UTC)
YEARS = 5


@pytest.fixture(scope="session")
def held_clock() -> HeldClock:
    """The time of both sides; each step of a journey moves it."""
    return HeldClock(BEFORE_ALL)


@pytest.fixture(scope="session")
def long_certificates(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    """Certificates that hold on the days of all journeys, and on the machine's own."""
    return make_test_certificates(tmp_path_factory.mktemp("long"), now=BEFORE_ALL, days=365 * YEARS)


@pytest.fixture(scope="session")
def held_simulator_of(
    held_clock: HeldClock, long_certificates: TestCertificates
) -> Iterator[Callable[[str], Simulator]]:
    """CeR and P1 on the held time by contract, each started once."""
    shared = SimulatorConfig(certificates=long_certificates.folder, clock=held_clock.now, security_time=held_clock.now)
    with ExitStack() as running:

        @cache
        def start(contract: str) -> Simulator:
            return running.enter_context(Simulator(replace(shared, contract=contract)))

        yield start


@pytest.fixture
def open_held_site(
    held_clock: HeldClock,
    held_simulator_of: Callable[[str], Simulator],
    long_certificates: TestCertificates,
    database_url: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Callable[..., AbstractContextManager[Site]]:
    """A facility at work on a fresh world, an hour before an instant; ``register`` is what it says of its own."""

    @contextmanager
    def open_site(at: datetime, register: dict[str, Any], contract: str = FIRST) -> Iterator[Site]:
        held_simulator = held_simulator_of(contract)
        held_simulator.admin.reset()
        held_simulator.admin.clear_troubles()
        held_clock.sleep((at - held_clock.now() - timedelta(hours=1)).total_seconds())
        (tmp_path / "ehr").mkdir()
        settings = demo_settings(held_simulator, long_certificates, tmp_path / "ehr")
        said = {"admissions": AdmissionsSettings.model_validate(register)}
        changes = {
            "facilities": {FACILITY: settings.facilities[FACILITY].model_copy(update=said)},
            "database_url": SecretStr(database_url),
            "sealing_keys": SecretStr(KEYS),
            "retry_first_seconds": 0.05,
            "rest_most_seconds": 0.05,
            **contract_folders(contract, request),
        }
        world = json.loads((resources.fixtures() / "world" / "clinic.json").read_text(encoding="utf-8"))
        with open_adapter(settings.model_copy(update=changes), clock=held_clock, defer_jobs=False) as adapter:
            yield Site(adapter, held_simulator, Clinic(tmp_path / "ehr", world, warsaw_day(held_clock.now())))

    return open_site


@pytest.fixture(params=names())
def contract(request: pytest.FixtureRequest) -> str:
    """Every contract that ships, by name."""
    return str(request.param)


@pytest.fixture
def day_open(site: Site) -> None:
    """All schedules and Dr Lis's slots of one working day are published before the test (``usefixtures``)."""
    site.open_day()
