"""What the profile asks of a resource, as data: elements that are restricted, and rules as FHIRPath.

Each rule of ``adapter/fhir/rules.py`` that starts with ``POMOST-`` stands here, in an extension's definition, or in
:data:`NOT_SAID`; a test compares, and another asks HL7's validator to refuse what our own check refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.fhir import names

_ID = r"[A-Za-z0-9\\-\\.]{1,64}"
_ACTORS = ("Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Device", "HealthcareService", "Location")
_SYSTEM_AND_CODE = "coding.where(system.exists() and code.exists()).exists()"
_LOOSE = "status in ('proposed' | 'cancelled' | 'entered-in-error')"
_PATIENT = r"matches('^(.*/)?Patient/[^/]+(/_history/.+)?$')"
_DIAGNOSES = (
    "POMOST-ANY-11",
    f"reasonCode.coding.where(system in ('{names.ICD_10}' | '{names.HL7_ICD_10}'))"
    r".code.all($this.matches('^[A-Z][0-9]{2}(\\.[0-9A-Z]{1,3})?$'))",
)


def followed(*types: str) -> str:
    """The FHIRPath of a reference that can be followed to one of these types."""
    return rf"reference.matches('^(urn:uuid:.+|(https?://.+/)?({'|'.join(types)})/{_ID}(/_history/{_ID})?)$')"


@dataclass(frozen=True, slots=True)
class Restriction:
    """One element: its path below the resource, cardinality, and (rule, FHIRPath) pairs that hold there."""

    path: str
    least: int | None = None
    most: str = ""
    rules: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceProfile:
    """A profile of a resource type: ``rules`` hold on the whole resource; ``restrictions`` in the order of FHIR."""

    id: str
    type: str
    title_pl: str
    title_en: str
    rules: tuple[tuple[str, str], ...]
    restrictions: tuple[Restriction, ...] = ()
    base: str = ""
    """Another profile of ours that this one restricts further; empty: FHIR's own type."""


_NO_RULES = Restriction("implicitRules", most="0")
_HAS_ID = Restriction("id", least=1)
_NO_MODIFIERS = Restriction("modifierExtension", most="0")


def _extension(name: str) -> str:
    return f"extension.where(url = '{name}')"


SLOT = ResourceProfile(
    "pomost-slot",
    "Slot",
    "termin",
    "a slot",
    (("POMOST-SLOT-02", "start < end"),),
    (
        _HAS_ID,
        _NO_RULES,
        _NO_MODIFIERS,
        Restriction("appointmentType", least=1, rules=(("POMOST-SLOT-01", _SYSTEM_AND_CODE),)),
        Restriction("schedule", rules=(("POMOST-ANY-04", followed("Schedule")),)),
    ),
)

_CELLS = f"(actor.identifier | {_extension(names.EXT_CELL)}.value.ofType(Identifier)).where(system = '{names.CELL}')"
_SERVICES = f"coding.where(system in ('{names.CELL_SPECIALTY}' | '{names.PROGRAMME}') and code.exists())"
_LICENCE_SYSTEMS = " | ".join(f"'{system}'" for system in names.LICENCES.values())
_LICENCES = (
    f"(actor.identifier | {_extension(names.EXT_PRACTITIONER)}.value.ofType(Identifier))"
    f".where(system in ({_LICENCE_SYSTEMS}))"
)
_PEOPLE = (
    "actor.where(type in ('Practitioner' | 'PractitionerRole') or "
    "reference.matches('^(.*/)?Practitioner(Role)?/[^/]+$'))"
)

SCHEDULE = ResourceProfile(
    "pomost-schedule",
    "Schedule",
    "harmonogram",
    "a schedule",
    (
        ("POMOST-SCHEDULE-01", f"{_CELLS}.value.distinct().count() = 1"),
        ("POMOST-SCHEDULE-02", f"{_CELLS}.value.all(matches('^[0-9]{{12}}-[0-9]{{1,4}}$'))"),
        (
            "POMOST-SCHEDULE-03",
            f"iif(specialty.{_SERVICES}.exists(), specialty.{_SERVICES}, serviceType.{_SERVICES})"
            ".select(system + '|' + code).distinct().count() = 1",
        ),
        (
            "POMOST-SCHEDULE-04",
            f"{_LICENCES}.select(system + '|' + value).distinct().count() <= 1"
            f" and ({_PEOPLE}.empty() or {_LICENCES}.exists())",
        ),
        ("POMOST-SCHEDULE-05", f"{_LICENCES}.value.all(matches('^[0-9A-Za-z]{{1,10}}$'))"),
    ),
    (
        _HAS_ID,
        _NO_RULES,
        _NO_MODIFIERS,
        Restriction("actor", rules=(("FHIR-REF-01", f"reference.empty() or {followed(*_ACTORS)}"),)),
    ),
)

