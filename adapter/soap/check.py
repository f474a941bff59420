"""Row by row: does a contract hold what a binding table says, and does the table say enough?

Used at start (a broken binding stops the program, :mod:`adapter.soap.binding`) and by
``pomost contract check``, which shows every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapter.soap.contract import Contract, Operation
from adapter.soap.facets import Declarations
from adapter.soap.filled import contending, covers, unfilled
from adapter.soap.findings import (
    DOUBLE,
    MISSING_FIELD,
    MISSING_OPERATION,
    SATISFIED,
    UNBOUND,
    UNFILLED,
    UNKNOWN_NAME,
    UNUSED,
    WRONG_MULTIPLICITY,
    WRONG_TYPE,
    Finding,
)
from adapter.soap.rows import (
    EVERY_VERB,
    FAULT,
    LIST,
    LOCAL_DATE,
    LOCAL_TIME,
    OPERATION,
    REPLY,
    REQUEST,
    SPREAD,
    BindingRow,
)
from adapter.soap.structure import Attribute, Node
from adapter.soap.values import AS_TEXT, FITTING_KINDS, CodeTables
from adapter.soap.verbs import FAULT_FIELDS, LEGEND, RESULT_FIELDS, Verb


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
    for name in row.bare_path:
        if name.startswith("@"):
            found = next((each for each in node.attributes if each.name == name[1:]), None)
            if found is None:
                raise NoSuchPlace(f"{node.name} has no attribute {name[1:]}")
            return Place(tuple(nodes), found)
        inner = node.child(name)
        if inner is None:
            raise NoSuchPlace(f"{node.name} has no element {name}")
        nodes.append(inner)
        node = inner
    return Place(tuple(nodes))


def rows_for(rows: Sequence[BindingRow], verb: str, direction: str) -> list[BindingRow]:
    """The rows of a verb in a direction, with those of every verb."""
    return [row for row in rows if row.direction == direction and row.verb in (verb, EVERY_VERB)]


def check(
    contract: Contract,
    rows: Sequence[BindingRow],
    tables: CodeTables | None = None,
    *,
    legend: Mapping[str, Verb] | None = None,
) -> list[Finding]:
    """Every row's finding in the order of the table, then what the table as a whole leaves out.

    ``legend`` are the verbs of another channel than ours (tests). Values of enumerations are not looked at
    here (:mod:`adapter.soap.enumerations`): a start need not wait for that.
    """
    verbs = LEGEND[contract.channel] if legend is None else legend
    operations = operations_of(contract, rows)
    found = [
        _twice(row, rows[:n]) or _unused(row, rows, tables) or _check_row(contract, row, verbs, operations, tables)
        for n, row in enumerate(rows)
    ]
    for verb, needs in verbs.items():
        found += _left_out(verb, needs, rows, operations.get(verb))
    found += _halves(rows)
    for missing in sorted(FAULT_FIELDS.needs - {row.field for row in rows if row.direction == FAULT}):
        found.append(Finding(UNBOUND, 0, EVERY_VERB, FAULT, missing, f"no row binds {missing} of a fault"))
    return found


def _check_row(
    contract: Contract,
    row: BindingRow,
    verbs: Mapping[str, Verb],
    operations: Mapping[str, Operation],
    tables: CodeTables | None,
) -> Finding:
    if row.verb not in verbs and row.verb != EVERY_VERB:
        return about(row, UNKNOWN_NAME, f"there is no verb {row.verb}")
    if row.direction == OPERATION:
        return _check_operation(contract, row)
    return _check_field(row, verbs, operations, tables)


def _twice(row: BindingRow, before: Sequence[BindingRow]) -> Finding | None:
    """A row that says what one above says already, or fills what one above fills in every message."""
    for each in before:
        if each.direction != row.direction or row.verb not in (each.verb, EVERY_VERB):
            continue
        if row.direction == OPERATION:
            return about(row, DOUBLE, f"says the same as row {each.number}")
        if each.bare_path != row.bare_path:
            continue
        if (each.field, each.when, each.constant) == (row.field, row.when, row.constant) and each.type == row.type:
            return about(row, DOUBLE, f"says the same as row {each.number}")
        if row.direction == REQUEST and not each.when:
            return about(row, DOUBLE, f"row {each.number} fills {row.path} already")
        if row.direction != REQUEST and _contradict(each, row):
            return about(row, DOUBLE, f"whenever {row.path} is there, row {each.number} says otherwise ({each.when})")
    return None


def _contradict(one: BindingRow, other: BindingRow) -> bool:
    """Whether two rows of one place in a reply, when both count, say different values of one field."""
    if one.condition is None or other.condition is None or one.condition.field != other.condition.field:
        return False
    return one.constant == other.constant and one.condition.value != other.condition.value


def _unused(row: BindingRow, rows: Sequence[BindingRow], tables: CodeTables | None) -> Finding | None:
    """A row whose condition never holds: its field has no such value."""
    condition = row.condition
    if condition is None or not condition.value:
        return None
    for each in rows:
        if each.field != condition.field or row.verb not in (each.verb, EVERY_VERB):
            continue
        if each.type in ("bool", "not-bool") and not isinstance(condition.value, bool):
            return about(row, UNUSED, f"{condition.field} is true or false, never {condition.value}")
        known = each.table and tables is not None and each.table in tables
        if known and tables is not None and str(condition.value) not in tables[each.table]:
            return about(row, UNUSED, f"{condition.field} is never {condition.value}: not in {each.table}.csv")
    return None


def fault_nodes(operations: Mapping[str, Operation]) -> list[Node]:
    """The elements that a fault's detail may hold, each once."""
    return list({node.tag: node for operation in operations.values() for node in operation.faults}.values())


