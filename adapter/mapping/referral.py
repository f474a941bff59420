"""FHIR ServiceRequest <-> our Referral (docs/fhir-profile.md, ServiceRequest).

Number, key and code are told apart by the identifier's system alone and each becomes a type of its
own: a 44-digit key can never stand where a number is meant, and the reverse (R-09, R-14).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from adapter.domain.entitlement import Criterion
from adapter.domain.identifiers import (
    AccessByCode,
    AccessCode,
    PersonIdentifier,
    ReferralAccess,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.paper_referral import PaperReferral, PostingChannel
from adapter.domain.referral import Referral
from adapter.fhir import names
from adapter.fhir.diagnosis import diagnoses, well_formed
from adapter.fhir.element import Element
from adapter.fhir.extensions import code as code_of
from adapter.fhir.extensions import day, flag, only, words
from adapter.fhir.need import need
from adapter.fhir.profile_referral import check_referral
from adapter.fhir.reference import local_id
from adapter.mapping.body_area import areas_from_sites, areas_to_sites
from adapter.mapping.extension_parts import Json, code_part, kept_of, mark, nested, part
from adapter.mapping.problems import PATIENT_NEEDED, STATUS_UNUSABLE, Problems, Resource, codings, element_of
from adapter.mapping.tables import Tables
from adapter.mapping.write_back import referral_identifier

USABLE_STATUSES = frozenset({"active", "on-hold", "completed"})
"""ServiceRequest.status of a referral that a visit may be based on; a draft or a revoked one may not."""

PAPER, INFORMATION_SHEET = "paper", "information-sheet"
"""Codes of the profile's list of forms of a referral; a third is ``electronic``."""

PRIORITY_DEFAULT = "routine"
"""FHIR's own default for ServiceRequest.priority."""


def referral_patient_id(resource: Resource) -> str:
    """The EHR's id of the referral's patient, so that the caller can look the person up first.

    Raises:
        BadInput: the subject is no Patient that can be followed.
    """
    return _patient_id(element_of(resource, "ServiceRequest"))


def referral_from_fhir(
    resource: Resource, tables: Tables, on: date, *, person: PersonIdentifier | None = None
) -> Referral:
    """Read a FHIR ServiceRequest into the domain; ``on`` is the Warsaw day whose mappings hold.

    ``person`` is the identifier of the referral's patient: an access code is nothing without it
    (R-01). With a key it is not needed, and the key is preferred.

    Raises:
        ProblemsFound: the profile, a code table, or an access code without a known patient.
    """
    request = element_of(resource, "ServiceRequest")
    problems = Problems(check_referral(request))
    status = request.text("status")
    if status is not None and status not in USABLE_STATUSES:
        problems.add(STATUS_UNUSABLE, request.at("status"))
    criterion = problems.mapped(
        request.at("priority"),
        lambda: tables.criterion.from_fhir(None, request.text("priority") or PRIORITY_DEFAULT, on),
    )
    key, code = _identifier(request, names.REFERRAL_KEY), _identifier(request, names.ACCESS_CODE)
    if key is None and code is not None and person is None:
        problems.add(PATIENT_NEEDED, code.path)
    problems.refuse_if_any()
    access = problems.made(request.at("identifier"), lambda: _access(key, code, person))
    number = problems.made(request.at("identifier"), lambda: _number(request))
    problems.refuse_if_any()
    services = codings(request.child("code"))
    return Referral(
        id=need(request.text("id"), request.at("id")),
        patient_id=_patient_id(request),
        criterion=Criterion(need(criterion, request.at("priority"))),
        number=number,
        access=access,
        service=services[0].text("code") if services else None,
        paper=_paper(request),
        printout_only=code_of(request, names.EXT_REFERRAL_FORM) == INFORMATION_SHEET,
        noted=flag(request, names.EXT_NOTED_DATA) or False,
        diagnosis=next((found for one in diagnoses(request) if (found := well_formed(one))), ""),
        body_area=areas_from_sites(request),
    )


