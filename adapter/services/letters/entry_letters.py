"""Letters of notices: what a patient is told when something happens to his entry (D-05, N-01 to N-05, E-03, E-06).

Each but the certificate's cover holds the sentence on what the Fund can tell (N-05); one without it is never written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from adapter.domain.entitlement import Category
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry
from adapter.domain.rules.contract_end import rank_day
from adapter.domain.rules.notices import tells_of_fund
from adapter.domain.rules.paper import awaited, paper_days
from adapter.domain.rules.release import ReferralEffect, on_removal
from adapter.domain.rules.terms import fix_days, refines
from adapter.domain.rules.verdict import require
from adapter.domain.term import DayTerm, WeekTerm
from adapter.ports.notices import NoticeKind, StoredNotice
from adapter.services.letters import wording
from adapter.services.letters.letter import Fact, Letter, Office, Said, fact, plain, said

LISTED = frozenset({Category.WAITING, Category.ONCOLOGY})
REFERRAL_BACK = {"AUTO-R-RELEASE": "letter.referral_electronic", "TASK-R-RETURN-PAPER": "letter.referral_paper"}
"""What R-05 says of a referral -> what its patient is told of it; of others, nothing."""


def notice_letter(
    office: Office,
    entry: Entry,
    notice: StoredNotice,
    *,
    visit_at: datetime | None = None,
    contract_ends_on: date | None = None,
) -> Letter:
    """The letter of a notice about ``entry``, as it is to be sent now.

    ``visit_at`` is when the visit of the entry begins; its hour is told where it stands on the day of the term.
    ``contract_ends_on`` is the last day of the contract (E-03), None where it is not known.

    Raises:
        RuleBroken: E-N-NOTICE, the text lacks the sentence on the Fund (N-05).
        BadInput: the cause is no code of ``mappings/term_change_reasons.csv``.
    """
    letter = COMPOSED[notice.notice.kind](office, entry, notice, visit_at)
    if notice.notice.kind is NoticeKind.CONTRACT_ENDS and contract_ends_on is not None:
        letter = replace(letter, facts=(*letter.facts, *fact("contract_ends", wording.day(contract_ends_on))))
    require([tells_of_fund(" ".join(one.pl for one in letter.closing))])
    return letter


def _entered(office: Office, entry: Entry, notice: StoredNotice, visit_at: datetime | None) -> Letter:
    """D-05: category, criterion and term as they are now: who was not told yet is told what counts."""
    listed = entry.category in LISTED
    facts = (
        *_place(office, entry),
        *fact("number", plain(str(entry.number)) if listed and entry.number is not None else None),
        *fact("category", wording.category(office, entry.category)),
        *fact("criterion", wording.criterion(entry.criterion) if entry.category is Category.WAITING else None),
        *fact("term", wording.term(entry.term, visit_at)),
        *fact("reserved", said("reserved.yes") if entry.reserved else None),
    )
    closing = (
        *_week(office, entry),
        *_paper(office, entry),
        said("letter.justify"),
        said("letter.tell_us"),
        said("letter.fund"),
    )
    return _letter(office, entry, notice, f"entered.{'listed' if listed else 'other'}", facts=facts, closing=closing)


def _week(office: Office, entry: Entry) -> tuple[Said, ...]:
    """P-03: until when a term given as a week becomes a day."""
    if not isinstance(entry.term, WeekTerm):
        return ()
    last = wording.day(fix_days(entry.term, office.rules).fix_by)
    return (said("letter.week", {"day": last.pl}, {"day": last.en}),)


def _paper(office: Office, entry: Entry) -> tuple[Said, ...]:
    """R-02: until when the paper original has to come."""
    referral = entry.referral
    came = referral is not None and referral.paper is not None and referral.paper.received_on is not None
    if not awaited(entry) or came:
        return ()
    last = wording.day(paper_days(entry, office.rules).deadline)
    return (said("letter.paper", {"day": last.pl}, {"day": last.en}),)


def _changed(office: Office, entry: Entry, notice: StoredNotice, visit_at: datetime | None) -> Letter:
    """N-01, M-06: the old term, the new one, the cause. A first term, and a day of the week promised, have none."""
    told = notice.notice
    first = told.before is None or refines(told.before, told.after)
    facts = (
        *_place(office, entry),
        *fact("before", None if told.before is None else wording.term(told.before)),
        *fact("after", wording.term(told.after, visit_at)),
        *fact("cause", wording.cause(office, told.cause, warsaw_day(notice.made_at))),
    )
    earlier = told.before is not None and told.after is not None and told.after.first < told.before.first
    refuse = (said("letter.may_decline"),) if earlier and not first else ()
    closing = (*refuse, said("letter.tell_us"), said("letter.fund"))
    return _letter(office, entry, notice, "fixed" if first else "changed", facts=facts, closing=closing)


def _health(office: Office, entry: Entry, notice: StoredNotice, visit_at: datetime | None) -> Letter:
    """M-05: the term that worse health brought forward."""
    told = notice.notice
    facts = (
        *_place(office, entry),
        *fact("before", None if told.before is None else wording.term(told.before)),
        *fact("after", wording.term(told.after, visit_at)),
        *fact("criterion", wording.criterion(entry.criterion) if entry.category is Category.WAITING else None),
        *fact("cause", wording.cause(office, told.cause, warsaw_day(notice.made_at))),
    )
    return _letter(office, entry, notice, "health", facts=facts, closing=(said("letter.tell_us"), said("letter.fund")))


def _offer(office: Office, entry: Entry, notice: StoredNotice, visit_at: datetime | None) -> Letter:
    """N-03: a freed date; what an answer does (N-04, P-07)."""
    told = notice.notice
    facts = (
        *_place(office, entry),
        *fact("term", wording.term(entry.term, visit_at)),
        *fact("offered", None if told.offered is None else wording.term(DayTerm(told.offered))),
    )
    closing = (said("letter.answer"), said("letter.no_answer"), said("letter.fund"))
    return _letter(office, entry, notice, "offer", facts=facts, closing=closing)


def _reinstated(office: Office, entry: Entry, notice: StoredNotice, visit_at: datetime | None) -> Letter:
    """E-06: back on the list; the first report decides the place."""
    facts = (
        *_place(office, entry),
        *fact("report_counts", wording.day(rank_day(entry))),
        *fact("criterion", wording.criterion(entry.criterion) if entry.category is Category.WAITING else None),
        *fact("term", wording.term(entry.term, visit_at)),
    )
    return _letter(
        office, entry, notice, "reinstated", facts=facts, closing=(said("letter.tell_us"), said("letter.fund"))
    )


def _contract(office: Office, entry: Entry, notice: StoredNotice, visit_at: datetime | None) -> Letter:
    """E-03: the cover of the certificate; where else the service is given tells the Fund (E-04)."""
    facts = (*_place(office, entry), *fact("report_counts", wording.day(rank_day(entry))))
    back = REFERRAL_BACK.get(on_removal(entry, ReferralEffect.RELEASE).code)
    closing = (said("letter.elsewhere"), *((said(back),) if back else ()), said("letter.fund"))
    return _letter(office, entry, notice, "contract", facts=facts, closing=closing)


def _place(office: Office, entry: Entry) -> tuple[Fact, ...]:
    """Which register: the service, its id, and when the patient was entered."""
    return (
        *fact("service", wording.service(office, entry.schedule)),
        *fact("register", plain(entry.schedule.id)),
        *fact("entered_on", wording.day(warsaw_day(entry.entered_at))),
    )


def _letter(
    office: Office,
    entry: Entry,
    notice: StoredNotice,
    words: str,
    *,
    facts: tuple[Fact, ...],
    closing: tuple[Said, ...],
) -> Letter:
    """``words``: the beginning of the keys of title, opening and basis."""
    return Letter(
        kind=notice.notice.kind.value,
        subject=entry.id,
        made_on=office.today,
        made_at=office.made_at,
        sender=sender(office),
        addressee=wording.addressed(entry.person),
        title=said(f"{words}.title"),
        opening=(said("letter.salutation"), said(f"{words}.opening")),
        facts=facts,
        closing=closing,
        small=(said(f"{words}.basis"),),
    )


def sender(office: Office) -> tuple[str, ...]:
    """Who writes: the provider's name and its number in registers."""
    register = office.register
    return tuple(line for line in (register.provider_name, register.provider) if line)


Compose = Callable[[Office, Entry, StoredNotice, datetime | None], Letter]
COMPOSED: Mapping[NoticeKind, Compose] = {
    NoticeKind.ENTERED: _entered,
    NoticeKind.TERM_CHANGED: _changed,
    NoticeKind.EARLIER_OFFER: _offer,
    NoticeKind.HEALTH: _health,
    NoticeKind.REINSTATED: _reinstated,
    NoticeKind.CONTRACT_ENDS: _contract,
}
"""Every kind of notice and how its letter is composed."""
