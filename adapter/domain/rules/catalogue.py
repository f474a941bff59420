"""All rules of the book in one place: by id, with the module that is each one's home.

Rules that the book gives no software have no value here; ``docs/law.md`` names them with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

from adapter.domain.rules import (
    calendar,
    categories,
    central,
    changes,
    continuing,
    contract_end,
    duplicates,
    entitled,
    entry_data,
    figures,
    kinds,
    notices,
    offline,
    oncology,
    paper,
    patient_view,
    position,
    posting,
    privileged,
    referral,
    reinstatement,
    release,
    removal,
    reports,
    scope,
    special,
    terms,
)
from adapter.domain.rules.rule import Rule

SECTIONS = "TGCDPMXRUVKOSENZI"
"""The first letters of the ids, in the order of the book's sections."""

MODULES: tuple[ModuleType, ...] = (
    calendar,
    posting,
    scope,
    position,
    patient_view,
    categories,
    kinds,
    entry_data,
    terms,
    changes,
    removal,
    referral,
    offline,
    paper,
    release,
    duplicates,
    privileged,
    entitled,
    continuing,
    oncology,
    special,
    contract_end,
    reinstatement,
    notices,
    reports,
    figures,
    central,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule and the name of its home module."""

    rule: Rule
    module: str


def book_order(rule_id: str) -> tuple[int, str]:
    """The key that sorts ids as the book does. Raises ValueError for a letter that is no section's."""
    return SECTIONS.index(rule_id[0]), rule_id


def collected(homes: Iterable[tuple[str, Iterable[Rule]]]) -> Mapping[str, Listed]:
    """Rules by id, in the book's order, from (module name, its rules).

    Raises:
        ValueError: two rules have the same id; the message names both homes.
    """
    found: dict[str, Listed] = {}
    for module, rules in homes:
        for rule in rules:
            if rule.id in found:
                raise ValueError(f"rule {rule.id} has two homes: {found[rule.id].module} and {module}")
            found[rule.id] = Listed(rule, module)
    return MappingProxyType({key: found[key] for key in sorted(found, key=book_order)})


LISTED: Mapping[str, Listed] = collected((module.__name__, module.RULES) for module in MODULES)
"""Every rule with its home, by id, in the book's order."""
CATALOGUE: Mapping[str, Rule] = MappingProxyType({key: one.rule for key, one in LISTED.items()})
"""Every rule by id, in the book's order."""
