"""Issue referrals from documents that the EHR made and a person signed: verify, save, annul, hand over key and code.

The document comes signed (XAdES is the EHR's, with the person's own certificate) and goes to P1 byte for
byte. Verifying asks P1 at once and changes nothing. Saving and annulling go through the outbox; until then
the document is sealed there. The key and code that P1 gives are sealed until :func:`hand_over`, then erased.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from uuid import uuid4

from adapter.domain.identifiers import ReferralNumber
from adapter.domain.referral import Verification
from adapter.errors import BadInput, Refused, Rejected
from adapter.mapping.referral_document import number_in, number_replaced_by
from adapter.ports import CallContext
from adapter.ports.referral_book import CheckedWhen, Issued, StoredCheck
from adapter.ports.store import Action, AuditRecord, Destination
from adapter.services.calling import CELL, USER
from adapter.services.desk import Desk
from adapter.services.equipment import Equipment
from adapter.services.handle_referral import Asker

ISSUED_ALREADY, NOT_ISSUED, HANDED_OVER, RECEIPT_LOST = (
    "REFERRAL_ISSUED",
    "REFERRAL_NOT_ISSUED",
    "REFERRAL_HANDED_OVER",
    "REFERRAL_RECEIPT_LOST",
)


def document_subject(number: ReferralNumber) -> str:
    """The outbox subject that keeps the documents of one referral in order."""
    return f"referral-document:{number.root}/{number.extension}"


def verify(eq: Equipment, facility: str, document: bytes, asker: Asker) -> Verification:
    """What P1's rules would say if the document were saved; kept as the last word on that occasion.

    Raises:
        BadInput: it is no referral document. Rejected, Unavailable, Misconfigured: as P1 answers.
    """
    number = _number(document)
    context = CallContext(facility, str(uuid4()), str(uuid4()), cell=asker.cell, user=asker.user)
    said = eq.referrals.verify(context, document)
    with eq.store.unit_of_work() as work:
        now = eq.clock.now()
        work.referrals.put_check(
            facility, StoredCheck(number, CheckedWhen.VERIFIED, now, said, context.correlation_id)
        )
        work.audit.write(
            AuditRecord(
                at=now,
                actor=asker.who,
                action="verify-referral",
                facility=facility,
                subject=document_subject(number),
                correlation_id=context.correlation_id,
                detail={"accepted": said.accepted, "rules": sorted({one.code for one in said.findings})},
            )
        )
        work.commit()
    return said


def save(desk: Desk, document: bytes, asker: Asker) -> int:
    """Issue the referral in the document.

    Raises:
        BadInput: it is no referral document. Refused: a referral of that number was issued from here already.
    """
    number = _number(document)
    if desk.work.referrals.issued(desk.facility, number) is not None:
        raise Refused("a referral of that number was issued from here already", code=ISSUED_ALREADY)
    return _send(desk, Action.SAVE_REFERRAL, number, document, asker)


def annul(desk: Desk, document: bytes, asker: Asker) -> int:
    """Annul the referral that the document replaces.

    Raises:
        BadInput: it is no annulment document.
    """
    try:
        number = number_replaced_by(document)
    except ValueError as wrong:
        raise BadInput(str(wrong), field="document", code="DOCUMENT_UNUSABLE") from wrong
    return _send(desk, Action.ANNUL_REFERRAL, number, document, asker)


def hand_over(desk: Desk, number: ReferralNumber, who: str) -> Issued:
    """Key and code of a referral issued from here, once: they are erased with the transaction that gives them.

    Raises:
        Rejected: nothing of that number was issued from here.
        Refused: they were handed over, or the answer that held them was lost.
    """
    issued = desk.work.referrals.issued(desk.facility, number)
    if issued is None:
        raise Rejected("no referral of that number was issued from here", code=NOT_ISSUED)
    if issued.handed_at is not None:
        raise Refused("its key and code were handed over before and are not kept", code=HANDED_OVER)
    if issued.key is None or issued.code is None:
        raise Refused(
            "P1 saved it, but the answer with its key and code was lost; annul it and issue a new one",
            code=RECEIPT_LOST,
        )
    now = desk.eq.clock.now()
    desk.work.referrals.put_issued(desk.facility, replace(issued, key=None, code=None, handed_at=now))
    desk.audit(who, "hand-over-referral", document_subject(number), {})
    return issued


def _number(document: bytes) -> ReferralNumber:
    try:
        return number_in(document)
    except ValueError as wrong:
        raise BadInput(str(wrong), field="document", code="DOCUMENT_UNUSABLE") from wrong


def _send(desk: Desk, action: Action, number: ReferralNumber, document: bytes, asker: Asker) -> int:
    payload: dict[str, object] = {"number_root": number.root, "number_extension": number.extension}
    if asker.cell is not None:
        payload[CELL] = str(asker.cell)
    if asker.user:
        payload[USER] = asker.user
    message = desk.send(
        Destination.P1,
        action,
        [document_subject(number)],
        payload,
        sealed={"document": base64.b64encode(document).decode("ascii")},
    )
    desk.audit(asker.who, f"ask-{action.value}", document_subject(number), {"message": message})
    return message
