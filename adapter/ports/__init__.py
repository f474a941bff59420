"""What use cases ask of the edges.

``Registry`` is CeR, ``Referrals`` is P1, ``Hospital`` is the EHR, ``Clock`` the time. Every call to
an authority takes a :class:`CallContext` and may raise the four kinds of :mod:`adapter.errors`:

* ``Rejected``: the authority considered the request and said no;
* ``Unavailable``: nothing happened there (a read may raise it for anything transient);
* ``InDoubt``: a *write* whose answer was lost or cannot be trusted;
* ``Misconfigured``: certificates, call context or contract are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from adapter.domain.identifiers import CellCode, PersonIdentifier, ReferralAccess, ReferralKey, ReferralNumber
from adapter.domain.national import (
    SlotEdit,
    SlotListing,
    SlotOffer,
    SlotReceipt,
    VisitChanges,
    VisitOrder,
    VisitReceipt,
    WaitingRoomEntry,
    WaitingRoomOrder,
)
from adapter.domain.referral import (
    DateWindow,
    IssueReceipt,
    Payer,
    ReferralReading,
    ReferralState,
    SearchAnswer,
    Verification,
)


class Clock(Protocol):
    """The time. Tests hold it."""

    def now(self) -> datetime:
        """The present instant, aware and UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """For whom and under which ids a call to an authority is made.

    ``facility`` is our facility id; the edge knows its certificates, OIDs and role.
    ``correlation_id`` follows one piece of work everywhere; ``message_id`` is new for every try.
    ``cell`` is the cell that the work is about, None when it is about the whole facility; ``user`` names a
    member of staff in the facility's settings, empty for whoever speaks for the facility (or the cell).
    ``messages`` are the ids of the outbox messages that the call carries or asks about.
    """

    facility: str
    correlation_id: str
    message_id: str
    cell: CellCode | None = None
    user: str = ""
    messages: tuple[int, ...] = ()


class Registry(Protocol):
    """CeR, the central e-registration (verbs ours; names in ``mappings/bindings/cer.csv``)."""

    def list_slots(self, context: CallContext, schedule: str, day: date) -> SlotListing:
        """All slots of one schedule (our schedule id) that start on a Warsaw ``day``."""

    def put_slots(self, context: CallContext, offers: Sequence[SlotOffer]) -> Sequence[SlotReceipt]:
        """Make slots known; one receipt for each offer, in order. At most the configured batch."""

    def edit_slot(self, context: CallContext, edit: SlotEdit) -> str:
        """Change a slot's state, kind or times; returns the result code."""

    def delete_slot(self, context: CallContext, slot_id: str) -> str:
        """Delete a slot that has no visit; returns the result code."""

    def save_visit(self, context: CallContext, order: VisitOrder) -> VisitReceipt:
        """Save a visit on a slot."""

    def move_visit(self, context: CallContext, visit_id: str, slot_id: str) -> VisitReceipt:
        """Move a visit to another slot."""

    def cancel_visit(self, context: CallContext, visit_id: str, reason: str) -> VisitReceipt:
        """Cancel a visit; ``reason`` is a code of ``mappings/cancellation_reasons.csv``."""

    def record_attendance(self, context: CallContext, visit_id: str, served: bool) -> VisitReceipt:
        """Say that the patient was served, or did not come."""

    def visit_changes(self, context: CallContext, cursor: str) -> VisitChanges:
        """Changes of visits since ``cursor`` (empty: from the beginning), oldest first."""

    def join_waiting_room(self, context: CallContext, order: WaitingRoomOrder) -> WaitingRoomEntry:
        """Put a person in the waiting room."""

    def leave_waiting_room(self, context: CallContext, entry_id: str, reason: str) -> WaitingRoomEntry:
        """Take an entry out of the waiting room."""

    def read_waiting_room(self, context: CallContext, reference: str) -> WaitingRoomEntry | None:
        """The entry saved under our ``reference``, None if there is none."""


