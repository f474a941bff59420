"""What the day knows of an entry beside itself, and what it needs to know of the facility."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from adapter.domain.appointment import VisitState
from adapter.domain.referral import ReferralState
from adapter.domain.register import Entry
from adapter.domain.rules.daily import Day, EntryFacts
from adapter.domain.schedule import Schedule
from adapter.ports.register import StoredEntry
from adapter.ports.store import ReferralRecord, UnitOfWork
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.register.compose import paper_of
from adapter.services.register_day.reachable import reachable_since

CAME = frozenset({VisitState.ARRIVED, VisitState.CHECKED_IN, VisitState.SERVED})
"""States of a visit that say that the patient came."""


def day_of(eq: Equipment, work: UnitOfWork, facility: str) -> Day:
    """The day of the jobs of a facility, now."""
    now = eq.clock.now()
    ends_on = eq.register(facility).contract_ends_on
    return Day(
        now=now,
        reachable_since=reachable_since(work, facility, now),
        contract_ends_on=contract_ends(ends_on, work.calendar.schedules(facility, in_scope=False)) if ends_on else {},
        settings=eq.rules,
    )


def contract_ends(ends_on: Mapping[str, date], schedules: Sequence[Schedule]) -> dict[str, date]:
    """E-03: the last day of the contract by the id of the register; ``ends_on`` has it by the EHR's Schedule.

    A register that several Schedules share ends with the last of them, when every one of them has an end.
    """
    own: dict[str, list[date | None]] = {}
    for schedule in schedules:
        if schedule.register is not None:
            own.setdefault(schedule.register.id, []).append(ends_on.get(schedule.id))
    ended = {register: [day for day in days if day is not None] for register, days in own.items()}
    return {register: max(days) for register, days in ended.items() if days and len(days) == len(own[register])}


def facts_of(stored: StoredEntry, visit: VisitState | None, referral: ReferralState | None) -> EntryFacts:
    """What the rules of the day ask beside the entry: ``visit`` is the state of its Appointment as last taken."""
    return EntryFacts(
        arrived=visit in CAME,
        no_show_confirmed=bool(stored.no_show_confirmed_by) or visit is VisitState.NO_SHOW,
        excused=stored.no_show_excused,
        referral=referral,
    )


def refreshed(desk: Desk, stored: StoredEntry, record: ReferralRecord | None) -> StoredEntry:
    """The entry with what the EHR said since of the person's death and of the paper original (X-07, R-02, R-03)."""
    entry = _with_paper(_with_death(desk, stored), record)
    return stored if entry == stored.entry else replace(stored, entry=entry)


def _with_death(desk: Desk, stored: StoredEntry) -> Entry:
    entry = stored.entry
    patient = desk.work.calendar.patient(desk.facility, stored.patient_id)
    if patient is None or not patient.deceased or entry.person.deceased_on is not None:
        return entry
    died = patient.deceased_on if patient.deceased_on is not None else desk.today
    return replace(entry, person=replace(entry.person, deceased_on=died))


def _with_paper(entry: Entry, record: ReferralRecord | None) -> Entry:
    told = record.referral.paper if record is not None else None
    if told is None or entry.referral is None:
        return entry
    paper = paper_of(told, entry.referral.paper)
    return entry if paper == entry.referral.paper else replace(entry, referral=replace(entry.referral, paper=paper))
