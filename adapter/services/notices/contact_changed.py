"""N-06: patients are reminded by the phone and e-mail that stand in AP-KOLCE or in CeR: a change goes there too.

Pomost has no way into AP-KOLCE, and CeR has no operation that we know of for the person of a saved visit: a person
does it, and the task says so.
"""

from __future__ import annotations

from adapter.domain.patient import Patient
from adapter.domain.register import Entry
from adapter.domain.rules.notices import contact_changed, known_to_cer
from adapter.domain.rules.verdict import Outcome, Verdict
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.register.follow import entry_subject, subject_of
from adapter.services.take_referral import NEEDING

IN_CER = ("visit", "waiting-entry")
"""Kinds of links: CeR has a term of the visit, or an entry of its waiting room."""


def contact_to_renew(desk: Desk, before: Entry, after: Entry) -> int:
    """Raise the task of N-06 where an open entry of a register in AP-KOLCE has another contact; how many are new."""
    verdict = contact_changed(before.person, after.person, after.schedule.route)
    if not after.open or verdict.outcome is not Outcome.DO_THIS:
        return 0
    return _ask(desk, verdict, [entry_subject(after.id)])


def person_to_renew(desk: Desk, before: Patient, after: Patient) -> int:
    """Raise the task of N-06 for each visit of a person that CeR has under another phone or number; how many are new.

    It is about the entry, where the visit has one, so that it goes with its end.
    """
    verdict = known_to_cer(before, after)
    if not verdict.code or after.deceased:
        return 0
    subjects = []
    for visit in desk.work.calendar.visits_of(desk.facility, after.id):
        saved = any(desk.work.links.theirs(desk.facility, kind, visit.id) is not None for kind in IN_CER)
        if visit.state in NEEDING and saved:
            subjects.append(subject_of(desk, visit.id))
    return _ask(desk, verdict, subjects) if subjects else 0


def _ask(desk: Desk, verdict: Verdict, subjects: list[str]) -> int:
    """Due today, so that a later change is asked about anew."""
    said = (verdict.article, verdict.text_pl, verdict.text_en)
    tasks = [NewTask(verdict.rule, verdict.code, subject, *said, due_on=desk.today) for subject in subjects]
    return desk.work.tasks.raise_(desk.facility, tasks)
