"""Read what lies in the inbox, entry by entry: shape, sense, law, then the rows and messages it asks for.

A bad entry is quarantined or refused with every problem named; its neighbours go on. What an entry refers to and
nobody knows is read from the EHR, and the entry tried again; nothing is fetched in a transaction. Where the EHR does
not have it yet, the entry is tried again as soon as it comes. A version is passed over when a newer one of the same
resource was taken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from adapter.domain.moments import warsaw_day
from adapter.errors import AdapterError, BadInput, Misconfigured, Refused, Unavailable
from adapter.fhir.problems import Problem, ProblemsFound
from adapter.fhir.read import Reading, read
from adapter.mapping.appointment import appointment_from_fhir, appointment_referral_id
from adapter.mapping.bulk_slot import SlotReader
from adapter.mapping.entry import entry_from_fhir
from adapter.mapping.patient import patient_from_fhir
from adapter.mapping.referral import referral_from_fhir, referral_patient_id
from adapter.mapping.schedule import schedule_from_fhir
from adapter.mapping.slot import slot_from_fhir
from adapter.ports.store import InboxEntry, InboxState, StoredProblem, UnitOfWork
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.keep_schedule import take_schedule
from adapter.services.mirror_visit import not_told_yet
from adapter.services.publish_schedule import take_slot
from adapter.services.receive import fetch_one
from adapter.services.refusal import MissingReference, NotTaken, stored
from adapter.services.register.hold import hold_of_referral
from adapter.services.register.learn import referral_learned
from adapter.services.register.open_case import register_of
from adapter.services.register_day.touch_entries import touch_referral
from adapter.services.take_patient import take_patient
from adapter.services.take_referral import keep_referral
from adapter.services.take_slots import take_slots
from adapter.services.take_visit import take_visit

log = logging.getLogger(__name__)

UNREADABLE = ""
"""Resource type of an entry that says none we know: it is refused with its reasons."""

ORDER = (UNREADABLE, "Patient", "Schedule", "Slot", "ServiceRequest", "Appointment")
"""What is referred to comes before what refers to it."""

FETCHES_MAX = 5
"""How many unknown resources one entry may have fetched before it is left in quarantine."""
TRIES_MAX = 2
"""How often an entry may fail in a way that nobody foresaw before it is set aside."""
UNFORESEEN_RULE = "POMOST-ENTRY-01"
"""The program failed on an entry: a person must look."""

End = tuple[InboxState, tuple[StoredProblem, ...], MissingReference | None]
"""What became of an entry: its new state, its problems, and what it lacks when a reference leads nowhere."""


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
    take_in_types(eq, facility, ORDER, summary)
    return summary


def take_person(eq: Equipment, facility: str, patient_id: str) -> None:
    """Handle every new version of one person. Who asks waits for him alone, however many more have come."""
    _take_type(eq, facility, "Patient", TakenIn(), patient_id)


def take_in_types(eq: Equipment, facility: str, resource_types: Sequence[str], summary: TakenIn) -> None:
    """Handle every new entry of these types, type by type; ``summary`` counts them."""
    for resource_type in resource_types:
        _take_type(eq, facility, resource_type, summary)


def _take_type(
    eq: Equipment, facility: str, resource_type: str, summary: TakenIn, resource_id: str | None = None
) -> None:
    tries: dict[int, int] = {}
    failures: dict[int, int] = {}
    reader = SlotReader(eq.tables, warsaw_day(eq.clock.now())) if resource_type == "Slot" else None
    while True:
        at_hand: list[InboxEntry] = []
        try:
            ends = _take_batch(eq, facility, resource_type, at_hand, reader, resource_id=resource_id)
        except (Unavailable, Misconfigured):
            raise
        except Exception as error:  # one entry must not stop its neighbours; nothing of the batch was written
            if not at_hand and reader is None:
                raise
            if not at_hand:
                log.warning("slots could not be taken together: unexpected %s; now one by one", type(error).__name__)
                reader = None
                continue
            _unforeseen(eq, at_hand[-1], error, failures, summary)
            continue
        if not ends:
            return
        for entry, (state, problems, lacking) in ends:
            if lacking is None or tries.get(entry.id, 0) >= FETCHES_MAX:
                _count(summary, state, problems)
                continue
            tries[entry.id] = tries.get(entry.id, 0) + 1
            _fetch_and_replay(eq, facility, entry.id, lacking, summary)


def _take_batch(
    eq: Equipment,
    facility: str,
    resource_type: str,
    at_hand: list[InboxEntry],
    reader: SlotReader | None,
    *,
    resource_id: str | None,
) -> list[tuple[InboxEntry, End]]:
    """Handle some entries in one transaction; ``at_hand`` tells a caller who must know how far it came.

    With a ``reader`` usual Slots are taken together first; with a ``resource_id`` only versions of that resource.
    """
    ends: list[tuple[InboxEntry, End]] = []
    with eq.store.unit_of_work() as work:
        entries = work.inbox.take(facility, resource_type, eq.limits.take_batch_max, resource_id=resource_id)
        together: Mapping[int, InboxState] = {}
        if reader is not None and entries:
            together = take_slots(Desk(eq, work, facility, str(uuid4())), reader, entries)
        for entry in entries:
            if entry.id in together:
                ends.append((entry, (together[entry.id], (), None)))
                continue
            at_hand.append(entry)
            end = take_entry(eq, work, facility, entry)
            work.inbox.settle(entry.id, end[0], end[1])
            ends.append((entry, end))
        taken = [entry.received.resource_id for entry, end in ends if end[0] is InboxState.TAKEN]
        if taken and resource_type != ORDER[-1]:  # nothing refers to an Appointment
            work.inbox.wake(facility, resource_type, taken)
        work.commit()
    return ends


def _unforeseen(
    eq: Equipment, entry: InboxEntry, error: Exception, failures: dict[int, int], summary: TakenIn
) -> None:
    """Set an entry aside that failed twice in a way that nobody foresaw. The log gets no text of the error."""
    name = type(error).__name__
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    log.error("inbox entry %s could not be taken: unexpected %s at %s", entry.id, name, place)
    failures[entry.id] = failures.get(entry.id, 0) + 1
    if failures[entry.id] < TRIES_MAX:
        return
    problem = StoredProblem(
        path=entry.received.resource_type,
        rule=UNFORESEEN_RULE,
        text_pl=f"nieoczekiwany błąd programu ({name}); zgłoś go, potem powtórz wpis",
        text_en=f"an unexpected error of the program ({name}); report it, then replay the entry",
    )
    with eq.store.unit_of_work() as work:
        work.inbox.settle(entry.id, InboxState.QUARANTINED, [problem])
        work.commit()
    _count(summary, InboxState.QUARANTINED, [problem])


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
    try:
        with eq.store.unit_of_work() as work:
            work.inbox.replay(entry_id)
            work.commit()
    except Refused:  # somebody else took a newer version meanwhile
        _count(summary, InboxState.SUPERSEDED, ())


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


def take_entry(eq: Equipment, work: UnitOfWork, facility: str, entry: InboxEntry) -> End:
    """Handle one entry: its new state, its problems, and what it lacks when a reference leads nowhere."""
    desk = Desk(eq, work, facility, str(uuid4()))
    outcome: End
    try:
        reading = read(entry.received.raw)
        handler = HANDLERS[entry.received.resource_type]
        state = InboxState.SUPERSEDED if work.inbox.overtaken(entry.id) else handler(desk, reading)
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
    take_schedule(desk, schedule_from_fhir(_content(reading), desk.eq.tables, on=desk.today))
    return InboxState.TAKEN


def _slot(desk: Desk, reading: Reading) -> InboxState:
    slot = slot_from_fhir(_content(reading), desk.eq.tables, on=desk.today)
    if desk.work.calendar.schedule(desk.facility, slot.schedule_id) is None:
        raise MissingReference("Slot.schedule", "Schedule", slot.schedule_id)
    known = desk.work.calendar.slot(desk.facility, slot.id)
    if known is not None and known.changed_at and slot.changed_at and slot.changed_at < known.changed_at:
        return InboxState.SUPERSEDED
    take_slot(desk, slot)
    return InboxState.TAKEN


def _patient(desk: Desk, reading: Reading) -> InboxState:
    take_patient(desk, patient_from_fhir(_content(reading), desk.eq.tables, on=desk.today))
    return InboxState.TAKEN


def _referral(desk: Desk, reading: Reading) -> InboxState:
    content = _content(reading)
    patient_id = referral_patient_id(content)
    patient = desk.work.calendar.patient(desk.facility, patient_id)
    if patient is None:
        raise MissingReference("ServiceRequest.subject", "Patient", patient_id)
    referral = referral_from_fhir(content, desk.eq.tables, on=desk.today, person=patient.identifier)
    if referral.paper is not None:
        hold_of_referral(desk, referral.id)
    keep_referral(desk, referral)
    referral_learned(desk, referral.id)
    if referral.paper is not None:
        touch_referral(desk, referral.id)
    return InboxState.TAKEN


def _appointment(desk: Desk, reading: Reading) -> InboxState:
    content = _content(reading)
    referral_id = appointment_referral_id(content)
    known = desk.work.calendar.visit(desk.facility, reading.resource_id)  # the order of locks: register/hold.py
    stands_on = {one for one in (referral_id, known.referral_id if known is not None else None) if one is not None}
    records = {one: desk.work.calendar.referral(desk.facility, one) for one in sorted(stands_on)}
    record = records.get(referral_id) if referral_id is not None else None
    criterion = record.referral.criterion if record is not None else None
    visit = appointment_from_fhir(content, desk.eq.tables, on=desk.today, referral_criterion=criterion)
    if known is not None and known.changed_at and visit.changed_at and visit.changed_at < known.changed_at:
        return InboxState.SUPERSEDED
    if known is not None and not_told_yet(desk, known, visit):
        return InboxState.SUPERSEDED
    kept_here = register_of(desk, visit) is not None
    statement = entry_from_fhir(content, desk.eq.tables, on=desk.today, visit=visit) if kept_here else None
    take_visit(desk, visit, statement)
    return InboxState.TAKEN


def _unreadable(desk: Desk, reading: Reading) -> InboxState:
    reading.checked()
    raise BadInput("the entry is no resource that is used here", field="resourceType", code="RESOURCE_UNUSED")


def _content(reading: Reading) -> Mapping[str, Any]:
    """What an accepted resource says, as it came: written out of its model again, it would say the same."""
    reading.checked()
    return reading.content


HANDLERS: Mapping[str, Callable[[Desk, Reading], InboxState]] = {
    UNREADABLE: _unreadable,
    "Patient": _patient,
    "Schedule": _schedule,
    "Slot": _slot,
    "ServiceRequest": _referral,
    "Appointment": _appointment,
}
