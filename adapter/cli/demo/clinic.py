"""The invented clinic as its EHR would export it: FHIR resources, by the profile of docs/fhir-profile.md.

People and referrals are those of ``fixtures/world/clinic.json``, so that CeR and P1 know them too.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from adapter import resources
from adapter.domain.moments import instant_in_warsaw, is_working_day, warsaw_day
from adapter.fhir import names

PODMIOT = "000000927722"
CELL = f"{PODMIOT}-001"
SPECIALTY = "1100"
DOCTORS = ("dr-lis", "dr-sowa", "dr-zuraw")
LICENCES = {"dr-lis": "5425740", "dr-sowa": "5315713", "dr-zuraw": "3791840"}
WORKING_DAYS = 10
FIRST_HOUR, SLOT_MINUTES, SLOTS_A_DAY = 8, 30, 8
REGISTER = f"{PODMIOT}-001-KARDIO"
"""The clinic's one register (harmonogram przyjęć): provider, place, agreed code."""
STAGE = "DEMO-1"
"""A stage of the oncology card that nobody else knows: the law's own table was not obtained."""
REGISTRAR = "Ewa Rejestracyjna"
KINDS = ("stable", "stable", "stable", "stable", "urgent", "urgent", "privileged", "continuation")
BLOCKED_DAY = 6
"""Dr Żuraw is away on this working day (from 0): her eight slots are blocked."""


def working_days(today: date) -> list[date]:
    """Ten working days, from the last one before today: the first visits are over by now."""
    day = today - timedelta(days=1)
    while not is_working_day(day):
        day -= timedelta(days=1)
    days: list[date] = []
    while len(days) < WORKING_DAYS:
        if is_working_day(day):
            days.append(day)
        day += timedelta(days=1)
    return days


def slot_id(doctor: str, day: int, number: int) -> str:
    """Id of a doctor's slot: the working day's and the slot's number, both from 0."""
    return f"{doctor}-d{day:02d}-s{number}"


def coding(system: str, code: str) -> dict[str, Any]:
    """A Coding."""
    return {"system": system, "code": code}


