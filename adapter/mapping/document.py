"""JSON into domain values by their own fields: every problem named by its place, never by its value.

A value of the domain is a frozen dataclass; its fields and their types are the format. What a person may have written
wrong (a strange field, a missing one, a text where a number stands) is a :class:`Problem` with the path in the file
(``entry.person.phone``); nothing of what was written is repeated, because it may be a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from adapter.domain.identifiers import IdentifierError, PersonDocument, Pesel
from adapter.domain.term import DayTerm, Term, WeekTerm
from adapter.fhir.problems import Problem

STRANGE = "POMOST-DOC-01"
MISSED = "POMOST-DOC-02"
WRONG = "POMOST-DOC-03"
CONFLICT = "POMOST-DOC-04"

TEXTS: Mapping[str, tuple[str, str]] = {
    STRANGE: ("nie ma takiego pola: usuń je albo popraw nazwę", "no such field: take it away or mend its name"),
    MISSED: ("brakuje pola: dopisz je", "the field is missing: add it"),
    WRONG: ("wartość jest niepoprawna: wpisz", "the value is not valid: write"),
    CONFLICT: ("wartości pól nie pasują do siebie: popraw je", "the fields do not fit together: mend them"),
}
"""Rule id -> Polish and English text (docs/errors.md)."""

_Value = TypeVar("_Value")


class _Refused(Exception):
    """A part could not be read; its problem is noted."""


def week_or_day(text: str) -> Term:
    """A term as text: ``2026-09-07`` or ``2026-W37``. Raises ValueError."""
    if "W" in text:
        year, _, week = text.partition("-W")
        return WeekTerm(int(year), int(week))
    return DayTerm(date.fromisoformat(text))


def _person_identifier(value: object) -> Pesel | PersonDocument:
    """``{"pesel": ...}`` or ``{"document": ..., "system": ...}``. Raises ValueError."""
    if isinstance(value, dict):
        if set(value) == {"pesel"}:
            return Pesel(str(value["pesel"]))
        if "document" in value and set(value) <= {"document", "system"}:
            return PersonDocument(str(value["document"]), str(value.get("system", "")))
    raise IdentifierError("neither a PESEL nor a document")


SPECIAL: Mapping[frozenset[Any], tuple[Callable[[Any], object], str]] = {
    frozenset(get_args(Term)): (lambda value: week_or_day(_text(value)), "2026-09-07 / 2026-W37"),
    frozenset({Pesel, PersonDocument}): (_person_identifier, '{"pesel": "..."} / {"document": "..."}'),
}
"""Unions that are written in a form of their own, with what to write."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _instant(value: object) -> datetime:
    found = datetime.fromisoformat(_text(value))
    if found.tzinfo is None:
        raise ValueError
    return found


def _exactly(kind: type) -> Callable[[object], object]:
    def read(value: object) -> object:
        if type(value) is not kind:
            raise TypeError
        return value

    return read


SIMPLE: Mapping[type, tuple[Callable[[Any], object], str]] = {
    str: (_exactly(str), '"text"'),
    bool: (_exactly(bool), "true / false"),
    int: (_exactly(int), "1"),
    date: (lambda value: date.fromisoformat(_text(value)), "2026-09-07"),
    datetime: (_instant, "2026-09-07T10:00:00+02:00"),
}
"""Types of one value, each with how it is read and what to write."""


class Reader:
    """Reads one document; ``problems`` holds all that was wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, rule: str, path: str, detail: str = "") -> None:
        """Note a problem."""
        text_pl, text_en = TEXTS[rule]
        more = f" {detail}" if detail else ""
        self.problems.append(Problem(path, rule, text_pl + more, text_en + more))

    def read(self, kind: type[_Value], value: object, path: str) -> _Value | None:
        """``value`` as a ``kind``; None where it has problems, which are noted."""
        before = len(self.problems)
        try:
            found: _Value = self._any(kind, value, path)
        except _Refused:
            return None
        return found if len(self.problems) == before else None

    def _wrong(self, path: str, expected: str) -> _Refused:
        self.say(WRONG, path, expected)
        return _Refused()

    def _any(self, kind: Any, value: object, path: str) -> Any:
        origin = get_origin(kind)
        if origin in {Union, UnionType}:
            return self._union(kind, value, path)
        if origin in {tuple, frozenset}:
            return self._many(origin, get_args(kind)[0], value, path)
        if is_dataclass(kind) and isinstance(kind, type):
            return self._record(kind, value, path)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self._one(kind, value, path, " / ".join(str(member.value) for member in kind))
        read, expected = SIMPLE[kind]
        return self._one(read, value, path, expected)

    def _one(self, read: Callable[[Any], object], value: object, path: str, expected: str) -> Any:
        try:
            return read(value)
        except (ValueError, TypeError):
            raise self._wrong(path, expected) from None

    def _union(self, kind: Any, value: object, path: str) -> Any:
        parts = [part for part in get_args(kind) if part is not NoneType]
        if value is None and NoneType in get_args(kind):
            return None
        special = SPECIAL.get(frozenset(parts))
        if special is not None:
            return self._one(special[0], value, path, special[1])
        return self._any(parts[0], value, path)

    def _many(self, origin: Callable[[Any], Any], part: Any, value: object, path: str) -> Any:
        if not isinstance(value, list):
            raise self._wrong(path, "[...]")
        found, refused = [], False
        for number, one in enumerate(value):
            try:
                found.append(self._any(part, one, f"{path}[{number}]"))
            except _Refused:
                refused = True
        if refused:
            raise _Refused
        return origin(found)

    def _record(self, kind: type, value: object, path: str) -> Any:
        if not isinstance(value, dict):
            raise self._wrong(path, "{...}")
        hints, known = get_type_hints(kind), {one.name: one for one in fields(kind)}
        refused = False
        for name in value:
            if name not in known:
                self.say(STRANGE, f"{path}.{_safe(name)}")
                refused = True
        given: dict[str, object] = {}
        for name, one in known.items():
            if name in value:
                try:
                    given[name] = self._any(hints[name], value[name], f"{path}.{name}")
                except _Refused:
                    refused = True
            elif _needed(one):
                self.say(MISSED, f"{path}.{name}")
                refused = True
        if refused:
            raise _Refused
        try:
            return kind(**given)
        except ValueError:
            self.say(CONFLICT, path)
            raise _Refused from None


def _needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _safe(name: str) -> str:
    """A field's name as a message may show it: only what a name of ours could be."""
    return name if name.isascii() and name.replace("_", "").isalpha() and len(name) <= 40 else "(a field)"
