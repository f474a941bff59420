"""N-06: the Fund reminds patients by the phone and e-mail that stand in AP-KOLCE, so a change goes there the same day.

Pomost has no way into AP-KOLCE: a person does it, and the task says so.
"""

from __future__ import annotations

from adapter.domain.register import Entry
from adapter.domain.rules.notices import contact_changed
from adapter.domain.rules.verdict import Outcome
from adapter.ports.tasks import NewTask
from adapter.services.desk import Desk
from adapter.services.register.follow import entry_subject


def contact_to_renew(desk: Desk, before: Entry, after: Entry) -> int:
    """Raise the task of N-06 where an open entry of a register in AP-KOLCE has another contact; how many are new."""
    verdict = contact_changed(before.person, after.person, after.schedule.route)
    if not after.open or verdict.outcome is not Outcome.DO_THIS:
        return 0
    return desk.work.tasks.raise_(
        desk.facility,
        [
            NewTask(
                verdict.rule,
                verdict.code,
                entry_subject(after.id),
                verdict.article,
                verdict.text_pl,
                verdict.text_en,
                due_on=desk.today,
            )
        ],
    )
