"""One schedule's slots of one Warsaw day, however many pages CeR tells them on.

The day is asked for as a day, or as the window from its first instant to the next day's first (23 to 25
hours); a page by the token of the page before, or by its number (from 1 or from 0): whichever the binding
has. The last page is the one without a token, the one that says so, the one with the last number,
or, if the contract says nothing of the kind, the first page that is empty.

A list is believed only as a whole: a page that does not come makes the list not come. A list that changes
while it is told may name a slot twice: the later word counts. Source: cer.md 2.3 (INFERRED), 7.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import uuid4

from adapter.domain.moments import day_bounds
from adapter.domain.national import NationalSlot, SlotListing, UnreadableRow
from adapter.errors import AdapterError, Misconfigured
from adapter.ports import CallContext
from adapter.soap import cer_reading
from adapter.soap.binding import BoundContract
from adapter.soap.dialogue import Dialogue, Told, correlated, unreadable
from adapter.soap.reading import UnreadableReply

PAGES_MAX = 200
"""Pages of one day's list; a list that goes on longer goes in circles."""
PAGE_SIZE = 1000
"""Slots asked for on a page, where a contract lets us ask."""
VERB = "list_slots"


@dataclass(slots=True)
class _Gathered:
    """What the pages said so far: slots by id, rows that could not be read, tokens that were followed."""

    slots: dict[str, NationalSlot] = field(default_factory=dict)
    unread: list[UnreadableRow] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)


def require_days(contract: BoundContract) -> None:
    """Return when a list can be asked for by day. Raises Misconfigured."""
    bound = contract[VERB].fields
    if "day" not in bound and not {"from", "until"} <= bound:
        raise Misconfigured(
            "the binding of list_slots has neither day, nor from and until",
            setting="bindings/cer.csv",
            code="DAY_UNBOUND",
        )


def whole_list(dialogue: Dialogue, context: CallContext, schedule: str, day: date) -> SlotListing:
    """The list; ``fetched_at`` and ``server_time`` are those of its last page.

    ``digest`` is that of the answer, or of the digests of all pages in order.

    Raises:
        Rejected, Misconfigured: as the authority says. Unavailable: a page did not come, a token or a
            page came twice, or there are more than ``PAGES_MAX`` (``REPLY_UNREADABLE``).
    """
    bound = dialogue.contract[VERB].fields
    first, last = day_bounds(day)
    token, found = "", _Gathered()
    for number in range(1, PAGES_MAX + 1):
        call = context if number == 1 else replace(context, message_id=str(uuid4()))
        asked: dict[str, object] = {
            **{"schedule": schedule, "day": day, "from": first, "until": last},
            **{"page": number, "page_index": number - 1, "page_size": PAGE_SIZE, "page_token": token or None},
        }
        told = dialogue.ask(call, VERB, asked)
        with correlated(call):
            token = _take(found, told, schedule, number)
            if _was_last(told, token, number, bound):
                return _listing(found, told, None if "day" in bound else (first, last))
            if token in found.tokens:
                raise _circles("a page token comes again")
            if token:
                found.tokens.add(token)
    with correlated(context):
        raise _circles(f"more than {PAGES_MAX} pages")


def _circles(why: str) -> AdapterError:
    return unreadable(VERB, UnreadableReply(f"the list goes in circles: {why}"), write=False)


def _take(found: _Gathered, told: Told, schedule: str, number: int) -> str:
    """Add a page to what is gathered; returns the token of the next one, empty when it names none."""
    slots, unread = cer_reading.slots_of(told, schedule)
    if number > 1 and slots and all(found.slots.get(slot.id) == slot for slot in slots):
        raise _circles("a page comes again")
    found.slots.update({slot.id: slot for slot in slots})
    found.unread += [
        UnreadableRow(f"page {number}, {row.position}" if number > 1 else row.position, row.problem) for row in unread
    ]
    found.digests.append(told.answer.digest)
    return str(told.reading.values.get("next_page_token") or "")


def _was_last(told: Told, token: str, number: int, bound: frozenset[str]) -> bool:
    values = told.reading.values
    if "page_token" in bound:
        return not token
    if not {"page", "page_index"} & bound:
        return True
    if "more" in values:
        return not values["more"]
    if "pages" in values:
        return number >= int(values["pages"])
    return not values.get("slots")


def _listing(found: _Gathered, told: Told, window: tuple[datetime, datetime] | None) -> SlotListing:
    """All pages as one list. Asked for by a window, a slot that starts outside it stands in another day's list."""
    slots = tuple(found.slots.values())
    total = told.reading.values.get("total")
    if total is not None and int(total) != len(slots) + len(found.unread):
        why = f"the list says that it has {int(total)} slots, and told {len(slots) + len(found.unread)}"
        found.unread.append(UnreadableRow("the whole list", why))
    if window is not None:
        slots = tuple(slot for slot in slots if window[0] <= slot.starts < window[1])
    digest = found.digests[0]
    if len(found.digests) > 1:
        digest = hashlib.sha256("\n".join(found.digests).encode()).hexdigest()
    return SlotListing(
        slots=slots,
        fetched_at=told.at,
        digest=digest,
        server_time=told.reading.values.get("server_time"),
        unreadable=tuple(found.unread),
    )
