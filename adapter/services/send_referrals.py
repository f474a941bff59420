"""Accept, refuse, give back and finish e-referrals in P1; report missing documents (law.md R-04, R-05; p1.md 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from adapter.domain.identifiers import (
    AccessByCode,
    AccessCode,
    PersonDocument,
    Pesel,
    ReferralAccess,
    ReferralKey,
    ReferralNumber,
)
from adapter.domain.referral import Payer, ReferralReading
from adapter.errors import Rejected
from adapter.ports import CallContext
from adapter.ports.referral_book import CheckedWhen, StoredCheck
from adapter.ports.store import Message, ReferralRecord, UnitOfWork
from adapter.services.equipment import Equipment
from adapter.services.outcome import Done
from adapter.services.send_referral_documents import warned


def sealed_access(access: ReferralAccess) -> dict[str, object]:
    """The credentials as they lie, encrypted, in the outbox until the referral is accepted."""
    if isinstance(access, ReferralKey):
        return {"key": access.reveal()}
    person = access.person
    return {
        "code": access.code.reveal(),
        "person": person.reveal(),
        "system": person.system if isinstance(person, PersonDocument) else "",
        "document": isinstance(person, PersonDocument),
    }


def access_of(message: Message) -> ReferralAccess:
    """The credentials of an accept message.

    Raises:
        Rejected: they are not there (any more).
    """
    sealed = message.sealed or {}
    if "key" in sealed:
        return ReferralKey(str(sealed["key"]))
    if "code" in sealed:
        person = str(sealed["person"])
        return AccessByCode(
            AccessCode(str(sealed["code"])),
            PersonDocument(person, str(sealed["system"])) if sealed["document"] else Pesel(person),
        )
    raise Rejected("the referral's key or code is needed", code="REFERRAL_ACCESS_MISSING")


def record_of(eq: Equipment, message: Message) -> ReferralRecord:
    """The referral a message is about.

    Raises:
        Rejected: it is not known.
    """
    with eq.store.unit_of_work() as work:
        record = work.calendar.referral(message.facility, str(message.payload["referral_id"]))
    if record is None:
        raise Rejected("the referral is not known", code="REFERRAL_NOT_KNOWN")
    return record


def number_of(record: ReferralRecord) -> ReferralNumber:
    """The referral's number.

    Raises:
        Rejected: neither the EHR nor P1 told it.
    """
    number = record.number or record.referral.number
    if number is None:
        raise Rejected("the referral's number is not known", code="REFERRAL_NUMBER_MISSING")
    return number


def _keep(eq: Equipment, message: Message, reading: ReferralReading) -> None:
    """Write down number, key and findings before anything is asked of P1, so that a lost answer can be asked about."""
    with eq.store.unit_of_work() as work:
        record = work.calendar.referral(message.facility, str(message.payload["referral_id"]))
        if record is not None:
            work.calendar.put_referral(message.facility, _told(record, reading))
        keep_check(work, message.facility, reading, eq.clock.now(), message.correlation_id)
        work.commit()


def keep_check(work: UnitOfWork, facility: str, reading: ReferralReading, now: datetime, correlation_id: str) -> None:
    """Keep what the rules said when a referral was read, under its number."""
    if reading.number is not None:
        check = StoredCheck(reading.number, CheckedWhen.READ, now, reading.verification, correlation_id)
        work.referrals.put_check(facility, check)


def _told(record: ReferralRecord, reading: ReferralReading) -> ReferralRecord:
    if record.number is None and reading.number is not None:
        record = replace(record, number=reading.number)
    if isinstance(reading.key, ReferralKey):
        record = replace(record, referral=replace(record.referral, access=reading.key))
    return replace(record, state=reading.state)


def _opened(eq: Equipment, context: CallContext, message: Message) -> tuple[ReferralKey, ReferralReading]:
    """Read the referral with the patient's key or code, keep what was told, and have its key.

    Raises:
        Rejected: the key opens another referral, or P1 gave no key.
    """
    record = record_of(eq, message)
    access = access_of(message)
    reading = eq.referrals.read_to_accept(context, access)
    told = record.referral.number
    if told is not None and reading.number is not None and told != reading.number:
        raise Rejected("the key opens another referral than the one named by its number", code="REFERRAL_MISMATCH")
    _keep(eq, message, reading)
    key = reading.key if isinstance(reading.key, ReferralKey) else access
    if not isinstance(key, ReferralKey):
        raise Rejected("P1 gave no key for this referral", code="REFERRAL_KEY_MISSING")
    return key, reading


def comment_of(message: Message) -> str:
    """The comment that goes with a message: what a person wrote is sealed, what a table says is not."""
    return str((message.sealed or {}).get("comment") or message.payload.get("comment") or "")


def accept_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Read the referral with the patient's key or code, then accept it for realisation."""
    key, reading = _opened(eq, context, message)
    at = message.payload.get("visit_at")
    code = eq.referrals.accept(
        context,
        key,
        Payer(str(message.payload.get("payer") or Payer.REIMBURSED.value)),
        visit_at=datetime.fromisoformat(str(at)) if at else None,
        comment=comment_of(message),
    )
    return Done(result_code=code, reading=reading, note=warned(reading.verification))


def refuse_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Read the referral with the patient's key or code, then refuse it; it stays issued."""
    key, reading = _opened(eq, context, message)
    code = eq.referrals.refuse(context, key, comment_of(message))
    return Done(result_code=code, reading=reading, note=warned(reading.verification))


def give_back_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Give the referral back: it becomes usable again, here or anywhere (law.md R-05, R-06)."""
    number = number_of(record_of(eq, message))
    return Done(result_code=eq.referrals.give_back(context, number, comment_of(message)))


def report_missing_documents(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Add a comment on missing documents; the referral stays with us."""
    number = number_of(record_of(eq, message))
    return Done(result_code=eq.referrals.report_missing_documents(context, number, comment_of(message)))


def finish_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Say that the service was given."""
    number = number_of(record_of(eq, message))
    payer_id = str(message.payload.get("payer_id") or "")
    return Done(result_code=eq.referrals.finish(context, number, comment=comment_of(message), payer_id=payer_id))
