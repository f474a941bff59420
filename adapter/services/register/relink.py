"""An entry goes on with another referral (R-10): P1 is asked for it, a person decides of the former one (R-05)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adapter.domain.register import Entry
from adapter.domain.rules.referral import told_to_cer
from adapter.domain.rules.release import replaced
from adapter.domain.rules.verdict import Verdict
from adapter.ports.register import EntryStanding, StoredEntry
from adapter.services.desk import Desk
from adapter.services.register.case import Case
from adapter.services.register.compose import visit_of_plan
from adapter.services.register.enter import standing_of_entry
from adapter.services.take_referral import will_be_held


@dataclass(frozen=True, slots=True)
class Relinked:
    """The entry on the referral that the version names; what a person has to do about the former one."""

    stored: StoredEntry
    verdicts: tuple[Verdict, ...]


def relink(desk: Desk, case: Case, known: StoredEntry, entry: Entry) -> Relinked | None:
    """``entry``, as the version composes it, on its new referral; None where the version names no other one.

    A visit under a plan has a referral of its own, which is not the entry's (K-01).
    """
    if not case.relinked or visit_of_plan(case, known.entry):
        return None
    held = _held(desk, known.referral_id)
    standing = _standing(case, entry, known.standing, held=held)
    entry = replace(entry, offline_pending=standing is EntryStanding.OFFLINE)
    stored = replace(known, entry=entry, referral_id=case.visit.referral_id, standing=standing)
    return Relinked(stored, (*_former(case, held=held), told_to_cer(in_cer=case.in_cer)))


def _former(case: Case, *, held: bool) -> Iterator[Verdict]:
    """R-05 is asked where P1 has the former referral with us, and where an entry comes back to one that it has.

    Else what was asked of a person about one before that stands.
    """
    if held or case.held:
        yield replaced(held=held)


def _held(desk: Desk, referral_id: str | None) -> bool:
    """Whether P1 has a referral with us, or will when the outbox is drained."""
    record = desk.work.calendar.referral(desk.facility, referral_id) if referral_id is not None else None
    return record is not None and will_be_held(desk, record)


def _standing(case: Case, entry: Entry, before: EntryStanding, *, held: bool) -> EntryStanding:
    """An entry that has its place keeps it while P1 is asked: it was final or made offline, or the former referral
    makes it so.
    """
    now = standing_of_entry(case, entry)
    placed = before is not EntryStanding.AWAITING or held
    return EntryStanding.OFFLINE if now is EntryStanding.AWAITING and placed else now
