"""A facility whose EHR talks FHIR; its store is real, its clock held, and a test says what CeR and P1 answer.

Quick: nothing goes over a wire. What waits in the outbox is claimed and settled in the order in which it would go out.
The clinic is the demo's: one register, three doctors, kept in CeR.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from fakes.register_ward import FACILITY, Ward

from adapter import resources
from adapter.cli.demo.clinic import PODMIOT, REGISTRAR, Clinic, coding
from adapter.domain.identifiers import ReferralNumber
from adapter.domain.moments import WARSAW, warsaw_day
from adapter.domain.statement import EntryStatement
from adapter.fhir import names
from adapter.mapping.document import Reader
from adapter.mapping.entry import entry_to_fhir
from adapter.ports import Received
from adapter.ports.store import Action, Destination, InboxState, Message, MessageState
from adapter.services.deliver import settle_one
from adapter.services.outcome import Declined, Done, Doubtful, Stopped
from adapter.services.take_in import take_in

Json = dict[str, Any]
Outcome = Done | Declined | Doubtful | Stopped | None
GIVES = {Action.SAVE_VISIT: "visit_id", Action.JOIN_WAITING_ROOM: "visit_id", Action.PUT_SLOT: "slot_id"}
"""What gets an id in CeR, by what it is called here."""
NO = Declined("P1 said no", "urn:no")
FIRST, SECOND, THIRD = (("dr-lis", 3, number) for number in range(3))
"""Slots: doctor, working day from 0, number."""
HALF_AN_HOUR = timedelta(minutes=30)
ROUNDS_MAX = 20


@cache
def world() -> Json:
    """The invented people and referrals."""
    return dict(json.loads((resources.fixtures() / "world" / "clinic.json").read_text("utf-8")))


def done(message: Message) -> Done:
    """What was asked for was done."""
    ours = GIVES.get(message.action)
    return Done("ok", national_id=f"cer-{message.payload[ours]}" if ours is not None else None)


@dataclass
class Front(Ward):
    """The front desk. ``answers`` says how a message ends, by its action and by what it is about; else it is done."""

    answers: dict[tuple[Action, str], Outcome] = field(default_factory=dict)
    sent_out: list[str] = field(default_factory=list)
    """``action subject`` of everything that was delivered, in order."""
    said: int = 0

    @cached_property
    def clinic(self) -> Clinic:
        """The clinic; its working days count from the day on which it is first asked for."""
        return Clinic(Path(), world(), warsaw_day(self.clock.now()))

    def says(self, *told: Json) -> None:
        """The EHR says this now, as new versions; it is taken in. The clock moves on by a second."""
        with self.store.unit_of_work() as work:
            for resource in told:
                self.said += 1
                now = self.clock.now().isoformat()
                version = resource | {"meta": {"versionId": str(self.said), "lastUpdated": now}}
                kind, name = resource["resourceType"], resource["id"]
                raw = json.dumps(version).encode()
                work.inbox.put(FACILITY, Received("ehr", kind, name, str(self.said), raw), self.clock.now())
            work.commit()
        take_in(self.eq, FACILITY)
        self.clock.sleep(1)

    def visit(self, **more: Any) -> Json:
        """A version of visit-1 of the first person on Dr Lis's first slot, or of another one."""
        name, person = more.pop("visit", "visit-1"), more.pop("person", 0)
        return self.clinic.appointment(name, person, self.clock.now(), **{"place": FIRST, **more})

    def book(self, person: int = 0, **more: Any) -> None:
        """A patient with a referral is booked."""
        self.says(self.clinic.patient(person), self.clinic.referral(person), self.visit(person=person, **more))

    def declares(self, name: str, service: str = "1200", **inside: Json) -> Json:
        """A Schedule outside of CeR that declares its register; ``inside`` are further parts of it, by their url."""
        parts = {
            names.ADMISSION_ID: {"valueString": f"{PODMIOT}-001-{name.upper()}"},
            names.ADMISSION_CARE: {"valueCode": "ambulatory"},
            names.ADMISSION_ROUTE: {"valueCode": "klx"},
            **inside,
        }
        declared = [{"url": url, **value} for url, value in parts.items()]
        (schedule, *_) = self.clinic.schedules()
        return schedule | {
            "id": name,
            "extension": [{"url": names.EXT_ADMISSION_SCHEDULE, "extension": declared}],
            "specialty": [{"coding": [coding(names.CELL_SPECIALTY, service)]}],
        }

    def stated(self, name: str, person: int = 0, *, on: str, starts: str = "", **said: Any) -> Json:
        """An Appointment that says what a statement of the entry says; ``on`` its Schedule, ``starts`` of Warsaw.

        ``said`` is of the statement; of it ``visit`` holds what differs in the visit.
        """
        now = self.clock.now().isoformat()
        visit = {
            "id": name,
            "state": "booked",
            "patient_id": f"patient-{person + 1}",
            "referral_id": f"referral-{person + 1}",
            "reported_at": now,
            "category": 2,
            "criterion": "stable",
            "schedule_id": on,
            "changed_at": now,
            **said.pop("visit", {}),
        }
        if starts:
            first = datetime.fromisoformat(starts).replace(tzinfo=WARSAW)
            visit |= {"starts": first.isoformat(), "ends": (first + HALF_AN_HOUR).isoformat()}
        content = {
            "visit": visit,
            "entered_by": REGISTRAR,
            "entered_at": visit["reported_at"],
            "criterion_stated": visit["category"] == 2,
            "reason": "kontrola",
            **said,
        }
        reader = Reader()
        statement = reader.read(EntryStatement, content, name)
        assert statement is not None, reader.problems
        return dict(entry_to_fhir(statement, self.eq.tables, warsaw_day(self.clock.now())))

    def deliver(self, *, but: frozenset[Destination] = frozenset({Destination.EHR})) -> None:
        """Send what waits and settle it; what goes to ``but`` stays where it is."""
        for _ in range(ROUNDS_MAX):
            with self.store.unit_of_work() as work:
                claimed = work.outbox.claim(1, self.clock.now(), 100, facility=FACILITY)
                work.commit()
            if not claimed:
                return
            for message in claimed:
                self._settle(message, wanted=message.destination not in but)
        raise AssertionError(f"still moving: {claimed}")

    def _settle(self, message: Message, *, wanted: bool) -> None:
        subject = message.subjects[0]
        outcome = self.answers.get((message.action, subject), done(message)) if wanted else done(message)
        with self.store.unit_of_work() as work:
            if message.action is Action.ACCEPT_REFERRAL and isinstance(outcome, Done):
                record = work.calendar.referral(FACILITY, str(message.payload["referral_id"]))
                if record is not None and record.number is None:
                    number = ReferralNumber("1.2.3", record.referral.id.replace("-", "").rjust(22, "0"))
                    work.calendar.put_referral(FACILITY, replace(record, number=number))
            settle_one(self.eq, work, message, outcome, self.clock.now())
            work.commit()
        if isinstance(outcome, Done):
            self.sent_out.append(f"{message.action.value} {subject}")

    def find_out(self, action: Action, outcome: Outcome) -> None:
        """Somebody asked what became of the message in doubt."""
        (doubted,) = [one for one in self.messages(MessageState.IN_DOUBT) if one.action is action]
        with self.store.unit_of_work() as work:
            assert settle_one(self.eq, work, doubted, outcome, self.clock.now())
            work.commit()
        self.answers.pop((action, doubted.subjects[0]), None)

    def national(self) -> list[str]:
        """What CeR and P1 were told, in order."""
        return [one for one in self.sent_out if not one.startswith("write-back")]

    def refused(self) -> list[tuple[str, str]]:
        """(rule, code) of what refused versions, newest first."""
        with self.store.unit_of_work() as work:
            found = work.inbox.find(facility=FACILITY, states=[InboxState.REFUSED, InboxState.QUARANTINED])
        return [(one.rule, one.code) for each in found for one in each.problems if one.severity == "error"]

    def coming(self) -> list[str]:
        """``action subject`` of what waits for CeR and P1, oldest first."""
        return self.sent(*(one for one in Action if one is not Action.WRITE_BACK))

    def messages(self, *states: MessageState) -> list[Message]:
        """Messages in these states, oldest first."""
        with self.store.unit_of_work() as work:
            return list(reversed(work.outbox.find(facility=FACILITY, states=states, limit=1000)))
