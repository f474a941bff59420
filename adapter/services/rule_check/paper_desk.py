"""A desk without a database: what the use cases of the register would read is what one file says.

The acts of ``services/register`` are asked as in earnest and give their verdicts; the entries that they leave are kept
in memory, so that the next version of an Appointment is judged against the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.history import with_number
from adapter.domain.moments import warsaw_day
from adapter.domain.patient import Patient
from adapter.domain.register import Entry
from adapter.domain.rules import Verdict, judge_booking, judge_waiting
from adapter.domain.rules.duplicates import KnownEntry
from adapter.domain.rules.position import place_key
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.errors import BadInput
from adapter.fhir.problems import Problem, ProblemsFound
from adapter.fhir.read import Reading
from adapter.mapping.appointment import appointment_from_fhir, appointment_referral_id
from adapter.mapping.entry import entry_from_fhir
from adapter.mapping.patient import patient_from_fhir
from adapter.mapping.referral import referral_from_fhir, referral_patient_id
from adapter.mapping.schedule import schedule_from_fhir
from adapter.mapping.slot import slot_from_fhir
from adapter.ports.calendar import ReferralRecord
from adapter.ports.register import StoredEntry
from adapter.ports.store import Destination, UnitOfWork
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment, FacilityRegister
from adapter.services.refusal import MissingReference, NotTaken
from adapter.services.register.keep_entry import plan_entry
from adapter.services.register.open_case import Scene
from adapter.services.register.plan import Plan
from adapter.services.rule_check.ask import Answer, RuleBook
from adapter.services.scope import in_scope, referral_needed

FACILITY = "file"
PRESENT = frozenset({VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN})


@dataclass(slots=True)
class HeldTime:
    """The time at which the file is judged; only who waits moves it."""

    at: datetime

    def now(self) -> datetime:
        """The instant given."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on without waiting."""
        self.at += timedelta(seconds=seconds)


@dataclass(slots=True)
class PaperRegister:
    """The questions that the acts ask of a register, answered from the entries of the file."""

    entries: dict[str, StoredEntry] = field(default_factory=dict)

    def overtaken(self, facility: str, entry: Entry, limit: int = 100) -> Sequence[Entry]:
        """Who ranks before ``entry`` on its list and has a later term (G-05)."""
        if entry.term is None or not entry.on_waiting_list:
            return ()
        others = [one.entry for one in self.entries.values() if one.entry.id != entry.id]
        return [
            one
            for one in others
            if one.on_waiting_list
            and (one.schedule.id, one.category) == (entry.schedule.id, entry.category)
            and not one.reserved
            and one.term is not None
            and one.term.first > entry.term.first
            and place_key(one) < place_key(entry)
        ][:limit]

    def known_of_patient(self, facility: str, patient_id: str, provider: str) -> Sequence[KnownEntry]:
        """Open entries of a patient."""
        return [
            KnownEntry.of(one.entry, provider)
            for one in self.entries.values()
            if one.patient_id == patient_id and one.entry.open
        ]

    def entry_of_visit(self, facility: str, visit_id: str) -> StoredEntry | None:
        """The newest entry that an Appointment states."""
        found = [one for one in self.entries.values() if one.visit_id == visit_id]
        return found[-1] if found else None

    def open_continuing(self, facility: str, patient_id: str, schedule_id: str) -> StoredEntry | None:
        """The open entry of category 5 of a patient on a schedule."""
        for one in reversed(self.entries.values()):
            mine = one.patient_id == patient_id and one.entry.schedule.id == schedule_id
            if mine and one.entry.open and one.entry.plan:
                return one
        return None

    def entries_of_patient(self, facility: str, patient_id: str) -> Sequence[StoredEntry]:
        """All entries of a patient, oldest first."""
        return [one for one in self.entries.values() if one.patient_id == patient_id]

    def keep(self, plan: Plan) -> None:
        """What the act leaves; who joins the list gets the next number."""
        numbers = [one.entry.number for one in self.entries.values() if one.entry.number is not None]
        for draft in plan.drafts:
            numbered = with_number(draft.stored.entry, numbers)
            self.entries[numbered.id] = replace(draft.stored, entry=numbered)


@dataclass(slots=True)
class PaperCalendar:
    """What the file says of people, schedules, terms and referrals, by id."""

    patients: dict[str, Patient] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    terms: dict[str, Slot] = field(default_factory=dict)
    referrals: dict[str, ReferralRecord] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)

    def patient(self, facility: str, patient_id: str) -> Patient | None:
        """One person."""
        return self.patients.get(patient_id)

    def schedule(self, facility: str, schedule_id: str) -> Schedule | None:
        """One schedule."""
        return self.schedules.get(schedule_id)

    def slot(self, facility: str, slot_id: str) -> Slot | None:
        """One term."""
        return self.terms.get(slot_id)

    def visit(self, facility: str, visit_id: str) -> Visit | None:
        """A visit as the file said it last."""
        return self.visits.get(visit_id)

    def visit_states(self, facility: str, visit_ids: Sequence[str]) -> Mapping[str, VisitState]:
        """The states of those of many visits that the file said."""
        return {one: self.visits[one].state for one in visit_ids if one in self.visits}

    def slots(self, facility: str, schedule_id: str, day: date) -> Sequence[Slot]:
        """Terms of a schedule on a day."""
        return [one for one in self.terms.values() if one.schedule_id == schedule_id and warsaw_day(one.starts) == day]


