"""Certificates made once for all tests of this folder, and a clock that is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.simulator.certificates import BadCertificates, TestCertificates, make_bad_certificates

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)


@dataclass
class HeldClock:
    """Time that passes only when told."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture(scope="session")
def all_certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[TestCertificates, BadCertificates]:
    return make_bad_certificates(tmp_path_factory.mktemp("certificates"), now=NOW)


@pytest.fixture(scope="session")
def certificates(all_certificates: tuple[TestCertificates, BadCertificates]) -> TestCertificates:
    return all_certificates[0]


@pytest.fixture(scope="session")
def bad(all_certificates: tuple[TestCertificates, BadCertificates]) -> BadCertificates:
    return all_certificates[1]


@pytest.fixture(scope="session")
def certificates_folder(certificates: TestCertificates) -> Path:
    return certificates.folder


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[TestCertificates, BadCertificates]:
    """Certificates that are valid today: TLS itself looks at the machine's clock."""
    return make_bad_certificates(tmp_path_factory.mktemp("live"), now=datetime.now(UTC))
