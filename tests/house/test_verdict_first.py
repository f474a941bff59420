"""No national write without its verdict: who sends which action is in docs/law.md, with the judge before it."""

from __future__ import annotations

import ast
import re

from house.tree import name, parsed, sources, text

from adapter.ports.outbox import Action

HEADING = "## In the way of every write"
SERVICES = "adapter/services/"
CARRIERS = re.compile(r"adapter/services/(send_\w+|deliver|effects|read_back|settle_doubts)\.py")
"""They carry out what was asked for; nothing is asked for by them."""
NOT_NATIONAL = {Action.WRITE_BACK}


def asked_for() -> dict[Action, set[str]]:
    """Action -> the modules that put it into the outbox: an argument of a call, or first of a returned pair."""
    found: dict[Action, set[str]] = {}
    for path in sources():
        if not name(path).startswith(SERVICES) or CARRIERS.fullmatch(name(path)):
            continue
        for node in ast.walk(parsed(path)):
            for action in passed_on(node):
                found.setdefault(action, set()).add(path.stem)
    return found


def passed_on(node: ast.AST) -> list[Action]:
    """Actions that a call is given by themselves, or that stand first in a pair; not those that are looked for."""
    given: list[ast.expr] = []
    if isinstance(node, ast.Call):
        given = [*node.args, *(one.value for one in node.keywords)]
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
        second = node.elts[1]
        given = [] if action_of(second) else [node.elts[0]]
    return [action for one in given if (action := action_of(one)) is not None]


def action_of(node: ast.expr) -> Action | None:
    inside = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Action"
    return Action[node.attr] if inside and isinstance(node, ast.Attribute) else None


def listed() -> dict[Action, set[str]]:
    """Action -> the modules that the table of docs/law.md names."""
    section = text("docs/law.md").split(HEADING, 1)[1].split("\n## ", 1)[0]
    found: dict[Action, set[str]] = {}
    for row in re.findall(r"^\| (`[a-z`, -]+`) \| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE):
        for action in re.findall(r"`([a-z-]+)`", row[0]):
            found[Action(action)] = set(re.findall(r"`(\w+)`", row[1]))
    return found


def test_every_national_action_stands_in_the_list_with_its_verdict() -> None:
    assert set(listed()) == set(Action) - NOT_NATIONAL


def test_nobody_asks_for_a_national_write_outside_of_the_list() -> None:
    book = listed()
    strangers = {
        (action.value, module)
        for action, modules in asked_for().items()
        if action not in NOT_NATIONAL
        for module in modules - book[action]
    }
    assert not strangers


def test_who_stands_in_the_list_asks_for_it() -> None:
    book, asked = listed(), asked_for()
    by_frame = {(Action.CANCEL_VISIT, "end_entry")}
    idle = {(one, module) for one, modules in book.items() for module in modules - asked.get(one, set())} - by_frame
    assert not idle


def test_a_visit_is_kept_and_told_only_after_the_rules_were_asked() -> None:
    """Every writing method of the frame leads through ``keep``, which asks the register's rules where nobody did."""
    frame = text("adapter/services/visit_frame.py")
    keep = frame.split("def keep(self)", 1)[1].split("\n    def ", 1)[0]
    assert "self.judge(())" in keep
    for module in ("book_visit", "move_visit", "wait_for_visit", "cancel_visit", "close_visit"):
        body = text(f"adapter/services/{module}.py")
        sends = [body.find(one) for one in ("frame.send(", "frame.give_term_up(") if one in body]
        assert body.index("frame.keep()") < min(sends), module
