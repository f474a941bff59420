"""What a person asks P1 to do with a referral: accept, refuse, give back, report missing documents, finish.

The EHR asks for acceptance, giving back and finishing by its appointments (``take_referral``). Refusing and
missing documents have no place in the profile: a person asks for them here, by the referral's id in the EHR.
Each becomes a message of the outbox, in order with all others on that referral; a comment is sealed until it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from adapter.domain.identifiers import CellCode, ReferralAccess
from adapter.domain.referral import Payer
from adapter.errors import Refused, Rejected
from adapter.mapping.comment import checked_comment, optional_comment
from adapter.ports.register import EntryStanding
from adapter.ports.store import Action, Destination, ReferralRecord
from adapter.services.calling import CELL, USER, cell_of_referral
from adapter.services.desk import Desk
from adapter.services.send_referrals import sealed_access
from adapter.services.take_referral import ALL, NEEDING, subject_of, will_be_held

HELD, NOT_HELD, NEEDED = "REFERRAL_HELD", "REFERRAL_NOT_HELD", "REFERRAL_NEEDED"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks (``person:NAME``), from which cell and in whose name when not the facility's own."""

    who: str
    cell: CellCode | None = None
    user: str = ""


def accept(
    desk: Desk,
    referral_id: str,
    asker: Asker,
    *,
    payer: Payer = Payer.REIMBURSED,
    visit_at: datetime | None = None,
    comment: str = "",
    access: ReferralAccess | None = None,
) -> int:
    """Accept for realisation; the patient's key or code may be given when the EHR has none.

    Raises:
        Rejected: the referral is not known, or nobody has its key or code. Refused: we hold it already.
        BadInput: the comment is too short or too long.
    """
    record = _record(desk, referral_id)
    if will_be_held(desk, record):
        raise Refused("the referral is accepted already, or its acceptance is on its way", code=HELD)
    said: dict[str, object] = {"payer": payer.value}
    if visit_at is not None:
        said["visit_at"] = visit_at.isoformat()
    sealed = {**_access(record, access), **_comment(optional_comment(comment))}
    return _send(desk, Action.ACCEPT_REFERRAL, referral_id, asker, said, sealed=sealed)


def refuse(desk: Desk, referral_id: str, asker: Asker, comment: str, *, access: ReferralAccess | None = None) -> int:
    """Refuse to accept a referral; it stays issued, and the comment says why.

    Raises:
        Rejected: the referral is not known, or nobody has its key or code. Refused: we hold it: give it back.
        BadInput: the comment is too short or too long.
    """
    record = _record(desk, referral_id)
    if will_be_held(desk, record):
        raise Refused("the referral is accepted here; give it back instead", code=HELD)
    sealed = {**_access(record, access), "comment": checked_comment(comment)}
    return _send(desk, Action.REFUSE_REFERRAL, referral_id, asker, {}, sealed=sealed)


def report_missing_documents(desk: Desk, referral_id: str, asker: Asker, comment: str) -> int:
    """Tell the issuer, by a comment in P1, which documents are missing; the referral stays with us.

    Raises:
        Rejected: the referral is not known. Refused: we do not hold it. BadInput: the comment.
    """
    _held(desk, referral_id)
    sealed = {"comment": checked_comment(comment)}
    return _send(desk, Action.REPORT_MISSING_DOCUMENTS, referral_id, asker, {}, sealed=sealed)


def give_back(desk: Desk, referral_id: str, asker: Asker, comment: str) -> int:
    """Make the referral usable again, here or anywhere.

    Raises:
        Rejected: the referral is not known. Refused: we do not hold it, or a visit or an open entry needs it (R-05).
        BadInput: the comment.
    """
    _held(desk, referral_id)
    if any(visit.state in NEEDING for visit in desk.work.calendar.visits_under(desk.facility, referral_id)):
        raise Refused("a visit still needs the referral; cancel the visit in the EHR first", code=NEEDED)
    entries = desk.work.register.entries_of_referral(desk.facility, referral_id)
    if any(one.entry.open and one.standing is not EntryStanding.REJECTED for one in entries):
        raise Refused("an open entry of the register needs the referral; remove it with its reason first", code=NEEDED)
    sealed = {"comment": checked_comment(comment)}
    return _send(desk, Action.GIVE_BACK_REFERRAL, referral_id, asker, {}, sealed=sealed)


def finish(desk: Desk, referral_id: str, asker: Asker, *, comment: str = "", payer_id: str = "") -> int:
    """Say that the service was given; ``payer_id`` is the code of the NFZ branch that pays.

    Raises:
        Rejected: the referral is not known. Refused: we do not hold it. BadInput: the comment.
    """
    _held(desk, referral_id)
    said = {"payer_id": payer_id} if payer_id else {}
    return _send(desk, Action.FINISH_REFERRAL, referral_id, asker, said, sealed=_comment(optional_comment(comment)))


def _record(desk: Desk, referral_id: str) -> ReferralRecord:
    record = desk.work.calendar.referral(desk.facility, referral_id)
    if record is None:
        raise Rejected("the referral is not known", code="REFERRAL_NOT_KNOWN")
    return record


def _held(desk: Desk, referral_id: str) -> None:
    if not will_be_held(desk, _record(desk, referral_id)):
        raise Refused("the referral is not with us", code=NOT_HELD)


def _access(record: ReferralRecord, given: ReferralAccess | None) -> dict[str, object]:
    access = given or record.referral.access
    if access is None:
        raise Rejected("the referral's key or code is needed", code="REFERRAL_ACCESS_MISSING")
    return sealed_access(access)


def _comment(comment: str | None) -> dict[str, object]:
    return {} if comment is None else {"comment": comment}


def _send(
    desk: Desk,
    action: Action,
    referral_id: str,
    asker: Asker,
    said: Mapping[str, object],
    *,
    sealed: Mapping[str, object],
) -> int:
    """Append the message behind everything that is on its way for this referral."""
    cell = {CELL: str(asker.cell)} if asker.cell is not None else cell_of_referral(desk, referral_id)
    user = {USER: asker.user} if asker.user else {}
    before = desk.pending(subject_of(referral_id), ALL)
    number = desk.send(
        Destination.P1,
        action,
        [subject_of(referral_id)],
        {"referral_id": referral_id, **cell, **user, **said},
        sealed=sealed or None,
        after=before.id if before is not None and before.action is Action.ACCEPT_REFERRAL else None,
    )
    desk.audit(asker.who, f"ask-{action.value}", subject_of(referral_id), {"message": number, **user})
    return number
