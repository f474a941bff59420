"""What the end of an entry does to its referral in P1: given back, finished, or left (R-05, R-04)."""

from __future__ import annotations

from adapter.domain.rules.release import ReferralEffect
from adapter.ports.register import StoredEntry
from adapter.services.desk import Desk
from adapter.services.take_referral import finish, give_back


def settle_referral(desk: Desk, stored: StoredEntry, effect: ReferralEffect) -> int | None:
    """Tell P1 what the reason of the removal says; the message, None when there is nothing to tell.

    The visit that ended is kept as such before: a referral that another visit still needs is not given back.
    """
    removal, referral_id = stored.entry.removal, stored.referral_id
    if removal is None or referral_id is None:
        return None
    if effect is ReferralEffect.RELEASE:
        return give_back(desk, referral_id, removal_comment(desk, removal.reason))
    return finish(desk, referral_id) if effect is ReferralEffect.FINISH else None


def removal_comment(desk: Desk, reason: str) -> str:
    """The comment that P1 gets with a referral given back: the reason of the removal in Polish, no person in it."""
    return desk.eq.tables.removal_reasons.row(reason, desk.today)["title_pl"]