def referral_to_fhir(referral: Referral, tables: Tables, on: date) -> Json:
    """The ServiceRequest that says all of a referral: reading it gives the referral again. It holds its secrets.

    Raises:
        BadInput: the criterion has no FHIR code in its table.
    """
    original = referral.paper
    form = PAPER if original is not None else INFORMATION_SHEET if referral.printout_only else None
    extensions = kept_of(
        (
            code_part(names.EXT_REFERRAL_FORM, form),
            nested(names.EXT_PAPER_REFERRAL, _paper_parts(original)) if original is not None else None,
            mark(names.EXT_NOTED_DATA, stands=referral.noted),
        )
    )
    resource: Json = {
        "resourceType": "ServiceRequest",
        "id": referral.id,
        "status": "active",
        "intent": "order",
        "priority": tables.criterion.to_fhir(referral.criterion.value, on)[1],
        "subject": {"reference": f"Patient/{referral.patient_id}"},
    }
    identifiers = [{"system": system, "value": value} for system, value in _identifiers(referral)]
    said: Json = {"extension": extensions, "identifier": identifiers}
    if referral.service is not None:
        said["code"] = {"coding": [{"system": names.CELL_SPECIALTY, "code": referral.service}]}
    if referral.diagnosis:
        said["reasonCode"] = [{"coding": [{"system": names.ICD_10, "code": referral.diagnosis}]}]
    said["bodySite"] = areas_to_sites(referral.body_area)
    return resource | {name: value for name, value in said.items() if value}


def _identifiers(referral: Referral) -> Iterator[tuple[str, str]]:
    if referral.number is not None:
        yield referral_identifier(referral.number)
    if isinstance(referral.access, ReferralKey):
        yield names.REFERRAL_KEY, referral.access.reveal()
    if isinstance(referral.access, AccessByCode):
        yield names.ACCESS_CODE, referral.access.code.reveal()


def _paper_parts(original: PaperReferral) -> tuple[Json | None, ...]:
    return (
        part(names.PAPER_RECEIVED_ON, original.received_on),
        part(names.PAPER_POSTED_ON, original.posted_on),
        code_part(names.PAPER_CHANNEL, original.channel.value if original.channel is not None else None),
        part(names.PAPER_LOCATION, original.location),
        part(names.PAPER_GROUND, original.ground),
        part(names.PAPER_MISSING_CONFIRMED_BY, original.confirmed_missing_by),
    )


def _paper(request: Element) -> PaperReferral | None:
    """What is known of the paper original: of a referral on paper perhaps nothing yet."""
    original = only(request, names.EXT_PAPER_REFERRAL)
    if original is None and code_of(request, names.EXT_REFERRAL_FORM) != PAPER:
        return None
    channel = code_of(original, names.PAPER_CHANNEL)
    return PaperReferral(
        received_on=day(original, names.PAPER_RECEIVED_ON),
        posted_on=day(original, names.PAPER_POSTED_ON),
        channel=PostingChannel(channel) if channel is not None else None,
        location=words(original, names.PAPER_LOCATION),
        ground=words(original, names.PAPER_GROUND),
        confirmed_missing_by=words(original, names.PAPER_MISSING_CONFIRMED_BY),
    )


def _patient_id(request: Element) -> str:
    subject = need(request.child("subject"), request.at("subject"))
    return local_id(subject.text("reference") or "", "Patient", field=subject.at("reference"))


def _identifier(request: Element, system: str) -> Element | None:
    return next((one for one in request.children("identifier") if one.text("system") == system), None)


def _access(key: Element | None, code: Element | None, person: PersonIdentifier | None) -> ReferralAccess | None:
    if key is not None:
        return ReferralKey(key.text("value") or "")
    if code is not None and person is not None:
        return AccessByCode(AccessCode(code.text("value") or ""), person)
    return None


def _number(request: Element) -> ReferralNumber | None:
    for one in request.children("identifier"):
        system = one.text("system") or ""
        if names.REFERRAL_NUMBER.fullmatch(system):
            return ReferralNumber(system.removeprefix(names.OID_URI), one.text("value") or "")
    return None
