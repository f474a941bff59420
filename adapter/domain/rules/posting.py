"""When a document counts as delivered: handed in at a post office on the last day is in time (T-07).

The paper referral (R-02) is judged by it: a letter posted in time may come days later.
"""

from __future__ import annotations

from datetime import date

from adapter.domain.paper_referral import PaperReferral
from adapter.domain.rules.rule import Rule
from adapter.domain.rules.settings import DEFAULT_SETTINGS, RuleSettings

T07 = Rule(
    "T-07",
    "Nadanie pisma na poczcie jest równoznaczne z doręczeniem",
    "Posting counts as delivery",
    "art. 165 § 2 i 3 Kodeksu postępowania cywilnego w zw. z art. 20 ust. 2aa ustawy z 27.08.2004",
)
RULES = (T07,)


def delivered_on(paper: PaperReferral, settings: RuleSettings = DEFAULT_SETTINGS) -> date | None:
    """T-07: the day that counts: of posting where the channel lets it count, else of receipt. None: not there yet."""
    if paper.posted_on is not None and paper.channel in settings.posting_channels:
        return paper.posted_on
    return paper.received_on


def in_time(paper: PaperReferral, deadline: date, settings: RuleSettings = DEFAULT_SETTINGS) -> bool:
    """T-07: whether it was delivered by 24:00 of ``deadline``. What did not come and was not posted is not."""
    day = delivered_on(paper, settings)
    return day is not None and day <= deadline
