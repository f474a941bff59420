"""The seed's rules as stories (``fixtures/journeys``): a patient of each kind, from report to the end.

A story that CeR has a part in is played on every contract; the others say the same to P1 alone, whichever it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from acceptance.journey import Journey, Json, instant, journeys
from clinic_site import Site

from adapter.simulator.contracts import FIRST, names

OpenHeldSite = Callable[..., AbstractContextManager[Site]]


def speaks_to_cer(story: Json) -> bool:
    """Whether a schedule of the story is kept in CeR."""
    return any(one.get("route") == "cer" for step in story["steps"] for one in step.get("ehr", []))


def played() -> list[tuple[str, str]]:
    """(story, contract) of all that is played."""
    return [
        (name, contract)
        for name, story in sorted(journeys().items())
        for contract in (names() if speaks_to_cer(story) else [FIRST])
    ]


@pytest.mark.parametrize(("name", "contract"), played())
def test_journey(name: str, contract: str, open_held_site: OpenHeldSite) -> None:
    story = journeys()[name]
    with open_held_site(instant(story["steps"][0]["at"]), story.get("register", {}), contract) as site:
        journey = Journey(site)
        for step in story["steps"]:
            journey.play(step)
