"""An entry of the register as a JSON document, and back: all of it, also what no column holds.

A field is written under its own name and left out where it has its default. ``VERSION`` is raised when a field of an
entry gets another meaning or name; a field that is new with a default needs no new version. Instants are written in
UTC. The document holds people's data and is sealed by whoever stores it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from adapter.domain.identifiers import PersonDocument, PersonIdentifier, Pesel
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.register import AdmissionSchedule, Entry
from adapter.domain.term import DayTerm, Term, WeekTerm

VERSION = 1
"""Of documents that are written; every older one is read."""
DOCUMENT, SYSTEM = "document", "system"
PESEL = "pesel"

Code = Callable[[Any], Any]


def entry_document(entry: Entry) -> dict[str, object]:
    """The whole entry as JSON values."""
    return {"version": VERSION, **_codec(Entry)[0](entry)}


def entry_of(document: Mapping[str, object]) -> Entry:
    """The entry that a document was made of.

    Raises:
        ValueError: the document was made by a newer program.
    """
    if document["version"] != VERSION:
        raise ValueError(f"entries are kept as documents of version {VERSION}, this one is of another")
    return cast(Entry, _codec(Entry)[1](document))


def schedule_document(schedule: AdmissionSchedule) -> dict[str, object]:
    """An admission schedule as JSON values; there are no people in it."""
    return {"version": VERSION, **_codec(AdmissionSchedule)[0](schedule)}


def schedule_of(document: Mapping[str, object]) -> AdmissionSchedule:
    """The admission schedule that a document was made of."""
    return cast(AdmissionSchedule, _codec(AdmissionSchedule)[1](document))


def paper_document(paper: PaperReferral) -> dict[str, object]:
    """Dates and places of a paper referral as JSON values."""
    return cast("dict[str, object]", _codec(PaperReferral)[0](paper))


def paper_of(document: Mapping[str, object]) -> PaperReferral:
    """The paper referral that a document was made of."""
    return cast(PaperReferral, _codec(PaperReferral)[1](document))


def person_document(person: PersonIdentifier) -> dict[str, str]:
    """Who identifies a person, and in which system; a PESEL is its own."""
    if isinstance(person, Pesel):
        return {PESEL: person.reveal()}
    return {DOCUMENT: person.reveal(), SYSTEM: person.system}


def person_of(document: Mapping[str, str]) -> PersonIdentifier:
    """The identifier that was written."""
    if PESEL in document:
        return Pesel(document[PESEL])
    return PersonDocument(document[DOCUMENT], document[SYSTEM])


def term_of(text: str) -> Term:
    """The term that ``str`` of a term wrote: ``2026-07-20``, ``2026-W30``."""
    year, week, number = text.partition("-W")
    return WeekTerm(int(year), int(number)) if week else DayTerm(date.fromisoformat(text))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _same(value: Any) -> Any:
    return value


@cache
def _codec(kind: Any) -> tuple[Code, Code]:
    """How a value of a type is written and read."""
    if kind in {Term, PersonIdentifier}:
        return (str, term_of) if kind == Term else (person_document, person_of)
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        return _optional(kind)
    if origin is tuple:
        write, read = _codec(get_args(kind)[0])
        return (lambda each: [write(one) for one in each]), (lambda each: tuple(map(read, each)))
    if origin is frozenset:
        write, read = _codec(get_args(kind)[0])
        return (lambda each: sorted(write(one) for one in each)), (lambda each: frozenset(map(read, each)))
    if is_dataclass(kind):
        return _record(kind)
    return _plain(kind)


def _plain(kind: type) -> tuple[Code, Code]:
    if kind is datetime:
        return _instant, datetime.fromisoformat
    if kind is date:
        return date.isoformat, date.fromisoformat
    if issubclass(kind, StrEnum | IntEnum):
        members = {one.value: one for one in kind}
        return (lambda one: one.value), members.__getitem__
    if kind in {str, int, bool}:
        return _same, _same
    raise TypeError(f"no way is known to keep a {kind.__name__}")


def _optional(kind: Any) -> tuple[Code, Code]:
    """``X | None``, also where X is one of our unions."""
    parts = frozenset(get_args(kind)) - {type(None)}
    inner = next((one for one in (Term, PersonIdentifier) if parts == frozenset(get_args(one))), None)
    if inner is None:
        (inner,) = parts
    write, read = _codec(inner)
    return (lambda one: None if one is None else write(one)), (lambda one: None if one is None else read(one))


def _default(one: Field[Any]) -> object:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _record(kind: Any) -> tuple[Code, Code]:
    hints = get_type_hints(kind)
    plan = [(one.name, _default(one), *_codec(hints[one.name])) for one in fields(kind)]
    readers = {name: read for name, _, _, read in plan}

    def write(record: Any) -> dict[str, object]:
        said = {}
        for name, default, put, _ in plan:
            value = getattr(record, name)
            if value is not default and value != default:
                said[name] = put(value)
        return said

    def read(said: Mapping[str, object]) -> Any:
        return kind(**{name: readers[name](value) for name, value in said.items() if name in readers})

    return write, read
