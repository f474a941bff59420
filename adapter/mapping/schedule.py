"""FHIR Schedule <-> our Schedule (docs/fhir-profile.md, Schedule)."""

from __future__ import annotations

from datetime import date
from functools import partial

from adapter.domain.identifiers import CellCode, OidPair
from adapter.domain.register import AdmissionSchedule, Care, Route, Speciality
from adapter.domain.schedule import Schedule
from adapter.fhir import names
from adapter.fhir.element import Element
from adapter.fhir.extensions import code, coding, flag, only, words
from adapter.fhir.need import need
from adapter.fhir.profile_schedule import check_schedule, identifiers, services
from adapter.mapping.extension_parts import Json, code_part, coded, kept_of, part
from adapter.mapping.problems import Problems, Resource, element_of
from adapter.mapping.tables import Tables

_LICENCES = frozenset(names.LICENCES.values())


def schedule_from_fhir(resource: Resource, tables: Tables, on: date) -> Schedule:
    """Read a FHIR Schedule into the domain; ``on`` is the Warsaw day whose mappings hold.

    A specialty that CeR does not keep is no problem (the schedule is out of scope); an unknown
    programme is one, because programmes are known only from ``mappings/cells_in_scope.csv``.

    Raises:
        ProblemsFound: the profile or a code table refuses it; all problems are in it.
    """
    schedule = element_of(resource, "Schedule")
    problems = Problems(check_schedule(schedule))
    cells = identifiers(schedule, names.EXT_CELL, frozenset({names.CELL}))
    given = services(schedule)
    for one in given:
        if one.text("system") == names.PROGRAMME:
            problems.mapped(one.at("code"), partial(tables.cells_in_scope.row, one.text("code") or "", on))
    problems.refuse_if_any()
    active = schedule.content.get("active")
    return Schedule(
        id=need(schedule.text("id"), schedule.at("id")),
        cell=CellCode.parse(need(cells[0].text("value"), cells[0].at("value"))),
        service=need(given[0].text("code"), given[0].at("code")),
        practitioner=_practitioner(schedule),
        active=active is not False,
        register=_register(schedule, cells[0].text("value") or "", given[0].text("code") or ""),
    )


def schedule_to_fhir(schedule: Schedule) -> Json:
    """The Schedule that says all of a schedule: reading it gives the schedule again."""
    actors: list[Json] = [{"identifier": {"system": names.CELL, "value": str(schedule.cell)}}]
    if schedule.practitioner is not None:
        one = schedule.practitioner
        actors.append({"identifier": {"system": f"{names.OID_URI}{one.root}", "value": one.extension}})
    system = names.CELL_SPECIALTY if schedule.service.isdigit() else names.PROGRAMME
    resource: Json = {
        "resourceType": "Schedule",
        "id": schedule.id,
        "active": schedule.active,
        "specialty": [{"coding": [{"system": system, "code": schedule.service}]}],
        "actor": actors,
    }
    if schedule.register is not None:
        resource["extension"] = [_register_to_fhir(schedule.register, schedule.service)]
    return resource


def _register_to_fhir(register: AdmissionSchedule, service: str) -> Json:
    own = (names.SERVICE, register.service) if register.service != service else None
    parts = (
        part(names.ADMISSION_ID, register.id),
        code_part(names.ADMISSION_CARE, register.care.value),
        coded(names.ADMISSION_SERVICE, own),
        coded(names.ADMISSION_PROCEDURE, (names.ICD_9, register.procedure) if register.procedure else None),
        *(code_part(names.ADMISSION_SPECIALITY, one.value) for one in sorted(register.specialities)),
        code_part(names.ADMISSION_ROUTE, register.route.value),
        part(names.ADMISSION_REFERRAL_NEEDED, register.referral_needed),
        *(part(names.ADMISSION_AGE_BAND, one) for one in register.age_bands),
        part(names.ADMISSION_UNDER_ANAESTHESIA, register.under_anaesthesia),
    )
    return {"url": names.EXT_ADMISSION_SCHEDULE, "extension": kept_of(parts)}


def _register(schedule: Element, cell: str, service: str) -> AdmissionSchedule | None:
    """The admission schedule that the Schedule declares; its service is the Schedule's where it names no other."""
    declared = only(schedule, names.EXT_ADMISSION_SCHEDULE)
    if declared is None:
        return None
    own, procedure = coding(declared, names.ADMISSION_SERVICE), coding(declared, names.ADMISSION_PROCEDURE)
    specialities = (one.text("valueCode") or "" for one in declared.extensions(names.ADMISSION_SPECIALITY))
    ages = ((one.text("valueString") or "").strip() for one in declared.extensions(names.ADMISSION_AGE_BAND))
    referral_needed = flag(declared, names.ADMISSION_REFERRAL_NEEDED)
    return AdmissionSchedule(
        id=words(declared, names.ADMISSION_ID),
        care=Care(need(code(declared, names.ADMISSION_CARE), declared.path)),
        service=(own.text("code") or "") if own is not None else service,
        cell=cell,
        procedure=(procedure.text("code") or "") if procedure is not None else "",
        specialities=frozenset(Speciality(one) for one in specialities),
        route=Route(code(declared, names.ADMISSION_ROUTE) or Route.KLX.value),
        referral_needed=referral_needed is not False,
        age_bands=tuple(ages),
        under_anaesthesia=flag(declared, names.ADMISSION_UNDER_ANAESTHESIA),
    )


def _practitioner(schedule: Element) -> OidPair | None:
    licences = identifiers(schedule, names.EXT_PRACTITIONER, _LICENCES)
    if not licences:
        return None
    one = licences[0]
    system = need(one.text("system"), one.at("system"))
    return OidPair(system.removeprefix(names.OID_URI), need(one.text("value"), one.at("value")))