class Referrals(Protocol):
    """P1's e-referral service (verbs ours; names in ``mappings/bindings/p1.csv``)."""

    def read_to_accept(self, context: CallContext, access: ReferralAccess) -> ReferralReading:
        """Read with the patient's key, or code and identifier. Only an issued referral is readable so."""

    def read_by_number(self, context: CallContext, number: ReferralNumber) -> ReferralReading:
        """Read a referral issued or realised by this facility, in any state."""

    def accept(
        self,
        context: CallContext,
        key: ReferralKey,
        payer: Payer,
        *,
        visit_at: datetime | None = None,
        comment: str = "",
    ) -> str:
        """Accept for realisation; returns the result code."""

    def refuse(self, context: CallContext, key: ReferralKey, comment: str) -> str:
        """Refuse to accept; the comment says why and has at least 5 characters."""

    def give_back(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        """Give the referral back: it becomes usable again."""

    def report_missing_documents(self, context: CallContext, number: ReferralNumber, comment: str) -> str:
        """Add a comment on missing documents; the state stays."""

    def finish(self, context: CallContext, number: ReferralNumber, *, comment: str = "", payer_id: str = "") -> str:
        """Say that the service was given; ``payer_id`` is the code of the NFZ branch that pays, if one does."""

    def save(self, context: CallContext, document: bytes) -> IssueReceipt:
        """Issue a referral: save its signed CDA. A document that broke rules is told, not raised."""

    def annul(self, context: CallContext, number: ReferralNumber, document: bytes) -> Verification:
        """Annul an issued referral of this facility with the signed CDA of its annulment; told as for ``save``."""

    def verify(self, context: CallContext, document: bytes) -> Verification:
        """What the rules would say if the document were saved; nothing is kept there."""

    def search_issued(
        self, context: CallContext, window: DateWindow, state: ReferralState | None = None
    ) -> SearchAnswer:
        """This facility's own referrals by day of issue: one question, all hits or too many."""

    def search_person(
        self, context: CallContext, person: PersonIdentifier, window: DateWindow, state: ReferralState | None = None
    ) -> SearchAnswer:
        """A person's referrals as far as this facility may see them: one question, all hits or too many."""


@dataclass(frozen=True, slots=True)
class Received:
    """One resource as it came from an EHR, before anyone read it.

    ``source`` names where it stood (URL or file and entry number), never a person. ``version`` is
    meta.versionId or the body's digest where the EHR gives none; ``raw`` the received bytes.
    """

    source: str
    resource_type: str
    resource_id: str
    version: str
    raw: bytes = field(repr=False)
    last_updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """What an EHR had to say since a cursor; ``cursor`` is kept only after all of it is stored."""

    resources: tuple[Received, ...]
    cursor: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class WriteBack:
    """A change to be made in the EHR on one resource.

    ``identifiers`` are (system, value) pairs to be present, ``status`` the new status or None,
    ``elements`` top-level FHIR elements to be set as given (None removes one). With ``body`` set,
    a resource is created, unless one with the identifier ``if_none_exist`` (``system|value``) is
    there already: then that one is the answer.
    """

    resource_type: str
    resource_id: str | None
    identifiers: tuple[tuple[str, str], ...] = ()
    status: str | None = None
    elements: Mapping[str, object] = field(default_factory=dict, repr=False)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    if_none_exist: str = ""


class Hospital(Protocol):
    """An EHR with a FHIR R4/R4B face, or a folder of its exports."""

    def changes(
        self, facility: str, resource_type: str, cursor: str, since: datetime | None = None
    ) -> Iterator[ReceivedPage]:
        """What changed since ``cursor``, page by page, oldest first.

        With an empty cursor: everything, or what changed after ``since`` where the EHR can tell; more may come.
        """

    def read(self, facility: str, resource_type: str, resource_id: str) -> Received | None:
        """One resource as it is now, None if there is none."""

    def find(self, facility: str, resource_type: str, system: str, value: str) -> Received | None:
        """The one resource with this identifier, None if there is none (a create is asked about with it)."""

    def write_back(self, facility: str, change: WriteBack) -> Received:
        """Make the change with If-Match, re-reading and trying again when another version came first.

        Raises:
            Rejected: the EHR refuses the change. Unavailable: it cannot be reached.
            InDoubt: it was sent and no answer came.
        """
