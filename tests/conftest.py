"""Shared by all tests: golden files, what runs first, and the folder on the path that holds fakes and attacks."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from adapter.logs import OURS

TESTS = Path(__file__).resolve().parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

from depth import EXAMPLES  # noqa: E402 - found in the folder just named

settings.register_profile(  # no deadline, and nothing is too slow: the machine may be busy
    "pomost", max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("pomost")

pytest_plugins = ["thrift", "store_fixtures", "clinic_site"]


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: its children would not hear Ctrl+C
    signal.signal(signal.SIGINT, signal.default_int_handler)

FIRST = (
    "integration/delivery/test_kill.py",
    "interop/test_profile.py",
    "integration/cli/test_serve.py",
    "house/test_time_and_talk.py",
    "acceptance/test_reviewed_taking.py",
    "house/test_readme.py",
    "integration/store/test_embedded.py",
    "acceptance/test_register.py",
)
"""Files that take longest, so that all processes end together; each begins with one, and a short one follows the
first, for xdist hands it out with it. A file is one process's, and so is what its tests share."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest runs first; everything else stays in its order."""
    place = {TESTS / name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(FIRST)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rewrite-golden``: golden files take what the program says now; read the diff before you commit it."""
    parser.addoption("--rewrite-golden", action="store_true", help="write golden files anew")


@pytest.fixture(autouse=True)
def our_loggers_speak() -> None:
    """An adapter that an earlier test opened set what our loggers tell of: each test begins with what Python does."""
    logging.getLogger(OURS).setLevel(logging.WARNING)


@pytest.fixture
def rewrite_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are written anew."""
    return bool(request.config.getoption("--rewrite-golden"))
