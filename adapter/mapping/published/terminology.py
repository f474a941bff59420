"""Code systems and value sets: the profile's closed lists, and the code tables as they are shipped.

A closed list is complete and bound as *required*. A table may be added to by a site: its code system is published as
a *fragment* and bound as *extensible*, so that a site's own code is no error to others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.fhir import names
from adapter.fhir.code_lists import CODE_LISTS
from adapter.mapping.tables import Tables

VERSION = "1.0.0"
"""Version of the published profile; raise it when a definition changes its meaning."""

Json = dict[str, object]
Concept = tuple[str, str, str]
"""Code, Polish, English."""


@dataclass(frozen=True, slots=True)
class TableCodes:
    """A code system whose codes stand in a table: in the column ``fhir_code``, or as our own codes (``ours``)."""

    system: str
    table: str
    title_pl: str
    title_en: str
    ours: bool = False
    closed: bool = False

    @property
    def name(self) -> str:
        """The last part of the system."""
        return self.system.rsplit("/", 1)[1]


TABLE_CODES = (
    TableCodes(names.SLOT_KIND, "slot_kind", "rodzaj terminu", "kind of a slot"),
    TableCodes(names.PATIENT_CATEGORY, "category", "kategoria pacjenta", "category of a patient", closed=True),
    TableCodes(names.MEDICAL_CRITERION, "criterion", "kryterium medyczne", "medical criterion", closed=True),
    TableCodes(names.ENTITLEMENT, "entitlements", "uprawnienie", "right to be served out of turn"),
    TableCodes(
        f"{names.BASE}/CodeSystem/cancellation-reason", "cancellation_reasons", "powód odwołania", "why a visit ended"
    ),
    TableCodes(names.REMOVAL_REASON, "removal_reasons", "powód skreślenia", "why an entry ended", ours=True),
    TableCodes(
        names.TERM_CHANGE_REASON, "term_change_reasons", "powód zmiany terminu", "why a term changed", ours=True
    ),
    TableCodes(names.DILO_STAGE, "dilo_stages", "etap karty DILO", "stage of the oncology card", ours=True),
    TableCodes(names.PROGRAMME, "cells_in_scope", "program profilaktyczny", "prevention programme", ours=True),
)
"""Code systems of ours that are tables."""

SITES_OWN = (
    (names.BODY_AREA, "okolica ciała", "body area"),
    (names.SERVICE, "świadczenie w rejestrach", "service as registers name it"),
)
"""Code systems whose codes are each site's own: we know none of them."""


def code_systems(tables: Tables) -> Iterator[Json]:
    """Every code system of ours, each followed by the value set of all its codes."""
    for listed in CODE_LISTS:
        system = f"{names.BASE}/CodeSystem/{listed.name}"
        yield _code_system(system, listed.title_pl, listed.title_en, listed.rows, "complete")
        yield _value_set(system, listed.title_pl, listed.title_en)
    for one in TABLE_CODES:
        content = "complete" if one.closed else "fragment"
        concepts = tuple(_concepts(one, tables))
        yield _code_system(one.system, one.title_pl, one.title_en, concepts, content)
        yield _value_set(one.system, one.title_pl, one.title_en)
    for system, pl, en in SITES_OWN:
        yield _code_system(system, pl, en, (), "fragment")


def value_set_url(system: str) -> str:
    """The value set of all codes of a system of ours."""
    return system.replace("/CodeSystem/", "/ValueSet/")


def bound_to(system: str) -> tuple[str, str] | None:
    """Strength and value set that a code or coding of ``system`` is bound to; None for a system that is not ours."""
    for one in TABLE_CODES:
        if one.system == system:
            return ("required" if one.closed else "extensible"), value_set_url(system)
    if any(system == f"{names.BASE}/CodeSystem/{listed.name}" for listed in CODE_LISTS):
        return "required", value_set_url(system)
    return None


def pascal(text: str) -> str:
    """``term-precision`` as a name that FHIR wants: ``TermPrecision``."""
    return "".join(part[:1].upper() + part[1:] for part in text.split("-"))


def head(kind: str, url: str, name: str, title: str, description: str) -> Json:
    """What every published definition starts with."""
    return {
        "resourceType": kind,
        "id": url.rsplit("/", 1)[1],
        "url": url,
        "version": VERSION,
        "name": name,
        "title": title,
        "status": "active",
        "publisher": "Pomost",
        "description": description,
    }


def _concepts(one: TableCodes, tables: Tables) -> Iterator[Concept]:
    told = set()
    for row in tables[one.table]:
        code = row["ours"] if one.ours else row.get("fhir_code")
        if one.table == "cells_in_scope" and code.isdigit():
            continue  # a specialty of the cell: another code system
        if not one.ours and row.get("fhir_system") != one.system:
            continue
        if code not in told:
            told.add(code)
            yield code, row["title_pl"], row.get("title_en")


def _code_system(system: str, pl: str, en: str, rows: tuple[Concept, ...], content: str) -> Json:
    name = system.rsplit("/", 1)[1]
    made = head("CodeSystem", system, f"{pascal(name)}Codes", en, f"{en} / {pl}")
    made |= {"caseSensitive": True, "content": content}
    if rows:
        made["concept"] = [_concept(row) for row in rows]
    return made


def _concept(row: Concept) -> Json:
    """Shown in English where the table has English, with Polish beside it; else in Polish."""
    code, pl, en = row
    made: Json = {"code": code, "display": en or pl}
    if en:
        made["designation"] = [{"language": "pl", "value": pl}]
    return made


def _value_set(system: str, pl: str, en: str) -> Json:
    url = value_set_url(system)
    made = head("ValueSet", url, f"{pascal(url.rsplit('/', 1)[1])}Values", en, f"{en} / {pl}")
    made["compose"] = {"include": [{"system": system}]}
    return made
