"""What use cases ask of the book of notices: what patients are to be told, and whether they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from adapter.domain.term import Term


class NoticeKind(StrEnum):
    """Why a patient is told something."""

    ENTERED = "entered"
    """D-05: category, criterion and term, with the note on the Fund (N-05)."""
    TERM_CHANGED = "term-changed"
    """M-06, N-01, N-02: the new term and the cause."""
    EARLIER_OFFER = "earlier-offer"
    """N-03: a freed date."""
    HEALTH = "health"
    """M-05: brought forward because of worse health."""
    REINSTATED = "reinstated"
    """E-06."""
    CONTRACT_ENDS = "contract-ends"
    """E-03: the certificate with the report date goes with it."""


class NoticeState(StrEnum):
    """What became of a notice."""

    DUE = "due"
    """To be sent now."""
    BATCHED = "batched"
    """May wait for the quarterly batch (N-02)."""
    SENT = "sent"
    ANSWERED = "answered"
    VOID = "void"
    """Nobody is to be told any more (X-07, or the entry ended)."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to be sent.

    ``cause`` is a code of ``mappings/term_change_reasons.csv``: the patient is told its title. ``offered`` is the
    freed date, ``before`` the term that the patient knows, ``after`` the one that he is told.

    ``send_by`` is the last Warsaw day by which it goes out.
    """

    entry_id: str
    kind: NoticeKind
    cause: str = ""
    before: Term | None = None
    after: Term | None = None
    offered: date | None = None
    send_by: date | None = None
    state: NoticeState = NoticeState.DUE


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice in the book. ``answer``: accepted, declined or no_contact (N-04)."""

    id: int
    facility: str
    notice: NewNotice
    made_at: datetime
    sent_at: datetime | None = None
    sent_by: str = ""
    channels: tuple[str, ...] = ()
    """How the patient was told: phone, sms, e-mail, letter, in-person, portal."""
    answered_at: datetime | None = None
    answer: str = ""


class Notices(Protocol):
    """The book of notices of a facility."""

    def add(self, facility: str, notices: Sequence[NewNotice]) -> Sequence[int]:
        """Write notices down; their ids."""

    def notice(self, facility: str, notice_id: int) -> StoredNotice | None:
        """One notice. Its entry is held before anything is done to it."""

    def listed(
        self,
        facility: str,
        *,
        states: Sequence[NoticeState] = (NoticeState.DUE,),
        kinds: Sequence[NoticeKind] = (),
        entry_id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[StoredNotice]:
        """Notices, those to be sent first at the top; with no states or kinds those of all."""

    def sent(self, facility: str, notice_id: int, by: str, channels: Sequence[str]) -> None:
        """The patient was told.

        Raises:
            BadInput: there is no such notice. Refused: it went out already, or nobody is to be told any more.
        """

    def answered(self, facility: str, notice_id: int, answer: str) -> None:
        """The patient answered an offer, or could not be reached; also by telephone, before anything was sent.

        Raises:
            BadInput: there is no such notice. Refused: it was answered already, or is void.
        """

    def due(self, facility: str, notice_id: int) -> None:
        """A batched notice goes out now.

        Raises:
            BadInput: there is no such notice. Refused: it went out already, or nobody is to be told any more.
        """

    def withdrawn(self, facility: str, notice_id: int) -> None:
        """A notice that has not gone out is not to be told any more.

        Raises:
            BadInput: there is no such notice. Refused: it went out already, or nobody is to be told any more.
        """

    def void(self, facility: str, entry_id: str, *, kinds: Sequence[NoticeKind] = ()) -> int:
        """Nobody is to be told of this entry any more (X-07); how many notices it ended (due and batched ones).

        ``kinds``: only notices of these kinds, because a newer one says it all; all when empty.
        """

    def last_sent(self, facility: str, entry_id: str, kind: NoticeKind) -> datetime | None:
        """When a notice of this kind last went out for an entry (N-02)."""
