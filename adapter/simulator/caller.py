"""Who calls: the call context (kontekstWywolania) read and checked against the facilities known.

Source: p1.md 2 (attribute names, roots, roles); refusals bladKontekstu, brakUprawnienPodmiotu and
brakUprawnienPracownikaMedycznego (p1.md 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from adapter.simulator.answers import not_authorised
from adapter.simulator.envelope import CONTEXT
from adapter.simulator.world import Facility

PREFIX = "urn:csioz:p1:kontekst:"
ENTITY_ROOT = "2.16.840.1.113883.3.4424.2.3.1"
PLACE_ROOTS = frozenset({"2.16.840.1.113883.3.4424.2.3.3", "2.16.840.1.113883.3.4424.2.3.2"})
REQUIRED = (
    "idPodmiotuOidRoot",
    "idPodmiotuOidExt",
    "idUzytkownikaOidRoot",
    "idUzytkownikaOidExt",
    "idMiejscaPracyOidRoot",
    "idMiejscaPracyOidExt",
    "rolaBiznesowa",
)
OPTIONAL = ("idAsystentaMedycznegoOidRoot", "idAsystentaMedycznegoOidExt")
STAFF_ROLES = frozenset(
    {
        "LEKARZ_LEK_DENTYSTA_FELCZER",
        "PIELEGNIARKA_POLOZNA",
        "FARMACEUTA",
        "TECHNIK_FARMACEUTYCZNY",
        "DIAGNOSTA_LABORATORYJNY",
        "FIZJOTERAPEUTA",
        "INNY_PROFESJONALISTA_MEDYCZNY",
        "PRACOWNIK_ADMINISTRACYJNY",
    }
)
PATIENT_ROLES = frozenset({"USLUGOBIORCA", "PELNOMOCNIK", "OPIEKUN"})
ISSUING_ROLES = frozenset({"LEKARZ_LEK_DENTYSTA_FELCZER", "PIELEGNIARKA_POLOZNA", "FIZJOTERAPEUTA"})
"""Roles that may save and annul referrals (ours: no source lists them)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A facility's member of staff, as the signed call context says."""

    facility: Facility
    user: tuple[str, str]
    place: str
    role: str

    @property
    def podmiot(self) -> str:
        """The facility's register number."""
        return self.facility.podmiot

    def must_issue(self) -> None:
        """Raise unless the role may issue and annul referrals."""
        if self.role not in ISSUING_ROLES:
            raise not_authorised("the role may not issue referrals", "brakUprawnienPracownikaMedycznego")


def read_caller(context: etree._Element, facilities: dict[str, Facility]) -> Caller:
    """Read a call context.

    Raises:
        Fault: bladAutoryzacji with the minor that fits.
    """
    given: dict[str, str] = {}
    for attribute in context.iterfind(f"{{{CONTEXT}}}atrybut"):
        name = str(attribute.get("nazwa", ""))
        values = attribute.findall(f"{{{CONTEXT}}}wartosc")
        short = name.removeprefix(PREFIX)
        if short == name or short not in REQUIRED + OPTIONAL or short in given or len(values) != 1:
            raise not_authorised("the call context has an attribute that is unknown or stands twice", "bladKontekstu")
        given[short] = (values[0].text or "").strip()
    if missing := [name for name in REQUIRED if not given.get(name)]:
        raise not_authorised(f"the call context lacks {missing[0]}", "bladKontekstu")
    if given["idPodmiotuOidRoot"] != ENTITY_ROOT or given["idMiejscaPracyOidRoot"] not in PLACE_ROOTS:
        raise not_authorised("the call context has an identifier of another kind", "bladKontekstu")
    facility = facilities.get(given["idPodmiotuOidExt"])
    if facility is None:
        raise not_authorised("the facility is not known", "brakUprawnienPodmiotu")
    if facility.cells and given["idMiejscaPracyOidExt"] not in facility.cells:
        raise not_authorised("the place of work is not one of the facility's", "bladKontekstu")
    role = given["rolaBiznesowa"]
    if role in PATIENT_ROLES:
        raise not_authorised("this is for staff", "brakUprawnienPracownikaMedycznego")
    if role not in STAFF_ROLES:
        raise not_authorised("the role is not known", "bladKontekstu")
    return Caller(
        facility=facility,
        user=(given["idUzytkownikaOidRoot"], given["idUzytkownikaOidExt"]),
        place=given["idMiejscaPracyOidExt"],
        role=role,
    )
