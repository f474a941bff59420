"""The retry table ``mappings/refusals.csv``: what each failure means, how long it rests, who is told.

    code of the authority, HTTP status or broken exchange
        -> outcome of a read, outcome of a write
        -> first wait, growth, longest wait, most tries, who is told

A row is found by channel (``cer``, ``p1``, ``any``), source and code. Every problem of the file is named
by file, line and column. Source: p1.md section 3.3; SOAP 1.1 and 1.2; RFC 9110.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from adapter.errors import ENGINEER, NOBODY, TOLD, Handling, Misconfigured
from adapter.mapping.table_files import TableProblem

FILE = "refusals.csv"
FAULT_MAJOR, FAULT_MINOR, FAULT_CODE = "fault-major", "fault-minor", "fault-code"
RESULT_MAJOR, RESULT_MINOR = "result-major", "result-minor"
HTTP, TRANSPORT = "http", "transport"
SOURCES = frozenset({FAULT_MAJOR, FAULT_MINOR, FAULT_CODE, RESULT_MAJOR, RESULT_MINOR, HTTP, TRANSPORT})
SUCCESS, REJECTED, UNAVAILABLE, IN_DOUBT, MISCONFIGURED = (
    "success",
    "rejected",
    "unavailable",
    "in_doubt",
    "misconfigured",
)
OUTCOMES = frozenset({SUCCESS, REJECTED, UNAVAILABLE, IN_DOUBT, MISCONFIGURED})
ENDED = frozenset({SUCCESS, REJECTED})
"""Outcomes after which nothing is waited for."""
CHANNELS = frozenset({"any", "p1", "cer"})
STATUSES = frozenset({"CONFIRMED", "RECONSTRUCTION", "OURS"})
WAIT_SECONDS_MAX = 7 * 86_400.0
GROWTH_MAX = 10.0
ATTEMPTS_MAX = 10_000
SHOWN_PROBLEMS_MAX = 20

UNLISTED = Handling("", 60.0, 2.0, 3600.0, 5, ENGINEER)
"""For a code of an authority that has no row: its meaning is for an engineer to find out."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: what a code of one ``source`` (kind) means on one ``channel`` (p1, cer, any), and what follows."""

    channel: str
    source: str
    code: str
    outcome_read: str
    outcome_write: str
    first_wait_seconds: float
    growth: float
    wait_max_seconds: float
    attempts_max: int
    told: str
    title_pl: str
    title_en: str
    status: str
    source_ref: str

    def outcome(self, *, write: bool) -> str:
        """success, rejected, unavailable, in_doubt or misconfigured."""
        return self.outcome_write if write else self.outcome_read

    @property
    def key(self) -> str:
        """How the row is named in the outbox and in the audit: source and code."""
        return f"{self.source} {self.code}"

    @property
    def handling(self) -> Handling:
        """What follows when this row matched."""
        return Handling(
            self.key, self.first_wait_seconds, self.growth, self.wait_max_seconds, self.attempts_max, self.told
        )


COLUMNS = tuple(each.name for each in fields(Refusal))
_NUMBERS = {
    "first_wait_seconds": (0.0, WAIT_SECONDS_MAX),
    "growth": (1.0, GROWTH_MAX),
    "wait_max_seconds": (0.0, WAIT_SECONDS_MAX),
    "attempts_max": (1.0, float(ATTEMPTS_MAX)),
}
"""Columns that hold numbers: the least and the most that each may be."""
_CHOICES = {
    "channel": CHANNELS,
    "source": SOURCES,
    "outcome_read": OUTCOMES,
    "outcome_write": OUTCOMES,
    "told": frozenset(TOLD),
    "status": STATUSES,
}


class Refusals:
    """The table, loaded and checked."""

    def __init__(self, rows: Sequence[Refusal]) -> None:
        self.rows = tuple(rows)
        self._by_key = {(row.channel, row.source, row.code): row for row in rows}

    def find(self, channel: str, source: str, code: str) -> Refusal | None:
        """The row of that channel, else the one of any channel, else None."""
        return self._by_key.get((channel, source, code)) or self._by_key.get(("any", source, code))

    def handling(self, channel: str, key: str) -> Handling | None:
        """What follows the row named ``key`` (see :attr:`Refusal.key`); None when there is no such row (now)."""
        source, _, code = key.partition(" ")
        row = self.find(channel, source, code)
        return row.handling if row is not None else None

    def told_of(self, channel: str, code: str) -> str:
        """Who is told of a business result with this code, major or minor; the engineer when no row has it."""
        row = self.find(channel, RESULT_MINOR, code) or self.find(channel, RESULT_MAJOR, code)
        return row.told if row is not None else UNLISTED.told


