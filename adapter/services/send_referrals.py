"""Accept, give back and finish e-referrals in P1 (law.md R-04, R-05; p1.md 4)."""

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
from adapter.ports.store import Message, ReferralRecord
from adapter.services.equipment import Equipment
from adapter.services.outcome import Done


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
    """Write down number and key before anything is asked of P1, so that a lost answer can be asked about."""
    with eq.store.unit_of_work() as work:
        record = work.calendar.referral(message.facility, str(message.payload["referral_id"]))
        if record is not None:
            work.calendar.put_referral(message.facility, _told(record, reading))
            work.commit()


def _told(record: ReferralRecord, reading: ReferralReading) -> ReferralRecord:
    if record.number is None and reading.number is not None:
        record = replace(record, number=reading.number)
    if isinstance(reading.key, ReferralKey):
        record = replace(record, referral=replace(record.referral, access=reading.key))
    return replace(record, state=reading.state)


def accept_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Read the referral with the patient's key or code, then accept it for realisation."""
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
    at = message.payload.get("visit_at")
    code = eq.referrals.accept(
        context, key, Payer.REIMBURSED, visit_at=datetime.fromisoformat(str(at)) if at else None
    )
    return Done(result_code=code, reading=reading)


def give_back_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Give the referral back: it becomes usable again, here or anywhere (law.md R-05, R-06)."""
    number = number_of(record_of(eq, message))
    return Done(result_code=eq.referrals.give_back(context, number, str(message.payload["comment"])))


def finish_referral(eq: Equipment, context: CallContext, message: Message) -> Done:
    """Say that the service was given."""
    number = number_of(record_of(eq, message))
    return Done(result_code=eq.referrals.finish(context, number))
