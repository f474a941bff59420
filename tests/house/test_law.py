"""The rule book in docs/law.md is whole: every rule of the book with its module, its test and its article."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from house.tree import TOP, text

from adapter.domain.rules.catalogue import LISTED
from adapter.services.rule_check.list_rules import list_rules

RULE_ID = re.compile(r"[A-Z]-\d{2}")
MODULE = re.compile(r"`(adapter/[\w/]+\.py)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
FOLDER = re.compile(r"`(tests/[\w/]+/)`")
BOOK = [one.id for one in list_rules()]


def sections() -> list[str]:
    """The parts of the document, by heading."""
    return re.split(r"^## ", text("docs/law.md"), flags=re.MULTILINE)


def rows() -> dict[str, list[tuple[str, str]]]:
    """Rule -> (its row, the section around it), for every row whose first cell names it."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for section in sections():
        for line in section.splitlines():
            if line.startswith("| "):
                for rule in RULE_ID.findall(line.split("|")[1]):
                    found[rule].append((line, section))
    return found


def test_the_book_has_133_rules() -> None:
    assert len(BOOK) == 133


@pytest.mark.parametrize("rule", BOOK)
def test_every_rule_has_its_row_with_module_and_test(rule: str) -> None:
    """A row may lean on its section: the module and the tests named there are those of its rules."""
    found = rows()[rule]
    assert found, "no row"
    around = " ".join(section for _, section in found)
    if rule in LISTED:
        home = f"{LISTED[rule].module.replace('.', '/')}.py"
        modules = set(MODULE.findall(around))
        assert home in modules, f"its home is {home}"
        tests = set(TEST.findall(around))
        assert tests
        assert all((TOP / one).is_file() for one in modules | tests)
        assert all((TOP / one).is_dir() for one in FOLDER.findall(around))


@pytest.mark.parametrize("rule", sorted(LISTED))
def test_a_test_that_the_row_leads_to_names_the_rule(rule: str) -> None:
    named = {path for _, section in rows()[rule] for path in TEST.findall(section)}
    spoken = {rule, rule.lower().replace("-", "_")}
    assert any(word in text(path) for path in named for word in spoken), sorted(named)