@dataclass(slots=True)
class Clinic:
    """Writes the EHR's export folder. ``today`` is the Warsaw day on which the story is played."""

    folder: Path
    world: dict[str, Any]
    today: date
    days: list[date] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    declares_register: bool = True
    """Whether the schedules declare the clinic's register; else it is kept elsewhere."""

    def __post_init__(self) -> None:
        self.days = working_days(self.today)
        self.folder.mkdir(parents=True, exist_ok=True)

    def start_of(self, day: int, number: int) -> datetime:
        """When a slot starts."""
        minutes = number * SLOT_MINUTES
        return instant_in_warsaw(self.days[day], time(FIRST_HOUR + minutes // 60, minutes % 60))

    def export(self, name: str, resources: list[dict[str, Any]], at: datetime) -> None:
        """Write one Bundle of new versions into the folder."""
        entries = []
        for resource in resources:
            key = f"{resource['resourceType']}/{resource['id']}"
            self.versions[key] = self.versions.get(key, 0) + 1
            meta = {"versionId": str(self.versions[key]), "lastUpdated": at.isoformat()}
            entries.append({"fullUrl": key, "resource": {**resource, "meta": meta}})
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        (self.folder / f"{name}.json").write_text(json.dumps(bundle, ensure_ascii=False, indent=1), encoding="utf-8")

    def schedules(self) -> list[dict[str, Any]]:
        """One Schedule for each doctor."""
        return [
            {
                "resourceType": "Schedule",
                "id": doctor,
                "active": True,
                **({"extension": [admission_schedule()]} if self.declares_register else {}),
                "specialty": [{"coding": [coding(names.CELL_SPECIALTY, SPECIALTY)]}],
                "actor": [
                    {
                        "type": "Practitioner",
                        "identifier": {"system": names.LICENCES["physician"], "value": LICENCES[doctor]},
                    },
                    {"type": "Location", "identifier": {"system": names.CELL, "value": CELL}},
                ],
            }
            for doctor in DOCTORS
        ]

    def slot(self, doctor: str, day: int, number: int, status: str | None = None) -> dict[str, Any]:
        """One Slot; free unless told, or blocked on the day the doctor is away."""
        start = self.start_of(day, number)
        away = doctor == DOCTORS[2] and day == BLOCKED_DAY
        return {
            "resourceType": "Slot",
            "id": slot_id(doctor, day, number),
            "schedule": {"reference": f"Schedule/{doctor}"},
            "status": status or ("busy-unavailable" if away else "free"),
            "appointmentType": {"coding": [coding(names.SLOT_KIND, KINDS[number])]},
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=SLOT_MINUTES)).isoformat(),
        }

    def slots(self) -> list[dict[str, Any]]:
        """All slots of all doctors."""
        return [
            self.slot(doctor, day, number)
            for doctor in DOCTORS
            for day in range(WORKING_DAYS)
            for number in range(SLOTS_A_DAY)
        ]

    def patient(self, person: int) -> dict[str, Any]:
        """A Patient from the invented world."""
        who = self.world["people"][person]
        return {
            "resourceType": "Patient",
            "id": f"patient-{person + 1}",
            "identifier": [{"system": names.PESEL, "value": who["pesel"]}],
            "name": [{"use": "official", "family": who["family"], "given": [who["given"]]}],
            "telecom": [{"system": "phone", "use": "mobile", "value": who["phone"]}],
            "address": [{"use": "home", "text": f"ul. Wymyślona {person + 1}, 00-999 Przykładowo"}],
        }

    def referral(self, person: int, *, by_code: bool = False) -> dict[str, Any]:
        """The patient's e-referral, opened by its key, or by its code and the patient's PESEL."""
        pesel = self.world["people"][person]["pesel"]
        given = next(one for one in self.world["referrals"] if one["person"] == pesel)
        access = (names.ACCESS_CODE, given["code"]) if by_code else (names.REFERRAL_KEY, given["key"])
        return {
            "resourceType": "ServiceRequest",
            "id": f"referral-{person + 1}",
            "status": "active",
            "intent": "order",
            "priority": "urgent" if given["urgent"] else "routine",
            "subject": {"reference": f"Patient/patient-{person + 1}"},
            "identifier": [coding_as_identifier(access)],
        }

    def appointment(
        self,
        visit: str,
        person: int,
        at: datetime,
        *,
        status: str = "booked",
        place: tuple[str, int, int] | None = None,
        category: str = "waiting",
        more: dict[str, Any] | None = None,
        said: tuple[dict[str, Any], ...] = (),
    ) -> dict[str, Any]:
        """An Appointment on a slot (doctor, day, number), or a waiting entry with Dr Lis.

        Who waits for a term on the very day of the report is served on that day (category 1). ``said`` are further
        extensions, ``more`` further elements.
        """
        if category == "waiting" and place is not None and self.days[place[1]] == warsaw_day(at):
            category = "same-day"
        extension: list[dict[str, Any]] = [
            {"url": names.EXT_CATEGORY, "valueCoding": coding(names.PATIENT_CATEGORY, category)},
            {"url": names.EXT_ENTERED_BY, "valueString": REGISTRAR},
            {"url": names.EXT_ENTERED_AT, "valueDateTime": at.isoformat()},
        ]
        if category == "oncology":
            extension.append(dilo_card(person))
        if category == "privileged":
            extension.append(entitlement(at))
        extension += said
        resource: dict[str, Any] = {
            "resourceType": "Appointment",
            "id": visit,
            "status": status,
            "created": at.isoformat(),
            "reasonCode": [{"text": "kontrola kardiologiczna"}],
            "basedOn": [{"reference": f"ServiceRequest/referral-{person + 1}"}],
            "participant": [{"actor": {"reference": f"Patient/patient-{person + 1}"}, "status": "accepted"}],
            "extension": extension,
        }
        if place is None:
            extension.append({"url": names.EXT_SCHEDULE, "valueReference": {"reference": f"Schedule/{DOCTORS[0]}"}})
        else:
            start = self.start_of(place[1], place[2])
            resource |= {
                "slot": [{"reference": f"Slot/{slot_id(*place)}"}],
                "start": start.isoformat(),
                "end": (start + timedelta(minutes=SLOT_MINUTES)).isoformat(),
            }
        return resource | (more or {})


