"""What settings say of the rules and of a facility's register, and what the use cases are given of it."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from invented_settings import CALLER, ENDPOINT

from adapter.bootstrap.adapter import register_of, rule_settings
from adapter.domain.register import Care
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.errors import Misconfigured
from adapter.settings import FacilitySettings, RulesSettings, load_settings


def facility(**register: Any) -> FacilitySettings:
    """A facility that says this of its register."""
    given = {"name": "Szpital w Przykładowie", "caller": CALLER, "cer": ENDPOINT, "p1": ENDPOINT, "register": register}
    return load_settings(facilities={"f": given}).facilities["f"]


def test_every_inferred_choice_is_a_setting_with_the_books_default() -> None:
    assert {one.name for one in fields(RuleSettings)} == set(RulesSettings.model_fields)
    assert rule_settings(RulesSettings()) == DEFAULT_SETTINGS


def test_a_site_decides_where_the_law_is_silent() -> None:
    known = load_settings(
        rules={"care_in_scope": ["hospital"], "extra_days_off": ["2027-01-04"], "late_entry_hours": 2}
    )
    found = rule_settings(known.rules)
    assert (found.care_in_scope, found.late_entry_hours) == (frozenset({Care.HOSPITAL}), 2)
    assert found.extra_days_off == {date(2027, 1, 4)}
    assert found.postal_grace_days == DEFAULT_SETTINGS.postal_grace_days


@pytest.mark.parametrize(
    ("rules", "named"),
    [({"paper_days": 3}, "rules.paper_days"), ({"paper_task_on_working_day": 15}, "rules.paper_task_on_working_day")],
)
def test_an_unknown_choice_or_a_wrong_value_is_named(rules: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        load_settings(rules=rules)


def test_a_facility_is_its_own_provider_unless_it_says_otherwise() -> None:
    plain = register_of(facility())
    assert (plain.provider, plain.provider_name) == ("000000927722", "Szpital w Przykładowie")
    told = register_of(facility(provider="07-1", list_owner="Owner", contract_ends_on={"D1": "2026-03-31"}))
    assert (told.provider, told.list_owner) == ("07-1", "Owner")
    assert told.contract_ends_on == {"D1": date(2026, 3, 31)}
