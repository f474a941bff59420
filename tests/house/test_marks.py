"""Nothing unfinished, nothing that reaches outside, nothing that belongs to somebody else."""

from __future__ import annotations

import ast
import hashlib
import os
import re
from functools import cache
from pathlib import Path

from house.tree import TOP, content, docstrings, files, name, nodes, parsed, sources

UNFINISHED = re.compile(r"(?<!-)\b(TODO|FIXME|XXX|HACK)\b")
OUTSIDE = re.compile(r"(\.\./shared|(?<![\w.-])/work/|/home/\w+/|/Users/\w+/|(?<![\w.-])/root/)")
SILENCED = {"log_message"}
"""http.server prints each request unless this does nothing."""
THIS_FILE = Path(__file__).resolve()
MAY_LOOK_OUTSIDE = {TOP / ".ci" / "run"}
"""CI finds third-party data beside the checkout; nothing else may."""
FILE_BYTES_MAX = 1_000_000
NEVER_COMMITTED = {".jar", ".whl", ".zip", ".gz", ".tgz", ".class", ".so", ".dll", ".exe", ".p12", ".pfx", ".key"}
OF_OTHERS = (b"Health Level Seven", b"Peter James Chalmers", b"Centrum e-Zdrowia. Wszelkie prawa")


@cache
def readable() -> list[tuple[Path, str]]:
    """Text files of the project, this one apart: it has to name what it looks for."""
    found = []
    for path in files():
        raw = content(path)
        if path != THIS_FILE and b"\0" not in raw:
            found.append((path, raw.decode("utf-8", "replace")))
    return found


def test_nothing_is_marked_unfinished() -> None:
    marked = [
        f"{name(path)}:{number}"
        for path, said in readable()
        if path.suffix in {".py", ".md", ".csv", ".wsdl", ".xsd", ".cfg", ".toml"} and UNFINISHED.search(said)
        for number, line in enumerate(said.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not marked


def empty_bodies(module: ast.Module) -> list[str]:
    """Functions outside of protocols and abstract classes that do nothing."""
    protocols = {
        id(function)
        for node in nodes(module)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        for function in node.body
    }
    skipped = docstrings(module)
    found = []
    for node in nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and id(node) not in protocols:
            done = [
                statement
                for statement in node.body
                if not (isinstance(statement, ast.Expr) and id(statement.value) in skipped)
                and not isinstance(statement, ast.Pass)
            ]
            overload = any("overload" in ast.unparse(mark) for mark in node.decorator_list)
            group = any(".group" in ast.unparse(mark) for mark in node.decorator_list)
            if not done and not overload and not group and node.name not in SILENCED:
                found.append(node.name)
    return found


def test_no_stub() -> None:
    stubs = [f"{name(path)}: {function}" for path in sources() for function in empty_bodies(parsed(path))]
    stubs += [name(path) for path in sources() if "NotImplementedError" in path.read_text()]
    assert not stubs


def test_a_stub_would_be_found() -> None:
    assert empty_bodies(ast.parse("def f():\n    'Doc.'\n    pass\n")) == ["f"]
    assert empty_bodies(ast.parse("def f():\n    ...\n")) == ["f"]


def test_nothing_reaches_outside_the_checkout() -> None:
    outside = [
        f"{name(path)}:{number}: {line.strip()[:90]}"
        for path, said in readable()
        if path not in MAY_LOOK_OUTSIDE and OUTSIDE.search(said)
        for number, line in enumerate(said.splitlines(), 1)
        if OUTSIDE.search(line)
    ]
    assert not outside, "\n".join(outside)


def test_nothing_of_others_is_committed() -> None:
    foreign = []
    for path in files():
        raw = content(path)
        if path.suffix in NEVER_COMMITTED or len(raw) > FILE_BYTES_MAX:
            foreign.append(f"{name(path)}: a binary, a key or too big")
        if path != THIS_FILE and any(mark in raw for mark in OF_OTHERS):
            foreign.append(f"{name(path)}: somebody else's text")
    assert not foreign


def test_no_file_is_a_copy_of_third_party_data() -> None:
    """Compared with the data itself where it is at hand; elsewhere only with itself, which finds nothing."""
    folder = os.environ.get("POMOST_PEER_DATA")
    theirs = {
        hashlib.sha256(path.read_bytes()).digest()
        for path in (Path(folder).rglob("*") if folder else ())
        if path.is_file()
    }
    copies = [name(path) for path in files() if theirs and hashlib.sha256(content(path)).digest() in theirs]
    assert not copies