def load_refusals(mappings: Path) -> Refusals:
    """Read ``refusals.csv`` from the mappings folder.

    Raises:
        Misconfigured: the file or a row is missing, double or has an unknown word; the message names file,
            line and column of every problem.
    """
    table, problems = read_refusals(mappings)
    if problems:
        shown = "; ".join(str(each) for each in problems[:SHOWN_PROBLEMS_MAX])
        more = f"; and {len(problems) - SHOWN_PROBLEMS_MAX} more" if len(problems) > SHOWN_PROBLEMS_MAX else ""
        raise Misconfigured(f"{mappings / FILE}: {shown}{more}", setting=FILE, code="TABLES_BROKEN")
    return table


def read_refusals(mappings: Path) -> tuple[Refusals, list[TableProblem]]:
    """The table with its problems; rows with a problem are left out."""
    try:
        text = (mappings / FILE).read_text("utf-8")
        records = list(_records(text))
    except FileNotFoundError:
        return Refusals(()), [TableProblem(FILE, 0, "", "the file is missing")]
    except (OSError, UnicodeDecodeError) as error:
        return Refusals(()), [
            TableProblem(FILE, 0, "", f"the file cannot be read as UTF-8 text ({type(error).__name__})")
        ]
    except csv.Error as error:
        return Refusals(()), [TableProblem(FILE, 0, "", f"not a CSV file: {error}")]
    if not records or tuple(records[0][1]) != COLUMNS:
        line = records[0][0] if records else 1
        return Refusals(()), [TableProblem(FILE, line, "", f"the columns must be {', '.join(COLUMNS)}")]
    problems: list[TableProblem] = []
    found: dict[tuple[str, str, str], Refusal] = {}
    for line, cells in records[1:]:
        if len(cells) != len(COLUMNS):
            text = f"a cell is missing or too many: {len(cells)} cells under {len(COLUMNS)} columns"
            problems.append(TableProblem(FILE, line, "", text))
            continue
        values = dict(zip(COLUMNS, cells, strict=True))
        wrong = _problems(values)
        key = (values["channel"], values["source"], values["code"])
        if key in found:
            wrong.append(("code", f"'{values['code']}' is there twice"))
        if wrong:
            problems += [TableProblem(FILE, line, column, text) for column, text in wrong]
            continue
        found[key] = _refusal(values)
    return Refusals(tuple(found.values())), problems


def _records(text: str) -> Sequence[tuple[int, list[str]]]:
    """(line in the file, cells) of every row, the header first; lines that start with # are comments."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, line = [], 0
    for cells in reader:
        start, line = line + 1, reader.line_num
        if cells and not cells[0].startswith("#"):
            found.append((start, [cell.strip() for cell in cells]))
    return found


def _refusal(values: Mapping[str, str]) -> Refusal:
    words = {name: text for name, text in values.items() if name not in _NUMBERS}
    return Refusal(
        **words,
        first_wait_seconds=float(values["first_wait_seconds"]),
        growth=float(values["growth"]),
        wait_max_seconds=float(values["wait_max_seconds"]),
        attempts_max=int(values["attempts_max"]),
    )


def _problems(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """(column, what is wrong) of one row; what belongs together is looked at once each cell is good by itself."""
    wrong = [(column, "the cell is empty") for column in COLUMNS if not values[column]]
    wrong += [
        (column, f"'{values[column]}' is not one of {', '.join(sorted(allowed))}")
        for column, allowed in _CHOICES.items()
        if values[column] and values[column] not in allowed
    ]
    for column, (least, most) in _NUMBERS.items():
        if values[column] and not _is_number(values[column], least, most, whole=column == "attempts_max"):
            kind = "a whole number" if column == "attempts_max" else "a number"
            wrong.append((column, f"'{values[column]}' is not {kind} from {least:g} to {most:g}"))
    return wrong or _contradictions(_refusal(values))


def _is_number(text: str, least: float, most: float, *, whole: bool) -> bool:
    try:
        number = float(int(text)) if whole else float(text)
    except ValueError:
        return False
    return math.isfinite(number) and least <= number <= most


def _contradictions(row: Refusal) -> list[tuple[str, str]]:
    outcomes = {row.outcome_read, row.outcome_write}
    waits = not outcomes <= ENDED
    checks = (
        ("outcome_read", row.outcome_read != IN_DOUBT, "a read cannot be in doubt"),
        (
            "outcome_write",
            SUCCESS not in outcomes or (row.source == RESULT_MAJOR and outcomes == {SUCCESS}),
            "only a result's major code can mean success, and for reads and writes alike",
        ),
        ("first_wait_seconds", not waits or row.first_wait_seconds > 0, "what is tried again waits first"),
        ("first_wait_seconds", waits or row.first_wait_seconds == 0, "nothing is waited for after this outcome: 0"),
        ("wait_max_seconds", row.wait_max_seconds >= row.first_wait_seconds, "it is shorter than the first wait"),
        ("attempts_max", waits or row.attempts_max == 1, "nothing is tried again after this outcome: 1"),
        ("told", SUCCESS in outcomes or row.told != NOBODY, "somebody must be told when it stops"),
    )
    return [(column, text) for column, good, text in checks if not good]
