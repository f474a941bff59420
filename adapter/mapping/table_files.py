"""Reading the CSV files of ``mappings/``: every problem of every row, each named by file, row and column.

A file is UTF-8 without a BOM, with a header; lines that start with ``#`` are comments. Rows are
numbered as an editor numbers lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from adapter.mapping.code_table import BOTH, IN, OUT, CodeTable, Row

FILE_MAX_BYTES = 5_000_000
PROBLEMS_MAX = 500
"""At most this many problems are kept for one file."""

COMMON = ("source", "valid_from", "valid_to")
YES_NO = frozenset({"yes", "no"})
STATUSES = frozenset({"CONFIRMED", "INFERRED", "RECONSTRUCTION", "UNCHECKED"})
USES = frozenset({BOTH, IN, OUT})
DAYS_MAX = 3660
"""Most days that a row may name."""
_DAYS = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TableProblem:
    """One problem: ``row`` is the line in the file (0: the file as a whole), ``column`` its name or empty."""

    file: str
    row: int
    column: str
    text: str

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}" if self.row else self.file
        return f"{where}, column {self.column}: {self.text}" if self.column else f"{where}: {self.text}"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What a table must look like.

    ``codes`` are the codes its key column may hold (None: any), ``complete`` those that must be
    there. ``required`` cells are never empty; ``optional`` columns may be missing or empty; ``dates`` hold a date or
    nothing, ``days`` a number of days (1 to :data:`DAYS_MAX`).
    ``choices`` limits the values of a column. Rows may not overlap in time on ``key`` + ``also_key``,
    and, where there are such columns, on the national and on the FHIR code.
    """

    name: str
    key: str = "ours"
    also_key: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    codes: frozenset[str] | None = None
    complete: frozenset[str] = frozenset()
    choices: dict[str, frozenset[str]] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    many: bool = False
    """Several rows of one key are meant (transitions): only key + also_key must be unique."""
    one_national_for_many: bool = False
    """The authority has one code for several of ours: its code can be sent, not read."""

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.name}.csv"

    def columns(self) -> tuple[str, ...]:
        """All columns that the header may have."""
        return (self.key, *self.also_key, *self.required, *self.optional, *self.dates, *self.days, *COMMON)

    def needed(self) -> tuple[str, ...]:
        """Columns that the header must have."""
        return (self.key, *self.also_key, *self.required, *self.days, *COMMON)


