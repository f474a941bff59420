"""What a new version of a contract asks of our binding tables: a work list.

Both versions are held against the same rows (:mod:`adapter.soap.check`). What the old one satisfied
and the new one does not, breaks; what the new one requires and no row fills, is needed; the rest is
news. Where an operation or a field is gone, the likeliest new one of that shape is named, as a guess:
a person decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from adapter.soap.check import operations_of
from adapter.soap.contract import Contract, Operation
from adapter.soap.enumerations import check_with_values
from adapter.soap.facets import Declarations, Facets
from adapter.soap.findings import FORBIDDEN_VALUE, MISSING_FIELD, UNBOUND, UNFILLED, UNKNOWN_VALUE, Finding
from adapter.soap.rows import EVERY_VERB, LIST, OPERATION, REQUEST, BindingRow
from adapter.soap.structure import Node
from adapter.soap.values import FITTING_KINDS, CodeTables
from adapter.soap.verbs import Verb

BREAKS, NEEDS, CHANGES, ADDS, DROPS = "breaks", "needs", "changes", "adds", "drops"
KINDS = (BREAKS, NEEDS, CHANGES, ADDS, DROPS)
LIKE_ENOUGH = 0.55
"""A name or path must be so similar (0 to 1) to be followed: an operation's rows are held against its guess."""
WORTH_A_LOOK = 0.45
"""An operation must be so similar to be named at all."""
DEPTH_MAX = 12
"""Elements are compared so deep; a type may contain itself."""
SHOWN_VALUES_MAX = 12


