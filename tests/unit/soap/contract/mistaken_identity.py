"""Not a test: what mypy must refuse. ``make check`` reads it; a mark that is not needed any more is an error there.

A referral's key (44 digits, a secret) and its number are types of their own, so that the wrong one cannot be passed.
"""

from __future__ import annotations

from adapter.domain.identifiers import AccessCode, ReferralKey, ReferralNumber
from adapter.domain.referral import Payer
from adapter.ports import CallContext, Referrals


def mistakes(p1: Referrals, context: CallContext, key: ReferralKey, number: ReferralNumber, code: AccessCode) -> None:
    """Each line mistakes one for the other."""
    p1.accept(context, number, Payer.REIMBURSED)  # type: ignore[arg-type]
    p1.refuse(context, number, "a reason")  # type: ignore[arg-type]
    p1.read_to_accept(context, number)  # type: ignore[arg-type]
    p1.read_to_accept(context, code)  # type: ignore[arg-type]
    p1.read_to_accept(context, key.reveal())  # type: ignore[arg-type]
    p1.finish(context, key)  # type: ignore[arg-type]
    p1.give_back(context, key, "a reason")  # type: ignore[arg-type]
    p1.report_missing_documents(context, key, "a reason")  # type: ignore[arg-type]
    p1.read_by_number(context, key)  # type: ignore[arg-type]
    p1.annul(context, key, b"")  # type: ignore[arg-type]
