"""R-02, T-07, X-07: a letter posted in time came after the removal, or who lives was noted as dead: the entry is back.

Its place is unchanged. The Appointment is on the waiting list again; its term may be somebody else's by now, so a
person gives one.
"""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.appointment import Visit, VisitState
from adapter.domain.history import restored
from adapter.domain.rules.duplicates import KnownEntry, one_list
from adapter.domain.rules.verdict import Verdict
from adapter.ports.register import Step, StoredEntry
from adapter.ports.store import Action, Destination
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.mirror_visit import OVER, said_of
from adapter.services.register.follow import entry_subject


def may_return(desk: Desk, stored: StoredEntry) -> Verdict:
    """U-01: whether a removed entry may stand again; the patient may have been entered anew meanwhile."""
    provider = desk.eq.register(desk.facility).provider
    known = desk.work.register.known_of_patient(desk.facility, stored.patient_id, provider)
    return one_list(KnownEntry.of(replace(stored.entry, removal=None), provider), known, desk.today)


def restore_entry(desk: Desk, stored: StoredEntry, verdict: Verdict, by: str) -> tuple[NewTask, ...]:
    """Take a removal back, tell the EHR, and ask for a term; returns the task.

    The removal gave the term up: nobody is asked why the patient did not come on it (X-05).

    Raises:
        ValueError: the entry is not removed.
    """
    now = desk.eq.clock.now()
    entry = restored(stored.entry, now, by)
    taken_back = entry.restorings[-1].removal
    step = Step(
        entry_id=entry.id,
        what="restored",
        at=now,
        by=by,
        correlation_id=desk.correlation_id,
        before={"removed_on": taken_back.on.isoformat(), "reason": taken_back.reason},
        reason=taken_back.reason,
        rules=(verdict.rule,),
    )
    back = replace(stored, entry=entry, no_show_excused=True, correlation_id=desk.correlation_id)
    desk.work.register.put(desk.facility, back, [step])
    visit = desk.work.calendar.visit(desk.facility, stored.visit_id)
    if visit is not None and visit.state in OVER:
        _wait_again(desk, visit)
    desk.audit(by, "restore-entry", entry_subject(entry.id), {"rule": verdict.rule, "code": verdict.code})
    return (
        NewTask(
            rule=verdict.rule,
            code=verdict.code,
            subject=entry_subject(entry.id),
            article=verdict.article,
            text_pl=f"{verdict.text_pl}; skreślenie cofnięto, wyznacz pacjentowi termin",
            text_en=f"{verdict.text_en}; the removal was undone, give the patient a term",
        ),
    )


def _wait_again(desk: Desk, visit: Visit) -> None:
    """The visit waits in our calendar and in the EHR; slot and times stay as the EHR has them."""
    desk.work.calendar.put_visit(desk.facility, replace(visit, state=VisitState.WAITING, end_reason=None))
    if "Appointment" not in desk.eq.write_back_types:
        return
    desk.send(
        Destination.EHR,
        Action.WRITE_BACK,
        [f"ehr:Appointment/{visit.id}"],
        {
            "resource_type": "Appointment",
            "resource_id": visit.id,
            "status": desk.eq.tables.visit_state.to_fhir(VisitState.WAITING.value, desk.today)[1],
            "instead_of": said_of(visit),
            "elements": {"cancelationReason": None},
        },
    )