@dataclass(frozen=True, slots=True)
class Text:
    """What a contract says of a text: its kind, whether it must be there, may be nil, and what limits it."""

    kind: str
    always: bool
    nillable: bool
    facets: Facets


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the work list.

    ``row`` is the line of the binding table (0: none), ``subject`` the operation or the path,
    ``guess`` what it may be called now (empty: nothing is like it) and ``likeness`` how sure (0 to 1).
    """

    kind: str
    channel: str
    row: int
    verb: str
    subject: str
    message: str
    guess: str = ""
    likeness: float = 0.0


def compare(
    old: Contract,
    new: Contract,
    rows: Sequence[BindingRow],
    tables: CodeTables,
    *,
    legend: Mapping[str, Verb] | None = None,
) -> list[Change]:
    """All changes, those that break first; ``legend`` are the verbs of another channel than ours (tests)."""
    before = {_key(each) for each in check_with_values(old, rows, tables, legend=legend) if not each.satisfied}
    guesses = _renamed(old, new)
    renamed = {name: guess for name, guess in guesses.items() if guess[1] >= LIKE_ENOUGH}
    moved = [
        replace(row, path=renamed[row.path][0]) if row.direction == OPERATION and row.path in renamed else row
        for row in rows
    ]
    found = [*_operations_gone(old, new, rows, guesses)]
    gone = {each.verb for each in found if each.likeness < LIKE_ENOUGH}
    if not operations_of(new, moved):
        gone.add(EVERY_VERB)
        found += _every_verb(new, rows)
    found += _whole(old, new)
    by_number = {row.number: row for row in moved}
    for finding in check_with_values(new, moved, tables, legend=legend):
        if finding.satisfied or _key(finding) in before or finding.verb in gone:
            continue
        found.append(_broken(finding, by_number.get(finding.row), moved, new))
    for name, operation in old.operations.items():
        other = new.operations.get(renamed.get(name, (name, 1.0))[0])
        if other is not None:
            found += _messages(new.channel, operation, other, _told(name, rows, found))
    taken = {guess for guess, _ in renamed.values()}
    for name in sorted(set(new.operations) - set(old.operations) - taken):
        said = _described(new.operations[name])
        found.append(Change(ADDS, new.channel, 0, "", name, f"operation {name} is new; {said}"))
    return sorted(dict.fromkeys(found), key=lambda each: (KINDS.index(each.kind), each.row == 0, each.row))


def _key(finding: Finding) -> tuple[str, int, str, str, str]:
    """What makes a finding the same in both versions; of values, which ones they are."""
    values = finding.message if finding.kind in (UNKNOWN_VALUE, FORBIDDEN_VALUE) else ""
    return (finding.kind, finding.row, finding.verb, finding.subject, values)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()


def _renamed(old: Contract, new: Contract) -> dict[str, tuple[str, float]]:
    """Operation that is gone -> the likeliest new one and its likeness; each new one is given once."""
    gone = [each for name, each in old.operations.items() if name not in new.operations]
    fresh = [each for name, each in new.operations.items() if name not in old.operations]
    pairs = sorted(((_alike(one, other), one.name, other.name) for one in gone for other in fresh), reverse=True)
    found: dict[str, tuple[str, float]] = {}
    for likeness, one, other in pairs:
        if likeness >= WORTH_A_LOOK and one not in found and other not in {name for name, _ in found.values()}:
            found[one] = (other, likeness)
    return found


def _alike(one: Operation, other: Operation) -> float:
    """Half the name, half what the messages hold; without a path in common, a quarter for the kinds of texts."""
    fields = [*_texts(one.request).items(), *_texts(one.reply).items()]
    others = [*_texts(other.request).items(), *_texts(other.reply).items()]
    paths = _shared(Counter(path for path, _ in fields), Counter(path for path, _ in others))
    kinds = _shared(Counter(text.kind for _, text in fields), Counter(text.kind for _, text in others))
    return round(_likeness(one.name, other.name) / 2 + max(paths / 2, kinds / 4), 2)


def _shared(one: Counter[str], other: Counter[str]) -> float:
    whole = (one | other).total()
    return (one & other).total() / whole if whole else 1.0


def _whole(old: Contract, new: Contract) -> Iterator[Change]:
    """What differs in the contract as a whole."""
    for what, one, other in (
        ("SOAP", _of(old, "soap_version"), _of(new, "soap_version")),
        ("the namespace of messages", _namespaces(old), _namespaces(new)),
        ("headers", _of(old, "headers"), _of(new, "headers")),
        ("the address in the WSDL", _of(old, "address") - {""}, _of(new, "address") - {""}),
    ):
        if one != other:
            message = f"{what} was {', '.join(sorted(one)) or 'none'}, is {', '.join(sorted(other)) or 'none'}"
            yield Change(CHANGES, new.channel, 0, "", new.channel, message)


def _of(contract: Contract, name: str) -> set[str]:
    said = [getattr(each, name) for each in contract.operations.values()]
    return {word for each in said for word in ([each] if isinstance(each, str) else each)}


def _namespaces(contract: Contract) -> set[str]:
    return {each.request.tag.rpartition("}")[0].lstrip("{") for each in contract.operations.values()}


def _texts(root: Node, declared: Declarations | None = None) -> dict[str, Text]:
    """Every text of a message by its path (attributes with ``@``); with ``declared`` also what limits it."""

    def text(kind: str, always: bool, nillable: bool, path: Sequence[str], attribute: str = "") -> Text:
        facets = declared.facets(root.tag, path, attribute) if declared is not None else None
        return Text(kind, always, nillable, facets or Facets())

    def below(node: Node, names: tuple[str, ...], path: str, always: bool) -> Iterator[tuple[str, Text]]:
        for attribute in node.attributes:
            must = always and attribute.required
            yield f"{path}@{attribute.name}", text(attribute.kind, must, False, names, attribute.name)
        for child in node.children:
            here, inner = f"{path}{child.name}{LIST if child.repeats else ''}", (*names, child.name)
            there = always and child.least > 0
            if child.kind:
                yield here, text(child.kind, there, child.nillable, inner)
            if len(names) < DEPTH_MAX:
                yield from below(child, inner, f"{here}/", there or child.repeats)

    return dict(below(root, (), "", True))


def _operations_gone(
    old: Contract, new: Contract, rows: Sequence[BindingRow], renamed: Mapping[str, tuple[str, float]]
) -> Iterator[Change]:
    bound = {row.path: row for row in rows if row.direction == OPERATION}
    for name in old.operations:
        if name in new.operations:
            continue
        guess, likeness = renamed.get(name, ("", 0.0))
        row = bound.get(name)
        message = f"operation {name} is gone"
        if row is None:
            yield Change(DROPS, new.channel, 0, "", name, message, guess, likeness)
            continue
        if likeness < LIKE_ENOUGH:
            count = sum(each.verb == row.verb for each in rows)
            message += f"; all {count} rows of {row.verb} must be written anew"
        yield Change(BREAKS, new.channel, row.number, row.verb, name, message, guess, likeness)


def _every_verb(new: Contract, rows: Sequence[BindingRow]) -> Iterator[Change]:
    """The rows that stand for every verb, when no operation of theirs is left: results, times, faults."""
    shared = [row for row in rows if row.verb == EVERY_VERB]
    if shared:
        faults = {fault.name: _texts(fault) for each in new.operations.values() for fault in each.faults}
        now = "; ".join(f"fault {name} has {_shown(list(texts))}" for name, texts in faults.items())
        message = (
            f"no operation is left to which they apply; all {len(shared)} rows of {EVERY_VERB} must be written anew"
        )
        yield Change(
            BREAKS, new.channel, shared[0].number, EVERY_VERB, EVERY_VERB, f"{message}{'; ' if now else ''}{now}"
        )


def _described(operation: Operation) -> str:
    """What an operation must be told, may be told and tells, in one line."""
    asked = _texts(operation.request)
    must = [path for path, text in asked.items() if text.always]
    may = [path for path, text in asked.items() if not text.always]
    parts = [("needs", must), ("may have", may), ("answers", list(_texts(operation.reply)))]
    return "; ".join(f"{word} {_shown(paths)}" for word, paths in parts if paths)


def _broken(finding: Finding, row: BindingRow | None, rows: Sequence[BindingRow], new: Contract) -> Change:
    kind = NEEDS if finding.kind in (UNFILLED, UNBOUND, UNKNOWN_VALUE) else BREAKS
    change = Change(kind, new.channel, finding.row, finding.verb, finding.subject, finding.message)
    if row is None or finding.kind != MISSING_FIELD:
        return change
    guess, likeness = _field_guess(row, rows, new)
    return replace(change, guess=guess, likeness=likeness)


def _field_guess(row: BindingRow, rows: Sequence[BindingRow], new: Contract) -> tuple[str, float]:
    """The likeliest place of a field that is gone, among those that no other row of the verb uses."""
    names = [each.path for each in rows if each.direction == OPERATION and row.verb in (each.verb, EVERY_VERB)]
    operation = next((new.operations[name] for name in names if name in new.operations), None)
    if operation is None:
        return "", 0.0
    message = operation.request if row.direction == REQUEST else operation.reply
    used = {each.bare_path for each in rows if each.verb == row.verb and each.direction == row.direction}
    whole, last = "/".join(row.bare_path), row.bare_path[-1]
    best = ("", 0.0)
    for path, text in _texts(message).items():
        bare = path.replace(LIST, "")
        if tuple(bare.split("/")) in used or text.kind not in FITTING_KINDS[row.type]:
            continue
        likeness = round((_likeness(last, bare.rpartition("/")[2]) + _likeness(whole, bare)) / 2, 2)
        if likeness >= LIKE_ENOUGH and likeness > best[1]:
            best = (path, likeness)
    return best


def _told(operation: str, rows: Sequence[BindingRow], found: Sequence[Change]) -> frozenset[str]:
    """The places of an operation of which the list says enough: bound ones, guesses, needs (without ``[]``)."""
    verbs = {row.verb for row in rows if row.direction == OPERATION and row.path == operation}
    told = {"/".join(row.bare_path) for row in rows if row.verb in verbs}
    for each in found:
        if each.verb in verbs:
            told |= {each.guess, each.subject}
    return frozenset(path.replace(LIST, "") for path in told)


def _messages(channel: str, old: Operation, new: Operation, told: frozenset[str]) -> Iterator[Change]:
    """What is new or different in the messages of an operation, but for what was told already."""
    name = new.name

    def news(kind: str, subject: str, message: str) -> Change:
        return Change(kind, channel, 0, "", subject, f"operation {name}: {message}")

    for what, one, other in (
        ("SOAP action", old.soap_action, new.soap_action),
        ("request", old.request.name, new.request.name),
        ("reply", old.reply.name, new.reply.name),
    ):
        if one != other:
            yield news(CHANGES, name, f"{what} was {one or 'none'}, is {other or 'none'}")
    ours, theirs = Declarations(old.file), Declarations(new.file)
    for which, before, after in (
        ("request", _texts(old.request, ours), _texts(new.request, theirs)),
        ("reply", _texts(old.reply, ours), _texts(new.reply, theirs)),
    ):
        for path, text in after.items():
            if path in before:
                for difference in _differences(before[path], text):
                    yield news(CHANGES, path, f"{which}: {path} {difference}")
            elif path.replace(LIST, "") not in told:
                must = ", required" if text.always else ""
                yield news(ADDS, path, f"{which} has {path} ({text.kind}{must})")
        for path in before:
            if path not in after and path.replace(LIST, "") not in told:
                yield news(DROPS, path, f"{which} no longer has {path}")


def _differences(old: Text, new: Text) -> Iterator[str]:
    """What a text is that it was not."""
    if old.kind != new.kind:
        yield f"was {old.kind}, is {new.kind}"
    if old.always != new.always:
        yield "is now required" if new.always else "is no longer required"
    if old.nillable != new.nillable:
        yield "may now be nil" if new.nillable else "may no longer be nil"
    before, after = old.facets.enumeration, new.facets.enumeration
    if before is None and after is not None:
        yield f"is now one of {_shown(after)}"
    elif before is not None and after is None:
        yield f"is no longer one of {_shown(before)} only"
    elif before is not None and after is not None:
        if more := [value for value in after if value not in before]:
            yield f"may now be {_shown(more)}"
        if fewer := [value for value in before if value not in after]:
            yield f"may no longer be {_shown(fewer)}"
    if old.facets.limits != new.facets.limits:
        was, now = (", ".join(each.facets.limits) or "without a limit" for each in (old, new))
        yield f"was {was}, is {now}"


def _shown(values: Sequence[str]) -> str:
    more = f" and {len(values) - SHOWN_VALUES_MAX} more" if len(values) > SHOWN_VALUES_MAX else ""
    return ", ".join(values[:SHOWN_VALUES_MAX]) + more
