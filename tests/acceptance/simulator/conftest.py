"""A simulator for each module, as freshly started for each test, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from acceptance.simulator.wire import Client

from adapter.simulator.app import Simulator, SimulatorConfig
from adapter.simulator.certificates import BadCertificates, TestCertificates, make_bad_certificates


@pytest.fixture(scope="session")
def identities(tmp_path_factory: pytest.TempPathFactory) -> tuple[TestCertificates, BadCertificates]:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return make_bad_certificates(folder, now=datetime.now(UTC))


@pytest.fixture(scope="session")
def certificates(identities: tuple[TestCertificates, BadCertificates]) -> TestCertificates:
    return identities[0]


@pytest.fixture(scope="session")
def bad_certificates(identities: tuple[TestCertificates, BadCertificates]) -> BadCertificates:
    return identities[1]


@pytest.fixture(scope="module")
def running(certificates: TestCertificates) -> Iterator[Simulator]:
    config = SimulatorConfig(
        certificates=certificates.folder,
        admin_port=0,
        admin_token="token-of-the-tests",
        held_at=datetime(2026, 11, 21, 10, 0, tzinfo=UTC),
        client_subjects=frozenset({certificates.client_wss.subject}),
        hits_max=10,
    )
    with Simulator(config) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    """A simulator as freshly started."""
    running.admin.reset()
    running.admin.set_clock(datetime(2026, 11, 21, 10, 0, tzinfo=UTC), hold=True)
    return running


@pytest.fixture
def client(simulator: Simulator, certificates: TestCertificates) -> Client:
    return Client(simulator, certificates)
