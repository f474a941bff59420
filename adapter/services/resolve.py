"""A person says what became of a discrepancy: the state, a note, and who said so, audited."""

from __future__ import annotations

from uuid import uuid4

from adapter.domain.discrepancy import DiscrepancyState
from adapter.errors import BadInput
from adapter.ports import Clock
from adapter.ports.store import AuditRecord, Store, StoredDiscrepancy
from adapter.services.attribution import note, person

BY_HAND = (DiscrepancyState.ACKNOWLEDGED, DiscrepancyState.REMEDIED, DiscrepancyState.CLOSED)
"""States that a person may set. ``reported`` is set by filing the package."""


def resolve(
    store: Store, clock: Clock, discrepancy_id: int, state: DiscrepancyState, *, text: str, who: str
) -> StoredDiscrepancy:
    """Put a discrepancy into a state; returns it as it is then.

    ``closed`` by a person says that it is no discrepancy, or that nothing more will be done: it does not
    go to CeZ. A ``remedied`` one that is still there is seen again by the next comparison.

    Raises:
        BadInput: no such discrepancy, a state that is not a person's to set, an unusable note or account.
        Refused: it is closed already.
    """
    if state not in BY_HAND:
        known = ", ".join(one.value for one in BY_HAND)
        raise BadInput(f"a person may set {known}; reported comes from filing the package", field="state")
    kept, actor, now = note(text), person(who), clock.now()
    with store.unit_of_work() as work:
        before = work.differences.get(discrepancy_id)
        if before is None:
            raise BadInput(f"there is no discrepancy {discrepancy_id}", field="id")
        work.differences.mark(discrepancy_id, state.value, actor, kept, now)
        work.audit.write(
            AuditRecord(
                at=now,
                actor=actor,
                action="resolve-discrepancy",
                facility=before.facility,
                subject=f"discrepancy:{discrepancy_id}",
                correlation_id=str(uuid4()),
                detail={"class": before.found.kind.value, "from": before.state, "to": state.value, "note": kept},
            )
        )
        after = work.differences.get(discrepancy_id)
        work.commit()
    return after if after is not None else before
