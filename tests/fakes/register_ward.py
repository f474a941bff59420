"""A facility whose register is in a real store, its clock held: the book's dated examples, invented people."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import cache
from typing import Any
from uuid import uuid4

from store_fixtures import HeldClock

from adapter import resources
from adapter.domain.appointment import Visit, VisitState
from adapter.domain.entitlement import Category, Criterion
from adapter.domain.identifiers import CellCode, Pesel, ReferralKey, ReferralNumber
from adapter.domain.moments import instant_in_warsaw
from adapter.domain.paper_referral import PaperReferral
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral, ReferralState
from adapter.domain.register import AdmissionSchedule, Care, Entry, EntryPerson, EntryReferral, ReferralWay
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings
from adapter.domain.schedule import Schedule
from adapter.domain.term import DayTerm, Term
from adapter.mapping.tables import Tables, load_tables
from adapter.ports import Received
from adapter.ports.notices import NoticeState, StoredNotice
from adapter.ports.register import EntryStanding, Step, StoredEntry
from adapter.ports.store import Action, MessageState, ReferralRecord
from adapter.ports.tasks import StoredTask
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment, FacilityRegister
from adapter.services.register_day.run_day import DayDone, run_day
from adapter.store.unit_of_work import SqlStore

FACILITY = "demo"
HOSPITAL = AdmissionSchedule("000000927722-01-0001", Care.HOSPITAL, service="4106", cell="001")
CLINIC = AdmissionSchedule("000000927722-01-0002", Care.AMBULATORY, service="1200", cell="001")
EHR_SCHEDULE = "dr-lis"
PESEL, ANOTHER = Pesel("00690100011"), Pesel("00690100028")
KEY = ReferralKey("1" * 44)


@cache
def shipped_tables() -> Tables:
    """The shipped tables, read once."""
    return load_tables(resources.mappings())


@dataclass
class Ehr:
    """What the EHR has of people, by id; ``asked`` are the ids that were read."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def read(self, facility: str, resource_type: str, resource_id: str) -> Received | None:
        self.asked.append(resource_id)
        found = self.people.get(resource_id)
        return None if found is None else Received("ehr", resource_type, resource_id, "2", json.dumps(found).encode())