class _Reader:
    """Reads one file; collects problems instead of stopping at the first."""

    def __init__(self, spec: TableSpec) -> None:
        self.spec = spec
        self.problems: list[TableProblem] = []
        self.rows: list[Row] = []

    def say(self, text: str, row: int = 0, column: str = "") -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(TableProblem(self.spec.file, row, column, text))

    def read(self, path: Path) -> None:
        """Fill ``rows`` and ``problems``."""
        text = self._text(path)
        if text is None:
            return
        records = self._records(text)
        header_line, header = next(records, (0, []))
        if not header:
            self.say("the file has no header")
            return
        if not self._header_is_good(header_line, header):
            return
        for line, cells in records:
            self._row(line, header, cells)
        self._duplicates()
        present = {row[self.spec.key] for row in self.rows}
        for code in sorted(self.spec.complete - present):
            self.say(f"no row for '{code}'", column=self.spec.key)

    def _text(self, path: Path) -> str | None:
        try:
            size = path.stat().st_size
            raw = path.read_bytes() if size <= FILE_MAX_BYTES else b""
        except FileNotFoundError:
            self.say("the file is missing")
            return None
        except OSError as error:
            self.say(f"the file cannot be read: {error.strerror}")
            return None
        if size > FILE_MAX_BYTES:
            self.say(f"the file is larger than {FILE_MAX_BYTES} bytes")
            return None
        if raw.startswith(b"\xef\xbb\xbf"):
            self.say("the file starts with a byte order mark (BOM); save it as UTF-8 without BOM", row=1)
            raw = raw[3:]
        elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.say("the file is UTF-16; save it as UTF-8", row=1)
            return None
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.say("not UTF-8 text; save the file as UTF-8", row=line)
            return None

    def _records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        end = 0
        while True:
            start = end + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.say(f"not a CSV row: {error}", row=start)
                return
            end = reader.line_num
            if not cells or cells[0].startswith("#") or not any(cell.strip() for cell in cells):
                continue
            yield start, [cell.strip() for cell in cells]

    def _header_is_good(self, line: int, header: Sequence[str]) -> bool:
        missing = [column for column in self.spec.needed() if column not in header]
        known = set(self.spec.columns())
        strange = [column for column in header if column not in known]
        for column in missing:
            self.say("the column is missing", row=line, column=column)
        for column in strange:
            self.say("no such column in this table", row=line, column=column or "(empty)")
        twice = sorted({column for column in header if header.count(column) > 1})
        for column in twice:
            self.say("the column is there twice", row=line, column=column)
        return not (missing or strange or twice)

    def _row(self, line: int, header: Sequence[str], cells: Sequence[str]) -> None:
        if len(cells) != len(header):
            self.say(f"{len(cells)} cells under {len(header)} columns", row=line)
            return
        values = dict(zip(header, cells, strict=True))
        before = len(self.problems)
        for column in (self.spec.key, *self.spec.also_key, *self.spec.required, "source"):
            if not values[column]:
                self.say("the cell is empty", row=line, column=column)
        if self.spec.codes is not None and values[self.spec.key] and values[self.spec.key] not in self.spec.codes:
            self.say(f"'{values[self.spec.key]}' is no code of ours", row=line, column=self.spec.key)
        choices = {"status": STATUSES, "use": USES, **self.spec.choices}
        for column, permitted in choices.items():
            if values.get(column) and values[column] not in permitted:
                self.say(f"'{values[column]}' is not one of {', '.join(sorted(permitted))}", row=line, column=column)
        first = self._date(line, "valid_from", values["valid_from"])
        last = self._date(line, "valid_to", values["valid_to"])
        for column in self.spec.dates:
            self._date(line, column, values.get(column, ""))
        for column in self.spec.days:
            if not _DAYS.fullmatch(values[column]) or int(values[column]) > DAYS_MAX:
                self.say(f"'{values[column]}' is no number of days (1 to {DAYS_MAX})", row=line, column=column)
        if first and last and last < first:
            self.say("the last day is before the first", row=line, column="valid_to")
        if len(self.problems) == before:
            self.rows.append(Row(line, values, first, last))

    def _date(self, line: int, column: str, text: str) -> date | None:
        if not text:
            return None
        try:
            found = date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            found = None
        if found is None:
            self.say(f"'{text}' is not a date; write YYYY-MM-DD", row=line, column=column)
        return found

    def _duplicates(self) -> None:
        key = (self.spec.key, *self.spec.also_key)
        has_fhir = any(row.get("fhir_code") for row in self.rows)
        has_national = any(row.get("national") for row in self.rows)
        if self.spec.many:
            self._unique(key, self.rows)
            return
        going_out = [row for row in self.rows if row.get("use") != IN]
        coming_in = [row for row in self.rows if row.get("use") != OUT]
        self._unique(key, going_out)
        if has_fhir:
            self._unique(("fhir_system", "fhir_code"), [row for row in coming_in if row.get("fhir_code")])
        if has_national and not self.spec.one_national_for_many:
            self._unique(("national",), [row for row in coming_in if row.get("national")])

    def _unique(self, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            groups[tuple(row.get(column) for column in columns)].append(row)
        for group in groups.values():
            ordered = sorted(group, key=lambda row: (row.valid_from or date.min, row.line))
            longest = ordered[0]
            for row in ordered[1:]:
                if (longest.valid_to or date.max) >= (row.valid_from or date.min):
                    self._clash(columns[-1], longest, row)
                if (row.valid_to or date.max) > (longest.valid_to or date.max):
                    longest = row

    def _clash(self, column: str, one: Row, two: Row) -> None:
        culprit, other = (two, one) if two.line > one.line else (one, two)
        same = (one.valid_from, one.valid_to) == (two.valid_from, two.valid_to)
        how = "repeats" if same else "overlaps in time with"
        self.say(f"'{culprit.get(column)}' {how} row {other.line}", row=culprit.line, column=column)


def read_table(folder: Path, spec: TableSpec) -> tuple[CodeTable, list[TableProblem]]:
    """One table with its problems; rows with a problem are left out of the table."""
    reader = _Reader(spec)
    reader.read(folder / spec.file)
    return CodeTable(spec.name, spec.key, reader.rows), reader.problems
