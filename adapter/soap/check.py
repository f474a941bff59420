"""Row by row: does a contract hold what a binding table says, and does the table say enough?

Used at start (a broken binding stops the program, :mod:`adapter.soap.binding`) and by
``pomost contract check``, which shows every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapter.soap.contract import Contract, Operation
from adapter.soap.rows import EVERY_VERB, FAULT, LOCAL_DATE, LOCAL_TIME, OPERATION, REPLY, REQUEST, BindingRow
from adapter.soap.structure import Attribute, Node
from adapter.soap.values import FITTING_KINDS, CodeTables
from adapter.soap.verbs import FAULT_FIELDS, LEGEND, RESULT_FIELDS, Verb

SATISFIED = "satisfied"
MISSING_OPERATION = "missing-operation"
MISSING_FIELD = "missing-field"
WRONG_TYPE = "wrong-type"
WRONG_MULTIPLICITY = "wrong-multiplicity"
UNFILLED = "unfilled-required-element"
UNKNOWN_NAME = "unknown-name"
UNBOUND = "unbound"
DOUBLE = "double"
REQUIRED_DEPTH_MAX = 32
"""Required elements are followed so deep where no row goes; a type may contain itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check says of one row (``row`` is its line, 0 for the table as a whole)."""

    kind: str
    row: int
    verb: str
    direction: str
    subject: str
    message: str

    @property
    def satisfied(self) -> bool:
        """Whether all is well."""
        return self.kind == SATISFIED


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row's path leads: the nodes from the first element down, or an attribute of the last."""

    nodes: tuple[Node, ...]
    attribute: Attribute | None = None

    @property
    def kind(self) -> str:
        """Kind of the text there."""
        return self.attribute.kind if self.attribute else self.nodes[-1].kind if self.nodes else ""


class NoSuchPlace(LookupError):
    """A path that the contract does not have; the message names the step."""


def place_of(root: Node, row: BindingRow) -> Place:
    """Follow a row's path below the message's root.

    Raises:
        NoSuchPlace: an element or attribute is not there, or does not repeat as the row says.
    """
    node = root
    nodes: list[Node] = []
    for part in row.path_parts:
        if part.startswith("@"):
            found = next((each for each in node.attributes if each.name == part[1:]), None)
            if found is None:
                raise NoSuchPlace(f"{node.name} has no attribute {part[1:]}")
            return Place(tuple(nodes), found)
        inner = node.child(part.removesuffix("[]"))
        if inner is None:
            raise NoSuchPlace(f"{node.name} has no element {part.removesuffix('[]')}")
        nodes.append(inner)
        node = inner
    return Place(tuple(nodes))


def rows_for(rows: Sequence[BindingRow], verb: str, direction: str) -> list[BindingRow]:
    """The rows of a verb in a direction, with those of every verb."""
    return [row for row in rows if row.direction == direction and row.verb in (verb, EVERY_VERB)]


def check(contract: Contract, rows: Sequence[BindingRow], tables: CodeTables | None = None) -> list[Finding]:
    """Every row's finding in the order of the table, then what the table as a whole leaves out."""
    legend = LEGEND[contract.channel]
    operations = operations_of(contract, rows)
    found: list[Finding] = []
    seen: dict[tuple[str, str, str, str], int] = {}
    for row in rows:
        key = (row.verb, row.direction, row.field, "" if row.direction == OPERATION else row.path)
        if row.verb not in legend and row.verb != EVERY_VERB:
            found.append(_about(row, UNKNOWN_NAME, f"there is no verb {row.verb}"))
        elif key in seen:
            found.append(_about(row, DOUBLE, f"says the same as row {seen[key]}"))
        elif row.direction == OPERATION:
            found.append(_check_operation(contract, row))
        else:
            found.append(_check_field(row, legend, operations, tables))
        seen.setdefault(key, row.number)
    for verb, needs in legend.items():
        found += _left_out(verb, needs, rows, operations.get(verb))
    found += _halves(rows)
    for missing in sorted(FAULT_FIELDS.needs - {row.field for row in rows if row.direction == FAULT}):
        found.append(Finding(UNBOUND, 0, EVERY_VERB, FAULT, missing, f"no row binds {missing} of a fault"))
    return found


def fault_nodes(operations: Mapping[str, Operation]) -> list[Node]:
    """The elements that a fault's detail may hold, each once."""
    return list({node.tag: node for operation in operations.values() for node in operation.faults}.values())


def operations_of(contract: Contract, rows: Sequence[BindingRow]) -> dict[str, Operation]:
    """The operation of each verb whose operation row the contract satisfies."""
    named = {row.verb: row.path for row in rows if row.direction == OPERATION}
    return {verb: contract.operations[name] for verb, name in named.items() if name in contract.operations}


def _about(row: BindingRow, kind: str, message: str = "") -> Finding:
    return Finding(kind, row.number, row.verb, row.direction, row.field or row.path, message)


def _check_operation(contract: Contract, row: BindingRow) -> Finding:
    if row.path not in contract.operations:
        return _about(row, MISSING_OPERATION, f"the contract in {contract.folder} has no operation {row.path}")
    return _about(row, SATISFIED)


def _check_field(
    row: BindingRow, legend: Mapping[str, Verb], operations: Mapping[str, Operation], tables: CodeTables | None
) -> Finding:
    if row.field and not _known_field(row, legend):
        return _about(row, UNKNOWN_NAME, f"verb {row.verb} has no field {row.field}")
    if tables is not None and row.table and row.table not in tables:
        return _about(row, UNKNOWN_NAME, f"there is no code table {row.table}")
    if row.verb == EVERY_VERB:
        return _check_everywhere(row, operations)
    operation = operations.get(row.verb)
    if operation is None:
        return _about(row, MISSING_OPERATION, f"verb {row.verb} has no operation in the contract")
    return _at(row, operation)


