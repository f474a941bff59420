"""One class for every code table of ``mappings/``: ours <-> FHIR's <-> the authority's code, with validity.

A code that no valid row holds is refused, never guessed (D10). Dates are Warsaw days; ``valid_from``
and ``valid_to`` are the first and the last day of a row, both included, None for no limit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from adapter.errors import BadInput, Rejected

UNMAPPED_CODE = "UNMAPPED_CODE"
UNKNOWN_NATIONAL_CODE = "UNKNOWN_NATIONAL_CODE"
SHOWN_CODE_MAX_CHARACTERS = 64
"""A foreign code is shown in a message up to this length."""

BOTH, IN, OUT = "both", "in", "out"
"""Column ``use``: a row serves both directions, only what comes in, or only what goes out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its ``line`` in the file and its cells by column name (stripped texts)."""

    line: int
    cells: Mapping[str, str]
    valid_from: date | None = None
    valid_to: date | None = None

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str:
        """The cell, empty when the table has no such column."""
        return self.cells.get(column, "")

    def valid(self, on: date | None) -> bool:
        """Whether the row holds on that day; with None, whether it has no last day."""
        if on is None:
            return self.valid_to is None
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def says(self, column: str) -> bool:
        """A yes/no column. Raises ValueError on anything else (the check of the files excludes it)."""
        return {"yes": True, "no": False}[self.cells[column]]


def _shown(code: str | None) -> str:
    """A code as a message may show it: short, printable, and no long run of digits (it could be a person's)."""
    text = "".join(character for character in (code or "") if character.isprintable())[:SHOWN_CODE_MAX_CHARACTERS]
    return "(a number)" if sum(character.isdigit() for character in text) >= 8 else f"'{text}'"


class CodeTable:
    """A table as loaded: ``name`` is the file's stem, ``key`` the column of our code."""

    def __init__(self, name: str, key: str, rows: Iterable[Row]) -> None:
        self.name = name
        self.key = key
        self.rows = tuple(rows)
        self._ours: dict[str, list[Row]] = defaultdict(list)
        self._national: dict[str, list[Row]] = defaultdict(list)
        self._fhir: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.rows:
            self._ours[row[key]].append(row)
            if row.get("national"):
                self._national[row["national"]].append(row)
            if row.get("fhir_code"):
                self._fhir[(row.get("fhir_system"), row["fhir_code"])].append(row)

    def __repr__(self) -> str:
        return f"CodeTable({self.name!r}, {len(self.rows)} rows)"

    def __contains__(self, ours: str) -> bool:
        return ours in self._ours

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def row(self, ours: str, on: date | None = None) -> Row:
        """The row of our code that is valid on a day (without a day: the one without an end).

        Raises:
            BadInput: no valid row has this code.
        """
        for row in self._ours.get(ours, ()):
            if row.valid(on):
                return row
        raise BadInput(
            f"code {_shown(ours)} has no row in mappings/{self.name}.csv{_when(on)}",
            field=self.name,
            code=UNMAPPED_CODE,
        )

    def codes(self, on: date | None = None) -> tuple[str, ...]:
        """Our codes valid on a day, in the order of the file, each once."""
        return tuple(dict.fromkeys(row[self.key] for row in self.rows if row.valid(on)))

    def to_national(self, ours: str, on: date) -> str:
        """The authority's code for ours on a day.

        Raises:
            BadInput: there is none; nothing may be sent.
        """
        for row in self._ours.get(ours, ()):
            if row.get("national") and row.get("use") != IN and row.valid(on):
                return row["national"]
        raise BadInput(
            f"code {_shown(ours)} has no national code in mappings/{self.name}.csv{_when(on)}",
            field=self.name,
            code=UNMAPPED_CODE,
        )

    def from_national(self, theirs: str, on: date) -> str:
        """Our code for the authority's on a day.

        Raises:
            Rejected: an unknown national code, or one that stands for several of ours
                (``UNKNOWN_NATIONAL_CODE``): it is shown, not guessed.
        """
        found = [row for row in self._national.get(theirs, ()) if row.get("use") != OUT and row.valid(on)]
        if len(found) == 1:
            return found[0][self.key]
        if found:
            raise Rejected(
                f"national code {_shown(theirs)} stands for several of ours in mappings/{self.name}.csv",
                code=UNKNOWN_NATIONAL_CODE,
            )
        raise Rejected(
            f"national code {_shown(theirs)} is not in mappings/{self.name}.csv{_when(on)}",
            code=UNKNOWN_NATIONAL_CODE,
        )

    def from_fhir(self, system: str | None, code: str | None, on: date) -> str:
        """Our code for a FHIR code on a day; ``system`` is None for elements whose type is ``code``.

        Raises:
            BadInput: the pair is not in the table.
        """
        for row in self._fhir.get((system or "", code or ""), ()):
            if row.get("use") != OUT and row.valid(on):
                return row[self.key]
        of = f" of {system[:SHOWN_CODE_MAX_CHARACTERS]}" if system else ""
        raise BadInput(
            f"FHIR code {_shown(code)}{of} is not in mappings/{self.name}.csv{_when(on)}",
            field=self.name,
            code=UNMAPPED_CODE,
        )

    def to_fhir(self, ours: str, on: date | None = None) -> tuple[str, str]:
        """FHIR system (empty for elements whose type is ``code``) and code for ours.

        Raises:
            BadInput: FHIR has no code for it in the table.
        """
        for row in self._ours.get(ours, ()):
            if row.get("fhir_code") and row.get("use") != IN and row.valid(on):
                return row.get("fhir_system"), row["fhir_code"]
        raise BadInput(
            f"code {_shown(ours)} has no FHIR code in mappings/{self.name}.csv{_when(on)}",
            field=self.name,
            code=UNMAPPED_CODE,
        )


def _when(on: date | None) -> str:
    return f" on {on.isoformat()}" if on is not None else ""
