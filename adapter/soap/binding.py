"""Our verbs bound to a national contract: requests are built and replies read by data (D4).

``bind_contract`` takes a loaded contract and the rows of its binding table, checks them row by row
and compiles each verb. A broken binding stops the program at start: ``Misconfigured`` names the
file, the row and the operation or field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lxml import etree

from adapter.errors import BadInput, Misconfigured
from adapter.soap.check import check, fault_nodes, operations_of, rows_for
from adapter.soap.columns import plan_lists
from adapter.soap.compiling import compile_reply, compile_request
from adapter.soap.contract import Contract, Operation, load_contract, problems_of
from adapter.soap.findings import Finding
from adapter.soap.reading import Reading, UnreadableReply, read, read_loosely
from adapter.soap.refused_rows import SHOWN_SCHEMA_PROBLEMS_MAX
from adapter.soap.rows import FAULT, FOLDER, REPLY, REQUEST, BindingRow, load_rows
from adapter.soap.sources import Source, settle
from adapter.soap.template import Template, has_list
from adapter.soap.values import CodeTables
from adapter.soap.verbs import LEGEND, Verb
from adapter.soap.wire import BoundOperation, FaultDetail
from adapter.soap.writing import Part, Values, needs_the_long_way, prefixes, write

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
        quick = has_list(request) and not needs_the_long_way(request)
        self._template = Template(request, self._prefixes) if quick else None
        self._reply = reply
        self._lists = None if settle(reply) else plan_lists(reply, contract)

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
    contract: Contract,
    rows: Sequence[BindingRow],
    tables: CodeTables,
    *,
    table_file: str = "",
    legend: Mapping[str, Verb] | None = None,
) -> BoundContract:
    """Check and compile; ``legend`` are the verbs of another channel than ours (tests).

    Raises:
        Misconfigured: the binding and the contract do not fit (``BINDING_BROKEN``).
    """
    file = table_file or f"{FOLDER}/{contract.channel}.csv"
    verbs_of = LEGEND[contract.channel] if legend is None else legend
    wrong = [finding for finding in check(contract, rows, tables, legend=verbs_of) if not finding.satisfied]
    if wrong:
        raise Misconfigured(_sentence(file, wrong), setting=file, code="BINDING_BROKEN")
    operations = operations_of(contract, rows)
    verbs: dict[str, BoundVerb] = {}
    for verb, meant in verbs_of.items():
        operation = operations[verb]
        verbs[verb] = BoundVerb(
            BoundOperation(contract.channel, verb, operation.name, operation.soap_action, operation.soap_version),
            operation,
            writes=meant.writes,
            request=compile_request(operation.request, rows_for(rows, verb, REQUEST), tables),
            reply=compile_reply(operation.reply, rows_for(rows, verb, REPLY), tables),
            fields=frozenset(row.field for row in rows_for(rows, verb, REQUEST)),
        )
    told = [row for row in rows if row.direction == FAULT]
    faults = {node.tag: compile_reply(node, told, tables) for node in fault_nodes(operations)}
    for source in faults.values():
        settle(source)
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
