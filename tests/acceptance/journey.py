"""A journey of ``fixtures/journeys``: what the EHR says on which day, what Pomost does, what is true afterwards.

A step says ``at`` (Warsaw), what the EHR exports (short templates: ``schedule``, ``slot``, ``person``, ``referral``,
``visit``), what is ``do``ne (``sync`` follows every export by itself; ``day`` the day's work; ``answer`` to a task;
``p1`` away or back), and ``then`` what must be true: in the register, in P1, of the tasks, in the inbox, of notices.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from clinic_site import Site

from adapter import resources
from adapter.cli.demo.clinic import CELL, LICENCES, PODMIOT, coding
from adapter.cli.demo.stage import FACILITY
from adapter.domain.moments import WARSAW, warsaw_day
from adapter.domain.statement import EntryStatement
from adapter.fhir import names
from adapter.mapping.document import Reader
from adapter.mapping.entry import entry_to_fhir
from adapter.ports.notices import NoticeState
from adapter.ports.register import StoredEntry
from adapter.services.desk import Desk
from adapter.services.register.follow import entry_subject
from adapter.services.register_day.answer_task import Answer, answer_task
from adapter.services.register_day.run_day import run_day

FOLDER = resources.fixtures() / "journeys"
Json = dict[str, Any]


@cache
def journeys() -> dict[str, Json]:
    """Every journey by the name of its file."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def instant(text: str) -> datetime:
    """``2026-03-02T09:00`` of Warsaw."""
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def part(url: str, **value: Any) -> Json:
    """An extension."""
    return {"url": url, **value}


