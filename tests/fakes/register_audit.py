"""What the audit says of the register, for tests over the real store."""

from __future__ import annotations

from fakes.register_ward import Ward


def audited(ward: Ward) -> list[tuple[str, str, str]]:
    """(actor, action, subject) of the audit, oldest first."""
    with ward.store.unit_of_work() as work:
        return [(one.actor, one.action, one.subject) for one in reversed(work.audit.find(limit=1000))]
