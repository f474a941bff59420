"""Modules and functions stay small, well named and explained."""

from __future__ import annotations

import ast

import pytest
from house.tree import PACKAGE, TOP, files, long_functions, name, nodes, parsed, sources, undocumented

MODULE_LINES_MAX = 400
FUNCTION_LINES_WALL = 60
"""A function stays under it."""
BANNED = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}


def port_methods() -> frozenset[str]:
    """Methods that a port documents: whoever implements one need not say it again."""
    found: set[str] = set()
    for path in sources():
        if path.is_relative_to(PACKAGE / "ports"):
            for node in nodes(parsed(path)):
                if isinstance(node, ast.ClassDef):
                    found |= {inner.name for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(found)


def test_no_module_passes_the_wall() -> None:
    long = {
        name(path): lines for path in sources() if (lines := len(path.read_text().splitlines())) > MODULE_LINES_MAX
    }
    assert not long


def test_no_function_reaches_the_wall() -> None:
    long = {
        f"{name(path)}:{function}": lines
        for path in sources()
        for function, lines in long_functions(parsed(path), FUNCTION_LINES_WALL)
    }
    assert not long


def test_a_long_function_would_be_found() -> None:
    body = "\n".join("    x = 1" for _ in range(FUNCTION_LINES_WALL))
    assert list(long_functions(ast.parse(f"def f():\n{body}\n"), FUNCTION_LINES_WALL)) == [("f", 61)]


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [
        name(path)
        for path in files()
        if path.suffix == ".py" and BANNED & {part.removesuffix(".py") for part in path.relative_to(TOP).parts}
    ]
    assert not vague


def test_everything_public_says_what_it_is() -> None:
    promised = port_methods()
    silent = [f"{name(path)}: {what}" for path in sources() for what in undocumented(parsed(path), promised)]
    assert not silent, "\n".join(silent)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("x = 1", ["(module)"], id="a module"),
        pytest.param('"""Doc."""\ndef f(): pass', ["f"], id="a function"),
        pytest.param('"""Doc."""\nclass A:\n    """Doc."""\n    def f(self): pass', ["A.f"], id="a method"),
        pytest.param('"""Doc."""\ndef _f(): pass', [], id="private needs none"),
        pytest.param('"""Doc."""\nclass A:\n    """Doc."""\n    def kept(self): pass', [], id="a port says it"),
    ],
)
def test_a_missing_docstring_would_be_found(source: str, found: list[str]) -> None:
    assert list(undocumented(ast.parse(source), frozenset({"kept"}))) == found
