"""The order of locks: visits, then referrals, then entries, then lists; of several alike by their ids.

Whoever takes an appointment in locks its visit first. Whoever begins at entries (a death, a paper original, a clerk's
answer) holds the visits and referrals that they stand on before the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapter.services.desk import Desk


def hold_of_patient(desk: Desk, patient_id: str) -> None:
    """Hold the visits and referrals of a patient's entries until the transaction ends."""
    _hold(desk, desk.work.register.places(desk.facility, patient_id=patient_id))


def hold_of_referral(desk: Desk, referral_id: str) -> None:
    """Hold the visits of the entries on a referral, and the referral."""
    _hold(desk, desk.work.register.places(desk.facility, referral_id=referral_id))


def hold_of_entry(desk: Desk, entry_id: str) -> None:
    """Hold the visit and the referral of an entry."""
    _hold(desk, desk.work.register.places(desk.facility, entry_id=entry_id))


def _hold(desk: Desk, places: Sequence[tuple[str, str | None]]) -> None:
    for visit_id in sorted({visit for visit, _ in places}):
        desk.work.calendar.visit(desk.facility, visit_id)
    for referral_id in sorted({referral for _, referral in places if referral is not None}):
        desk.work.calendar.referral(desk.facility, referral_id)