@dataclass
class Journey:
    """One journey at a site whose clock is held."""

    site: Site
    visits: dict[str, Json] = field(default_factory=dict)
    """The last template of each visit: a later one says only what is new."""

    @property
    def clock(self) -> Any:
        """The held clock of the site."""
        return self.site.eq.clock

    def play(self, step: Json) -> None:
        """Do one step and look at what became true."""
        wanted = instant(step["at"])
        self.clock.sleep((wanted - self.clock.now()).total_seconds())
        for act in step.get("before", []):
            self.act(act)
        said = [resource for one in step.get("ehr", []) for resource in self.resources(one, wanted)]
        if said:
            done = self.site.says(*said)
            assert step.get("p1_away") or not done.problems, f"{step['at']}: {done.problems}"
            if not step.get("p1_away"):
                self.site.until_quiet()
        for act in step.get("do", []):
            self.act(act)
        where = f"{step['at']} {step.get('says', '')}"
        for look, expected in step.get("then", {}).items():
            found = getattr(self, f"look_{look}")(expected)
            assert found == expected, f"{where}: {look}: {found} instead of {expected}; {self.refusals()}"

    # --- what the EHR says --------------------------------------------------------------------

    def resources(self, one: Json, at: datetime) -> list[Json]:
        """The FHIR resources of a template."""
        if "visit" in one:
            return [self.visit(one, at)]
        if "slot" in one:
            return [self.slot(one)]
        if "schedule" in one:
            return [self.schedule(one)]
        if "referral" in one:
            return [self.referral(one)]
        return [self.site.clinic.patient(one["person"]) | one.get("more", {})]

    def schedule(self, one: Json) -> Json:
        """A Schedule that declares its register."""
        inside = [
            part(names.ADMISSION_ID, valueString=f"{PODMIOT}-{one.get('place', '001')}-{one['schedule'].upper()}"),
            part(names.ADMISSION_CARE, valueCode=one.get("care", "ambulatory")),
            part(names.ADMISSION_ROUTE, valueCode=one.get("route", "klx")),
            part(names.ADMISSION_REFERRAL_NEEDED, valueBoolean=one.get("referral_needed", True)),
            *(part(names.ADMISSION_SPECIALITY, valueCode=each) for each in one.get("specialities", [])),
        ]
        if "procedure" in one:
            inside.append(
                part(
                    names.ADMISSION_PROCEDURE,
                    valueCoding=coding("urn:oid:2.16.840.1.113883.3.4424.11.2.6", one["procedure"]),
                )
            )
        return {
            "resourceType": "Schedule",
            "id": one["schedule"],
            "active": True,
            "extension": [part(names.EXT_ADMISSION_SCHEDULE, extension=inside)],
            "specialty": [{"coding": [coding(names.CELL_SPECIALTY, one.get("service", "1200"))]}],
            "actor": [
                {
                    "type": "Practitioner",
                    "identifier": {"system": names.LICENCES["physician"], "value": LICENCES["dr-lis"]},
                },
                {"type": "Location", "identifier": {"system": names.CELL, "value": CELL}},
            ],
        }

    def slot(self, one: Json) -> Json:
        """A free Slot of half an hour."""
        starts = instant(one["from"])
        return {
            "resourceType": "Slot",
            "id": one["slot"],
            "schedule": {"reference": f"Schedule/{one['schedule']}"},
            "status": one.get("status", "free"),
            "appointmentType": {"coding": [coding(names.SLOT_KIND, one.get("kind", "stable"))]},
            "start": starts.isoformat(),
            "end": (starts + timedelta(minutes=30)).isoformat(),
        }

    def referral(self, one: Json) -> Json:
        """The person's e-referral, or a paper one with what is known of its original."""
        resource = self.site.clinic.referral(one["referral"])
        if "paper" not in one:
            return resource | one.get("more", {})
        known = [part(url, **value) for url, value in one["paper"].items()]
        del resource["identifier"]
        resource["extension"] = [
            part(names.EXT_REFERRAL_FORM, valueCode="paper"),
            part(names.EXT_PAPER_REFERRAL, extension=known),
        ]
        return resource

    def visit(self, one: Json, at: datetime) -> Json:
        """An Appointment: the statement that the template and the ones before it make, written as FHIR."""
        told = {**self.visits.get(one["visit"], {"reported": at.isoformat()}), **one}
        self.visits[one["visit"]] = told
        person, starts = told["person"], told.get("from")
        visit = {
            "id": told["visit"],
            "state": told.get("state", "waiting"),
            "patient_id": f"patient-{person + 1}",
            "reported_at": told["reported"],
            "category": told.get("category", 2),
            "schedule_id": told["schedule"],
            "changed_at": at.isoformat(),
        }
        if told.get("referral", True):
            visit["referral_id"] = f"referral-{person + 1}"
        if starts:
            visit |= {
                "starts": instant(starts).isoformat(),
                "ends": (instant(starts) + timedelta(minutes=30)).isoformat(),
            }
        for name in ("criterion", "entitlement", "waiver", "end_reason"):
            visit |= {name: told[name]} if told.get(name) else {}
        if told.get("slot"):
            visit |= {"slot_ids": [told["slot"]]}
            del visit["schedule_id"]
        content: Json = {
            "visit": visit,
            "entered_by": "Jan Testowy",
            "entered_at": told["reported"],
            "criterion_stated": told.get("category", 2) == 2,
            "reason": "kontrola",
            **({"term": told["term"]} if told.get("term") and not starts else {}),
            **one.get("says", {}),
        }
        reader = Reader()
        statement = reader.read(EntryStatement, content, one["visit"])
        assert statement is not None, reader.problems
        tables = self.site.eq.tables
        return dict(entry_to_fhir(statement, tables, warsaw_day(self.clock.now())))

    # --- what is done -------------------------------------------------------------------------

    def act(self, act: Any) -> None:
        """One thing that is done at the site, or with P1."""
        if act == "day":
            run_day(self.site.eq, FACILITY)
            self.site.until_quiet()
        elif act == "p1-away":
            self.site.admin.trouble("refused", system="p1", count=None)
        elif act == "p1-back":
            self.site.admin.clear_troubles()
        elif act == "sync":
            self.site.sync()
        elif act == "quiet":
            self.site.until_quiet()
        else:
            self.answer(act["task"], Answer(act["answer"]))
            self.site.until_quiet()

    def answer(self, code: str, answer: Answer) -> None:
        """A clerk answers the open task of that code."""
        with self.site.eq.store.unit_of_work() as work:
            (task,) = [one for one in work.tasks.listed(FACILITY) if one.task.code == code]
            answer_task(Desk(self.site.eq, work, FACILITY, "journey"), task.id, answer, "clerk", "seen")
            work.commit()

    # --- what became true ---------------------------------------------------------------------

    def entry(self, entry_id: str) -> StoredEntry | None:
        """An entry as it is kept."""
        with self.site.eq.store.unit_of_work() as work:
            return work.register.entry(FACILITY, entry_id)

    def look_register(self, expected: Json) -> Json:
        """The fields that are asked for, of each entry; null for one that is not there."""
        found: Json = {}
        for entry_id, fields in expected.items():
            stored = self.entry(entry_id)
            found[entry_id] = None if stored is None else {name: self.told(stored, name) for name in fields or {}}
        return found

    def told(self, stored: StoredEntry, name: str) -> Any:
        """One field of an entry as JSON has it."""
        entry = stored.entry
        if name == "place":
            with self.site.eq.store.unit_of_work() as work:
                return work.register.position(FACILITY, entry)
        if name == "history":
            with self.site.eq.store.unit_of_work() as work:
                return [step.what for step in work.register.steps(FACILITY, entry.id)]
        values: Json = {
            "standing": stored.standing.value,
            "open": entry.open,
            "term": None if entry.term is None else str(entry.term),
            "removal": None if entry.removal is None else [entry.removal.on.isoformat(), entry.removal.reason],
            "criterion": None if entry.criterion is None else entry.criterion.value,
            "category": None if entry.category is None else entry.category.value,
            "reported": warsaw_day(entry.reported_at).isoformat(),
            "original_report": None if entry.original_report_date is None else entry.original_report_date.isoformat(),
        }
        return values[name] if name in values else getattr(entry, name)

    def look_tasks(self, expected: Json) -> Json:
        """Codes of the open tasks of each entry, sorted."""
        with self.site.eq.store.unit_of_work() as work:
            tasks = work.tasks.listed(FACILITY)
        return {
            entry_id: sorted(one.task.code for one in tasks if one.task.subject == entry_subject(entry_id))
            for entry_id in expected
        }

    def look_p1(self, expected: Json) -> Json:
        """State of each person's referral in P1."""
        return {person: self.site.referral_state(int(person)) for person in expected}

    def look_p1_history(self, expected: Json) -> Json:
        """What was done with each person's referral in P1."""
        return {person: self.site.referral_history(int(person)) for person in expected}

    def look_cer(self, expected: Json) -> Json:
        """States of each visit in CeR."""
        return {visit: [one["state"] for one in self.site.visits(visit)] for visit in expected}

    def look_refused(self, expected: Json) -> Json:
        """Rules that refused the last version of each visit."""
        found: Json = {}
        with self.site.eq.store.unit_of_work() as work:
            for visit in expected:
                versions = work.inbox.find(facility=FACILITY, limit=1000)
                last = next(one for one in versions if one.received.resource_id == visit)
                found[visit] = sorted({one.rule for one in last.problems if one.severity == "error"})
        return found

    def refusals(self) -> list[str]:
        """What the inbox holds against the versions of visits, for whoever mends a journey."""
        with self.site.eq.store.unit_of_work() as work:
            versions = work.inbox.find(facility=FACILITY, limit=1000)
        return [
            f"{one.received.resource_id}/{one.received.version} {one.state.value}: "
            + "; ".join(f"{problem.rule}: {problem.text_en}" for problem in one.problems)
            for one in versions
            if one.received.resource_type == "Appointment"
        ]

    def look_notices(self, expected: Json) -> Json:
        """Kinds of the notices of each entry that are due, sorted."""
        with self.site.eq.store.unit_of_work() as work:
            due = work.notices.listed(FACILITY, states=(NoticeState.DUE,))
        return {
            entry_id: sorted(one.notice.kind.value for one in due if one.notice.entry_id == entry_id)
            for entry_id in expected
        }
