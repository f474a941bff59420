"""Bring together what a version of an appointment is judged by: its register, its patient, what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.patient import Patient
from adapter.domain.register import AdmissionSchedule
from adapter.domain.rules.reasons import NO_SHOW
from adapter.domain.schedule import Schedule
from adapter.domain.statement import EntryStatement
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.ports.store import Destination, InboxState, ReferralRecord, StoredProblem
from adapter.services.desk import Desk
from adapter.services.refusal import MissingReference, NotTaken
from adapter.services.register.case import Case
from adapter.services.register.compose import dated_by_plan
from adapter.services.register.find_act import OPEN_STATES, OVER, under_plan
from adapter.services.schedule_of import schedule_of

OTHER_REGISTER_RULE = "POMOST-REGISTER-01"
"""An entry belongs to one register."""
OTHER_PERSON_RULE = "POMOST-REGISTER-02"
"""An entry belongs to one person: its number and place are nobody else's."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a visit stands: as it was known, its schedule and referral, and what CeR has or will have of it.

    ``national``: CeR keeps its service. ``in_cer``: CeR holds the visit, or will when the outbox is drained. ``done``:
    the version tells what happened in CeR.
    """

    before: Visit | None
    schedule: Schedule | None
    record: ReferralRecord | None
    national: bool
    in_cer: bool
    done: bool = False


def register_of(desk: Desk, visit: Visit) -> AdmissionSchedule | None:
    """The register that the schedule of a visit declares; of a visit without one, that of its entry. None: kept
    elsewhere, or nowhere.
    """
    schedule = schedule_of(desk, visit)
    if schedule is not None and schedule.register is not None:
        return schedule.register
    known = desk.work.register.entry_of_visit(desk.facility, visit.id)
    return known.entry.schedule if known is not None else None


def open_case(desk: Desk, statement: EntryStatement, scene: Scene) -> Case | None:
    """What the version is judged by; None when its register is kept elsewhere.

    Raises:
        NotTaken: the appointment stands on another register than its entry, or names another person.
        MissingReference: nobody has its patient.
    """
    visit = statement.visit
    stated = desk.work.register.entry_of_visit(desk.facility, visit.id)
    declared = scene.schedule.register if scene.schedule is not None else None
    schedule = _one_register(desk, visit, declared, scene, stated)
    if schedule is None:
        return None
    patient = desk.work.calendar.patient(desk.facility, visit.patient_id)
    if patient is None:
        raise MissingReference("Appointment.participant.actor", "Patient", visit.patient_id)
    _one_person(visit, patient, stated)
    record = scene.record
    case = Case(
        statement=statement,
        schedule=schedule,
        patient=patient,
        now=desk.eq.clock.now(),
        record=record,
        known=stated,
        before=scene.before,
        waiting_room=scene.national and visit.state is VisitState.WAITING,
        held=record is not None and record.held,
        offline=_offline(desk, record, stated=statement.offline),
        in_cer=scene.in_cer,
        settled=scene.done or (stated is None and scene.in_cer),
        ehr_schedule=scene.schedule.id if scene.schedule is not None else "",
    )
    return case if stated is not None else _taken_over(desk, case)


def _one_register(
    desk: Desk, visit: Visit, declared: AdmissionSchedule | None, scene: Scene, stated: StoredEntry | None
) -> AdmissionSchedule | None:
    """The register of the version. An open entry stays on its own: another list is another entry (MOVED_LIST).

    A Schedule that declares another register, or none any more, moves nobody: who stays on it stays in the old one.
    """
    if stated is None:
        return declared
    open_entry = stated.entry.open and stated.standing is not EntryStanding.REJECTED
    other = declared is None or declared.id != stated.entry.schedule.id
    if visit.state in OPEN_STATES and open_entry and scene.schedule is not None and other and _moved(desk, scene):
        raise NotTaken(
            InboxState.REFUSED,
            [
                StoredProblem(
                    path="Appointment.slot",
                    rule=OTHER_REGISTER_RULE,
                    text_pl="wpis nie zmienia harmonogramu przyjęć: odwołaj tę wizytę z przyczyną skreślenia "
                    "(przeniesienie na inną listę) i zapisz nową",
                    text_en="an entry does not change its register: cancel this appointment with the reason of "
                    "removal (moved to another list) and make a new one",
                )
            ],
        )
    return declared if declared is not None and not other else stated.entry.schedule


def _one_person(visit: Visit, patient: Patient, stated: StoredEntry | None) -> None:
    """An open entry stays its person's, also under another id of the EHR; who is not that person has another entry."""
    if stated is None or not stated.entry.open or stated.patient_id == visit.patient_id or visit.state in OVER:
        return
    known = stated.entry.person.identifier
    if known is not None and known == patient.identifier:
        return
    raise NotTaken(
        InboxState.REFUSED,
        [
            StoredProblem(
                path="Appointment.participant.actor",
                rule=OTHER_PERSON_RULE,
                text_pl="wpis nie zmienia osoby: odwołaj tę wizytę z przyczyną skreślenia i zapisz nową dla "
                "właściwego pacjenta",
                text_en="an entry does not change its person: cancel this appointment with the reason of removal and "
                "make a new one for the right patient",
            )
        ],
    )


