"""Our verbs bound to a national contract: requests are built and replies read by data (D4).

``bind_contract`` takes a loaded contract and the rows of its binding table, checks them row by row
and compiles each verb. A broken binding stops the program at start: ``Misconfigured`` names the
file, the row and the operation or field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from lxml import etree

from adapter.errors import BadInput, Misconfigured
from adapter.soap.check import Finding, Place, check, fault_nodes, operations_of, place_of, rows_for
from adapter.soap.columns import plan_lists
from adapter.soap.contract import Contract, Operation, load_contract, problems_of
from adapter.soap.reading import (
    SHOWN_SCHEMA_PROBLEMS_MAX,
    Joining,
    Reading,
    Source,
    Taking,
    UnreadableReply,
    read,
    read_loosely,
)
from adapter.soap.rows import EVERY_VERB, FAULT, FOLDER, LOCAL_DATE, LOCAL_TIME, REPLY, REQUEST, BindingRow, load_rows
from adapter.soap.structure import Node
from adapter.soap.template import Template, has_list
from adapter.soap.values import CodeTables, decoder, encoder
from adapter.soap.verbs import LEGEND, RESULT_FIELDS
from adapter.soap.wire import BoundOperation, FaultDetail
from adapter.soap.writing import Filling, Part, Values, has_nil, prefixes, write

HALVES = (LOCAL_DATE, LOCAL_TIME)
SHOWN_FINDINGS_MAX = 10
"""How many findings the message of a broken binding spells out."""


@dataclass(frozen=True, slots=True)
class Result:
    """The business result of a reply (WynikMT): the authority's codes and its own text."""

    major: str
    minor: str = ""
    text: str = ""


class BoundVerb:
    """One verb of ours on one operation of the contract. ``fields`` are those of ours that its requests carry."""

    def __init__(
        self,
        operation: BoundOperation,
        contract: Operation,
        *,
        writes: bool,
        request: Part,
        reply: Source,
        fields: frozenset[str] = frozenset(),
    ):
        self.operation = operation
        self.fields = fields
        self.writes = writes
        self.schema = contract.schema
        self._request = request
        self._prefixes = prefixes(request)
        self._template = Template(request, self._prefixes) if has_list(request) and not has_nil(request) else None
        self._reply = reply
        self._lists = plan_lists(reply)

    def build(self, values: Values, on: date) -> etree._Element:
        """The content of the Body for ``values`` (nested mappings and lists by our field names).

        Raises:
            BadInput: a value does not fit, a code has no national one, or the message is not what the
                schema says; the message names the field or element, never a value.
        """
        if self._template is not None:
            content = self._template(values, on)
        else:
            content = write(self._request, values, on, self._prefixes)
        problems = problems_of(self.schema, content)
        if problems:
            shown = "; ".join(str(each) for each in problems[:SHOWN_SCHEMA_PROBLEMS_MAX])
            raise BadInput(
                f"the message {self.operation.verb} does not satisfy the contract: {shown}",
                field=problems[0].element,
                code="REQUEST_INVALID",
            )
        return content

    def read(self, content: etree._Element, on: date) -> Reading:
        """The values of a reply, its result among them.

        Raises:
            UnreadableReply: it is not what the contract says. Rejected: an unknown national code
                stands outside a list.
        """
        return read(self._reply, content, self.schema, on, self._lists)


@dataclass(frozen=True, slots=True)
class BoundContract:
    """All verbs of one channel."""

    channel: str
    verbs: Mapping[str, BoundVerb]
    faults: Mapping[str, Source]

    def __getitem__(self, verb: str) -> BoundVerb:
        return self.verbs[verb]

    def read_fault(self, detail: etree._Element) -> tuple[FaultDetail, ...]:
        """The errors in one element of a fault's detail (``wire.FaultReader``).

        Not judged by the schema: a fault is bad news already, and what it says is better than nothing.
        Empty when the element is none of the contract's, or says no code.
        """
        source = self.faults.get(str(detail.tag))
        errors = read_loosely(source, detail).get("errors", ()) if source is not None else ()
        return tuple(
            FaultDetail(str(each["major"]), str(each.get("minor", "")), str(each.get("text", "")))
            for each in errors
            if each.get("major")
        )


def result_of(reading: Reading) -> Result:
    """The business result in a reading.

    Raises:
        UnreadableReply: the reply has none.
    """
    result = reading.values.get("result")
    if not isinstance(result, dict) or not result.get("major"):
        raise UnreadableReply("the reply has no result")
    return Result(str(result["major"]), str(result.get("minor", "")), str(result.get("text", "")))


