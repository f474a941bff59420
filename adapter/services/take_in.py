"""Read what lies in the inbox, entry by entry: shape, sense, law, then the rows and messages it asks for.

A bad entry is quarantined or refused with every problem named; its neighbours go on. An entry that
refers to something unknown is tried again as soon as that came; nothing is fetched in a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from adapter.errors import AdapterError, BadInput
from adapter.fhir.problems import Problem, ProblemsFound
from adapter.fhir.read import Reading, read
from adapter.mapping.appointment import appointment_from_fhir, appointment_referral_id
from adapter.mapping.patient import patient_from_fhir
from adapter.mapping.referral import referral_from_fhir, referral_patient_id
from adapter.mapping.schedule import schedule_from_fhir
from adapter.mapping.slot import slot_from_fhir
from adapter.ports.store import InboxEntry, InboxState, StoredProblem, UnitOfWork
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.publish_schedule import take_schedule, take_slot
from adapter.services.receive import fetch_one
from adapter.services.refusal import MissingReference, NotTaken, stored
from adapter.services.take_referral import keep_referral
from adapter.services.take_visit import take_visit

UNREADABLE = ""
"""Resource type of an entry that says none we know: it is refused with its reasons."""

ORDER = (UNREADABLE, "Patient", "Schedule", "Slot", "ServiceRequest", "Appointment")
"""What is referred to comes before what refers to it."""

FETCHES_MAX = 5
"""How many unknown resources one entry may have fetched before it is left in quarantine."""


@dataclass(slots=True)
class TakenIn:
    """How many entries were taken, refused by rules, quarantined; ``by_rule`` counts refusing rules."""

    taken: int = 0
    refused: int = 0
    quarantined: int = 0
    superseded: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)


def take_in(eq: Equipment, facility: str) -> TakenIn:
    """Handle every new entry of a facility."""
    summary = TakenIn()
    for resource_type in ORDER:
        _take_type(eq, facility, resource_type, summary)
    return summary


def _take_type(eq: Equipment, facility: str, resource_type: str, summary: TakenIn) -> None:
    tries: dict[int, int] = {}
    while True:
        missing: list[tuple[int, MissingReference]] = []
        with eq.store.unit_of_work() as work:
            entries = work.inbox.take(facility, resource_type, eq.limits.take_batch_max)
            for entry in entries:
                state, problems, lacking = take_entry(eq, work, facility, entry)
                work.inbox.settle(entry.id, state, problems)
                if lacking is not None and tries.get(entry.id, 0) < FETCHES_MAX:
                    missing.append((entry.id, lacking))
                else:
                    _count(summary, state, problems)
            work.commit()
        if not entries:
            return
        for entry_id, lacking in missing:
            tries[entry_id] = tries.get(entry_id, 0) + 1
            _fetch_and_replay(eq, facility, entry_id, lacking, summary)


def _fetch_and_replay(
    eq: Equipment, facility: str, entry_id: int, lacking: MissingReference, summary: TakenIn
) -> None:
    try:
        found = fetch_one(eq, facility, lacking.resource_type, lacking.resource_id)
    except AdapterError:
        found = False  # stays in quarantine under its own problem; the next version or a replay tries again
    if not found:
        _count(summary, lacking.state, lacking.problems)
        return
    _take_type(eq, facility, lacking.resource_type, summary)
    with eq.store.unit_of_work() as work:
        work.inbox.replay(entry_id)
        work.commit()


def _count(summary: TakenIn, state: InboxState, problems: Sequence[StoredProblem]) -> None:
    if state is InboxState.TAKEN:
        summary.taken += 1
    elif state is InboxState.SUPERSEDED:
        summary.superseded += 1
    elif state is InboxState.REFUSED:
        summary.refused += 1
        for problem in problems:
            summary.by_rule[problem.rule] = summary.by_rule.get(problem.rule, 0) + 1
    else:
        summary.quarantined += 1


def take_entry(
    eq: Equipment, work: UnitOfWork, facility: str, entry: InboxEntry
) -> tuple[InboxState, tuple[StoredProblem, ...], MissingReference | None]:
    """Handle one entry: its new state, its problems, and what it lacks when a reference leads nowhere."""
    desk = Desk(eq, work, facility, str(uuid4()))
    outcome: tuple[InboxState, tuple[StoredProblem, ...], MissingReference | None]
    try:
        reading = read(entry.received.raw)
        state = HANDLERS[entry.received.resource_type](desk, reading)
        outcome = (state, (*(stored(problem) for problem in reading.problems), *desk.notes), None)
    except MissingReference as missing:
        outcome = (missing.state, missing.problems, missing)
    except NotTaken as refusal:
        outcome = (refusal.state, refusal.problems, None)
    except ProblemsFound as found:
        outcome = (InboxState.QUARANTINED, tuple(stored(problem) for problem in found.problems), None)
    except BadInput as bad:
        problem = Problem(bad.field or entry.received.resource_type, bad.code, bad.message, bad.message)
        outcome = (InboxState.QUARANTINED, (stored(problem),), None)
    desk.audit(
        "job:take-in",
        "take-in",
        f"{entry.received.resource_type}/{entry.received.resource_id}",
        {"entry": entry.id, "state": outcome[0].value, "rules": sorted({one.rule for one in outcome[1]})},
    )
    return outcome


def _schedule(desk: Desk, reading: Reading) -> InboxState:
    take_schedule(desk, schedule_from_fhir(_model(reading), desk.eq.tables, on=desk.today))
    return InboxState.TAKEN


def _slot(desk: Desk, reading: Reading) -> InboxState:
    slot = slot_from_fhir(_model(reading), desk.eq.tables, on=desk.today)
    if desk.work.calendar.schedule(desk.facility, slot.schedule_id) is None:
        raise MissingReference("Slot.schedule", "Schedule", slot.schedule_id)
    known = desk.work.calendar.slot(desk.facility, slot.id)
    if known is not None and known.changed_at and slot.changed_at and slot.changed_at < known.changed_at:
        return InboxState.SUPERSEDED
    take_slot(desk, slot)
    return InboxState.TAKEN


def _patient(desk: Desk, reading: Reading) -> InboxState:
    desk.work.calendar.put_patient(desk.facility, patient_from_fhir(_model(reading), desk.eq.tables, on=desk.today))
    return InboxState.TAKEN


def _referral(desk: Desk, reading: Reading) -> InboxState:
    model = _model(reading)
    patient_id = referral_patient_id(model)
    patient = desk.work.calendar.patient(desk.facility, patient_id)
    if patient is None:
        raise MissingReference("ServiceRequest.subject", "Patient", patient_id)
    keep_referral(desk, referral_from_fhir(model, desk.eq.tables, on=desk.today, person=patient.identifier))
    return InboxState.TAKEN


def _appointment(desk: Desk, reading: Reading) -> InboxState:
    model = _model(reading)
    referral_id = appointment_referral_id(model)
    record = desk.work.calendar.referral(desk.facility, referral_id) if referral_id is not None else None
    criterion = record.referral.criterion if record is not None else None
    visit = appointment_from_fhir(model, desk.eq.tables, on=desk.today, referral_criterion=criterion)
    known = desk.work.calendar.visit(desk.facility, visit.id)
    if known is not None and known.changed_at and visit.changed_at and visit.changed_at < known.changed_at:
        return InboxState.SUPERSEDED
    take_visit(desk, visit)
    return InboxState.TAKEN


def _unreadable(desk: Desk, reading: Reading) -> InboxState:
    reading.checked()
    raise BadInput("the entry is no resource that is used here", field="resourceType", code="RESOURCE_UNUSED")


def _model(reading: Reading) -> Any:
    return reading.checked()


HANDLERS: Mapping[str, Callable[[Desk, Reading], InboxState]] = {
    UNREADABLE: _unreadable,
    "Patient": _patient,
    "Schedule": _schedule,
    "Slot": _slot,
    "ServiceRequest": _referral,
    "Appointment": _appointment,
}