def _moved(desk: Desk, scene: Scene) -> bool:
    """Whether the version stands on another list than the one before, as their Schedules are now.

    A Schedule that was given another register, or Schedules that were given one together, move nobody.
    """
    before = scene.before
    if before is None or scene.schedule is None:
        return True
    left, now = schedule_of(desk, before), scene.schedule
    if left is not None and left.id == now.id:
        return False
    return left is None or left.register is None or now.register is None or left.register.id != now.register.id


def _offline(desk: Desk, record: ReferralRecord | None, *, stated: bool) -> bool:
    """R-07: the EHR says so, or P1 did not answer when it was last asked; and P1 must accept the referral."""
    if record is None or record.held or record.referral.paper is not None:
        return False
    return stated or desk.work.outbox.resting(desk.facility, Destination.P1) is not None


def _taken_over(desk: Desk, case: Case) -> Case:
    """The entry that a new appointment goes on with, where there is one.

    The open continuing entry that it is a visit of (K-01); an open entry of the patient on this register whose own
    appointment is over (a new term after G-06, E-05, V-09); the removed one that is asked back (E-06).
    """
    register, facility, visit = desk.work.register, desk.facility, case.visit
    continuing = under_plan(case, register.open_continuing(facility, case.patient.id, case.schedule.id))
    if continuing is not None:
        return _with(case, continuing)
    if visit.state not in OPEN_STATES:
        return case
    for stored in reversed(register.entries_of_patient(facility, case.patient.id)):
        if stored.entry.schedule.id != case.schedule.id or stored.standing is EntryStanding.REJECTED:
            continue
        if stored.entry.open and not dated_by_plan(stored.entry) and _left(desk, stored) and _same_area(case, stored):
            return _with(case, stored, takes_over=True)
        removal = stored.entry.removal
        if case.statement.reinstatement is not None and removal is not None and removal.reason == NO_SHOW:
            return _with(case, stored, takes_over=True)
    return case


def _with(case: Case, known: StoredEntry, *, takes_over: bool = False) -> Case:
    return replace(case, known=known, takes_over=takes_over)


def _left(desk: Desk, stored: StoredEntry) -> bool:
    """Whether the appointment that states an entry is over, though the entry is not."""
    return desk.work.calendar.visit_states(desk.facility, [stored.visit_id]).get(stored.visit_id) in OVER


def _same_area(case: Case, stored: StoredEntry) -> bool:
    """U-06: two body areas are two entries."""
    said = case.statement.body_area
    return not said or not stored.entry.body_area or said.casefold() == stored.entry.body_area.casefold()
