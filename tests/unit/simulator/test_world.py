"""Seeds: what ships is whole and invented; what is wrong is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stdnum.pl import pesel

from adapter.errors import BadInput
from adapter.simulator import documents
from adapter.simulator.clock import MovableClock
from adapter.simulator.registry import RegistryRules
from adapter.simulator.state import State
from adapter.simulator.world import PESEL_ROOT, default_seed, load, plain_world

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
FACILITY = {"podmiot": "000000927722", "name": "Poradnia", "node": "2.16.840.1.113883.3.4424.2.7.999"}
PERSON = {"pesel": "12670112345", "given": "Anna", "family": "Testowa"}
REFERRAL = {
    "number": "1000000000000000000001",
    "key": "1003" + "0" * 40,
    "code": "1234",
    "person": PERSON["pesel"],
    "issuer": FACILITY["podmiot"],
    "issued_on": "2026-11-01",
}
SLOT = {
    "podmiot": FACILITY["podmiot"],
    "reference": "a",
    "schedule": "s",
    "cell": "001",
    "service": "1100",
    "starts": "2026-12-01T08:00:00+01:00",
    "ends": "2026-12-01T08:30:00+01:00",
    "kind": "stable",
}


def state(seed: object) -> State:
    return State(MovableClock(NOW), load(seed), RegistryRules())  # type: ignore[arg-type]


def test_the_people_shipped_are_invented() -> None:
    """Valid check digits, births in the 2200s: they belong to no one."""
    people = plain_world().people.values()
    assert len(people) >= 12
    for person in (one for one in people if one.id_root == PESEL_ROOT):
        assert pesel.is_valid(person.id_extension)
        assert pesel.get_birth_date(person.id_extension).year >= 2200
    assert sum(person.privileged for person in people) == 1


def test_the_referrals_shipped_can_be_opened_and_read() -> None:
    made = state(default_seed())
    assert len(made.referrals.by_number) >= 12
    for referral in made.referrals.by_number.values():
        assert (len(referral.key), referral.key[:4], len(referral.code)) == (44, "1003", 4)
        assert len(referral.extension) == documents.NUMBER_CHARACTERS
        facts = documents.read(referral.document)
        assert (facts.root, facts.extension) == referral.number
        assert facts.person_extension == referral.person_extension


def test_a_seed_may_bring_slots_and_visits() -> None:
    visits = [{"slot": "a", "person": PERSON["pesel"], "reference": "v"}]
    made = state({"facilities": [FACILITY], "people": [PERSON], "slots": [SLOT], "visits": visits})
    (visit,) = made.registry.visits.values()
    assert (visit.reference, visit.origin) == ("v", "facility")


WRONG = [
    ([], "not an object"),
    ({"people": {}}, "people are no list"),
    ({"people": [{"given": "Anna", "family": "Testowa"}]}, "a person without identifier"),
    ({"facilities": [{"podmiot": "1", "name": "x"}]}, "a facility without its node"),
    ({"people": [PERSON], "referrals": [REFERRAL]}, "a referral of an unknown facility"),
    ({"facilities": [FACILITY], "referrals": [REFERRAL]}, "a referral of an unknown person"),
    (
        {"facilities": [FACILITY], "people": [PERSON], "referrals": [{**REFERRAL, "issued_on": "wczoraj"}]},
        "a bad date",
    ),
    ({"facilities": [FACILITY], "people": [PERSON], "referrals": [{**REFERRAL, "state": "lost"}]}, "unknown state"),
    (
        {"facilities": [FACILITY], "people": [PERSON], "referrals": [{**REFERRAL, "state": "with-provider"}]},
        "accepted by nobody",
    ),
    ({"slots": [{**SLOT, "kind": "other"}]}, "a slot of an unknown kind"),
    ({"slots": [{**SLOT, "starts": "8:00"}]}, "a slot without a day"),
    ({"slots": [SLOT], "visits": [{"slot": "b", "person": "1"}]}, "a visit on no slot"),
]


@pytest.mark.parametrize("seed", [row[0] for row in WRONG], ids=[row[1] for row in WRONG])
def test_a_wrong_seed_is_refused(seed: object) -> None:
    with pytest.raises(BadInput) as wrong:
        state(seed)
    assert PERSON["pesel"] not in wrong.value.message


def test_a_seed_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_text("{")
    with pytest.raises(BadInput, match=r"seed\.json is not JSON"):
        load(file)
    with pytest.raises(BadInput, match="cannot be read"):
        load(tmp_path / "absent.json")
    file.write_text(json.dumps({}))
    assert load(file).people == {}
