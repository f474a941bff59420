"""Which act of the register a version of an appointment is, by what was known before.

new and open            enter it; a visit of category 5 under an open continuing entry is no entry of its own (K-01)
known and open          change it: correction, term (M-01), category (C-08)
served                  remove it as done (X-03), and enter it again where a plan is stated (K-01)
no-show                 remove it (X-05), unless force majeure was shown (E-05); put it back on request (E-06)
cancelled, void         remove it with its reason (X-01), unless the patient only loses a right by it (V-09)
"""

from __future__ import annotations

from enum import StrEnum

from adapter.domain.appointment import VisitState
from adapter.domain.entitlement import Category
from adapter.domain.rules.reasons import NO_SHOW
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.register.case import Case
from adapter.services.register.compose import dated_by_plan

OPEN_STATES = frozenset({VisitState.WAITING, VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN})
ENDED_STATES = frozenset({VisitState.CANCELLED, VisitState.VOID})
OVER = frozenset({VisitState.CANCELLED, VisitState.VOID, VisitState.NO_SHOW})
"""States of a visit that keeps no entry any more: another appointment may take its open entry over."""


class Act(StrEnum):
    """What is to be done in the register."""

    NOTHING = "nothing"
    ENTER = "enter"
    ENTER_SERVED = "enter-served"
    """First heard of when it was over: entered and removed in one act (G-02)."""
    CHANGE = "change"
    SERVE = "serve"
    RE_ENTER = "re-enter"
    """K-01."""
    MISS = "miss"
    """X-05, or E-05 where it is excused."""
    END = "end"
    RESTORE = "restore"
    """E-06."""


def find_act(case: Case) -> Act:
    """The act that the version asks for."""
    known = case.known
    if case.visit.state in OPEN_STATES:
        return _open(case)
    if known is None:
        return _unseen(case)
    if known.entry.open:
        return _over(case, known)
    asked = case.visit.state is VisitState.NO_SHOW and case.statement.reinstatement is not None
    return Act.RESTORE if asked and _missed(known) else Act.NOTHING


def _unseen(case: Case) -> Act:
    """Who was served is in the register, also when nobody told of him before (G-02)."""
    served = case.visit.state is VisitState.SERVED
    new = case.before is None or case.before.state is not VisitState.SERVED
    return Act.ENTER_SERVED if served and new else Act.NOTHING


def _over(case: Case, known: StoredEntry) -> Act:
    """The visit is over, its entry is open."""
    state = case.visit.state
    if state is VisitState.SERVED:
        return _served(case, known)
    if case.before is not None and case.before.state is state and not _removal_stated(case):
        return Act.NOTHING  # a newer version of an end that was taken before
    if state is VisitState.NO_SHOW:
        return Act.NOTHING if dated_by_plan(known.entry) else Act.MISS
    return _ended(case, known) if state in ENDED_STATES else Act.NOTHING


def _ended(case: Case, known: StoredEntry) -> Act:
    """A cancelled visit under a plan is not the end of the treatment, unless that is said."""
    return Act.END if _removal_stated(case) or not dated_by_plan(known.entry) else Act.NOTHING


def _removal_stated(case: Case) -> bool:
    return case.statement.removal is not None and bool(case.statement.removal.reason)


def _open(case: Case) -> Act:
    known = case.known
    if known is None or known.standing is EntryStanding.REJECTED:
        return Act.ENTER
    if known.entry.open:
        return Act.CHANGE
    return Act.RESTORE if _missed(known) and case.statement.reinstatement is not None else Act.NOTHING


def _served(case: Case, known: StoredEntry) -> Act:
    """The visits under a continuing entry do not end it: only its own end does, stated or on its date (K-03)."""
    if dated_by_plan(known.entry):
        if _removal_stated(case):
            return Act.SERVE
        told = case.statement.plan is not None
        return Act.CHANGE if told else Act.NOTHING
    plan, category = case.statement.plan, known.entry.category
    continues = plan is not None and bool(plan.reference) and category is not Category.EMERGENCY
    if continues and category is not Category.CONTINUING:
        return Act.RE_ENTER
    return Act.SERVE


def _missed(stored: StoredEntry) -> bool:
    return stored.entry.removal is not None and stored.entry.removal.reason == NO_SHOW


def under_plan(case: Case, continuing: StoredEntry | None) -> StoredEntry | None:
    """The open continuing entry under which this visit of category 5 is; None: it is an entry of its own (K-04)."""
    asked = case.statement.category_stated and case.visit.category is Category.CONTINUING
    return continuing if asked and continuing is not None and dated_by_plan(continuing.entry) else None
