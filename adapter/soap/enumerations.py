"""Values against a contract: code tables, constants and plain texts held to what its schemas allow.

Both ways: a value that the authority may say and no table knows would be refused when it comes; a
value that we may send and the schema forbids would never arrive. Only ``pomost contract check`` and
``diff`` ask for this; a running adapter refuses each case by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from adapter.mapping.code_table import IN, OUT, CodeTable
from adapter.soap.check import check, fault_nodes, operations_of, place_of
from adapter.soap.contract import Contract, Operation
from adapter.soap.facets import Declarations, Facets
from adapter.soap.findings import (
    BEYOND_ROWS,
    FORBIDDEN_VALUE,
    SATISFIED,
    UNKNOWN_VALUE,
    WRONG_TYPE,
    Finding,
)
from adapter.soap.rows import EMPTY, EVERY_VERB, FAULT, OPERATION, REQUEST, BindingRow
from adapter.soap.structure import Node
from adapter.soap.values import AS_TEXT, CodeTables, encoder
from adapter.soap.verbs import CODES_SENT, Verb

SHOWN_VALUES_MAX = 12
_SAMPLE = datetime(2026, 7, 1, 8, 30, 15, tzinfo=UTC)
_SAMPLES: Mapping[str, object] = {"date": _SAMPLE.date(), "base64": b"Pomost"}
"""What a type that stands in plain text is tried with; instants where nothing is said."""


def check_with_values(
    contract: Contract, rows: Sequence[BindingRow], tables: CodeTables, *, legend: Mapping[str, Verb] | None = None
) -> list[Finding]:
    """:func:`adapter.soap.check.check`, and for each row that it finds satisfied what its values say."""
    told = _Values(contract, rows, tables)
    by_number = {row.number: row for row in rows}
    found: list[Finding] = []
    for finding in check(contract, rows, tables, legend=legend):
        row = by_number.get(finding.row)
        more = told.of(row) if row is not None and finding.satisfied else []
        found += more or [finding]
    return found


class _Values:
    """The facets of each row's places, and what tables and constants make of them."""

    def __init__(self, contract: Contract, rows: Sequence[BindingRow], tables: CodeTables) -> None:
        self.rows, self.tables = rows, tables
        self._operations = operations_of(contract, rows)
        self._declared: dict[Path, Declarations] = {}
        self._facets = {row.number: self._all_facets(row) for row in rows if row.direction != OPERATION}
        self._allowed: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            if row.table and row.table in tables:
                values = _nationals(tables[row.table])
                for facets in self._facets[row.number]:
                    self._allowed[row.table] |= set(values) - set(facets.refused(values))

    def of(self, row: BindingRow) -> list[Finding]:
        """What a row's values say; empty when they say nothing."""
        found = [*self._beyond(row)] + [
            each for facets in self._facets.get(row.number, ()) for each in self._against(row, facets)
        ]
        worse = [each for each in found if not each.satisfied]
        return list(dict.fromkeys(worse or found[:1]))

    def _all_facets(self, row: BindingRow) -> list[Facets]:
        if row.direction == FAULT:
            operations = [(node, each) for each in self._operations.values() for node in fault_nodes({"": each})]
        else:
            asked = self._operations.values() if row.verb == EVERY_VERB else [self._operations.get(row.verb)]
            operations = [
                (each.request if row.direction == REQUEST else each.reply, each) for each in asked if each is not None
            ]
        found = (self._facets_of(row, root, operation) for root, operation in operations)
        return list(dict.fromkeys(each for each in found if each is not None))

    def _beyond(self, row: BindingRow) -> Iterator[Finding]:
        """What no row can write on the way to its place."""
        operation = self._operations.get(row.verb)
        if operation is None or row.direction != REQUEST:
            return
        names = [name for name in row.bare_path if not name.startswith("@")]
        for depth in range(len(names) + 1):
            why = self._declarations(operation).beyond_rows(operation.request.tag, names[:depth])
            if why:
                where = "/".join(names[:depth]) or operation.request.name
                yield _about(row, BEYOND_ROWS, f"operation {operation.name}: {where} cannot be written by rows: {why}")
                return

    def _declarations(self, operation: Operation) -> Declarations:
        declared = self._declared.get(operation.file)
        if declared is None:
            declared = self._declared[operation.file] = Declarations(operation.file)
        return declared

    def _facets_of(self, row: BindingRow, root: Node, operation: Operation) -> Facets | None:
        try:
            place = place_of(root, row)
        except LookupError:
            return None
        attribute = place.attribute.name if place.attribute is not None else ""
        return self._declarations(operation).facets(root.tag, [node.name for node in place.nodes], attribute)

    def _against(self, row: BindingRow, facets: Facets) -> list[Finding]:
        if row.constant and row.type != EMPTY:
            return self._constant(row, facets)
        if row.table and row.table in self.tables:
            table = self.tables[row.table]
            return self._sent(row, table, facets) if row.direction == REQUEST else self._read(row, table, facets)
        if row.type in AS_TEXT and facets.builtin in ("string", "normalizedString", "token"):
            sample = encoder(row.type, None)(_SAMPLES.get(row.type, _SAMPLE), date.min)
            if facets.refused([sample]):
                message = f"{row.path} is a text {', '.join(facets.limits)}: {row.type} is written as {sample}"
                return [_about(row, WRONG_TYPE, message)]
        if facets.enumeration is not None and row.type in ("text", "oid-extension", "int"):
            return [
                _about(row, SATISFIED, f"{row.path} is one of {_shown(facets.enumeration)}; a code would check that")
            ]
        return []

    def _constant(self, row: BindingRow, facets: Facets) -> list[Finding]:
        found: list[Finding] = []
        if facets.refused([row.constant]):
            found.append(_about(row, FORBIDDEN_VALUE, f"{row.path} does not allow {row.constant}{_why(facets)}"))
        place = (row.verb, row.direction, row.path)
        alike = [each for each in self.rows if (each.verb, each.direction, each.path) == place]
        if row.direction != REQUEST and row is alike[0] and all(each.constant for each in alike):
            said = {each.constant for each in alike}
            unknown = [value for value in facets.enumeration or () if value not in said]
            if unknown:
                message = f"{row.path} may also say {_shown(unknown)}; no row has that as its constant"
                found.append(_about(row, UNKNOWN_VALUE, message))
        return found

    def _sent(self, row: BindingRow, table: CodeTable, facets: Facets) -> list[Finding]:
        ours = CODES_SENT.get((row.verb, row.field))
        values = _nationals(table, without=IN, ours=ours)
        wrong = facets.refused(values)
        if wrong:
            message = f"{row.path} does not allow {_shown(wrong)} of {table.name}.csv{_why(facets)}"
            return [_about(row, FORBIDDEN_VALUE, message)]
        never = [value for value in facets.enumeration or () if value not in values]
        if not never:
            return []
        return [_about(row, SATISFIED, f"{row.path} would also take {_shown(never)}; we never send that")]

    def _read(self, row: BindingRow, table: CodeTable, facets: Facets) -> list[Finding]:
        known, refused = set(_nationals(table, without=OUT)), set(row.refuses.split("|")) - {""}
        found: list[Finding] = []
        unknown = [value for value in facets.enumeration or () if value not in known | refused]
        if unknown:
            message = f"{row.path} may say {_shown(unknown)}; {table.name}.csv has no row for that"
            found.append(_about(row, UNKNOWN_VALUE, message))
        never = [value for value in _nationals(table, without=OUT) if value not in self._allowed[table.name]]
        if never:
            message = f"{table.name}.csv has {_shown(never)}, which {row.path} does not allow{_why(facets)}"
            found.append(_about(row, FORBIDDEN_VALUE, message))
        if refused and not found:
            found.append(_about(row, SATISFIED, f"{row.path}: {_shown(sorted(refused))} is refused when it comes"))
        return found


def _nationals(table: CodeTable, without: str = "", ours: frozenset[str] | None = None) -> list[str]:
    """The national codes of a table that hold without an end."""
    return list(
        dict.fromkeys(
            row["national"]
            for row in table
            if row.get("national") and row.valid(None) and (not without or row.get("use") != without)
            if ours is None or row[table.key] in ours
        )
    )


def _about(row: BindingRow, kind: str, message: str) -> Finding:
    return Finding(kind, row.number, row.verb, row.direction, row.field or row.path, message)


def _shown(values: Sequence[str]) -> str:
    more = f" and {len(values) - SHOWN_VALUES_MAX} more" if len(values) > SHOWN_VALUES_MAX else ""
    return ", ".join(values[:SHOWN_VALUES_MAX]) + more


def _why(facets: Facets) -> str:
    if facets.enumeration is not None:
        return f"; it is one of {_shown(facets.enumeration)}"
    return f" ({', '.join(facets.limits)})" if facets.limits else f" (a value of {facets.builtin})"
