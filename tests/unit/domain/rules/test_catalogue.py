"""The catalogue holds every rule once, and each rule is whole: title, article, actions that fit its codes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
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
BOOK = {"T": 7, "G": 9, "C": 8, "D": 6, "P": 8, "M": 7, "X": 7, "R": 15, "U": 7, "V": 13, "K": 5, "O": 4, "S": 4}
BOOK |= {"E": 6, "N": 8, "Z": 10, "I": 9}
"""How many rules each section of the book has."""
NO_SOFTWARE = {"V-13", "E-04", "I-08", "I-09"}
"""A notice on a wall, a duty of the Fund, help lines, a reference to other rules."""
RULE_ID = re.compile(r"\b[A-Z]-\d{2}\b")


def modules() -> Iterator[ModuleType]:
    """Every module of the folder."""
    for found in pkgutil.iter_modules(rules.__path__):
        yield importlib.import_module(f"{rules.__name__}.{found.name}")


def test_every_module_with_rules_is_in_the_catalogue() -> None:
    with_rules = {module.__name__ for module in modules() if hasattr(module, "RULES")}
    assert with_rules == {module.__name__ for module in MODULES}


def test_every_rule_of_the_book_is_here_but_those_that_it_gives_no_software() -> None:
    book = {f"{letter}-{number:02d}" for letter, count in BOOK.items() for number in range(1, count + 1)}
    assert len(book) == 133
    assert set(CATALOGUE) == book - NO_SOFTWARE


def test_every_function_that_gives_a_verdict_says_which_rule_it_asks() -> None:
    """The rule has the article, so nobody reads an answer without its source."""
    silent = [
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, member in inspect.getmembers(module, inspect.isfunction)
        if member.__module__ == module.__name__ and not name.startswith("_")
        if "Verdict" in member.__annotations__["return"] and not RULE_ID.search(inspect.getdoc(member) or "")
    ]
    assert not silent


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
