"""A provider ends its contract: the patients may go elsewhere and keep their report date (E-01 to E-03)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapter.domain.entitlement import Category, Criterion
from adapter.domain.moments import warsaw_day
from adapter.domain.register import Entry, Removal
from adapter.domain.rules.reasons import PROVIDER_STOPPED
from adapter.domain.rules.release import ReferralEffect, on_removal
from adapter.domain.rules.rule import Action, Rule
from adapter.domain.rules.verdict import Verdict

E01 = Rule(
    "E-01",
    "Po zakończeniu umowy pacjent może wpisać się u innego świadczeniodawcy",
    "After the end of a contract the patient may enter another provider's list",
    "art. 20 ust. 10a ustawy z 27.08.2004",
)
E02 = Rule(
    "E-02",
    "Nowy świadczeniodawca uwzględnia wcześniejszą datę zgłoszenia",
    "The new provider respects the old report date",
    "art. 20 ust. 10b i ust. 2 pkt 3 lit. i ustawy z 27.08.2004",
    (Action.ERROR,),
    ("E-E-FLAG",),
)
E03 = Rule(
    "E-03",
    "Zaświadczenie z datą zgłoszenia, bezpłatnie; skreślenie i zwrot skierowania",
    "A certificate with the report date, free; removal and release of the referral",
    "art. 20 ust. 10c ustawy z 27.08.2004",
    (Action.AUTO,),
    ("AUTO-E-CLOSE",),
)
RULES = (E01, E02, E03)
TOLD_WITHIN_DAYS = 7
"""E-03: calendar days after the last day of the contract within which the EHR tells who was served on it (ours)."""


def no_bar(provider_ended_on: date | None, today: date) -> bool:
    """E-01: whether an entry at a provider is no bar any more, since its contract ended before ``today``."""
    return provider_ended_on is not None and provider_ended_on < today


def rank_day(entry: Entry) -> date:
    """E-02, E-06: the day by which an entry takes its place: the earlier report where the law lets it count."""
    return entry.original_report_date if entry.original_report_date is not None else warsaw_day(entry.reported_at)


def date_flagged(entry: Entry) -> Verdict:
    """E-02: an earlier report date counts only with the note that says why (a closed provider, or a reinstatement)."""
    if entry.original_report_date is not None and not (entry.prior_provider_date_used or entry.reinstated):
        return E02.refuse(
            "E-E-FLAG",
            "wpis korzysta z wcześniejszej daty zgłoszenia: zaznacz, że uwzględniono datę u poprzedniej placówki",
            "the entry uses an earlier report date: note that the former provider's date was taken into account",
        )
    return E02.allow()


def _close() -> Verdict:
    return E03.act(
        "AUTO-E-CLOSE",
        "koniec umowy: wydaj bezpłatne zaświadczenie z datą zgłoszenia, wpis skreślony, skierowanie zwrócone",
        "the contract ends: a free certificate with the report date, the entry removed, the referral released",
    )


def closing_due(entry: Entry, ends_on: date | None, today: date) -> Verdict:
    """E-03: an open entry is closed from the last day of the contract on. ``ends_on`` is None while it has no end.

    Who is dated to a day of the contract may still come on it, and whether he came is told later: that entry is closed
    when nobody told it within a week (:data:`TOLD_WITHIN_DAYS`; inferred). Until then X-05 asks.
    """
    if not entry.open or ends_on is None:
        return E03.allow()
    kept = entry.term is not None and entry.term.last <= ends_on
    closes = ends_on + timedelta(days=TOLD_WITHIN_DAYS) if kept else ends_on
    return E03.allow() if today < closes else _close()


@dataclass(frozen=True, slots=True)
class ReportDateCertificate:
    """What the certificate of E-03 says: the entry, its report date, its category and criterion."""

    entry: str
    schedule: str
    reported_on: date
    category: Category | None
    criterion: Criterion | None


@dataclass(frozen=True, slots=True)
class Closing:
    """E-03 for one entry: its certificate, its removal, what becomes of its referral, and the verdict."""

    certificate: ReportDateCertificate
    removal: Removal
    referral: Verdict
    verdict: Verdict


def close_all(entries: Iterable[Entry], ends_on: date, at: datetime, by: str) -> tuple[Closing, ...]:
    """E-03: certificate, removal and release for every open entry when the contract ends on ``ends_on``.

    ``at`` (aware) and ``by`` are when and by whom the batch runs. Raises ValueError when it runs before the last day:
    the certificates may be shown earlier, a removal in the future may not.
    """
    if warsaw_day(at) < ends_on:
        raise ValueError("entries are closed on the last day of the contract, not before")
    return tuple(_closing(entry, ends_on, at, by) for entry in entries if entry.open)


def _closing(entry: Entry, ends_on: date, at: datetime, by: str) -> Closing:
    return Closing(
        ReportDateCertificate(entry.id, entry.schedule.id, rank_day(entry), entry.category, entry.criterion),
        Removal(ends_on, PROVIDER_STOPPED, at, by),
        on_removal(entry, ReferralEffect.RELEASE),
        _close(),
    )
