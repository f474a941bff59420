"""Resources to start from: each accepted as it stands; tests change one thing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CLINIC = Path(__file__).resolve().parents[3] / "fixtures" / "fhir" / "clinic.json"


@pytest.fixture(scope="session")
def _clinic() -> dict[str, dict[str, Any]]:
    entries = json.loads(CLINIC.read_text())["entry"]
    return {f"{one['resource']['resourceType']}/{one['resource']['id']}": one["resource"] for one in entries}


@pytest.fixture
def good(_clinic: dict[str, dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """A fresh copy of a resource of the clinic, by ``Type/id``."""
    return lambda name: copy.deepcopy(_clinic[name])
