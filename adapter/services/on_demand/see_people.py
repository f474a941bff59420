"""Who may see people's data of the register: operators and engineers; every look and every refusal is audited."""

from __future__ import annotations

from uuid import uuid4

from adapter.errors import Refused
from adapter.ports.store import AuditRecord
from adapter.services.attribution import note
from adapter.services.clearance import Person
from adapter.services.equipment import Equipment


def allow_people(eq: Equipment, facility: str, who: Person, what: str, *, subject: str, reason: str | None) -> str:
    """Return the reason as it is kept; the look itself is audited by who does it.

    ``what`` ends the sentence "only an operator or an engineer may ...". ``reason`` is None where what is looked at
    says why (a letter to the patient himself).

    Raises:
        Refused: the account's role may not; the attempt is in the audit. BadInput: an unusable reason.
    """
    kept = "" if reason is None else note(reason)
    try:
        who.require_operator(what)
    except Refused:
        with eq.store.unit_of_work() as work:
            work.audit.write(
                AuditRecord(
                    at=eq.clock.now(),
                    actor=who.actor,
                    action="register.refused",
                    facility=facility,
                    subject=subject,
                    correlation_id=str(uuid4()),
                    detail={"what": what, "reason": kept},
                )
            )
            work.commit()
        raise
    return kept
