"""What use cases ask of the store: one unit of work, one transaction.

    with store.unit_of_work() as work:
        work.calendar.put_slot(...)
        work.outbox.add(...)        # the job that will deliver it is deferred in the same transaction
        work.audit.write(...)
        work.commit()               # nothing is kept without it

Every row belongs to a facility (D11). Texts and payloads hold no people: what must hold them
(``sealed``) is encrypted at rest.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from adapter.ports.audit import Audit, AuditRecord, Cursors
from adapter.ports.calendar import BlockProof, Calendar, Links, ReferralRecord
from adapter.ports.differences import Differences, StoredDiscrepancy
from adapter.ports.inbox import Inbox, InboxEntry, InboxState, StoredProblem
from adapter.ports.notices import Notices
from adapter.ports.outbox import Action, Destination, Message, MessageState, NewMessage, Outbox, Rest, Settlement
from adapter.ports.referral_book import ReferralBook
from adapter.ports.register import Register
from adapter.ports.tasks import Tasks
from adapter.ports.wiretap import Wiretap

__all__ = [
    "Action",
    "Audit",
    "AuditRecord",
    "BlockProof",
    "Calendar",
    "Cursors",
    "Destination",
    "Differences",
    "Inbox",
    "InboxEntry",
    "InboxState",
    "Links",
    "Message",
    "MessageState",
    "NewMessage",
    "Notices",
    "Outbox",
    "ReferralRecord",
    "Register",
    "Rest",
    "Settlement",
    "Store",
    "StoredDiscrepancy",
    "StoredProblem",
    "Tasks",
    "UnitOfWork",
    "Wiretap",
]


class UnitOfWork(Protocol):
    """One transaction over all of the store."""

    @property
    def inbox(self) -> Inbox:
        """What came."""

    @property
    def outbox(self) -> Outbox:
        """What goes."""

    @property
    def calendar(self) -> Calendar:
        """The hospital's calendar."""

    @property
    def links(self) -> Links:
        """Their ids and ours."""

    @property
    def referrals(self) -> ReferralBook:
        """What P1's rules said of referrals, and what was issued from here."""

    @property
    def differences(self) -> Differences:
        """Comparison and discrepancies."""

    @property
    def audit(self) -> Audit:
        """Who did what."""

    @property
    def cursors(self) -> Cursors:
        """Where polling stands."""

    @property
    def wiretap(self) -> Wiretap:
        """What was said to the authorities and answered."""

    @property
    def register(self) -> Register:
        """Who is entered where (harmonogram przyjęć), and everything that happened to it."""

    @property
    def tasks(self) -> Tasks:
        """What rules want a person to do."""

    @property
    def notices(self) -> Notices:
        """What patients are to be told, and were."""

    def commit(self) -> None:
        """Keep everything done so far. Without it the end of the block rolls back."""


class Store(Protocol):
    """The database behind the use cases."""

    def unit_of_work(self) -> AbstractContextManager[UnitOfWork]:
        """A new transaction."""

    def worker(self) -> AbstractContextManager[int]:
        """A worker's lease: an id whose messages are recovered as soon as its process is gone."""

    def alone(self, work: str) -> AbstractContextManager[bool]:
        """Whether nobody else is at this piece of ``work``; if so, nobody else is until the block or process ends."""
