"""What a Schedule must say (docs/fhir-profile.md, Schedule). It stands by itself: no actor is followed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.fhir import names
from adapter.fhir.bindings import missing, people_codes, pointed_type, wrong_targets
from adapter.fhir.element import Element
from adapter.fhir.extension_table import check_own
from adapter.fhir.extensions import only
from adapter.fhir.problems import Problem
from adapter.fhir.rules import problem

_CELL = re.compile(r"[0-9]{12}-[0-9]{1,4}", re.ASCII)
_LICENCE = re.compile(r"[0-9A-Za-z]{1,10}")
_LICENCE_SYSTEMS = frozenset(names.LICENCES.values())
_PEOPLE = frozenset({"Practitioner", "PractitionerRole"})


def check_schedule(schedule: Element) -> Iterator[Problem]:
    """All problems of a Schedule beyond its shape."""
    yield from missing(schedule, "actor")
    yield from wrong_targets(schedule, "Schedule")
    yield from people_codes(schedule)
    yield from check_own(schedule, "Schedule")
    yield from _cell(schedule)
    yield from _service(schedule)
    yield from _practitioner(schedule)


def identifiers(schedule: Element, url: str, systems: frozenset[str]) -> list[Element]:
    """Identifiers of ``systems`` on the actors, and the one in the extension ``url``."""
    found = [one for actor in schedule.children("actor") if (one := actor.child("identifier")) is not None]
    extension = only(schedule, url)
    inside = extension.child("valueIdentifier") if extension is not None else None
    if inside is not None:
        found.append(inside)
    return [one for one in found if one.text("system") in systems]


def services(schedule: Element) -> list[Element]:
    """Codings that name the service: of specialty, or of serviceType when no specialty names it."""
    for name in ("specialty", "serviceType"):
        found = [
            coding
            for concept in schedule.children(name)
            for coding in concept.children("coding")
            if coding.text("system") in {names.CELL_SPECIALTY, names.PROGRAMME} and coding.text("code") is not None
        ]
        if found:
            return found
    return []


def _cell(schedule: Element) -> Iterator[Problem]:
    cells = identifiers(schedule, names.EXT_CELL, frozenset({names.CELL}))
    if len({one.text("value") for one in cells}) != 1:
        yield problem("POMOST-SCHEDULE-01", schedule.at("actor"))
    for one in cells:
        if not _CELL.fullmatch(one.text("value") or ""):
            yield problem("POMOST-SCHEDULE-02", one.at("value"))


def _service(schedule: Element) -> Iterator[Problem]:
    if len({(one.text("system"), one.text("code")) for one in services(schedule)}) != 1:
        yield problem("POMOST-SCHEDULE-03", schedule.at("specialty"))


def _practitioner(schedule: Element) -> Iterator[Problem]:
    licences = identifiers(schedule, names.EXT_PRACTITIONER, _LICENCE_SYSTEMS)
    people = [actor for actor in schedule.children("actor") if pointed_type(actor) in _PEOPLE]
    different = {(one.text("system"), one.text("value")) for one in licences}
    if len(different) > 1 or (people and not different):
        yield problem("POMOST-SCHEDULE-04", people[0].path if people else schedule.at("actor"))
    for one in licences:
        if not _LICENCE.fullmatch(one.text("value") or ""):
            yield problem("POMOST-SCHEDULE-05", one.at("value"))
