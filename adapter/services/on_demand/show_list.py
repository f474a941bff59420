"""The waiting lists of a facility, in the order of G-05. People only for who may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from adapter.domain.moments import warsaw_day
from adapter.domain.register import AdmissionSchedule, EntryPerson
from adapter.domain.rules.contract_end import rank_day
from adapter.errors import BadInput
from adapter.ports.register import StoredEntry
from adapter.services.clearance import Person
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.on_demand.see_people import allow_people

NO_SUCH_SCHEDULE = "NO_SUCH_SCHEDULE"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One place on a waiting list. ``person`` is None unless people were asked for."""

    place: int
    entry: str
    number: int | None
    criterion: str
    reported_on: date
    counts_from: date
    """The day of the report that decides the place (E-02, E-06)."""
    term: str
    reserved: bool
    standing: str
    person: EntryPerson | None = None


@dataclass(frozen=True, slots=True)
class WaitingList:
    """One list: a schedule's own, or its oncology list (O-01)."""

    schedule: str
    service: str
    oncology: bool
    places: tuple[Waiting, ...]


def show_lists(
    eq: Equipment,
    facility: str,
    schedule_id: str | None = None,
    *,
    who: Person | None = None,
    reason: str = "",
) -> tuple[WaitingList, ...]:
    """The waiting lists of a facility (or of one schedule), each in its order. Empty ones are left out.

    With ``who`` people are shown: audited with the reason.

    Raises:
        BadInput: there is no such schedule, or an unusable reason. Refused: the account may not see people.
    """
    if who is not None:
        kept = allow_people(eq, facility, who, "see who is on a waiting list", subject="register", reason=reason)
    with eq.store.unit_of_work() as work:
        known = {one.id: one for one in work.register.schedules(facility)}
        if schedule_id is not None and schedule_id not in known:
            told = ", ".join(sorted(known)) or "none: no Schedule of the EHR declares its register"
            raise BadInput(f"there is no such admission schedule (known: {told})", field="schedule",
                           code=NO_SUCH_SCHEDULE)  # fmt: skip
        wanted = [known[schedule_id]] if schedule_id is not None else list(known.values())
        desk = Desk(eq, work, facility, str(uuid4()))
        lists = [_list(desk, one, oncology, people=who is not None) for one in wanted for oncology in (False, True)]
        found = tuple(one for one in lists if one.places)
        if who is not None:
            for one in found:
                detail = {"reason": kept, "oncology": one.oncology, "places": len(one.places)}
                desk.audit(who.actor, "register.look-at-list", f"schedule/{one.schedule}", detail)
            work.commit()
    return found


def _list(desk: Desk, schedule: AdmissionSchedule, oncology: bool, *, people: bool) -> WaitingList:
    waiting = desk.work.register.waiting(desk.facility, schedule.id, oncology=oncology)
    places = tuple(_place(number, one, people=people) for number, one in enumerate(waiting, start=1))
    return WaitingList(schedule.id, schedule.service, oncology, places)


def _place(number: int, stored: StoredEntry, *, people: bool) -> Waiting:
    entry = stored.entry
    return Waiting(
        place=number,
        entry=entry.id,
        number=entry.number,
        criterion=entry.criterion.value if entry.criterion is not None else "",
        reported_on=warsaw_day(entry.reported_at),
        counts_from=rank_day(entry),
        term="" if entry.term is None else str(entry.term),
        reserved=entry.reserved,
        standing=stored.standing.value,
        person=entry.person if people else None,
    )
