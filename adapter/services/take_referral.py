"""Keep the e-referral true (law.md R-01, R-04, R-05; art. 20 ust. 2a-2d).

Joining the list or being booked accepts it, leaving without service gives it back, being served
finishes it. Each is a message of its own; a booking waits for the acceptance to be decided, unless
P1 is out of reach: then the patient is entered at once and the status follows (R-07, R-08).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from adapter.domain.appointment import VisitState
from adapter.domain.identifiers import AccessByCode, ReferralAccess, ReferralKey
from adapter.domain.referral import Referral, ReferralState
from adapter.domain.rules.referral import content_unchanged
from adapter.ports.store import Action, Destination, MessageState, ReferralRecord
from adapter.services.calling import cell_of_referral
from adapter.services.desk import Desk
from adapter.services.refusal import must_be_allowed
from adapter.services.send_referrals import sealed_access

ALL = (Action.ACCEPT_REFERRAL, Action.GIVE_BACK_REFERRAL, Action.FINISH_REFERRAL)
NEEDING = frozenset({VisitState.WAITING, VisitState.BOOKED, VisitState.ARRIVED, VisitState.CHECKED_IN})
"""States of a visit that still needs its referral to stay with us."""
USED_UP = frozenset({ReferralState.COMPLETED, ReferralState.ANNULLED})


def subject_of(referral_id: str) -> str:
    """The outbox subject that keeps a referral's messages in order."""
    return f"referral:{referral_id}"


def keep_referral(desk: Desk, referral: Referral) -> None:
    """Keep a referral as the EHR says it is now; what P1 told us about it stays.

    Raises:
        NotTaken: it says something else than the referral that P1 knows (R-10).
    """
    known = desk.work.calendar.referral(desk.facility, referral.id)
    if known is None:
        record = ReferralRecord(referral, number=referral.number)
    else:
        must_be_allowed(desk, [content_unchanged(_changed_content(known, referral))], "ServiceRequest")
        number = referral.number or known.number
        access = _access(desk, known, referral.access)
        record = replace(known, referral=replace(referral, access=access, number=number), number=number)
    desk.work.calendar.put_referral(desk.facility, record)


def _changed_content(known: ReferralRecord, told: Referral) -> list[str]:
    """R-10: elements in which the EHR contradicts a referral that P1 told us of; what was not known may be added.

    Priority and body area are the hospital's to judge (C-04, U-06).
    """
    if known.state is None:
        return []
    before = known.referral
    pairs = {
        "code": (before.service, told.service),
        "identifier": (known.number or before.number, told.number),
        "reasonCode": (before.diagnosis, told.diagnosis),
        "subject": (before.patient_id, told.patient_id),
    }
    return [name for name, (was, now) in pairs.items() if was and now and was != now]


def _access(desk: Desk, known: ReferralRecord, told: ReferralAccess | None) -> ReferralAccess | None:
    """How the referral is opened: the EHR's word, except for a code that was used: it is never stored again."""
    ours = known.referral.access
    if known.held:
        return ours
    if isinstance(told, AccessByCode):
        accepting = desk.pending(subject_of(known.referral.id), [Action.ACCEPT_REFERRAL]) is not None
        if known.state in USED_UP or (accepting and isinstance(ours, ReferralKey)):
            return ours
    return told or ours


def will_be_held(desk: Desk, record: ReferralRecord) -> bool:
    """Whether the referral is accepted, counting what is still on its way.

    What is on its way is read first: a message that is settled in between is then seen in the record.
    """
    pending = desk.pending(subject_of(record.referral.id), ALL)
    if pending is not None:
        return pending.action is Action.ACCEPT_REFERRAL
    now = desk.work.calendar.referral(desk.facility, record.referral.id)
    return now is not None and now.held


def accept(desk: Desk, record: ReferralRecord, visit_at: datetime | None) -> int | None:
    """Ask P1 to accept the referral; returns the message to wait for, None when there is none to wait for."""
    referral = record.referral
    if will_be_held(desk, record):
        waiting = desk.pending(subject_of(referral.id), [Action.ACCEPT_REFERRAL])
        return waiting.id if waiting is not None else None
    if referral.access is None:
        return None
    payload: dict[str, object] = {"referral_id": referral.id, **cell_of_referral(desk, referral.id)}
    if visit_at is not None:
        payload["visit_at"] = visit_at.isoformat()
    return desk.send(
        Destination.P1,
        Action.ACCEPT_REFERRAL,
        [subject_of(referral.id)],
        payload,
        sealed=sealed_access(referral.access),
    )


def acceptance_refused(desk: Desk, record: ReferralRecord) -> bool:
    """Whether P1 refused the last acceptance and nothing was asked of it since."""
    last = desk.newest(subject_of(record.referral.id), ALL)
    return last is not None and last.action is Action.ACCEPT_REFERRAL and last.state is MessageState.REFUSED


def release_comment(desk: Desk, reason: str) -> str:
    """The comment that P1 gets with a referral given back: the reason in Polish, no person in it."""
    return desk.eq.tables.cancellation_reasons.row(reason, desk.today)["title_pl"]


def give_back(desk: Desk, referral_id: str, comment: str) -> int | None:
    """Make the referral usable again; None when we do not hold it, or another visit still needs it.

    The visit that ended is kept as such before.
    """
    others = desk.work.calendar.visits_under(desk.facility, referral_id)
    if any(visit.state in NEEDING for visit in others):
        return None
    return _end(desk, referral_id, Action.GIVE_BACK_REFERRAL, {"comment": comment})


def finish(desk: Desk, referral_id: str) -> int | None:
    """Say that the service was given; None when we do not hold the referral."""
    return _end(desk, referral_id, Action.FINISH_REFERRAL, {})


def _end(desk: Desk, referral_id: str, action: Action, payload: Mapping[str, object]) -> int | None:
    record = desk.work.calendar.referral(desk.facility, referral_id)
    if record is None or not will_be_held(desk, record):
        return None
    accepting = desk.pending(subject_of(referral_id), [Action.ACCEPT_REFERRAL])
    return desk.send(
        Destination.P1,
        action,
        [subject_of(referral_id)],
        {"referral_id": referral_id, **cell_of_referral(desk, referral_id), **payload},
        after=accepting.id if accepting is not None else None,
    )
