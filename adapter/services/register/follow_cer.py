"""What patients and CeR itself did in CeR, in the register: at once, not when the EHR repeats it.

It has happened, so nothing refuses it: what the law lacks about it becomes tasks.
"""

from __future__ import annotations

from adapter.domain.appointment import Visit
from adapter.domain.moments import warsaw_day
from adapter.domain.register import TermChangeCause
from adapter.domain.statement import EntryStatement, StatedTermChange
from adapter.domain.term import DayTerm
from adapter.services.desk import Desk
from adapter.services.register.keep_entry import keep_entry, plan_entry
from adapter.services.register.open_case import Scene

IN_CER = "CeR"
"""Stands in the history for who acted in CeR."""
PATIENT_REQUEST = "PATIENT_REQUEST"
"""Our code of ``mappings/term_change_reasons.csv``: the patient asked."""


def follow_cer(desk: Desk, before: Visit, after: Visit) -> bool:
    """Take into the register what became of a visit in CeR; False when it has no entry here.

    A cancelled visit removes its entry by its reason (X-04, V-09); another term is one that the patient asked for.
    """
    stated = desk.work.register.entry_of_visit(desk.facility, after.id)
    if stated is None:
        return False
    slot = desk.work.calendar.slot(desk.facility, after.slot_ids[0]) if after.slot_ids else None
    statement = EntryStatement(
        visit=after,
        entered_by=IN_CER,
        category_stated=False,
        term=DayTerm(warsaw_day(after.starts)) if after.starts is not None else None,
        term_change=StatedTermChange(PATIENT_REQUEST, TermChangeCause.PATIENT, asked_on=desk.today),
    )
    plan = plan_entry(
        desk,
        statement,
        Scene(
            before=before,
            schedule=desk.work.calendar.schedule(desk.facility, slot.schedule_id) if slot is not None else None,
            record=desk.work.calendar.referral(desk.facility, after.referral_id) if after.referral_id else None,
            national=True,
            in_cer=True,
            done=True,
        ),
    )
    if plan is not None:
        keep_entry(desk, plan)
    return True
