"""What the questions about an entry need beside the entry: the time, its list, the person's other entries, tables.

All of it is brought by whoever asks; rules fetch nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry
from adapter.domain.rules.changes import TermReason
from adapter.domain.rules.duplicates import KnownEntry
from adapter.domain.rules.entitled import Right
from adapter.domain.rules.removal import RemovalReason
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings


@dataclass(frozen=True, slots=True)
class EntryContext:
    """The surroundings of one entry at ``now`` (aware).

    ``waiting``: those who wait on its list. ``known``: other entries of the person, ours and those that AP-KOLCE, CeR
    and P1 told of; ``provider`` is ours. ``waiting_room``: it goes to CeR's waiting room. ``free_today``: there is a
    free term on the day of report, ``not_today`` why it was not given. ``order_reason``, ``override``: reason code of
    a term out of order (G-05), justification of another category (C-02). ``from_service_abroad``: V-12.
    ``e_referral_service``: R-11. ``number_to_come``: P1 tells the referral's number when it accepts it (R-14). Tables:
    ``rights`` by code, ``term_reasons``, ``removal_reasons`` by our code, ``dilo_stages`` the codes of the stages.
    """

    now: datetime
    waiting: tuple[Entry, ...] = ()
    known: tuple[KnownEntry, ...] = ()
    provider: str = ""
    waiting_room: bool = False
    free_today: bool = False
    not_today: str = ""
    order_reason: str = ""
    override: str = ""
    from_service_abroad: bool = False
    e_referral_service: bool = True
    number_to_come: bool = False
    rights: Mapping[str, Right] = field(default_factory=dict)
    term_reasons: Mapping[str, TermReason] = field(default_factory=dict)
    removal_reasons: Mapping[str, RemovalReason] = field(default_factory=dict)
    dilo_stages: frozenset[str] = frozenset()
    impressions_on: date | None = None
    settled_on: date | None = None
    settings: RuleSettings = DEFAULT_SETTINGS

    @property
    def today(self) -> date:
        """The Warsaw day of the judgement."""
        return warsaw_day(self.now)
