"""Search for referrals over many days: narrow by itself when P1 finds too many to list.

    window --ask--> hits                         kept
           --ask--> too many, several days       both halves are asked, the older first
           --ask--> too many, one day            that day is refused by name

P1 lists nothing when it finds too many (p1.md 3.1), so a window is asked again only in halves that share no
day: each referral is found once, by the day it was issued on. A day that cannot be listed is told, and the
other days are not lost with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from adapter.domain.identifiers import PersonIdentifier, ReferralNumber
from adapter.domain.referral import DateWindow, FoundReferral, ReferralState, SearchAnswer
from adapter.errors import BadInput, Refused
from adapter.ports import CallContext
from adapter.ports.store import AuditRecord
from adapter.services.equipment import Equipment

DAYS_MAX = 3660
"""Longest window of one search: ten years."""
QUESTIONS_MAX = 1000
"""Questions that one search may put to P1."""

Ask = Callable[[DateWindow], SearchAnswer]


@dataclass(slots=True)
class Search:
    """What a search found, by day of issue, and what it could not: days refused, hits that could not be read."""

    window: DateWindow
    found: list[FoundReferral] = field(default_factory=list)
    days_refused: list[date] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    questions: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything in the window was listed and read."""
        return not self.days_refused and not self.unreadable


def search_issued(
    eq: Equipment, facility: str, window: DateWindow, *, who: str, state: ReferralState | None = None
) -> Search:
    """A facility's own referrals.

    Raises:
        BadInput: the window is too long. Refused: too many questions. Unavailable, Misconfigured: as P1 answers.
    """
    context = CallContext(facility, str(uuid4()), str(uuid4()))
    found = narrowed(lambda days: eq.referrals.search_issued(_again(context), days, state), window)
    _audit(eq, context, who, "search-issued-referrals", found)
    return found


def search_person(
    eq: Equipment,
    facility: str,
    person: PersonIdentifier,
    window: DateWindow,
    *,
    who: str,
    state: ReferralState | None = None,
) -> Search:
    """A person's referrals, as far as the facility may see them; raises as :func:`search_issued`."""
    context = CallContext(facility, str(uuid4()), str(uuid4()))
    found = narrowed(lambda days: eq.referrals.search_person(_again(context), person, days, state), window)
    _audit(eq, context, who, "search-patients-referrals", found)
    return found


def narrowed(ask: Ask, window: DateWindow) -> Search:
    """Ask for a window, and for its halves wherever there are too many to list.

    Raises:
        BadInput: the window is longer than ``DAYS_MAX``. Refused: ``QUESTIONS_MAX`` questions were not enough.
    """
    if window.days > DAYS_MAX:
        raise BadInput(f"a search is over {DAYS_MAX} days at most", field="window", code="SEARCH_TOO_LONG")
    search, waiting = Search(window), [window]
    seen: set[ReferralNumber] = set()
    while waiting:
        part = waiting.pop()
        if search.questions == QUESTIONS_MAX:
            raise Refused(
                f"{QUESTIONS_MAX} questions were not enough; search from {part.since} on separately",
                code="SEARCH_TOO_WIDE",
            )
        search.questions += 1
        answer = ask(part)
        if answer.too_many and part.days > 1:
            waiting.extend(reversed(part.halves()))
        elif answer.too_many:
            search.days_refused.append(part.since)
        else:
            search.found += (hit for hit in answer.found if hit.number not in seen)
            seen.update(hit.number for hit in answer.found)
            search.unreadable += answer.unreadable
    search.found.sort(key=lambda hit: (hit.issued_on, hit.number.root, hit.number.extension))
    return search


def _again(context: CallContext) -> CallContext:
    """The same piece of work, another message."""
    return CallContext(context.facility, context.correlation_id, str(uuid4()))


def _audit(eq: Equipment, context: CallContext, who: str, action: str, search: Search) -> None:
    with eq.store.unit_of_work() as work:
        work.audit.write(
            AuditRecord(
                at=eq.clock.now(),
                actor=who,
                action=action,
                facility=context.facility,
                subject=f"referrals:{search.window.since.isoformat()}/{search.window.until.isoformat()}",
                correlation_id=context.correlation_id,
                detail={
                    "found": len(search.found),
                    "questions": search.questions,
                    "days_refused": [day.isoformat() for day in search.days_refused],
                    "unreadable": len(search.unreadable),
                },
            )
        )
        work.commit()
