"""A privileged patient cancels the first visit: the right is lost and the entry goes on in category 2 (V-09)."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.entitlement import Category
from adapter.domain.rules import entitled, privileged
from adapter.mapping.appointment import end_reasons
from adapter.services.desk import Desk
from adapter.services.register.case import Case
from adapter.services.register.find_act import Act
from adapter.services.register.plan import Draft, Plan, Told

GIVES_UP = "resigned"
"""Reason of ``mappings/cancellation_reasons.csv``: the patient gives up the service itself, not the visit."""
LOST_BY = "patient"
"""Stands in the history for the patient's own act."""


def lose_right(desk: Desk, case: Case) -> Plan | None:
    """The act, None where the rule does not apply: the patient gives up the service, or had no verified right.

    The referral stays with us. A person puts the patient into the waiting room: a new appointment of the EHR takes
    the entry over.
    """
    known, reason = case.known, case.visit.end_reason
    stated = case.statement.removal is not None and bool(case.statement.removal.reason)
    row = end_reasons(desk.eq.tables, on=desk.today).get(reason) if reason is not None else None
    if known is None or row is None or stated or row.code == GIVES_UP:
        return None
    at = max(case.now, known.entry.entered_at)
    lost = entitled.loses_right(known.entry, at, case.author or LOST_BY, by_patient=row.by_patient, first_visit=True)
    if lost is None:
        return None
    before = replace(case.visit, category=Category.PRIVILEGED, entitlement=known.entry.entitlement)
    shown = privileged.cancelled_first_visit(before, desk.today, by_patient=True, first_visit=True)
    told = Told(desk, case, lost.change.by)
    told.step("category", known.entry, lost.entry, [lost.verdict], reason=lost.verdict.code)
    stored = replace(known, entry=lost.entry, correlation_id=desk.correlation_id)
    return Plan(Act.END, case, (lost.verdict, shown), (Draft(stored, told.taken()),))
