"""The source tree as the house tests see it: files, syntax trees, and what a rule finds in them.

Every scanner takes a parsed module, so that a test can also show it something bad and see it found.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PACKAGE = TOP / "adapter"
NOT_OURS = {".venv", ".git", ".interop", "node_modules", "build", "dist", "demo-output", "__pycache__"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project: what git knows or would take; without git, what is on disk."""
    if (TOP / ".git").exists():
        said = subprocess.run(
            ["git", "-C", str(TOP), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        found = {TOP / name.decode() for name in said.split(b"\0") if name}
    else:
        found = {path for path in TOP.rglob("*") if not NOT_OURS & set(path.relative_to(TOP).parts)}
    return tuple(sorted(path for path in found if path.is_file()))


def sources(*, simulator: bool = True) -> list[Path]:
    """Python files of the package; ``simulator=False`` leaves out what judges the adapter."""
    return [
        path
        for path in files()
        if path.suffix == ".py" and path.is_relative_to(PACKAGE) and (simulator or "simulator" not in path.parts)
    ]


def name(path: Path) -> str:
    """The path as a reader of the checkout knows it."""
    return path.relative_to(TOP).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


@cache
def nodes(module: ast.Module) -> tuple[ast.AST, ...]:
    """All that is in a module, from the top down."""
    return tuple(ast.walk(module))


@cache
def content(path: Path) -> bytes:
    """A file of the project as it is."""
    return path.read_bytes()


@cache
def text(relative: str) -> str:
    """A document of the project; a missing one is empty, and every check on it then fails."""
    path = TOP / relative
    return path.read_text("utf-8") if path.is_file() else ""


def long_functions(module: ast.Module, limit: int) -> Iterator[tuple[str, int]]:
    """(name, lines) of functions that reach ``limit`` lines, decorators not counted."""
    for node in nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines >= limit:
                yield node.name, lines


def undocumented(module: ast.Module, promised: frozenset[str] = frozenset()) -> Iterator[str]:
    """Public definitions without a docstring. ``promised``: method names that a port documents."""
    if module.body and ast.get_docstring(module) is None:
        yield "(module)"
    for node in module.body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield node.name
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                public = isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and not inner.name.startswith("_")
                if public and inner.name not in promised and ast.get_docstring(inner) is None:
                    yield f"{node.name}.{inner.name}"


@cache
def docstrings(module: ast.Module) -> frozenset[int]:
    """Ids of the constants that are docstrings: of modules, classes, functions and attributes."""
    found: set[int] = set()
    for node in nodes(module):
        for statement in getattr(node, "body", ()) if isinstance(getattr(node, "body", ()), list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                found.add(id(statement.value))
    return frozenset(found)


def strings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that is not a docstring."""
    skipped = docstrings(module)
    for node in nodes(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def identifiers(module: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, name) of every identifier: definitions, arguments, names, attributes, keywords, imports."""
    for node in nodes(module):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.keyword(arg=str(given)):
                yield node.value.lineno, given
            case ast.Name():
                yield node.lineno, node.id
            case ast.Attribute():
                yield node.lineno, node.attr
            case ast.alias():
                yield node.lineno, node.name
            case _:
                pass


@cache
def calls(module: ast.Module) -> tuple[tuple[int, str, ast.Call], ...]:
    """(line, what is called as it is written, call) of every call."""
    return tuple((node.lineno, _written(node.func), node) for node in nodes(module) if isinstance(node, ast.Call))


def _written(function: ast.expr) -> str:
    """As ``ast.unparse`` says it, which takes its time over plain dotted names too."""
    attributes = []
    while isinstance(function, ast.Attribute):
        attributes.append(function.attr)
        function = function.value
    base = function.id if isinstance(function, ast.Name) else ast.unparse(function)
    return ".".join([base, *reversed(attributes)])


def clock_reads(module: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, call) of everything that asks the machine for the time or makes it wait."""
    forbidden = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns")
    for line, dotted, _ in calls(module):
        if dotted.endswith(forbidden) or dotted in {"time.sleep", "sleep", "localtime", "time.localtime"}:
            yield line, dotted
