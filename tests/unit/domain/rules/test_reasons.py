"""The reasons that rules name are rows of the shipped table of removals, with the effect a rule counts on (X-02)."""

from __future__ import annotations

import csv

from adapter.domain.rules import reasons
from adapter.domain.rules.release import ReferralEffect
from adapter.resources import mappings

EFFECTS = {
    "SERVICE_DONE": ReferralEffect.FINISH,
    "RESIGNED": ReferralEffect.RELEASE,
    "PROVIDER_STOPPED": ReferralEffect.RELEASE,
    "NO_SHOW": ReferralEffect.RELEASE,
    "DECEASED": ReferralEffect.NONE,
    "NO_PAPER_REFERRAL": ReferralEffect.NONE,
    "ON_OTHER_LIST": ReferralEffect.PERSON,
}


def test_x_02_r_05_the_reasons_that_rules_name_do_what_the_rules_say() -> None:
    """R-05: resigned, did not come and provider stopped release the referral; the table must not say otherwise."""
    lines = (mappings() / "removal_reasons.csv").read_text("utf-8").splitlines()
    table = {row["ours"]: row["effect"] for row in csv.DictReader(one for one in lines if not one.startswith("#"))}
    named = {value for name, value in vars(reasons).items() if name.isupper()}
    assert named == EFFECTS.keys()
    assert {name: ReferralEffect(table[name]) for name in named} == EFFECTS
    assert {ReferralEffect(effect) for effect in table.values()} == set(ReferralEffect)