def operations_of(contract: Contract, rows: Sequence[BindingRow]) -> dict[str, Operation]:
    """The operation of each verb whose operation row the contract satisfies."""
    named = {row.verb: row.path for row in rows if row.direction == OPERATION}
    return {verb: contract.operations[name] for verb, name in named.items() if name in contract.operations}


def about(row: BindingRow, kind: str, message: str = "") -> Finding:
    """A finding about a row."""
    return Finding(kind, row.number, row.verb, row.direction, row.field or row.path, message)


def _check_operation(contract: Contract, row: BindingRow) -> Finding:
    if row.path not in contract.operations:
        return about(row, MISSING_OPERATION, f"the contract in {contract.folder} has no operation {row.path}")
    return about(row, SATISFIED)


def _check_field(
    row: BindingRow, legend: Mapping[str, Verb], operations: Mapping[str, Operation], tables: CodeTables | None
) -> Finding:
    for name in sorted(row.named):
        if not _known_field(row, name, legend):
            return about(row, UNKNOWN_NAME, f"verb {row.verb} has no field {name}")
    if tables is not None and row.table and row.table not in tables:
        return about(row, UNKNOWN_NAME, f"there is no code table {row.table}")
    if row.verb == EVERY_VERB:
        return _check_everywhere(row, operations)
    operation = operations.get(row.verb)
    if operation is None:
        return about(row, MISSING_OPERATION, f"verb {row.verb} has no operation in the contract")
    return _at(row, operation)


def _check_everywhere(row: BindingRow, operations: Mapping[str, Operation]) -> Finding:
    """A row for every verb: each operation (each fault) must have it; an optional one may miss in some."""
    if row.direction == FAULT:
        tried = [_message(row, node, f"fault {node.name}") for node in fault_nodes(operations)]
        if not tried:
            return about(row, MISSING_FIELD, "no bound operation of the contract has a fault")
    else:
        tried = [_at(row, each) for each in operations.values()]
    wrong = [each for each in tried if not each.satisfied]
    if not wrong or (not row.required and len(wrong) < len(tried)):
        return about(row, SATISFIED)
    return wrong[0]


def _known_field(row: BindingRow, name: str, legend: Mapping[str, Verb]) -> bool:
    if row.direction == FAULT:
        return name in FAULT_FIELDS.reads
    asked = legend.values() if row.verb == EVERY_VERB else (legend[row.verb],)
    if row.direction == REQUEST:
        return any(name in each.sends for each in asked)
    return name in RESULT_FIELDS.reads or any(name in each.reads for each in asked)


def _at(row: BindingRow, operation: Operation) -> Finding:
    root = operation.request if row.direction == REQUEST else operation.reply
    return _message(row, root, f"operation {operation.name}")


def _message(row: BindingRow, root: Node, at: str) -> Finding:
    """The row against one message: place, type, multiplicity."""
    try:
        place = place_of(root, row)
    except NoSuchPlace as missing:
        return about(row, MISSING_FIELD, f"{at}: {missing}")
    wrong = _repeats_wrongly(row, place, at)
    if wrong:
        return about(row, WRONG_MULTIPLICITY, wrong)
    as_text = place.kind == "text" and row.type in AS_TEXT
    if place.kind not in FITTING_KINDS[row.type] and not as_text:
        is_now = place.kind or "an element with elements inside"
        return about(row, WRONG_TYPE, f"{at}: {row.path} is {is_now}, not {row.type}")
    may_miss = row.direction == REQUEST and row.multiplicity == "0..1" and not row.when
    if may_miss and _always_there(place) and not _may_be_nil(place):
        return about(row, WRONG_MULTIPLICITY, f"{at}: {row.path} must always be there")
    return about(row, SATISFIED, _worth_knowing(row, place, at, as_text=as_text))