@dataclass
class Ward:
    """The facility, and short words for what happens in it. Days are ISO texts; noon in Warsaw unless told."""

    store: SqlStore
    clock: HeldClock
    rules: RuleSettings = DEFAULT_SETTINGS
    ends_on: dict[str, date] = field(default_factory=dict)
    ehr: Ehr = field(default_factory=Ehr)
    tables: Tables = field(default_factory=shipped_tables)

    @property
    def eq(self) -> Equipment:
        authority: Any = None  # nobody is called here
        hospital: Any = self.ehr
        return Equipment(
            store=self.store,
            registry=authority,
            referrals=authority,
            hospital=hospital,
            clock=self.clock,
            tables=self.tables,
            facilities=(FACILITY,),
            rules=self.rules,
            registers={FACILITY: FacilityRegister("000000927722", contract_ends_on=self.ends_on)},
        )

    def at(self, day: str, hour: int = 12) -> None:
        """The clock shows this Warsaw day and hour."""
        wanted = instant_in_warsaw(date.fromisoformat(day), time(hour))
        self.clock.sleep((wanted - self.clock.now()).total_seconds())

    def enter(
        self,
        name: str = "A1",
        *,
        on: str = "2026-03-02",
        term: Term | str | None = "2026-04-20",
        way: ReferralWay = ReferralWay.KEY,
        paper: PaperReferral | None = None,
        state: VisitState = VisitState.BOOKED,
        standing: EntryStanding = EntryStanding.FINAL,
        schedule: AdmissionSchedule = HOSPITAL,
        held: bool = True,
        pesel: Pesel = PESEL,
        **more: Any,
    ) -> StoredEntry:
        """A patient of the day ``on``: entry, visit, person and referral, all called ``name``; one person by PESEL."""
        noon = instant_in_warsaw(date.fromisoformat(on), time(12))
        entry = Entry(
            id=name,
            schedule=schedule,
            person=EntryPerson(f"P-{name}", "Anna", "Wzorcowa", pesel, address="Prosta 1", phone="+48000000000"),
            reported_at=noon,
            entered_at=noon,
            entered_by="Jan Testowy",
            category=Category.WAITING,
            criterion=Criterion.STABLE,
            term=DayTerm(date.fromisoformat(term)) if isinstance(term, str) else term,
            diagnosis="I10",
            referral=EntryReferral("1.2/3", way, noted=True, paper=paper),
        )
        entry = replace(entry, **more)
        electronic = way is not ReferralWay.PAPER
        with self.store.unit_of_work() as work:
            number = work.register.next_number(FACILITY, schedule.id, oncology=False)
            if entry.on_waiting_list:
                entry = replace(entry, number=number)
            stored = StoredEntry(entry, name, f"P-{name}", f"R-{name}", standing)
            work.calendar.put_patient(FACILITY, Patient(f"P-{name}", pesel, "Anna", "Wzorcowa"))
            work.calendar.put_referral(
                FACILITY,
                ReferralRecord(
                    Referral(
                        f"R-{name}",
                        f"P-{name}",
                        access=KEY if electronic else None,
                        number=ReferralNumber("1.2.3", name.rjust(22, "0")) if electronic else None,
                        paper=paper,
                    ),
                    state=ReferralState.WITH_PROVIDER if held and electronic else None,
                    held=held and electronic,
                ),
            )
            work.calendar.put_visit(FACILITY, self.visit(stored, state))
            work.register.put(FACILITY, stored, [Step(name, "entered", noon, "Jan Testowy", str(uuid4()))])
            work.commit()
        return stored

    def visit(self, stored: StoredEntry, state: VisitState) -> Visit:
        """The Appointment of an entry."""
        term = stored.entry.term
        hours = (
            (instant_in_warsaw(term.first, time(9)), instant_in_warsaw(term.first, time(10)))
            if isinstance(term, DayTerm)
            else (None, None)
        )
        return Visit(
            id=stored.visit_id,
            state=state,
            patient_id=stored.patient_id,
            reported_at=stored.entry.reported_at,
            starts=hours[0],
            ends=hours[1],
            referral_id=stored.referral_id,
            schedule_id=EHR_SCHEDULE,
            end_reason=None,
        )

    def open_schedule(self, register: AdmissionSchedule = HOSPITAL) -> None:
        """The EHR's Schedule declares the register."""
        schedule = Schedule(EHR_SCHEDULE, CellCode.parse("000000927722-001"), register.service, register=register)
        with self.store.unit_of_work() as work:
            work.calendar.put_schedule(FACILITY, schedule, in_scope=False)
            work.register.put_schedule(FACILITY, register)
            work.commit()

    def run(self) -> DayDone:
        """The day's work."""
        return run_day(self.eq, FACILITY)

    def on(self, day: str) -> list[str]:
        """The day's work on this day: the codes of the tasks that are open afterwards."""
        self.at(day)
        self.run()
        return self.codes()

    def tasks(self) -> list[StoredTask]:
        """Open tasks."""
        with self.store.unit_of_work() as work:
            return list(work.tasks.listed(FACILITY))

    def codes(self) -> list[str]:
        """Codes of the open tasks, sorted."""
        return sorted(one.task.code for one in self.tasks())

    def entry(self, name: str = "A1") -> StoredEntry:
        """An entry as it stands."""
        with self.store.unit_of_work() as work:
            found = work.register.entry(FACILITY, name)
        assert found is not None
        return found

    def removal(self, name: str = "A1") -> tuple[str, str] | None:
        """(day, reason) of the end of an entry."""
        end = self.entry(name).entry.removal
        return None if end is None else (end.on.isoformat(), end.reason)

    def steps(self, name: str = "A1") -> list[str]:
        """What happened to an entry."""
        with self.store.unit_of_work() as work:
            return [step.what for step in work.register.steps(FACILITY, name)]

    def sent(self, *actions: Action) -> list[str]:
        """``action subject`` of what waits in the outbox, oldest first."""
        with self.store.unit_of_work() as work:
            found = work.outbox.find(facility=FACILITY, states=[MessageState.WAITING], actions=actions, limit=1000)
        return [f"{one.action.value} {one.subjects[0]}" for one in reversed(found)]

    def notices(self, *states: NoticeState) -> list[StoredNotice]:
        """Notices in these states; those due when none is named."""
        with self.store.unit_of_work() as work:
            return list(work.notices.listed(FACILITY, states=states or (NoticeState.DUE,)))

    def desk(self, act: Callable[[Desk], Any]) -> Any:
        """Something that is done at a desk, kept."""
        with self.store.unit_of_work() as work:
            done = act(Desk(self.eq, work, FACILITY, str(uuid4())))
            work.commit()
        return done
