"""Unmasking: an engineer lets the wiretap of a facility keep what it hears as it is, for some hours, and looks at it.

Every opening, closing and look is in the audit with its reason, and so is every attempt that was refused. What
was heard before the opening stays masked for ever: nobody kept it otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from adapter.errors import BadInput, Refused
from adapter.ports import Clock
from adapter.ports.store import AuditRecord, Store
from adapter.ports.wiretap import Opening, StoredExchange
from adapter.services.attribution import note
from adapter.services.clearance import Person

LOOKED_AT_MAX = 100
"""Exchanges that one look shows."""


@dataclass(frozen=True, slots=True)
class Clear:
    """An exchange as it was said: ``request`` and ``reply`` are the bytes, None when they were not kept."""

    stored: StoredExchange
    request: bytes | None
    reply: bytes | None


@dataclass(frozen=True, slots=True)
class Unmasking:
    """What a person does with the wiretap of an installation."""

    store: Store
    clock: Clock
    who: Person

    def unmask(self, facility: str, *, reason: str, hours: int, hours_max: int) -> Opening:
        """Open the wiretap of a facility from now on.

        Raises:
            Refused: the person is no engineer. BadInput: hours out of bounds, or an unusable reason.
        """
        if not 1 <= hours <= hours_max:
            raise BadInput(f"between 1 and {hours_max} hours", field="hours")
        kept, now = note(reason), self.clock.now()
        self._allow(facility, "unmask the wiretap", kept)
        opening = Opening(facility, kept, self.who.actor, now, now + timedelta(hours=hours))
        with self.store.unit_of_work() as work:
            work.wiretap.open(opening)
            detail = {"reason": kept, "until": opening.until.isoformat(), "hours": hours}
            work.audit.write(self._record("wiretap.unmask", facility, detail))
            work.commit()
        return opening

    def mask_again(self, facility: str) -> Opening | None:
        """End an opening; None when none was in force. Anybody may: it only shows less."""
        with self.store.unit_of_work() as work:
            ended = work.wiretap.close(facility, self.who.actor, self.clock.now())
            if ended is not None:
                detail = {"opened_by": ended.opened_by, "reason": ended.reason}
                work.audit.write(self._record("wiretap.mask", facility, detail))
            work.commit()
        return ended

    def look(self, conversation: str, *, reason: str) -> list[Clear]:
        """What was said under a correlation id (or the message id of a try), as it was, where that was kept.

        Raises:
            Refused: the person is no engineer. BadInput: an unusable reason, or nothing was said under that id.
            Misconfigured: a sealing key is missing.
        """
        kept = note(reason)
        with self.store.unit_of_work() as work:
            found = work.wiretap.find(conversation=conversation, limit=LOOKED_AT_MAX)
        if not found:
            raise BadInput("nothing was heard under this id, or its time is over", field="conversation")
        self._allow(found[0].exchange.facility, "see what is unmasked", kept)
        seen: list[Clear] = []
        with self.store.unit_of_work() as work:
            for each in found:
                request, reply = work.wiretap.clear(each.id) if each.has_clear else (None, None)
                seen.append(Clear(each, request, reply))
            for facility in sorted({each.exchange.facility for each in found}):
                ids = [each.id for each in found if each.has_clear and each.exchange.facility == facility]
                detail = {"reason": kept, "exchanges": ids}
                work.audit.write(self._record("wiretap.look", facility, detail, conversation))
            work.commit()
        return seen

    def _allow(self, facility: str, what: str, reason: str) -> None:
        """Return for an engineer; the attempt of anybody else is in the audit."""
        try:
            self.who.require_engineer(what)
        except Refused:
            with self.store.unit_of_work() as work:
                work.audit.write(self._record("wiretap.refused", facility, {"reason": reason, "what": what}))
                work.commit()
            raise

    def _record(self, action: str, facility: str, detail: Mapping[str, object], conversation: str = "") -> AuditRecord:
        return AuditRecord(
            at=self.clock.now(),
            actor=self.who.actor,
            action=action,
            facility=facility,
            subject="wiretap",
            correlation_id=conversation or str(uuid4()),
            detail=detail,
        )
