"""The catalogue holds every rule once, and each rule is whole: title, article, actions that fit its codes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

from adapter.domain import rules
from adapter.domain.rules.catalogue import CATALOGUE, LISTED, MODULES, SECTIONS, book_order, collected
from adapter.domain.rules.rule import Action, Rule

PREFIXES = {
    Action.ERROR: ("E-", "P-FIX-OVERDUE"),
    Action.WARN: ("W-",),
    Action.TASK: ("TASK-",),
    Action.AUTO: ("AUTO-",),
    Action.REPORT: ("REPORT-",),
}


def modules() -> Iterator[ModuleType]:
    """Every module of the folder."""
    for found in pkgutil.iter_modules(rules.__path__):
        yield importlib.import_module(f"{rules.__name__}.{found.name}")


def test_every_module_with_rules_is_in_the_catalogue() -> None:
    with_rules = {module.__name__ for module in modules() if hasattr(module, "RULES")}
    assert with_rules == {module.__name__ for module in MODULES}


def test_every_rule_of_a_module_is_listed_by_it() -> None:
    forgotten = {
        rule.id
        for module in modules()
        for rule in vars(module).values()
        if isinstance(rule, Rule) and rule.id not in CATALOGUE
    }
    assert not forgotten


def test_the_catalogue_is_in_the_books_order() -> None:
    assert list(CATALOGUE) == sorted(CATALOGUE, key=book_order)
    assert [*dict.fromkeys(key[0] for key in CATALOGUE)] == [
        one for one in SECTIONS if one in {k[0] for k in CATALOGUE}
    ]
    assert LISTED["C-01"].module == "adapter.domain.rules.kinds"


def test_two_homes_for_a_rule_are_refused() -> None:
    rule = CATALOGUE["C-01"]
    with pytest.raises(ValueError, match="C-01 has two homes: a and b"):
        collected([("a", [rule]), ("b", [rule])])


@pytest.mark.parametrize("rule", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_rule_is_whole(rule: Rule) -> None:
    assert rule.title
    assert rule.title_en
    assert rule.title != rule.title_en
    assert rule.article
    assert len(set(rule.codes)) == len(rule.codes)
    known = tuple(prefix for prefixes in PREFIXES.values() for prefix in prefixes)
    assert not [code for code in rule.codes if not code.startswith(known)]


@pytest.mark.parametrize("rule", CATALOGUE.values(), ids=list(CATALOGUE))
def test_a_rule_answers_only_by_the_actions_that_it_names(rule: Rule) -> None:
    """Every code belongs to an action of the rule. Errors and warnings have a code of their own wherever named."""
    used = {action for action, prefixes in PREFIXES.items() for code in rule.codes if code.startswith(prefixes)}
    assert used <= set(rule.actions), rule.codes


def test_a_rule_answers_only_with_its_own_codes() -> None:
    with pytest.raises(ValueError, match="C-01 does not list the code E-OTHER"):
        CATALOGUE["C-01"].refuse("E-OTHER", "tekst", "text")
