"""Save and annul referral documents in P1; what its rules say is kept whether they refuse or warn."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

from adapter.domain.identifiers import ReferralNumber
from adapter.domain.referral import Severity, Verification, named
from adapter.errors import Rejected
from adapter.ports import CallContext
from adapter.ports.referral_book import CheckedWhen, Issued, StoredCheck
from adapter.ports.store import Message, UnitOfWork
from adapter.services.equipment import Equipment
from adapter.services.outcome import Done

RULES_BROKEN = "REFERRAL_RULES_BROKEN"


def number_of(message: Message) -> ReferralNumber:
    """The number of the referral that a document message is about."""
    payload: Mapping[str, object] = message.payload
    return ReferralNumber(str(payload["number_root"]), str(payload["number_extension"]))


def warned(verification: Verification) -> str:
    """What P1 warned of, for the message's record; empty when of nothing."""
    codes = named(verification.findings, Severity.WARNING)
    return f"P1 warns: {codes}" if codes else ""


def save_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Issue a referral; its key and code are sealed in the book before anything else happens.

    Raises:
        Rejected: the document broke rules, each named by its code.
    """
    receipt = eq.referrals.save(context, _document(message))
    number, now = number_of(message), eq.clock.now()
    with eq.store.unit_of_work() as work:
        work.referrals.put_check(message.facility, _check(message, CheckedWhen.SAVED, receipt.verification, eq))
        if receipt.verification.accepted:
            work.referrals.put_issued(message.facility, Issued(number, now, receipt.key, receipt.code))
        work.commit()
    return _done(receipt.verification)


def annul_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Annul a referral issued from here.

    Raises:
        Rejected: the document broke rules, each named by its code.
    """
    number = number_of(message)
    verification = eq.referrals.annul(context, number, _document(message))
    with eq.store.unit_of_work() as work:
        work.referrals.put_check(message.facility, _check(message, CheckedWhen.ANNULLED, verification, eq))
        if verification.accepted:
            note_annulled(eq, work, message)
        work.commit()
    return _done(verification)


def note_annulled(eq: Equipment, work: UnitOfWork, message: Message) -> None:
    """The book says that P1 annulled the referral, if it was issued from here; its key and code are erased."""
    issued = work.referrals.issued(message.facility, number_of(message))
    if issued is not None and issued.annulled_at is None:
        gone = replace(issued, key=None, code=None, annulled_at=eq.clock.now())
        work.referrals.put_issued(message.facility, gone)


def note_saved(eq: Equipment, work: UnitOfWork, message: Message) -> str:
    """The book says that P1 saved the referral, though its answer was lost; what to note with the message."""
    issued = work.referrals.issued(message.facility, number_of(message))
    if issued is None:
        work.referrals.put_issued(message.facility, Issued(number_of(message), eq.clock.now()))
    whole = issued is not None and (issued.key is not None or issued.handed_at is not None)
    return "" if whole else "saved; key and code were lost with the answer"


def _document(message: Message) -> bytes:
    sealed = message.sealed or {}
    if "document" not in sealed:
        raise Rejected("the document is not kept any more; give it again", code="DOCUMENT_ERASED")
    return base64.b64decode(str(sealed["document"]))


def _check(message: Message, occasion: CheckedWhen, verification: Verification, eq: Equipment) -> StoredCheck:
    return StoredCheck(number_of(message), occasion, eq.clock.now(), verification, message.correlation_id)


def _done(verification: Verification) -> Done:
    if not verification.accepted:
        codes = named(verification.findings, Severity.ERROR)
        raise Rejected(
            f"the document broke P1's rules: {codes}", code=RULES_BROKEN, result_code=verification.result_code
        )
    return Done(result_code=verification.result_code, note=warned(verification))