def _check_everywhere(row: BindingRow, operations: Mapping[str, Operation]) -> Finding:
    """A row for every verb: each operation (each fault) must have it; an optional one may miss in some."""
    if row.direction == FAULT:
        tried = [_message(row, node, f"fault {node.name}") for node in fault_nodes(operations)]
        if not tried:
            return _about(row, MISSING_FIELD, "no bound operation of the contract has a fault")
    else:
        tried = [_at(row, each) for each in operations.values()]
    wrong = [each for each in tried if not each.satisfied]
    if not wrong or (not row.required and len(wrong) < len(tried)):
        return _about(row, SATISFIED)
    return wrong[0]


def _known_field(row: BindingRow, legend: Mapping[str, Verb]) -> bool:
    if row.direction == FAULT:
        return row.field in FAULT_FIELDS.reads
    asked = legend.values() if row.verb == EVERY_VERB else (legend[row.verb],)
    if row.direction == REQUEST:
        return any(row.field in each.sends for each in asked)
    return row.field in RESULT_FIELDS.reads or any(row.field in each.reads for each in asked)


def _at(row: BindingRow, operation: Operation) -> Finding:
    root = operation.request if row.direction == REQUEST else operation.reply
    return _message(row, root, f"operation {operation.name}")


def _message(row: BindingRow, root: Node, at: str) -> Finding:
    """The row against one message: place, type, multiplicity."""
    try:
        place = place_of(root, row)
    except NoSuchPlace as missing:
        return _about(row, MISSING_FIELD, f"{at}: {missing}")
    for part, node in zip(row.path_parts, place.nodes, strict=False):
        if part.endswith("[]") and not node.repeats:
            return _about(row, WRONG_MULTIPLICITY, f"{at}: {node.name} does not repeat")
        if row.direction != REQUEST and not part.endswith("[]") and node.repeats:
            return _about(row, WRONG_MULTIPLICITY, f"{at}: {node.name} may repeat ([] is missing)")
    if place.kind not in FITTING_KINDS[row.type]:
        is_now = place.kind or "an element with elements inside"
        return _about(row, WRONG_TYPE, f"{at}: {row.path} is {is_now}, not {row.type}")
    if row.direction == REQUEST and row.multiplicity == "0..1" and _always_there(place) and not _may_be_nil(place):
        return _about(row, WRONG_MULTIPLICITY, f"{at}: {row.path} must always be there")
    return _about(row, SATISFIED)


def _always_there(place: Place) -> bool:
    """Whether the contract asks for the text in every message (or in every item of its list)."""
    own = place.attribute.required if place.attribute else place.nodes[-1].least > 0
    above = place.nodes if place.attribute else place.nodes[:-1]
    for node in reversed(above):
        if node.repeats:
            break
        own = own and node.least > 0
    return own


def _may_be_nil(place: Place) -> bool:
    return place.attribute is None and place.nodes[-1].nillable


def _halves(rows: Sequence[BindingRow]) -> Iterator[Finding]:
    """Dates without their times, and times without their dates."""
    found = {(row.verb, row.direction, row.field, row.type): row for row in rows}
    for (verb, direction, field, kind), row in found.items():
        other = {LOCAL_DATE: LOCAL_TIME, LOCAL_TIME: LOCAL_DATE}.get(kind)
        if other is not None and (verb, direction, field, other) not in found:
            yield _about(row, UNBOUND, f"{field} has a {kind} and no {other}")


def _left_out(verb: str, needs: Verb, rows: Sequence[BindingRow], operation: Operation | None) -> Iterator[Finding]:
    """Fields that our code cannot miss and required elements that no row fills."""
    own = [row for row in rows if row.verb == verb]
    if not any(row.direction == OPERATION for row in own):
        yield Finding(UNBOUND, 0, verb, OPERATION, verb, f"verb {verb} has no operation row")
        return
    for direction, fields, every in (
        (REQUEST, needs.sends, frozenset[str]()),
        (REPLY, needs.reads, RESULT_FIELDS.needs),
    ):
        bound = {row.field for row in rows_for(rows, verb, direction)}
        for missing in sorted(((needs.needs & fields) | every) - bound):
            yield Finding(UNBOUND, 0, verb, direction, missing, f"no row binds {missing}, which verb {verb} needs")
    if operation is not None:
        asked = rows_for(rows, verb, REQUEST)
        for path in _unfilled(operation.request, asked):
            message = f"operation {operation.name} requires {path}; no row fills it"
            yield Finding(UNFILLED, 0, verb, REQUEST, path, message)


def _unfilled(root: Node, rows: Sequence[BindingRow]) -> Iterator[str]:
    """Paths of required texts, in every element that is written, that no row fills."""
    filled = {tuple(part.removesuffix("[]") for part in row.path_parts) for row in rows}

    def below(node: Node, path: tuple[str, ...]) -> Iterator[str]:
        for attribute in node.attributes:
            if attribute.required and (*path, f"@{attribute.name}") not in filled:
                yield "/".join((*path, f"@{attribute.name}"))
        for child in node.children:
            here = (*path, child.name)
            written = any(each[: len(here)] == here for each in filled)
            if not written and (child.least == 0 or len(here) > REQUIRED_DEPTH_MAX):
                continue
            if child.kind and here not in filled and child.least > 0:
                yield "/".join(here)
            if not child.kind or child.attributes:
                yield from below(child, here)

    return below(root, ())
