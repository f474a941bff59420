"""An extension of ours as data, and the check that a resource's extensions are what the data says.

The same data is published as StructureDefinitions (``adapter/mapping/published``): what is checked and what is
published cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapter.fhir.bindings import pointed_type
from adapter.fhir.code_lists import CodeList
from adapter.fhir.day import full_day
from adapter.fhir.element import Element
from adapter.fhir.extensions import has_code
from adapter.fhir.problems import Problem
from adapter.fhir.reference import target
from adapter.fhir.rules import problem


class Value(StrEnum):
    """Elements of an extension that hold its value, as FHIR names them."""

    CODING = "valueCoding"
    CODE = "valueCode"
    TEXT = "valueString"
    DAY = "valueDate"
    MOMENT = "valueDateTime"
    FLAG = "valueBoolean"
    REFERENCE = "valueReference"
    IDENTIFIER = "valueIdentifier"
    COUNT = "valuePositiveInt"
    NUMBER = "valueInteger"


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension, or one part of an extension that has parts.

    ``url`` is absolute, of a part relative. It holds either one of ``values`` or ``parts``. ``on`` names the elements
    that it stands on. ``systems`` are those a coding may have (none given: any), ``codes`` the list of a code,
    ``targets`` the types a reference may point to. ``also`` are other URLs of the same meaning. ``incomplete`` is the
    rule that a missing part breaks.
    """

    url: str
    title_pl: str
    title_en: str
    values: tuple[Value, ...] = ()
    parts: tuple[Extension, ...] = ()
    on: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    codes: CodeList | None = None
    targets: tuple[str, ...] = ()
    required: bool = False
    many: bool = False
    also: tuple[str, ...] = ()
    incomplete: str = "POMOST-ANY-07"


def by_url(extensions: Iterable[Extension]) -> Mapping[str, Extension]:
    """The extensions by each of their URLs."""
    return {url: one for one in extensions for url in (one.url, *one.also)}


def check_extensions(element: Element, known: Mapping[str, Extension]) -> Iterator[Problem]:
    """A problem for everything that is not what the ``known`` extensions may be; others are passed over."""
    seen: set[str] = set()
    for one in element.children("extension"):
        extension = known.get(one.text("url") or "")
        if extension is None:
            continue
        if extension.url in seen and not extension.many:
            yield problem("POMOST-ANY-05", one.path)
        seen.add(extension.url)
        yield from _parts(one, extension) if extension.parts else _value(one, extension)


def _parts(found: Element, extension: Extension) -> Iterator[Problem]:
    known = by_url(extension.parts)
    given = set()
    for child in found.children("extension"):
        url = child.text("url") or ""
        given.add(url)
        if url not in known and ":" not in url:
            yield problem("POMOST-ANY-09", child.path)
    if given.isdisjoint(known) or any(part.required and part.url not in given for part in extension.parts):
        yield problem(extension.incomplete, found.path)
    yield from check_extensions(found, known)


def _value(found: Element, extension: Extension) -> Iterator[Problem]:
    value = next((one for one in extension.values if found.has(one)), None)
    if value is None:
        value = extension.values[0]
        if value not in {Value.CODING, Value.MOMENT}:
            yield problem("POMOST-ANY-06", found.path)
            return
    where = found.at(value)
    if value is Value.CODING and not has_code(found.child(value), *extension.systems):
        yield problem("POMOST-ANY-06", where)
    elif value is Value.MOMENT and found.moment(value) is None:
        yield problem("POMOST-APPOINTMENT-10", where)
    elif value is Value.DAY and full_day(found.text(value)) is None:
        yield problem("POMOST-ANY-10", where)
    elif value is Value.TEXT and not (found.text(value) or "").strip():
        yield problem("POMOST-ANY-06", found.path)
    elif value is Value.CODE and extension.codes is not None and found.text(value) not in extension.codes.codes:
        yield problem("POMOST-ANY-08", where)
    elif value is Value.REFERENCE:
        yield from _reference(found.child(value), found.path, extension.targets)


def _reference(reference: Element | None, path: str, targets: tuple[str, ...]) -> Iterator[Problem]:
    if reference is None:
        yield problem("POMOST-ANY-06", path)
        return
    if pointed_type(reference) not in {*targets, ""}:
        yield problem("FHIR-REF-01", reference.at("reference"))
    if target(reference.text("reference") or "") is None:
        yield problem("POMOST-ANY-04", reference.at("reference"))
