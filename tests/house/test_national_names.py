"""National names live in wsdl/, mappings/, fixtures/, golden files and the simulator; the adapter speaks English.

The names are taken from the contracts and the code tables themselves, so a new one is guarded from its first day.
"""

from __future__ import annotations

import ast
import csv
import re
from functools import cache

import pytest
from house.tree import TOP, identifiers, name, parsed, sources, strings

NEUTRAL = {"Id", "extension", "root", "slot", "status", "major", "minor", "parameters", "SYSTEM"}
"""Words of the contracts that are English, or of the standards behind them."""
TERMS = {"podmiot", "PODMIOT"}
"""The act's own word for who runs a facility; people look it up by that name."""
URN = re.compile(r"urn:csioz|csioz\.gov\.pl", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]{3,}")
NATIONAL_COLUMNS = ("national", "theirs", "name")


@cache
def national_names() -> frozenset[str]:
    """Names of operations, messages, elements, attributes and values."""
    found: set[str] = set()
    for path in (TOP / "wsdl").rglob("*"):
        if path.suffix in {".wsdl", ".xsd"}:
            content = path.read_text("utf-8")
            found |= set(re.findall(r'\bname="([^"]+)"', content))
            found |= set(re.findall(r'enumeration value="([^"]+)"', content))
    for path in (TOP / "mappings").rglob("*.csv"):
        rows = csv.DictReader(line for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
        for row in rows:
            found |= {row[column] for column in NATIONAL_COLUMNS if row.get(column)}
    return frozenset(word for word in found if WORD.fullmatch(word)) - NEUTRAL - TERMS


def spoken(module: ast.Module, names: frozenset[str]) -> list[tuple[int, str]]:
    """National names in code. Polish prose is no name: in a text with spaces only odd spellings count."""
    found = [(line, word) for line, word in identifiers(module) if word in names or URN.search(word)]
    for line, content in strings(module):
        if URN.search(content):
            found.append((line, content))
        prose = " " in content
        for word in WORD.findall(content):
            odd = any(letter.isupper() for letter in word[1:]) or "_" in word
            if word in names and (odd or not prose):
                found.append((line, word))
    return found


def test_the_contracts_give_names_to_look_for() -> None:
    assert len(national_names()) > 150
    assert {"ZABLOKOWANY", "kontekstWywolania", "pobierzBazoweDaneListySlotow"} <= national_names()


def test_the_adapter_speaks_no_national_names() -> None:
    names = national_names()
    found = [
        f"{name(path)}:{line}: {word}"
        for path in sources(simulator=False)
        for line, word in spoken(parsed(path), names)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("state = 'ZABLOKOWANY'", "a value"),
        ("zapiszWizyte = 1", "an identifier"),
        ("call(numerSkierowania=1)", "a keyword"),
        ("path = 'wynik/kodBleduMajor'", "a path"),
        ("text = 'the block shows ZABLOKOWANY at last'", "an odd spelling in prose"),
        ("code = 'urn:csioz:p1:kod:major:Sukces'", "an URN"),
    ],
)
def test_a_national_name_would_be_found(source: str, reason: str) -> None:
    assert spoken(ast.parse(source), national_names()), reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("'''ZABLOKOWANY'''\nx = 1", "a docstring explains"),
        ("text_pl = 'ta wizyta ma inny status'", "Polish prose is no name"),
    ],
)
def test_words_that_are_no_names_pass(source: str, reason: str) -> None:
    assert not spoken(ast.parse(source), national_names()), reason
