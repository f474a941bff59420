"""A visit that is being taken, with everything that its use cases look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.appointment import Visit
from adapter.domain.rules.said_once import said_once
from adapter.domain.rules.verdict import Verdict
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.ports.store import Action, Destination, MessageState, ReferralRecord
from adapter.services.calling import CELL
from adapter.services.desk import Desk
from adapter.services.keep_schedule import close_term
from adapter.services.refusal import must_be_allowed
from adapter.services.register.plan import Plan


class Standing(StrEnum):
    """How a visit stands in CeR, counting what is still on its way there."""

    NONE = "none"
    SAVED = "saved"
    WAITING = "waiting"


TERM_WILL_STAND = {Action.SAVE_VISIT: True, Action.MOVE_VISIT: True, Action.CANCEL_VISIT: False}
ENTRY_WILL_STAND = {Action.JOIN_WAITING_ROOM: True, Action.LEAVE_WAITING_ROOM: False}


def standing_of(desk: Desk, visit_id: str) -> Standing:
    """How a visit stands in CeR: what the links say, changed by its unfinished messages in their order.

    Term and waiting-room entry are counted apart: for a while a visit may have both. The messages are
    read first: one that a worker settles in between is then seen twice, in its link too, and never lost.
    """
    unfinished = desk.unfinished(f"visit:{visit_id}", [*TERM_WILL_STAND, *ENTRY_WILL_STAND])
    term = desk.work.links.theirs(desk.facility, "visit", visit_id) is not None
    entry = desk.work.links.theirs(desk.facility, "waiting-entry", visit_id) is not None
    for message in reversed(unfinished):
        term = TERM_WILL_STAND.get(message.action, term)
        entry = ENTRY_WILL_STAND.get(message.action, entry)
    if term:
        return Standing.SAVED
    return Standing.WAITING if entry else Standing.NONE


@dataclass(slots=True)
class VisitFrame:
    """One visit on its way in: ``before`` is how we knew it, ``national`` whether CeR keeps its service."""

    desk: Desk
    visit: Visit
    before: Visit | None
    slot: Slot | None
    schedule: Schedule | None
    referral: ReferralRecord | None
    national: bool
    standing: Standing
    plan: Plan | None = None
    """What this version does to the register; None: its register is kept elsewhere."""
    asked: bool = False
    """Whether the rules were asked: nothing is kept, and nothing sent, before."""

    @property
    def entered(self) -> bool:
        """Whether the visit has an entry: then the register says what becomes of the referral."""
        return self.plan is not None and (bool(self.plan.drafts) or self.plan.case.known is not None)

    def judge(self, verdicts: Sequence[Verdict]) -> None:
        """Go on only when neither these rules nor those of the register refuse; warnings go with the entry.

        Raises:
            NotTaken: with every rule that refuses.
        """
        own = {(one.rule, one.code) for one in verdicts if one.code}
        more = self.plan.told if self.plan is not None and not self.asked else ()
        told = [*verdicts, *(one for one in more if (one.rule, one.code) not in own)]
        must_be_allowed(self.desk, said_once(told))
        self.asked = True

    @property
    def moved(self) -> bool:
        """Whether the visit stands on another slot than before."""
        return self.before is not None and self.before.slot_ids != self.visit.slot_ids

    @property
    def move_refused(self) -> bool:
        """Whether CeR refused to move the visit to where the EHR has it: it stands elsewhere there."""
        last = self.desk.newest(f"visit:{self.visit.id}", [Action.SAVE_VISIT, Action.MOVE_VISIT])
        return (
            last is not None
            and last.action is Action.MOVE_VISIT
            and last.state is MessageState.REFUSED
            and (last.payload["slot_id"],) == self.visit.slot_ids
        )

    @property
    def slots_left(self) -> tuple[str, ...]:
        """Where the visit stood until now; what the EHR names now when we did not know it."""
        return self.before.slot_ids if self.before is not None and self.before.slot_ids else self.visit.slot_ids

    def keep(self) -> None:
        """Write the visit down. Raises NotTaken where nobody asked the register's rules before and one refuses."""
        if not self.asked:
            self.judge(())
        self.desk.work.calendar.put_visit(self.desk.facility, self.visit)

    def send(
        self, action: Action, payload: Mapping[str, object], *, slots: Sequence[str] = (), after: int | None = None
    ) -> int:
        """Append a message to CeR about this visit, the slots it touches and its patient.

        One patient's messages keep their order: CeR refuses a second term while the first stands.
        """
        subjects = [
            f"visit:{self.visit.id}",
            *(f"slot:{slot_id}" for slot_id in slots),
            f"patient:{self.visit.patient_id}",
        ]
        cell = {CELL: str(self.schedule.cell)} if self.schedule is not None else {}
        said = {"visit_id": self.visit.id, **cell, **payload}
        return self.desk.send(Destination.CER, action, subjects, said, after=after)

    def give_term_up(self, reason: str) -> None:
        """Cancel the visit in CeR; ``reason`` is a code of ``mappings/cancellation_reasons.csv``."""
        self.send(Action.CANCEL_VISIT, {"reason": reason, **self.place()}, slots=self.slots_left)
        for slot_id in self.slots_left:
            close_term(self.desk, slot_id)

    def place(self) -> dict[str, object]:
        """``slot_id`` for a payload: where the visit stands, so that a lost answer can be asked about."""
        return {"slot_id": self.slots_left[0]} if self.slots_left else {}
