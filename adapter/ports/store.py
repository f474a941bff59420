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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from adapter.domain.appointment import Visit
from adapter.domain.discrepancy import Discrepancy, SlotPair
from adapter.domain.identifiers import PersonIdentifier, ReferralNumber
from adapter.domain.national import SlotListing
from adapter.domain.patient import Patient
from adapter.domain.referral import Referral, ReferralState
from adapter.domain.schedule import Schedule
from adapter.domain.slot import Slot
from adapter.ports import Received


class Destination(StrEnum):
    """Where an outbox message goes."""

    CER = "cer"
    P1 = "p1"
    EHR = "ehr"


class Action(StrEnum):
    """What an outbox message asks for. Its payload is described in ``docs/architecture.md``."""

    PUT_SLOT = "put-slot"
    EDIT_SLOT = "edit-slot"
    DELETE_SLOT = "delete-slot"
    SAVE_VISIT = "save-visit"
    MOVE_VISIT = "move-visit"
    CANCEL_VISIT = "cancel-visit"
    RECORD_ATTENDANCE = "record-attendance"
    JOIN_WAITING_ROOM = "join-waiting-room"
    LEAVE_WAITING_ROOM = "leave-waiting-room"
    ACCEPT_REFERRAL = "accept-referral"
    GIVE_BACK_REFERRAL = "give-back-referral"
    FINISH_REFERRAL = "finish-referral"
    WRITE_BACK = "write-back"


class MessageState(StrEnum):
    """waiting -> sending -> delivered | refused | waiting | in-doubt; in-doubt -> delivered | waiting | refused."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    IN_DOUBT = "in-doubt"
    DROPPED = "dropped"
    """By a person, with a reason."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message for the outbox.

    ``subjects`` order it: a message goes only when no earlier unfinished message shares a subject
    (``slot:S1``, ``visit:A1``, ``referral:R1``). ``after`` is the id of a message whose refusal
    refuses this one too; it waits for that one unless its destination is out of reach (law.md R-07).
    """

    facility: str
    destination: Destination
    action: Action
    subjects: tuple[str, ...]
    correlation_id: str
    payload: Mapping[str, object] = field(default_factory=dict)
    sealed: Mapping[str, object] | None = field(default=None, repr=False)
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """An outbox message as stored. ``message_id`` is new for every try; ``attempts`` counts tries begun."""

    id: int
    facility: str
    destination: Destination
    action: Action
    subjects: tuple[str, ...]
    correlation_id: str
    message_id: str
    payload: Mapping[str, object]
    sealed: Mapping[str, object] | None = field(repr=False)
    state: MessageState
    attempts: int
    created_at: datetime
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    result_code: str = ""
    problem: str = ""
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one try of a message ended.

    ``state`` DELIVERED and REFUSED are final and erase ``sealed``; WAITING returns it to its line,
    due at ``not_before``; IN_DOUBT holds its subjects until it is asked about at ``not_before``.
    ``problem`` is safe text.
    """

    message: Message
    state: MessageState
    at: datetime
    result_code: str = ""
    problem: str = ""
    not_before: datetime | None = None


