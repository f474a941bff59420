"""Each row of the rule book's table of tests (``fixtures/law_rows.json``) is played, and not only named, by a test."""

from __future__ import annotations

import ast
import copy
import json
import re
from functools import cache

import pytest
from house.tree import TOP, parsed, text

from adapter.services.rule_check.list_rules import NO_SOFTWARE, list_rules

ROWS = json.loads(text("fixtures/law_rows.json"))["rows"]
ROWS_OF_THE_BOOK = 70
"""Rules in the table; it does not shrink."""
DATE = re.compile(r"\b(?:date|datetime)\((\d{4}), (\d+), (\d+)")


class Bare(ast.NodeTransformer):
    """Takes docstrings away: what is only told is not tested."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """A statement that is only a value."""
        return None if isinstance(node.value, ast.Constant) else node


@cache
def named(path: str) -> dict[str, ast.stmt]:
    """Functions, classes and values of a test file, by name."""
    found: dict[str, ast.stmt] = {}
    for node in parsed(TOP / path).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                found[node.name] = node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
    return found


def played(test: str) -> str:
    """What a test does, with the tables and functions of its own file that it uses; dates as 2026-03-02."""
    path, _, name = test.partition("::")
    near = named(path)
    seen: dict[str, str] = {}
    todo = [name]
    while todo:
        word = todo.pop()
        if word not in seen:
            bare = Bare().visit(copy.deepcopy(near[word]))
            seen[word] = DATE.sub(
                lambda day: f"{day[1]}-{int(day[2]):02}-{int(day[3]):02} {day[0]}", ast.unparse(bare)
            )
            todo += [one.id for one in ast.walk(bare) if isinstance(one, ast.Name) and one.id in near]
    return "\n".join(seen.values())


def test_every_row_of_the_book_is_here_once() -> None:
    rules = [row["rule"] for row in ROWS]
    assert len(rules) == len(set(rules)) == ROWS_OF_THE_BOOK
    assert set(rules) <= {one.id for one in list_rules()}


@pytest.mark.parametrize("row", ROWS, ids=[row["rule"] for row in ROWS])
def test_a_row_is_played(row: dict[str, object]) -> None:
    tests, says = row["tests"], row["says"]
    assert isinstance(tests, list)
    assert isinstance(says, list)
    assert bool(tests) == bool(says) == (row["rule"] not in NO_SOFTWARE)
    content = "\n".join(played(test) for test in tests)
    assert not [words for words in says if words not in content]


def test_what_only_a_docstring_says_is_not_played() -> None:
    assert "Takes docstrings away" not in played("tests/house/test_law_rows.py::Bare")
    assert "docstrings" not in played("tests/house/test_law_rows.py::test_every_row_of_the_book_is_here_once")
    assert "ROWS_OF_THE_BOOK = 70" in played("tests/house/test_law_rows.py::test_every_row_of_the_book_is_here_once")
