"""The rows of a binding table: which national operation and field each verb and field of ours is.

Columns of ``mappings/bindings/<channel>.csv`` (lines starting with ``#`` are remarks):

* ``verb``: a verb of ours (``verbs.py``), or ``*`` for what every reply holds;
* ``direction``: ``operation`` (``path`` is the operation's name), ``request``, ``reply`` or ``fault`` (verb
  ``*``; the path starts below an element of the fault's detail);
* ``field``: our field, dotted; ``[]`` marks a repeated group (``slots[].starts``); empty for a constant;
* ``path``: elements below the message's root, local names, ``/`` between, ``@name`` last for an attribute.
  Namespaces, qualification and order come from the WSDL. An element that repeats says what it is:
  ``[]`` each one is an item of our list, ``[1]`` there is only one (a second one in a reply is refused),
  ``[*]`` it only holds items of our list, which stands below it (``day[*]/slot[]``); what a ``[*]`` says
  itself (``day[*]/@date``) is said of every item in it;
* ``type``: text, int, bool, not-bool (true means our false), instant, warsaw-local, date, base64, code,
  oid-root, oid-extension; empty: an element that says something by being there (constant ``there``);
  and ``local-date`` with ``local-time``: an instant in two places, as the
  clock on the wall in Warsaw shows it (two rows of one field);
* ``table``: the code table (file stem in ``mappings/``) of a ``code``;
* ``multiplicity``: ``1`` we fill it in every message / need it in every reply or item (a refusal is a
  reply, too), ``0..1`` it may be absent (an element that must be there and may be nil is sent as nil);
* ``constant``: a fixed text to send (no field then); in a reply, the text that makes ``when`` true;
* ``status``: CONFIRMED or RECONSTRUCTION; ``source``: where it is known from.

Two columns may follow, and may be missing:

* ``when``: the row holds only under a condition on a field of ours: ``person.root=1.2.3``,
  ``person.root!=1.2.3``, ``phone`` (it has a value), ``!phone`` (it has none). Several rows may then
  fill one path, or one field may go to several paths (the branches of a choice). In a reply, which
  says what it says, only ``=`` stands, and works backwards: the element is there (and has the
  constant, if the row has one), so the condition's field has that value;
* ``refuses``: for a code in a reply, national values (``|`` between) that we know and refuse.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from adapter.errors import Misconfigured

COLUMNS = ("verb", "direction", "field", "path", "type", "table", "multiplicity", "constant", "status", "source")
OPTIONAL_COLUMNS = ("when", "refuses")
EVERY_VERB = "*"
OPERATION, REQUEST, REPLY, FAULT = "operation", "request", "reply", "fault"
DIRECTIONS = (OPERATION, REQUEST, REPLY, FAULT)
LOCAL_DATE, LOCAL_TIME = "local-date", "local-time"
EMPTY, THERE = "empty", "there"
TYPES = (
    "text",
    "int",
    "bool",
    "not-bool",
    "instant",
    "warsaw-local",
    LOCAL_DATE,
    LOCAL_TIME,
    "date",
    "base64",
    "code",
    "oid-root",
    "oid-extension",
    EMPTY,
)
MULTIPLICITIES = ("1", "0..1")
STATUSES = ("CONFIRMED", "RECONSTRUCTION")
FOLDER = "bindings"


LIST, ONLY, SPREAD = "[]", "[1]", "[*]"
MARKS = (LIST, ONLY, SPREAD)
EQUAL, UNEQUAL, PRESENT, ABSENT = "=", "!=", "?", "!"
_WHEN = re.compile(r"(?P<absent>!?)(?P<field>[a-z_]+(?:\[\])?(?:\.[a-z_]+(?:\[\])?)*)(?:(?P<how>!?=)(?P<value>.+))?")
_STEP = re.compile(r"@?[^@\[\]/]+(\[\]|\[1\]|\[\*\])?")
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a local name (``@`` first for an attribute) and how it repeats."""

    name: str
    mark: str = ""


def _step(part: str) -> Step:
    mark = next((each for each in MARKS if part.endswith(each)), "")
    return Step(part.removesuffix(mark), mark)


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a field of ours: ``how`` it compares with ``value`` (a text, or a truth for true and false)."""

    field: str
    how: str
    value: str | bool = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The field's keys within the item of the innermost list it stands in."""
        return tuple(self.field.rpartition("[].")[2].split("."))


def read_when(text: str) -> When:
    """A condition as the column has it. Raises ValueError."""
    match = _WHEN.fullmatch(text)
    if match is None or (match["absent"] and match["how"]):
        raise ValueError("a condition is field=value, field!=value, field or !field")
    if not match["how"]:
        return When(match["field"], ABSENT if match["absent"] else PRESENT)
    return When(match["field"], match["how"], _TRUTHS.get(match["value"], match["value"]))


