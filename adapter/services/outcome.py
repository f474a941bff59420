"""How one try to send a message ended, before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from adapter.domain.referral import ReferralReading
from adapter.ports import Received
from adapter.ports.outbox import NOTHING

NOT_NEEDED = "not-needed"
"""Result of a message that was left out: the other side need not hear of it any more."""


class Done(NamedTuple):
    """The other side did it.

    ``national_id`` is the id it gave (slot, visit, waiting entry), ``received`` the EHR's resource
    after a write-back, ``reading`` what P1 answered when a referral was read, ``sent`` the values
    that went out and matter as evidence. ``sent_at``/``answered_at`` are our clock.
    """

    result_code: str = ""
    national_id: str | None = None
    received: Received | None = None
    reading: ReferralReading | None = None
    sent: Mapping[str, object] = NOTHING
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    note: str = ""
    """What whoever asked should see although it was done: warnings of P1's rules, by code. Safe text."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The other side considered it and said no, or it cannot be sent as it is."""

    problem: str
    result_code: str = ""
    told: str = ""
    """Who is told, by the retry table."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The answer to a batch does not say what became of this one: it is read back before anything else."""

    problem: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """It was claimed and not sent: its destination had begun to rest. That was no try."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Its tries are used up: it keeps its place until a person acts.

    It has not happened; or, ``in_doubt``, the question whether it has was refused.
    """

    problem: str
    result_code: str = ""
    told: str = ""
    in_doubt: bool = False