class Outbox(Protocol):
    """National writes and write-backs on their way out (D3)."""

    def add(self, message: NewMessage) -> int:
        """Append; defers the delivery job in this transaction; returns the id."""

    def add_all(self, messages: Sequence[NewMessage]) -> Sequence[int]:
        """Append many in few statements, in order; returns their ids."""

    def claim(self, worker: int, now: datetime, limit: int, *, facility: str | None = None) -> Sequence[Message]:
        """Take up to ``limit`` deliverable messages, oldest first, and mark them SENDING.

        Skips locked rows, subjects with an earlier unfinished message, messages not due, messages
        whose ``after`` is undecided, and destinations under a pause. Commit before sending.
        """

    def claim_doubts(
        self, worker: int, now: datetime, limit: int, *, facility: str | None = None
    ) -> Sequence[Message]:
        """Messages in doubt whose time to be asked about has come, oldest first.

        Nothing is marked: two may ask at once, and :meth:`settle` lets only one of them write.
        """

    def settle(self, settlements: Iterable[Settlement]) -> frozenset[int]:
        """Record how tries ended; returns the ids of the messages that changed.

        A settlement whose ``message_id`` is no longer current changes nothing.
        Refusing a message refuses those that wait ``after`` it.
        """

    def pause(self, facility: str, destination: Destination, until: datetime, problem: str) -> None:
        """Nothing more to ``destination`` before ``until``: it is out of reach. Keeps the order of messages."""

    def resume(self, facility: str, destination: Destination) -> None:
        """The destination answered: lift the pause and forget its failures."""

    def failures(self, facility: str, destination: Destination) -> int:
        """How many times in a row the destination was out of reach."""

    def recover(self, now: datetime, ask_at: datetime) -> int:
        """Messages that dead workers left SENDING become IN_DOUBT, due at ``ask_at``; returns how many."""

    def get(self, message_id: int) -> Message | None:
        """One message."""

    def find(
        self,
        *,
        facility: str | None = None,
        states: Sequence[MessageState] = (),
        actions: Sequence[Action] = (),
        subject: str | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Messages, newest first."""

    def counts(self, facility: str | None = None) -> Mapping[tuple[Destination, Action, MessageState], int]:
        """How many messages there are of each kind and state."""

    def retry(self, message_id: int, who: str, reason: str) -> None:
        """A person puts a refused message back in its line. Raises Refused when it is not refused."""

    def drop(self, message_id: int, who: str, reason: str) -> None:
        """A person gives up a waiting or in-doubt message; it stays as evidence."""


class InboxState(StrEnum):
    """new -> taken | refused | quarantined; superseded when a newer version was taken first."""

    NEW = "new"
    TAKEN = "taken"
    REFUSED = "refused"
    """By a rule: the problems name rule ids."""
    QUARANTINED = "quarantined"
    """Not readable or not mappable: the problems name FHIRPaths."""
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """One problem of one inbox entry: safe texts only."""

    path: str
    rule: str
    text_pl: str
    text_en: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """One received version of one resource."""

    id: int
    facility: str
    received: Received
    received_at: datetime
    state: InboxState
    problems: tuple[StoredProblem, ...] = ()


class Inbox(Protocol):
    """What came from EHRs, raw, once per version."""

    def put(self, facility: str, received: Received, at: datetime) -> int | None:
        """Store; returns the id, or None when this version is already there."""

    def take(self, facility: str, resource_type: str, limit: int) -> Sequence[InboxEntry]:
        """Up to ``limit`` new entries of a type, oldest first, locked until the transaction ends."""

    def settle(self, entry_id: int, state: InboxState, problems: Sequence[StoredProblem] = ()) -> None:
        """Record what became of an entry.

        ``raw`` is sealed at rest. A taken or superseded ServiceRequest loses it: it may hold an access code.
        """

    def get(self, entry_id: int) -> InboxEntry | None:
        """One entry."""

    def find(
        self, *, facility: str | None = None, states: Sequence[InboxState] = (), limit: int = 100
    ) -> Sequence[InboxEntry]:
        """Entries, newest first."""

    def replay(self, entry_id: int) -> None:
        """Make an entry new again (a mapping was mended, a rule's facts changed)."""

    def refusals_by_rule(self, facility: str) -> Mapping[str, int]:
        """How many entries each rule refused."""


@dataclass(frozen=True, slots=True)
class BlockProof:
    """The history of one block: asked, answered, proven by read-back (discrepancies.md, Evidence)."""

    slot_id: str
    message_id: str
    asked_at: datetime
    answered_at: datetime | None = None
    result_code: str = ""
    proven_at: datetime | None = None
    """The authority's clock in the read-back that showed the block; ours when it gave none."""
    clock_offset_seconds: float | None = None
    listing_digest: str = ""


@dataclass(frozen=True, slots=True)
class ReferralRecord:
    """A referral with what we know and did about it in P1. ``referral.access`` is sealed at rest."""

    referral: Referral
    state: ReferralState | None = None
    number: ReferralNumber | None = None
    held: bool = False
    """Whether we accepted it and did not give it back or finish it."""


class Calendar(Protocol):
    """The hospital's side of the calendar, as last taken from the EHR, and CeR's as last read."""

    def put_schedule(self, facility: str, schedule: Schedule, *, in_scope: bool) -> None:
        """Insert or replace."""

    def schedule(self, facility: str, schedule_id: str) -> Schedule | None:
        """One schedule."""

    def schedules(self, facility: str, *, in_scope: bool = True) -> Sequence[Schedule]:
        """All schedules, by id."""

    def put_slot(self, facility: str, slot: Slot) -> None:
        """Insert or replace."""

    def put_slots(self, facility: str, slots: Sequence[Slot]) -> None:
        """Insert or replace many in few statements; of two with one id the last counts."""

    def slot(self, facility: str, slot_id: str) -> Slot | None:
        """One slot."""

    def slots(self, facility: str, schedule_id: str, day: date) -> Sequence[Slot]:
        """Slots of a schedule that start on a Warsaw day, by start."""

    def put_visit(self, facility: str, visit: Visit) -> None:
        """Insert or replace; the previous state is kept in the history."""

    def visit(self, facility: str, visit_id: str) -> Visit | None:
        """One visit."""

    def visits_on(self, facility: str, slot_id: str) -> Sequence[Visit]:
        """Visits that refer to a slot, any state."""

    def put_patient(self, facility: str, patient: Patient) -> None:
        """Insert or replace, sealed."""

    def patient(self, facility: str, patient_id: str) -> Patient | None:
        """One patient, unsealed."""

    def patient_by_identifier(self, facility: str, identifier_digest: str) -> str | None:
        """The EHR id of the patient whose identifier has this keyed digest, None if none is known."""

    def identifier_digest(self, identifier: PersonIdentifier) -> str:
        """Keyed digest (HMAC-SHA256 with the installation's key) under which a person is looked up."""

    def put_referral(self, facility: str, record: ReferralRecord) -> None:
        """Insert or replace, key or access code sealed. The use case drops a code as soon as it was used."""

    def referral(self, facility: str, referral_id: str) -> ReferralRecord | None:
        """One referral."""

    def put_block(self, facility: str, proof: BlockProof) -> None:
        """Insert or replace the history of a slot's block."""

    def block(self, facility: str, slot_id: str) -> BlockProof | None:
        """The history of the block that stands on a slot, None if none was asked for."""

    def clear_block(self, facility: str, slot_id: str) -> None:
        """The hospital opened the slot again: the history is archived."""

    def unproven_blocks(self, facility: str) -> Sequence[tuple[str, str, date]]:
        """(slot id, schedule id, Warsaw day) of blocks that were answered but not yet proven."""


class Links(Protocol):
    """Their id <-> ours."""

    def put(self, facility: str, kind: str, ours: str, theirs: str) -> None:
        """``kind`` is ``slot``, ``visit``, ``waiting-entry``, ``visit-ended``. Raises Refused when either side is linked elsewhere."""

    def theirs(self, facility: str, kind: str, ours: str) -> str | None:
        """CeR's id."""

    def ours(self, facility: str, kind: str, theirs: str) -> str | None:
        """The EHR's id."""

    def drop(self, facility: str, kind: str, ours: str) -> None:
        """Forget a link (the slot was deleted in CeR)."""


class Differences(Protocol):
    """Comparison of both sides (D9) and the list of discrepancies."""

    def load_listing(self, facility: str, schedule_id: str, day: date, listing: SlotListing) -> bool:
        """Replace CeR's view of one (schedule, day) by COPY; False when the digest says nothing changed."""

    def load_listings(self, facility: str, listings: Iterable[tuple[str, date, SlotListing]]) -> int:
        """The same for many (schedule id, Warsaw day, list), streamed; returns how many changed."""

    def compare(self, facility: str, schedule_id: str | None, first: date, last: date) -> Iterator[SlotPair]:
        """Full join of both sides for the days given: only the pairs that differ or carry visits to judge."""

    def record(self, facility: str, found: Sequence[Discrepancy], at: datetime) -> None:
        """Insert new ones, move ``last_seen`` of known ones."""

    def close_missing(self, facility: str, schedule_id: str | None, first: date, last: date, at: datetime) -> int:
        """Those of the days given that were not seen at ``at`` closed by themselves; returns how many."""

    def find(
        self,
        *,
        facility: str | None = None,
        first: date | None = None,
        last: date | None = None,
        states: Sequence[str] = (),
        classes: Sequence[str] = (),
        limit: int = 1000,
    ) -> Sequence[StoredDiscrepancy]:
        """Stored discrepancies by day and id."""

    def get(self, discrepancy_id: int) -> StoredDiscrepancy | None:
        """One of them."""

    def mark(self, discrepancy_id: int, state: str, who: str, note: str, at: datetime) -> None:
        """acknowledged, remedied, reported or closed, with who did it."""


@dataclass(frozen=True, slots=True)
class StoredDiscrepancy:
    """A discrepancy with its life: first and last seen, state, what was done."""

    id: int
    facility: str
    found: Discrepancy
    first_seen: datetime
    last_seen: datetime
    state: str
    history: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the audit: who did what to which subject, under which ids. Safe texts only."""

    at: datetime
    actor: str
    """``person:NAME-OF-ACCOUNT``, ``system:EHR-ID`` or ``job:TASK``."""
    action: str
    facility: str
    subject: str
    correlation_id: str
    detail: Mapping[str, object] = field(default_factory=dict)


class Audit(Protocol):
    """Append-only, hash-chained."""

    def write(self, *records: AuditRecord) -> None:
        """Append; the chain's hashes are added by the store."""

    def verify(self) -> str | None:
        """None when the chain is whole, else what is wrong and where."""

    def find(self, *, correlation_id: str | None = None, limit: int = 100) -> Sequence[AuditRecord]:
        """Records, newest first."""


class Cursors(Protocol):
    """Where polling stands."""

    def get(self, facility: str, name: str) -> str:
        """The cursor, empty when there is none."""

    def set(self, facility: str, name: str, value: str) -> None:
        """Keep it."""


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
    def differences(self) -> Differences:
        """Comparison and discrepancies."""

    @property
    def audit(self) -> Audit:
        """Who did what."""

    @property
    def cursors(self) -> Cursors:
        """Where polling stands."""

    def commit(self) -> None:
        """Keep everything done so far. Without it the end of the block rolls back."""


class Store(Protocol):
    """The database behind the use cases."""

    def unit_of_work(self) -> AbstractContextManager[UnitOfWork]:
        """A new transaction."""

    def worker(self) -> AbstractContextManager[int]:
        """A worker's lease: an id whose messages are recovered as soon as its process is gone."""