def coding_as_identifier(pair: tuple[str, str]) -> dict[str, str]:
    """A system and a value as an Identifier."""
    return {"system": pair[0], "value": pair[1]}


def entitlement(at: datetime) -> dict[str, Any]:
    """A verified right to be served out of turn: a blood donor of merit."""
    return {
        "url": names.EXT_ENTITLEMENT,
        "extension": [
            {"url": names.ENTITLEMENT_CODE, "valueCoding": coding(names.ENTITLEMENT, "47CZ")},
            {"url": names.ENTITLEMENT_VERIFIED_BY, "valueString": "staff-07"},
            {"url": names.ENTITLEMENT_VERIFIED_AT, "valueDateTime": at.isoformat()},
            {
                "url": names.ENTITLEMENT_DOCUMENT,
                "extension": [
                    {"url": names.DOCUMENT_KIND, "valueString": "legitymacja Zasłużonego Honorowego Dawcy Krwi"},
                    {"url": names.DOCUMENT_NUMBER, "valueString": "0000001"},
                ],
            },
        ],
    }


def admission_schedule() -> dict[str, Any]:
    """The register that a Schedule of the clinic declares."""
    return {
        "url": names.EXT_ADMISSION_SCHEDULE,
        "extension": [
            {"url": names.ADMISSION_ID, "valueString": REGISTER},
            {"url": names.ADMISSION_CARE, "valueCode": "ambulatory"},
            {"url": names.ADMISSION_ROUTE, "valueCode": "cer"},
        ],
    }


def dilo_card(person: int) -> dict[str, Any]:
    """An oncology card; its stage is the clinic's own (:data:`STAGE`)."""
    return {
        "url": names.EXT_DILO_CARD,
        "extension": [
            {"url": names.DILO_NUMBER, "valueString": f"DILO-{person + 1:04d}"},
            {"url": names.DILO_CARD_STAGE, "valueCoding": coding(names.DILO_STAGE, STAGE)},
        ],
    }


def clinic_mappings(folder: Path) -> Path:
    """The shipped code tables with the one that a site must fill filled: the stages of the oncology card (D-02)."""
    if not folder.exists():
        shutil.copytree(resources.mappings(), folder)
        add_stage(folder)
    return folder


def add_stage(mappings: Path) -> None:
    """Put the clinic's invented stage into ``dilo_stages.csv`` of a folder of tables."""
    with (mappings / "dilo_stages.csv").open("a", encoding="utf-8") as table:
        table.write(f"{STAGE},diagnostyka (wymyślony etap),diagnostics (an invented stage),UNCHECKED,the demo,,\n")


def ended(reason: str) -> dict[str, Any]:
    """Why an entry ends, by our code, where the reason of the cancellation does not say it (X-01, G-06)."""
    why = {"url": names.REMOVAL_WHY, "valueCoding": coding(names.REMOVAL_REASON, reason)}
    return {"url": names.EXT_REMOVAL, "extension": [why]}


def term_change(reason: str, justification: str = "") -> dict[str, Any]:
    """Why the term is another one than before, by our code (M-01)."""
    parts: list[dict[str, Any]] = [
        {"url": names.CHANGE_REASON, "valueCoding": coding(names.TERM_CHANGE_REASON, reason)}
    ]
    if justification:
        parts.append({"url": names.CHANGE_JUSTIFICATION, "valueString": justification})
    return {"url": names.EXT_TERM_CHANGE, "extension": parts}


def cancelled(reason: str) -> dict[str, Any]:
    """What turns an Appointment into a cancelled one."""
    system = names.HL7_CANCELLATION_REASON
    return {"cancelationReason": {"coding": [coding(system, reason)]}}
