"""The shipped tables, a day, and small good resources of invented people."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from unit.mapping.samples import BASE, PL, category, changed

from adapter.mapping.tables import Tables, load_tables

SHIPPED = Path(__file__).parents[3] / "mappings"
Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The tables that Pomost ships."""
    return load_tables(SHIPPED)


@pytest.fixture
def today() -> date:
    """The day whose mappings hold."""
    return date(2026, 11, 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped tables that a test may spoil."""
    copied = tmp_path / "mappings"
    shutil.copytree(SHIPPED, copied)
    return copied


@pytest.fixture
def slot() -> Make:
    """A free stable slot."""
    good = {
        "resourceType": "Slot",
        "id": "S1",
        "meta": {"lastUpdated": "2026-11-01T08:00:00Z"},
        "schedule": {"reference": "Schedule/D1"},
        "status": "free",
        "appointmentType": {"coding": [{"system": f"{BASE}/CodeSystem/slot-kind", "code": "stable"}]},
        "start": "2026-11-09T09:00:00+01:00",
        "end": "2026-11-09T09:20:00+01:00",
    }
    return lambda **changes: changed(good, changes)


@pytest.fixture
def schedule() -> Make:
    """A cardiologist's schedule in cell 001."""
    good = {
        "resourceType": "Schedule",
        "id": "D1",
        "specialty": [{"coding": [{"system": f"{PL}.11.2.4", "code": "1100"}]}],
        "actor": [
            {"reference": "Location/L1", "identifier": {"system": f"{PL}.2.3.3", "value": "000000927722-001"}},
            {"reference": "Practitioner/W1", "identifier": {"system": f"{PL}.1.6.2", "value": "1234567"}},
        ],
    }
    return lambda **changes: changed(good, changes)


@pytest.fixture
def patient() -> Make:
    """An invented person of the 2200s."""
    good = {
        "resourceType": "Patient",
        "id": "P1",
        "identifier": [{"system": f"{PL}.1.1.616", "value": "00690100011"}],
        "name": [{"use": "official", "family": "Wymyślona", "given": ["Anna", "Maria"]}],
        "telecom": [
            {"system": "phone", "value": "22 123 45 67", "use": "home"},
            {"system": "phone", "value": "600 700 800", "use": "mobile"},
            {"system": "email", "value": "anna@example.org"},
        ],
    }
    return lambda **changes: changed(good, changes)


@pytest.fixture
def request_() -> Make:
    """A referral with number and key."""
    good = {
        "resourceType": "ServiceRequest",
        "id": "R1",
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "subject": {"reference": "Patient/P1"},
        "code": {"coding": [{"system": f"{PL}.11.2.4", "code": "1100"}]},
        "identifier": [
            {"system": f"{PL}.2.7.999.4.1", "value": "0000000000SK1607436862"},
            {"system": f"{BASE}/identifier/referral-key", "value": "1" * 44},
        ],
    }
    return lambda **changes: changed(good, changes)


@pytest.fixture
def appointment() -> Make:
    """A booked visit of a waiting patient."""
    good = {
        "resourceType": "Appointment",
        "id": "A1",
        "meta": {"lastUpdated": "2026-11-01T08:00:00Z"},
        "status": "booked",
        "created": "2026-10-30T11:00:00+01:00",
        "start": "2026-11-09T09:00:00+01:00",
        "end": "2026-11-09T09:20:00+01:00",
        "slot": [{"reference": "Slot/S1"}],
        "basedOn": [{"reference": "ServiceRequest/R1"}],
        "participant": [{"actor": {"reference": "Patient/P1"}, "status": "accepted"}],
        "extension": [category("waiting")],
    }
    return lambda **changes: changed(good, changes)
