"""The documents stay true: all commands, settings, errors, tables and rules are in them, and every link holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from house.tree import PACKAGE, TOP, calls, files, name, nodes, parsed, sources, strings, text
from pydantic import BaseModel

from adapter import resources
from adapter.domain.discrepancy import DiscrepancyClass
from adapter.errors import TOLD, AdapterError
from adapter.mapping.refusals import COLUMNS, Refusal, load_refusals
from adapter.ports.store import Action, InboxState, MessageState
from adapter.settings import (
    AdmissionsSettings,
    CallerSettings,
    EndpointSettings,
    FacilitySettings,
    HospitalSettings,
    RulesSettings,
    Settings,
)
from adapter.soap import broken
from adapter.store import register_tables
from adapter.store.tables import metadata

RULE_ID = re.compile(r"\b[A-Z]{1,2}-\d{2}[a-z]?\b")
CHECK_ID = re.compile(r"(FHIR|POMOST)-[A-Z0-9]+-\d{2}")
DOCUMENTS = [path for path in files() if path.suffix == ".md"]


def missing(words: Iterator[str] | list[str] | set[str], document: str) -> list[str]:
    """Words that the document does not have as code (between backticks)."""
    content = text(document)
    return sorted(
        word for word in set(words) if not re.search(rf"`[^`\n]*(?<![\w-]){re.escape(word)}(?![\w-])", content)
    )


@pytest.mark.parametrize(
    "document",
    ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"]
    + [f"docs/{part}.md" for part in ("architecture", "glossary", "law", "errors", "fhir-profile")]
    + [f"docs/operations/{part}.md" for part in ("index", "install", "daily-work", "database", "simulator")]
    + ["docs/operations/discrepancies.md"],
)
def test_the_document_is_there(document: str) -> None:
    assert len(text(document).splitlines()) > 10


@pytest.mark.parametrize("number", range(1, 12))
def test_every_decision_has_its_record(number: int) -> None:
    (record,) = (TOP / "docs" / "decisions").glob(f"D{number:02d}-*.md")
    content = record.read_text("utf-8")
    assert content.startswith(f"# D{number} ")
    assert all(heading in content for heading in ("## Decision", "## Why", "## Price"))


def settings_fields() -> list[tuple[type[BaseModel], str]]:
    """(class, field) of everything an installation can be told."""
    parts = (
        Settings,
        FacilitySettings,
        CallerSettings,
        EndpointSettings,
        HospitalSettings,
        AdmissionsSettings,
        RulesSettings,
    )
    return [(part, field) for part in parts for field in part.model_fields]


def test_every_setting_is_in_the_install_guide() -> None:
    known = {f"POMOST_{field.upper()}" if part is Settings else field for part, field in settings_fields()}
    assert not missing(known, "docs/operations/install.md")


def test_no_setting_in_the_install_guide_is_unknown() -> None:
    written = re.findall(r"`POMOST_([A-Z_]+)`", text("docs/operations/install.md"))
    named = {word.partition("__")[0] for word in written}
    known = {field.upper() for field in Settings.model_fields} | {"CONFIG", "INTEROP_REQUIRED", "PEER_DATA"}
    assert not named - known


def error_classes() -> set[str]:
    """Classes of the package that descend from AdapterError."""
    parents = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for path in sources(simulator=False)
        for node in nodes(parsed(path))
        if isinstance(node, ast.ClassDef)
    }
    found = {"AdapterError"}
    while more := {child for child, bases in parents.items() if bases & found} - found:
        found |= more
    return found


def constants() -> dict[str, str]:
    """Module-level names that stand for a text."""
    return {
        target.id: node.value.value
        for path in sources(simulator=False)
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def error_codes() -> set[str]:
    """Stable codes, given as ``code=``: texts, or names of texts."""
    named = constants()
    found = set()
    for path in sources(simulator=False):
        for _, _, call in calls(parsed(path)):
            given = [word.value for word in call.keywords if word.arg == "code"]
            found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            found |= {named[one.id] for one in given if isinstance(one, ast.Name) and one.id in named}
    return {code for code in found if code and not CHECK_ID.fullmatch(code)}


def test_every_error_class_is_explained() -> None:
    assert not missing(error_classes(), "docs/errors.md")


def test_every_error_code_is_explained() -> None:
    assert not missing(error_codes(), "docs/errors.md")


def test_every_error_code_is_in_capitals() -> None:
    assert not [code for code in error_codes() if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", code)]
    assert AdapterError("x").code == "ADAPTER_ERROR"


def test_every_broken_exchange_is_explained() -> None:
    """``soap/faults.py`` makes a code of each reason of ``soap/broken.py``."""
    reasons = [value for word, value in vars(broken).items() if word.isupper() and isinstance(value, str)]
    assert len(reasons) > 5
    assert not missing([f"EXCHANGE_{reason.upper().replace('-', '_')}" for reason in reasons], "docs/errors.md")


def retry_line(row: Refusal) -> str:
    """A row of the retry table as ``docs/errors.md`` has it."""
    waits = (
        f"{row.first_wait_seconds:g} s, x{row.growth:g}, at most {row.wait_max_seconds:g} s; {row.attempts_max} tries"
    )
    cells = (
        row.channel,
        row.source,
        f"`{row.code}`",
        row.title_en,
        row.outcome_read.replace("_", " "),
        row.outcome_write.replace("_", " "),
        waits if row.first_wait_seconds else "",
        row.told,
    )
    return f"| {' | '.join(cells)} |"


def test_every_row_of_the_retry_table_is_explained() -> None:
    """Code, meaning, what happens next and who must act; and no row that the table does not have."""
    written = {line for line in text("docs/errors.md").splitlines() if re.match(r"\| (any|cer|p1) \|", line)}
    rows = load_refusals(resources.mappings()).rows
    assert written == {retry_line(row) for row in rows}
    assert not missing(set(TOLD) | {row.told for row in rows}, "docs/errors.md")
    assert not missing(set(COLUMNS), "docs/operations/daily-work.md")


def test_every_check_on_input_is_explained() -> None:
    """FHIR's and the profile's checks are in the profile, those of later floors in the list of errors."""
    checks = {word for path in sources() for _, word in strings(parsed(path)) if CHECK_ID.fullmatch(word)}
    explained = text("docs/errors.md") + text("docs/fhir-profile.md")
    assert checks
    assert not sorted(check for check in checks if f"`{check}`" not in explained)


def test_every_table_is_in_the_architecture() -> None:
    assert register_tables.register_entry.name in metadata.tables
    assert not missing([table.name for table in metadata.tables.values()], "docs/architecture.md")


@pytest.mark.parametrize("kind", [Action, MessageState, InboxState], ids=lambda kind: kind.__name__)
def test_every_action_and_state_is_in_the_architecture(kind: type[Action | MessageState | InboxState]) -> None:
    assert not missing([member.value for member in kind], "docs/architecture.md")


def test_every_code_table_is_in_the_architecture() -> None:
    tables = [path.relative_to(TOP).as_posix() for path in files() if path.is_relative_to(TOP / "mappings")]
    assert tables
    assert not missing([table for table in tables if table.endswith(".csv")], "docs/architecture.md")


def test_every_discrepancy_class_is_in_its_guide() -> None:
    assert not missing([member.value for member in DiscrepancyClass], "docs/operations/discrepancies.md")


def rule_ids() -> set[str]:
    """Ids of the rules that the domain applies."""
    return {
        rule
        for path in sources()
        if path.is_relative_to(PACKAGE / "domain" / "rules")
        for _, content in strings(parsed(path))
        for rule in RULE_ID.findall(content)
    }


def test_every_rule_is_in_the_rule_book() -> None:
    assert rule_ids()
    assert not sorted(rule for rule in rule_ids() if rule not in text("docs/law.md"))


def test_every_rule_has_a_test_that_names_it() -> None:
    tested = "\n".join(
        path.read_text("utf-8")
        for path in files()
        if path.suffix == ".py" and path.is_relative_to(TOP / "tests") and not path.is_relative_to(TOP / "tests/house")
    )
    assert not sorted(rule for rule in rule_ids() if rule not in tested)


def anchors(document: Path) -> set[str]:
    """Anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_link_holds() -> None:
    broken = []
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
            place, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            found = (document.parent / place).resolve() if place else document
            if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
                broken.append(f"{name(document)}: {target}")
    assert not broken


def test_every_table_is_one() -> None:
    """A head, a rule, and as many cells in each row: a blank line or a bare ``|`` in a cell tears it for readers."""
    torn = []
    for document in DOCUMENTS:
        shown = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for table in re.findall(r"(?:^\|.*\n)+", shown, re.MULTILINE):
            rows = table.splitlines()
            cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
            if len(cells) > 1 or not re.fullmatch(r"\|[ :|-]+\|", rows[1] if rows[1:] else ""):
                torn.append(f"{name(document)}: {rows[0]}")
    assert not torn


def test_the_changelog_has_this_version() -> None:
    version = re.search(r'__version__ = "([^"]+)"', (PACKAGE / "__init__.py").read_text())
    assert version is not None
    assert f"## {version[1]}" in text("CHANGELOG.md")
