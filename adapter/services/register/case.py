"""One version of an appointment before the register: what it says, of whom, on which register, and what is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from adapter.domain.appointment import Visit
from adapter.domain.moments import warsaw_day
from adapter.domain.patient import Patient
from adapter.domain.register import AdmissionSchedule, Entry
from adapter.domain.statement import EntryStatement
from adapter.ports.register import StoredEntry
from adapter.ports.store import ReferralRecord


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is looked at to say which act of the register it is.

    ``known``: the entry that the appointment states already, or the one that it takes over; ``before``: the visit as
    it was known. ``waiting_room``: it goes to CeR's waiting room. ``offline``: P1 is out of reach now.
    ``held``: P1 gave us the referral. ``in_cer``: CeR has the visit, or will have it. ``settled``: it stands there
    without us, so what is missing becomes a task and refuses nothing. ``takes_over``: the visit that stated the known
    entry is over, and this one states it from now on. ``ehr_schedule``: id of the EHR's Schedule.
    """

    statement: EntryStatement
    schedule: AdmissionSchedule
    patient: Patient
    now: datetime
    record: ReferralRecord | None = None
    known: StoredEntry | None = None
    before: Visit | None = None
    waiting_room: bool = False
    offline: bool = False
    held: bool = False
    in_cer: bool = False
    settled: bool = False
    takes_over: bool = False
    ehr_schedule: str = ""

    @property
    def visit(self) -> Visit:
        """The appointment as the calendar reads it."""
        return self.statement.visit

    @property
    def today(self) -> date:
        """The Warsaw day."""
        return warsaw_day(self.now)

    @property
    def entry(self) -> Entry | None:
        """The entry that is known."""
        return self.known.entry if self.known is not None else None

    @property
    def relinked(self) -> bool:
        """Whether the version names another referral than the entry stands on (R-10)."""
        known, told = (self.known.referral_id if self.known is not None else None), self.visit.referral_id
        return known is not None and told is not None and known != told

    @property
    def author(self) -> str:
        """Who made what is new in this version: what the EHR says, empty when it names nobody."""
        return self.statement.entered_by