VISIT = ResourceProfile(
    "pomost-appointment",
    "Appointment",
    "wizyta albo wpis oczekującego",
    "a visit or a waiting entry",
    (
        (
            "POMOST-APPOINTMENT-01",
            "participant.actor.where(type = 'Patient' or (type.empty() and reference." + _PATIENT + ")).count() = 1",
        ),
        ("POMOST-APPOINTMENT-02", f"slot.exists() or {_extension(names.EXT_SCHEDULE)}.exists() or {_LOOSE}"),
        ("POMOST-APPOINTMENT-03", "start.empty() or end.empty() or start < end"),
        ("POMOST-APPOINTMENT-04", f"{_extension(names.EXT_CATEGORY)}.exists() or {_LOOSE}"),
        ("POMOST-APPOINTMENT-05", f"created.exists() or {_extension(names.EXT_REPORTED_AT)}.exists()"),
        ("POMOST-APPOINTMENT-06", f"status != 'cancelled' or cancelationReason.{_SYSTEM_AND_CODE}"),
        _DIAGNOSES,
    ),
    (
        _HAS_ID,
        _NO_RULES,
        _NO_MODIFIERS,
        Restriction("slot", rules=(("POMOST-ANY-04", followed("Slot")),)),
        Restriction("basedOn", most="1", rules=(("POMOST-ANY-04", followed("ServiceRequest")),)),
        Restriction(
            "participant",
            rules=(
                ("FHIR-REF-01", f"actor.reference.empty() or actor.{followed(*_ACTORS)}"),
                ("POMOST-ANY-04", f"actor.where(type = 'Patient').all({followed('Patient')})"),
            ),
        ),
        Restriction("participant.modifierExtension", most="0"),
    ),
)

_DAY = "start.toString().length() = 10 and end.toString().length() = 10"
_YEAR, _MONTH, _DATE = (
    f"start.toString().substring({first}, {length}).toInteger()" for first, length in ((0, 4), (5, 2), (8, 2))
)
_MARCH_YEAR = f"({_YEAR} - iif({_MONTH} < 3, 1, 0))"
_MARCH_MONTH = f"({_MONTH} + iif({_MONTH} < 3, 12, 0))"
_MONDAY = (
    f"({_DATE} + (13 * ({_MARCH_MONTH} + 1)) div 5 + {_MARCH_YEAR} + {_MARCH_YEAR} div 4"
    f" - {_MARCH_YEAR} div 100 + {_MARCH_YEAR} div 400) mod 7 = 2"
)
"""FHIRPath knows no days of the week: Zeller's congruence counts them."""
_WEEK = f"extension.where(url = '{names.EXT_TERM_PRECISION}').exists()"

ENTRY = ResourceProfile(
    "pomost-entry",
    "Appointment",
    "wpis w harmonogramie przyjęć",
    "an entry in a register that Pomost keeps",
    (
        (
            "POMOST-APPOINTMENT-11",
            f"start.exists() or requestedPeriod.all({_DAY}"
            f" and iif({_WEEK}, {_MONDAY} and end = start + 6 days, end = start))",
        ),
        ("POMOST-APPOINTMENT-12", "start.exists() or requestedPeriod.count() <= 1"),
    ),
    base="pomost-appointment",
)


def _identifiers(system: str) -> str:
    return f"identifier.where(system = '{system}')"


_NUMBERS = (
    r"identifier.where(system.matches('^urn:oid:2\\.16\\.840\\.1\\.113883\\.3\\.4424\\.2\\.7\\.[0-9]+\\.4\\.1$'))"
)
_KEYS, _CODES = _identifiers(names.REFERRAL_KEY), _identifiers(names.ACCESS_CODE)