def _repeats_wrongly(row: BindingRow, place: Place, at: str) -> str:
    for step, node in zip(row.steps, place.nodes, strict=False):
        if step.mark in (LIST, SPREAD) and not node.repeats:
            return f"{at}: {node.name} does not repeat"
        if row.direction != REQUEST and not step.mark and node.repeats:
            return (
                f"{at}: {node.name} may repeat: {node.name}[] if each is an item of ours,"
                f" {node.name}[1] if there is never a second one ([] is missing)"
            )
    return ""


def _worth_knowing(row: BindingRow, place: Place, at: str, *, as_text: bool) -> str:
    if as_text:
        return f"{at}: {row.path} is plain text; that it holds {row.type} is for the documentation to say"
    if row.direction == REQUEST:
        for step, node in zip(row.steps, place.nodes, strict=False):
            if step.mark == LIST and node.most is not None:
                return f"{at}: takes {node.most} of {node.name} at most; a batch must not be larger"
    elif row.required and not _always_there(place) and place.nodes and not row.when:
        return f"{at}: {row.path} may be absent; an item or reply without it is refused"
    return ""


def _always_there(place: Place) -> bool:
    """Whether the contract asks for the text in every message (or in every item of its list)."""
    own = place.attribute.required if place.attribute else place.nodes[-1].least > 0
    above = place.nodes if place.attribute else place.nodes[:-1]
    for node in reversed(above):
        if node.repeats:
            break
        own = own and node.least > 0 and not node.nillable
    return own


def _may_be_nil(place: Place) -> bool:
    return place.attribute is None and place.nodes[-1].nillable


def _halves(rows: Sequence[BindingRow]) -> Iterator[Finding]:
    """Dates without their times, and times without their dates."""
    found = {(row.verb, row.direction, row.field, row.type): row for row in rows}
    for (verb, direction, field, kind), row in found.items():
        other = {LOCAL_DATE: LOCAL_TIME, LOCAL_TIME: LOCAL_DATE}.get(kind)
        if other is not None and (verb, direction, field, other) not in found:
            yield about(row, UNBOUND, f"{field} has a {kind} and no {other}")


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
        bound = {name for row in rows_for(rows, verb, direction) for name in row.named}
        for missing in sorted(each for each in needs.needs | every if not bound & set(each.split("|"))):
            if missing in every or fields.issuperset(missing.split("|")):
                what = missing.replace("|", " or ")
                yield Finding(UNBOUND, 0, verb, direction, missing, f"no row binds {what}, which verb {verb} needs")
    if operation is not None:
        yield from _unfit_request(verb, operation, rows_for(rows, verb, REQUEST))


def _unfit_request(verb: str, operation: Operation, asked: Sequence[BindingRow]) -> Iterator[Finding]:
    """Required elements without a row, places that conditions leave empty, choices of which two are always made."""
    for path in unfilled(operation.request, asked):
        if " | " in path and _has_a_branch_that_may_be_absent(operation, path):
            continue
        what = f"one of {path}" if " | " in path else path
        yield Finding(UNFILLED, 0, verb, REQUEST, path, f"operation {operation.name} requires {what}; no row fills it")
    for row in asked:
        same = [each for each in asked if each.bare_path == row.bare_path]
        if row is not same[0] or covers(same):
            continue
        try:
            place = place_of(operation.request, row)
        except NoSuchPlace:
            continue
        if _always_there(place) and not _may_be_nil(place) and not _left_out_whole(row, place, asked):
            message = f"{row.path} must always be there; no row fills it when none of the conditions holds"
            yield about(row, WRONG_MULTIPLICITY, f"operation {operation.name}: {message}")
    for one, other in contending(operation.request, asked):
        message = f"takes {one.path} or {other.path}; row {one.number} and this one fill both in every message"
        yield about(other, WRONG_MULTIPLICITY, f"operation {operation.name} {message}")


def _has_a_branch_that_may_be_absent(operation: Operation, path: str) -> bool:
    above, _, branches = path.rpartition("/")
    declared = Declarations(operation.file)
    inside = above.split("/") if above else []
    return any(declared.may_be_absent(operation.request.tag, [*inside, each]) for each in branches.split(" | "))


def _left_out_whole(row: BindingRow, place: Place, asked: Sequence[BindingRow]) -> bool:
    """Whether the item that a row stands in is left out when no condition in it holds."""
    item = max((n for n, node in enumerate(place.nodes, start=1) if node.repeats), default=0)
    if not item or place.nodes[item - 1].least > 0:
        return False
    inside = [each for each in asked if each.bare_path[:item] == row.bare_path[:item]]
    return all(each.when for each in inside)
