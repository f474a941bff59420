"""The rule book: in which order the rules are asked about a booking, a waiting entry and a cancellation.

    booking      C-05 basis of the right     -> V-03 seven working days -> V-06 who books, verified
                 -> V-07 kinds for the privileged -> I-07 kind by category -> R-01 credentials
    waiting      C-05 -> V-04 / V-05 never in the waiting room, unless waived -> U-04 / C-01 who waits -> R-01
    cancellation X-01 reason -> V-09 the privilege is lost

Every rule that was asked gives a verdict, so that a caller can show what was checked. ``today`` is
the Warsaw day of the judgement. Rules know no table: what they need of one is an argument.
"""

from __future__ import annotations

from datetime import date

from adapter.domain.appointment import Visit
from adapter.domain.entitlement import Category
from adapter.domain.referral import Referral
from adapter.domain.rules import kinds, privileged, release
from adapter.domain.rules import referral as referrals
from adapter.domain.rules.release import EndReason, finishes_referral, releases_referral
from adapter.domain.rules.verdict import Outcome, Verdict, refusals, require, warnings
from adapter.domain.slot import Slot, SlotKind

__all__ = [
    "EndReason",
    "Outcome",
    "Verdict",
    "finishes_referral",
    "judge_booking",
    "judge_cancel",
    "judge_waiting",
    "refusals",
    "releases_referral",
    "require",
    "warnings",
]


def judge_booking(
    visit: Visit,
    slot: Slot | None,
    kind: SlotKind | None,
    referral: Referral | None,
    today: date,
    *,
    by_patient: bool = False,
    first_visit: bool = True,
    ambulatory: bool = True,
    referral_needed: bool = True,
    referral_held: bool = False,
) -> list[Verdict]:
    """What the law says of booking ``visit`` on ``slot``.

    ``kind`` is the kind of the term where no slot of ours is known; None takes the slot's own. A
    booking without either is judged by everything but the kind. ``ambulatory`` is False in hospital
    care, where V-03 has no number of days.
    """
    kind = kind if kind is not None else (slot.kind if slot is not None else None)
    category = privileged.effective_category(visit, today)
    verdicts: list[Verdict] = []
    if category is Category.PRIVILEGED:
        verdicts.append(privileged.basis(visit))
        if ambulatory:
            verdicts.append(privileged.within_limit(visit))
    if kind is not None:
        if category is Category.PRIVILEGED:
            verdicts.append(privileged.booked_by_facility(visit, kind, today, by_patient=by_patient))
            verdicts.append(privileged.permitted_kind(kind, first_visit=first_visit))
        verdicts.append(kinds.kind_for_category(kind, category, visit.criterion))
    verdicts.append(referrals.credentials(referral, category, needed=referral_needed, held=referral_held))
    return verdicts


def judge_waiting(
    visit: Visit,
    referral: Referral | None,
    today: date,
    *,
    referral_needed: bool = True,
    referral_held: bool = False,
) -> list[Verdict]:
    """What the law says of putting ``visit`` in the waiting room."""
    category = privileged.effective_category(visit, today)
    verdicts = [privileged.basis(visit)] if category is Category.PRIVILEGED else []
    verdicts.append(privileged.waiting_room(visit, today))
    verdicts.append(kinds.may_wait(category))
    verdicts.append(referrals.credentials(referral, category, needed=referral_needed, held=referral_held))
    return verdicts


def judge_cancel(
    visit: Visit,
    reason: EndReason | None,
    today: date,
    *,
    first_visit: bool = True,
) -> list[Verdict]:
    """What the law says of ending ``visit`` (its state is the new one) without service.

    Whether the referral is given back is :func:`releases_referral`; it refuses nothing.
    """
    by_patient = reason is not None and reason.by_patient
    return [
        release.reason_given(visit.state, reason),
        privileged.cancelled_first_visit(visit, today, by_patient=by_patient, first_visit=first_visit),
    ]
