"""G-03: everything that happened to an entry: who, when, before, after. People only for who may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from adapter.errors import BadInput
from adapter.services.clearance import Person
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.on_demand.see_people import allow_people

NO_SUCH_ENTRY = "NO_SUCH_ENTRY"
UNKNOWN = "there is no such entry in the register: give an id that pomost list show, or list status, tells"
SHOWN_FIELDS = frozenset(
    {
        "answer",
        "category",
        "criterion",
        "emergency",
        "entered_at",
        "number",
        "offline_pending",
        "original_report_date",
        "prior_provider_date_used",
        "reinstated",
        "reported_at",
        "reserved",
        "standing",
        "term",
    }
)
"""Fields whose values name nobody. Of all others only the name is shown, unless people were asked for."""
SHOWN_PARTS = {"removal": ("on", "reason"), "offer": ("offered", "chosen", "answer")}
"""Fields of which some parts name nobody."""
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of an entry's history."""

    what: str
    at: datetime
    by: str
    reason: str
    rules: tuple[str, ...]
    correlation_id: str
    before: Mapping[str, object]
    after: Mapping[str, object]


def show_history(
    eq: Equipment, facility: str, entry_id: str, *, who: Person | None = None, reason: str = ""
) -> tuple[ShownStep, ...]:
    """The steps of an entry, first to last. With ``who`` every value is shown: audited with the reason.

    Raises:
        BadInput: there is no such entry, or an unusable reason. Refused: the account may not see people.
    """
    subject = f"entry/{entry_id}"
    if who is not None:
        kept = allow_people(eq, facility, who, "see the people of an entry", subject=subject, reason=reason)
    with eq.store.unit_of_work() as work:
        steps = work.register.steps(facility, entry_id)
        if not steps:
            raise BadInput(UNKNOWN, field="entry", code=NO_SUCH_ENTRY)
        if who is not None:
            desk = Desk(eq, work, facility, str(uuid4()))
            desk.audit(who.actor, "register.look-at-entry", subject, {"reason": kept, "steps": len(steps)})
            work.commit()
    shown = who is not None
    return tuple(
        ShownStep(
            one.what,
            one.at,
            one.by,
            one.reason,
            one.rules,
            one.correlation_id,
            _safe(one.before, everything=shown),
            _safe(one.after, everything=shown),
        )
        for one in steps
    )


def _safe(fields: Mapping[str, object], *, everything: bool) -> dict[str, object]:
    if everything:
        return dict(fields)
    return {name: _shown(name, value) for name, value in fields.items()}


def _shown(name: str, value: object) -> object:
    if name in SHOWN_FIELDS or value in (None, "", False):
        return value
    if isinstance(value, Mapping) and name in SHOWN_PARTS:
        return {part: value[part] for part in SHOWN_PARTS[name] if part in value}
    return HIDDEN
