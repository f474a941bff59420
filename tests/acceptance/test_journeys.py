"""The seed's rules as stories (``fixtures/journeys``): a patient of each kind, from report to the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from acceptance.journey import Journey, instant, journeys
from clinic_site import Site

OpenHeldSite = Callable[..., AbstractContextManager[Site]]


@pytest.mark.parametrize("name", sorted(journeys()))
def test_journey(name: str, open_held_site: OpenHeldSite) -> None:
    story = journeys()[name]
    with open_held_site(instant(story["steps"][0]["at"]), story.get("register", {})) as site:
        journey = Journey(site)
        for step in story["steps"]:
            journey.play(step)
