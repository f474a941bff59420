"""A patient, or the Fund for him, told that he cannot come or resigns, without a change in the EHR (N-07, N-08, X-04).

resigns       removed as of today, the referral given back, the visit cancelled in CeR and in the EHR
cannot come   a task: agree on a new date and give it in the EHR with its reason
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from adapter.domain.register import Removal
from adapter.domain.rules.notices import Told, told_by_fund, told_by_patient
from adapter.domain.rules.removal import resigned
from adapter.domain.rules.verdict import Verdict
from adapter.errors import BadInput, Refused
from adapter.ports.register import StoredEntry
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.on_demand.show_history import NO_SUCH_ENTRY, UNKNOWN
from adapter.services.register.end_entry import end_entry
from adapter.services.register.follow import entry_subject, follow
from adapter.services.register.hold import hold_of_entry

ENTRY_ENDED = "ENTRY_ENDED"


@dataclass(frozen=True, slots=True)
class Heard:
    """What follows: the verdict, and whether the entry ended by it."""

    verdict: Verdict
    ended: bool


def hear_patient(eq: Equipment, facility: str, entry_id: str, told: Told, *, by_fund: bool, who: str) -> Heard:
    """Do what follows from what was told; ``who`` is the actor of the audit and of the removal.

    Raises:
        BadInput: there is no such entry. Refused: it ended already (``ENTRY_ENDED``).
    """
    with eq.store.unit_of_work() as work:
        desk = Desk(eq, work, facility, str(uuid4()))
        hold_of_entry(desk, entry_id)
        stored = work.register.entry(facility, entry_id)
        if stored is None:
            raise BadInput(UNKNOWN, field="entry", code=NO_SUCH_ENTRY)
        if not stored.entry.open:
            raise Refused("the entry ended already", code=ENTRY_ENDED)
        heard = Heard(told_by_fund(told) if by_fund else told_by_patient(told), told is Told.RESIGNS)
        detail = {"told": told.value, "by": "fund" if by_fund else "patient"}
        desk.audit(who, "notice.heard", entry_subject(entry_id), detail)
        if heard.ended:
            _end(desk, stored, heard.verdict, who)
        else:
            follow(desk, entry_subject(entry_id), [heard.verdict])
        work.commit()
    return heard


def _end(desk: Desk, stored: StoredEntry, verdict: Verdict, who: str) -> None:
    """X-04: as of the day of telling."""
    how = resigned(stored.entry, desk.today)
    removal = Removal(how.on, how.reason, desk.eq.clock.now(), who)
    end_entry(desk, stored, removal, verdicts=[verdict, how.verdict, how.referral])