REFERRAL = ResourceProfile(
    "pomost-servicerequest",
    "ServiceRequest",
    "skierowanie",
    "a referral",
    (
        ("POMOST-SERVICEREQUEST-01", "doNotPerform.empty() or doNotPerform = false"),
        (
            "POMOST-SERVICEREQUEST-02",
            "intent in ('order' | 'original-order' | 'reflex-order' | 'filler-order' | 'instance-order')",
        ),
        ("POMOST-SERVICEREQUEST-03", "priority.empty() or priority in ('routine' | 'urgent')"),
        ("POMOST-SERVICEREQUEST-04", "priority.exists()"),
        ("POMOST-SERVICEREQUEST-05", f"{_NUMBERS}.value.all(matches('^[0-9A-Za-z]{{22}}$'))"),
        ("POMOST-SERVICEREQUEST-06", f"{_KEYS}.value.all(matches('^[0-9]{{44}}$'))"),
        ("POMOST-SERVICEREQUEST-07", f"{_CODES}.value.all(matches('^[0-9]{{4}}$'))"),
        (
            "POMOST-SERVICEREQUEST-08",
            f"{_NUMBERS}.count() <= 1 and {_KEYS}.count() <= 1 and {_CODES}.count() <= 1",
        ),
        (
            "POMOST-SERVICEREQUEST-09",
            f"{_extension(names.EXT_PAPER_REFERRAL)}.empty()"
            f" or {_extension(names.EXT_REFERRAL_FORM)}.value.all($this = 'paper')",
        ),
        _DIAGNOSES,
    ),
    (
        _HAS_ID,
        _NO_RULES,
        _NO_MODIFIERS,
        Restriction("subject", rules=(("POMOST-ANY-04", followed("Patient")),)),
    ),
)

_PESELS = f"identifier.where(system = '{names.PESEL}' and (use.empty() or use != 'old'))"
_PAPERS = (
    r"identifier.where((system.matches('^http://hl7\\.org/fhir/sid/passport-[A-Z]{3}$')"
    f" or system = '{names.PERSON_DOCUMENT}') and (use.empty() or use != 'old'))"
)
_WEIGHED = " + ".join(
    f"substring({place}, 1).toInteger() * {weight}" for place, weight in enumerate((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1))
)
"""The digits of a PESEL by their weights, the check digit too (D-04): a multiple of ten."""

PATIENT = ResourceProfile(
    "pomost-patient",
    "Patient",
    "osoba pacjenta",
    "a patient",
    (
        (
            "POMOST-PATIENT-01",
            f"{_PESELS}.value.distinct().count() <= 1 and ({_PESELS}.exists() or {_PAPERS}.count() = 1)",
        ),
        ("POMOST-PATIENT-02", f"{_PESELS}.value.all(matches('^[0-9]{{11}}$') and ({_WEIGHED}) mod 10 = 0)"),
        ("POMOST-PATIENT-03", f"{_PAPERS}.value.all(matches('^[A-Z0-9]{{3,20}}$'))"),
        (
            "POMOST-PATIENT-04",
            "name.where((use.empty() or use in ('official' | 'usual'))"
            " and family.exists() and given.exists()).exists()",
        ),
    ),
    (_HAS_ID, _NO_RULES, _NO_MODIFIERS),
)

PROFILES = (SLOT, SCHEDULE, VISIT, ENTRY, REFERRAL, PATIENT)
"""Every profile of a resource."""

AS_CARDINALITY: Mapping[str, str] = {
    "POMOST-ANY-01": "Resource.id at least 1",
    "POMOST-ANY-02": "modifierExtension at most 0",
    "POMOST-ANY-03": "implicitRules at most 0",
    "POMOST-ANY-05": "the extension's slice at most 1",
    "POMOST-ANY-07": "the part's slice at least 1",
    "POMOST-ANY-08": "a required binding",
    "POMOST-APPOINTMENT-07": "Appointment.basedOn at most 1",
    "POMOST-APPOINTMENT-09": "the parts' slices at least 1",
}
"""Rules that a profile says by a number or a list and not by FHIRPath."""

NOT_SAID: Mapping[str, str] = {
    "POMOST-BUNDLE-01": "a rule of the Bundle and not of a resource",
    "POMOST-PATIENT-05": "what a phone field holds is a matter of reading it",
}
"""Rules that the published profile does not say, with the reason."""
