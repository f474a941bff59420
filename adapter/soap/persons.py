"""People's identifiers as a contract carries them: the register (an OID, or a document's system) and the value."""

from __future__ import annotations

from adapter.domain.identifiers import PersonDocument, PersonIdentifier, Pesel
from adapter.mapping.code_table import CodeTable
from adapter.mapping.tables import Tables

PESEL = "pesel"
"""Code of PESEL in ``mappings/identifier_systems.csv``."""
CELL = "cell"
"""Code of an organisational cell there."""


def oid_of(systems: CodeTable, code: str) -> str:
    """The OID of an identifier system of ours."""
    return systems.row(code)["oid"]


def person_to_national(person: PersonIdentifier, tables: Tables) -> dict[str, str]:
    """``root`` and ``extension``: PESEL under its OID, a document under its system's OID or, without one, its URI."""
    systems = tables.identifier_systems
    if isinstance(person, Pesel):
        return {"root": oid_of(systems, PESEL), "extension": person.reveal()}
    known = next((row for row in systems if row.get("fhir_system") == person.system), None)
    return {"root": (known.get("oid") if known else "") or person.system, "extension": person.reveal()}


def person_from_national(root: str, extension: str, tables: Tables) -> PersonIdentifier:
    """The person's identifier.

    Raises:
        IdentifierError: the value is no identifier of its kind.
    """
    systems = tables.identifier_systems
    if root == oid_of(systems, PESEL):
        return Pesel(extension)
    known = next((row for row in systems if row.get("oid") == root), None)
    return PersonDocument(extension, known["fhir_system"] if known else root)
