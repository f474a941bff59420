"""Acceptance: everything, over HTTPS, with the simulator's troubles, on every contract that the simulator speaks.

The adapter is told of a contract by two folders (``wsdl``, ``mappings``): no test here knows which one it is on.
"""

from __future__ import annotations

import pytest

from adapter.simulator.contracts import names


@pytest.fixture(params=names())
def contract(request: pytest.FixtureRequest) -> str:
    """Every contract that ships, by name."""
    return str(request.param)
