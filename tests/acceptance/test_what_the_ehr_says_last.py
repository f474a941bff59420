"""Versions of an EHR that come in another order than they were made, or have no numbers: the last word counts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from clinic_site import Site

from adapter.simulator.contracts import FIRST

LIS0 = "dr-lis-d03-s0"


# What comes in does not depend on how CeR is spoken.
pytestmark = [pytest.mark.parametrize("contract", [FIRST]), pytest.mark.usefixtures("day_open")]


def says_without_versions(site: Site, name: str, resource: dict[str, Any]) -> None:
    """An export program that writes no ``meta``."""
    (site.clinic.folder / f"{name}.json").write_text(json.dumps(resource), encoding="utf-8")
    site.sync()


def test_a_term_blocked_for_the_second_time_is_blocked_in_cer(site: Site) -> None:
    for number, status in enumerate(("busy-unavailable", "free", "busy-unavailable", "free", "busy-unavailable")):
        says_without_versions(site, f"bare-{number}", site.clinic.slot("dr-lis", 3, 0, status))
        assert site.slot_state(LIS0) == ("open" if status == "free" else "blocked"), f"version {number}"
