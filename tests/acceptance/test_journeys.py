"""The seed's rules as stories (``fixtures/journeys``): a patient of each kind, from report to the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from acceptance.journey import Journey, instant, journeys
from clinic_site import KEYS, Site
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

BEFORE_ALL = datetime(2025, 6, 1, tzinfo=UTC)
YEARS = 5


@pytest.fixture(scope="module")
def held() -> HeldClock:
    """The time of both sides; each step of a journey moves it."""
    return HeldClock(BEFORE_ALL)


@pytest.fixture(scope="module")
def long_certificates(tmp_path_factory: pytest.TempPathFactory) -> TestCertificates:
    """Certificates that hold on the days of all journeys, and on the machine's own."""
    return make_test_certificates(tmp_path_factory.mktemp("long"), now=BEFORE_ALL, days=365 * YEARS)


@pytest.fixture(scope="module")
def held_simulator(held: HeldClock, long_certificates: TestCertificates) -> Iterator[Simulator]:
    """CeR and P1 on the held time."""
    config = SimulatorConfig(certificates=long_certificates.folder, clock=held.now, security_time=held.now)
    with Simulator(config) as simulator:
        yield simulator


@pytest.mark.parametrize("name", sorted(journeys()))
def test_journey(
    name: str,
    held: HeldClock,
    held_simulator: Simulator,
    long_certificates: TestCertificates,
    database_url: str,
    tmp_path: Path,
) -> None:
    story = journeys()[name]
    held_simulator.admin.reset()
    held_simulator.admin.clear_troubles()
    held.sleep((instant(story["steps"][0]["at"]) - held.now() - timedelta(hours=1)).total_seconds())
    (tmp_path / "ehr").mkdir()
    settings = demo_settings(held_simulator, long_certificates, tmp_path / "ehr")
    register = AdmissionsSettings.model_validate(story.get("register", {}))
    facility = settings.facilities[FACILITY].model_copy(update={"admissions": register})
    settings = settings.model_copy(
        update={
            "facilities": {FACILITY: facility},
            "database_url": SecretStr(database_url),
            "sealing_keys": SecretStr(KEYS),
            "retry_first_seconds": 0.05,
            "rest_most_seconds": 0.05,
        }
    )
    world = json.loads((resources.fixtures() / "world" / "clinic.json").read_text(encoding="utf-8"))
    with open_adapter(settings, clock=held, defer_jobs=False) as adapter:
        clinic = Clinic(tmp_path / "ehr", world, warsaw_day(held.now()))
        journey = Journey(Site(adapter, held_simulator, clinic), held)
        for step in story["steps"]:
            journey.play(step)
