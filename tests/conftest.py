"""Shared by all tests: golden files, and the folder on the path that holds fakes and attacks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).resolve().parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

from depth import EXAMPLES  # noqa: E402 - found in the folder just named

settings.register_profile("pomost", max_examples=EXAMPLES, deadline=None)  # no deadline: the machine may be busy
settings.load_profile("pomost")

pytest_plugins = ["thrift", "store_fixtures", "clinic_site"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rewrite-golden``: golden files take what the program says now; read the diff before you commit it."""
    parser.addoption("--rewrite-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def rewrite_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are written anew."""
    return bool(request.config.getoption("--rewrite-golden"))
