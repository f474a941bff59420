"""Write down that a patient is to be told something, in the transaction that makes it true.

    entered          D-05: category, criterion and term, on the day of the entry
    term changed     N-01, M-05, M-06: today; N-02: a far date moved by the provider may wait for the batch
    reinstated       E-06: today
    earlier offer    N-03: today, who is next for a freed date
    contract ends    E-03: today, with the certificate of the report date

A change that comes before the last one was told takes its place: the patient hears once, from the term that he knows
to the one that counts. Nobody who died is told anything (X-07). Sending is not ours: a person or the EHR tells the
patient and says so (``adapter/services/notices/answer_notice.py``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry, TermChange, TermChangeCause
from adapter.domain.rules import changes, notices
from adapter.domain.rules.patient_view import entry_notice
from adapter.domain.rules.removal import may_be_told
from adapter.domain.rules.terms import refines
from adapter.domain.rules.verdict import Verdict
from adapter.ports.notices import NewNotice, NoticeKind, NoticeState, StoredNotice
from adapter.ports.register import StoredEntry
from adapter.services.desk import Desk
from adapter.services.refusal import must_be_allowed

SERVED_AT_ONCE = frozenset({Category.SAME_DAY, Category.EMERGENCY})
"""Served on the day of the report: there is no date to tell."""
UNSENT = (NoticeState.DUE, NoticeState.BATCHED)
CHANGED = frozenset({NoticeKind.TERM_CHANGED, NoticeKind.HEALTH})
"""Kinds of a notice of another term."""


def tell_entered(desk: Desk, stored: StoredEntry) -> int | None:
    """D-05: the patient is told category, criterion and term, today. The notice's id; None when nobody is told.

    Who is served on the day of the report (categories 1 and 6) has no date to be told.
    """
    told = entry_notice(stored.entry)
    if told is None or told.category in SERVED_AT_ONCE:
        return None
    return _add(
        desk, NewNotice(stored.entry.id, NoticeKind.ENTERED, after=told.term, send_by=max(told.on, desk.today))
    )


def judge_telling(entry: Entry, change: TermChange) -> list[Verdict]:
    """N-01, M-06: whether the notice of ``change`` can be written, and who has to find a way to the patient.

    Asked before anything is kept, so that a missing cause (E-N-CAUSE) is told together with every other refusal. A
    first term, and a day that keeps the promised week (P-04), are no change of the date: they need no cause.
    """
    if not _moves(change):
        return []
    verdicts = [notices.change_told(entry.person, change.reason)]
    if change.cause is TermChangeCause.PROVIDER and change.before is not None and change.after is not None:
        verdicts.append(changes.unforeseen(change.before, change.after, change.reason))
    return verdicts


def tell_term_changed(desk: Desk, stored: StoredEntry, change: TermChange) -> int | None:
    """N-01, N-02, M-05, M-06: the patient is told the new term and why. The notice's id; None when nobody is told.

    ``stored`` has the new term already. The cause that is told is the title of the change's reason
    (``mappings/term_change_reasons.csv``), never its justification.

    Raises:
        NotTaken: E-N-CAUSE, the change has no reason. Nothing was written.
    """
    must_be_allowed(desk, judge_telling(stored.entry, change))
    if not may_be_told(stored.entry) or change.before == change.after:
        return None
    untold = [one for one in _unsent(desk, stored.entry.id) if one.notice.kind in CHANGED]
    known = untold[0].notice.before if untold else change.before
    desk.work.notices.void(desk.facility, stored.entry.id, kinds=sorted(CHANGED))
    if known == change.after:
        return None
    day, state = _when(desk, stored.entry.id, change if known is None else replace(change, before=known))
    promised = [one.notice.send_by for one in untold if one.notice.send_by is not None]
    if any(one.notice.state is NoticeState.DUE for one in untold):
        state = NoticeState.DUE
    return _add(
        desk,
        NewNotice(
            stored.entry.id,
            _kind(change),
            cause=change.reason,
            before=known,
            after=change.after,
            send_by=min([day, *promised]),
            state=state,
        ),
    )


def tell_reinstated(desk: Desk, stored: StoredEntry) -> int | None:
    """E-06: the patient is back on the list, in the place of the first report. None when nobody is told."""
    if not may_be_told(stored.entry):
        return None
    return _add(desk, NewNotice(stored.entry.id, NoticeKind.REINSTATED, after=stored.entry.term, send_by=desk.today))


def offer_earlier(desk: Desk, stored: StoredEntry, freed: date) -> int | None:
    """N-03: the patient is offered a freed date, today. None: deceased, gone, or offered that day already.

    Who may be offered it, and in which order, is :func:`adapter.domain.rules.notices.candidates`.
    """
    if not may_be_told(stored.entry):
        return None
    every = (NoticeState.DUE, NoticeState.SENT, NoticeState.ANSWERED)
    before = desk.work.notices.listed(desk.facility, states=every, entry_id=stored.entry.id)
    if any(one.notice.kind is NoticeKind.EARLIER_OFFER and one.notice.offered == freed for one in before):
        return None
    return _add(
        desk,
        NewNotice(
            stored.entry.id,
            NoticeKind.EARLIER_OFFER,
            before=stored.entry.term,
            offered=freed,
            send_by=desk.today,
        ),
    )


def tell_contract_ends(desk: Desk, stored: StoredEntry) -> int | None:
    """E-03: the patient gets the free certificate with the report date. None for who died."""
    if stored.entry.person.deceased_on is not None:
        return None
    return _add(desk, NewNotice(stored.entry.id, NoticeKind.CONTRACT_ENDS, send_by=desk.today))


def stop_telling(desk: Desk, entry_id: str) -> int:
    """X-07, X-01: nobody is to be told of this entry any more; how many notices that ended."""
    return desk.work.notices.void(desk.facility, entry_id)


def _moves(change: TermChange) -> bool:
    """Whether it is a change of the date, not the first one nor a day that keeps the promised week."""
    return change.before is not None and change.before != change.after and not refines(change.before, change.after)


def _kind(change: TermChange) -> NoticeKind:
    """M-05: a term that worse health brings forward has a letter of its own."""
    earlier = change.before is not None and change.after is not None and change.after.first < change.before.first
    return NoticeKind.HEALTH if earlier and change.cause is TermChangeCause.CRITERION else NoticeKind.TERM_CHANGED


def _when(desk: Desk, entry_id: str, change: TermChange) -> tuple[date, NoticeState]:
    """N-02: the last day on which the patient is told, and whether that may wait for the batch."""
    if change.before is None or change.after is None or not _moves(change):
        return desk.today, NoticeState.DUE
    last = desk.work.notices.last_sent(desk.facility, entry_id, NoticeKind.TERM_CHANGED)
    found = notices.when_to_tell(
        desk.today, change.before, change.after, change.cause, None if last is None else warsaw_day(last)
    )
    batched = found.verdict.code == "AUTO-N-BATCH"
    return found.due_by, NoticeState.BATCHED if batched else NoticeState.DUE


def _unsent(desk: Desk, entry_id: str) -> list[StoredNotice]:
    """Notices of an entry that have not gone out, oldest first."""
    found = desk.work.notices.listed(desk.facility, states=UNSENT, entry_id=entry_id)
    return sorted(found, key=lambda one: one.id)


def _add(desk: Desk, notice: NewNotice) -> int:
    return desk.work.notices.add(desk.facility, [notice])[0]
