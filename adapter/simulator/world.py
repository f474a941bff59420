"""Who and what there is: facilities, people, and referrals to start from, read from a seed file.

A seed is JSON with ``facilities``, ``people``, ``referrals`` and, if wanted, ``slots`` and ``visits``
(``fixtures/world/``; docs/operations/simulator.md describes every field). People are invented: their
PESELs are of births in the 2200s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapter import resources
from adapter.errors import BadInput

PESEL_ROOT = "2.16.840.1.113883.3.4424.1.1.616"
DEFAULT_SEED = "clinic.json"
EXAMPLES_SEED = "examples.json"


@dataclass(frozen=True, slots=True)
class Facility:
    """A provider known to the authorities. ``node`` is its OID node in P1 (2.7.x), ``cells`` its cell codes.

    ``cells`` empty: any place of work is taken.
    """

    podmiot: str
    name: str
    node: str
    cells: frozenset[str] = frozenset()


@dataclass(slots=True)
class Person:
    """A patient. ``privileged`` patients have a confirmed right to be served out of turn."""

    id_root: str
    id_extension: str
    given: str
    family: str
    phone: str | None = None
    privileged: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Root and extension of the person's identifier."""
        return self.id_root, self.id_extension

    def __repr__(self) -> str:
        return "Person(***)"


@dataclass(slots=True)
class World:
    """What a seed says; ``raw`` keeps the parts that the registers read themselves."""

    facilities: dict[str, Facility] = field(default_factory=dict)
    people: dict[tuple[str, str], Person] = field(default_factory=dict)
    referrals: list[dict[str, Any]] = field(default_factory=list)
    slots: list[dict[str, Any]] = field(default_factory=list)
    visits: list[dict[str, Any]] = field(default_factory=list)

    def person(self, extension: str, root: str = PESEL_ROOT) -> Person | None:
        """The person with that identifier, None if unknown."""
        return self.people.get((root, extension))


def default_seed() -> Path:
    """The seed that ships with the program: a clinic, its patients and their e-referrals."""
    return resources.fixtures() / "world" / DEFAULT_SEED


def plain_world() -> World:
    """What the simulator starts from when no seed is named: the clinic, and all that the published examples refer to.

    So the examples in ``fixtures/fhir/`` can be handed to Pomost as they are, and P1 knows their e-referrals.

    Raises:
        BadInput: one of the two files was damaged.
    """
    world = load(default_seed())
    examples = load(resources.fixtures() / "world" / EXAMPLES_SEED)
    world.people.update(examples.people)
    world.referrals.extend(examples.referrals)
    return world


def load(source: Path | Mapping[str, Any] | None) -> World:
    """Read a seed file, or a seed already in memory; None is an empty world.

    Raises:
        BadInput: not JSON, or a field is missing or of the wrong kind; ``field`` names it.
    """
    if source is None:
        return World()
    data: Any = source
    name = "seed"
    if isinstance(source, Path):
        name = str(source)
        try:
            data = json.loads(source.read_bytes())
        except OSError as wrong:
            raise BadInput(f"the seed {source} cannot be read", field=name) from wrong
        except ValueError as wrong:
            raise BadInput(f"the seed {source} is not JSON", field=name) from wrong
    if not isinstance(data, Mapping):
        raise BadInput("a seed is a JSON object", field=name)
    world = World()
    for facility in _rows(data, "facilities", name):
        known = Facility(
            podmiot=_text(facility, "podmiot", name),
            name=_text(facility, "name", name),
            node=_text(facility, "node", name),
            cells=frozenset(_text(cell, "code", name) for cell in facility.get("cells", [])),
        )
        world.facilities[known.podmiot] = known
    for row in _rows(data, "people", name):
        person = person_of(row, name)
        world.people[person.key] = person
    world.referrals = _rows(data, "referrals", name)
    world.slots = _rows(data, "slots", name)
    world.visits = _rows(data, "visits", name)
    return world


def person_of(row: Mapping[str, Any], where: str) -> Person:
    """A person from a seed or an admin call.

    Raises:
        BadInput: a name or identifier is missing.
    """
    return Person(
        id_root=str(row.get("id_root", PESEL_ROOT)),
        id_extension=_text(row, "id" if "id" in row else "pesel", where),
        given=_text(row, "given", where),
        family=_text(row, "family", where),
        phone=row.get("phone"),
        privileged=bool(row.get("privileged", False)),
    )


def _rows(data: Mapping[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    rows = data.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{key} in {name} is a list of objects", field=key)
    return rows


def _text(row: Mapping[str, Any], key: str, name: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"an entry of {name} lacks the text {key}", field=key)
    return value