@dataclass(slots=True)
class PaperOutbox:
    """Whether P1 is out of reach, as the Appointment at hand says (R-07)."""

    p1_away_since: datetime | None = None

    def resting(self, facility: str, destination: Destination) -> datetime | None:
        """Since when P1 is out of reach; nobody else ever is."""
        return self.p1_away_since if destination is Destination.P1 else None


class PaperDesk:
    """Takes resources in, in the order in which they depend on each other."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.today = warsaw_day(book.now)
        self.calendar = PaperCalendar()
        self.register = PaperRegister()
        absent: Any = None  # nothing is stored or sent, and nobody is asked
        equipment = Equipment(
            store=absent,
            registry=absent,
            referrals=absent,
            hospital=absent,
            clock=HeldTime(book.now),
            tables=book.tables,
            facilities=(FACILITY,),
            rules=book.settings,
            registers={FACILITY: FacilityRegister(book.provider or FACILITY)},
        )
        self.outbox = PaperOutbox()
        work = SimpleNamespace(register=self.register, calendar=self.calendar, outbox=self.outbox)
        self.desk = Desk(equipment, cast(UnitOfWork, work), FACILITY, "rule-check")

    def take(self, reading: Reading) -> Answer | None:
        """What is said of one resource: an answer for an Appointment, or for what cannot be taken."""
        subject = f"{reading.resource_type}/{reading.resource_id}"
        try:
            if reading.resource_type == "Appointment":
                return Answer(subject, self._appointment(reading))
            self._keep(reading)
        except ProblemsFound as refused:
            return Answer(subject, (), problems=refused.problems)
        except NotTaken as missing:
            told = (Problem(one.path, one.rule, one.text_pl, one.text_en) for one in missing.problems)
            return Answer(subject, (), problems=tuple(told))
        except BadInput as wrong:
            told_pl = "wartość jest niepoprawna: popraw ją"
            return Answer(subject, (), problems=(Problem(wrong.field, wrong.code, told_pl, wrong.message),))
        return None

    def _keep(self, reading: Reading) -> None:
        content, tables, calendar = reading.content, self.book.tables, self.calendar
        if reading.resource_type == "Patient":
            patient = patient_from_fhir(content, tables, on=self.today)
            calendar.patients[patient.id] = patient
        elif reading.resource_type == "Schedule":
            schedule = schedule_from_fhir(content, tables, on=self.today)
            calendar.schedules[schedule.id] = schedule
        elif reading.resource_type == "Slot":
            slot = slot_from_fhir(content, tables, on=self.today)
            calendar.terms[slot.id] = slot
        else:
            patient = self._patient(referral_patient_id(content), "ServiceRequest.subject")
            referral = referral_from_fhir(content, tables, on=self.today, person=patient.identifier)
            calendar.referrals[referral.id] = ReferralRecord(referral)

    def _patient(self, patient_id: str, path: str) -> Patient:
        found = self.calendar.patients.get(patient_id)
        if found is None:
            raise MissingReference(path, "Patient", patient_id)
        return found

    def _appointment(self, reading: Reading) -> tuple[Verdict, ...]:
        referral_id = appointment_referral_id(reading.content)
        record = self.calendar.referrals.get(referral_id) if referral_id is not None else None
        if referral_id is not None and record is None:
            raise MissingReference("Appointment.basedOn", "ServiceRequest", referral_id)
        criterion = record.referral.criterion if record is not None else None
        visit = appointment_from_fhir(reading.content, self.book.tables, on=self.today, referral_criterion=criterion)
        statement = entry_from_fhir(reading.content, self.book.tables, self.today, visit=visit)
        self._patient(visit.patient_id, "Appointment.participant.actor")
        slot, schedule = self._place(visit)
        before = self.calendar.visits.get(visit.id)
        central = schedule is not None and in_scope(self.book.tables, schedule.service, self.today)
        verdicts = self._calendar_rules(visit, slot, schedule, record) if central else ()
        self.outbox.p1_away_since = self.book.now if statement.offline else None
        plan = plan_entry(self.desk, statement, Scene(before, schedule, record, national=central, in_cer=False))
        self.calendar.visits[visit.id] = visit
        if plan is None:
            return verdicts
        if not plan.refusals:
            self.register.keep(plan)
        return (*verdicts, *plan.verdicts)

    def _place(self, visit: Visit) -> tuple[Slot | None, Schedule | None]:
        """Slot and schedule of a visit. Raises MissingReference for what the file does not hold."""
        slot = None
        for slot_id in visit.slot_ids:
            slot = self.calendar.terms.get(slot_id)
            if slot is None:
                raise MissingReference("Appointment.slot", "Slot", slot_id)
        schedule_id = slot.schedule_id if slot is not None else visit.schedule_id
        if schedule_id is not None and schedule_id not in self.calendar.schedules:
            raise MissingReference("Appointment.extension(schedule)", "Schedule", schedule_id)
        return slot, self.calendar.schedules.get(schedule_id) if schedule_id is not None else None

    def _calendar_rules(
        self, visit: Visit, slot: Slot | None, schedule: Schedule | None, record: ReferralRecord | None
    ) -> tuple[Verdict, ...]:
        """What stands in the way of a booking in CeR, of a schedule that CeR keeps."""
        if schedule is None:
            return ()
        referral = record.referral if record is not None else None
        needed = referral_needed(self.book.tables, schedule.service, self.today)
        if visit.state in PRESENT:
            return tuple(judge_booking(visit, slot, None, referral, self.today, referral_needed=needed))
        if visit.state is VisitState.WAITING:
            return tuple(judge_waiting(visit, referral, self.today, referral_needed=needed))
        return ()
