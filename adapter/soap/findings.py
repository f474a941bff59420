"""What a check of a binding table says of a row, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SATISFIED = "satisfied"
MISSING_OPERATION = "missing-operation"
MISSING_FIELD = "missing-field"
WRONG_TYPE = "wrong-type"
WRONG_MULTIPLICITY = "wrong-multiplicity"
UNFILLED = "unfilled-required-element"
UNKNOWN_NAME = "unknown-name"
UNBOUND = "unbound"
DOUBLE = "double"
UNUSED = "unused"
UNKNOWN_VALUE = "unknown-value"
FORBIDDEN_VALUE = "forbidden-value"
BEYOND_ROWS = "beyond-rows"

ADVICE: Mapping[str, str] = {
    MISSING_OPERATION: "set the row's path to the operation's name in this WSDL (pomost contract list shows them)",
    MISSING_FIELD: "set the row's path to where the field is in this WSDL; delete an optional row that has no place",
    WRONG_TYPE: "set the row's type to what the element holds, or its path to another element",
    WRONG_MULTIPLICITY: "mark in the path what repeats ([] our list, [1] only one, [*] holds it), or set multiplicity",
    UNFILLED: "add a row for the element: a field of ours, or a constant",
    UNKNOWN_NAME: "correct the verb, the field or the table (pomost contract list --fields shows them)",
    UNBOUND: "add the row that is missing; our code cannot do without it",
    DOUBLE: "delete one of the two rows, or give both a condition (when)",
    UNUSED: "correct the row's condition, or delete the row: it can never hold",
    UNKNOWN_VALUE: "add the value to the code table, or, if it is to be refused, to the row's column refuses",
    FORBIDDEN_VALUE: "correct the column national of the code table, or the row's constant",
    BEYOND_ROWS: "no edit helps: tell the makers of Pomost which operation and element it is",
}
"""Kind of finding -> what the person who edits the tables does."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check says of one row (``row`` is its line, 0 for the table as a whole).

    A satisfied row may have a ``message``, too: something worth knowing that asks for nothing.
    """

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

    @property
    def advice(self) -> str:
        """What to edit; empty when all is well."""
        return ADVICE.get(self.kind, "")
