"""The rows of a binding table: which national operation and field each verb and field of ours is.

Columns of ``mappings/bindings/<channel>.csv`` (lines starting with ``#`` are remarks):

* ``verb``: a verb of ours (``verbs.py``), or ``*`` for what every reply holds;
* ``direction``: ``operation`` (``path`` is the operation's name), ``request``, ``reply`` or ``fault`` (verb
  ``*``; the path starts below an element of the fault's detail);
* ``field``: our field, dotted; ``[]`` marks a repeated group (``slots[].starts``); empty for a constant;
* ``path``: elements below the message's root, local names, ``/`` between, ``[]`` where the group
  repeats, ``@name`` last for an attribute. Namespaces, qualification and order come from the WSDL;
* ``type``: text, int, bool, instant, warsaw-local, date, base64, code, oid-root, oid-extension; and
  ``local-date`` with ``local-time``: an instant in two places, as the clock on the wall in Warsaw
  shows it (two rows of one field);
* ``table``: the code table (file stem in ``mappings/``) of a ``code``;
* ``multiplicity``: ``1`` we fill it in every message / need it in every reply or item (a refusal is a
  reply, too), ``0..1`` it may be absent (an element that must be there and may be nil is sent as nil);
* ``constant``: a fixed text to send (no field then);
* ``status``: CONFIRMED or RECONSTRUCTION; ``source``: where it is known from.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from adapter.errors import Misconfigured

COLUMNS = ("verb", "direction", "field", "path", "type", "table", "multiplicity", "constant", "status", "source")
EVERY_VERB = "*"
OPERATION, REQUEST, REPLY, FAULT = "operation", "request", "reply", "fault"
DIRECTIONS = (OPERATION, REQUEST, REPLY, FAULT)
LOCAL_DATE, LOCAL_TIME = "local-date", "local-time"
TYPES = (
    "text",
    "int",
    "bool",
    "instant",
    "warsaw-local",
    LOCAL_DATE,
    LOCAL_TIME,
    "date",
    "base64",
    "code",
    "oid-root",
    "oid-extension",
)
MULTIPLICITIES = ("1", "0..1")
STATUSES = ("CONFIRMED", "RECONSTRUCTION")
FOLDER = "bindings"


@dataclass(frozen=True, slots=True)
class BindingRow:
    """One row: ``number`` is its line in the file; the rest as the columns say."""

    number: int
    verb: str
    direction: str
    field: str
    path: str
    type: str
    table: str
    multiplicity: str
    constant: str
    status: str
    source: str

    @property
    def required(self) -> bool:
        """Whether we always fill it (request) or need it (reply)."""
        return self.multiplicity == "1"

    @property
    def field_parts(self) -> tuple[str, ...]:
        """``slots[].cell.root`` as its parts."""
        return tuple(self.field.split(".")) if self.field else ()

    @property
    def path_parts(self) -> tuple[str, ...]:
        """``listaSlotow/slot[]/typ`` as its parts."""
        return tuple(self.path.split("/"))

    def wrong(self) -> str:
        """What is wrong with the row by itself; empty when nothing is."""
        names = self.direction == OPERATION
        rules = (
            (self.direction in DIRECTIONS, f"direction '{self.direction}' is none of {', '.join(DIRECTIONS)}"),
            (bool(self.verb and self.path and self.source), "verb, path and source are needed"),
            (self.status in STATUSES, f"status is one of {', '.join(STATUSES)}"),
            (not names or not (self.field or self.constant), "an operation row has no field"),
            (names or self.type in TYPES, f"type is one of {', '.join(TYPES)}"),
            (names or self.multiplicity in MULTIPLICITIES, f"multiplicity is one of {', '.join(MULTIPLICITIES)}"),
            (names or bool(self.field) != bool(self.constant), "a field or a constant is needed, not both"),
            (self.direction != FAULT or self.verb == EVERY_VERB, "a fault row is for every verb (*)"),
            (not self.constant or self.direction == REQUEST, "a constant can only be sent"),
            ((self.type == "code") == bool(self.table), "a code needs a table, and only a code has one"),
            (not self.field or self._repeats_alike(), "field and path must repeat ([]) equally often"),
        )
        return next((problem for holds, problem in rules if not holds), "")

    def _repeats_alike(self) -> bool:
        return self.field.count("[]") == self.path.count("[]")


def load_rows(mappings: Path, channel: str) -> tuple[BindingRow, ...]:
    """The rows of ``bindings/<channel>.csv``.

    Raises:
        Misconfigured: the file is missing, has other columns, or a row is wrong by itself; the message
            names file and row.
    """
    path = mappings / FOLDER / f"{channel}.csv"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(
            f"the binding table {path} cannot be read", setting=str(path), code="BINDING_MISSING"
        ) from problem
    lines = text.splitlines()
    numbers = [n for n, line in enumerate(lines, start=1) if line.strip() and not line.startswith("#")]
    table = [next(csv.reader([lines[n - 1]])) for n in numbers]
    if not table or tuple(table[0]) != COLUMNS:
        raise Misconfigured(
            f"{path} must have the columns {', '.join(COLUMNS)}", setting=str(path), code="BINDING_BROKEN"
        )
    rows: list[BindingRow] = []
    for number, cells in zip(numbers[1:], table[1:], strict=True):
        if len(cells) != len(COLUMNS):
            raise Misconfigured(
                f"{path}, row {number}: {len(cells)} cells instead of {len(COLUMNS)}",
                setting=str(path),
                code="BINDING_BROKEN",
            )
        row = BindingRow(number, *(cell.strip() for cell in cells))
        wrong = row.wrong()
        if wrong:
            raise Misconfigured(f"{path}, row {number}: {wrong}", setting=str(path), code="BINDING_BROKEN")
        rows.append(row)
    return tuple(rows)