@dataclass(frozen=True)
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
    when: str = ""
    refuses: str = ""

    @property
    def required(self) -> bool:
        """Whether we always fill it (request) or need it (reply)."""
        return self.multiplicity == "1"

    @property
    def field_parts(self) -> tuple[str, ...]:
        """``slots[].cell.root`` as its parts."""
        return tuple(self.field.split(".")) if self.field else ()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """``listaSlotow/slot[]/@typ`` as its steps."""
        return tuple(_step(part) for part in self.path.split("/"))

    @cached_property
    def bare_path(self) -> tuple[str, ...]:
        """The names of the path, without how they repeat."""
        return tuple(step.name for step in self.steps)

    @cached_property
    def condition(self) -> When | None:
        """The condition, None when the row always holds."""
        return read_when(self.when) if self.when else None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of ours that the row gives a value: its own and, in a reply, that of its condition."""
        told = self.condition.field if self.condition is not None and self.direction != REQUEST else ""
        return tuple(each for each in (self.field, told) if each)

    @property
    def named(self) -> frozenset[str]:
        """All fields of ours that the row depends on or gives a value."""
        condition = self.condition
        return frozenset(self.fields) | ({condition.field} if condition is not None else set())

    def wrong(self) -> tuple[str, str]:
        """The column and the problem of what is wrong with the row by itself; empty when nothing is."""
        names = self.direction == OPERATION
        rules = (
            ("direction", self.direction in DIRECTIONS, f"'{self.direction}' is none of {', '.join(DIRECTIONS)}"),
            ("verb", bool(self.verb), "verb, path and source are needed"),
            ("path", bool(self.path), "verb, path and source are needed"),
            ("source", bool(self.source), "verb, path and source are needed"),
            ("status", self.status in STATUSES, f"status is one of {', '.join(STATUSES)}"),
            ("field", not names or not (self.field or self.constant or self.when), "an operation row has no field"),
            ("type", names or self.type in TYPES, f"type is one of {', '.join(TYPES)}"),
            ("multiplicity", names or self.multiplicity in MULTIPLICITIES, f"one of {', '.join(MULTIPLICITIES)}"),
            ("path", names or self._path_is_one(), "names with / between, [], [1] or [*] after one, @name last"),
            ("when", self._when_is_one(), "a condition is field=value, field!=value, field or !field"),
        )
        found = next(((column, problem) for column, holds, problem in rules if not holds), None)
        return self._ill_matched() if found is None else found

    def _ill_matched(self) -> tuple[str, str]:
        """What does not go together in a row whose cells are right by themselves."""
        if self.direction == OPERATION:
            return "", ""
        condition, asked = self.condition, self.direction == REQUEST
        rules = (
            ("constant", bool(self.field) != bool(self.constant), "a field or a constant is needed, not both"),
            ("verb", self.direction != FAULT or self.verb == EVERY_VERB, "a fault row is for every verb (*)"),
            ("constant", not self.constant or asked or condition is not None, "a constant can only be sent"),
            ("type", not self.constant or self.type != "code", "a constant is not looked up in a table: text"),
            ("constant", self.type != EMPTY or self.constant == THERE, f"an empty element has the constant {THERE}"),
            ("table", (self.type == "code") == bool(self.table), "a code needs a table, and only a code has one"),
            ("path", not self.field or self._repeats_alike(), "field and path must repeat ([]) equally often"),
            ("when", condition is None or self._same_list(condition), "its field stands in another list than the row"),
            ("when", condition is None or asked or condition.how == EQUAL, "in a reply it is field=value"),
            ("refuses", not self.refuses or (self.type == "code" and not asked), "only a code in a reply refuses"),
        )
        return next(((column, problem) for column, holds, problem in rules if not holds), ("", ""))

    def _path_is_one(self) -> bool:
        parts = self.path.split("/")
        at = [part.startswith("@") for part in parts]
        marked = at[-1] and parts[-1].endswith("]")
        return not any(at[:-1]) and not marked and all(_STEP.fullmatch(part) for part in parts)

    def _when_is_one(self) -> bool:
        try:
            return self.condition is not None or not self.when
        except ValueError:
            return False

    def _repeats_alike(self) -> bool:
        marks = [step.mark for step in self.steps]
        lists, fields = marks.count(LIST), self.field.count(LIST)
        last = max((n for n, mark in enumerate(marks) if mark == LIST), default=-1)
        return lists == fields or (lists == fields - 1 and SPREAD in marks[last + 1 :])

    def _same_list(self, condition: When) -> bool:
        if self.field:
            return condition.field.rpartition(LIST)[0] == self.field.rpartition(LIST)[0]
        return condition.field.count(LIST) == [step.mark for step in self.steps].count(LIST)


def load_rows(mappings: Path, channel: str) -> tuple[BindingRow, ...]:
    """The rows of ``bindings/<channel>.csv``.

    Raises:
        Misconfigured: the file is missing, has other columns, or a row is wrong by itself; the message
            names file, row (its line) and column.
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
    header = tuple(table[0]) if table else ()
    if header[: len(COLUMNS)] != COLUMNS or header[len(COLUMNS) :] not in _tails():
        raise _broken(path, f" must have the columns {', '.join(COLUMNS)}, and may have {', '.join(OPTIONAL_COLUMNS)}")
    rows: list[BindingRow] = []
    for number, cells in zip(numbers[1:], table[1:], strict=True):
        if not len(COLUMNS) <= len(cells) <= len(header):
            raise _broken(path, f", row {number}: {len(cells)} cells instead of {len(header)}")
        more = dict(zip(header[len(COLUMNS) :], cells[len(COLUMNS) :], strict=False))
        row = BindingRow(
            number, *(cell.strip() for cell in cells[: len(COLUMNS)]), **{each: more[each].strip() for each in more}
        )
        column, wrong = row.wrong()
        if wrong:
            raise _broken(path, f", row {number}, column {column}: {wrong}")
        rows.append(row)
    return tuple(rows)


def _tails() -> tuple[tuple[str, ...], ...]:
    """What may follow the columns that each table has."""
    return ((), *((each,) for each in OPTIONAL_COLUMNS), OPTIONAL_COLUMNS)


def _broken(path: Path, problem: str) -> Misconfigured:
    return Misconfigured(f"{path}{problem}", setting=str(path), code="BINDING_BROKEN")
