"""For each refusal that FHIR can bring about: what the EHR says wrong; for the others, why no resource reaches them.

A case has people, schedules and referrals of its own, so that all of them fit into one Bundle. The day is 2026-03-02.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from stdnum.pl import pesel as pesel_number

from adapter.cli.demo.clinic import CELL, LICENCES, PODMIOT, STAGE, coding
from adapter.fhir import names

Json = dict[str, Any]
TODAY = date(2026, 3, 2)
AT = "2026-03-02T09:00:00+01:00"
EARLIER = "2026-02-20T09:00:00+01:00"
PROCEDURES = "urn:oid:2.16.840.1.113883.3.4424.11.2.6"
"""ICD-9 procedures, in Polish use."""


def ext(url: str, **value: Any) -> Json:
    """An extension."""
    return {"url": url, **value}


def invented_pesel(number: int) -> str:
    """A PESEL of somebody born in 2200: it checks out and belongs to nobody."""
    stem = f"0061{number % 28 + 1:02d}{number:04d}"
    return stem + str(pesel_number.calc_check_digit(stem))


@dataclass
class World:
    """The resources of one case: good ones, to be spoilt. ``visits`` are versions or several Appointments."""

    number: int
    patient: Json = field(init=False)
    schedule: Json = field(init=False)
    referral: Json = field(init=False)
    visits: list[Json] = field(init=False)
    more: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patient = {
            "resourceType": "Patient",
            "id": f"p{self.number}",
            "identifier": [{"system": names.PESEL, "value": invented_pesel(self.number)}],
            "name": [{"use": "official", "family": "Wzorcowa", "given": ["Anna"]}],
            "telecom": [{"system": "phone", "use": "mobile", "value": "+48600000000"}],
            "address": [{"use": "home", "text": "Prosta 1, 00-001 Warszawa"}],
        }
        self.schedule = self.register(f"s{self.number}")
        self.referral = {
            "resourceType": "ServiceRequest",
            "id": f"r{self.number}",
            "status": "active",
            "intent": "order",
            "priority": "routine",
            "subject": {"reference": f"Patient/p{self.number}"},
            "identifier": [{"system": names.REFERRAL_KEY, "value": f"{self.number:044d}"}],
        }
        self.visits = [self.visit()]

    def register(self, schedule_id: str, service: str = "1200", **declared: Any) -> Json:
        """A Schedule that declares a register; ``declared``: care, referral_needed, specialities, procedure, id."""
        inside = [
            ext(names.ADMISSION_ID, valueString=declared.get("id", f"{PODMIOT}-001-{schedule_id}")),
            ext(names.ADMISSION_CARE, valueCode=declared.get("care", "ambulatory")),
            ext(names.ADMISSION_REFERRAL_NEEDED, valueBoolean=declared.get("referral_needed", True)),
            *(ext(names.ADMISSION_SPECIALITY, valueCode=one) for one in declared.get("specialities", ())),
        ]
        if "procedure" in declared:
            inside.append(ext(names.ADMISSION_PROCEDURE, valueCoding=coding(PROCEDURES, declared["procedure"])))
        return {
            "resourceType": "Schedule",
            "id": schedule_id,
            "active": True,
            "extension": [ext(names.EXT_ADMISSION_SCHEDULE, extension=inside)],
            "specialty": [{"coding": [coding(names.CELL_SPECIALTY, service)]}],
            "actor": [
                {
                    "type": "Practitioner",
                    "identifier": {"system": names.LICENCES["physician"], "value": LICENCES["dr-lis"]},
                },
                {"type": "Location", "identifier": {"system": names.CELL, "value": CELL}},
            ],
        }

    def visit(self, suffix: str = "", category: str = "waiting", on: str = "2026-06-01", **more: Any) -> Json:
        """An Appointment on the waiting list; ``more`` replaces its elements."""
        return {
            "resourceType": "Appointment",
            "id": f"a{self.number}{suffix}",
            "status": "waitlist",
            "created": AT,
            "basedOn": [{"reference": f"ServiceRequest/r{self.number}"}],
            "participant": [{"actor": {"reference": f"Patient/p{self.number}"}, "status": "accepted"}],
            "reasonCode": [{"text": "kontrola"}],
            "requestedPeriod": [{"start": on, "end": on}],
            "extension": [
                ext(names.EXT_CATEGORY, valueCoding=coding(names.PATIENT_CATEGORY, category)),
                ext(names.EXT_SCHEDULE, valueReference={"reference": f"Schedule/s{self.number}"}),
                ext(names.EXT_ENTERED_BY, valueString="Jan Testowy"),
                ext(names.EXT_ENTERED_AT, valueDateTime=AT),
            ],
        } | more

    def free(self, **declared: Any) -> World:
        """A register that needs no referral."""
        self.schedule = self.register(f"s{self.number}", referral_needed=False, **declared)
        for one in self.visits:
            one.pop("basedOn", None)
        return self

    def says(self, *extensions: Json, at: int = 0) -> World:
        """One visit says more."""
        self.visits[at]["extension"] = [*self.visits[at]["extension"], *extensions]
        return self

    def silent(self, url: str, at: int = 0) -> World:
        """One visit does not say this."""
        self.visits[at]["extension"] = [one for one in self.visits[at]["extension"] if one["url"] != url]
        return self

    def then(self, *extensions: Json, **more: Any) -> World:
        """A second version of the visit."""
        second = self.visit(**more)
        second["extension"] = [*second["extension"], *extensions]
        if "basedOn" not in self.visits[0]:
            second.pop("basedOn", None)
        self.visits.append(second)
        return self

    def due_today(self) -> World:
        """The visit was entered ten days ago and is today."""
        self.visits = [self.visit(created=EARLIER, **booked("2026-03-02"))]
        self.visits[0].pop("basedOn")
        return self.silent(names.EXT_ENTERED_AT).says(ext(names.EXT_ENTERED_AT, valueDateTime=EARLIER), CRITERION)

    def ended(self, status: str, *extensions: Json) -> World:
        """And then it ends so."""
        last = self.visits[0] | {"status": status}
        self.visits.append(last | {"extension": [*last["extension"], *extensions]})
        return self

    def resources(self) -> list[Json]:
        """All of them, what is referred to first."""
        return [self.schedule, self.patient, self.referral, *self.more, *self.visits]


def booked(on: str, hours: str = "10:00:00") -> Json:
    """Elements of a booked visit; it ends at 11."""
    zone = "+02:00" if "2026-03-29" < on < "2026-10-25" else "+01:00"
    return {"status": "booked", "start": f"{on}T{hours}{zone}", "end": f"{on}T11:00:00{zone}"}


def right(code: str = "47CC", **document: Any) -> Json:
    """A verified right with its document."""
    kept = {"valueString": "zaświadczenie"}
    return ext(
        names.EXT_ENTITLEMENT,
        extension=[
            ext(names.ENTITLEMENT_CODE, valueCoding=coding(names.ENTITLEMENT, code)),
            ext(names.ENTITLEMENT_VERIFIED_BY, valueString="staff-07"),
            ext(names.ENTITLEMENT_VERIFIED_AT, valueDateTime=AT),
            ext(
                names.ENTITLEMENT_DOCUMENT,
                extension=[ext(names.DOCUMENT_KIND, **kept), *(ext(k, valueDate=v) for k, v in document.items())],
            ),
        ],
    )


def dilo(stage: str | None = STAGE) -> Json:
    """An oncology card."""
    inside = [ext(names.DILO_NUMBER, valueString="D-1")]
    if stage is not None:
        inside.append(ext(names.DILO_CARD_STAGE, valueCoding=coding(names.DILO_STAGE, stage)))
    return ext(names.EXT_DILO_CARD, extension=inside)


def removal(reason: str | None, **days: str) -> Json:
    """What is said of the end of an entry; ``days``: on, impressions_on, settled_on."""
    inside = [ext(name.replace("_", "-"), valueDate=day) for name, day in days.items()]
    if reason is not None:
        inside.append(ext(names.REMOVAL_WHY, valueCoding=coding(names.REMOVAL_REASON, reason)))
    return ext(names.EXT_REMOVAL, extension=inside)


def moved(reason: str, **more: Json) -> Json:
    """Why a term changes."""
    inside = [ext(names.CHANGE_REASON, valueCoding=coding(names.TERM_CHANGE_REASON, reason))]
    return ext(names.EXT_TERM_CHANGE, extension=[*inside, *(ext(name, **value) for name, value in more.items())])


def cancelled(code: str, system: str = names.HL7_CANCELLATION_REASON) -> Json:
    """Elements of a cancelled visit."""
    return {"status": "cancelled", "cancelationReason": {"coding": [coding(system, code)]}}


def diagnosis(code: str) -> Json:
    """The reason as an ICD-10 code."""
    return {"reasonCode": [{"coding": [coding(names.ICD_10, code)]}]}


def plan(ends_on: str | None = None) -> Json:
    """A plan of treatment."""
    inside = [ext(names.CONTINUING_PLAN, valueReference={"reference": "CarePlan/1"})]
    inside.append(
        ext(names.CONTINUING_ENDS_ON, valueDate=ends_on)
        if ends_on
        else ext(names.CONTINUING_OPEN_ENDED, valueBoolean=True)
    )
    return ext(names.EXT_CONTINUING, extension=inside)


def change(**elements: Any) -> Callable[[World], Any]:
    """A case whose first visit has other elements; None takes one away."""

    def spoil(world: World) -> None:
        for name, value in elements.items():
            if value is None:
                world.visits[0].pop(name, None)
            else:
                world.visits[0][name] = value

    return spoil


def without(resource: str, element: str) -> Callable[[World], Any]:
    """A case whose patient or referral lacks an element."""
    return lambda world: getattr(world, resource).pop(element)


def _visit(category: str, *extensions: Json, on: str = "2026-06-01", **more: Any) -> Callable[[World], Any]:
    """A case with one visit of that category."""

    def spoil(world: World) -> None:
        world.visits = [world.visit(category=category, on=on, **more)]
        world.says(*extensions)

    return spoil


def _two(world: World, other: str, service: str = "1200", **declared: Any) -> None:
    """A second Appointment of the same person on another register."""
    world.more.append(world.register(f"s{world.number}{other}", service, **declared))
    second = world.visit(other)
    for one in second["extension"]:
        if one["url"] == names.EXT_SCHEDULE:
            one["valueReference"] = {"reference": f"Schedule/s{world.number}{other}"}
    world.visits.append(second)


def _central(world: World, category: str, *extensions: Json, kind: str = "stable", **more: Any) -> None:
    """A schedule that CeR keeps, with one slot."""
    world.schedule = world.register(f"s{world.number}", "1100")
    world.more.append(
        {
            "resourceType": "Slot",
            "id": f"t{world.number}",
            "schedule": {"reference": f"Schedule/s{world.number}"},
            "status": "free",
            "appointmentType": {"coding": [coding(names.SLOT_KIND, kind)]},
            "start": "2026-03-12T10:00:00+01:00",
            "end": "2026-03-12T11:00:00+01:00",
        }
    )
    world.visits = [world.visit(category=category, **more)]
    world.says(*extensions)


ON_SLOT = booked("2026-03-12")
PERIOD = "requestedPeriod"
NO_PERIOD = {PERIOD: None}
WEEK = {
    "start": "2026-07-20",
    "end": "2026-07-26",
    "extension": [ext(names.EXT_TERM_PRECISION, valueCode="week")],
}


def _slot(world: World) -> Json:
    return {**ON_SLOT, "slot": [{"reference": f"Slot/t{world.number}"}]}


def _spoil_key(value: str, system: str) -> Callable[[World], Any]:
    return lambda world: world.referral.update(identifier=[{"system": system, "value": value}])


def _entered(at: str) -> Callable[[World], Any]:
    return lambda world: world.silent(names.EXT_ENTERED_AT).says(ext(names.EXT_ENTERED_AT, valueDateTime=at))


CRITERION = ext(names.EXT_CRITERION, valueCoding=coding(names.MEDICAL_CRITERION, "urgent"))
EMERGENCY = {"appointmentType": {"coding": [coding(names.HL7_APPOINTMENT_TYPE, names.EMERGENCY)]}}
BACK = ext(
    names.EXT_REINSTATEMENT,
    extension=[
        ext(names.REINSTATEMENT_REQUESTED_ON, valueDate="2026-03-02"),
        ext(names.REINSTATEMENT_CAUSE_ENDED_ON, valueDate="2026-02-02"),
        ext(names.REINSTATEMENT_PLAUSIBLE, valueBoolean=True),
    ],
)

Spoil = Callable[[World], Any]
BY_FHIR: dict[tuple[str, str], tuple[str, Spoil]] = {
    ("G-01", "E-SCOPE"): (
        "G-01",
        lambda world: setattr(world, "schedule", world.register(f"s{world.number}", care="primary")),
    ),
    ("G-06", "E-X-REASON"): ("G-06", lambda world: world.free().says(CRITERION).then(CRITERION, **cancelled("prov"))),
    ("C-01", "E-CAT-LIST"): ("C-01", lambda world: _central(world, "same-day")),
    ("C-01", "E-CAT-NONE"): ("POMOST-APPOINTMENT-04", lambda world: world.silent(names.EXT_CATEGORY)),
    ("C-02", "E-CAT-MISMATCH"): ("C-02", _visit("waiting", CRITERION, **EMERGENCY)),
    ("C-03", "E-CRIT-MISSING"): ("C-03", lambda world: world.free()),
    ("C-03", "E-CRIT-ONCO"): ("C-03", _visit("oncology", dilo(), CRITERION, **diagnosis("C50"))),
    ("C-05", "E-PRIV-BASIS"): ("C-05", _visit("privileged")),
    ("C-07", "E-CAT1-EXCL"): ("C-07", _visit("same-day", on="2026-03-02", **EMERGENCY)),
    ("D-01", "E-D-ENTRYTS"): ("D-01", _entered("2026-03-05T09:00:00+01:00")),
    ("D-01", "E-D-NAME"): ("POMOST-PATIENT-04", without("patient", "name")),
    ("D-01", "E-D-ID"): ("POMOST-PATIENT-01", without("patient", "identifier")),
    ("D-01", "E-D-DX"): ("D-01", change(reasonCode=None)),
    ("D-01", "E-D-ICD"): (
        "D-01",
        lambda world: setattr(
            world, "schedule", world.register(f"s{world.number}", specialities=("ambulatory-physiotherapy",))
        ),
    ),
    ("D-01", "E-D-ADDR"): ("D-01", without("patient", "address")),
    ("D-01", "E-D-CONTACT"): ("D-01", without("patient", "telecom")),
    ("D-01", "E-D-AUTHOR"): ("D-01", lambda world: world.silent(names.EXT_ENTERED_BY)),
    ("D-01", "E-D-DATE"): ("D-01", _visit("privileged", right(), **NO_PERIOD)),
    ("D-01", "E-D-SCHED"): (
        "D-01",
        lambda world: setattr(world, "schedule", world.register(f"s{world.number}", id="X")),
    ),
    ("D-02", "E-D-DILO"): ("D-02", _visit("oncology", dilo(None), **diagnosis("C50"))),
    ("D-04", "E-D-PESEL"): (
        "POMOST-PATIENT-02",
        lambda world: world.patient["identifier"][0].update(value="00610100012"),
    ),
    ("P-01", "E-P-DATE"): ("P-01", change(requestedPeriod=None)),
    ("P-02", "E-P-PRECISION"): ("P-02", change(requestedPeriod=[WEEK])),
    ("P-06", "E-P-RES"): (
        "P-06",
        lambda world: world.says(
            ext(names.EXT_RESERVED, valueBoolean=True),
            ext(
                names.EXT_OFFERED_TERM,
                extension=[
                    ext(names.OFFER_OFFERED, valueDate="2026-06-01"),
                    ext(names.OFFER_CHOSEN, valueDate="2026-06-01"),
                ],
            ),
        ),
    ),
    ("P-08", "E-P-CATDATE"): ("P-08", _visit("same-day", on="2026-03-03")),
    ("X-03", "E-X-DATE"): (
        "X-03",
        lambda world: (
            world.free()
            .due_today()
            .ended(
                "fulfilled",
                ext(names.EXT_SERVICE_STARTED, valueDateTime="2026-03-02T10:00:00+01:00"),
                removal("SERVICE_DONE", on="2026-03-01"),
            )
        ),
    ),
    ("R-01", "E-R-ACCESS"): ("R-01", without("referral", "identifier")),
    ("R-07", "E-R-ACCESS"): (
        "R-07",
        lambda world: (world.referral.pop("identifier"), world.says(ext(names.EXT_OFFLINE, valueBoolean=True))),
    ),
    ("R-09", "E-R-KEYFMT"): ("POMOST-SERVICEREQUEST-06", _spoil_key("1" * 45, names.REFERRAL_KEY)),
    ("R-09", "E-R-CODEFMT"): ("POMOST-SERVICEREQUEST-07", _spoil_key("12a4", names.ACCESS_CODE)),
    ("R-13", "E-R-ACCESS"): (
        "R-13",
        lambda world: (
            world.referral.pop("identifier"),
            world.referral.update(extension=[ext(names.EXT_REFERRAL_FORM, valueCode="information-sheet")]),
        ),
    ),
    ("R-14", "E-D-REF"): (
        "R-14",
        lambda world: (
            world.referral.pop("identifier"),
            world.referral.update(extension=[ext(names.EXT_REFERRAL_FORM, valueCode="information-sheet")]),
        ),
    ),
    ("U-01", "E-U-DUP"): ("U-01", lambda world: _two(world, "x")),
    ("U-04", "E-K-LIST"): ("U-04", lambda world: _central(world, "continuing", plan("2026-06-01"))),
    ("U-05", "E-U-PROC"): ("U-05", lambda world: _two(world, "x", procedure="13.41")),
    ("V-03", "E-PRIV-7WD"): ("V-03", _visit("privileged", right(), on="2026-03-12")),
    ("V-04", "E-PRIV-WAITROOM"): ("V-04", lambda world: _central(world, "privileged", right())),
    ("V-10", "E-PRIV-BASIS"): (
        "V-10",
        _visit("privileged", right(**{names.DOCUMENT_VALID_UNTIL: "2026-03-01"}), on="2026-03-09"),
    ),
    ("V-12", "E-PRIV-SCOPE"): ("V-12", _visit("privileged", right("24A"), on="2026-03-09")),
    ("K-04", "E-K-DRUG"): (
        "K-04",
        lambda world: (
            _visit("same-day", on="2026-03-02")(world),
            setattr(world, "schedule", world.register(f"s{world.number}", specialities=("drug-programme",))),
        ),
    ),
    ("O-02", "E-CAT-MISMATCH"): ("O-02", _visit("oncology", dilo(), **diagnosis("C44.3"))),
    ("E-02", "E-E-FLAG"): ("E-02", lambda world: world.says(ext(names.EXT_ORIGINAL_REPORT, valueDate="2025-06-10"))),
    ("I-07", "E-CER-KIND"): (
        "I-07",
        lambda world: (_central(world, "waiting", kind="urgent"), world.visits[0].update(_slot(world))),
    ),
    ("M-01", "E-M-REASON"): ("M-01", lambda world: world.free().says(CRITERION).then(CRITERION, on="2026-06-08")),
    ("M-02", "E-JUST-MISSING"): (
        "M-02",
        lambda world: world.free().says(CRITERION).then(CRITERION, moved("CRITERION"), on="2026-06-08"),
    ),
    ("M-03", "E-JUST-MISSING"): (
        "M-03",
        lambda world: world.free().says(CRITERION).then(CRITERION, moved("CATEGORY"), on="2026-06-08"),
    ),
    ("M-06", "E-N-CAUSE"): ("M-06", lambda world: world.free().says(CRITERION).then(CRITERION, on="2026-06-08")),
    ("N-01", "E-N-CAUSE"): ("N-01", lambda world: world.free().says(CRITERION).then(CRITERION, on="2026-06-08")),
    ("X-01", "E-X-REASON"): (
        "X-01",
        lambda world: world.free().says(CRITERION).then(CRITERION, **cancelled("oth-int")),
    ),
    ("X-01", "E-X-DATE"): (
        "X-01",
        lambda world: (
            world.free().says(CRITERION).then(CRITERION, removal("RESIGNED", on="2026-02-27"), **cancelled("pat"))
        ),
    ),
    ("X-02", "E-X-REASON"): (
        "POMOST-MAP-01",
        lambda world: world.free().says(CRITERION).then(CRITERION, removal("4", on="2026-03-02"), **cancelled("pat")),
    ),
    ("X-02", "E-X-TEXT"): (
        "X-02",
        lambda world: (
            world.free().says(CRITERION).then(CRITERION, removal("OTHER", on="2026-03-02"), **cancelled("pat"))
        ),
    ),
    ("S-01", "E-S-DENTAL"): (
        "S-01",
        lambda world: (
            world.free(specialities=("dental-appliance",))
            .due_today()
            .ended(
                "fulfilled",
                removal("SERVICE_DONE", on="2026-03-02", impressions_on="2026-03-01", settled_on="2026-03-02"),
            )
        ),
    ),
    ("E-06", "E-E-LATE"): (
        "E-06",
        lambda world: world.free().due_today().ended("noshow").ended("noshow", BACK),
    ),
    ("K-01", "E-K-REENTER"): (
        "K-01",
        lambda world: world.free().due_today().ended("fulfilled", plan("2026-02-01")),
    ),
    ("K-03", "E-K-ENDDATE"): (
        "K-03",
        lambda world: (
            world.free(),
            _visit("continuing", plan("2026-06-01"), on="2026-06-01")(world),
            world.visits[0].pop("basedOn"),
            world.then(removal("SERVICE_DONE", on="2026-03-02"), category="continuing", **cancelled("pat")),
        ),
    ),
}
"""(rule, code) -> the check that refuses it, and how."""

NOT_BY_FHIR: dict[tuple[str, str], str] = {
    ("G-03", "E-NO-DELETE"): "the EHR's deletions are not read at all: an entry ends by its Appointment's status",
    ("C-08", "E-D-AUTHOR"): "an Appointment without its author is refused as D-01 before",
    ("P-03", "P-FIX-OVERDUE"): "a task of the day's work (fixtures/journeys/week-precision.json)",
    ("P-04", "E-M-REASON"): "the same change is refused as M-01",
    ("M-01", "E-D-AUTHOR"): "an Appointment without its author is refused as D-01 before",
    ("M-05", "E-M-DIRECTION"): "a health report is a clinician's act, no resource",
    ("R-04", "E-R-P1"): "P1's answer (fixtures/journeys/referral-in-use-elsewhere.json), no resource",
    ("R-04", "E-U-DUP"): "P1's answer (fixtures/journeys/referral-in-use-elsewhere.json), no resource",
    (
        "R-10",
        "E-R-IMMUTABLE",
    ): "only P1 makes a referral known; then another content is refused (fixtures/journeys/referral-content.json)",
    ("U-02", "E-U-DUP"): "numbers come from P1; the same list is refused as U-01 before",
    ("U-03", "E-U-DUP"): "needs an entry at another provider, which no resource of ours says",
    ("V-01", "E-PRIV-SCOPE"): "the codes of points 13 to 15 were not obtained: the shipped table has none",
    ("V-06", "E-PRIV-SELF"): "the EHR is the facility; patients book in CeR itself",
    ("V-06", "E-PRIV-UNVERIFIED"): "the profile asks for who verified the right, and when",
    ("O-01", "E-CRIT-ONCO"): "the same criterion is refused as C-03",
    ("E-06", "E-E-NOSHOW"): "a request on an entry that is no no-show is a new entry",
    ("N-05", "E-N-NOTICE"): "a template of notices, no resource",
    ("Z-02", "E-Z-CONSENT"): "a setting",
    ("Z-07", "E-Z-DATA"): "a row of a report",
    ("I-02", "E-CER-LOCAL"): "Pomost books every visit of a schedule in scope in CeR itself",
    ("I-03", "E-CER-CHANNEL"): "the channel of a report is told to CeR by nobody yet",
    ("I-06", "E-CER-SLOT-HAS-VISIT"): "a slot with a visit is blocked and not deleted (tests of the remedies)",
}
"""(rule, code) -> why no resource of the EHR brings it about."""


def bundle(*worlds: World) -> Json:
    """All resources of these cases, in order."""
    rows = [{"resource": one} for world in worlds for one in world.resources()]
    return {"resourceType": "Bundle", "type": "collection", "entry": rows}


def spoilt(number: int, pair: tuple[str, str]) -> World:
    """The world of a case."""
    world = World(number)
    BY_FHIR[pair][1](world)
    for one in world.visits:
        for name in [name for name, value in one.items() if value is None]:
            del one[name]
    return world