def bind_contract(
    contract: Contract, rows: Sequence[BindingRow], tables: CodeTables, *, table_file: str = ""
) -> BoundContract:
    """Check and compile.

    Raises:
        Misconfigured: the binding and the contract do not fit (``BINDING_BROKEN``).
    """
    file = table_file or f"{FOLDER}/{contract.channel}.csv"
    wrong = [finding for finding in check(contract, rows, tables) if not finding.satisfied]
    if wrong:
        raise Misconfigured(_sentence(file, wrong), setting=file, code="BINDING_BROKEN")
    operations = operations_of(contract, rows)
    verbs: dict[str, BoundVerb] = {}
    for verb, legend in LEGEND[contract.channel].items():
        operation = operations[verb]
        verbs[verb] = BoundVerb(
            BoundOperation(contract.channel, verb, operation.name, operation.soap_action, operation.soap_version),
            operation,
            writes=legend.writes,
            request=_compile_request(operation.request, rows_for(rows, verb, REQUEST), tables),
            reply=_compile_reply(operation.reply, rows_for(rows, verb, REPLY), tables),
            fields=frozenset(row.field for row in rows_for(rows, verb, REQUEST)),
        )
    told = [row for row in rows if row.direction == FAULT]
    faults = {node.tag: _compile_reply(node, told, tables) for node in fault_nodes(operations)}
    return BoundContract(contract.channel, verbs, faults)


def load_bound_contract(wsdl: Path, mappings: Path, channel: str, tables: CodeTables) -> BoundContract:
    """Load ``wsdl/<channel>`` and ``mappings/bindings/<channel>.csv`` and bind them.

    Raises:
        Misconfigured: a file is missing or broken, or they do not fit; the message names the culprit.
    """
    rows = load_rows(mappings, channel)
    return bind_contract(
        load_contract(wsdl.resolve(), channel), rows, tables, table_file=str(mappings / FOLDER / f"{channel}.csv")
    )


def _sentence(file: str, wrong: Sequence[Finding]) -> str:
    shown = [f"row {each.row}: {each.message}" if each.row else each.message for each in wrong[:SHOWN_FINDINGS_MAX]]
    more = f"; and {len(wrong) - SHOWN_FINDINGS_MAX} more" if len(wrong) > SHOWN_FINDINGS_MAX else ""
    return f"{file} does not fit the contract: {'; '.join(shown)}{more}. Run: pomost contract check"


def _groups(row: BindingRow, place: Place) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
    """Where on the path lists repeat: index of the path part -> the list's keys within its scope; and the rest."""
    lists: dict[int, tuple[str, ...]] = {}
    scope: list[str] = []
    repeats = [n for n, part in enumerate(row.path_parts[: len(place.nodes)]) if part.endswith("[]")]
    for part in row.field_parts:
        scope.append(part.removesuffix("[]"))
        if part.endswith("[]"):
            lists[repeats[len(lists)]] = tuple(scope)
            scope = []
    return lists, tuple(scope)


def _compile_request(root: Node, rows: Sequence[BindingRow], tables: CodeTables) -> Part:
    whole = Part(root)
    for row in rows:
        place = place_of(root, row)
        lists, keys = _groups(row, place)
        part = whole
        for n, node in enumerate(place.nodes):
            part = part.part(node)
            if n in lists:
                part.group = lists[n]
        table = tables[row.table] if row.table else None
        filling = Filling(row.field, keys, None if row.constant else encoder(row.type, table), row.constant)
        if place.attribute is not None:
            part.attributes.append((place.attribute.tag, filling))
        else:
            part.filling = filling
    return whole


def _compile_reply(root: Node, rows: Sequence[BindingRow], tables: CodeTables) -> Source:
    whole = Source(root.tag)
    for row in rows:
        if row.verb == EVERY_VERB and not row.required and not _is_there(root, row):
            continue
        place = place_of(root, row)
        lists, keys = _groups(row, place)
        source = scope = whole
        for n, (above, node) in enumerate(pairwise((root, *place.nodes))):
            source = source.source(node.tag, once=above.once(node), nillable=node.nillable)
            if n in lists:
                source.group = lists[n]
                source.declared = tuple(each.tag for each in node.children) if node.in_order else ()
                scope = source
        table = tables[row.table] if row.table else None
        required = row.required and row.field not in RESULT_FIELDS.reads
        if row.type in HALVES:
            keys = _half(keys, row.type, row.field, scope)
        taking = Taking(row.field, keys, decoder(row.type, table), required)
        if place.attribute is not None:
            source.attributes.append((place.attribute.tag, taking))
        else:
            source.taking = taking
        if required:
            scope.required.append(taking)
    return whole


def _half(keys: tuple[str, ...], kind: str, name: str, scope: Source) -> tuple[str, ...]:
    """The keys of a date or a time until both are put together."""
    halves = {each: (*keys[:-1], f"{keys[-1]} ({each})") for each in HALVES}
    joining = Joining(name, keys, halves[LOCAL_DATE], halves[LOCAL_TIME])
    if joining not in scope.joinings:
        scope.joinings.append(joining)
    return halves[kind]


def _is_there(root: Node, row: BindingRow) -> bool:
    try:
        place_of(root, row)
    except LookupError:
        return False
    return True
