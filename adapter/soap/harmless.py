"""Which places of a contract hold nothing about people, and what a harmless text looks like there.

Everything else is masked: a field that is not in :data:`FIELDS`, an element that no binding row names, a
text that is not of its place's form. So a new contract, or an authority that writes a name where a slot's
number belongs, shows less than it could, and never more. Source: security.md "People and secrets".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from adapter.soap.faults import Refusals
from adapter.soap.rows import BindingRow
from adapter.soap.values import CodeTables

Form = Callable[[str], bool]
"""Whether a text may be shown at its place."""

_CODES = ("major", "minor")
_SAID = ("result-", "fault-")
"""Sources in ``mappings/refusals.csv`` whose codes stand in messages."""
FIELDS: frozenset[str] = frozenset(
    {
        "category",
        "cell.extension",
        "cell.root",
        "criterion",
        "cursor",
        "day",
        "ends",
        "id",
        "kind",
        "major",
        "minor",
        "more",
        "not_before",
        "open",
        "origin",
        "payer",
        "payer_id",
        "privilege_waived",
        "reason",
        "reference",
        "saved_at",
        "schedule",
        "searched_until",
        "server_time",
        "service",
        "severity",
        "slot_id",
        "starts",
        "state",
        "changed_at",
        "capacity",
        "visit_at",
        "visit_id",
        "number.root",
        "person.root",
        "practitioner.root",
        "referral.root",
        "findings.code",
    }
)
"""Ends of our field names (``slots[].starts``) whose texts may be shown, when they have their form."""

_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_BARE_UUID = r"[0-9a-f]{32}|[0-9A-F]{32}"
_WITH_LETTERS = r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])(?!.*[A-Za-z0-9]{21})[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
_ID = re.compile(rf"{_UUID}|{_BARE_UUID}|(?!.*[0-9]{{9}})(?:{_WITH_LETTERS}|[0-9]{{1,3}}|[0-9]{{5,8}})")
"""The number of a thing: it has a digit, but neither nine together, as a telephone number, a PESEL and a
referral key have, nor four alone, as an access code is, nor is it a long word, as a document in base64 is."""
_CELL = re.compile(r"[0-9]{12}-[0-9]{1,6}")
"""A cell of a facility: number in the public register of facilities, and its code there."""
_DAY = r"20[2-9][0-9]-[0-9]{2}-[0-9]{2}"
_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})?"
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_INSTANT = re.compile(f"{_DAY}T{_CLOCK}{_ZONE}")
_DATE = re.compile(f"{_DAY}{_ZONE}")
"""Days from 2020 on: this century's terms, and hardly a day of birth."""
_TIME = re.compile(f"{_CLOCK}{_ZONE}")
_OID = re.compile(r"[0-2](\.[0-9]{1,8}){2,32}")
_SMALL = re.compile(r"[0-9]{1,3}")
_BOOL = re.compile(r"true|false|0|1")
_URN = re.compile(r"urn:[a-z][A-Za-z0-9._-]{1,31}(:[A-Za-z0-9._-]{1,64}){2,6}")
_RULE = re.compile(r"[A-Z]{2,6}\.[A-Z]{2,6}\.[0-9]{1,6}")


def nothing(text: str) -> bool:
    """The form of places where people's data may stand: no text at all."""
    return not text


def exactly(*texts: str) -> Form:
    """One of these texts and nothing else."""
    return frozenset(texts).__contains__


def either(one: Form, other: Form) -> Form:
    """Of one form or of the other."""
    return lambda text: one(text) or other(text)


def like(pattern: re.Pattern[str]) -> Form:
    """The whole text is of that pattern."""
    return lambda text: pattern.fullmatch(text) is not None


INSTANT, BOOL, OID, ID = like(_INSTANT), like(_BOOL), like(_OID), like(_ID)
CELL = either(ID, like(_CELL))
_FORMS: dict[str, Form] = {
    "int": like(_SMALL),
    "bool": BOOL,
    "not-bool": BOOL,
    "instant": INSTANT,
    "warsaw-local": INSTANT,
    "local-date": like(_DATE),
    "local-time": like(_TIME),
    "date": like(_DATE),
    "oid-root": OID,
}


def is_code(text: str) -> bool:
    """A URN as the authorities make them, or the number of a verification rule."""
    return bool((_URN.fullmatch(text) or _RULE.fullmatch(text)) and not re.search(r"[0-9]{7}", text))


def result_codes(refusals: Refusals) -> Form:
    """Codes that the table of refusals knows, and what is of their kind."""
    known = frozenset(row.code for row in refusals.rows if row.source.startswith(_SAID))
    return lambda text: text in known or is_code(text)


def form_of(row: BindingRow, tables: CodeTables, codes: Form) -> Form | None:
    """The form of the texts at a row's place that may be shown; None: none of them."""
    if row.constant:
        return exactly(row.constant)
    words = row.field.replace("[]", "").split(".")
    last, pair = words[-1], ".".join(words[-2:])
    if row.type == "base64" or not FIELDS & {last, pair}:
        return None
    if row.type == "code":
        return exactly(*_national(row, tables))
    if last in _CODES or pair == "findings.code":
        return codes
    texts = CELL if pair == "cell.extension" else OID if last == "root" else ID
    return _FORMS.get(row.type, texts)


def _national(row: BindingRow, tables: CodeTables) -> Iterable[str]:
    return [national for each in tables[row.table].rows if (national := each.get("national"))]
