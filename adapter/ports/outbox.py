"""What use cases ask of the outbox: national writes and write-backs on their way out (D3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

NOTHING: Mapping[str, object] = {}
"""A payload that says nothing."""


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
    REFUSE_REFERRAL = "refuse-referral"
    REPORT_MISSING_DOCUMENTS = "report-missing-documents"
    SAVE_REFERRAL = "save-referral"
    ANNUL_REFERRAL = "annul-referral"
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


class NewMessage(NamedTuple):
    """A message for the outbox.

    ``subjects`` order it: a message goes only when no earlier unfinished message shares a subject
    (``slot:S1``, ``visit:A1``, ``patient:P1``, ``referral:R1``). ``after`` is the id of a message whose refusal
    refuses this one too; it waits for that one unless its destination is out of reach (law.md R-07).
    """

    facility: str
    destination: Destination
    action: Action
    subjects: tuple[str, ...]
    correlation_id: str
    payload: Mapping[str, object] = NOTHING
    sealed: Mapping[str, object] | None = None
    after: int | None = None

    def __repr__(self) -> str:
        return f"NewMessage({self.facility}, {self.action}, {self.subjects})"


class Message(NamedTuple):
    """An outbox message as stored. ``message_id`` is new for every try; ``attempts`` counts tries.

    ``result_code`` of one that is not settled names the row of the retry table that put it where it is
    (``http 503``). ``stopped``: its tries are used up; it keeps its place in its lines until a person acts.
    """

    id: int
    facility: str
    destination: Destination
    action: Action
    subjects: tuple[str, ...]
    correlation_id: str
    message_id: str
    payload: Mapping[str, object]
    sealed: Mapping[str, object] | None
    state: MessageState
    attempts: int
    created_at: datetime
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    result_code: str = ""
    problem: str = ""
    after: int | None = None
    stopped: bool = False

    def __repr__(self) -> str:
        return f"Message({self.id}, {self.facility}, {self.action}, {self.subjects}, {self.state})"


@dataclass(frozen=True, slots=True)
class Rest:
    """A destination that is left alone ``until`` then, because of ``problem``, after so many ``failures`` in a row."""

    until: datetime
    failures: int
    problem: str


class Settlement(NamedTuple):
    """How one try of a message ended.

    ``state`` DELIVERED and REFUSED are final and erase ``sealed``; WAITING returns it to its line,
    due at ``not_before``; IN_DOUBT holds its subjects until it is asked about at ``not_before``.
    ``problem`` is safe text. ``stopped``: nobody tries again before a person puts it back. ``sent`` is
    False for one that was claimed and put off: that was no try.
    """

    message: Message
    state: MessageState
    at: datetime
    result_code: str = ""
    problem: str = ""
    not_before: datetime | None = None
    stopped: bool = False
    sent: bool = True


class Outbox(Protocol):
    """National writes and write-backs on their way out (D3)."""

    def add(self, message: NewMessage) -> int:
        """Append; defers the delivery job in this transaction; returns the id."""

    def add_all(self, messages: Sequence[NewMessage]) -> Sequence[int]:
        """Append many in few statements, in order; returns their ids."""

    def claim(
        self, worker: int, now: datetime, limit: int, *, facility: str | None = None, national_only: bool = False
    ) -> Sequence[Message]:
        """Take up to ``limit`` deliverable messages and mark them SENDING: for CeR and P1 first, then oldest first.

        Few write-backs are taken at a time, for they go out one by one; fewer beside what goes to CeR and P1, none
        with ``national_only``. Skips locked rows, subjects with an earlier unfinished message, messages not due,
        messages whose ``after`` is undecided, and destinations under a pause. Commit before sending.
        """

    def doubts_due(self, now: datetime, limit: int, *, facility: str | None = None) -> Sequence[Message]:
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

    def resting(self, facility: str, destination: Destination) -> Rest | None:
        """The last rest of a destination since it answered, over or not; None when it answered last."""

    def rests(self) -> Mapping[tuple[str, Destination], Rest]:
        """The last rest of every destination that has not answered since, by facility."""

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
        stopped: bool = False,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Messages, newest first; with ``stopped`` only those whose tries are used up."""

    def unfinished(self, facility: str, subjects: Sequence[str], actions: Sequence[Action]) -> Mapping[str, Action]:
        """The action of the last unfinished message of these kinds on each subject that has one."""

    def counts(self, facility: str | None = None) -> Mapping[tuple[Destination, Action, MessageState], int]:
        """How many messages there are of each kind and state."""

    def retry(self, message_id: int, who: str, reason: str) -> None:
        """A person puts a refused or stopped message back in its line; its tries are counted anew.

        One that is in doubt stays in doubt and is asked about at once. Raises Refused when it is neither.
        """

    def drop(self, message_id: int, who: str, reason: str) -> None:
        """A person gives up a waiting or in-doubt message; it stays as evidence."""
