"""What an EHR says wrong comes back to it: each refusal of the book stands in the inbox, with what to do in Polish."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from clinic_site import Site
from unit.cli.fhir_refusals import BY_FHIR, TODAY, World, spoilt

from adapter.cli.demo.stage import FACILITY
from adapter.domain.moments import day_bounds
from adapter.services.receive import receive
from adapter.services.take_in import take_in

OTHERWISE = {
    ("M-06", "E-N-CAUSE"): "said once, as M-01",
    ("N-01", "E-N-CAUSE"): "said once, as M-01",
    ("R-14", "E-D-REF"): "a referral that is not opened has no number yet: said once, as R-01 or R-13",
    ("R-07", "E-R-ACCESS"): "the register is offline when P1 is, not when an Appointment says so (journey offline)",
}
"""(rule, code) -> why its file is refused and its arrival is not."""
OpenHeldSite = Callable[..., AbstractContextManager[Site]]


def refused(site: Site) -> dict[str, set[str]]:
    """Checks that refused a resource, by ``Type/id``."""
    found: dict[str, set[str]] = {}
    with site.eq.store.unit_of_work() as work:
        for one in work.inbox.find(facility=FACILITY, limit=10_000):
            name = f"{one.received.resource_type}/{one.received.resource_id}"
            errors = {problem.rule for problem in one.problems if problem.severity == "error"}
            assert all(problem.text_pl for problem in one.problems)
            found.setdefault(name, set()).update(errors)
    return found


def say(site: Site, *resources: dict[str, Any]) -> None:
    """The EHR exports, and everything is taken in; nothing is delivered."""
    site.export(*resources)
    receive(site.eq, FACILITY)
    take_in(site.eq, FACILITY)
    site.eq.clock.sleep(60)


@pytest.fixture
def worlds() -> dict[tuple[str, str], World]:
    """A world for each case, all at once in one hospital."""
    return {pair: spoilt(number, pair) for number, pair in enumerate(BY_FHIR) if pair not in OTHERWISE}


def test_every_refusal_comes_back_to_the_ehr(
    worlds: dict[tuple[str, str], World], open_held_site: OpenHeldSite
) -> None:
    with open_held_site(day_bounds(TODAY)[1] - timedelta(hours=1), {}) as site:
        say(
            site,
            *(
                one
                for world in worlds.values()
                for one in (world.schedule, world.patient, world.referral, *world.more)
            ),
        )
        for version in range(max(len(world.visits) for world in worlds.values())):
            say(site, *(world.visits[version] for world in worlds.values() if version < len(world.visits)))
        found = refused(site)
    missing = {}
    for pair, world in worlds.items():
        names = {f"{one['resourceType']}/{one['id']}" for one in world.resources()}
        told = set().union(*(found.get(name, set()) for name in names))
        if BY_FHIR[pair][0] not in told:
            missing[pair] = sorted(told)
    assert not missing
